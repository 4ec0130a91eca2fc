/* SPDX-License-Identifier: Apache-2.0
 *
 * The site the server tests talk to: one route per way of answering. Handlers run on the loop
 * thread; what tests look at is atomic.
 */
#ifndef TESTS_SITE_H
#define TESTS_SITE_H

#include "tests/unit/io/served.h"

#define SITE_BODY_MAX  65536
#define SITE_BIG_BYTES (64U << 20)
#define SITE_FLOOD     (8U << 20) /* what /flood streams in all */

struct site {
    struct served served; /* first */
    atomic_int gone, held, drained, full, opened, closed, refused;
    atomic_ullong last_id; /* of the last /hold or /sse */
    atomic_size_t flooded;
    char *big;
};

static X_UNUSED struct server *server_of(const struct server_request *req)
{
    return ((struct site *)req->ctx)->served.server;
}

static void site_hello(const struct server_request *req)
{
    server_respond(server_of(req), req->id, 200, "text/plain", NULL, 0, "hello", 5);
}

static void site_echo(const struct server_request *req)
{
    server_respond(server_of(req), req->id, 200, "text/plain", NULL, 0, req->body.at, req->body.len);
}

struct site_later {
    struct task task;
    struct site *site;
    server_id id;
    size_t len;
    char body[];
};

static void site_answer_later(struct task *t)
{
    struct site_later *l = CONTAINER_OF(t, struct site_later, task);
    server_respond(l->site->served.server, l->id, 200, "text/plain", NULL, 0, l->body, l->len);
    server_respond(l->site->served.server, l->id, 500, NULL, NULL, 0, "twice", 5); /* must do nothing */
    free(l);
}

static void site_echo_later(const struct server_request *req)
{
    struct site_later *l = calloc(1, sizeof(*l) + req->body.len);
    if (!l)
        return;
    l->site = req->ctx;
    l->id = req->id;
    l->len = req->body.len;
    memcpy(l->body, req->body.at, req->body.len);
    l->task.run = site_answer_later;
    loop_post(&l->site->served.loop, &l->task);
}

/* Everything a handler can learn, as text. */
static void site_about(const struct server_request *req)
{
    char text[1024];
    const char *q = server_query(req, "q"), *h = server_header(req, "x-test");
    int n = snprintf(text, sizeof(text), "%s %s peer=%s id=%s q=%s h=%s", req->method, req->path,
                     req->peer_ip, req->request_id, q ? q : "-", h ? h : "-");
    const struct server_header extra[] = { { "X-Extra", "yes" }, { "X-Evil", "a\r\nInjected: 1" } };
    server_respond(server_of(req), req->id, 200, "text/plain", extra, 2, text, (size_t)n);
}

static void site_on_gone(void *ctx, server_id id)
{
    struct site *site = ctx;
    if (atomic_load(&site->last_id) == id)
        atomic_fetch_add(&site->gone, 1);
}

static void site_hold(const struct server_request *req)
{
    struct site *site = req->ctx;
    atomic_store(&site->last_id, req->id);
    server_watch(site->served.server, req->id, site_on_gone, NULL, site);
    atomic_fetch_add(&site->held, 1);
}

static void site_sse(const struct server_request *req)
{
    struct site *site = req->ctx;
    atomic_store(&site->last_id, req->id);
    server_stream(site->served.server, req->id, 200, "text/event-stream", NULL, 0);
    server_watch(site->served.server, req->id, site_on_gone, NULL, site);
    server_write(site->served.server, req->id, "data: 1\n\n", 9);
    atomic_fetch_add(&site->held, 1);
}

static void site_three(const struct server_request *req)
{
    struct server *s = server_of(req);
    server_stream(s, req->id, 200, "text/event-stream", NULL, 0);
    for (int i = 1; i <= 3; i++) {
        char event[32];
        int n = snprintf(event, sizeof(event), "data: %d\n\n", i);
        server_write(s, req->id, event, (size_t)n);
    }
    server_end(s, req->id);
}

/* Writes until told to stop, goes on when drained: what a well-behaved stream does. */
static void site_flood_on(void *ctx, server_id id)
{
    struct site *site = ctx;
    static char block[8192];
    int r = 0;
    atomic_fetch_add(&site->drained, 1);
    while (r == 0 && atomic_load(&site->flooded) < SITE_FLOOD) {
        memset(block, 'a' + (int)(atomic_load(&site->flooded) / sizeof(block) % 26), sizeof(block));
        r = server_write(site->served.server, id, block, sizeof(block));
        if (r == 0 || r == X_E_FULL)
            atomic_fetch_add(&site->flooded, sizeof(block));
    }
    if (r == X_E_FULL)
        atomic_fetch_add(&site->full, 1);
    if (atomic_load(&site->flooded) >= SITE_FLOOD)
        server_end(site->served.server, id);
}

static void site_flood(const struct server_request *req)
{
    struct site *site = req->ctx;
    server_stream(site->served.server, req->id, 200, "application/octet-stream", NULL, 0);
    server_watch(site->served.server, req->id, site_on_gone, site_flood_on, site);
    atomic_store(&site->last_id, req->id);
    site_flood_on(site, req->id);
}

/* Ignores X_E_FULL: must lose its stream, not the daemon's memory. */
static void site_reckless(const struct server_request *req)
{
    struct site *site = req->ctx;
    static const char block[8192] = { 'r' };
    atomic_store(&site->last_id, req->id);
    server_stream(site->served.server, req->id, 200, "application/octet-stream", NULL, 0);
    server_watch(site->served.server, req->id, site_on_gone, NULL, site);
    for (int i = 0; i < 1000; i++)
        if (server_write(site->served.server, req->id, block, sizeof(block)) == X_E_CLOSED) {
            atomic_store(&site->refused, i);
            return;
        }
}

static void site_big(const struct server_request *req)
{
    struct site *site = req->ctx;
    server_respond(site->served.server, req->id, 200, "application/octet-stream", NULL, 0, site->big,
                   SITE_BIG_BYTES);
}

static void site_ws_opened(void *ctx, server_id id, const char *peer_ip)
{
    struct site *site = ctx;
    (void)peer_ip;
    atomic_store(&site->last_id, id);
    atomic_fetch_add(&site->opened, 1);
}

static void site_ws_flood(struct site *site, server_id id)
{
    static char block[30000];
    int r = 0;
    memset(block, 'w', sizeof(block));
    while (r == 0 && atomic_load(&site->flooded) < SITE_FLOOD) {
        r = server_ws_send(site->served.server, id, block, sizeof(block));
        if (r == 0 || r == X_E_FULL)
            atomic_fetch_add(&site->flooded, sizeof(block));
    }
    if (r == X_E_FULL)
        atomic_fetch_add(&site->full, 1);
}

/* Echo; a few words do something else. */
static void site_ws_text(void *ctx, server_id id, const char *peer_ip, const char *text, size_t len)
{
    struct site *site = ctx;
    struct server *s = site->served.server;
    if (len == 7 && !memcmp(text, "address", 7)) {
        server_ws_send(s, id, peer_ip, strlen(peer_ip));
    } else if (len == 3 && !memcmp(text, "bye", 3)) {
        server_ws_send(s, id, "last", 4);
        server_ws_close(s, id, 4000, "as you wish");
        server_ws_close(s, id, 4001, "twice");
        if (server_ws_send(s, id, "late", 4) == X_E_CLOSED)
            atomic_fetch_add(&site->refused, 1);
    } else if (len == 5 && !memcmp(text, "flood", 5)) {
        site_ws_flood(site, id);
    } else if (len == 8 && !memcmp(text, "reckless", 8)) {
        while (server_ws_send(s, id, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 32) != X_E_CLOSED)
            atomic_fetch_add(&site->full, 1);
        atomic_fetch_add(&site->refused, 1);
    } else {
        server_ws_send(s, id, text, len);
    }
}

static void site_ws_closed(void *ctx, server_id id)
{
    struct site *site = ctx;
    if (server_ws_send(site->served.server, id, "x", 1) == X_E_CLOSED)
        atomic_fetch_add(&site->closed, 1);
}

static void site_ws_drained(void *ctx, server_id id)
{
    struct site *site = ctx;
    atomic_fetch_add(&site->drained, 1);
    site_ws_flood(site, id);
}

static bool site_origin_ok(void *ctx, const char *origin, const char *host)
{
    (void)ctx;
    return !strcmp(origin, "https://friend.example") && host[0];
}

static X_UNUSED void site_routes(struct served *s)
{
    struct site *site = CONTAINER_OF(s, struct site, served);
    const struct route r[] = {
        { "GET", "/hello", 0, site_hello, site },
        { "POST", "/hello", 0, site_hello, site },
        { "POST", "/echo", SITE_BODY_MAX, site_echo, site },
        { "PUT", "/later", SITE_BODY_MAX, site_echo_later, site },
        { "GET", "/later", 0, site_echo_later, site },
        { "POST", "/later", SITE_BODY_MAX, site_echo_later, site },
        { "GET", "/about", 0, site_about, site },
        { "GET", "/", 0, site_about, site },
        { "GET", "/hold", 0, site_hold, site },
        { "GET", "/sse", 0, site_sse, site },
        { "GET", "/three", 0, site_three, site },
        { "GET", "/flood", 0, site_flood, site },
        { "GET", "/reckless", 0, site_reckless, site },
        { "GET", "/big", 0, site_big, site },
    };
    const struct ws_route w = {
        .path = "/ws",
        .message_max = SITE_BODY_MAX,
        .opened = site_ws_opened,
        .text = site_ws_text,
        .closed = site_ws_closed,
        .drained = site_ws_drained,
        .origin_ok = site_origin_ok,
        .ctx = site,
    };
    for (size_t i = 0; i < ARRAY_LEN(r); i++)
        assert_int_equal(server_route(s->server, &r[i], NULL), 0);
    assert_int_equal(server_ws_route(s->server, &w, NULL), 0);
}

static X_UNUSED int site_start(void **state, const struct server_conf *conf)
{
    struct site *site = calloc(1, sizeof(*site));
    assert_non_null(site);
    site->big = malloc(SITE_BIG_BYTES);
    assert_non_null(site->big);
    memset(site->big, 'b', SITE_BIG_BYTES);
    served_start(&site->served, conf, site_routes);
    *state = site;
    return 0;
}

static X_UNUSED int site_setup(void **state)
{
    return site_start(state, NULL);
}

static X_UNUSED int site_teardown(void **state)
{
    struct site *site = *state;
    served_stop(&site->served);
    free(site->big);
    free(site);
    return 0;
}

#endif
