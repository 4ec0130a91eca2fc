/* SPDX-License-Identifier: Apache-2.0
 *
 * retrieve: the passages the answer may rest on. A short follow-up ("and how long?") finds nothing by
 * itself, so it is searched together with the question before it.
 */
#include <string.h>

#include "pipeline/stages.h"

#define FOLLOW_UP_BYTES 40

static const char *query_of(struct turn *t)
{
    const char *question = t->redaction.text;
    if (strlen(question) >= FOLLOW_UP_BYTES)
        return question;
    for (size_t i = t->memory.len; i-- > 0;)
        if (t->memory.remark[i].from_user) {
            const char *both = arena_printf(&t->arena, "%s %s", question, t->memory.remark[i].text);
            return both ? both : question;
        }
    return question;
}

enum verdict stage_retrieve(struct turn *t, struct worker *w)
{
    const struct worker_kit *kit = w->state;
    size_t k = (size_t)t->snap->config->knowledge.top_k;
    int rc = knowledge_search(kit->knowledge, query_of(t), k, &t->arena, &t->passages, &t->err);
    return rc ? turn_fail(t, rc, "retrieve") : NEXT;
}
