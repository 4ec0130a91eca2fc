/* SPDX-License-Identifier: Apache-2.0
 *
 * The Anthropic provider: what every format must do, and what only this one does.
 */
#define TALK_OPS provider_anthropic
#include "tests/unit/llm/format_cases.h"

#define EVENT(name, rest) "event: " name "\ndata: {\"type\":\"" name "\"" rest "}\n\n"
#define SAID(t)                                                                                              \
    EVENT("content_block_delta", ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" t "\"}")
#define ENDED(why, usage)                                                                                    \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" why "\"}" usage) EVENT("message_stop", "")
#define BEGUN                                                                                                \
    EVENT("message_start",                                                                                   \
          ",\"message\":{\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":5,"               \
          "\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":2,\"output_tokens\":1}}")

static const struct samples s = {
    .type = "text/event-stream",
    .good = BEGUN EVENT("content_block_start", ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
        EVENT("ping", "") SAID("Hello, ") SAID("w\xC3\xB6rld.") EVENT("content_block_stop", "")
            ENDED("end_turn", ",\"usage\":{\"output_tokens\":7}"),
    .text = "Hello, w\xC3\xB6rld.",
    .in = 11,
    .out = 7,
    .no_usage = SAID("ok") ENDED("end_turn", ""),
    .say = SAID("word "),
    .finish = ENDED("end_turn", ""),
    .garbage = "data: {\"type\":\n\ndata: 17\n\n",
    .refused = SAID("Half") ENDED("refusal", ""),
    .length = SAID("Long") ENDED("max_tokens", ""),
    .error = { "event: error\ndata: "
               "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n",
               "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}\n\n",
               "data: {\"type\":\"error\",\"error\":{\"type\":\"billing_error\"}}\n\n",
               "event: error\ndata: {\"type\":\"api_error\"}\n\n" },
    .error_end = { LLM_TRANSIENT, LLM_RATE, LLM_MONEY, LLM_TRANSIENT },
    .whole = "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"Whole.\"}],\"stop_reason\":"
             "\"end_turn\"}",
};

static void anthropic__request_is_the_documented_one(void **state X_UNUSED)
{
    static const struct llm_message talk[] = {
        { LLM_SYSTEM, "Rules." }, { LLM_SYSTEM, "More." },      { LLM_ASSISTANT, "I begin." },
        { LLM_USER, "A?" },       { LLM_USER, "Still there?" }, { LLM_ASSISTANT, "A." },
        { LLM_USER, "B?" }
    };
    struct talk t;
    const struct fake_reply reply = reply_of(s.good);
    talk_open(&t, &reply, 1);
    t.req.message = talk;
    t.req.messages = ARRAY_LEN(talk);
    t.req.max_tokens = 0;
    talk_run(&t);
    const char *r = t.server.request;
    assert_int_equal(strncmp(r, "POST /v1/messages HTTP/1.1\r\n", 28), 0);
    assert_non_null(strstr(r, "x-api-key: " KEY "\r\n"));
    assert_non_null(strstr(r, "anthropic-version: 2023-06-01\r\n"));
    assert_non_null(strstr(
        r, "\r\n\r\n{\"model\":\"m-1\",\"max_tokens\":4096,\"system\":\"Rules.\\n\\nMore.\",\"messages\":["
           "{\"role\":\"user\",\"content\":\"A?\\n\\nStill there?\"},"
           "{\"role\":\"assistant\",\"content\":\"A.\"},"
           "{\"role\":\"user\",\"content\":\"B?\"}],\"stream\":true}"));
    assert_int_equal(t.result.cached_in, 4);
    talk_close(&t);
}

static void anthropic__thinking_and_tools_are_no_text(void **state X_UNUSED)
{
    expect(EVENT("content_block_delta", ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}") EVENT(
               "content_block_delta", ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}")
               EVENT("something_new", ",\"delta\":{\"text\":\"no\"}") SAID("a") ENDED("stop_sequence", ""),
           LLM_OK, "a");
}

static void anthropic__web_sources_are_reported(void **state X_UNUSED)
{
    struct talk t;
    const struct fake_reply reply =
        reply_of(SAID("a") EVENT("content_block_delta",
                                 ",\"delta\":{\"type\":\"citations_delta\",\"citation\":{\"url\":"
                                 "\"https://e.org/\",\"title\":\"T\",\"cited_text\":\"S\"}}")
                     ENDED("end_turn", ",\"usage\":{\"server_tool_use\":{\"web_search_requests\":2}}"));
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_string_equal(buf_text(&t.cited), "1 https://e.org/|T|S\n");
    assert_int_equal(t.result.searches, 2);
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { FORMAT_CASES,
                                        cmocka_unit_test(anthropic__request_is_the_documented_one),
                                        cmocka_unit_test(anthropic__thinking_and_tools_are_no_text),
                                        cmocka_unit_test(anthropic__web_sources_are_reported) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
