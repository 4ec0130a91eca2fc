/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's life: opened empty, given routes, listening, stopping, ending. What travels where
 * is decided at one point (on_arrival): clean websocket upgrades to libwebsockets, everything
 * else to libmicrohttpd. The end is the delicate part, since both libraries free what the loop
 * still holds if asked too early: first every answer is finished and every session told good-bye,
 * then the libraries are taken down outside their callbacks, then our handles close, and the
 * last of them frees the server.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "io/server_impl.h"

#define CONNECTIONS_DEFAULT 4096
#define CONNECTIONS_LIMIT   1000000
#define HEAD_MS             10000
#define BODY_MS             30000
#define IDLE_MS             75000
#define PING_MS             30000
#define SWEEP_MS_MIN        10
#define SWEEP_MS_MAX        500
#define END_MS              1000 /* for the last answers and close frames to go out */
#define END_CHECK_MS        5

const char *server_strip_base(const struct server *s, const char *path)
{
    size_t n = strlen(s->base_path);
    if (strncmp(path, s->base_path, n) != 0)
        return NULL;
    if (path[n] == '/')
        return path + n;
    return path[n] == '\0' ? "/" : NULL;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

static void free_memory(struct server *s)
{
    routes_free(&s->routes);
    free(s->trusted);
    free(s->listen);
    free(s->base_path);
    free(s);
}

static int read_proxies(struct server *s, const struct server_conf *conf, struct err *err)
{
    s->trusted = calloc(conf->trusted_proxies + 1, sizeof(*s->trusted));
    if (!s->trusted)
        return err_set(err, -ENOMEM, "server: out of memory");
    for (size_t i = 0; i < conf->trusted_proxies; i++)
        if (!peer_net_parse(&s->trusted[s->nets++], conf->trusted_proxy[i]))
            return err_set(err, X_E_INVALID, "server.trusted_proxies: \"%s\" is not an address or CIDR",
                           conf->trusted_proxy[i]);
    return 0;
}

static int read_conf(struct server *s, const struct server_conf *conf, struct err *err)
{
    const char *base = conf->base_path ? conf->base_path : "";
    size_t n = strlen(base);
    if (n && (base[0] != '/' || base[n - 1] == '/'))
        return err_set(err, X_E_INVALID, "server.base_path \"%s\": want \"\" or \"/name\"", base);
    s->listen = strdup(conf->listen);
    s->base_path = strdup(base);
    if (!s->listen || !s->base_path)
        return err_set(err, -ENOMEM, "server: out of memory");
    s->connections_max = or_default(conf->connections_max, CONNECTIONS_DEFAULT);
    if (s->connections_max > CONNECTIONS_LIMIT)
        s->connections_max = CONNECTIONS_LIMIT;
    s->head_ms = or_default(conf->head_ms, HEAD_MS);
    s->body_ms = or_default(conf->body_ms, BODY_MS);
    s->idle_ms = or_default(conf->idle_ms, IDLE_MS);
    s->ping_ms = or_default(conf->ping_ms, PING_MS);
    return read_proxies(s, conf, err);
}

/* Both libraries write to sockets whose peer may have gone. */
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static int sweep_ms(const struct server *s)
{
    int least = s->head_ms < s->body_ms ? s->head_ms : s->body_ms;
    least = (least < s->idle_ms ? least : s->idle_ms) / 4;
    if (least < SWEEP_MS_MIN)
        return SWEEP_MS_MIN;
    return least > SWEEP_MS_MAX ? SWEEP_MS_MAX : least;
}

static void on_sweep(struct timer *t)
{
    struct server *s = CONTAINER_OF(t, struct server, sweep);
    int64_t now_ms = clock_mono_ms();
    listener_sweep(&s->listener, now_ms);
    lingers_sweep(&s->lingers, now_ms);
    web_sweep(&s->web, now_ms);
    ws_sweep(s->ws, now_ms);
    if (s->life != SERVER_UP)
        web_drop_idle(&s->web);
    timer_start(t, sweep_ms(s));
}

static void on_ending(struct timer *t);

int server_open(struct server **out, struct loop *l, const struct server_conf *conf, struct err *err)
{
    struct server *s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(err, -ENOMEM, "server: out of memory");
    s->loop = l;
    int r = read_conf(s, conf, err);
    if (r) {
        free_memory(s);
        return r;
    }
    ignore_sigpipe();
    timer_open(&s->sweep, l, on_sweep);
    timer_open(&s->ending, l, on_ending);
    s->handles = 2;
    *out = s;
    return 0;
}

int server_route(struct server *s, const struct route *r, struct err *err)
{
    return routes_add(&s->routes, r, err);
}

int server_ws_route(struct server *s, const struct ws_route *r, struct err *err)
{
    return routes_add_ws(&s->routes, r, err);
}

/* ---- listening ------------------------------------------------------------------------------- */

size_t server_connections(const struct server *s)
{
    return s->listener.count + s->web.count + (s->ws ? ws_count(s->ws) : 0);
}

static bool on_admit(void *ctx)
{
    const struct server *s = ctx;
    return server_connections(s) < (size_t)s->connections_max;
}

static void on_arrival(void *ctx, const struct arrival *a)
{
    struct server *s = ctx;
    if (a->head->websocket)
        server_take_ws(s, a);
    else
        web_adopt(&s->web, a);
}

static int open_listener(struct server *s, struct err *err)
{
    s->listener = (struct listener){
        .head_ms = s->head_ms,
        .head_max = SERVER_HEAD_MAX,
        .ctx = s,
        .admit = on_admit,
        .take = on_arrival,
    };
    return listener_open(&s->listener, s->loop, &s->poller, &s->lingers, s->listen, err);
}

int server_listen(struct server *s, struct err *err)
{
    const struct ws_conf ws = {
        .handshake_ms = s->head_ms,
        .ping_ms = s->ping_ms,
        .sessions_max = (uint32_t)s->connections_max,
    };
    int r = poller_open(&s->poller, s->loop, err);
    if (r)
        return r;
    s->have_poller = true;
    s->handles++;
    lingers_init(&s->lingers, &s->poller);
    r = web_open(&s->web, s, err);
    if (r)
        return r;
    s->have_web = true;
    r = ws_open(&s->ws, s->loop, &ws, err);
    if (r)
        return r;
    s->handles++;
    r = open_listener(s, err);
    if (r)
        return r;
    s->have_listener = true;
    s->handles++;
    timer_start(&s->sweep, sweep_ms(s));
    log_info("server.listening", "at=%s port=%d", s->listen, s->listener.port);
    return 0;
}

int server_port(const struct server *s)
{
    return s->have_listener ? s->listener.port : 0;
}

int server_ws_send(struct server *s, server_id id, const char *text, size_t len)
{
    return s->ws ? ws_send(s->ws, id, text, len) : X_E_CLOSED;
}

void server_ws_close(struct server *s, server_id id, int code, const char *reason)
{
    if (s->ws)
        ws_close(s->ws, id, code, reason);
}

/* ---- the end --------------------------------------------------------------------------------- */

void server_handle_gone(struct server *s)
{
    if (--s->handles > 0)
        return;
    void (*closed)(void *ctx) = s->closed;
    void *ctx = s->closed_ctx;
    free_memory(s);
    if (closed)
        closed(ctx);
}

static void on_sweep_closed(struct timer *t)
{
    server_handle_gone(CONTAINER_OF(t, struct server, sweep));
}

static void on_ending_closed(struct timer *t)
{
    server_handle_gone(CONTAINER_OF(t, struct server, ending));
}

static void on_listener_closed(struct timer *t)
{
    server_handle_gone(CONTAINER_OF(t, struct server, listener.retry));
}

static void on_poller_closed(struct poller *p)
{
    server_handle_gone(CONTAINER_OF(p, struct server, poller));
}

static void on_ws_closed(void *ctx)
{
    server_handle_gone(ctx);
}

static void take_down(struct server *s)
{
    s->life = SERVER_SHUT;
    if (s->have_web)
        web_close(&s->web);
    if (s->have_poller)
        lingers_close(&s->lingers);
    if (s->have_listener)
        listener_close(&s->listener, on_listener_closed);
    if (s->have_poller)
        poller_close(&s->poller, on_poller_closed);
    if (s->ws)
        ws_shut(s->ws, on_ws_closed, s);
    timer_close(&s->sweep, on_sweep_closed);
    timer_close(&s->ending, on_ending_closed);
}

static void on_ending(struct timer *t)
{
    struct server *s = CONTAINER_OF(t, struct server, ending);
    if (!s->finished && s->have_web)
        web_finish(&s->web);
    if (!s->finished && s->ws)
        ws_goodbye(s->ws);
    s->finished = true;
    bool busy = (s->have_web && web_busy(&s->web)) || (s->ws && ws_count(s->ws));
    if (busy && clock_mono_ms() < s->end_by_ms)
        timer_start(t, END_CHECK_MS);
    else
        take_down(s);
}

void server_stop_listening(struct server *s)
{
    if (s->life != SERVER_UP)
        return;
    s->life = SERVER_STOPPING;
    if (s->have_listener)
        listener_stop(&s->listener);
    if (s->have_web)
        web_drop_idle(&s->web);
}

void server_close(struct server *s, void (*closed)(void *ctx), void *ctx)
{
    if (s->life >= SERVER_ENDING)
        return;
    server_stop_listening(s);
    s->life = SERVER_ENDING;
    s->closed = closed;
    s->closed_ctx = ctx;
    s->end_by_ms = clock_mono_ms() + END_MS;
    timer_start(&s->ending, 0); /* from the loop, outside whatever callback we are in */
}
