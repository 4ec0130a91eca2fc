/* SPDX-License-Identifier: Apache-2.0
 *
 * A sender before a Bot API server of its own, on one loop, under a clock that runs 100 ms for every
 * millisecond of the test; and probes that note what their calls came to. Whatever is logged is kept.
 */
#ifndef TESTS_SEND_RIG_H
#define TESTS_SEND_RIG_H

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

#include "adapters/telegram/send.h"
#include "base/str.h"
#include "io/http.h"
#include "tests/support/fake_bot.h"

#define TOKEN       "123456:AAsecretsecretsecret"
#define TICK_MS     100
#define TICKS_MAX   20000
#define SCRIPT_STEP 16

struct rig {
    struct loop loop;
    struct http *http;
    struct fake_bot bot;
    struct tg_sender *sender;
    struct timer tick;
    int64_t mono_ms;
    int ticks;
    size_t open; /* probes without their done */
    int timeout_ms;
    struct fake_bot_reply script[SCRIPT_STEP]; /* for the first calls */
    struct fake_bot_reply after;               /* for the others */
    struct buf log;
};

struct probe {
    struct rig *rig;
    int dones;
    struct tg_reply reply;
    bool maybe;
    int64_t at_ms;
    size_t order; /* how many were done before */
    void (*then)(struct probe *p);
};

static void on_log(void *ctx, const char *line, size_t len)
{
    buf_add(&((struct rig *)ctx)->log, line, len);
}

static struct fake_bot_reply on_call(void *ctx, const struct fake_bot_call *call X_UNUSED)
{
    struct rig *r = ctx;
    return r->bot.calls <= SCRIPT_STEP ? r->script[r->bot.calls - 1] : r->after;
}

/* A sender looks at the clock when something happens; moving nobody is something. */
static void on_tick(struct timer *t)
{
    struct rig *r = CONTAINER_OF(t, struct rig, tick);
    assert_true(++r->ticks < TICKS_MAX);
    r->mono_ms += TICK_MS;
    clock_fake(1790000000000, r->mono_ms);
    if (r->sender)
        tg_sender_moved(r->sender, 1, 1);
    timer_start(t, 1);
}

static void rig_sender(struct rig *r)
{
    struct err err;
    char base[64];
    snprintf(base, sizeof base, "http://127.0.0.1:%d", r->bot.port);
    const struct tg_sender_conf conf = {
        .api_base = base, .token = TOKEN, .loop = &r->loop, .http = r->http, .timeout_ms = r->timeout_ms
    };
    assert_int_equal(tg_sender_open(&r->sender, &conf, &err), 0);
}

static int rig_setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
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

static void rig_close_sender(struct rig *r)
{
    struct tg_sender *s = r->sender;
    r->sender = NULL;
    tg_sender_close(s);
}

static int rig_teardown(void **state)
{
    struct rig *r = *state;
    rig_close_sender(r);
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
static int rig_setup_open(void **state)
{
    rig_setup(state);
    struct rig *r = *state;
    fake_bot_listen(&r->bot);
    rig_sender(r);
    return 0;
}

static void rig_until_calls(struct rig *r, size_t calls)
{
    while (r->bot.calls < calls)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

static void rig_until_done(struct rig *r)
{
    while (r->open)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

static void rig_spend(struct rig *r, int ms)
{
    int until = r->ticks + ms / TICK_MS;
    while (r->ticks < until)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

static size_t rig_logged(const struct rig *r, const char *event)
{
    size_t n = 0;
    for (const char *at = buf_text(&r->log); (at = strstr(at, event)); at += strlen(event))
        n++;
    return n;
}

static void probe_done(void *ctx, const struct tg_reply *reply, bool maybe)
{
    static size_t order;
    struct probe *p = ctx;
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

static int probe_try(struct probe *p, struct tg_call call)
{
    char body[64];
    snprintf(body, sizeof body, "{\"chat_id\":%" PRId64 ",\"text\":\"%s\"}", call.chat_id,
             call.body ? call.body : "");
    call.method = call.method ? call.method : "sendMessage";
    call.body = body;
    call.done = probe_done;
    call.ctx = p;
    int before = p->dones, r = tg_send(p->rig->sender, &call);
    assert_int_equal(p->dones, before); /* never inside */
    return r;
}

static void probe_send(struct probe *p, struct rig *r, struct tg_call call)
{
    p->rig = r;
    p->dones = 0;
    r->open++;
    assert_int_equal(probe_try(p, call), 0);
}

#define MESSAGE(chat, words)                                                                                 \
    (struct tg_call)                                                                                         \
    {                                                                                                        \
        .chat_id = (chat), .body = (words), .message = true                                                  \
    }
#define TYPING(chat)                                                                                         \
    (struct tg_call)                                                                                         \
    {                                                                                                        \
        .method = "sendChatAction", .chat_id = (chat), .droppable = true                                     \
    }
#define REFUSAL(code, more) "{\"ok\":false,\"error_code\":" #code ",\"description\":\"" more "\"}"
#define FLOOD(s)                                                                                             \
    {                                                                                                        \
        .status = 429, .body = "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests\","     \
                               "\"parameters\":{\"retry_after\":" #s "}}"                                    \
    }

#endif
