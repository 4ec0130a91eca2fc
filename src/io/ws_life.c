/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of the server's websockets as a whole: the library's context, the timer that pings and the
 * handle that sends closes, opened together and gone together.
 */
#include <libwebsockets.h>

#include <errno.h>
#include <stdlib.h>

#include "io/ws_impl.h"

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    return ws_on_event(wsi, (int)reason, in, len);
}

static const struct lws_protocols protocols[] = {
    { .name = "parley", .callback = on_event },
    { 0 },
};

static int open_library(struct ws *w)
{
    struct lws_context_creation_info info = { .protocols = protocols, .user = w };
    w->open_handles++;
    return ws_library_open(&w->library, w->loop, &info);
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
    w->conf = *conf;
    slots_init(&w->sessions, conf->sessions_max, WS_MARK);
    uv_prepare_init(&l->uv, &w->prepare);
    uv_prepare_start(&w->prepare, on_prepare);
    timer_open(&w->ping, l, on_ping);
    w->open_handles = 2;
    if (open_library(w)) {
        ws_shut(w, NULL, NULL);
        return err_set(err, -ENOTSUP, "libwebsockets does not start (is libwebsockets-evlib-uv installed?)");
    }
    timer_start(&w->ping, conf->ping_ms);
    *out = w;
    return 0;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void release(struct ws *w)
{
    void (*closed)(void *ctx) = w->closed;
    void *ctx = w->closed_ctx;
    if (--w->open_handles)
        return;
    slots_free(&w->sessions);
    free(w);
    if (closed)
        closed(ctx);
}

static void on_library_closed(struct ws_library *lib)
{
    release(CONTAINER_OF(lib, struct ws, library));
}

static void on_ping_closed(struct timer *t)
{
    release(CONTAINER_OF(t, struct ws, ping));
}

static void on_prepare_closed(uv_handle_t *h)
{
    release(CONTAINER_OF(h, struct ws, prepare));
}

void ws_shut(struct ws *w, void (*closed)(void *ctx), void *ctx)
{
    w->closed = closed;
    w->closed_ctx = ctx;
    timer_close(&w->ping, on_ping_closed);
    uv_close((uv_handle_t *)&w->prepare, on_prepare_closed);
    ws_library_close(&w->library, on_library_closed);
}
