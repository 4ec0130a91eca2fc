/* SPDX-License-Identifier: Apache-2.0
 *
 * From a URL to a socket of the library. The library resolves names on the loop, so it is given addresses; it
 * forgets time-outs unless sockets are busy, so the clock is ours. An address that does not take the
 * connection gets its share of the time, then the next is tried; once one has the request, there is no other.
 */
#include <libwebsockets.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "io/wsc_impl.h"

/* ---- a library's leftover --------------------------------------------------------------------------- */

struct leftover {
    const struct lws *wsi;
    uv_handle_t *poll;
};

static void look_for_poll(uv_handle_t *h, void *ctx)
{
    struct leftover *l = ctx;
    if (h->type == UV_POLL && h->data == l->wsi && !uv_is_closing(h))
        l->poll = h;
}

static void on_poll_closed(uv_handle_t *h)
{
    free(h); /* as the library does where it closes one */
}

void wsc_dial_reap(struct wsc *w, const struct lws *wsi)
{
    struct leftover l = { .wsi = wsi };
    uv_walk(&w->loop->uv, look_for_poll, &l);
    if (l.poll)
        uv_close(l.poll, on_poll_closed);
}

/* ---- addresses -------------------------------------------------------------------------------------- */

static void ipv4_first(struct resolve_answer *a)
{
    struct resolve_answer sorted = { .why = a->why };
    for (int six = 0; six <= 1; six++)
        for (size_t i = 0; i < a->n; i++)
            if ((strchr(a->ip[i], ':') != NULL) == six)
                memcpy(sorted.ip[sorted.n++], a->ip[i], RESOLVE_IP_MAX);
    *a = sorted;
}

/* Outside the library, and only once: the clock stands still until wsc_dial_next sets it. */
static void next_soon(struct wsc_conn *c)
{
    timer_stop(&c->timer);
    wsc_soon(c);
}

static void on_resolved(void *ctx, const struct resolve_answer *a)
{
    struct wsc_conn *c = ctx;
    c->lookup = NULL;
    c->to = *a;
    if (c->req.prefer_ipv4)
        ipv4_first(&c->to);
    if (a->n)
        next_soon(c);
    else
        wsc_end(c, "%s cannot be found: %s", c->url.host, a->why);
}

static bool is_address(const char *host)
{
    unsigned char binary[16];
    return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

void wsc_dial_start(struct wsc_conn *c)
{
    c->until_ms = clock_mono_ms() + c->req.connect_ms;
    if (is_address(c->url.host)) {
        memcpy(c->to.ip[0], c->url.host, strlen(c->url.host) + 1);
        c->to.n = 1;
        next_soon(c);
        return;
    }
    timer_start(&c->timer, c->req.connect_ms);
    int bad = resolve_start(&c->lookup, c->w->loop, c->url.host, on_resolved, c);
    if (bad)
        wsc_end(c, "%s cannot be looked up: %s", c->url.host, status_name(bad));
}

void wsc_dial_stop(struct wsc_conn *c)
{
    if (c->lookup)
        resolve_cancel(c->lookup);
    c->lookup = NULL;
}

/* ---- attempts --------------------------------------------------------------------------------------- */

static bool another(const struct wsc_conn *c)
{
    return c->tried < c->to.n;
}

static void describe(struct wsc_conn *c, const char *says)
{
    const char *host = c->url.host, *ip = c->to.ip[c->tried - 1];
    if (c->status)
        wsc_end(c, "%s answered the upgrade with HTTP %d", host, c->status);
    else if (c->untrusted)
        wsc_end(c, "%s (%s): its certificate is refused: %s", host, ip, c->untrusted);
    else if (c->asked)
        wsc_end(c, "%s (%s) did not become a websocket: %s", host, ip, says);
    else if (c->connected)
        wsc_end(c, "%s (%s): no TLS: %s", host, ip, says);
    else
        wsc_end(c, "%s (%s) cannot be connected to on port %d", host, ip, c->url.port);
}

void wsc_dial_failed(struct wsc_conn *c, const char *says)
{
    if (another(c) && !c->asked)
        next_soon(c);
    else
        describe(c, says);
}

static struct lws *attempt(struct wsc_conn *c, const char *ip)
{
    static const lws_retry_bo_t no_pings = { 0 };
    const struct lws_client_connect_info info = {
        .context = c->w->library.lws,
        .vhost = c->w->library.vhost,
        .address = ip,
        .port = c->url.port,
        .host = c->url.host_port,
        .path = c->url.path,
        .ssl_connection = (c->url.tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .alpn = "http/1.1",
        .local_protocol_name = "parley",
        .retry_and_idle_policy = &no_pings,
        .opaque_user_data = c,
    };
    c->connected = c->asked = false;
    c->untrusted = NULL;
    c->w->dialling = c; /* the library shows us the socket before it connects, in wsc_event.c */
    struct lws *wsi = lws_client_connect_via_info(&info);
    c->w->dialling = NULL;
    return wsi;
}

/* Each address gets an equal share of what is left of the time. */
void wsc_dial_next(struct wsc_conn *c)
{
    int64_t left_ms = c->until_ms - clock_mono_ms();
    struct lws *wsi = attempt(c, c->to.ip[c->tried++]);
    if (wsi) {
        c->wsi = wsi;
        timer_start(&c->timer, left_ms / (int64_t)(c->to.n - c->tried + 1));
        return;
    }
    if (c->wsi)
        wsc_dial_reap(c->w, c->wsi);
    c->wsi = NULL;
    wsc_dial_failed(c, "");
}

void wsc_dial_timeout(struct wsc_conn *c)
{
    const char *host = c->url.host;
    int64_t left_ms = c->until_ms - clock_mono_ms();
    if (left_ms > 0 && !c->connected && another(c)) {
        wsc_let_go(c);
        wsc_dial_next(c);
    } else if (left_ms > 0) {
        timer_start(&c->timer, left_ms);
    } else if (c->lookup) {
        wsc_end(c, "%s was not found in time", host);
    } else {
        wsc_end(c, "%s (%s) did not %s in time", host, c->to.ip[c->tried ? c->tried - 1 : 0],
                c->asked       ? "answer the upgrade"
                : c->connected ? "answer the TLS handshake"
                               : "take the connection");
    }
}
