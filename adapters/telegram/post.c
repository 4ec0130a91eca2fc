/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages out. What Telegram refuses is said again in the way it can take, each way once: without the topic
 * that is gone, without entities, in the chat the group has become, beside a message that cannot be written
 * over. An answer follows the outbox rule:
 *   surely not sent, refused for now, 5xx   PENDING, the outbox brings it again
 *   perhaps sent (no answer, 504)           once more, and settled as a possible duplicate: Telegram has no
 *                                           key by which it could be recognized. Written over a message of
 *                                           ours, or as the answer to a guest query, it is there once.
 * Words of our own are not worth a second try.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/rand.h"

#define PAYLOAD_MAX (256U << 10) /* of one message: its text, and a hundred links */
#define RETRY_MS    5000         /* and as much again at random: not all at once */
#define SHUT_MS     600000       /* the token is not valid: nothing goes out before a restart */

struct post {
    struct post *next; /* among those that wait for Telegram to answer again */
    struct account *a;
    char turn_id[TURN_ID_BYTES]; /* "" = words of our own */
    int part;
    struct place to;
    char *payload;
    int64_t edit;                          /* the message it is written over; 0 = none */
    bool plain, unthreaded, moved, beside; /* the ways used up */
    bool twice;                            /* may be there already */
};

/* ---- sending ---- */

static void post_free(struct post *p)
{
    free(p->payload);
    free(p);
}

static void settle(struct post *p, const struct delivered *how)
{
    struct host *h = p->a->host;
    if (p->turn_id[0])
        h->delivered(h, p->turn_id, p->part, how);
    else if (how->state != OUTBOX_SENT)
        log_warn("telegram.word_lost", "bot=%s detail=\"%s\"", p->a->bot, how->error);
    post_free(p);
}

static void later(struct post *p, int64_t after_ms, const char *why)
{
    settle(p, &(struct delivered){ .state = OUTBOX_PENDING, .retry_after_ms = after_ms, .error = why });
}

static int64_t retry_ms(void)
{
    return RETRY_MS + (int64_t)rand_below(RETRY_MS);
}

static void on_done(void *ctx, const struct tg_reply *reply, bool maybe);

/* Whether saying it again is no second message. */
static bool once_only(const struct post *p)
{
    return p->edit || p->to.guest[0];
}

static const char *fill(const struct post *p, struct buf *body)
{
    if (p->to.guest[0]) {
        tg_answer_guest(body, p->to.guest, p->payload, p->plain);
        return "answerGuestQuery";
    }
    if (p->edit) {
        tg_edit_message(body, p->to.chat, p->edit, p->payload, p->plain);
        return "editMessageText";
    }
    tg_send_message(body, p->to.chat, p->unthreaded ? 0 : p->to.thread, p->to.reply_to, p->payload, p->plain);
    return "sendMessage";
}

static void post_send(struct post *p)
{
    struct buf body = BUF_INIT(PAYLOAD_MAX);
    const struct tg_call call = { .method = fill(p, &body),
                                  .body = buf_text(&body),
                                  .chat_id = p->to.guest[0] ? 0 : p->to.chat,
                                  .group = p->to.group,
                                  .message = !once_only(p),
                                  .done = on_done,
                                  .ctx = p };
    int rc = body.failed ? -ENOMEM : tg_send(p->a->sender, &call);
    buf_free(&body);
    if (rc)
        later(p, retry_ms(), "too much waits to be sent");
}

void post_over(struct post *p, int64_t edit)
{
    p->edit = edit;
    post_send(p);
}

/* True when there is another way to say it, and it is being said. */
static bool other_way(struct post *p, const struct tg_reply *reply)
{
    bool *used = reply->end == TG_BAD_ENTITIES         ? &p->plain
                 : reply->end == TG_NO_THREAD          ? &p->unthreaded
                 : reply->end == TG_MOVED              ? &p->moved
                 : reply->end == TG_BAD && p->edit > 0 ? &p->beside
                                                       : NULL;
    if (!used || *used)
        return false;
    *used = true;
    if (p->beside) /* it was deleted, or is too old */
        p->edit = 0;
    if (reply->end == TG_MOVED) {
        tg_sender_moved(p->a->sender, p->to.chat, reply->migrated_to);
        p->to.chat = reply->migrated_to;
    }
    post_send(p);
    return true;
}

static void perhaps_sent(struct post *p, const char *detail)
{
    struct account *a = p->a;
    if (once_only(p)) {
        later(p, retry_ms(), detail);
        return;
    }
    if (!p->turn_id[0] || p->twice) {
        settle(p, &(struct delivered){ .state = OUTBOX_SENT,
                                       .platform_id = "",
                                       .error = p->twice ? "never confirmed, said twice" : detail });
        return;
    }
    p->twice = true;
    log_warn("telegram.maybe_twice", "turn=%s part=%d detail=\"%s\"", p->turn_id, p->part, detail);
    if (a->poll.state == POLL_OK) {
        post_send(p);
        return;
    }
    p->next = a->late;
    a->late = p;
}

void post_up(struct account *a)
{
    while (a->late) {
        struct post *p = a->late;
        a->late = p->next;
        post_send(p);
    }
}

static void refused(struct post *p, const struct tg_reply *reply)
{
    switch (reply->end) {
    case TG_RETRY:
    case TG_CONFLICT:
        later(p, retry_ms(), reply->detail);
        break;
    case TG_FLOOD:
        later(p, reply->retry_after_ms, reply->detail);
        break;
    case TG_UNAUTHORIZED:
        later(p, SHUT_MS, reply->detail);
        break;
    case TG_OK:
    case TG_MOVED:
    case TG_NO_THREAD:
    case TG_GONE:
    case TG_BAD_ENTITIES:
    case TG_BAD:
        settle(p, &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = reply->detail });
        break;
    }
}

static void sent(struct post *p, int64_t message_id)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)message_id);
    settle(p, &(struct delivered){
                  .state = OUTBOX_SENT, .platform_id = id, .error = p->twice ? "possible duplicate" : "" });
}

/* What may be on its way while we close stays SENDING on disk: the next start says it again, marked. */
static void closing(struct post *p, const struct tg_reply *reply, bool maybe)
{
    if (maybe || p->twice)
        post_free(p);
    else
        later(p, 0, reply->detail);
}

static void on_done(void *ctx, const struct tg_reply *reply, bool maybe)
{
    struct post *p = ctx;
    bool told_no = reply->status >= 500 && reply->status != 504;
    if (reply->end == TG_OK)
        sent(p, reply->message_id);
    else if (p->a->closing)
        closing(p, reply, maybe);
    else if (maybe && !told_no)
        perhaps_sent(p, reply->detail);
    else if (!other_way(p, reply))
        refused(p, reply);
}

void post_close(struct account *a)
{
    while (a->late) {
        struct post *p = a->late;
        a->late = p->next;
        post_free(p);
    }
}

static struct post *post_new(struct account *a, const struct place *to, const char *payload)
{
    struct post *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->a = a;
    p->to = *to;
    p->payload = strdup(payload);
    if (p->payload)
        return p;
    post_free(p);
    return NULL;
}

/* ---- words of our own ---- */

void post_tell(struct account *a, const struct place *where, const char *text)
{
    char *payload = parts_plain(text, "");
    struct post *p = payload ? post_new(a, where, payload) : NULL;
    free(payload);
    if (p)
        post_send(p);
}

bool post_why_due(struct account *a, int64_t chat)
{
    char key[24];
    int64_t retry;
    snprintf(key, sizeof key, "%lld", (long long)chat);
    return limiter_take(a->tells, key, 1, clock_mono_ms(), &retry) == 0;
}

void post_why(const struct item *it, enum text why)
{
    const struct place where = place_of(it);
    if (post_why_due(it->a, where.chat))
        post_tell(it->a, &where, text_in(it->lang, why));
}

/* ---- answers ---- */

static struct post *post_of(struct account *a, const struct delivery *d, struct place *to)
{
    char *whole = d->payload[0] ? NULL : parts_whole(d->answer_json);
    if (d->part)
        to->reply_to = 0;
    struct post *p = d->payload[0] || whole ? post_new(a, to, whole ? whole : d->payload) : NULL;
    free(whole);
    if (!p)
        return NULL;
    memcpy(p->turn_id, d->turn_id, strnlen(d->turn_id, TURN_ID_BYTES - 1));
    p->part = d->part;
    p->twice = d->possible_duplicate;
    return p;
}

/* The first message is written over the one that showed progress, if there is one. */
static void send_first(struct account *a, struct work *w, bool again, const char *turn_id, struct post *p)
{
    bool edits = a->progress == PROGRESS_EDIT && !p->to.guest[0];
    if (w && work_deliver(w, p))
        return;
    if (edits && again)
        work_look(a, turn_id, p);
    else
        post_send(p);
}

void post_deliver(struct account *a, const struct delivery *d)
{
    struct place to;
    struct turn *t = d->turn;
    struct work *w = t ? t->adapter_ctx : NULL;
    bool again = !w || w->again;
    bool ours = strcmp(d->bot, a->bot) == 0 && place_read(&to, d->address);
    struct post *p = ours ? post_of(a, d, &to) : NULL;
    if (t)
        t->adapter_ctx = NULL;
    if (p && d->part == 0) {
        send_first(a, w, again, d->turn_id, p);
        return;
    }
    if (w)
        work_end(w);
    if (p)
        post_send(p);
    else if (ours)
        a->host->delivered(a->host, d->turn_id, d->part,
                           &(struct delivered){
                               .state = OUTBOX_PENDING, .retry_after_ms = retry_ms(), .error = "no memory" });
    else
        a->host->delivered(a->host, d->turn_id, d->part,
                           &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = "not for this bot" });
}
