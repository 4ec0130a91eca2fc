/* SPDX-License-Identifier: Apache-2.0
 *
 * Lanes by major parameter, a table of them; one timer wakes the pump. Lanes that are empty are gone. There
 * are as many lanes as channels that something is said in at the moment, so all of them are looked at.
 */
#include "adapters/discord/rest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "io/backoff.h"
#include "io/http.h"

#define REST_ALL_MAX    10000
#define REST_FLIGHTS    64
#define REST_TRIES      4
#define REST_BACKOFF_MS 1000
#define REST_CAP_MS     15000
#define REST_TOTAL_MS   15000
#define REST_CONNECT_MS 8000
#define REST_BODY_MAX   (8U << 20)
#define URL_BYTES       (DC_PATH_BYTES + 300)
#define USER_AGENT      "User-Agent: DiscordBot (https://parley.example, " PARLEY_VERSION ")"
#define FLOOD_LINE_MS   60000

struct lane;

struct item {
    struct item *next;
    struct dc_rest *rest;
    struct lane *lane; /* NULL: a first answer to an interaction */
    struct dc_request q;
    struct dc_route route;
    struct dc_ticket ticket;
    struct http_call *http;
    struct buf answer;
    struct backoff backoff;
    int64_t due_ms; /* not before */
    char body[];
};

struct lane {
    struct table_link link;
    struct lane *next, **at; /* of all */
    struct item *head, **tail, *flying;
    char key[DC_MAJOR_BYTES + 96];
};

struct dc_rest {
    struct dc_limits limits;
    struct table by_key;
    struct lane *lanes;
    struct item *direct; /* first answers: waiting to be told to go again, or flying */
    struct loop *loop;
    struct http *http;
    struct timer timer;
    size_t items, flights;
    bool closing, shut_out, trouble;
    int64_t flood_line_ms;
    char base[256];
    char authorization[DC_TOKEN_MAX + 32];
};

static void pump(struct dc_rest *r);

/* ---- lanes ---- */

static struct lane *lane_of(struct dc_rest *r, const struct dc_route *route)
{
    char key[sizeof((struct lane *)0)->key];
    snprintf(key, sizeof key, "%s", route->lane[0] ? route->lane : route->shape);
    struct table_link *found = table_get(&r->by_key, key);
    if (found)
        return CONTAINER_OF(found, struct lane, link);
    struct lane *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    memcpy(l->key, key, sizeof key);
    if (table_put(&r->by_key, &l->link, l->key)) {
        free(l);
        return NULL;
    }
    l->tail = &l->head;
    l->next = r->lanes;
    l->at = &r->lanes;
    if (l->next)
        l->next->at = &l->next;
    r->lanes = l;
    return l;
}

static void lane_tidy(struct dc_rest *r, struct lane *l)
{
    if (l->head || l->flying)
        return;
    table_drop(&r->by_key, &l->link);
    *l->at = l->next;
    if (l->next)
        l->next->at = l->at;
    free(l);
}

static void item_end(struct item *it, const struct dc_reply *reply, bool maybe)
{
    struct dc_request q = it->q;
    struct dc_rest *r = it->rest;
    if (reply->end == DC_OK && q.body_of)
        q.body_of(q.ctx, buf_text(&it->answer), it->answer.len);
    r->items--;
    buf_free(&it->answer);
    explicit_bzero(&it->route, sizeof it->route);
    free(it);
    if (q.done)
        q.done(q.ctx, reply, maybe);
}

/* ---- what came of a call ---- */

static void note_health(struct dc_rest *r, bool well, const char *detail)
{
    if (well && r->trouble)
        log_info("discord.rest_up", "waiting=%zu", r->items);
    if (!well && !r->trouble)
        log_warn("discord.rest_trouble", "waiting=%zu detail=\"%s\"", r->items, detail);
    r->trouble = !well;
}

static void note_limited(struct dc_rest *r, const struct item *it, const struct dc_reply *reply, int64_t now)
{
    if (now < r->flood_line_ms)
        return;
    r->flood_line_ms = now + FLOOD_LINE_MS;
    log_info("discord.limited", "route=%s wait_ms=%lld global=%d waiting=%zu", it->route.shape,
             (long long)reply->retry_after_ms, reply->global, r->items);
}

/* When it is made again; 0 = it is over. */
static int64_t again_at(struct item *it, const struct dc_reply *reply, bool sent, int64_t now)
{
    if (it->q.droppable || it->rest->closing)
        return 0;
    if (reply->end == DC_LIMITED)
        return now + 1; /* the books say when */
    bool may = reply->end == DC_RETRY && (!sent || it->q.repeatable);
    return may && it->backoff.tries < REST_TRIES - 1 ? now + backoff_next_ms(&it->backoff) : 0;
}

static void put_back(struct item *it)
{
    struct dc_rest *r = it->rest;
    struct lane *l = it->lane;
    if (!l) {
        it->next = r->direct;
        r->direct = it;
        return;
    }
    it->next = l->head;
    if (!l->head)
        l->tail = &it->next;
    l->head = it;
}

static void judge(struct item *it, const struct dc_reply *reply, bool sent)
{
    struct dc_rest *r = it->rest;
    struct lane *l = it->lane;
    int64_t now = clock_mono_ms(), at = again_at(it, reply, sent, now);
    if (reply->end == DC_LIMITED)
        note_limited(r, it, reply, now);
    if (reply->end == DC_UNAUTHORIZED && it->route.authorized && !r->shut_out) {
        r->shut_out = true;
        log_error("discord.unauthorized", "detail=\"%s\" hint=\"set discord.token, start again\"",
                  reply->detail);
    }
    if (l)
        l->flying = NULL;
    if (at) {
        it->due_ms = at;
        buf_clear(&it->answer);
        put_back(it);
        return;
    }
    bool refused = reply->status >= 400 && reply->status < 500;
    item_end(it, reply, sent && !refused && reply->end != DC_OK);
    if (l && !r->closing)
        lane_tidy(r, l);
}

static int on_body(void *ctx, const char *bytes, size_t len)
{
    struct item *it = ctx;
    buf_add(&it->answer, bytes, len);
    return it->answer.failed ? -ENOMEM : 0;
}

static void read_rate(const struct item *it, struct dc_rate *rate)
{
    static const char *const name[] = { "x-ratelimit-bucket",
                                        "x-ratelimit-limit",
                                        "x-ratelimit-remaining",
                                        "x-ratelimit-reset-after",
                                        "x-ratelimit-global",
                                        "x-ratelimit-scope",
                                        "retry-after" };
    dc_rate_init(rate);
    for (size_t i = 0; i < ARRAY_LEN(name); i++) {
        const char *value = http_header(it->http, name[i]);
        if (value)
            dc_rate_header(rate, str_of(name[i]), str_of(value));
    }
}

static void direct_drop(struct dc_rest *r, const struct item *it)
{
    for (struct item **at = &r->direct; *at; at = &(*at)->next)
        if (*at == it) {
            *at = it->next;
            return;
        }
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct item *it = ctx;
    struct dc_rest *r = it->rest;
    struct dc_rate rate;
    struct dc_reply reply;
    bool sent = http_sent(it->http);
    read_rate(it, &rate);
    dc_reply_read(how == HTTP_OK || status >= 400 ? status : 0, &rate, buf_text(&it->answer), it->answer.len,
                  &reply);
    if (how != HTTP_OK && reply.end != DC_OK)
        snprintf(reply.detail, sizeof reply.detail, "%s", detail);
    it->http = NULL;
    r->flights--;
    if (!it->lane)
        direct_drop(r, it);
    dc_limits_done(&r->limits, &it->ticket, &it->route, &rate, &reply, clock_mono_ms());
    note_health(r, status > 0 && status < 500, reply.detail);
    judge(it, &reply, sent);
    pump(r);
}

/* ---- out ---- */

static int item_start(struct item *it, struct err *err)
{
    struct dc_rest *r = it->rest;
    const char *header[3] = { "Content-Type: application/json", USER_AGENT, r->authorization };
    char url[URL_BYTES];
    snprintf(url, sizeof url, "%s%s", r->base, it->route.path);
    const struct http_request req = { .method = it->route.method,
                                      .url = url,
                                      .header = header,
                                      .headers = it->route.authorized ? 3 : 2,
                                      .body = it->body,
                                      .body_len = strlen(it->body),
                                      .connect_ms = REST_CONNECT_MS,
                                      .total_ms = REST_TOTAL_MS,
                                      .body_cap_bytes = REST_BODY_MAX,
                                      .ctx = it,
                                      .body_part = on_body,
                                      .done = on_done };
    int rc = http_start(r->http, &req, &it->http, err);
    explicit_bzero(url, sizeof url);
    return rc;
}

static void fly(struct item *it)
{
    struct dc_rest *r = it->rest;
    struct err err = { "" };
    struct dc_rate rate;
    int rc = item_start(it, &err);
    if (rc == 0) {
        r->flights++;
        return;
    }
    struct dc_reply reply = { .end = rc == X_E_INVALID ? DC_BAD : DC_RETRY };
    snprintf(reply.detail, sizeof reply.detail, "%.*s", (int)sizeof reply.detail - 1, err.text);
    dc_rate_init(&rate);
    it->http = NULL;
    if (!it->lane)
        direct_drop(r, it);
    dc_limits_done(&r->limits, &it->ticket, &it->route, &rate, &reply, clock_mono_ms());
    judge(it, &reply, false);
}

/* True: it has left its queue, one way or the other. */
static bool item_try(struct item *it, int64_t now, int64_t *due)
{
    struct dc_rest *r = it->rest;
    int64_t at = it->due_ms;
    if (it->due_ms > now) {
        *due = at < *due ? at : *due;
        return false;
    }
    int rc = dc_limits_take(&r->limits, &it->route, now, &it->ticket, &at);
    if (rc == X_E_BUSY) {
        *due = at < *due ? at : *due;
        return false;
    }
    return rc == 0;
}

/* Nothing that wants the token goes out when that is refused. */
static bool hopeless(const struct dc_rest *r, const struct item *it)
{
    return r->shut_out && it->route.authorized;
}

static void over(struct item *it, enum dc_end end, const char *why)
{
    struct dc_reply reply = { .end = end };
    snprintf(reply.detail, sizeof reply.detail, "%s", why);
    item_end(it, &reply, false);
}

static void pump_lane(struct dc_rest *r, struct lane *l, int64_t now, int64_t *due)
{
    while (l->head && !l->flying && !r->closing) {
        struct item *it = l->head;
        bool lost = hopeless(r, it);
        if (!lost && (r->flights >= REST_FLIGHTS || !item_try(it, now, due)))
            return;
        l->head = it->next;
        if (!l->head)
            l->tail = &l->head;
        it->next = NULL;
        if (lost) {
            over(it, DC_UNAUTHORIZED, "the token is not valid");
            continue;
        }
        l->flying = it;
        fly(it);
    }
}

static void pump_direct(struct dc_rest *r, int64_t now, int64_t *due)
{
    for (struct item *it = r->direct, *next; it && !r->closing; it = next) {
        next = it->next;
        if (!it->http && item_try(it, now, due)) {
            fly(it);
            next = r->direct; /* what came of it at once may have changed the list */
            if (next == it)
                next = it->next;
        }
    }
}

static void pump(struct dc_rest *r)
{
    int64_t now = clock_mono_ms(), due = INT64_MAX;
    if (r->closing)
        return;
    pump_direct(r, now, &due);
    for (struct lane *l = r->lanes, *next; l && !r->closing; l = next) {
        next = l->next;
        pump_lane(r, l, now, &due);
    }
    if (r->closing)
        return;
    if (due == INT64_MAX)
        timer_stop(&r->timer);
    else
        timer_start(&r->timer, due > now ? due - now : 1);
}

static void on_timer(struct timer *t)
{
    pump(CONTAINER_OF(t, struct dc_rest, timer));
}

/* ---- in ---- */

/* Progress of a channel is of no use when its answer waits behind. */
static void drop_progress(struct lane *l)
{
    struct item *list = l->head;
    l->head = NULL;
    l->tail = &l->head;
    while (list) {
        struct item *it = list;
        list = it->next;
        it->next = NULL;
        if (it->q.droppable) {
            over(it, DC_RETRY, "overtaken");
        } else {
            *l->tail = it;
            l->tail = &it->next;
        }
    }
}

static struct item *item_new(struct dc_rest *r, const struct dc_request *q)
{
    const char *body = q->body ? q->body : "";
    size_t len = strlen(body);
    struct item *it = calloc(1, sizeof *it + len + 1);
    if (!it)
        return NULL;
    memcpy(it->body, body, len + 1);
    it->rest = r;
    it->q = *q;
    it->q.a = it->q.b = it->q.c = it->q.body = NULL;
    it->backoff = (struct backoff){ .base_ms = REST_BACKOFF_MS, .cap_ms = REST_CAP_MS };
    buf_init(&it->answer, REST_BODY_MAX);
    return it;
}

int dc_rest_send(struct dc_rest *r, const struct dc_request *q)
{
    if (r->closing)
        return X_E_CLOSED;
    if (r->items >= REST_ALL_MAX)
        return X_E_FULL;
    struct item *it = item_new(r, q);
    if (!it)
        return -ENOMEM;
    int rc = dc_route(&it->route, q->call, q->a, q->b, q->c);
    bool direct = q->call == DC_CALL_CALLBACK;
    it->lane = rc || direct ? NULL : lane_of(r, &it->route);
    if (rc || (!direct && !it->lane)) {
        free(it);
        return rc ? X_E_INVALID : -ENOMEM;
    }
    r->items++;
    if (direct) {
        it->next = r->direct;
        r->direct = it;
    } else {
        if (!q->droppable)
            drop_progress(it->lane);
        *it->lane->tail = it;
        it->lane->tail = &it->next;
    }
    timer_start(&r->timer, 0);
    return 0;
}

size_t dc_rest_waiting(const struct dc_rest *r)
{
    return r->items;
}

bool dc_rest_shut_out(const struct dc_rest *r)
{
    return r->shut_out;
}

int dc_rest_invalid(const struct dc_rest *r)
{
    return dc_limits_invalid(&r->limits, clock_mono_ms());
}

int dc_rest_open(struct dc_rest **out, const struct dc_rest_conf *conf, struct err *err)
{
    *out = NULL;
    if (strlen(conf->token) > DC_TOKEN_MAX || strlen(conf->api_base) >= sizeof((struct dc_rest *)0)->base)
        return err_set(err, X_E_INVALID, "discord.token, discord.api_base: too long");
    struct dc_rest *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, -ENOMEM, "out of memory");
    snprintf(r->base, sizeof r->base, "%s", conf->api_base);
    snprintf(r->authorization, sizeof r->authorization, "Authorization: Bot %s", conf->token);
    r->loop = conf->loop;
    r->http = conf->http;
    dc_limits_init(&r->limits);
    table_init(&r->by_key);
    timer_open(&r->timer, r->loop, on_timer);
    *out = r;
    return 0;
}

static void on_closed(struct timer *t)
{
    struct dc_rest *r = CONTAINER_OF(t, struct dc_rest, timer);
    explicit_bzero(r, sizeof *r);
    free(r);
}

static void end_closed(struct item *it)
{
    bool maybe = it->http && http_sent(it->http) && !it->q.repeatable;
    const struct dc_reply reply = { .end = DC_RETRY, .detail = "closing" };
    if (it->http)
        http_cancel(it->http);
    it->http = NULL;
    item_end(it, &reply, maybe);
}

void dc_rest_close(struct dc_rest *r)
{
    if (!r || r->closing)
        return;
    r->closing = true;
    while (r->direct) {
        struct item *it = r->direct;
        r->direct = it->next;
        end_closed(it);
    }
    while (r->lanes) {
        struct lane *l = r->lanes;
        if (l->flying)
            end_closed(l->flying);
        l->flying = NULL;
        while (l->head) {
            struct item *it = l->head;
            l->head = it->next;
            end_closed(it);
        }
        lane_tidy(r, l);
    }
    table_free(&r->by_key);
    dc_limits_free(&r->limits);
    timer_close(&r->timer, on_closed);
}
