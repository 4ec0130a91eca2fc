/* SPDX-License-Identifier: Apache-2.0
 *
 * The lanes (lane.c) say which call goes, HTTP carries it, one timer wakes the pump when the next one is due.
 * The pump runs from that timer and after an answer, never inside tg_send, so `done` never runs inside it
 * either. After any `done` the sender may be closing: then nothing of the lanes is left. Chats wait for each
 * other in one way only: SEND_FLIGHTS calls are on their way at a time.
 */
#include "adapters/telegram/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/lane.h"
#include "io/http.h"

#define SEND_FLIGHTS      64
#define SEND_TRIES        5 /* of a call that never left */
#define SEND_BACKOFF_MS   2000
#define SEND_BACKOFF_CAP  60000
#define SEND_TIMEOUT_MS   30000
#define SEND_CONNECT_MS   10000
#define SEND_FLOOD_MS     1000              /* a 429 that names no time */
#define SEND_FLOOD_MAX_MS INT64_C(86400000) /* one that names more is asked again after a day */
#define URL_BYTES         512
#define FLOOD_LINE_MS     60000
#define BOT_BYTES         24
#define SECRET_LEAD       8 /* so much of the token in a text is the token */

struct tg_sender {
    struct tg_lanes lanes;
    struct loop *loop;
    struct http *http;
    struct timer timer;
    size_t flights;
    int timeout_ms;
    bool closing, trouble, ipv4;
    const char *proxy;
    size_t floods; /* since the last line about them */
    int64_t flood_line_ms;
    char bot[BOT_BYTES];
    char root[URL_BYTES];         /* "https://api.telegram.org/bot1:x/" */
    char secret[SECRET_LEAD + 1]; /* how the secret half of the token begins */
};

static void sender_pump(struct tg_sender *s);

/* ---- what came of a call ---- */

/* The end of a call that no lane knows any more. */
static void item_end(struct tg_item *item, const struct tg_reply *reply, bool maybe)
{
    struct tg_call call = item->call;
    buf_free(&item->answer);
    free(item);
    if (call.done)
        call.done(call.ctx, reply, maybe);
}

/* One line for each change. */
static void note_health(struct tg_sender *s, bool well, const char *detail)
{
    if (well && s->trouble)
        log_info("telegram.send_up", "bot=%s waiting=%zu", s->bot, s->lanes.items);
    if (!well && !s->trouble)
        log_warn("telegram.send_trouble", "bot=%s waiting=%zu detail=\"%s\"", s->bot, s->lanes.items, detail);
    s->trouble = !well;
}

/* One line a minute. */
static void note_flood(struct tg_sender *s, const char *method, int64_t wait_ms, int64_t now_ms)
{
    s->floods++;
    if (now_ms < s->flood_line_ms)
        return;
    log_info("telegram.flood", "bot=%s method=%s wait_ms=%" PRId64 " refused=%zu waiting=%zu", s->bot, method,
             wait_ms, s->floods, s->lanes.items);
    s->floods = 0;
    s->flood_line_ms = now_ms + FLOOD_LINE_MS;
}

static int64_t flood_wait_ms(const struct tg_reply *reply)
{
    int64_t wait = reply->retry_after_ms > 0 ? reply->retry_after_ms : SEND_FLOOD_MS;
    return wait < SEND_FLOOD_MAX_MS ? wait : SEND_FLOOD_MAX_MS;
}

/* How long its chat waits before the call is made again; 0 = it is over. */
static int64_t again_after_ms(struct tg_sender *s, struct tg_item *item, const struct tg_reply *reply,
                              bool sent)
{
    if (reply->end == TG_FLOOD) {
        int64_t wait = flood_wait_ms(reply);
        note_flood(s, item->call.method, wait, clock_mono_ms());
        return wait;
    }
    bool over =
        sent || reply->end != TG_RETRY || item->call.droppable || item->backoff.tries >= SEND_TRIES - 1;
    return over ? 0 : backoff_next_ms(&item->backoff);
}

static void item_judge(struct tg_sender *s, struct tg_item *item, const struct tg_reply *reply, bool sent,
                       bool maybe)
{
    int64_t now = clock_mono_ms(), wait = again_after_ms(s, item, reply, sent);
    if (wait)
        tg_lanes_hold(&s->lanes, item, now + wait, now);
    if (wait && !item->call.droppable) {
        tg_lanes_again(&s->lanes, item, now);
        return;
    }
    tg_lanes_settle(&s->lanes, item, now);
    item_end(item, reply, maybe);
}

/* Texts are for the log: somebody on the way may have quoted the URL. */
static void hide_secret(const struct tg_sender *s, char *text)
{
    char *at = strstr(text, s->secret);
    if (at)
        *at = '\0';
}

/* ---- HTTP ---- */

static int on_body(void *ctx, const char *bytes, size_t len)
{
    struct tg_item *item = ctx;
    buf_add(&item->answer, bytes, len);
    return item->answer.failed ? -ENOMEM : 0;
}

static int64_t retry_after_s(const struct http_call *c)
{
    const char *text = http_header(c, "retry-after");
    int64_t s;
    return text && str_int(str_of(text), 0, INT32_MAX, &s) ? s : -1;
}

/* Also of an answer that broke off: a refusal is one by its status, and what cannot be read is no success. */
static void read_reply(const struct tg_sender *s, const struct tg_item *item, enum http_end how, int status,
                       const char *detail, struct tg_reply *out)
{
    tg_reply_read(status, retry_after_s(item->http), buf_text(&item->answer), item->answer.len, out);
    if (how != HTTP_OK && out->end != TG_OK)
        snprintf(out->detail, sizeof out->detail, "%s", detail);
    hide_secret(s, out->detail);
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct tg_item *item = ctx;
    struct tg_sender *s = item->sender;
    struct tg_reply reply;
    bool sent = http_sent(item->http), refused = status >= 400 && status < 500;
    read_reply(s, item, how, status, detail, &reply);
    item->http = NULL;
    buf_clear(&item->answer);
    s->flights--;
    note_health(s, status > 0 && status < 500, reply.detail);
    item_judge(s, item, &reply, sent, sent && !refused && reply.end != TG_OK);
    sender_pump(s);
}

static int item_start(struct tg_sender *s, struct tg_item *item, struct err *err)
{
    static const char *const header[] = { "Content-Type: application/json" };
    char url[URL_BYTES + 64];
    snprintf(url, sizeof url, "%s%s", s->root, item->call.method);
    const struct http_request req = {
        .method = "POST",
        .url = url,
        .header = header,
        .headers = ARRAY_LEN(header),
        .body = item->body,
        .body_len = strlen(item->body),
        .proxy = s->proxy,
        .ipv4 = s->ipv4,
        .connect_ms = SEND_CONNECT_MS,
        .total_ms = s->timeout_ms,
        .body_cap_bytes = TG_BODY_MAX,
        .ctx = item,
        .body_part = on_body,
        .done = on_done,
    };
    item->sender = s;
    int r = http_start(s->http, &req, &item->http, err);
    explicit_bzero(url, sizeof url);
    return r;
}

static void item_send(struct tg_sender *s, struct tg_item *item)
{
    struct err err;
    if (!item->backoff.base_ms)
        item->backoff = (struct backoff){ .base_ms = SEND_BACKOFF_MS, .cap_ms = SEND_BACKOFF_CAP };
    int r = item_start(s, item, &err);
    if (!r) {
        s->flights++;
        return;
    }
    struct tg_reply reply = { .end = r == X_E_INVALID ? TG_BAD : TG_RETRY };
    snprintf(reply.detail, sizeof reply.detail, "%.*s", (int)sizeof reply.detail - 1, err.text);
    item->http = NULL;
    item_judge(s, item, &reply, false, false);
}

/* ---- the pump ---- */

/* Those that are over by now: what their owners send instead may be over at once, too. */
static void end_over(struct tg_sender *s)
{
    struct tg_item **end = s->lanes.over_end;
    for (bool last = !s->lanes.over; !s->closing && !last;) {
        struct tg_item *item = tg_lanes_over(&s->lanes);
        struct tg_reply reply = item->reply;
        last = &item->next == end;
        item_end(item, &reply, false);
    }
}

static void sender_pump(struct tg_sender *s)
{
    int64_t due = INT64_MAX;
    struct tg_item *item;
    end_over(s);
    while (!s->closing && s->flights < SEND_FLIGHTS &&
           (item = tg_lanes_take(&s->lanes, clock_mono_ms(), &due)))
        item_send(s, item);
    if (s->closing)
        return;
    if (s->lanes.over)
        timer_start(&s->timer, 0);
    else if (due == INT64_MAX || s->flights >= SEND_FLIGHTS)
        timer_stop(&s->timer);
    else
        timer_start(&s->timer, due - clock_mono_ms());
}

static void on_timer(struct timer *t)
{
    sender_pump(CONTAINER_OF(t, struct tg_sender, timer));
}

/* ---- the interface ---- */

/* The URL's own characters only: neither can change what the other means. */
static int check_conf(const struct tg_sender_conf *conf, struct err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-";
    if (!conf->token[0] || conf->token[strspn(conf->token, plain)])
        return err_set(err, X_E_INVALID, "telegram.token is not one: digits, a colon, letters, digits, _ -");
    if (strncmp(conf->api_base, "https://", 8) && strncmp(conf->api_base, "http://", 7))
        return err_set(err, X_E_INVALID, "telegram.api_base must begin with https:// or http://");
    if (strlen(conf->api_base) + strlen(conf->token) + sizeof "/bot/" > URL_BYTES)
        return err_set(err, X_E_INVALID, "telegram.api_base and telegram.token are too long");
    return 0;
}

int tg_sender_open(struct tg_sender **out, const struct tg_sender_conf *conf, struct err *err)
{
    *out = NULL;
    int r = check_conf(conf, err);
    if (r)
        return r;
    struct tg_sender *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, -ENOMEM, "no memory for the sender");
    const char *colon = strchr(conf->token, ':');
    snprintf(s->root, sizeof s->root, "%s/bot%s/", conf->api_base, conf->token);
    snprintf(s->secret, sizeof s->secret, "%s", colon && colon[1] ? colon + 1 : conf->token);
    snprintf(s->bot, sizeof s->bot, "%s", conf->bot ? conf->bot : "");
    s->proxy = conf->proxy;
    s->ipv4 = conf->ipv4;
    s->loop = conf->loop;
    s->http = conf->http;
    s->timeout_ms = conf->timeout_ms > 0 ? conf->timeout_ms : SEND_TIMEOUT_MS;
    tg_lanes_init(&s->lanes);
    timer_open(&s->timer, s->loop, on_timer);
    *out = s;
    return 0;
}

int tg_send(struct tg_sender *s, const struct tg_call *call)
{
    if (s->closing)
        return X_E_CLOSED;
    int r = tg_lanes_put(&s->lanes, call, clock_mono_ms());
    if (!r)
        timer_start(&s->timer, 0);
    return r;
}

void tg_sender_moved(struct tg_sender *s, int64_t from, int64_t to)
{
    if (s->closing)
        return;
    tg_lanes_move(&s->lanes, from, to, clock_mono_ms());
    timer_start(&s->timer, 0);
}

size_t tg_sender_waiting(const struct tg_sender *s)
{
    return s->lanes.items;
}

static void on_closed(struct timer *t)
{
    struct tg_sender *s = CONTAINER_OF(t, struct tg_sender, timer);
    explicit_bzero(s, sizeof *s);
    free(s);
}

void tg_sender_close(struct tg_sender *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    timer_close(&s->timer, on_closed);
    struct tg_item *list = tg_lanes_clear(&s->lanes);
    while (list) {
        const struct tg_reply reply = { .end = TG_RETRY, .detail = "closing" };
        struct tg_item *item = list;
        bool maybe = item->http && http_sent(item->http);
        list = item->next;
        if (item->http)
            http_cancel(item->http);
        item_end(item, &reply, maybe);
    }
}
