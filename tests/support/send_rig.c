/* SPDX-License-Identifier: Apache-2.0
 *
 * Every tick is a loop round of its own, so that a slow machine only makes the clock slower.
 */
#include "tests/support/send_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#define TICKS_MAX 20000

static void on_log(void *ctx, const char *line, size_t len)
{
    buf_add(&((struct send_rig *)ctx)->log, line, len);
}

static struct fake_bot_reply on_call(void *ctx, const struct fake_bot_call *call X_UNUSED)
{
    struct send_rig *r = ctx;
    return r->bot.calls <= SCRIPT_STEP ? r->script[r->bot.calls - 1] : r->after;
}

/* A sender looks at the clock when something happens; moving nobody is something. */
static void on_tick(struct timer *t)
{
    struct send_rig *r = CONTAINER_OF(t, struct send_rig, tick);
    assert_true(++r->ticks < TICKS_MAX);
    r->mono_ms += TICK_MS;
    clock_fake(1790000000000, r->mono_ms);
    if (r->sender)
        tg_sender_moved(r->sender, 1, 1);
    timer_start(t, 1);
}

void send_rig_sender_by(struct send_rig *r, const char *scheme)
{
    struct err err;
    char base[64];
    snprintf(base, sizeof base, "%s://127.0.0.1:%d", scheme, r->bot.port);
    const struct tg_sender_conf conf = {
        .api_base = base, .token = TOKEN, .loop = &r->loop, .http = r->http, .timeout_ms = r->timeout_ms
    };
    assert_int_equal(tg_sender_open(&r->sender, &conf, &err), 0);
}

void send_rig_sender(struct send_rig *r)
{
    send_rig_sender_by(r, "http");
}

int send_rig_setup(void **state)
{
    struct send_rig *r = calloc(1, sizeof *r);
    struct err err;
    *state = r;
    r->log = BUF_INIT(1 << 20);
    log_setup(LOG_DEBUG, LOG_TEXT);
    log_capture(on_log, r);
    r->mono_ms = 1000000;
    r->timeout_ms = 10000;
    clock_fake(1790000000000, r->mono_ms);
    assert_int_equal(loop_open(&r->loop, &err), 0);
    assert_int_equal(http_open(&r->http, &r->loop, &err), 0);
    fake_bot_open(&r->bot, &r->loop);
    r->bot.reply = on_call;
    r->bot.ctx = r;
    timer_open(&r->tick, &r->loop, on_tick);
    timer_start(&r->tick, 1);
    return 0;
}

void send_rig_close_sender(struct send_rig *r)
{
    struct tg_sender *s = r->sender;
    r->sender = NULL;
    tg_sender_close(s);
}

int send_rig_teardown(void **state)
{
    struct send_rig *r = *state;
    send_rig_close_sender(r);
    assert_int_equal(r->open, 0); /* every done was called, at the latest now */
    http_close(r->http);
    fake_bot_close(&r->bot);
    timer_close(&r->tick, NULL);
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(loop_close(&r->loop), 0);
    fake_bot_free(&r->bot);
    log_capture(NULL, NULL);
    clock_real();
    assert_null(strstr(buf_text(&r->log), "secret")); /* in no test of this file */
    buf_free(&r->log);
    free(r);
    return 0;
}

/* The server listens and the sender is open. */
int send_rig_setup_open(void **state)
{
    send_rig_setup(state);
    struct send_rig *r = *state;
    fake_bot_listen(&r->bot);
    send_rig_sender(r);
    return 0;
}

void send_rig_until_calls(struct send_rig *r, size_t calls)
{
    while (r->bot.calls < calls)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

void send_rig_until_done(struct send_rig *r)
{
    while (r->open)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

void send_rig_spend(struct send_rig *r, int ms)
{
    int until = r->ticks + ms / TICK_MS;
    while (r->ticks < until)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

size_t send_rig_logged(const struct send_rig *r, const char *event)
{
    size_t n = 0;
    for (const char *at = buf_text(&r->log); (at = strstr(at, event)); at += strlen(event))
        n++;
    return n;
}

static void send_probe_done(void *ctx, const struct tg_reply *reply, bool maybe)
{
    static size_t order;
    struct send_probe *p = ctx;
    p->dones++;
    assert_int_equal(p->dones, 1);
    p->reply = *reply;
    p->maybe = maybe;
    p->at_ms = p->rig->mono_ms;
    p->order = order++;
    p->rig->open--;
    assert_null(strstr(reply->detail, "secret"));
    if (p->then)
        p->then(p);
}

int send_probe_try(struct send_probe *p, struct tg_call call)
{
    char body[64];
    snprintf(body, sizeof body, "{\"chat_id\":%" PRId64 ",\"text\":\"%s\"}", call.chat_id,
             call.body ? call.body : "");
    call.method = call.method ? call.method : "sendMessage";
    call.body = body;
    call.done = send_probe_done;
    call.ctx = p;
    int before = p->dones, r = tg_send(p->rig->sender, &call);
    assert_int_equal(p->dones, before); /* never inside */
    return r;
}

void send_probe_send(struct send_probe *p, struct send_rig *r, struct tg_call call)
{
    p->rig = r;
    p->dones = 0;
    r->open++;
    assert_int_equal(send_probe_try(p, call), 0);
}

void send_probe_ended(const struct send_probe *p, enum tg_end end, bool maybe)
{
    assert_int_equal(p->dones, 1);
    assert_int_equal(p->reply.end, end);
    assert_int_equal(p->maybe, maybe);
}
