/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages out. What Telegram refuses is said again in the way it can take, each way once: without the topic
 * that is gone, without entities, in the chat the group has become. An answer follows the outbox rule:
 *   surely not sent, refused for now, 5xx   PENDING, the outbox brings it again
 *   perhaps sent (no answer, 504)           once more, and settled as a possible duplicate: Telegram has no
 * key by which it could be recognized Words of our own are not worth a second try.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/format.h"
#include "adapters/telegram/inside.h"
#include "base/json.h"
#include "base/utf.h"
#include "base/rand.h"

#define PAYLOAD_MAX (256U << 10) /* of one message: its text, and a hundred links */
#define RETRY_MS    5000         /* and as much again at random: not all at once */
#define SHUT_MS     600000       /* the token is not valid: nothing goes out before a restart */
#define AGREE_MS    3600000      /* the consent button keeps the question so long */

struct post {
    struct post *next; /* among those that wait for Telegram to answer again */
    struct adapter *a;
    char turn_id[TURN_ID_BYTES]; /* "" = words of our own */
    int part;
    struct place to;
    char *payload, *buttons;
    bool plain, unthreaded, moved; /* the ways used up */
    bool twice;                    /* may be there already */
};

/* ---- places ---- */

char *post_place_write(const struct place *p, struct arena *a)
{
    struct buf b = BUF_INIT(MESSAGE_ADDRESS_MAX);
    struct jsonw w;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_int(&w, "chat", p->chat);
    jw_int(&w, "thread", p->thread);
    jw_int(&w, "reply_to", p->reply_to);
    jw_bool(&w, "group", p->group);
    jw_text(&w, "lang", p->lang);
    jw_end_obj(&w);
    char *text = b.failed ? NULL : arena_strndup(a, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}

bool post_place_read(struct place *out, const char *address)
{
    cJSON *o = NULL;
    if (json_parse(&o, address, strlen(address), NULL))
        return false;
    *out = (struct place){ .chat = (int64_t)json_number(o, "chat", 0),
                           .thread = (int64_t)json_number(o, "thread", 0),
                           .reply_to = (int64_t)json_number(o, "reply_to", 0),
                           .group = json_bool(o, "group", false) };
    snprintf(out->lang, sizeof out->lang, "%.5s", json_text(o, "lang", ""));
    cJSON_Delete(o);
    return out->chat != 0;
}

struct place post_place_of(const struct item *it)
{
    const struct tg_update *u = it->u;
    struct place p = { .chat = u->chat_id, .thread = u->thread_id, .group = u->chat != TG_PRIVATE };
    p.reply_to = p.group && u->kind == TG_MESSAGE ? u->message_id : 0;
    memcpy(p.lang, it->lang, sizeof p.lang);
    return p;
}

/* ---- sending ---- */

static void post_free(struct post *p)
{
    free(p->payload);
    free(p->buttons);
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

static void post_send(struct post *p)
{
    struct buf body = BUF_INIT(PAYLOAD_MAX);
    tg_send_message(&body, p->to.chat, p->unthreaded ? 0 : p->to.thread, p->to.reply_to, p->payload,
                    p->buttons, p->plain);
    const struct tg_call call = { .method = "sendMessage",
                                  .body = buf_text(&body),
                                  .chat_id = p->to.chat,
                                  .group = p->to.group,
                                  .message = true,
                                  .done = on_done,
                                  .ctx = p };
    int rc = body.failed ? -ENOMEM : tg_send(p->a->sender, &call);
    buf_free(&body);
    if (rc)
        later(p, retry_ms(), "too much waits to be sent");
}

/* True when there is another way to say it, and it is being said. */
static bool other_way(struct post *p, const struct tg_reply *reply)
{
    bool *used = reply->end == TG_BAD_ENTITIES ? &p->plain
                 : reply->end == TG_NO_THREAD  ? &p->unthreaded
                 : reply->end == TG_MOVED      ? &p->moved
                                               : NULL;
    if (!used || *used)
        return false;
    *used = true;
    if (reply->end == TG_MOVED) {
        tg_sender_moved(p->a->sender, p->to.chat, reply->migrated_to);
        p->to.chat = reply->migrated_to;
    }
    post_send(p);
    return true;
}

static void perhaps_sent(struct post *p, const char *detail)
{
    struct adapter *a = p->a;
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

void post_up(struct adapter *a)
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

void post_close(struct adapter *a)
{
    while (a->late) {
        struct post *p = a->late;
        a->late = p->next;
        post_free(p);
    }
}

static struct post *post_new(struct adapter *a, const struct place *to, const char *payload,
                             const char *buttons)
{
    struct post *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->a = a;
    p->to = *to;
    p->payload = strdup(payload);
    p->buttons = strdup(buttons);
    if (p->payload && p->buttons)
        return p;
    post_free(p);
    return NULL;
}

/* ---- words of our own ---- */

static char *plain_payload(const char *text)
{
    struct buf b = BUF_INIT(PAYLOAD_MAX);
    tg_text_json(&b, &(struct tg_text){ .text = text });
    char *json = buf_steal(&b);
    buf_free(&b);
    return json;
}

void post_tell(struct adapter *a, const struct place *where, const char *text, const char *buttons)
{
    char *payload = plain_payload(text);
    struct post *p = payload ? post_new(a, where, payload, buttons) : NULL;
    free(payload);
    if (p)
        post_send(p);
}

/* A byte is at least one UTF-16 unit, so as many bytes always fit. */
void post_long(struct adapter *a, const struct place *where, const char *text)
{
    size_t len = strlen(text);
    while (len) {
        size_t n = utf8_floor(text, len, TG_TEXT_MAX);
        const char *line = n < len ? memrchr(text, '\n', n) : NULL;
        if (line && line > text)
            n = (size_t)(line - text);
        char *piece = strndup(text, n);
        if (piece && piece[strspn(piece, " \n")])
            post_tell(a, where, piece, "");
        free(piece);
        text += n;
        len -= n;
    }
}

void post_why(const struct item *it, enum text why)
{
    const struct place where = post_place_of(it);
    char chat[24];
    int64_t retry;
    snprintf(chat, sizeof chat, "%lld", (long long)where.chat);
    if (limiter_take(it->a->tells, chat, 1, clock_mono_ms(), &retry) == 0)
        post_tell(it->a, &where, text_in(it->lang, why), "");
}

/* ---- answers ---- */

static bool linked(const char *source)
{
    return strncasecmp(source, "https://", 8) == 0 || strncasecmp(source, "http://", 7) == 0;
}

int post_parts(struct adapter *a X_UNUSED, const struct turn *t, struct arena *words,
               const char *const **payload, size_t *n)
{
    const struct turn_answer *ans = &t->answer;
    size_t sources = t->snap->config->answer.footer ? ans->sources : 0;
    struct rich_source *source = arena_array(words, sources + 1, sizeof *source);
    struct tg_text *text = NULL;
    if (!source)
        return -ENOMEM;
    for (size_t i = 0; i < sources; i++) {
        const struct source *s = &ans->source[i];
        source[i] = (struct rich_source){ .n = s->n,
                                          .title = s->title && s->title[0] ? s->title : s->source,
                                          .url = s->source && linked(s->source) ? s->source : "" };
    }
    int rc = tg_format(ans->text ? ans->text : "", source, sources, words, &text, n);
    if (rc == 0 && *n == 0) /* nothing to be seen: an answer all the same */
        rc = tg_format("…", NULL, 0, words, &text, n);
    if (rc)
        return rc;
    *n = *n < STORE_PARTS_MAX ? *n : STORE_PARTS_MAX;
    const char **out = arena_array(words, *n, sizeof *out);
    for (size_t i = 0; i < *n && out; i++) {
        struct buf b = BUF_INIT(PAYLOAD_MAX);
        tg_text_json(&b, &text[i]);
        out[i] = b.failed ? NULL : arena_strndup(words, buf_text(&b), b.len);
        buf_free(&b);
    }
    *payload = out;
    return words->failed || !out ? -ENOMEM : 0;
}

/* The payload of a part that was recorded without parts(): the notice of a message that was given up. */
static char *whole_payload(const char *answer_json)
{
    struct arena words;
    struct tg_text *text = NULL;
    size_t n = 0;
    cJSON *o = NULL;
    char *payload = NULL;
    if (json_parse(&o, answer_json, strlen(answer_json), NULL))
        return NULL;
    arena_init(&words, TURN_ARENA_BYTES);
    if (tg_format(json_text(o, "answer", ""), NULL, 0, &words, &text, &n) == 0 && n) {
        struct buf b = BUF_INIT(PAYLOAD_MAX);
        tg_text_json(&b, &text[0]);
        payload = buf_steal(&b);
        buf_free(&b);
    }
    arena_wipe(&words);
    cJSON_Delete(o);
    return payload;
}

/* Under the consent text: pressing it asks the question again with the consent. After a restart the question
 * is no longer at hand, and the person asks again. */
static char *agree_button(struct adapter *a, struct turn *t, const struct place *to)
{
    const struct button agree = { .text = text_in(to->lang, TEXT_AGREE), .arg = "yes" };
    char *note = arena_printf(&t->arena, "%s\n%s", t->snap->policies->consent.version, t->msg.text);
    int64_t user;
    if (!note || !str_int(str_of(t->msg.user), 1, INT64_MAX, &user))
        return NULL;
    return strdup(buttons_make(a, user, "agree", note, AGREE_MS, &agree, 1, &t->arena));
}

void post_deliver(struct adapter *a, const struct delivery *d)
{
    struct place to;
    struct turn *t = d->turn;
    if (t && t->adapter_ctx)
        typing_end(a, t->adapter_ctx);
    if (strcmp(d->bot, a->bot) != 0 || !post_place_read(&to, d->address)) {
        a->host->delivered(a->host, d->turn_id, d->part,
                           &(struct delivered){ .state = OUTBOX_UNDELIVERABLE, .error = "not for this bot" });
        return;
    }
    bool asks = t && d->part == 0 && strcmp(t->answer.code, "consent_required") == 0;
    char *whole = d->payload[0] ? NULL : whole_payload(d->answer_json);
    char *buttons = asks ? agree_button(a, t, &to) : NULL;
    if (d->part)
        to.reply_to = 0;
    struct post *p =
        d->payload[0] || whole ? post_new(a, &to, whole ? whole : d->payload, buttons ? buttons : "") : NULL;
    free(whole);
    free(buttons);
    if (!p) {
        a->host->delivered(a->host, d->turn_id, d->part,
                           &(struct delivered){
                               .state = OUTBOX_PENDING, .retry_after_ms = retry_ms(), .error = "no memory" });
        return;
    }
    memcpy(p->turn_id, d->turn_id, strnlen(d->turn_id, TURN_ID_BYTES - 1));
    p->part = d->part;
    p->twice = d->possible_duplicate;
    post_send(p);
}
