/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by server.c (life), server_ws.c (upgrades), server_conn.c (connections), server_http.c
 * (requests in) and server_answer.c (answers out). Nobody else includes this.
 */
#ifndef IO_SERVER_IMPL_H
#define IO_SERVER_IMPL_H

#include "base/bytesq.h"

#include "io/listener.h"
#include "io/reject.h"
#include "io/routes.h"
#include "io/server.h"
#include "io/slots.h"
#include "io/ws.h"

#define SERVER_STREAM_HIGH (SERVER_STREAM_QUEUE / 2) /* above: X_E_FULL */
#define SERVER_STREAM_LOW  (SERVER_STREAM_QUEUE / 8) /* below again: drained */
#define SERVER_CONN_MEMORY 24576 /* of libmicrohttpd per connection: a full head and 100 field records */

struct MHD_Connection;
struct MHD_Daemon;

enum conn_state {
    CONN_IDLE, /* between requests */
    CONN_HEAD, /* the next head has begun to arrive */
    CONN_BODY, /* head done, body coming */
    CONN_BUSY, /* being answered */
};

/* One HTTP connection; lives as long as libmicrohttpd's. */
struct conn {
    struct web *web;
    struct conn *next, **link;
    int fd; /* libmicrohttpd's: never closed here */
    struct peer peer;
    struct request *request; /* the current one */
    enum conn_state state;
    int64_t since_ms;
    uint64_t received; /* bytes by the kernel's count when it became idle; SOCKINFO_UNKNOWN at first */
    struct watch hup;
    bool fin;                                  /* the peer has said all it will say */
    bool starved;                              /* and libmicrohttpd has read all of it, one round ago */
    struct conn *leaving_next, **leaving_link; /* link NULL = not listed */
};

enum request_phase {
    REQUEST_NEW,    /* request line seen */
    REQUEST_BODY,   /* head accepted */
    REQUEST_OPEN,   /* with its handler, unanswered */
    REQUEST_STREAM, /* answered by a stream that goes on */
    REQUEST_DONE,   /* the whole answer is queued */
    REQUEST_DEAD,   /* connection to be dropped */
};

struct request {
    struct server *server;
    struct conn *conn;
    struct MHD_Connection *mhd;
    server_id id; /* 0 = not handed out */
    enum request_phase phase;
    bool suspended; /* libmicrohttpd leaves the connection alone until resumed */
    char *target;   /* as received */
    char *path;
    const char *method; /* libmicrohttpd's, for as long as the request */
    char request_id[REQUEST_ID_BYTES];
    char peer_ip[PEER_TEXT];
    const struct route *route;
    const struct gate_fault *fault; /* answer with this instead of a route */
    char allow[ROUTES_ALLOW_BYTES]; /* for a 405 */
    struct buf body;
    struct bytesq out; /* stream */
    bool full;         /* X_E_FULL was said, drained not yet */
    bool watched;      /* drop it when the client leaves */
    void (*gone)(void *ctx, server_id id);
    void (*drained)(void *ctx, server_id id);
    void *watch_ctx;
};

/* The libmicrohttpd half. */
struct web {
    struct server *server;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_timer_t timer;
    struct slots requests;
    struct conn *conns;
    size_t count;
    struct conn *adopting;
    struct conn *leaving; /* to be looked at after the next pump */
    bool pump_wanted;
};

enum server_life { SERVER_UP, SERVER_STOPPING, SERVER_ENDING, SERVER_SHUT };

struct server {
    struct loop *loop;
    struct poller poller;
    struct lingers lingers;
    struct listener listener;
    struct timer sweep, ending;
    struct web web;
    struct ws *ws;
    struct routes routes;
    char *listen, *base_path;
    struct peer_net *trusted;
    size_t nets;
    int connections_max, head_ms, body_ms, idle_ms, ping_ms;
    enum server_life life;
    bool have_poller, have_web, have_listener, finished;
    int64_t end_by_ms;
    int handles; /* of ours, still open */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* server.c */
void server_handle_gone(struct server *s); /* one of our loop handles has closed */
/* Path without base_path, as routes know it; NULL = outside. */
const char *server_strip_base(const struct server *s, const char *path);

/* server_ws.c */
void server_take_ws(struct server *s, const struct arrival *a); /* an upgrade: checks, then ws_adopt */

/* server_conn.c */
struct conn *conn_new(struct web *w, int fd, const struct sockaddr *address); /* NULL: no memory */
void conn_free(struct conn *c); /* before libmicrohttpd closes the descriptor */
void conn_enter(struct conn *c, enum conn_state state);
void conn_check_soon(struct conn *c); /* if the peer has gone, act on it after the next pump */
void web_check_leaving(struct web *w);
void web_sweep(struct web *w, int64_t now_ms);
void web_drop_idle(struct web *w);
bool web_busy(const struct web *w);

/* server_http.c */
int web_open(struct web *w, struct server *s, struct err *err);
void web_adopt(struct web *w, const struct arrival *a); /* takes a->fd over */
void web_pump_soon(struct web *w);
void web_finish(struct web *w); /* answers or ends what is open */
void web_close(
    struct web *w); /* after web_finish, outside every callback; then server_handle_gone, three times */
void request_suspend(struct request *r); /* only inside a callback for this connection */
void request_resume(struct request *r);  /* takes effect in this loop round's pump */

/* server_answer.c */
struct request *request_find(const struct server *s, server_id id);
void request_answer_fault(struct request *r, const struct gate_fault *why);
void request_abandon(struct request *r); /* the client is gone: tell, and drop the connection */
void request_free(struct request *r);

#endif
