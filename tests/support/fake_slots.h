/* SPDX-License-Identifier: Apache-2.0
 *
 * Provider slots that do what the test says, in place of src/llm/llm.c: the file that includes this defines
 * the functions of llm/llm.h itself, so the linker leaves the archive's alone. One file per program may
 * include it; tests of the real breaker and the real providers stand in tests/unit/llm and tests/turn.
 */
#ifndef TESTS_SUPPORT_FAKE_SLOTS_H
#define TESTS_SUPPORT_FAKE_SLOTS_H

#include <string.h>

#include "llm/llm.h"

#define FAKE_SLOTS_MAX 4

struct provider_call {
    size_t slot;
};

struct fake_slot {
    struct config_provider conf;
    bool builtin, unusable, cites;
    int64_t usable_at_ms; /* its key was told to wait until then */
    unsigned keys; /* how many it has, 0 counts as 1; a failure of a key makes the next call take another */
    /* what llm_start does */
    int start_rc;
    const char *text; /* said at once; NULL = nothing */
    bool ends;        /* and ended at once, with: */
    struct llm_result result;
    void (*on_start)(void *ctx); /* before all that */
    void *ctx;
    /* what happened */
    struct llm_sink sink; /* of the running call */
    struct llm_request req;
    struct provider_call call;
    bool running;
    int said_rc; /* of the last text */
    size_t starts, resumes, cancels, lost, reports;
    int64_t waited_us; /* of the last one that lost against another */
    enum llm_end reported;
};

struct llm {
    struct fake_slot slot[FAKE_SLOTS_MAX];
    size_t n;
};

static struct llm fake;

static inline struct llm_result fake_result(enum llm_end end)
{
    return (struct llm_result){
        .end = end, .status = 200, .tokens_in = -1, .tokens_out = -1, .cost_nusd = -1, .retry_after_ms = -1
    };
}

/* "extractive" is the built-in one; any other speaks only when told to. */
static inline struct fake_slot *fake_slot_add(const char *name, const char *model)
{
    struct fake_slot *s = &fake.slot[fake.n++];
    *s = (struct fake_slot){ .conf = { .name = name, .format = "openai", .model = model },
                             .builtin = strcmp(name, "extractive") == 0,
                             .result = fake_result(LLM_OK) };
    return s;
}

static inline int fake_say(struct fake_slot *s, const char *text)
{
    return s->said_rc = s->sink.text(s->sink.ctx, text, strlen(text));
}

static inline void fake_end(struct fake_slot *s, struct llm_result result)
{
    s->running = false;
    s->sink.end(s->sink.ctx, &result);
}

/* ---- llm/llm.h ---- */

size_t llm_count(const struct llm *l)
{
    return l->n;
}

const struct config_provider *llm_conf(const struct llm *l, size_t slot)
{
    return &l->slot[slot].conf;
}

bool llm_is_builtin(const struct llm *l, size_t slot)
{
    return l->slot[slot].builtin;
}

bool llm_cites(const struct llm *l, size_t slot)
{
    return l->slot[slot].cites;
}

struct meter *llm_meter(const struct llm *l X_UNUSED, size_t slot X_UNUSED)
{
    return meter_of("fake");
}

int64_t llm_wait_ms(const struct llm *l, size_t slot, int64_t now_mono_ms)
{
    int64_t wait_ms = l->slot[slot].usable_at_ms - now_mono_ms;
    return l->slot[slot].unusable ? -1 : wait_ms > 0 ? wait_ms : 0;
}

bool llm_usable(const struct llm *l, size_t slot, int64_t now_mono_ms)
{
    return llm_wait_ms(l, slot, now_mono_ms) == 0;
}

int64_t llm_first_text_us(const struct llm *l X_UNUSED, size_t slot X_UNUSED)
{
    return -1;
}

bool llm_rotates(const struct llm *l, const struct llm_call *c, enum llm_end end, int64_t now_mono_ms)
{
    bool on_key = end == LLM_KEY || end == LLM_MONEY || end == LLM_RATE;
    return on_key && llm_usable(l, c->slot, now_mono_ms) && c->key < l->slot[c->slot].keys;
}

void llm_heard(struct llm *l X_UNUSED, struct llm_call *c X_UNUSED, int64_t first_text_us X_UNUSED)
{
}

void llm_report(struct llm *l, struct llm_call *c, const struct llm_result *r, int64_t now_mono_ms X_UNUSED)
{
    l->slot[c->slot].reports++;
    l->slot[c->slot].reported = r->end;
    c->running = NULL;
}

int llm_start(struct llm *l, struct llm_call *c, const struct llm_request *req, const struct llm_sink *sink,
              int64_t now_mono_ms X_UNUSED, struct err *err)
{
    struct fake_slot *s = &l->slot[c->slot];
    s->starts++;
    s->req = *req;
    s->sink = *sink;
    c->key++;
    if (s->on_start)
        s->on_start(s->ctx);
    if (s->start_rc)
        return err_set(err, s->start_rc, "the test says so");
    s->call.slot = c->slot;
    s->running = true;
    if (s->text)
        fake_say(s, s->text);
    if (s->ends)
        fake_end(s, s->result);
    c->running = &s->call;
    return 0;
}

void llm_resume(struct llm *l, struct llm_call *c)
{
    l->slot[c->slot].resumes += c->running != NULL;
}

void llm_cancel(struct llm *l, struct llm_call *c, int64_t waited_us)
{
    struct fake_slot *s = &l->slot[c->slot];
    s->cancels += c->running != NULL;
    s->lost += waited_us >= 0;
    s->waited_us = waited_us;
    s->running = false;
    c->running = NULL;
}

const char *llm_end_name(enum llm_end e)
{
    return e == LLM_OK ? "ok" : e == LLM_CUT ? "cut" : "failed";
}

/* As the real one for Latin text. */
int64_t llm_tokens(const char *text)
{
    return ((int64_t)strlen(text) + 3) / 4;
}

#endif
