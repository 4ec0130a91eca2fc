/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests in: libmicrohttpd in external-epoll mode on our loop. It frames and parses; what it
 * tolerates beyond RFC 9112 is refused here, on every request of a connection. A head it has
 * parsed can be checked after the fact, because version 0.9 cuts it up in place (struct layout).
 *
 * A request waits for its answer suspended; whoever answers resumes it, and one pump per loop
 * round (the prepare handle) lets libmicrohttpd act on all that were resumed.
 * Limit: what libmicrohttpd itself refuses on a re-used connection (a head over its memory, a
 * malformed chunk) it answers with its own HTML page.
 */
#include <microhttpd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/server_impl.h"

#define REQUESTS_MARK 0

/* ---- is the parsed head what a strict parser would have read? ------------------------------- */

/* Where the next field must begin if nothing was folded, joined or cut short by a NUL. */
struct layout {
    struct gate_head *head;
    const char *end; /* of the last thing read, where its CR stood */
    int result;
    bool clean;
};

#if MHD_VERSION < 0x00097701
/* In place, a CRLF is two NULs; a bare LF is one, and a folded line was moved elsewhere. */
static bool follows(const char *end, const char *next)
{
    return (uintptr_t)next == (uintptr_t)end + 2 && end[1] == '\0';
}

static bool value_follows(const char *name_end, const char *value)
{
    const char *p = name_end + 1;
    while ((uintptr_t)p < (uintptr_t)value && (*p == ' ' || *p == '\t'))
        p++;
    return p == value;
}

/* CRLF CRLF and nothing else between the last value and where the library stopped reading. */
static bool head_ends(const char *end, const struct request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info && (uintptr_t)end + 4 == (uintptr_t)r->method + info->header_size;
}

static bool line_is_clean(const char *method, const char *url, size_t url_len, const char *version)
{
    return url == method + strlen(method) + 1 && version == url + url_len + 1;
}
#else /* from here on MHD_OPTION_CLIENT_DISCIPLINE_LVL does it */
static bool follows(const char *end, const char *next)
{
    (void)end;
    (void)next;
    return true;
}

static bool value_follows(const char *name_end, const char *value)
{
    (void)name_end;
    (void)value;
    return true;
}

static bool head_ends(const char *end, const struct request *r)
{
    (void)end;
    (void)r;
    return true;
}

static bool line_is_clean(const char *method, const char *url, size_t url_len, const char *version)
{
    (void)method;
    (void)url;
    (void)url_len;
    (void)version;
    return true;
}
#endif

static enum MHD_Result on_field(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                const char *value, size_t value_len)
{
    struct layout *l = ctx;
    (void)kind;
    l->clean = value && follows(l->end, name) && value_follows(name + name_len, value);
    if (!l->clean)
        return MHD_NO;
    l->end = value + value_len;
    l->result = gate_field(l->head, (struct str){ name, name_len }, (struct str){ value, value_len });
    return l->result ? MHD_NO : MHD_YES;
}

static int read_head(struct gate_head *head, const struct request *r, const char *url, const char *version)
{
    static const struct gate_fault fault = { 400, "bad_request", "Malformed request head." };
    int e = gate_begin(head, str_of(r->method), str_of(r->target), str_of(version));
    if (e)
        return e;
    struct layout l = { .head = head, .end = version + strlen(version), .clean = true };
    if (line_is_clean(r->method, url, strlen(r->target), version)) {
        MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, on_field, &l);
        if (l.result)
            return l.result;
        if (l.clean && head_ends(l.end, r))
            return gate_finish(head);
    }
    head->fault = &fault;
    return X_E_INVALID;
}

/* ---- one request --------------------------------------------------------------------------- */

/* Says no and hangs up. The descriptor is doubled, so that the socket outlives libmicrohttpd's
 * close for long enough that the client reads the answer. */
static enum MHD_Result refuse(struct request *r, const struct gate_fault *why)
{
    char extra[ROUTES_ALLOW_BYTES + 16] = "";
    int fd = fcntl(r->conn->fd, F_DUPFD_CLOEXEC, 0);
    r->phase = REQUEST_DEAD;
    if (r->allow[0])
        snprintf(extra, sizeof(extra), "Allow: %s\r\n", r->allow);
    if (fd >= 0)
        reject_send_as(&r->server->lingers, fd, why, extra, r->request_id, !strcmp(r->method, "HEAD"));
    return MHD_NO;
}

/* Finds what the request is for, or why not (r->fault). */
static int resolve(struct request *r, struct gate_head *head)
{
    struct str query;
    size_t cap = strlen(r->target) + 1;
    r->path = malloc(cap);
    if (!r->path)
        return -ENOMEM;
    if (gate_target(head, r->path, cap, &query))
        return X_E_INVALID;
    const char *path = server_strip_base(r->server, r->path);
    int e = path ? routes_find(&r->server->routes, head->method, path, &r->route, r->allow) : X_E_NOT_FOUND;
    if (e)
        r->fault = e == X_E_DENIED ? &reject_method : &reject_not_found;
    return 0;
}

static void learn_client(struct request *r, const struct gate_head *head)
{
    struct peer peer = r->conn->peer;
    peer_client(&peer, head->forwarded, head->forwardeds, r->server->trusted, r->server->nets);
    peer_text(r->peer_ip, &peer);
}

/* The head is there, the body is not. */
static enum MHD_Result begin(struct request *r, const char *url, const char *method, const char *version)
{
    struct gate_head head;
    r->method = method;
    int e = read_head(&head, r, url, version);
    reject_request_id(r->request_id, head.request_id);
    if (e)
        return refuse(r, head.fault);
    if (head.websocket)
        return refuse(r, &reject_no_upgrade);
    e = resolve(r, &head);
    if (e == X_E_INVALID)
        return refuse(r, head.fault);
    if (e)
        return MHD_NO;
    bool body = head.chunked || head.length > 0;
    if (r->fault && body)
        return refuse(r, r->fault);
    size_t cap = r->route ? r->route->body_max : 0;
    if (body && (cap == 0 || (head.length > 0 && (uint64_t)head.length > cap)))
        return refuse(r, &reject_body_size);
    learn_client(r, &head);
    buf_init(&r->body, cap);
    r->phase = REQUEST_BODY;
    conn_enter(r->conn, CONN_BODY);
    return MHD_YES;
}

static enum MHD_Result take_body(struct request *r, const char *bytes, size_t *len)
{
    buf_add(&r->body, bytes, *len);
    *len = 0;
    return r->body.failed ? refuse(r, &reject_body_size) : MHD_YES;
}

void request_suspend(struct request *r)
{
    MHD_suspend_connection(r->mhd);
    r->suspended = true;
}

void request_resume(struct request *r)
{
    if (!r->suspended)
        return;
    r->suspended = false;
    MHD_resume_connection(r->mhd);
    web_pump_soon(&r->server->web);
}

/* "/parley" for "/parley/": from there the page's relative links would miss the base. */
static bool redirect_to_base(struct request *r)
{
    const char *base = r->server->base_path;
    if (!base[0] || strcmp(r->path, base) != 0)
        return false;
    struct buf to = BUF_INIT(SERVER_HEAD_MAX);
    buf_printf(&to, "%s/", base);
    const struct server_header location = { "Location", buf_text(&to) };
    server_respond(r->server, r->id, 308, NULL, &location, 1, "", 0);
    buf_free(&to);
    return true;
}

static void call_route(struct request *r)
{
    if (redirect_to_base(r))
        return;
    struct server_request req = {
        .id = r->id,
        .method = r->method,
        .path = server_strip_base(r->server, r->path),
        .body = { buf_text(&r->body), r->body.len },
        .peer_ip = r->peer_ip,
        .from_proxy = peer_within(&r->conn->peer, r->server->trusted, r->server->nets),
        .request_id = r->request_id,
        .ctx = r->route->ctx,
        .impl = r,
    };
    r->route->handle(&req);
    buf_free(&r->body);
}

/* The request is whole: its handler answers now, or later. */
static enum MHD_Result hand_over(struct request *r)
{
    r->phase = REQUEST_OPEN;
    conn_enter(r->conn, CONN_BUSY);
    if (r->server->life >= SERVER_ENDING)
        r->fault = &reject_draining;
    if (!r->fault)
        r->id = slots_add(&r->server->web.requests, r);
    if (r->fault || !r->id)
        request_answer_fault(r, r->fault ? r->fault : &reject_too_many);
    else
        call_route(r);
    if (r->phase == REQUEST_OPEN)
        request_suspend(r);
    return r->phase == REQUEST_DEAD ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *len, void **own)
{
    struct request *r = *own;
    (void)ctx;
    (void)mhd;
    if (!r)
        return MHD_NO;
    switch (r->phase) {
    case REQUEST_NEW:
        return begin(r, url, method, version);
    case REQUEST_BODY:
        return *len ? take_body(r, bytes, len) : hand_over(r);
    case REQUEST_OPEN: /* resumed for no reason of ours */
        request_suspend(r);
        return MHD_YES;
    case REQUEST_STREAM:
    case REQUEST_DONE:
        return MHD_YES;
    case REQUEST_DEAD:
        break;
    }
    return MHD_NO;
}

static struct conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The request line is there, untouched: the only chance to see the target as it was sent. */
static void *on_target(void *ctx, const char *target, struct MHD_Connection *mhd)
{
    struct web *w = ctx;
    struct conn *c = conn_of(mhd);
    struct request *r = c ? calloc(1, sizeof(*r)) : NULL;
    if (!r)
        return NULL;
    r->server = w->server;
    r->conn = c;
    r->mhd = mhd;
    r->target = strdup(target ? target : "");
    if (c->state == CONN_IDLE)
        conn_enter(c, CONN_HEAD);
    if (!r->target) {
        free(r);
        return NULL;
    }
    c->request = r;
    return r;
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **own,
                         enum MHD_RequestTerminationCode why)
{
    struct request *r = *own;
    (void)ctx;
    (void)mhd;
    (void)why;
    if (!r)
        return;
    struct conn *c = r->conn;
    conn_enter(c, CONN_IDLE);
    c->request = NULL;
    request_free(r);
    *own = NULL;
    conn_check_soon(c);
}

const char *server_header(const struct server_request *req, const char *name)
{
    struct request *r = req->impl;
    return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

const char *server_query(const struct server_request *req, const char *name)
{
    struct request *r = req->impl;
    return MHD_lookup_connection_value(r->mhd, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- connections and the pump --------------------------------------------------------------- */

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **own,
                          enum MHD_ConnectionNotificationCode what)
{
    struct web *w = ctx;
    (void)mhd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *own = w->adopting;
        w->adopting = NULL;
    } else if (*own) {
        conn_free(*own);
        *own = NULL;
    }
}

void web_adopt(struct web *w, const struct arrival *a)
{
    const struct sockaddr *address = (const struct sockaddr *)&a->address;
    struct conn *c = conn_new(w, a->fd, address);
    if (!c) {
        close(a->fd);
        return;
    }
    w->adopting = c;
    MHD_add_connection(w->daemon, a->fd, address, a->address_len); /* closes it when it cannot */
    if (w->adopting) {
        w->adopting = NULL;
        conn_free(c);
    }
    web_pump_soon(w);
}

void web_pump_soon(struct web *w)
{
    w->pump_wanted = true;
}

static void pump(struct web *w);

static void on_due(uv_timer_t *t)
{
    pump(CONTAINER_OF(t, struct web, timer));
}

static void pump(struct web *w)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    w->pump_wanted = false;
    MHD_run(w->daemon);
    web_check_leaving(w);
    if (MHD_get_timeout(w->daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&w->timer, on_due, wait_ms, 0);
    else
        uv_timer_stop(&w->timer);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status;
    (void)events;
    pump(CONTAINER_OF(p, struct web, poll));
}

static void on_prepare(uv_prepare_t *p)
{
    struct web *w = CONTAINER_OF(p, struct web, prepare);
    if (w->pump_wanted)
        pump(w);
}

int web_open(struct web *w, struct server *s, struct err *err)
{
    unsigned max = (unsigned)s->connections_max;
    *w = (struct web){ .server = s };
    slots_init(&w->requests, max, REQUESTS_MARK);
    w->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, w,
        MHD_OPTION_CONNECTION_LIMIT, max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(s->idle_ms + 999) / 1000,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_CONN_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
#if MHD_VERSION >= 0x00097701
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 2,
#endif
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, w,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, w, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
        MHD_OPTION_END);
    if (!w->daemon)
        return err_set(err, -ENOMEM, "server: libmicrohttpd does not start: %s", strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int r = uv_poll_init(&s->loop->uv, &w->poll, info->epoll_fd);
    if (r) {
        MHD_stop_daemon(w->daemon);
        return err_set(err, r, "server: %s", uv_strerror(r));
    }
    uv_poll_start(&w->poll, UV_READABLE, on_poll);
    uv_prepare_init(&s->loop->uv, &w->prepare);
    uv_prepare_start(&w->prepare, on_prepare);
    uv_timer_init(&s->loop->uv, &w->timer);
    s->handles += 3;
    return 0;
}

void web_finish(struct web *w)
{
    struct request *r;
    for (uint32_t at = 0; (r = slots_next(&w->requests, &at));) {
        if (r->phase == REQUEST_OPEN)
            request_answer_fault(r, &reject_draining);
        else if (r->phase == REQUEST_STREAM)
            server_end(w->server, r->id);
    }
}

static void on_handle_closed(uv_handle_t *h)
{
    struct web *w = h->data;
    server_handle_gone(w->server);
}

static void close_handle(struct web *w, uv_handle_t *h)
{
    h->data = w;
    uv_close(h, on_handle_closed);
}

void web_close(struct web *w)
{
    close_handle(w, (uv_handle_t *)&w->poll); /* before its descriptor goes with the daemon */
    close_handle(w, (uv_handle_t *)&w->prepare);
    close_handle(w, (uv_handle_t *)&w->timer);
    MHD_stop_daemon(w->daemon);
    w->daemon = NULL;
    slots_free(&w->requests);
}
