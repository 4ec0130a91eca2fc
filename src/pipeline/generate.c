/* SPDX-License-Identifier: Apache-2.0
 *
 * generate: ask the routed providers in turn until one gives a whole answer. A cut stream starts over with
 * the next provider: half an answer is no answer. One deadline covers all tries.
 *
 * At most two attempts run at a time: with llm.hedge_ms a second one is begun beside one that says nothing.
 * The sinks take one answer, so whoever speaks first goes on alone and the other is cancelled; that one may
 * be asked again, should the winner break off. A stage ends only when no intent row is on its way to the
 * disk, because its memory goes with the turn.
 */
#include "pipeline/generate.h"

#include <errno.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/attempt.h"
#include "pipeline/output.h"
#include "pipeline/prompt.h"
#include "pipeline/retry.h"
#include "pipeline/stages.h"

#define ATTEMPTS 2
#define NOBODY   SIZE_MAX
#define TICK_MS  2 /* what the loop's clock may lag behind ours: a key that waits is not met too early */

struct generation {
    struct attempt_owner owner;
    struct llm_message message[PROMPT_MESSAGES_MAX];
    struct llm_request req;
    struct attempt attempt[ATTEMPTS];
    bool asked[TURN_CANDIDATES_MAX]; /* as in route.slot; false again when it may have another try */
    size_t first, last;              /* slots: who was to answer, who was begun last */
    struct backoff backoff;          /* between tries of the last one */
    struct pause *pause;             /* until the next of them */
    struct pause *patience;          /* until a hedge */
    bool cancelled, waited;
    enum verdict verdict; /* WAIT until there is one */
    size_t warnings;      /* those that do not come from a discarded stream */
};

static enum verdict step(struct generation *g);

static struct generation *generation_of(struct attempt *a)
{
    return CONTAINER_OF(a->owner, struct generation, owner);
}

static void resume(struct generation *g, enum verdict v)
{
    if (v != WAIT)
        turn_resume(g->owner.turn, v);
}

static struct attempt *in_state(struct generation *g, enum attempt_state state)
{
    for (size_t i = 0; i < ATTEMPTS; i++)
        if (g->attempt[i].state == state)
            return &g->attempt[i];
    return NULL;
}

static struct attempt *other(struct attempt *a)
{
    struct generation *g = generation_of(a);
    return a == &g->attempt[0] ? &g->attempt[1] : &g->attempt[0];
}

static bool busy(struct generation *g)
{
    return in_state(g, ATTEMPT_INTENT) || in_state(g, ATTEMPT_CALLING);
}

static bool stopping(const struct generation *g)
{
    return g->cancelled || g->owner.turn->abandoned || g->owner.turn->pipeline->hurry;
}

static void pause_end(struct pause **p)
{
    if (*p)
        pause_cancel(*p);
    *p = NULL;
}

/* ---- candidates ---- */

static bool builtin_slot(const struct generation *g, size_t slot)
{
    return llm_is_builtin(g->owner.turn->llm, slot);
}

/* Index of the first that was not asked and may be asked now, or NOBODY. */
static size_t candidate(const struct generation *g, bool paid_only)
{
    const struct turn *t = g->owner.turn;
    bool late = clock_mono_us() >= g->owner.deadline_us;
    for (size_t i = 0; i < t->route.len; i++) {
        size_t slot = (size_t)t->route.slot[i];
        if (g->asked[i])
            continue;
        if (builtin_slot(g, slot) ? !paid_only : !late && llm_usable(t->llm, slot, clock_mono_ms()))
            return i;
    }
    return NOBODY;
}

/* A provider that may have another try. */
static void unask(struct generation *g, size_t slot)
{
    const struct turn_route *r = &g->owner.turn->route;
    for (size_t i = 0; i < r->len; i++)
        if ((size_t)r->slot[i] == slot)
            g->asked[i] = false;
}

static int ask(struct generation *g, struct attempt *a, size_t i, bool hedge)
{
    g->asked[i] = true;
    a->call = (struct llm_call){ .slot = (size_t)g->owner.turn->route.slot[i] };
    a->req = g->req;
    a->hedge = hedge;
    return attempt_begin(a);
}

/* Begins the next candidate; false when none is left. */
static bool begin(struct generation *g)
{
    struct turn *t = g->owner.turn;
    size_t i = candidate(g, false);
    if (i == NOBODY)
        return false;
    if ((size_t)t->route.slot[i] != g->last)
        backoff_reset(&g->backoff);
    g->last = (size_t)t->route.slot[i];
    if (ask(g, in_state(g, ATTEMPT_IDLE), i, false))
        g->verdict = turn_fail(t, -ENOMEM, "attempt ledger");
    return true;
}

/* ---- a second one beside a slow one ---- */

/* The only attempt, while it is asked and says nothing. */
static struct attempt *lone_silent(struct generation *g)
{
    struct attempt *a = in_state(g, ATTEMPT_CALLING);
    bool lone = a && other(a)->state == ATTEMPT_IDLE && !a->starting;
    return lone && !a->spoke && !builtin_slot(g, a->call.slot) ? a : NULL;
}

static void patience_ended(void *ctx)
{
    struct generation *g = ctx;
    struct attempt *slow = lone_silent(g);
    size_t i = candidate(g, true);
    g->patience = NULL;
    if (slow && i != NOBODY)
        (void)ask(g, other(slow), i, true); /* without memory for it the slow one stays alone */
}

static void patience_begin(struct generation *g)
{
    const struct turn *t = g->owner.turn;
    int ms = t->snap->config->llm.hedge_ms;
    if (ms > 0 && !g->patience && lone_silent(g) && candidate(g, true) != NOBODY)
        (void)pause_begin(&g->patience, t->pipeline->loop, ms, patience_ended, g);
}

/* ---- what attempts ask and tell ---- */

static bool on_wanted(struct attempt *a)
{
    struct generation *g = generation_of(a);
    if (g->verdict != WAIT || stopping(g))
        return false;
    if (other(a)->state != ATTEMPT_CALLING || !other(a)->spoke)
        return true;
    unask(g, a->call.slot); /* the other one was quicker than the disk */
    return false;
}

static void on_first(struct attempt *a)
{
    struct generation *g = generation_of(a);
    pause_end(&g->patience);
    g->warnings = g->owner.turn->validation.warnings;
    if (other(a)->state != ATTEMPT_CALLING)
        return;
    attempt_cancel(other(a), true);
    unask(g, other(a)->call.slot);
}

static void on_moved(struct attempt *a)
{
    struct generation *g = generation_of(a);
    bool lost = a->state == ATTEMPT_IDLE && a->rc < 0; /* the store failed; a call that runs may still do */
    if (lost && g->verdict == WAIT && !stopping(g) && other(a)->state != ATTEMPT_CALLING)
        g->verdict = turn_fail(g->owner.turn, a->rc, "attempt ledger");
    resume(g, step(g));
}

/* ---- what follows an attempt ---- */

static enum verdict took(struct generation *g, const struct attempt *a)
{
    struct turn *t = g->owner.turn;
    const struct config_provider *c = llm_conf(t->llm, a->call.slot);
    t->answer.tokens_in = a->result.tokens_in;
    t->answer.tokens_out = a->result.tokens_out;
    t->answer.cost_nusd = a->result.cost_nusd;
    t->answer.code = "ok";
    if (a->call.slot != g->first || (builtin_slot(g, a->call.slot) && llm_count(t->llm) > 1))
        turn_warn(t, "provider_fallback");
    t->answer.provider = c->name;
    t->answer.model = c->model;
    t->validation.is_safe = true;
    for (size_t i = 0; i < t->validation.warnings; i++)
        if (strcmp(t->validation.warning[i], "danger_phrase") == 0 ||
            strcmp(t->validation.warning[i], "sentence_withheld") == 0)
            t->validation.is_safe = false;
    return NEXT;
}

/* NEXT when it gave an answer, WAIT when another must be tried. */
static enum verdict judge(struct generation *g, const struct attempt *a)
{
    struct turn *t = g->owner.turn;
    if (a->write_rc == -ENOMEM)
        return turn_fail(t, -ENOMEM, "generate");
    if (a->result.end == LLM_OK)
        return took(g, a);
    log_warn("llm.failed", "turn=%s provider=%s key=%u end=%s status=%d detail=\"%s\"", t->id,
             llm_conf(t->llm, a->call.slot)->name, a->call.key, llm_end_name(a->result.end), a->result.status,
             a->result.detail);
    if (!a->spoke)
        return WAIT;
    output_restart(t->output);
    memset(t->answer.cite, 0, sizeof t->answer.cite);
    t->answer.cites = 0;
    t->validation.warnings = g->warnings;
    return WAIT;
}

/* Why it ended early: its client left for good, or the process is about to. */
static enum verdict stopped(struct generation *g)
{
    if (g->owner.turn->abandoned)
        return turn_notice(g->owner.turn, "cancelled", "The client left before the answer was made.");
    return turn_fail(g->owner.turn, X_E_CLOSED, "draining");
}

/* Another key of the same provider, at once and as often as there are keys. It does not count as a retry:
 * those wait for a fault to pass. */
static bool rotate(struct generation *g, struct attempt *a)
{
    struct llm *llm = g->owner.turn->llm;
    if (clock_mono_us() >= g->owner.deadline_us ||
        !llm_rotates(llm, &a->call, a->result.end, clock_mono_ms()))
        return false;
    meter_rotation(llm_meter(llm, a->call.slot));
    return attempt_begin(a) == 0;
}

/* Too long for this model: half of the history goes, oldest first, then half of the passages, worst first. */
static bool shorten(struct generation *g, const struct attempt *a)
{
    struct turn *t = g->owner.turn;
    struct turn_memory *m = &t->memory;
    if (a->result.end != LLM_TOO_LONG || builtin_slot(g, a->call.slot))
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
    unask(g, a->call.slot);
    return true;
}

static void pause_ended(void *ctx)
{
    struct generation *g = ctx;
    g->pause = NULL;
    resume(g, step(g));
}

/* Whether it is worth another try: only when none but the built-in one would follow. */
static bool again(struct generation *g, const struct attempt *a)
{
    struct turn *t = g->owner.turn;
    if (builtin_slot(g, a->call.slot) || candidate(g, true) != NOBODY)
        return false;
    int64_t left_ms = (g->owner.deadline_us - clock_mono_us()) / 1000;
    int64_t wait = retry_wait_ms(&a->result, &g->backoff, left_ms);
    if (wait < 0 || !llm_usable(t->llm, a->call.slot, clock_mono_ms() + wait) ||
        pause_begin(&g->pause, t->pipeline->loop, wait + TICK_MS, pause_ended, g))
        return false;
    unask(g, a->call.slot);
    return true;
}

/* How long until one that was not asked may be, because a key of it was told to wait; -1 = there is none. */
static int64_t key_wait_ms(const struct generation *g)
{
    const struct turn *t = g->owner.turn;
    int64_t least = -1;
    for (size_t i = 0; i < t->route.len; i++) {
        int64_t ms = g->asked[i] ? -1 : llm_wait_ms(t->llm, (size_t)t->route.slot[i], clock_mono_ms());
        if (ms > 0 && (least < 0 || ms < least))
            least = ms;
    }
    return least;
}

/* Only the built-in one is left, but a better answer is a moment away. Once in a turn. */
static bool wait_for_key(struct generation *g)
{
    int64_t left_ms = (g->owner.deadline_us - clock_mono_us()) / 1000;
    int64_t wait = g->waited || candidate(g, true) != NOBODY ? -1 : key_wait_ms(g);
    if (wait < 0 || wait > RETRY_AFTER_MAX_MS || wait >= left_ms / 2)
        return false;
    g->waited = true;
    return pause_begin(&g->pause, g->owner.turn->pipeline->loop, wait + TICK_MS, pause_ended, g) == 0;
}

/* There is a verdict: ends what still runs. False while a row or a start cannot be ended. */
static bool settled(struct generation *g)
{
    bool all = true;
    pause_end(&g->pause);
    pause_end(&g->patience);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        struct attempt *a = &g->attempt[i];
        if (a->state == ATTEMPT_INTENT || a->starting)
            all = false;
        else if (a->state == ATTEMPT_CALLING)
            attempt_cancel(a, false);
    }
    return all;
}

static struct attempt *take_over(struct generation *g)
{
    struct attempt *a = in_state(g, ATTEMPT_OVER);
    if (!a || a->starting)
        return NULL;
    pause_end(&g->patience);
    attempt_close(a);
    if (g->verdict == WAIT)
        g->verdict = judge(g, a);
    return a;
}

static enum verdict step(struct generation *g)
{
    for (;;) {
        struct attempt *over = take_over(g);
        if (g->verdict == WAIT && stopping(g))
            g->verdict = stopped(g);
        if (g->verdict != WAIT)
            return settled(g) ? g->verdict : WAIT;
        if (over && rotate(g, over))
            continue;
        if (busy(g)) {
            patience_begin(g);
            return WAIT;
        }
        if (g->pause || (over && !shorten(g, over) && again(g, over)) || wait_for_key(g))
            return WAIT;
        if (!begin(g))
            g->verdict = turn_notice(g->owner.turn, "unavailable",
                                     "No model could answer just now. Please try again in a moment.");
    }
}

static void generation_init(struct generation *g, struct turn *t, size_t messages)
{
    g->owner = (struct attempt_owner){ .turn = t, .wanted = on_wanted, .first = on_first, .moved = on_moved };
    g->owner.deadline_us = clock_mono_us() + (int64_t)t->snap->config->answer.deadline_ms * 1000;
    for (size_t i = 0; i < ATTEMPTS; i++)
        g->attempt[i].owner = &g->owner;
    g->req = (struct llm_request){ .message = g->message,
                                   .messages = messages,
                                   .question = t->redaction.text,
                                   .passages = &t->passages,
                                   .language = t->identity.language };
    g->backoff = (struct backoff){ .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
    g->first = g->last = t->route.len ? (size_t)t->route.slot[0] : 0;
    g->verdict = WAIT;
}

enum verdict stage_generate(struct turn *t, struct worker *w X_UNUSED)
{
    struct generation *g = arena_alloc(&t->arena, sizeof *g);
    size_t messages = 0;
    if (!g || output_open(t))
        return turn_fail(t, -ENOMEM, "generate");
    if (prompt_build(t, g->message, &messages))
        return turn_fail(t, -ENOMEM, "prompt");
    generation_init(g, t, messages);
    t->stage_state = g;
    t->pipeline->hooks->progress(t, "writing");
    return step(g);
}

void generate_drained(struct turn *t)
{
    struct generation *g = t->stage_state;
    for (size_t i = 0; i < ATTEMPTS; i++)
        attempt_resume(&g->attempt[i]);
}

void generate_cancel(struct turn *t)
{
    struct generation *g = t->stage_state;
    g->cancelled = true;
    resume(g, step(g));
}
