/* SPDX-License-Identifier: Apache-2.0
 *
 * record: T2. The answer, its one usage row, the quota settlement, fresh pseudonyms (sealed) and the outbox
 * part become durable together, or the lease was lost and nothing does.
 */
#include <errno.h>
#include <string.h>

#include <parley/answer.h>
#include <parley/clock.h>
#include <parley/log.h>

#include "base/str.h"
#include "pipeline/seal.h"
#include "pipeline/stages.h"

#define ANSWER_JSON_MAX (1U << 20)

/* An answer given for want of a better provider, or of money for one, must not outlive that. */
static bool worth_keeping(const struct turn *t)
{
    for (size_t i = 0; i < t->validation.warnings; i++)
        if (strcmp(t->validation.warning[i], "provider_fallback") == 0 ||
            strncmp(t->validation.warning[i], "budget_", 7) == 0)
            return false;
    if (t->complexity.needs_live) /* today's answer is not tomorrow's */
        return false;
    return t->cache.key[0] && !t->answer.cached && strcmp(t->answer.code, "ok") == 0 && t->validation.is_safe;
}

static void recorded(struct store_op *op)
{
    struct turn *t = op->ctx;
    if (op->rc == X_E_LOST) {
        log_warn("turn.lost", "turn=%s", t->id);
        turn_resume(t, DONE);
        return;
    }
    if (op->rc) {
        t->err = op->err;
        turn_resume(t, turn_fail(t, op->rc, "record"));
        return;
    }
    if (worth_keeping(t))
        cache_keep(t);
    turn_resume(t, NEXT);
}

static int render(struct turn *t)
{
    struct buf body = BUF_INIT(ANSWER_JSON_MAX);
    int64_t took_ms = (clock_mono_us() - t->started_mono_us) / 1000;
    int rc = answer_render(t, took_ms, &body);
    t->answer_json = rc ? NULL : arena_strndup(&t->arena, buf_text(&body), body.len);
    buf_free(&body);
    return t->answer_json ? 0 : -ENOMEM;
}

static int seal_fresh(struct turn *t, struct store_answer *out)
{
    struct store_pseudonym *row = arena_array(&t->arena, t->redaction.map_len + 1, sizeof *row);
    if (!row)
        return -ENOMEM;
    out->pseudonym = row;
    for (size_t i = 0; i < t->redaction.map_len; i++) {
        const struct pseudonym *p = &t->redaction.map[i];
        const char *context = p->fresh ? seal_context(t, p->placeholder) : NULL;
        if (!p->fresh)
            continue;
        struct store_pseudonym *r = &row[out->pseudonyms];
        r->placeholder = p->placeholder;
        r->sealed =
            context ? keys_seal(&t->pipeline->keys, context, p->value, &t->arena, &r->sealed_len) : NULL;
        if (!r->sealed)
            return -ENOMEM;
        out->pseudonyms++;
    }
    return 0;
}

enum verdict stage_record(struct turn *t, struct worker *w X_UNUSED)
{
    struct store_op *op = arena_alloc(&t->arena, sizeof *op);
    char *month = arena_alloc(&t->arena, 8);
    if (!op || !month || render(t) || t->pipeline->hooks->parts(t))
        return turn_fail(t, -ENOMEM, "record");
    bool ok = strcmp(t->answer.code, "ok") == 0;
    int64_t now = clock_wall_ms();
    clock_month(month, now);
    op->kind = STORE_ANSWER;
    op->done = recorded;
    op->ctx = t;
    op->u.answer = (struct store_answer){
        .inbox_id = t->inbox_id,
        .lease = t->lease,
        .turn_id = t->id,
        .user_key = t->identity.user_key,
        .conv_key = t->identity.conv_key,
        .channel = t->msg.channel,
        .question = ok ? t->redaction.text : "",
        .answer = ok ? t->answer.redacted : "",
        .answer_json = t->answer_json,
        .code = t->answer.code,
        .provider = t->answer.provider,
        .model = t->answer.model,
        .tokens_in = t->answer.tokens_in,
        .tokens_out = t->answer.tokens_out,
        .cost_nusd = t->answer.cost_nusd,
        .billed = ok,
        .month = month,
        .now_ms = now,
        .part = t->parts.payload,
        .parts = t->parts.n,
        .part_state = OUTBOX_SENDING,
    };
    if (seal_fresh(t, &op->u.answer))
        return turn_fail(t, -ENOMEM, "record");
    store_submit(t->pipeline->store, op);
    return WAIT;
}
