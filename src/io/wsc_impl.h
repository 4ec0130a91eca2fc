/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the websocket client, shared by its files and nobody else: wsc.c (the interface, and the life
 * of a connection on the loop), wsc_dial.c (from a URL to a socket of the library), wsc_event.c (what the
 * library reports), wsc_tls.c (what is trusted).
 */
#ifndef IO_WSC_IMPL_H
#define IO_WSC_IMPL_H

#include "base/str.h"

#include "io/resolve.h"
#include "io/ws_library.h"
#include "io/ws_queue.h"
#include "io/ws_url.h"
#include "io/wsc.h"

#define WSC_REASON_MAX 123 /* RFC 6455 section 5.5 */
#define WSC_DETAIL_MAX 256
#define WSC_AGENT_MAX  200

enum wsc_state {
    WSC_DIALLING, /* name, TCP, TLS, upgrade */
    WSC_UP,
    WSC_LEAVING, /* wsc_close: what is queued goes first */
    WSC_CLOSING, /* a close frame was sent or has come */
    WSC_ENDED,   /* closed() is due */
    WSC_DROPPED, /* nobody is told any more */
};

struct wsc_conn {
    struct wsc *w;
    struct wsc_conn *next, **link; /* of all connections */
    struct wsc_conn *soon;         /* next on the list of those to be looked at */
    struct lws *wsi;               /* NULL: none, or the library has let go of it */
    struct timer timer;            /* dialling: of the attempt; closing: the end */
    struct wsc_request req;        /* its strings are void */
    enum wsc_state state;
    bool listed, was_open, ours;

    /* dialling */
    struct ws_url url;
    char agent[WSC_AGENT_MAX + 1];
    struct resolve *lookup;
    struct resolve_answer to; /* addresses */
    size_t tried;
    int64_t until_ms;
    /* of this attempt */
    bool connected, asked; /* TCP stands; the request has left */
    const char *untrusted; /* what is wrong with the certificate; constant, NULL = nothing */

    /* open */
    struct buf in;
    struct ws_queue out;

    int code, status;
    char reason[WSC_REASON_MAX + 1], detail[WSC_DETAIL_MAX];
};

struct ssl_ctx_st;

struct wsc {
    struct loop *loop;
    struct ssl_ctx_st *tls;
    struct ws_library library;
    struct timer work; /* fires in the next round, outside the library */
    struct wsc_conn *all, *soon, **soon_end;
    struct wsc_conn *dialling; /* inside lws_client_connect_via_info */
    size_t count;              /* neither ended nor dropped */
    size_t handles;            /* timers of connections, `work`, the library */
    bool closing, working;
};

/* ---- wsc.c ---- */

/* The connection is looked at in a later round, outside the library; its state says what is due. */
void wsc_soon(struct wsc_conn *c);
/* Ends it: closed() will say so, in these words. `code` and `reason` are set by who knows them. */
void wsc_end(struct wsc_conn *c, const char *fmt, ...) X_PRINTF(2, 3);
/* Forgets the socket and kills it. Outside the library. */
void wsc_let_go(struct wsc_conn *c);
/* On an open one: what is queued goes first, then a close frame of ours. */
void wsc_leave(struct wsc_conn *c, int code, const char *reason);
/* A close frame came, or goes out; what is queued is void. */
void wsc_closing(struct wsc_conn *c);

/* ---- wsc_dial.c ---- */

void wsc_dial_start(struct wsc_conn *c);
void wsc_dial_next(struct wsc_conn *c);    /* the next address; outside the library */
void wsc_dial_timeout(struct wsc_conn *c); /* the attempt's time is up; outside the library */
void wsc_dial_stop(struct wsc_conn *c);    /* nobody waits for the name any more */
/* The library has given the attempt up, and says this. */
void wsc_dial_failed(struct wsc_conn *c, const char *says);
/* libwebsockets 4.1 frees a socket that did not connect without closing its poll handle: that is done here.
 */
void wsc_dial_reap(struct wsc *w, const struct lws *wsi);

/* ---- wsc_event.c ---- */

int wsc_library_open(struct wsc *w);

/* ---- wsc_tls.c ---- */

int wsc_tls_open(struct ssl_ctx_st **out, const char *ca_file, struct err *err);
void wsc_tls_close(struct ssl_ctx_st *tls);              /* or NULL */
const char *wsc_tls_untrusted(const void *verification); /* what OpenSSL holds against the certificate */

#endif
