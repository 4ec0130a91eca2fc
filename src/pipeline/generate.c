/* SPDX-License-Identifier: Apache-2.0
 *
 * generate: ask the routed providers in turn until one gives a whole answer. Before a paid call its intent
 * row is on disk, after it the result, so real spend is visible even across a kill. A cut stream starts over
 * with the next provider: half an answer is no answer. One deadline covers all tries.
 */
#include "pipeline/generate.h"

#include <errno.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/cost.h"
#include "pipeline/citation.h"
#include "pipeline/output.h"
#include "pipeline/prompt.h"
#include "pipeline/retry.h"
#include "pipeline/stages.h"

struct generation {
    struct turn *turn;
    struct llm_message message[PROMPT_MESSAGES_MAX];
    struct llm_request req;
    struct provider_call *call; /* running, or NULL */
    size_t next;                /* index into route.slot of the next candidate */
    size_t slot;                /* in hand */
    size_t first;               /* the slot that was to answer */
    struct backoff backoff;     /* between tries of the one in hand */
    struct pause *pause;        /* until the next of them */
    int attempts;               /* ledger rows of this run */
    int64_t deadline_us, attempt_us;
    struct store_op *intent; /* of the attempt in hand; NULL for the built-in provider */
    bool starting;           /* inside llm_start: end() only notes the result */
    bool ended, waiting;     /* waiting: for the intent row */
    bool cancelled;
    int write_rc;
    size_t warnings; /* those that do not come from a discarded stream */
    struct llm_result result;
};

static enum verdict step(struct generation *g);

static void resume(struct generation *g, enum verdict v)
{
    if (v != WAIT)
        turn_resume(g->turn, v);
}

static int64_t prompt_tokens(const struct generation *g)
{
    int64_t n = 0;
    for (size_t i = 0; i < g->req.messages; i++)
        n += llm_tokens(g->message[i].text);
    return n;
}

/* Usage fields first, the documented estimate where the provider reported none. */
static void settle_usage(struct generation *g, int64_t *in, int64_t *out, int64_t *cost)
{
    const struct turn *t = g->turn;
    *in = g->result.tokens_in;
    *out = g->result.tokens_out;
    if (*in < 0)
        *in = prompt_tokens(g);
    if (*out < 0)
        *out = output_tokens(t->output);
    *cost = cost_of_result(t->snap->policies, llm_conf(t->llm, g->slot), &g->result, *in, *out);
    if (llm_is_builtin(t->llm, g->slot))
        *cost = 0;
}

static struct store_op *attempt_op(struct generation *g, enum store_kind kind)
{
    struct turn *t = g->turn;
    const struct config_provider *c = llm_conf(t->llm, g->slot);
    struct store_op *op = arena_alloc(&t->arena, sizeof *op);
    if (!op)
        return NULL;
    op->kind = kind;
    op->ctx = g;
    op->u.attempt = (struct store_attempt){ .turn_id = t->id,
                                            .turn_attempt = t->attempt,
                                            .n = g->attempts,
                                            .provider = c->name,
                                            .model = c->model,
                                            .now_ms = clock_wall_ms() };
    if (kind == STORE_ATTEMPT_BEGIN && budget_charge(t, &op->u.attempt, g->slot, prompt_tokens(g)))
        return NULL;
    return op;
}

/* Nobody waits: the T2 of this turn follows in the same queue, so the op outlives its commit. */
static void ledger_close(struct generation *g)
{
    struct store_op *op = g->intent ? attempt_op(g, STORE_ATTEMPT_END) : NULL;
    g->intent = NULL;
    if (!op)
        return;
    struct store_attempt *a = &op->u.attempt;
    settle_usage(g, &a->tokens_in, &a->tokens_out, &a->cost_nusd);
    if (g->result.end != LLM_OK && g->result.tokens_in < 0 && g->result.status != 200)
        a->tokens_in = a->tokens_out = a->cost_nusd = 0; /* refused before any work */
    a->outcome = g->cancelled ? "cancelled" : llm_end_name(g->result.end);
    a->took_ms = (clock_mono_us() - g->attempt_us) / 1000;
    store_submit(g->turn->pipeline->store, op);
}

static int on_text(void *ctx, const char *bytes, size_t len)
{
    struct generation *g = ctx;
    if (g->write_rc)
        return 0; /* already lost; the end decides */
    int rc = output_write(g->turn->output, bytes, len);
    if (rc && rc != X_E_FULL)
        g->write_rc = rc;
    return rc == X_E_FULL ? X_E_FULL : 0;
}

static void on_citation(void *ctx, const struct llm_citation *c)
{
    struct generation *g = ctx;
    if (citation_note(g->turn, c) && !g->write_rc)
        g->write_rc = -ENOMEM;
}

static void on_end(void *ctx, const struct llm_result *result)
{
    struct generation *g = ctx;
    g->call = NULL;
    g->ended = true;
    g->result = *result;
    if (!g->starting)
        resume(g, step(g));
}

static enum verdict took(struct generation *g)
{
    struct turn *t = g->turn;
    const struct config_provider *c = llm_conf(t->llm, g->slot);
    struct turn_answer *a = &t->answer;
    settle_usage(g, &a->tokens_in, &a->tokens_out, &a->cost_nusd);
    a->code = "ok";
    if (g->slot != g->first || (llm_is_builtin(t->llm, g->slot) && llm_count(t->llm) > 1))
        turn_warn(t, "provider_fallback");
    a->provider = c->name;
    a->model = c->model;
    t->validation.is_safe = true;
    for (size_t i = 0; i < t->validation.warnings; i++)
        if (strcmp(t->validation.warning[i], "danger_phrase") == 0 ||
            strcmp(t->validation.warning[i], "sentence_withheld") == 0)
            t->validation.is_safe = false;
    return NEXT;
}

/* The attempt in hand is over: NEXT when it gave an answer, WAIT when another must be tried. */
static enum verdict judge(struct generation *g)
{
    struct turn *t = g->turn;
    struct llm *llm = t->llm;
    g->ended = false;
    t->upstream_us += clock_mono_us() - g->attempt_us;
    if (g->write_rc == X_E_LIMIT)
        g->result.end = LLM_CUT;
    if (!llm_is_builtin(llm, g->slot))
        llm_report(llm, g->slot, &g->result, clock_mono_ms());
    ledger_close(g);
    if (g->write_rc == -ENOMEM)
        return turn_fail(t, -ENOMEM, "generate");
    if (g->result.end == LLM_OK)
        return took(g);
    log_warn("llm.failed", "turn=%s provider=%s end=%s status=%d detail=\"%s\"", t->id,
             llm_conf(llm, g->slot)->name, llm_end_name(g->result.end), g->result.status, g->result.detail);
    output_restart(t->output);
    memset(t->answer.cite, 0, sizeof t->answer.cite);
    t->answer.cites = 0;
    t->validation.warnings = g->warnings;
    return WAIT;
}

static void start_call(struct generation *g)
{
    struct turn *t = g->turn;
    const struct llm_sink sink = { .ctx = g, .text = on_text, .citation = on_citation, .end = on_end };
    struct err err = { "" };
    g->attempt_us = clock_mono_us();
    int64_t left_ms = (g->deadline_us - g->attempt_us) / 1000;
    int most_ms = llm_conf(t->llm, g->slot)->timeout_ms;
    g->req.total_ms = most_ms > 0 && most_ms < left_ms ? most_ms : (int)left_ms;
    g->req.max_tokens = llm_conf(t->llm, g->slot)->max_tokens;
    g->write_rc = 0;
    citations_begin(t, llm_cites(t->llm, g->slot));
    g->starting = true;
    int rc = llm_start(t->llm, g->slot, &g->req, &sink, &g->call, &err);
    g->starting = false;
    if (g->ended)
        g->call = NULL; /* it ended inside llm_start, before *out was set */
    if (rc) {
        g->ended = true;
        g->result =
            (struct llm_result){ .end = LLM_TRANSIENT, .tokens_in = -1, .tokens_out = -1, .cost_nusd = -1 };
        memcpy(g->result.detail, err.text, sizeof g->result.detail - 1);
    }
}

/* Why it ended early: its client left for good, or the process is about to. */
static enum verdict stopped(struct generation *g)
{
    if (g->turn->abandoned)
        return turn_notice(g->turn, "cancelled", "The client left before the answer was made.");
    return turn_fail(g->turn, X_E_CLOSED, "draining");
}

static void intent_done(struct store_op *op)
{
    struct generation *g = op->ctx;
    g->waiting = false;
    budget_heed(g->turn, &op->u.attempt);
    g->warnings = g->turn->validation.warnings;
    if (op->rc == X_E_LIMIT && !g->cancelled) { /* not affordable; nothing was written */
        g->intent = NULL;
        g->attempts--;
        resume(g, step(g));
        return;
    }
    if (g->cancelled || op->rc) {
        g->intent = g->cancelled ? g->intent : NULL;
        ledger_close(g);
        resume(g, g->cancelled ? stopped(g) : turn_fail(g->turn, op->rc, "attempt ledger"));
        return;
    }
    start_call(g);
    resume(g, step(g));
}

/* Too long for this model: half of the history goes, oldest first, then half of the passages, worst first. */
static bool shorten(struct generation *g)
{
    struct turn *t = g->turn;
    struct turn_memory *m = &t->memory;
    if (g->result.end != LLM_TOO_LONG || llm_is_builtin(t->llm, g->slot))
        return false;
    if (m->len) {
        size_t keep = m->len / 2;
        memmove(m->remark, m->remark + m->len - keep, keep * sizeof m->remark[0]);
        m->len = keep;
    } else if (t->passages.len > 1) {
        t->passages.len /= 2;
    } else {
        return false;
    }
    if (prompt_build(t, g->message, &g->req.messages))
        return false;
    turn_warn(t, "context_trimmed");
    g->warnings = t->validation.warnings;
    g->next--;
    return true;
}

static void pause_ended(void *ctx)
{
    struct generation *g = ctx;
    g->pause = NULL;
    resume(g, step(g));
}

/* Whether the provider in hand is worth another try: only when none but the built-in one would follow. */
static bool again(struct generation *g)
{
    struct turn *t = g->turn;
    for (size_t i = g->next; i < t->route.len; i++)
        if (!llm_is_builtin(t->llm, (size_t)t->route.slot[i]))
            return false;
    if (llm_is_builtin(t->llm, g->slot) || !llm_usable(t->llm, g->slot, clock_mono_ms()))
        return false;
    int64_t left_ms = (g->deadline_us - clock_mono_us()) / 1000;
    int64_t wait = retry_wait_ms(&g->result, &g->backoff, left_ms);
    if (wait < 0 || pause_begin(&g->pause, t->pipeline->loop, wait, pause_ended, g))
        return false;
    g->next--; /* the same once more */
    return true;
}

/* Begins the next candidate; false when none is left. */
static bool begin(struct generation *g)
{
    struct turn *t = g->turn;
    struct llm *llm = t->llm;
    while (g->next < t->route.len) {
        size_t slot = (size_t)t->route.slot[g->next++];
        if (slot != g->slot)
            backoff_reset(&g->backoff);
        g->slot = slot;
        bool builtin = llm_is_builtin(llm, g->slot);
        if (builtin) {
            start_call(g);
            return true;
        }
        if (clock_mono_us() >= g->deadline_us || !llm_usable(llm, g->slot, clock_mono_ms()))
            continue;
        g->attempts++;
        g->result = (struct llm_result){ 0 }; /* nothing is spent before the call starts */
        g->intent = attempt_op(g, STORE_ATTEMPT_BEGIN);
        if (!g->intent)
            return false;
        g->intent->done = intent_done;
        g->waiting = true;
        store_submit(t->pipeline->store, g->intent);
        return true;
    }
    return false;
}

static enum verdict step(struct generation *g)
{
    for (;;) {
        if (g->waiting || g->call || g->pause)
            return WAIT;
        bool failed = g->ended;
        enum verdict v = failed ? judge(g) : WAIT;
        if (v != WAIT)
            return v;
        if (g->cancelled || g->turn->abandoned || g->turn->pipeline->hurry)
            return stopped(g);
        if (failed && !shorten(g) && again(g))
            return WAIT;
        if (!begin(g))
            return turn_notice(g->turn, "unavailable",
                               "No model could answer just now. Please try again in a moment.");
    }
}

enum verdict stage_generate(struct turn *t, struct worker *w X_UNUSED)
{
    struct generation *g = arena_alloc(&t->arena, sizeof *g);
    if (!g || output_open(t))
        return turn_fail(t, -ENOMEM, "generate");
    g->turn = t;
    g->warnings = t->validation.warnings;
    t->stage_state = g;
    size_t n = 0;
    if (prompt_build(t, g->message, &n))
        return turn_fail(t, -ENOMEM, "prompt");
    g->req = (struct llm_request){ .message = g->message,
                                   .messages = n,
                                   .question = t->redaction.text,
                                   .passages = &t->passages,
                                   .language = t->identity.language };
    g->deadline_us = clock_mono_us() + (int64_t)t->snap->config->answer.deadline_ms * 1000;
    g->backoff = (struct backoff){ .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
    g->first = g->slot = t->route.len ? (size_t)t->route.slot[0] : 0;
    t->pipeline->hooks->progress(t, "writing");
    return step(g);
}

void generate_drained(struct turn *t)
{
    struct generation *g = t->stage_state;
    if (g->call)
        llm_resume(t->llm, g->slot, g->call);
}

void generate_cancel(struct turn *t)
{
    struct generation *g = t->stage_state;
    g->cancelled = true;
    if (g->pause) {
        pause_cancel(g->pause);
        g->pause = NULL;
        turn_resume(t, stopped(g));
        return;
    }
    if (!g->call)
        return; /* the intent row's done() sees it */
    llm_cancel(t->llm, g->slot, g->call);
    g->call = NULL;
    /* The provider bills what it did until now; nobody will report it, so it is estimated. */
    g->result = (struct llm_result){ .end = LLM_CUT,
                                     .status = 200,
                                     .tokens_in = -1,
                                     .tokens_out = -1,
                                     .cost_nusd = -1,
                                     .retry_after_ms = -1 };
    ledger_close(g);
    turn_resume(t, stopped(g));
}
