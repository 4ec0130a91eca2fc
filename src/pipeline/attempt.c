/* SPDX-License-Identifier: Apache-2.0
 *
 * Before a paid call its intent row is on disk, after it the result, so real spend is visible even across a
 * kill. Nobody waits for the end of a row: the T2 of this turn (or its release) follows in the same queue, so
 * the op outlives its commit. A call that was cancelled is billed by its provider all the same; nobody will
 * report what for, so it is estimated.
 */
#include "pipeline/attempt.h"

#include <errno.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/budget.h"
#include "pipeline/citation.h"
#include "pipeline/cost.h"
#include "pipeline/output.h"
#include "pipeline/pipeline.h"

#define LOST "the answer is too long, or there is no memory for it"

static const struct llm_result unreported = {
    .tokens_in = -1, .tokens_out = -1, .cached_in = -1, .cost_nusd = -1, .retry_after_ms = -1
};

static bool is_builtin(const struct attempt *a)
{
    return llm_is_builtin(a->owner->turn->llm, a->call.slot);
}

static const struct config_provider *conf_of(const struct attempt *a)
{
    return llm_conf(a->owner->turn->llm, a->call.slot);
}

static int64_t prompt_tokens(const struct attempt *a)
{
    int64_t n = 0;
    for (size_t i = 0; i < a->req.messages; i++)
        n += llm_tokens(a->req.message[i].text);
    return n;
}

/* Usage fields first, the documented estimate where the provider reported none. */
static void usage_of(const struct attempt *a, struct meter_call *c)
{
    const struct turn *t = a->owner->turn;
    const struct llm_result *r = &a->result;
    if (r->end != LLM_OK && r->tokens_in < 0 && r->status != 200)
        return; /* refused before any work */
    c->tokens_in = r->tokens_in < 0 ? prompt_tokens(a) : r->tokens_in;
    c->tokens_out = r->tokens_out;
    if (c->tokens_out < 0)
        c->tokens_out = a->spoke ? output_tokens(t->output) : 0;
    if (!is_builtin(a))
        c->cost_nusd = cost_of_result(t->snap->policies, conf_of(a), r, c->tokens_in, c->tokens_out);
}

/* ---- ledger ---- */

static struct store_op *row_op(struct attempt *a, enum store_kind kind)
{
    struct turn *t = a->owner->turn;
    struct store_op *op = arena_alloc(&t->arena, sizeof *op);
    if (!op)
        return NULL;
    op->kind = kind;
    op->ctx = a;
    op->u.attempt = (struct store_attempt){ .turn_id = t->id,
                                            .turn_attempt = t->attempt,
                                            .n = a->row,
                                            .provider = conf_of(a)->name,
                                            .model = conf_of(a)->model,
                                            .now_ms = clock_wall_ms() };
    return op;
}

static void row_close(struct attempt *a, const struct meter_call *c, int64_t took_us)
{
    struct store_op *op = a->row ? row_op(a, STORE_ATTEMPT_END) : NULL;
    a->row = 0;
    if (!op)
        return;
    op->u.attempt.tokens_in = c->tokens_in;
    op->u.attempt.tokens_out = c->tokens_out;
    op->u.attempt.cost_nusd = c->cost_nusd;
    op->u.attempt.outcome = c->outcome;
    op->u.attempt.took_ms = took_us / 1000;
    store_submit(a->owner->turn->pipeline->store, op);
}

static void turn_note(struct turn *t, const char *provider, const char *outcome)
{
    struct turn_route *r = &t->route;
    if (r->tries < TURN_TRIES_MAX)
        r->tried[r->tries++] = (struct turn_try){ provider, outcome };
}

/* The call is over, whichever way: every book hears of it once. */
static void settle(struct attempt *a, const char *outcome)
{
    struct turn *t = a->owner->turn;
    int64_t now_us = clock_mono_us();
    struct meter_call c = { .outcome = outcome,
                            .first_text_us = a->first_us,
                            .skipped_events = a->result.skipped_events,
                            .hedge = a->hedge,
                            .won = a->result.end == LLM_OK };
    usage_of(a, &c);
    a->result.tokens_in = c.tokens_in;
    a->result.tokens_out = c.tokens_out;
    a->result.cost_nusd = c.cost_nusd;
    meter_call(llm_meter(t->llm, a->call.slot), &c);
    row_close(a, &c, now_us - a->began_us);
    turn_note(t, conf_of(a)->name, outcome);
    if (--a->owner->calls == 0)
        t->upstream_us += now_us - a->owner->calls_since_us;
    a->state = ATTEMPT_IDLE;
}

void attempt_close(struct attempt *a)
{
    struct turn *t = a->owner->turn;
    if (a->write_rc == X_E_LIMIT)
        a->result.end = LLM_CUT;
    if (!is_builtin(a))
        llm_report(t->llm, &a->call, &a->result, clock_mono_ms());
    settle(a, llm_end_name(a->result.end));
}

void attempt_cancel(struct attempt *a, bool lost)
{
    struct turn *t = a->owner->turn;
    llm_cancel(t->llm, &a->call, lost ? clock_mono_us() - a->began_us : -1);
    a->result = unreported;
    a->result.end = LLM_CUT;
    a->result.status = 200; /* it was sent */
    settle(a, LLM_CANCELLED);
}

/* ---- the call ---- */

static void speak(struct attempt *a)
{
    if (a->spoke)
        return;
    a->spoke = true;
    a->owner->first(a);
    citations_begin(a->owner->turn, llm_cites(a->owner->turn->llm, a->call.slot));
}

/* An answer nobody can use any more: what else would come is neither read nor paid for. */
static void break_off(struct attempt *a)
{
    llm_cancel(a->owner->turn->llm, &a->call, -1);
    a->state = ATTEMPT_OVER;
    a->result = unreported;
    a->result.end = LLM_CUT;
    a->result.status = 200;
    memcpy(a->result.detail, LOST, sizeof LOST);
    a->owner->moved(a);
}

static int on_text(void *ctx, const char *bytes, size_t len)
{
    struct attempt *a = ctx;
    struct turn *t = a->owner->turn;
    if (a->first_us < 0) {
        a->first_us = clock_mono_us() - a->began_us;
        llm_heard(t->llm, &a->call, a->first_us);
        speak(a);
    }
    if (a->write_rc)
        return 0; /* lost inside llm_start; the end decides */
    int rc = output_write(t->output, bytes, len);
    if (rc == 0 || rc == X_E_FULL)
        return rc;
    a->write_rc = rc;
    if (!a->starting)
        break_off(a);
    return 0;
}

static void on_citation(void *ctx, const struct llm_citation *c)
{
    struct attempt *a = ctx;
    speak(a);
    if (citation_note(a->owner->turn, c) && !a->write_rc)
        a->write_rc = -ENOMEM;
}

static void on_end(void *ctx, const struct llm_result *result)
{
    struct attempt *a = ctx;
    a->state = ATTEMPT_OVER;
    a->result = *result;
    if (!a->starting)
        a->owner->moved(a);
}

static void limits_set(struct attempt *a)
{
    int64_t left_ms = (a->owner->deadline_us - a->began_us) / 1000;
    int most_ms = conf_of(a)->timeout_ms;
    a->req.total_ms = most_ms > 0 && most_ms < left_ms ? most_ms : (int)left_ms;
    a->req.max_tokens = conf_of(a)->max_tokens;
}

static void call_begin(struct attempt *a)
{
    struct turn *t = a->owner->turn;
    const struct llm_sink sink = { .ctx = a, .text = on_text, .citation = on_citation, .end = on_end };
    struct err err = { "" };
    a->began_us = clock_mono_us();
    if (a->owner->calls++ == 0)
        a->owner->calls_since_us = a->began_us;
    limits_set(a);
    a->state = ATTEMPT_CALLING;
    a->starting = true;
    int rc = llm_start(t->llm, &a->call, &a->req, &sink, clock_mono_ms(), &err);
    a->starting = false;
    if (a->state != ATTEMPT_CALLING) {
        a->call.running = NULL; /* it was over inside llm_start, before that was set */
    } else if (rc) {
        a->state = ATTEMPT_OVER;
        a->result = unreported;
        a->result.end = LLM_TRANSIENT;
        memcpy(a->result.detail, err.text, sizeof a->result.detail - 1);
    }
}

/* ---- the intent ---- */

/* Nothing was written: the number is free again, unless the next one is taken. */
static void row_forget(struct attempt *a)
{
    a->owner->rows -= a->row == a->owner->rows;
    a->row = 0;
}

static void intent_done(struct store_op *op)
{
    struct attempt *a = op->ctx;
    a->state = ATTEMPT_IDLE;
    a->rc = op->rc;
    if (op->rc || !a->owner->wanted(a)) {
        if (op->rc == X_E_LIMIT && !a->hedge)
            budget_heed(a->owner->turn, &op->u.attempt);
        if (op->rc)
            row_forget(a);
        row_close(a, &(struct meter_call){ .outcome = LLM_CANCELLED }, 0);
    } else {
        budget_heed(a->owner->turn, &op->u.attempt);
        call_begin(a);
    }
    a->owner->moved(a);
}

static int intent_submit(struct attempt *a)
{
    struct turn *t = a->owner->turn;
    a->row = ++a->owner->rows;
    struct store_op *op = row_op(a, STORE_ATTEMPT_BEGIN);
    if (!op || budget_charge(t, &op->u.attempt, a->call.slot, prompt_tokens(a))) {
        row_forget(a);
        return -ENOMEM;
    }
    op->done = intent_done;
    a->state = ATTEMPT_INTENT;
    store_submit(t->pipeline->store, op);
    return 0;
}

int attempt_begin(struct attempt *a)
{
    a->rc = a->write_rc = 0;
    a->spoke = false;
    a->first_us = -1;
    a->result = (struct llm_result){ 0 }; /* nothing is spent before the call starts */
    if (!is_builtin(a))
        return intent_submit(a);
    call_begin(a);
    return 0;
}

void attempt_resume(struct attempt *a)
{
    if (a->state == ATTEMPT_CALLING)
        llm_resume(a->owner->turn->llm, &a->call);
}
