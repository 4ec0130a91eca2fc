/* SPDX-License-Identifier: Apache-2.0
 *
 * One provider, one scripted server, one loop: what the tests of all wire formats share. TALK_OPS is the
 * format under test, OpenAI's when not said.
 */
#ifndef TESTS_UNIT_LLM_OPENAI_TALK_H
#define TESTS_UNIT_LLM_OPENAI_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>
#include <parley/provider.h>

#include "base/str.h"
#include "io/http.h"
#include "tests/support/fake_llm.h"

#ifndef TALK_OPS
#define TALK_OPS provider_openai
#endif

#define KEY "sk-secret-0123456789"

#define ROLE "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
#define SAY(t)                                                                                               \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"},\"finish_reason\":null}]}\n\n"
#define STOP_(why) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" why "\"}]}\n\n"
#define USAGE                                                                                                \
    "data: "                                                                                                 \
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}\n\n"
#define DONE "data: [DONE]\n\n"
#define GOOD ROLE SAY("Hello, ") SAY("w\xC3\xB6rld.") STOP_("stop") USAGE DONE

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct talk {
    struct loop loop;
    struct http *http;
    struct provider *p;
    struct provider_call *call;
    struct fake_llm server;
    struct provider_conf conf;
    struct llm_request req;
    struct buf text;
    struct llm_result result;
    struct buf cited; /* "1 url|title|snippet\n" */
    int ends, texts;
    int full_at;   /* this text call answers X_E_FULL; 0 = none, -1 = every one */
    bool full;     /* waiting for resume */
    bool never;    /* never resumes */
    int cancel_at; /* this text call cancels */
};

static int on_text(void *ctx, const char *bytes, size_t len)
{
    struct talk *t = ctx;
    assert_false(t->full); /* not one byte between X_E_FULL and resume */
    assert_int_equal(t->ends, 0);
    buf_add(&t->text, bytes, len);
    t->texts++;
    uv_stop(&t->loop.uv);
    if (t->texts == t->cancel_at) {
        TALK_OPS.cancel(t->call);
        t->call = NULL;
        t->ends = 1;
        return 0;
    }
    t->full = t->texts == t->full_at || t->full_at < 0;
    return t->full ? X_E_FULL : 0;
}

static void on_citation(void *ctx, const struct llm_citation *c)
{
    struct talk *t = ctx;
    assert_int_equal(t->ends, 0);
    buf_printf(&t->cited, "%d %s|%s|%s\n", c->n, c->url, c->title, c->snippet);
}

static void on_end(void *ctx, const struct llm_result *result)
{
    struct talk *t = ctx;
    t->result = *result;
    t->ends++;
    t->call = NULL;
    uv_stop(&t->loop.uv);
}

static const struct llm_message prompt[] = {
    { LLM_SYSTEM, "Answer from the documents." },
    { LLM_USER, "What is \"staking\" for grandmother_ines?" },
};

static void talk_open(struct talk *t, const struct fake_reply *reply, size_t replies)
{
    static char base[64];
    struct err err = { "" };
    memset(t, 0, sizeof *t);
    assert_int_equal(fake_llm_start(&t->server, reply, replies), 0);
    assert_int_equal(loop_open(&t->loop, &err), 0);
    assert_int_equal(http_open(&t->http, &t->loop, &err), 0);
    snprintf(base, sizeof base, "http://127.0.0.1:%d/v1", t->server.port);
    t->conf = (struct provider_conf){ .name = "test",
                                      .base_url = base,
                                      .api_key = KEY,
                                      .model = "m-1",
                                      .connect_ms = 2000,
                                      .first_byte_ms = 5000,
                                      .idle_ms = 5000,
                                      .body_cap_bytes = 16 << 20 };
    t->req = (struct llm_request){ .message = prompt,
                                   .messages = 2,
                                   .max_tokens = 64,
                                   .total_ms = 20000,
                                   .question = "What is staking for grandmother_ines?" };
    buf_init(&t->text, 1U << 20);
    buf_init(&t->cited, 1U << 20);
}

static void talk_start(struct talk *t)
{
    const struct llm_sink sink = { .ctx = t, .text = on_text, .citation = on_citation, .end = on_end };
    struct err err = { "" };
    if (!t->p)
        assert_int_equal(TALK_OPS.open(&t->p, &t->conf, t->http, &err), 0);
    t->texts = t->ends = 0;
    buf_clear(&t->text);
    buf_clear(&t->cited);
    assert_int_equal(TALK_OPS.start(t->p, &t->req, &sink, &t->call, &err), 0);
}

/* Stopped by each report; UV_RUN_ONCE would sleep on after one that a timer brought. */
static void talk_run(struct talk *t)
{
    talk_start(t);
    while (!t->ends) {
        uv_run(&t->loop.uv, UV_RUN_DEFAULT);
        if (t->full && !t->never && !t->ends) {
            t->full = false;
            TALK_OPS.resume(t->call);
        }
    }
}

static void talk_close(struct talk *t)
{
    TALK_OPS.close(t->p);
    fake_llm_stop(&t->server);
    http_close(t->http);
    loop_shut(&t->loop);
    loop_run(&t->loop);
    assert_int_equal(loop_close(&t->loop), 0);
    assert_int_equal(t->ends, 1);
    buf_free(&t->text);
    buf_free(&t->cited);
}

static void assert_clean_detail(const struct llm_result *r)
{
    assert_null(strstr(r->detail, KEY));
    assert_null(strcasestr(r->detail, "grandmother"));
    assert_null(strcasestr(r->detail, "staking"));
}

static void assert_talk(const struct fake_reply *reply, enum llm_end end, const char *text)
{
    struct talk t;
    talk_open(&t, reply, 1);
    talk_run(&t);
    if (t.result.end != end)
        fail_msg("end %d, not %d: %s", t.result.end, end, t.result.detail);
    if (text)
        assert_string_equal(buf_text(&t.text), text);
    assert_clean_detail(&t.result);
    talk_close(&t);
}

static inline void assert_body(const char *body, enum llm_end end, const char *text)
{
    assert_talk(&(struct fake_reply){ .body = body }, end, text);
}

#endif
