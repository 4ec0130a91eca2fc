/* SPDX-License-Identifier: Apache-2.0
 *
 * uv_run(ONCE) would wait for one more event after the timers have brought what a test is
 * waiting for, so every callback stops the loop.
 */
#include "tests/support/http_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/spend.h"

struct http_rig *http_rig_open(void)
{
    struct http_rig *r = calloc(1, sizeof *r);
    struct err err;
    assert_non_null(r);
    assert_int_equal(loop_open(&r->loop, &err), 0);
    assert_int_equal(http_open(&r->http, &r->loop, &err), 0);
    httptrap_open(&r->trap);
    return r;
}

void http_rig_close(struct http_rig *r)
{
    http_close(r->http);
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(loop_close(&r->loop), 0);
    httptrap_close(&r->trap);
    free(r);
}

static void probe_act(struct http_probe *p, enum act act)
{
    uv_stop(&p->rig->loop.uv);
    switch (act) {
    case NOTHING:
        break;
    case CANCEL:
        http_cancel(p->call);
        break;
    case CANCEL_OTHER:
        if (!p->other->dones)
            http_cancel(p->other->call);
        break;
    case START:
        http_probe_start(p->other, "/ok", (struct http_request){ .method = "POST" });
        assert_int_equal(p->other->heads, 0);
        break;
    case HASTEN:
        http_hasten(p->call, 60);
        break;
    case CLOSE:
        http_close(p->rig->http);
        assert_int_equal(
            http_probe_try(p->other, "http://127.0.0.1:1/", (struct http_request){ .method = "GET" }, NULL),
            X_E_CLOSED);
        break;
    }
}

static void note_header(const struct http_probe *p, const char *name, char *out, size_t size)
{
    const char *value = http_header(p->call, name);
    snprintf(out, size, "%s", value ? value : "-");
}

static void on_head(void *ctx, int status)
{
    struct http_probe *p = ctx;
    assert_int_equal(p->parts, 0);
    assert_int_equal(p->dones, 0);
    p->heads++;
    p->head_status = status;
    note_header(p, "x-which", p->which, sizeof p->which);
    probe_act(p, p->in_head);
}

static int on_body_part(void *ctx, const char *bytes, size_t len)
{
    struct http_probe *p = ctx;
    assert_int_equal(p->heads, 1);
    assert_int_equal(p->dones, 0);
    assert_true(len > 0);
    p->parts++;
    probe_act(p, p->in_body);
    if (p->hold || (p->refuse_every && p->parts % p->refuse_every == 0)) {
        p->fulls++;
        if (p->resume_at_once)
            http_resume(p->call);
        return X_E_FULL;
    }
    p->taken += (int64_t)len;
    if (!p->keep_nothing)
        buf_add(&p->body, bytes, len);
    return p->body_returns;
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct http_probe *p = ctx;
    p->dones++;
    p->how = how;
    p->sent = http_sent(p->call);
    p->status = status;
    snprintf(p->detail, sizeof p->detail, "%s", detail);
    note_header(p, "Retry-After", p->retry_after, sizeof p->retry_after);
    probe_act(p, p->in_done);
}

int http_probe_try(struct http_probe *p, const char *url, struct http_request req, struct err *err)
{
    req.method = req.method ? req.method : "GET";
    req.url = url;
    req.total_ms = req.total_ms ? req.total_ms : 20000;
    req.body_cap_bytes = req.body_cap_bytes ? req.body_cap_bytes : 16 << 20;
    req.ctx = p;
    req.head = on_head;
    req.body_part = on_body_part;
    req.done = on_done;
    p->body.max = 32 << 20;
    return http_start(p->rig->http, &req, &p->call, err);
}

void http_probe_start(struct http_probe *p, const char *path, struct http_request req)
{
    char url[128];
    struct err err;
    httptrap_url(&p->rig->trap, url, path);
    assert_int_equal(http_probe_try(p, url, req, &err), 0);
    assert_non_null(p->call);
}

void http_probe_wait(struct http_probe *p)
{
    while (!p->dones)
        uv_run(&p->rig->loop.uv, UV_RUN_ONCE);
}

void http_rig_spend(struct http_rig *r, int ms)
{
    loop_spend(&r->loop, ms);
}

struct http_probe http_probe_get(struct http_rig *r, const char *path, struct http_request req)
{
    struct http_probe p = { .rig = r };
    http_probe_start(&p, path, req);
    http_probe_wait(&p);
    assert_int_equal(p.dones, 1);
    return p;
}
