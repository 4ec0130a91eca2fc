/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP and websocket server as its users see it. Behind it: listener.c (accept, strict
 * gate on the request head), server.c (libmicrohttpd, external epoll on the loop), ws.c
 * (libwebsockets, adopted sockets). Loop thread only. Handles are slot + generation: a late
 * call with a stale handle does nothing.
 *
 * The gate and the server refuse by themselves, with the error body of answer.h: malformed or
 * ambiguous heads (400: both length headers, duplicate Content-Length, bad framing, missing
 * Host), head over 16 KiB (431), body over the route's cap (413), unknown path (404), known
 * path with another method (405 + Allow), slow heads and bodies (408), too many connections (503).
 */
#ifndef IO_SERVER_H
#define IO_SERVER_H

#include "base/str.h"
#include "io/loop.h"

#define SERVER_HEAD_MAX 16384      /* bytes of request line and headers */
#define SERVER_BODY_MAX (1U << 20) /* default cap of a request body */
/* Per stream or session; X_E_FULL above half of it, drained below an eighth. */
#define SERVER_STREAM_QUEUE (256U << 10)

struct server;

/* A request or a websocket session; 0 = none. */
typedef uint64_t server_id; /* the one typedef: an opaque number, not a struct */

struct server_request { /* borrowed: valid during the handler call */
    server_id id;
    const char *method;
    const char *path; /* without base_path and query, percent-decoded once, checked */
    struct str body;
    const char *peer_ip;    /* canonical client address, trusted_proxies honoured */
    bool from_proxy;        /* the TCP peer is a trusted proxy: what it says of the client may be believed */
    const char *request_id; /* X-Request-ID when it matches [A-Za-z0-9._-]{8,64}, else new */
    void *ctx;              /* of the route */
    void *impl;
};

struct route {
    const char *method; /* "GET" (also answers HEAD), "POST", ... */
    const char *path;   /* exact */
    size_t body_max;    /* 0 = no body allowed */
    void (*handle)(const struct server_request *req);
    void *ctx;
};

struct server_header {
    const char *name, *value;
};

struct server_conf {
    const char *listen;               /* "127.0.0.1:8080", "[::1]:8080", port 0 = any */
    const char *base_path;            /* "" or "/parley" */
    const char *const *trusted_proxy; /* addresses or CIDR */
    size_t trusted_proxies;
    int connections_max;           /* default 4096 */
    int head_ms, body_ms, idle_ms; /* whole head, whole body, keep-alive; 10 s, 30 s, 75 s */
    int ping_ms;                   /* websocket pings; 30 s. 0 = the default, as for all of these */
};

int server_open(struct server **out, struct loop *l, const struct server_conf *conf, struct err *err);
int server_route(struct server *s, const struct route *r,
                 struct err *err); /* before listen; X_E_DUPLICATE; r copied */
/* When it fails, server_close is still due. */
int server_listen(struct server *s,
                  struct err *err); /* sysexits-worthy text: address in use, not available, denied */
int server_port(const struct server *s);

const char *server_header(const struct server_request *req, const char *name); /* case-blind; NULL = absent */
const char *server_query(const struct server_request *req, const char *name);

/* Whole answer. `type` NULL = no Content-Type. Body copied. Once per request, at any later time. */
void server_respond(struct server *s, server_id id, int status, const char *type,
                    const struct server_header *h, size_t headers, const void *body, size_t len);
/* A stream (SSE): head now, bytes as they come, end. */
int server_stream(struct server *s, server_id id, int status, const char *type, const struct server_header *h,
                  size_t headers);
/* 0, X_E_FULL (taken, but above high water: wait for on_drained), X_E_CLOSED (client gone). A write that
 * does not fit the queue any more ends the stream: X_E_CLOSED, and `gone` is told. */
int server_write(struct server *s, server_id id, const void *bytes, size_t len);
void server_end(struct server *s, server_id id);
/* Tells once when the client goes before the answer ended, and when a full stream has drained. After
 * `gone` the id is dead. Going includes half-closing; a request that is neither watched nor a stream is
 * answered even then. `drained` may write and end. NULL `gone` takes the watch off. */
void server_watch(struct server *s, server_id id, void (*gone)(void *ctx, server_id id),
                  void (*drained)(void *ctx, server_id id), void *ctx);

/* Websocket endpoints. Upgrade is refused with 403 unless Origin is absent, same host, or `origin_ok`. */
struct ws_route {
    const char *path;
    size_t message_max; /* bytes of one reassembled text message; larger closes 1009 */
    void (*opened)(void *ctx, server_id id, const char *peer_ip);
    /* valid UTF-8; binary closes 1003 */
    void (*text)(void *ctx, server_id id, const char *peer_ip, const char *text, size_t len);
    void (*closed)(void *ctx, server_id id);
    void (*drained)(void *ctx, server_id id);
    bool (*origin_ok)(void *ctx, const char *origin, const char *host); /* NULL = same host only */
    void *ctx;
};
int server_ws_route(struct server *s, const struct ws_route *r, struct err *err);
int server_ws_send(struct server *s, server_id id, const char *text, size_t len); /* as server_write */
void server_ws_close(struct server *s, server_id id, int code, const char *reason);

size_t server_connections(const struct server *s);
/* Drain: 1. stop_listening (idle keep-alive connections close), 2. when the owner is done, close:
 * ends what is left (503, end of stream, ws 1001; at most 1 s), then frees itself as the loop runs;
 * `closed` is the last call. */
void server_stop_listening(struct server *s);
void server_close(struct server *s, void (*closed)(void *ctx), void *ctx);

#endif
