/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages out. To an interaction a part of an answer goes over its first answer, or behind it; a notice
 * behind one that all can see goes to its person alone, and what all can see goes away.
 *
 * To a channel it goes as a message with a nonce, so that said twice within minutes it is there once, or over
 * the message that showed progress. A thread that is started at the question has the question's id: starting
 * it again is no second one.
 *
 * An interaction whose token is over, or gone, is answered in its channel. What perhaps arrived and cannot be
 * told apart (a message behind an interaction's first) is said once more and settled as a possible duplicate;
 * all else is simply repeated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/format.h"
#include "adapters/discord/inside.h"
#include "base/json.h"
#include "base/json_span.h"
#include "base/rand.h"

#define RETRY_MS 4000   /* and as much again at random */
#define SHUT_MS  600000 /* the token is not valid: nothing goes out before a restart */

struct post {
    struct adapter *a;
    char turn_id[TURN_ID_BYTES]; /* "" = words of our own */
    int part;
    struct place to;
    struct arena words;
    struct dc_part said;
    const char *components;
    bool notice, in_channel, bare; /* bare: no reply_to */
    bool first, acked;             /* this may be the first answer; no: there is one */
    bool threaded, hushed;         /* the thread is there; the first answer no longer says "thinking" */
    char over[DC_ID_BYTES];        /* the message it is written over; "" = none */
    bool anew;                     /* the nonce of the first attempt belongs to what is no more */
    bool there, same;              /* what is created may turn out to be what showed progress; no */
    bool twice;
};

static void post_free(struct post *p)
{
    arena_wipe(&p->words);
    explicit_bzero(p->to.token, sizeof p->to.token);
    free(p);
}

static void settle(struct post *p, const struct delivered *how)
{
    struct host *h = p->a->host;
    if (p->turn_id[0])
        h->delivered(h, p->turn_id, p->part, how);
    else if (how->state != OUTBOX_SENT)
        log_warn("discord.word_lost", "detail=\"%s\"", how->error);
    struct adapter *a = p->a;
    post_free(p);
    dc_release(a);
}

static void later(struct post *p, int64_t after_ms, const char *why)
{
    settle(p, &(struct delivered){ .state = OUTBOX_PENDING, .retry_after_ms = after_ms, .error = why });
}

static int64_t retry_ms(void)
{
    return RETRY_MS + (int64_t)rand_below(RETRY_MS);
}

/* ---- the next call of it ---- */

enum way { WAY_THREAD, WAY_HUSH, WAY_CREATE, WAY_OVER, WAY_EDIT, WAY_FIRST, WAY_FOLLOW };

static bool to_interaction(const struct post *p)
{
    return p->to.token[0] && !p->in_channel && clock_wall_ms() < p->to.until_ms;
}

static enum way way_of(const struct post *p)
{
    if (!to_interaction(p) && p->over[0])
        return WAY_OVER;
    if (!to_interaction(p))
        return p->to.thread_at[0] && !p->threaded ? WAY_THREAD : WAY_CREATE;
    if (p->first)
        return WAY_FIRST;
    if (p->notice && !p->to.ephemeral)
        return p->hushed || p->part ? WAY_FOLLOW : WAY_HUSH;
    return p->part ? WAY_FOLLOW : WAY_EDIT;
}

static void fill_body(struct post *p, enum way way, struct buf *body)
{
    char nonce[DC_NONCE_BYTES] = "";
    struct dc_post m = { .content = p->said.content,
                         .embeds = p->said.embeds,
                         .components = p->components,
                         .reply_to = p->bare || p->part || p->threaded ? "" : p->to.reply_to,
                         .nonce = nonce,
                         .ephemeral = p->to.ephemeral || p->notice };
    if (p->turn_id[0])
        dc_nonce(nonce, p->turn_id, p->anew ? STORE_PARTS_MAX : p->part);
    switch (way) {
    case WAY_THREAD:
        dc_start_thread(body, p->said.content[0] ? p->said.content : "Parley");
        break;
    case WAY_HUSH: /* while it does, what follows would be written over it, for all to see */
        dc_edit(body, &(struct dc_post){
                          .content = "…", .embeds = "", .components = "", .reply_to = "", .nonce = "" });
        break;
    case WAY_CREATE:
        m.ephemeral = false;
        dc_create(body, &m);
        break;
    case WAY_OVER:
    case WAY_EDIT:
        dc_edit(body, &m);
        break;
    case WAY_FIRST:
        dc_answer(body, &m);
        break;
    case WAY_FOLLOW:
        dc_follow_up(body, &m);
        break;
    }
}

static void on_done(void *ctx, const struct dc_reply *reply, bool maybe);

/* Where the call goes: the parameters of its route. */
static void fill_route(struct post *p, enum way way, struct dc_request *q)
{
    switch (way) {
    case WAY_THREAD:
        q->call = DC_CALL_START_THREAD;
        q->a = p->to.channel;
        q->b = p->to.thread_at;
        break;
    case WAY_CREATE:
        q->call = DC_CALL_CREATE_MESSAGE;
        q->a = p->threaded ? p->to.thread_at : p->to.channel;
        break;
    case WAY_OVER:
        q->call = DC_CALL_EDIT_MESSAGE;
        q->a = p->to.channel;
        q->b = p->over;
        break;
    case WAY_FIRST:
        q->call = DC_CALL_CALLBACK;
        q->a = p->to.interaction;
        q->b = p->to.token;
        break;
    case WAY_HUSH:
    case WAY_EDIT:
    case WAY_FOLLOW:
        q->call = way == WAY_FOLLOW ? DC_CALL_FOLLOW_UP : DC_CALL_EDIT_ORIGINAL;
        q->a = p->to.application;
        q->b = p->to.token;
        break;
    }
}

static bool has(const cJSON *message, const char *list)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(message, list)) > 0;
}

/* What was created, or was there. */
static void on_created(void *ctx, const char *json, size_t len)
{
    struct post *p = ctx;
    cJSON *o = NULL;
    p->same =
        json_parse(&o, json, len, NULL) == 0 && strcmp(json_text(o, "content", ""), p->said.content) == 0 &&
        has(o, "embeds") == (p->said.embeds[0] != '\0') && has(o, "components") == (p->components[0] != '\0');
    cJSON_Delete(o);
}

static void post_send(struct post *p)
{
    enum way way = way_of(p);
    struct buf body = BUF_INIT(PAYLOAD_MAX);
    fill_body(p, way, &body);
    struct dc_request q = { .body = buf_text(&body),
                            .repeatable = way != WAY_FOLLOW && (way != WAY_CREATE || p->turn_id[0]),
                            .done = on_done,
                            .body_of = way == WAY_CREATE && p->there ? on_created : NULL,
                            .ctx = p };
    fill_route(p, way, &q);
    int rc = body.failed ? X_E_INVALID : dc_rest_send(p->a->rest, &q);
    buf_free(&body);
    if (rc == X_E_INVALID)
        settle(p, &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = "it cannot be said there" });
    else if (rc)
        later(p, retry_ms(), "too much waits to be sent");
}

/* ---- what came of it ---- */

/* True when it is being said in another way. */
static bool other_way(struct post *p, const struct dc_reply *reply)
{
    enum way way = way_of(p);
    if (way == WAY_THREAD && reply->end == DC_BAD) {
        p->threaded = true; /* it was started before */
    } else if (way == WAY_THREAD && (reply->end == DC_NO_ACCESS || reply->end == DC_GONE)) {
        p->to.thread_at[0] = '\0'; /* no threads here: in the channel then */
    } else if (way == WAY_OVER && (reply->end == DC_GONE || reply->end == DC_SPENT)) {
        p->over[0] = '\0'; /* somebody has taken it away */
        p->there = false;
        p->anew = true;
    } else if (reply->end == DC_NO_REPLY && !p->bare) {
        p->bare = true;
    } else if (way == WAY_FIRST && reply->end == DC_ACKNOWLEDGED) {
        p->first = false; /* somebody was faster: it is there to be written over */
        p->acked = true;
    } else if ((way == WAY_EDIT || way == WAY_HUSH) && !p->acked && p->to.interaction[0] &&
               (reply->end == DC_EXPIRED || reply->end == DC_GONE)) {
        p->first = true;
    } else if (p->to.token[0] && !p->in_channel && !p->to.ephemeral &&
               (reply->end == DC_EXPIRED || reply->end == DC_GONE)) {
        p->in_channel = true;
    } else {
        return false;
    }
    post_send(p);
    return true;
}

static void refused(struct post *p, const struct dc_reply *reply)
{
    switch (reply->end) {
    case DC_RETRY:
        later(p, retry_ms(), reply->detail);
        break;
    case DC_LIMITED:
        later(p, reply->retry_after_ms, reply->detail);
        break;
    case DC_UNAUTHORIZED:
        later(p, SHUT_MS, reply->detail);
        break;
    case DC_OK:
    case DC_GONE:
    case DC_NO_ACCESS:
    case DC_ARCHIVED:
    case DC_NO_REPLY:
    case DC_REFUSED:
    case DC_ACKNOWLEDGED:
    case DC_EXPIRED:
    case DC_SPENT:
    case DC_BAD:
        settle(p, &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = reply->detail });
        break;
    }
}

void dc_post_away(struct adapter *a, const struct place *to)
{
    const struct dc_request q = {
        .call = DC_CALL_DELETE_ORIGINAL, .a = to->application, .b = to->token, .body = "", .repeatable = true
    };
    (void)dc_rest_send(a->rest, &q); /* an ellipsis that stays is no harm */
}

static void said(struct post *p, const struct dc_reply *reply)
{
    enum way way = way_of(p);
    if (way == WAY_THREAD || way == WAY_HUSH) {
        *(way == WAY_THREAD ? &p->threaded : &p->hushed) = true;
        post_send(p);
        return;
    }
    if (way == WAY_CREATE && p->there && !p->same && reply->id[0]) {
        snprintf(p->over, sizeof p->over, "%s", reply->id);
        post_send(p);
        return;
    }
    if (p->hushed && !p->part)
        dc_post_away(p->a, &p->to);
    settle(p, &(struct delivered){ .state = OUTBOX_SENT,
                                   .platform_id = reply->id,
                                   .error = p->twice ? "possible duplicate" : "" });
}

static void perhaps(struct post *p, const struct dc_reply *reply)
{
    if (p->twice || !p->turn_id[0]) {
        settle(p, &(struct delivered){ .state = OUTBOX_SENT, .platform_id = "", .error = "never confirmed" });
        return;
    }
    p->twice = true;
    log_warn("discord.maybe_twice", "turn=%s part=%d detail=\"%s\"", p->turn_id, p->part, reply->detail);
    post_send(p);
}

/* What may be on its way while we close stays SENDING on disk: the next start says it again, marked. */
static void on_done(void *ctx, const struct dc_reply *reply, bool maybe)
{
    struct post *p = ctx;
    struct adapter *a = p->a;
    if (reply->end == DC_OK) {
        said(p, reply);
    } else if (a->closing && maybe) {
        post_free(p);
        dc_release(a);
    } else if (a->closing) {
        later(p, 0, reply->detail);
    } else if (maybe && way_of(p) == WAY_FOLLOW) {
        perhaps(p, reply);
    } else if (!other_way(p, reply)) {
        refused(p, reply);
    }
}

/* ---- in ---- */

static struct post *post_new(struct adapter *a, const struct place *to, const char *payload)
{
    struct post *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->a = a;
    p->to = *to;
    arena_init(&p->words, 4 * PAYLOAD_MAX);
    struct str components = span_member(str_of(payload), "components");
    p->notice = span_member(str_of(payload), "notice").at != NULL;
    p->components = components.at ? arena_strndup(&p->words, components.at, components.len) : "";
    if (p->components && dc_part_read(payload, &p->words, &p->said) == 0) {
        dc_hold(a);
        return p;
    }
    post_free(p);
    return NULL;
}

void dc_post_over(struct post *p, const char *message, bool there)
{
    if (!p->part && !p->to.thread_at[0]) {
        snprintf(p->over, sizeof p->over, "%s", message);
        p->there = there;
    }
    post_send(p);
}

static void send_part(struct work *w, struct post *p)
{
    if (w && !p->part) {
        dc_work_deliver(w, p);
        return;
    }
    if (w)
        dc_work_end(w);
    dc_post_over(p, "", true);
}

void dc_post_deliver(struct adapter *a, const struct delivery *d)
{
    struct place to;
    struct turn *t = d->turn;
    struct work *w = t ? t->adapter_ctx : NULL;
    if (t)
        t->adapter_ctx = NULL;
    char *whole = d->payload[0] ? NULL : dc_parts_whole(d->answer_json);
    bool ours = dc_place_read(&to, d->address);
    struct post *p = ours ? post_new(a, &to, whole ? whole : d->payload) : NULL;
    free(whole);
    if (!p) {
        if (w)
            dc_work_end(w);
        a->host->delivered(
            a->host, d->turn_id, d->part,
            &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = "no address of ours" });
        return;
    }
    memcpy(p->turn_id, d->turn_id, strnlen(d->turn_id, TURN_ID_BYTES - 1));
    p->part = d->part;
    p->twice = d->possible_duplicate && to_interaction(p) && (d->part || p->notice);
    if (p->part && p->to.thread_at[0])
        p->threaded = true; /* by the first */
    send_part(w, p);
}

void dc_post_tell(struct adapter *a, const struct place *to, const char *text)
{
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    dc_part_json(&payload, &(struct dc_part){ .content = text, .embeds = "" });
    struct post *p = payload.failed ? NULL : post_new(a, to, buf_text(&payload));
    buf_free(&payload);
    if (p)
        post_send(p);
}

void dc_post_why(const struct event *e, enum text why)
{
    const struct dc_message *m = e->message;
    struct place to = { .ephemeral = false };
    char key[64];
    int64_t retry;
    snprintf(key, sizeof key, "why %s", m->channel_id);
    if (limiter_take(e->a->tells, key, 1, clock_mono_ms(), &retry))
        return;
    snprintf(to.channel, sizeof to.channel, "%s", m->channel_id);
    snprintf(to.reply_to, sizeof to.reply_to, "%s", m->id);
    dc_post_tell(e->a, &to, text_in(e->lang, why));
}
