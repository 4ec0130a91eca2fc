/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes, and the answers that are not chat: health, readiness, metrics, the demo page, CORS preflights,
 * errors. Chat itself is chat.c (in) and events.c (out).
 */
#include "adapters/web/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <parley/answer.h>

#include "adapters/web/inside.h"
#include "base/hash.h"
#include "conf/snapshot.h"

#define PING_MS 15000 /* WHATWG HTML, "Server-sent events", authoring notes: a comment every 15 s or so */
#define JSON    "application/json; charset=utf-8"

const char *web_origin(struct adapter *a, const struct server_request *req)
{
    const char *origin = server_header(req, "origin"), *allowed = "";
    if (!origin)
        return "";
    struct snapshot *s = a->host->snapshot(a->host);
    for (size_t i = 0; i < s->config->server.cors_origins; i++)
        if (strcmp(s->config->server.cors_origin[i], origin) == 0)
            allowed = origin;
    snapshot_unref(s);
    return allowed;
}

static size_t cors(struct server_header *h, const char *origin)
{
    h[0] = (struct server_header){ "Vary", "Origin" };
    if (!origin[0])
        return 1;
    h[1] = (struct server_header){ "Access-Control-Allow-Origin", origin };
    h[2] = (struct server_header){ "Access-Control-Expose-Headers", "X-Request-ID, Retry-After" };
    return 3;
}

void web_headers(const struct exchange *x, struct server_header *h, size_t *n)
{
    *n = cors(h, x->origin);
    h[(*n)++] = (struct server_header){ "Cache-Control", "no-store" };
}

void web_error(struct adapter *a, server_id id, const char *code, const char *message,
               const char *details_json, const char *request_id, int64_t retry_after_ms, const char *origin)
{
    struct buf body = BUF_INIT(65536);
    struct server_header h[8];
    char seconds[24];
    size_t n = cors(h, origin);
    h[n++] = (struct server_header){ "Cache-Control", "no-store" };
    if (retry_after_ms >= 0) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)(retry_after_ms + 999) / 1000);
        h[n++] = (struct server_header){ "Retry-After", seconds };
    }
    answer_error(code, message, details_json, request_id, &body);
    server_respond(a->host->server, id, answer_http_status(code), JSON, h, n, buf_text(&body), body.len);
    buf_free(&body);
}

bool web_key_ok(struct adapter *a, const char *given)
{
    struct snapshot *s = a->host->snapshot(a->host);
    const char *key = s->config->server.api_key;
    bool ok = !key[0] || bytes_equal_secret(key, strlen(key), given, strlen(given));
    snapshot_unref(s);
    return ok;
}

bool web_authorized(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    const char *given = server_header(req, "authorization");
    bool ok = web_key_ok(a, given && strncasecmp(given, "Bearer ", 7) == 0 ? given + 7 : "");
    if (!ok)
        web_error(a, req->id, "unauthorized", "Send the API key as Authorization: Bearer KEY.", NULL,
                  req->request_id, -1, web_origin(a, req));
    return ok;
}

static void reply(const struct server_request *req, int status, const char *type, const void *body,
                  size_t len)
{
    struct adapter *a = req->ctx;
    const struct server_header h[] = { { "Cache-Control", "no-store" } };
    server_respond(a->host->server, req->id, status, type, h, ARRAY_LEN(h), body, len);
}

static void get_healthz(const struct server_request *req)
{
    static const char ok[] = "{\"status\":\"ok\"}";
    reply(req, 200, JSON, ok, sizeof ok - 1);
}

static void get_readyz(const struct server_request *req)
{
    static const char yes[] = "{\"status\":\"ready\"}", no[] = "{\"status\":\"not ready\"}";
    struct adapter *a = req->ctx;
    if (a->host->ready(a->host))
        reply(req, 200, JSON, yes, sizeof yes - 1);
    else
        reply(req, 503, JSON, no, sizeof no - 1);
}

static void get_health(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    struct buf body = BUF_INIT(1U << 20);
    if (!web_authorized(req))
        return;
    a->host->health(a->host, &body);
    reply(req, a->host->ready(a->host) ? 200 : 503, JSON, buf_text(&body), body.len);
    buf_free(&body);
}

static void get_metrics(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    struct buf body = BUF_INIT(1U << 20);
    if (!web_authorized(req))
        return;
    a->host->metrics(a->host, &body);
    reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_text(&body), body.len);
    buf_free(&body);
}

static void options_chat(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    struct server_header h[8];
    size_t n = cors(h, web_origin(a, req));
    if (n > 1) {
        h[n++] = (struct server_header){ "Access-Control-Allow-Methods", "POST, OPTIONS" };
        h[n++] =
            (struct server_header){ "Access-Control-Allow-Headers",
                                    "Authorization, Content-Type, Accept, Idempotency-Key, X-Request-ID" };
        h[n++] = (struct server_header){ "Access-Control-Max-Age", "600" };
    }
    server_respond(a->host->server, req->id, 204, NULL, h, n, "", 0);
}

/* ---- the demo page, inside the binary ---- */

#define EMBED(symbol, path)                                                                                  \
    __asm__(".section .rodata\n.global " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.global " #symbol    \
            "_end\n" #symbol "_end:\n.previous\n");                                                          \
    extern const char symbol[], symbol##_end[]

EMBED(web_page_html, "adapters/web/page/index.html");
EMBED(web_page_js, "adapters/web/page/app.js");
EMBED(web_page_css, "adapters/web/page/app.css");

static void page(const struct server_request *req, const char *type, const char *body, const char *end)
{
    struct adapter *a = req->ctx;
    static const struct server_header h[] = {
        { "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
                                     "'self'; img-src 'self' data:; "
                                     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
        { "Referrer-Policy", "no-referrer" },
        { "Cache-Control", "no-cache" },
    };
    server_respond(a->host->server, req->id, 200, type, h, ARRAY_LEN(h), body, (size_t)(end - body));
}

static void get_page(const struct server_request *req)
{
    page(req, "text/html; charset=utf-8", web_page_html, web_page_html_end);
}

static void get_page_js(const struct server_request *req)
{
    page(req, "text/javascript; charset=utf-8", web_page_js, web_page_js_end);
}

static void get_page_css(const struct server_request *req)
{
    page(req, "text/css; charset=utf-8", web_page_css, web_page_css_end);
}

static const struct route routes[] = {
    { .method = "POST", .path = "/api/v1/chat", .body_max = SERVER_BODY_MAX, .handle = chat_post },
    { .method = "POST", .path = "/api/chat", .body_max = SERVER_BODY_MAX, .handle = chat_post },
    { .method = "OPTIONS", .path = "/api/v1/chat", .handle = options_chat },
    { .method = "OPTIONS", .path = "/api/chat", .handle = options_chat },
    { .method = "GET", .path = "/healthz", .handle = get_healthz },
    { .method = "GET", .path = "/readyz", .handle = get_readyz },
    { .method = "GET", .path = "/api/health", .handle = get_health },
    { .method = "GET", .path = "/api/v1/health", .handle = get_health },
    { .method = "GET", .path = "/metrics", .handle = get_metrics },
    { .method = "GET", .path = "/", .handle = get_page },
    { .method = "GET", .path = "/app.js", .handle = get_page_js },
    { .method = "GET", .path = "/app.css", .handle = get_page_css },
};

static int open_routes(struct adapter *a, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(routes) && rc == 0; i++) {
        struct route r = routes[i];
        r.ctx = a;
        rc = server_route(a->host->server, &r, err);
    }
    const struct ws_route ws = { .path = "/api/v1/ws",
                                 .message_max = (size_t)2 * MESSAGE_TEXT_MAX,
                                 .opened = chat_ws_opened,
                                 .text = chat_ws_text,
                                 .closed = chat_ws_closed,
                                 .drained = chat_ws_drained,
                                 .ctx = a };
    return rc ? rc : server_ws_route(a->host->server, &ws, err);
}

static void on_ping(struct timer *t)
{
    events_ping(CONTAINER_OF(t, struct adapter, ping));
    timer_start(t, PING_MS);
}

static void ping_closed(struct timer *t)
{
    free(CONTAINER_OF(t, struct adapter, ping));
}

static int web_open(struct adapter **out, struct host *host, struct err *err)
{
    if (!host->server)
        return err_set(err, X_E_NOT_FOUND, "nothing listens here");
    struct adapter *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(err, -ENOMEM, "out of memory");
    a->host = host;
    a->intake = true;
    int rc = open_routes(a, err);
    if (rc) {
        free(a);
        return rc;
    }
    timer_open(&a->ping, host->loop, on_ping);
    timer_start(&a->ping, PING_MS);
    *out = a;
    return 0;
}

static void web_intake(struct adapter *a, bool on)
{
    a->intake = on; /* requests get 503 from submit; a paused read would only hide that from the client */
}

/* The server still delivers "gone" for watched requests after this; exchanges are all finished by then. */
static void web_close(struct adapter *a)
{
    timer_close(&a->ping, ping_closed);
}

const struct adapter_ops adapter_web = {
    .name = "web",
    .open = web_open,
    .intake = web_intake,
    .close = web_close,
    .refused = events_refused,
    .replay = events_replay,
    .accepted = events_accepted,
    .progress = events_progress,
    .sentence = events_sentence,
    .restart = events_restart,
    .deliver = events_deliver,
    .failed = events_failed,
};
