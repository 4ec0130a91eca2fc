/* SPDX-License-Identifier: Apache-2.0
 *
 * person: what somebody asks about themselves, from a platform's ids to the store and back as JSON. The ids
 * become keys here as they do in a turn, so a person can only reach what a turn of theirs has written.
 * feedback: what they say of an answer, likewise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/json.h"
#include "gateway/inside.h"
#include "pipeline/stages.h"

#define WORDS_BYTES (8U << 20) /* STORE_EXPORT_MAX remarks */

struct asking {
    struct store_op op;
    struct gateway *gateway;
    struct turn_identity identity;
    struct arena words;
    char month[8];
    int64_t limit[TIER_COUNT];
    state_done *done;
    void *ctx;
};

static void say_usage(struct jsonw *w, const struct asking *a)
{
    const struct store_person *p = &a->op.u.person;
    jw_text(w, "tier", tier_name(p->tier));
    jw_text(w, "month", p->month);
    jw_int(w, "used", p->used);
    if (a->limit[p->tier] < 0)
        jw_raw(w, "limit", "null");
    else
        jw_int(w, "limit", a->limit[p->tier]);
    jw_text(w, "consent", p->consent[0] ? p->consent : NULL);
}

static void say_export(struct jsonw *w, const struct store_person *p)
{
    jw_arr(w, "messages");
    for (size_t i = 0; i < p->remarks; i++) {
        char at[CLOCK_TEXT_BYTES];
        clock_text(at, p->remark[i].at_ms);
        jw_obj(w, NULL);
        jw_text(w, "at", at);
        jw_text(w, "from", p->remark[i].from_user ? "you" : "bot");
        jw_text(w, "text", p->remark[i].text);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void answer(struct asking *a, struct buf *out)
{
    const struct store_person *p = &a->op.u.person;
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    if (p->what == PERSON_USAGE)
        say_usage(&w, a);
    else if (p->what == PERSON_EXPORT)
        say_export(&w, p);
    else
        jw_int(&w, "forgotten", p->forgotten);
    jw_end_obj(&w);
}

static void asked(struct store_op *op)
{
    struct asking *a = op->ctx;
    struct gateway *g = a->gateway;
    struct buf out = BUF_INIT(2 * WORDS_BYTES);
    if (op->rc)
        log_error("person.failed", "what=%d err=\"%s\"", (int)op->u.person.what, op->err.text);
    else
        answer(a, &out);
    int rc = out.failed ? -ENOMEM : op->rc;
    a->done(a->ctx, rc, rc ? NULL : buf_text(&out));
    buf_free(&out);
    arena_wipe(&a->words);
    free(a);
    g->parts_open--;
    gateway_check_drained(g);
}

void person_ask(struct host *h, enum person_what what, const struct message *who, state_done *done, void *ctx)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct asking *a = calloc(1, sizeof *a);
    if (!a) {
        done(ctx, -ENOMEM, NULL);
        return;
    }
    a->gateway = g;
    a->done = done;
    a->ctx = ctx;
    arena_init(&a->words, WORDS_BYTES);
    identify(&a->identity, g->pipe.keys.identity, who);
    int64_t now = clock_wall_ms();
    clock_month(a->month, now);
    memcpy(a->limit, g->set->snap->policies->tiers.monthly, sizeof a->limit);
    a->op.kind = STORE_PERSON;
    a->op.done = asked;
    a->op.ctx = a;
    a->op.u.person = (struct store_person){ .what = what,
                                            .user_key = a->identity.user_key,
                                            .conv_key = a->identity.conv_key,
                                            .channel = arena_strdup(&a->words, who->channel),
                                            .month = a->month,
                                            .now_ms = now,
                                            .arena = &a->words,
                                            .tier = g->set->snap->config->tiers.fallback };
    g->parts_open++;
    store_submit(g->pipe.store, &a->op);
}

/* ---- what they think of an answer ---- */

struct opinion {
    struct store_op op;
    struct gateway *gateway;
    struct turn_identity identity;
    char turn_id[TURN_ID_BYTES];
    state_done *done;
    void *ctx;
};

static void told(struct store_op *op)
{
    struct opinion *o = op->ctx;
    struct gateway *g = o->gateway;
    if (op->rc < 0)
        log_error("feedback.failed", "turn=%s err=\"%s\"", o->turn_id, op->err.text);
    if (op->rc == 0)
        health_count_feedback(op->u.feedback.helpful);
    if (o->done)
        o->done(o->ctx, op->rc, NULL);
    free(o);
    g->parts_open--;
    gateway_check_drained(g);
}

void person_feedback(struct host *h, const char *turn_id, bool helpful, const struct message *who,
                     state_done *done, void *ctx)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct opinion *o = calloc(1, sizeof *o);
    if (!o) {
        if (done)
            done(ctx, -ENOMEM, NULL);
        return;
    }
    o->gateway = g;
    o->done = done;
    o->ctx = ctx;
    strncat(o->turn_id, turn_id, TURN_ID_BYTES - 1);
    identify(&o->identity, g->pipe.keys.identity, who);
    o->op.kind = STORE_FEEDBACK;
    o->op.done = told;
    o->op.ctx = o;
    o->op.u.feedback = (struct store_feedback){
        .turn_id = o->turn_id, .user_key = o->identity.user_key, .helpful = helpful, .now_ms = clock_wall_ms()
    };
    g->parts_open++;
    store_submit(g->pipe.store, &o->op);
}
