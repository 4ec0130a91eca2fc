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
    size_t starts, resumes, cancels, reports;
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

bool llm_usable(struct llm *l, size_t slot, int64_t now_mono_ms X_UNUSED)
{
    return !l->slot[slot].unusable;
}

void llm_report(struct llm *l, size_t slot, const struct llm_result *r, int64_t now_mono_ms X_UNUSED)
{
    l->slot[slot].reports++;
    l->slot[slot].reported = r->end;
}

int llm_start(struct llm *l, size_t slot, const struct llm_request *req, const struct llm_sink *sink,
              struct provider_call **out, struct err *err)
{
    struct fake_slot *s = &l->slot[slot];
    s->starts++;
    s->req = *req;
    s->sink = *sink;
    if (s->on_start)
        s->on_start(s->ctx);
    if (s->start_rc)
        return err_set(err, s->start_rc, "the test says so");
    s->call.slot = slot;
    s->running = true;
    if (s->text)
        fake_say(s, s->text);
    if (s->ends)
        fake_end(s, s->result);
    *out = &s->call;
    return 0;
}

void llm_resume(struct llm *l, size_t slot, struct provider_call *c X_UNUSED)
{
    l->slot[slot].resumes++;
}

void llm_cancel(struct llm *l, size_t slot, struct provider_call *c X_UNUSED)
{
    l->slot[slot].cancels++;
    l->slot[slot].running = false;
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
