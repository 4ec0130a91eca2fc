/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection from wsc_connect to closed(). The library may be told to kill a socket only from outside its
 * own callbacks, and a user may ask for it inside one. So whatever is asked for only changes a state and puts
 * the connection on a list, which a timer works off in the next round. Not a task of the loop: loop_shut runs
 * those where it is called, which may be inside a callback.
 */
#include <libwebsockets.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/utf.h"

#include "io/wsc_impl.h"

#define AGENT "parley/" PARLEY_VERSION

/* ---- the list of those to be looked at ---------------------------------------------------------- */

void wsc_soon(struct wsc_conn *c)
{
    struct wsc *w = c->w;
    if (c->listed)
        return;
    c->listed = true;
    c->soon = NULL;
    *w->soon_end = c;
    w->soon_end = &c->soon;
    /* libuv runs a timer of 0 ms that is started by a timer in the same breath: sockets would starve. */
    timer_start(&w->work, w->working ? 1 : 0);
}

/* What holds the socket does not wait for the user to be told. */
static void retire(struct wsc_conn *c, enum wsc_state state)
{
    if (c->state < WSC_ENDED)
        c->w->count--;
    c->state = state;
    timer_stop(&c->timer);
    wsc_dial_stop(c);
    ws_queue_drop(&c->out);
    wsc_soon(c);
}

void wsc_end(struct wsc_conn *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->detail, sizeof(c->detail), fmt, args);
    va_end(args);
    retire(c, WSC_ENDED);
}

void wsc_leave(struct wsc_conn *c, int code, const char *reason)
{
    size_t n = utf8_floor(reason, strlen(reason), WSC_REASON_MAX);
    memcpy(c->reason, reason, n);
    c->reason[n] = '\0';
    c->code = code;
    c->ours = true;
    c->state = WSC_LEAVING;
    timer_start(&c->timer, WSC_CLOSE_MS);
    wsc_soon(c);
}

void wsc_closing(struct wsc_conn *c)
{
    if (c->state == WSC_UP)
        timer_start(&c->timer, WSC_CLOSE_MS);
    c->state = WSC_CLOSING;
    ws_queue_drop(&c->out);
}

/* What the peer has not taken goes no further: else kernel and library would wait for it, for ever if need
 * be. The library gives its own leftover up once the socket is shut. */
void wsc_let_go(struct wsc_conn *c)
{
    const struct linger none = { .l_onoff = 1, .l_linger = 0 };
    struct lws *wsi = c->wsi;
    c->wsi = NULL;
    if (!wsi)
        return;
    int fd = lws_get_socket_fd(wsi);
    lws_set_opaque_user_data(wsi, NULL);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    if (lws_partial_buffered(wsi))
        shutdown(fd, SHUT_RDWR);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

/* ---- the end of one ------------------------------------------------------------------------------- */

static void release(struct wsc *w)
{
    if (--w->handles)
        return;
    wsc_tls_close(w->tls);
    free(w);
}

static void on_timer_closed(struct timer *t)
{
    struct wsc_conn *c = CONTAINER_OF(t, struct wsc_conn, timer);
    struct wsc *w = c->w;
    free(c);
    release(w);
}

static void conn_free(struct wsc_conn *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    ws_queue_drop(&c->out);
    buf_free(&c->in);
    timer_close(&c->timer, on_timer_closed);
}

static void tell_closed(struct wsc_conn *c)
{
    const struct wsc_end end = {
        .was_open = c->was_open,
        .ours = c->ours,
        .code = c->was_open ? c->code : 0,
        .status = c->status,
        .reason = c->ours ? "" : c->reason,
        .detail = c->detail,
    };
    c->state = WSC_DROPPED; /* whatever the user does with it now */
    c->req.closed(c->req.ctx, &end);
}

/* The library sends a close frame only where it is killed with a reason from outside, and not while it has
 * output left over. The socket may be gone when this returns. */
static void send_close(struct wsc_conn *c)
{
    unsigned char *reason = (unsigned char *)c->reason;
    if (c->out.head || lws_partial_buffered(c->wsi)) {
        lws_callback_on_writable(c->wsi);
        return;
    }
    wsc_closing(c);
    lws_close_reason(c->wsi, (enum lws_close_status)c->code, reason, strlen(c->reason));
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static void work_on(struct wsc_conn *c)
{
    switch (c->state) {
    case WSC_DIALLING:
        wsc_dial_next(c);
        break;
    case WSC_LEAVING:
        send_close(c);
        break;
    case WSC_ENDED:
        wsc_let_go(c);
        tell_closed(c);
        conn_free(c);
        break;
    case WSC_DROPPED:
        wsc_let_go(c);
        conn_free(c);
        break;
    case WSC_UP:
    case WSC_CLOSING:
        break;
    }
}

static void on_work_closed(struct timer *t)
{
    release(CONTAINER_OF(t, struct wsc, work));
}

static void on_library_closed(struct ws_library *lib)
{
    release(CONTAINER_OF(lib, struct wsc, library));
}

/* One round takes the list as it stands: who reconnects in closed() waits for the next. */
static void on_work(struct timer *t)
{
    struct wsc *w = CONTAINER_OF(t, struct wsc, work);
    struct wsc_conn *list = w->soon;
    w->soon = NULL;
    w->soon_end = &w->soon;
    w->working = true;
    while (list) {
        struct wsc_conn *c = list;
        list = c->soon;
        c->listed = false;
        work_on(c);
    }
    w->working = false;
    if (!w->closing || w->all)
        return;
    timer_close(&w->work, on_work_closed);
    ws_library_close(&w->library, on_library_closed);
}

/* ---- the client ------------------------------------------------------------------------------------- */

int wsc_open(struct wsc **out, struct loop *l, const char *ca_file, struct err *err)
{
    struct wsc *w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(err, -ENOMEM, "websocket: out of memory");
    int bad = wsc_tls_open(&w->tls, ca_file, err);
    if (bad) {
        free(w);
        return bad;
    }
    w->loop = l;
    w->soon_end = &w->soon;
    w->handles = 2;
    timer_open(&w->work, l, on_work);
    if (wsc_library_open(w)) {
        wsc_shut(w);
        return err_set(err, -ENOTSUP, "libwebsockets does not start (is libwebsockets-evlib-uv installed?)");
    }
    *out = w;
    return 0;
}

size_t wsc_count(const struct wsc *w)
{
    return w->count;
}

void wsc_shut(struct wsc *w)
{
    if (w->closing)
        return;
    w->closing = true;
    for (struct wsc_conn *c = w->all; c; c = c->next)
        wsc_drop(c);
    timer_start(&w->work, 0);
}

/* ---- a connection ----------------------------------------------------------------------------------- */

static void on_timer(struct timer *t)
{
    struct wsc_conn *c = CONTAINER_OF(t, struct wsc_conn, timer);
    if (c->state == WSC_DIALLING)
        wsc_dial_timeout(c);
    else
        wsc_end(c, "%s did not answer a close frame in time", c->url.host);
}

static int check_agent(const char *agent, struct err *err)
{
    for (const char *at = agent; *at; at++)
        if (*at < ' ' || *at > '~' || at - agent >= WSC_AGENT_MAX)
            return err_set(err, X_E_INVALID, "websocket: bad user agent");
    return 0;
}

static void set_defaults(struct wsc_conn *c, const struct wsc_request *req)
{
    const char *agent = req->user_agent ? req->user_agent : AGENT;
    memcpy(c->agent, agent, strlen(agent) + 1);
    c->req = *req;
    if (c->req.connect_ms <= 0 || c->req.connect_ms > WSC_CONNECT_MS_MAX)
        c->req.connect_ms = c->req.connect_ms > 0 ? WSC_CONNECT_MS_MAX : WSC_CONNECT_MS;
    if (!c->req.message_max)
        c->req.message_max = WSC_MESSAGE_MAX;
    if (!c->req.queue_max)
        c->req.queue_max = WSC_QUEUE_MAX;
    ws_queue_init(&c->out);
    buf_init(&c->in, c->req.message_max);
}

static void list_put(struct wsc *w, struct wsc_conn *c)
{
    c->w = w;
    c->next = w->all;
    if (c->next)
        c->next->link = &c->next;
    c->link = &w->all;
    w->all = c;
    w->count++;
    w->handles++;
}

int wsc_connect(struct wsc *w, const struct wsc_request *req, struct wsc_conn **out, struct err *err)
{
    if (w->closing)
        return err_set(err, X_E_CLOSED, "websocket: closed");
    if (w->count >= WSC_CONNECTIONS_MAX)
        return err_set(err, X_E_LIMIT, "websocket: %d connections are open", WSC_CONNECTIONS_MAX);
    struct wsc_conn *c = calloc(1, sizeof(*c));
    if (!c)
        return err_set(err, -ENOMEM, "websocket: out of memory");
    int bad = ws_url_parse(&c->url, req->url, err);
    if (!bad)
        bad = check_agent(req->user_agent ? req->user_agent : AGENT, err);
    if (bad) {
        free(c);
        return bad;
    }
    set_defaults(c, req);
    list_put(w, c);
    timer_open(&c->timer, w->loop, on_timer);
    wsc_dial_start(c);
    *out = c;
    return 0;
}

int wsc_send(struct wsc_conn *c, const char *text, size_t len)
{
    if (c->state != WSC_UP)
        return X_E_CLOSED;
    if (!utf8_valid(text, len))
        return X_E_INVALID;
    if (len > c->req.queue_max - c->out.bytes)
        return X_E_FULL;
    int bad = ws_queue_add(&c->out, text, len);
    if (!bad)
        lws_callback_on_writable(c->wsi);
    return bad;
}

size_t wsc_queued(const struct wsc_conn *c)
{
    return c->out.bytes;
}

void wsc_close(struct wsc_conn *c, int code, const char *reason)
{
    if (c->state == WSC_UP)
        wsc_leave(c, code >= 3000 && code <= 4999 ? code : 1000, reason ? reason : "");
    if (c->state != WSC_DIALLING)
        return;
    c->ours = true;
    wsc_end(c, "%s was given up before it was open", c->url.host);
}

void wsc_drop(struct wsc_conn *c)
{
    if (c->state != WSC_DROPPED)
        retire(c, WSC_DROPPED);
}
