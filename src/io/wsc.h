/* SPDX-License-Identifier: Apache-2.0
 *
 * Websocket client: libwebsockets on our loop, in a context of its own. Loop thread only. TLS peer and host
 * are always verified; no redirects, no proxies, no extensions, no subprotocol. Names are resolved beside the
 * loop; addresses are tried in turn until one takes the request. Callbacks never run inside a function of
 * this file; every function may be called inside any callback. A connection never comes back by itself: after
 * closed() or wsc_drop it is gone, and who wants another one asks for it. Pings are answered. Limits: a
 * peer's codes 1012 to 1014 and those nobody may send arrive as 1002; masked frames of a server are taken;
 * wss to an IPv6 literal is refused by the certificate check. The process must ignore SIGPIPE.
 */
#ifndef IO_WSC_H
#define IO_WSC_H

#include "io/loop.h"

#define WSC_CONNECTIONS_MAX 64            /* of one client, those that still connect included */
#define WSC_CONNECT_MS      15000         /* where a request names none */
#define WSC_CONNECT_MS_MAX  (3600 * 1000) /* more is taken for this */
#define WSC_MESSAGE_MAX     (1U << 20)    /* where a request names none */
#define WSC_QUEUE_MAX       (256U << 10)  /* where a request names none */
#define WSC_CLOSE_MS        2000          /* from wsc_close, or from the peer's close, to the end */

#define WSC_NO_CODE 1005 /* RFC 6455 section 7.1.5: the peer's close frame held none */
#define WSC_LOST    1006 /* no close frame at all */

/* How a connection ended. The strings live until closed() returns. */
struct wsc_end {
    bool was_open;
    bool ours;          /* wsc_close, or what the peer sent was refused (1003, 1007, 1009): `code` is ours */
    int code;           /* 0 when it was never open */
    int status;         /* of the HTTP answer that refused the upgrade; 0 = none came */
    const char *reason; /* the peer's words, or "": valid UTF-8, not to be trusted */
    const char *detail; /* for the operator: host and what happened, nothing of path or query */
};

struct wsc_request {
    const char *url;        /* ws:// or wss://; see ws_url.h for what is refused. Copied */
    const char *user_agent; /* NULL = "parley/VERSION". Copied */
    bool prefer_ipv4;       /* else in the order of the resolver */
    int connect_ms;         /* from wsc_connect to opened, names and all addresses included */
    size_t message_max;     /* bytes of one message from the peer; more closes with 1009 */
    size_t queue_max;       /* bytes of messages that wait to be sent */
    void *ctx;
    void (*opened)(void *ctx); /* may be NULL */
    /* A whole message. NULL: such a message closes with 1003. `text` is valid UTF-8 (else 1007) and has a NUL
     * behind it; both are borrowed until return. Nothing more comes after wsc_close. */
    void (*text)(void *ctx, const char *text, size_t len);
    void (*binary)(void *ctx, const void *bytes, size_t len);
    void (*closed)(void *ctx, const struct wsc_end *end); /* must; exactly once, and last */
};

struct wsc;
struct wsc_conn;

/* `ca_file`: PEM of authorities to trust besides the system's, or NULL. 0, -ENOMEM, -EINVAL (holds none),
 * -ENOTSUP when the library does not start. */
int wsc_open(struct wsc **out, struct loop *l, const char *ca_file, struct err *err);
/* 0, X_E_INVALID (URL, user agent), X_E_LIMIT (too many), X_E_CLOSED after wsc_shut, -ENOMEM. */
int wsc_connect(struct wsc *w, const struct wsc_request *req, struct wsc_conn **out, struct err *err);
/* Copies. 0, X_E_FULL (nothing taken; it empties as the peer reads), X_E_CLOSED (not open yet, or no more),
 * X_E_INVALID (not UTF-8), -ENOMEM. */
int wsc_send(struct wsc_conn *c, const char *text, size_t len);
size_t wsc_queued(const struct wsc_conn *c); /* bytes not yet handed on */
/* What is queued goes first, then a close frame with this code (1000, or 3000 to 4999; else it is taken for
 * 1000) and at most 123 bytes of reason (NULL = none); closed() follows within WSC_CLOSE_MS. Before it is
 * open: no more than an end of the attempt. A second call changes nothing. */
void wsc_close(struct wsc_conn *c, int code, const char *reason);
void wsc_drop(struct wsc_conn *c);     /* without a frame, without closed() */
size_t wsc_count(const struct wsc *w); /* not yet closed or dropped */
/* Drops every connection. Handles close as the loop runs on, before loop_run returns; frees itself. */
void wsc_shut(struct wsc *w);

#endif
