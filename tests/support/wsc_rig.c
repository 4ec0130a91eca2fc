/* SPDX-License-Identifier: Apache-2.0
 *
 * Every callback stops the loop: uv_run(ONCE) would wait for one more event after a timer has brought what a
 * test waits for. A wait that takes too long fails the test.
 */
#include "tests/support/wsc_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/log.h>

#include "tests/support/spend.h"

#define WAIT_MS 20000

static void on_watchdog(struct timer *t)
{
    (void)t;
    fail_msg("nothing came within %d ms", WAIT_MS);
}

struct wsc_rig *wsc_rig_open(void (*play)(struct wspeer *p), SSL_CTX *tls, const char *ca_file)
{
    struct wsc_rig *r = calloc(1, sizeof *r);
    struct err err;
    assert_non_null(r);
    signal(SIGPIPE, SIG_IGN);
    log_setup(LOG_ERROR, LOG_TEXT);
    assert_int_equal(loop_open(&r->loop, &err), 0);
    if (wsc_open(&r->wsc, &r->loop, ca_file, &err))
        fail_msg("%s", err.text);
    timer_open(&r->watchdog, &r->loop, on_watchdog);
    wstrap_open(&r->trap, play, tls);
    return r;
}

void wsc_rig_close(struct wsc_rig *r)
{
    if (!r->shut)
        wsc_shut(r->wsc);
    timer_close(&r->watchdog, NULL);
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(loop_close(&r->loop), 0);
    wstrap_close(&r->trap);
    free(r);
}

void wsc_rig_until(struct wsc_rig *r, const int *what, int n)
{
    timer_start(&r->watchdog, WAIT_MS);
    while (*what < n)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    timer_stop(&r->watchdog);
}

void wsc_rig_spend(struct wsc_rig *r, int ms)
{
    loop_spend(&r->loop, ms);
}

void wsc_rig_until_atomic(struct wsc_rig *r, _Atomic int *what, int n)
{
    for (int i = 0; i < WAIT_MS && *what < n; i++)
        wsc_rig_spend(r, 1);
    assert_true(*what >= n);
}

static void probe_act(struct wsc_probe *p, enum wsc_act act)
{
    uv_stop(&p->rig->loop.uv);
    switch (act) {
    case WSC_NOTHING:
        break;
    case WSC_CLOSE:
        wsc_close(p->conn, 4000, "enough");
        break;
    case WSC_DROP:
        wsc_drop(p->conn);
        break;
    case WSC_DROP_OTHER:
        wsc_drop(p->other->conn);
        break;
    case WSC_CONNECT:
        wsc_probe_start(p->other, "ws://{}/", (struct wsc_request){ 0 });
        assert_int_equal(p->other->opens + p->other->closes, 0);
        break;
    case WSC_SHUT:
        wsc_shut(p->rig->wsc);
        p->rig->shut = true;
        assert_int_equal(wsc_probe_try(p->other, "ws://{}/", (struct wsc_request){ 0 }, NULL), X_E_CLOSED);
        break;
    case WSC_ECHO:
        assert_int_equal(wsc_send(p->conn, buf_text(&p->last), p->last.len), 0);
        break;
    }
}

static void on_opened(void *ctx)
{
    struct wsc_probe *p = ctx;
    assert_int_equal(p->closes, 0);
    p->opens++;
    probe_act(p, p->in_open);
}

static void note(struct wsc_probe *p, const void *bytes, size_t len)
{
    assert_int_equal(p->opens, 1);
    assert_int_equal(p->closes, 0);
    buf_clear(&p->last);
    buf_add(&p->last, bytes, len);
}

static void on_text(void *ctx, const char *text, size_t len)
{
    struct wsc_probe *p = ctx;
    assert_int_equal(text[len], 0);
    note(p, text, len);
    p->texts++;
    probe_act(p, p->in_text);
}

void wsc_probe_binary(void *ctx, const void *bytes, size_t len)
{
    struct wsc_probe *p = ctx;
    note(p, bytes, len);
    p->binaries++;
    probe_act(p, p->in_text);
}

static void on_closed(void *ctx, const struct wsc_end *end)
{
    struct wsc_probe *p = ctx;
    p->closes++;
    p->end = *end;
    snprintf(p->reason, sizeof p->reason, "%s", end->reason);
    snprintf(p->detail, sizeof p->detail, "%s", end->detail);
    assert_int_equal(end->was_open, p->opens);
    assert_true(end->detail[0] != '\0');
    assert_null(strstr(end->detail, "secret"));
    probe_act(p, p->in_close);
}

int wsc_probe_try(struct wsc_probe *p, const char *url, struct wsc_request req, struct err *err)
{
    char whole[512];
    const char *mark = strstr(url, "{}");
    int before = mark ? (int)(mark - url) : (int)strlen(url);
    bool named = mark && before && url[before - 1] != '/';
    snprintf(whole, sizeof whole, mark ? "%.*s%s:%d%s" : "%.*s", before, url, named ? "" : "127.0.0.1",
             p->rig->trap.seats.port, mark ? mark + 2 : "");
    req.url = whole;
    req.connect_ms = req.connect_ms ? req.connect_ms : WAIT_MS / 2;
    req.ctx = p;
    req.opened = on_opened;
    req.text = on_text;
    req.closed = on_closed;
    p->last.max = 1 << 20;
    return wsc_connect(p->rig->wsc, &req, &p->conn, err);
}

void wsc_probe_start(struct wsc_probe *p, const char *url, struct wsc_request req)
{
    struct err err;
    if (wsc_probe_try(p, url, req, &err))
        fail_msg("%s", err.text);
    assert_non_null(p->conn);
}

void wsc_probe_wait(struct wsc_probe *p)
{
    wsc_rig_until(p->rig, &p->closes, 1);
    assert_int_equal(p->closes, 1);
}

void wsc_probe_open(struct wsc_probe *p, const char *url, struct wsc_request req)
{
    wsc_probe_start(p, url, req);
    timer_start(&p->rig->watchdog, WAIT_MS);
    while (!p->opens && !p->closes)
        uv_run(&p->rig->loop.uv, UV_RUN_ONCE);
    timer_stop(&p->rig->watchdog);
    if (!p->opens)
        fail_msg("%s", p->detail);
}

void wsc_probe_free(struct wsc_probe *p)
{
    buf_free(&p->last);
}

void wsc_hole_open(struct wsc_hole *h, const char *ip, int port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    socklen_t len = sizeof sa;
    inet_pton(AF_INET, ip, &sa.sin_addr);
    h->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(h->listener, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(h->listener, 0), 0);
    assert_int_equal(getsockname(h->listener, (struct sockaddr *)&sa, &len), 0);
    h->port = ntohs(sa.sin_port);
    for (size_t i = 0; i < ARRAY_LEN(h->filler); i++) {
        h->filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(h->filler[i], (struct sockaddr *)&sa, sizeof sa);
    }
}

void wsc_hole_close(struct wsc_hole *h)
{
    close(h->listener);
    for (size_t i = 0; i < ARRAY_LEN(h->filler); i++)
        close(h->filler[i]);
}
