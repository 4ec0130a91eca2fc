/* SPDX-License-Identifier: Apache-2.0
 *
 * curl decides what to read and write, libuv says when. What is not obvious:
 * - curl refuses to be called from its own callbacks. What a user asks for there (start,
 *   cancel, resume, close) is put down and done in a task or at the end of the round.
 * - Sockets are opened and closed by us, so that one whose connection rests in curl's cache
 *   can stay in epoll (fdwatch.h); curl's resolver brings descriptors of its own.
 * - HTTP/2 is spoken, but one call to a connection: in curl 7.88 a paused stream stalls
 *   every other stream of its connection.
 * - curl reads from a connection for as long as there is something: so a call rests for a round
 *   after HTTP_ROUND_BYTES, or one endless answer would stop everybody else's.
 * - QUICK_EXIT: without it a cancelled call waits for its DNS thread, loop and all.
 * Limit: a paused compressed answer may hold up to 16 MiB (one inflated read) in curl.
 * The process must ignore SIGPIPE.
 */
#include "io/http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/log.h>

#define IDLE_CALLS       64   /* kept with their curl handle for the next start */
#define IDLE_CONNECTIONS 256L /* kept open */

static void http_drive(struct http *h, curl_socket_t fd, int mask);
static void http_leave(struct http *h);
static void on_check(uv_check_t *check);

/* ---- sockets ---- */

static void http_release(struct http *h)
{
    if (h->handles || h->watch.handles || h->posted || h->busy)
        return;
    curl_url_cleanup(h->url);
    curl_global_cleanup();
    fdwatch_free(&h->watch);
    free(h);
}

static void on_watch_closed(struct fdwatch *w)
{
    struct http *h = CONTAINER_OF(w, struct http, watch);
    if (h->closing)
        http_release(h);
}

/* A broken socket is reported as ready: then curl reads the error itself, says what it was, and
 * knows a reused connection that the peer has just closed; told CURL_CSELECT_ERR it only gives up. */
static void on_ready(struct fdwatch *w, int fd, int events, bool broken)
{
    struct http *h = CONTAINER_OF(w, struct http, watch);
    int mask = (events & UV_READABLE || broken ? CURL_CSELECT_IN : 0) |
               (events & UV_WRITABLE || broken ? CURL_CSELECT_OUT : 0);
    h->busy++;
    http_drive(h, fd, mask);
    http_leave(h);
}

/* A connection that has answered is kept by curl and closed through on_close_socket. One that has not yet
 * (connecting, shaking hands) curl closes by itself, before or after it says REMOVE: a watch left on such a
 * descriptor makes libuv abort at the next poll. */
static bool has_answered(CURL *easy)
{
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    const struct http_call *c = (const void *)private;
    return c && c->status > 0;
}

/* CURLMOPT_SOCKETFUNCTION. Where watching fails (no memory) the call's time-out ends it: an
 * error returned here would end every call, now and later. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *sock X_UNUSED)
{
    struct http *h = ctx;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    int r = 0;
    if (what == CURL_POLL_REMOVE && has_answered(easy))
        fdwatch_rest(&h->watch, fd);
    else if (what == CURL_POLL_REMOVE)
        fdwatch_drop(&h->watch, fd);
    else
        r = fdwatch_set(&h->watch, fd, events);
    if (r)
        log_error("http.watch", "err=%s", status_name(r));
    return 0;
}

static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose X_UNUSED, struct curl_sockaddr *a)
{
    struct http *h = ctx;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    if (!fdwatch_add(&h->watch, fd, true))
        return fd;
    close(fd);
    return CURL_SOCKET_BAD;
}

static int on_close_socket(void *ctx, curl_socket_t fd)
{
    struct http *h = ctx;
    fdwatch_drop(&h->watch, fd);
    return close(fd);
}

/* ---- a call's life ---- */

static void list_put(struct http_call **list, struct http_call *c)
{
    c->next = *list;
    if (c->next)
        c->next->link = &c->next;
    c->link = list;
    *list = c;
}

static void list_cut(struct http_call *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
}

static void on_call_closed(struct timer *t)
{
    struct http_call *c = CONTAINER_OF(t, struct http_call, timer);
    struct http *h = c->h;
    free(c);
    h->handles--;
    http_release(h);
}

static void call_clear(struct http_call *c)
{
    if (c->added)
        curl_multi_remove_handle(c->h->multi, c->easy);
    c->added = false;
    timer_stop(&c->timer);
    curl_slist_free_all(c->header);
    free(c->body);
    c->header = NULL;
    c->body = NULL;
}

static void call_free(struct http_call *c)
{
    call_clear(c);
    list_cut(c);
    curl_easy_cleanup(c->easy);
    timer_close(&c->timer, on_call_closed);
}

/* Never inside curl. The call goes to rest, or for good. */
static void call_recycle(struct http_call *c)
{
    struct http *h = c->h;
    if (h->idles >= IDLE_CALLS || h->closing) {
        call_free(c);
        return;
    }
    call_clear(c);
    list_cut(c);
    list_put(&h->idle, c);
    h->idles++;
}

/* Never inside curl. */
static void call_finish(struct http_call *c, enum http_end how, const char *detail)
{
    c->ended = true;
    c->h->count--;
    if (c->added)
        curl_multi_remove_handle(c->h->multi, c->easy);
    c->added = false;
    timer_stop(&c->timer);
    c->req.done(c->req.ctx, how, c->status, how == HTTP_OK ? "" : detail);
    if (!c->on_later) /* else on_task does it */
        call_recycle(c);
}

/* Never inside curl. What curl says counts only where we have not decided ourselves. */
static void call_settle(struct http_call *c, CURLcode code)
{
    if (c->verdict)
        call_finish(c, c->why, c->verdict);
    else if (code == CURLE_OK && c->status)
        call_finish(c, HTTP_OK, "");
    else if (code == CURLE_OK) /* curl is content with half a head */
        call_finish(c, HTTP_CONNECT, "the answer ended within its head");
    else if (code == CURLE_OPERATION_TIMEDOUT && c->phase == CONNECTING) /* its own 300 s */
        call_finish(c, HTTP_TIMEOUT_CONNECT, c->curl_says);
    else
        call_finish(c, c->status ? HTTP_CUT : HTTP_CONNECT,
                    c->curl_says[0] ? c->curl_says : curl_easy_strerror(code));
}

static const char *timeout_text(enum http_end how)
{
    return how == HTTP_TIMEOUT_CONNECT      ? "connecting took too long"
           : how == HTTP_TIMEOUT_FIRST_BYTE ? "no answer in time"
           : how == HTTP_TIMEOUT_IDLE       ? "the answer stopped coming"
                                            : "the whole call took too long";
}

/* Time is up, says the clock; but the loop itself may have been held up, with the answer waiting
 * in the kernel. So the sockets are looked at once more: on_check decides, right after that. */
static void on_call_timer(struct timer *t)
{
    struct http_call *c = CONTAINER_OF(t, struct http_call, timer);
    enum http_end why;
    c->armed_ms = INT64_MAX;
    int64_t now = (int64_t)uv_now(&c->h->loop->uv);
    if (http_call_deadline(c, &why) > now) {
        http_call_arm(c);
        return;
    }
    c->overdue = true;
    uv_check_start(&c->h->check, on_check);
    c->armed_ms = now;
    timer_start(t, 1); /* poll must not wait for long */
}

static void on_check(uv_check_t *check)
{
    struct http *h = CONTAINER_OF(check, struct http, check);
    enum http_end why;
    uv_check_stop(check);
    h->busy++;
    for (struct http_call *c = h->running; c && !h->closing;) {
        if (!c->overdue) {
            c = c->next;
            continue;
        }
        c->overdue = false;
        c->armed_ms = INT64_MAX;
        if (!c->ended && http_call_deadline(c, &why) <= (int64_t)uv_now(&h->loop->uv))
            call_finish(c, why, timeout_text(why));
        else if (!c->ended)
            http_call_arm(c);
        c = h->running; /* done may have changed the list anywhere */
    }
    http_leave(h);
}

void http_call_later(struct http_call *c)
{
    struct http *h = c->h;
    if (!c->on_later) {
        c->on_later = true;
        c->later = NULL;
        *h->later_end = c;
        h->later_end = &c->later;
    }
    if (!h->posted) {
        h->posted = true;
        loop_post(h->loop, &h->task);
    }
}

static void call_add(struct http_call *c)
{
    CURLMcode m = curl_multi_add_handle(c->h->multi, c->easy);
    c->added = m == CURLM_OK;
    if (!c->added)
        call_finish(c, HTTP_CONNECT, curl_multi_strerror(m));
}

static void call_continue(struct http_call *c)
{
    struct http *h = c->h;
    c->paused = false;
    http_call_enter(c, READING);
    h->in_curl = true;
    CURLcode code = curl_easy_pause(c->easy, CURLPAUSE_CONT); /* may call on_body */
    h->in_curl = false;
    if (code && !c->ended)
        call_settle(c, code);
}

/* What the users of callbacks asked for while curl was busy, and all resumes. */
static void on_task(struct task *t)
{
    struct http *h = CONTAINER_OF(t, struct http, task);
    struct http_call *list = h->later;
    h->posted = false;
    h->later = NULL;
    h->later_end = &h->later;
    h->busy++;
    h->round++;
    while (list && !h->closing) {
        struct http_call *c = list;
        list = c->later;
        bool resume = c->resume;
        c->on_later = c->resume = false; /* a callback may ask again at once */
        if (c->ended)
            call_recycle(c);
        else if (!c->added)
            call_add(c);
        else if (resume && c->paused)
            call_continue(c);
    }
    http_drive(h, CURL_SOCKET_TIMEOUT, 0);
    http_leave(h);
}

/* ---- driving ---- */

static void http_reap(struct http *h)
{
    CURLMsg *m;
    int left;
    while (!h->closing && (m = curl_multi_info_read(h->multi, &left))) {
        char *private = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        struct http_call *c = (void *)private;
        if (!c->ended) /* else on_task waits for it */
            call_settle(c, code);
    }
}

static void http_drive(struct http *h, curl_socket_t fd, int mask)
{
    int running;
    if (h->closing)
        return;
    h->round++;
    h->in_curl = true;
    CURLMcode m = curl_multi_socket_action(h->multi, fd, mask, &running);
    h->in_curl = false;
    if (m)
        log_error("http.multi", "err=\"%s\"", curl_multi_strerror(m));
    http_reap(h);
}

static void on_timer(struct timer *t)
{
    struct http *h = CONTAINER_OF(t, struct http, timer);
    h->busy++;
    http_drive(h, CURL_SOCKET_TIMEOUT, 0);
    http_leave(h);
}

static int on_timeout(CURLM *multi X_UNUSED, long timeout_ms, void *ctx)
{
    struct http *h = ctx;
    if (timeout_ms < 0)
        timer_stop(&h->timer);
    else
        timer_start(&h->timer, timeout_ms);
    return 0;
}

static void on_timer_closed(struct timer *t)
{
    struct http *h = CONTAINER_OF(t, struct http, timer);
    h->handles--;
    http_release(h);
}

static void on_check_closed(uv_handle_t *handle)
{
    struct http *h = CONTAINER_OF(handle, struct http, check);
    h->handles--;
    http_release(h);
}

static void http_teardown(struct http *h)
{
    while (h->running)
        call_free(h->running);
    while (h->idle)
        call_free(h->idle);
    h->later = NULL;
    curl_multi_cleanup(h->multi); /* closes the resting connections */
    h->multi = NULL;
    fdwatch_drop_all(&h->watch);
    timer_close(&h->timer, on_timer_closed);
    uv_close((uv_handle_t *)&h->check, on_check_closed);
}

/* The end of every entry from the loop: the place where a close asked for on the way happens. */
static void http_leave(struct http *h)
{
    if (--h->busy || !h->closing)
        return;
    if (h->multi)
        http_teardown(h);
    else
        http_release(h);
}

/* ---- the interface ---- */

static int easy_sockets(struct http_call *c)
{
    CURLcode bad = curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    bad |= curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c->h);
    bad |= curl_easy_setopt(c->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    bad |= curl_easy_setopt(c->easy, CURLOPT_CLOSESOCKETDATA, c->h);
    return bad ? -ENOMEM : 0;
}

static struct http_call *call_new(struct http *h)
{
    struct http_call *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->h = h;
    c->easy = curl_easy_init();
    if (!c->easy || http_call_setup(c) || easy_sockets(c)) {
        curl_easy_cleanup(c->easy);
        free(c);
        return NULL;
    }
    timer_open(&c->timer, h->loop, on_call_timer);
    h->handles++;
    return c;
}

/* A resting call, or a new one, with nothing left of its last use; it is on no list. */
static struct http_call *call_take(struct http *h)
{
    struct http_call *c = h->idle;
    if (!c)
        return call_new(h);
    list_cut(c);
    h->idles--;
    memset(&c->next, 0, sizeof *c - offsetof(struct http_call, next));
    return c;
}

int http_start(struct http *h, const struct http_request *req, struct http_call **out, struct err *err)
{
    bool loopback = false;
    *out = NULL;
    if (h->closing)
        return err_set(err, X_E_CLOSED, "http: closed");
    int r = http_request_check(h->url, req, &loopback, err);
    if (r)
        return r;
    struct http_call *c = call_take(h);
    if (!c)
        return err_set(err, -ENOMEM, "http: out of memory");
    list_put(&h->running, c);
    r = http_request_prepare(c, req, loopback, err);
    if (!r && !h->in_curl) {
        c->added = curl_multi_add_handle(h->multi, c->easy) == CURLM_OK;
        r = c->added ? 0 : err_set(err, -ENOMEM, "http: out of memory");
    }
    if (r) {
        c->ended = true;
        call_recycle(c);
        return r;
    }
    h->count++;
    uv_update_time(&h->loop->uv);
    c->started_ms = (int64_t)uv_now(&h->loop->uv);
    http_call_enter(c, CONNECTING);
    if (!c->added)
        http_call_later(c);
    *out = c;
    return 0;
}

void http_resume(struct http_call *c)
{
    if (c->ended)
        return;
    c->resume = true;
    http_call_later(c);
}

void http_cancel(struct http_call *c)
{
    if (c->ended) /* inside its own done */
        return;
    c->ended = true;
    c->h->count--;
    timer_stop(&c->timer);
    if (c->h->in_curl)
        http_call_later(c);
    else if (!c->on_later)
        call_recycle(c);
}

size_t http_running(const struct http *h)
{
    return h->count;
}

/* ---- open and close ---- */

static int multi_setup(struct http *h)
{
    CURLMcode bad = curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    bad |= curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    bad |= curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    bad |= curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    bad |= curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    bad |= curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
    return bad ? -EINVAL : 0;
}

int http_open(struct http **out, struct loop *l, struct err *err)
{
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return err_set(err, -ENOMEM, "http: curl does not start");
    struct http *h = calloc(1, sizeof *h);
    if (!h)
        goto fail;
    h->loop = l;
    h->later_end = &h->later;
    h->task.run = on_task;
    h->multi = curl_multi_init();
    h->url = curl_url();
    if (!h->multi || !h->url || multi_setup(h))
        goto fail;
    fdwatch_init(&h->watch, l, on_ready, on_watch_closed);
    timer_open(&h->timer, l, on_timer);
    uv_check_init(&l->uv, &h->check);
    h->handles = 2;
    *out = h;
    return 0;
fail:
    if (h) {
        curl_url_cleanup(h->url);
        curl_multi_cleanup(h->multi);
    }
    free(h);
    curl_global_cleanup();
    return err_set(err, -ENOMEM, "http: out of memory");
}

void http_close(struct http *h)
{
    if (!h || h->closing)
        return;
    h->closing = true;
    h->count = 0;
    for (struct http_call *c = h->running; c; c = c->next)
        c->ended = true;
    if (!h->busy)
        http_teardown(h);
}
