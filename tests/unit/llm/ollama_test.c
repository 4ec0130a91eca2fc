/* SPDX-License-Identifier: Apache-2.0
 *
 * The Ollama provider: what every format must do, and what only this one does.
 */
#define TALK_OPS provider_ollama
#include "tests/unit/llm/format_cases.h"

#define SAID(t)     "{\"message\":{\"role\":\"assistant\",\"content\":\"" t "\"},\"done\":false}\n"
#define ENDED(rest) "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true" rest "}\n"

static const struct samples s = {
    .type = "application/x-ndjson",
    .good = SAID("Hello, ") "\r\n" SAID("w\xC3\xB6rld.") ENDED(
        ",\"done_reason\":\"stop\",\"prompt_eval_count\":11,\"eval_count\":7,\"eval_duration\":123456789"),
    .text = "Hello, w\xC3\xB6rld.",
    .in = 11,
    .out = 7,
    .no_usage = SAID("ok") ENDED(""),
    .say = SAID("word "),
    .finish = ENDED(",\"done_reason\":\"stop\""),
    .garbage = "{\"mess\nnot json at all\n",
    .refused = "{\"error\":{\"code\":\"content_filter\"}}\n", /* Ollama has none; a proxy may */
    .length = SAID("Long") ENDED(",\"done_reason\":\"length\""),
    .error = { "{\"error\":\"an error was encountered while running the model: grandmother_ines\"}\n",
               "{\"error\":\"the prompt exceeds the context window\"}" },
    .error_end = { LLM_TRANSIENT, LLM_TOO_LONG },
    .whole = "{\"message\":{\"content\":\"Whole.\"},\"done\":true}",
};

static void ollama__request_is_the_documented_one(void **state X_UNUSED)
{
    struct talk t;
    const struct fake_reply reply = reply_of(s.good);
    talk_open(&t, &reply, 1);
    talk_run(&t);
    const char *r = t.server.request;
    assert_int_equal(strncmp(r, "POST /v1/api/chat HTTP/1.1\r\n", 28), 0);
    assert_null(strstr(r, KEY)); /* there are no keys to send */
    assert_non_null(strstr(r, "\r\n\r\n{\"model\":\"m-1\",\"messages\":[{\"role\":\"system\","));
    assert_non_null(strstr(r, "],\"stream\":true,\"options\":{\"num_predict\":64}}"));
    talk_close(&t);
}

/* The server would cut a longer prompt silently. */
static void ollama__a_long_prompt_asks_for_room(void **state X_UNUSED)
{
    static char text[30000];
    const struct llm_message one = { LLM_USER, text };
    const struct fake_reply reply = reply_of(s.good);
    struct talk t;
    memset(text, 'x', sizeof text - 1);
    talk_open(&t, &reply, 1);
    t.req.message = &one;
    t.req.messages = 1;
    talk_run(&t);
    assert_non_null(strstr(t.server.request, "\"num_ctx\":8192}"));
    talk_close(&t);
}

static void ollama__the_last_line_may_lack_its_end(void **state X_UNUSED)
{
    expect(SAID("a") "{\"done\":true}", LLM_OK, "a");
    expect(SAID("a") "{\"done\":tru", LLM_CUT, "a");
}

static void ollama__a_prompt_from_memory_has_no_count(void **state X_UNUSED)
{
    const struct fake_reply reply = reply_of(SAID("a") ENDED(",\"prompt_eval_count\":0,\"eval_count\":1"));
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.tokens_in, -1);
    assert_int_equal(t.result.tokens_out, 1);
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { FORMAT_CASES, cmocka_unit_test(ollama__request_is_the_documented_one),
                                        cmocka_unit_test(ollama__a_long_prompt_asks_for_room),
                                        cmocka_unit_test(ollama__the_last_line_may_lack_its_end),
                                        cmocka_unit_test(ollama__a_prompt_from_memory_has_no_count) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
