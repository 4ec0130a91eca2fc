/* SPDX-License-Identifier: Apache-2.0
 *
 * recall: what was said before in this conversation, as far as the policy remembers (messages, minutes,
 * tokens). Everything here is redacted text; the newest remarks win when the token budget is short.
 */
#include <parley/clock.h>

#include "pipeline/stages.h"

enum verdict stage_recall(struct turn *t, struct worker *w)
{
    const struct worker_kit *kit = w->state;
    const struct policies *p = t->snap->policies;
    size_t most = (size_t)p->retention.memory_messages;
    if (most > TURN_HISTORY_MAX)
        most = TURN_HISTORY_MAX;
    if (most == 0 || t->msg.fresh)
        return NEXT;
    struct store_remark *remark;
    size_t n = 0;
    int64_t since = clock_wall_ms() - (int64_t)p->retention.memory_minutes * 60000;
    int rc =
        kit->store->memory(kit->reader, t->identity.conv_key, since, most, &t->arena, &remark, &n, &t->err);
    if (rc)
        return turn_fail(t, rc, "recall");
    int64_t budget = p->retention.memory_tokens;
    size_t first = n;
    while (first > 0 && (budget -= llm_tokens(remark[first - 1].text)) >= 0)
        first--;
    for (size_t i = first; i < n && t->memory.len < TURN_HISTORY_MAX; i++)
        t->memory.remark[t->memory.len++] = (struct turn_remark){ remark[i].from_user, remark[i].text };
    return NEXT;
}
