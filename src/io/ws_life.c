/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning and the end of libwebsockets on our loop. The end is in two steps, because its
 * context holds libuv handles that must have closed before it may be freed, and it does not say
 * when they have: the first destroy begins, the second, when the handles are gone, frees.
 */
#include <libwebsockets.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/log.h>

#include "io/ws_impl.h"

#define WS_SHUT_CHECK_MS 1

static void on_log(int level, const char *line)
{
    (void)level;
    log_debug("ws.library", "text=\"%.*s\"", (int)strcspn(line, "\n"), line);
}

struct census {
    const uv_handle_t **at;
    size_t n;
    bool failed;
};

/* The library keeps an idle handle and a timer inside its context, which must not be freed before they
 * have closed, and polls its wake-up pipe. */
static bool is_of_interest(const uv_handle_t *h)
{
    return h->type == UV_IDLE || h->type == UV_TIMER || h->type == UV_POLL;
}

static bool counted(const struct census *c, const uv_handle_t *h)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i] == h)
            return true;
    return false;
}

static void count_handle(uv_handle_t *h, void *ctx)
{
    struct census *c = ctx;
    if (!is_of_interest(h))
        return;
    const uv_handle_t **grown = realloc(c->at, (c->n + 1) * sizeof(*grown));
    if (grown) {
        c->at = grown;
        c->at[c->n++] = h;
    }
    c->failed |= !grown;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    return ws_on_event(wsi, (int)reason, in, len);
}

static const struct lws_protocols protocols[] = {
    { .name = "parley", .callback = on_event },
    { 0 },
};

static struct lws_context *create_context(struct ws *w)
{
    void *loops[1] = { &w->loop->uv };
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .foreign_loops = loops,
        .pcontext = &w->lws,
        .user = w,
        .gid = -1,
        .uid = -1,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    struct lws_context *context = lws_create_context(&info);
    w->vhost = context ? lws_create_vhost(context, &info) : NULL;
    return context;
}

struct newcomers {
    struct ws *ws;
    const struct census *before;
};

static void note_newcomer(uv_handle_t *h, void *ctx)
{
    const struct newcomers *n = ctx;
    struct ws *w = n->ws;
    if (!is_of_interest(h) || counted(n->before, h))
        return;
    if (h->type == UV_POLL)
        uv_fileno(h, &w->pipe_fd);
    else if (w->lws_handles < WS_STATIC_MAX)
        w->lws_handle[w->lws_handles++] = h;
}

/* Remembers which handles of the loop are the library's: those that were not there before. */
static int create(struct ws *w)
{
    struct census before = { 0 };
    uv_walk(&w->loop->uv, count_handle, &before);
    if (!before.failed)
        w->lws = create_context(w);
    const struct newcomers n = { w, &before };
    uv_walk(&w->loop->uv, note_newcomer, (void *)(uintptr_t)&n);
    free(before.at);
    return w->lws && w->vhost ? 0 : -ENOTSUP;
}

static void on_prepare(uv_prepare_t *p)
{
    ws_send_closes(CONTAINER_OF(p, struct ws, prepare));
}

static void on_ping(struct timer *t)
{
    struct ws *w = CONTAINER_OF(t, struct ws, ping);
    ws_ping_all(w);
    timer_start(t, w->conf.ping_ms);
}

int ws_open(struct ws **out, struct loop *l, const struct ws_conf *conf, struct err *err)
{
    struct ws *w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(err, -ENOMEM, "server: out of memory");
    w->loop = l;
    w->pipe_fd = -1;
    w->conf = *conf;
    slots_init(&w->sessions, conf->sessions_max, WS_MARK);
    uv_prepare_init(&l->uv, &w->prepare);
    uv_prepare_start(&w->prepare, on_prepare);
    timer_open(&w->ping, l, on_ping);
    w->open_handles = 2;
    if (create(w)) {
        ws_shut(w, NULL, NULL);
        return err_set(err, -ENOTSUP, "libwebsockets does not start (is libwebsockets-evlib-uv installed?)");
    }
    timer_start(&w->ping, conf->ping_ms);
    *out = w;
    return 0;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void finish(struct ws *w)
{
    void (*closed)(void *ctx) = w->closed;
    void *ctx = w->closed_ctx;
    slots_free(&w->sessions);
    free(w);
    if (closed)
        closed(ctx);
}

static void on_ending_closed(struct timer *t)
{
    finish(CONTAINER_OF(t, struct ws, ending));
}

static void on_ping_closed(struct timer *t)
{
    CONTAINER_OF(t, struct ws, ping)->open_handles--;
}

static void on_prepare_closed(uv_handle_t *h)
{
    CONTAINER_OF(h, struct ws, prepare)->open_handles--;
}

struct leftover {
    const struct ws *ws;
    bool any;
};

static void look_for_ours(uv_handle_t *h, void *ctx)
{
    struct leftover *l = ctx;
    for (size_t i = 0; i < l->ws->lws_handles; i++)
        l->any |= l->ws->lws_handle[i] == h;
}

/* The library's context may be freed only when its own handles have closed, and it does not say
 * when that is: so look. The walk compares addresses and touches nothing. */
static void on_ending(struct timer *t)
{
    struct ws *w = CONTAINER_OF(t, struct ws, ending);
    struct leftover left = { .ws = w, .any = w->open_handles > 0 };
    uv_walk(&w->loop->uv, look_for_ours, &left);
    if (left.any) {
        timer_start(t, WS_SHUT_CHECK_MS);
        return;
    }
    if (w->lws)
        lws_context_destroy(w->lws); /* second time: frees */
    timer_close(t, on_ending_closed);
}

/* The first destroy closes the pipe, and a loop round later the library closes the same number again,
 * whoever has it by then. So it is taken at once by something that nobody will miss. */
static void plug_pipe(const struct ws *w)
{
    int fd = w->pipe_fd >= 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fd == w->pipe_fd)
        return;
    int plug = fcntl(fd, F_DUPFD_CLOEXEC, w->pipe_fd);
    close(fd);
    if (plug >= 0 && plug != w->pipe_fd) /* taken meanwhile: nothing to be done */
        close(plug);
}

void ws_shut(struct ws *w, void (*closed)(void *ctx), void *ctx)
{
    w->closed = closed;
    w->closed_ctx = ctx;
    timer_close(&w->ping, on_ping_closed);
    uv_close((uv_handle_t *)&w->prepare, on_prepare_closed);
    timer_open(&w->ending, w->loop, on_ending);
    if (w->lws) {
        lws_context_destroy(w->lws); /* first time: begins to close */
        plug_pipe(w);
    }
    timer_start(&w->ending, 0);
}
