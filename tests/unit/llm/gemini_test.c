/* SPDX-License-Identifier: Apache-2.0
 *
 * The Gemini provider: what every format must do, and what only this one does.
 */
#define TALK_OPS provider_gemini
#include "tests/unit/llm/format_cases.h"

#define SAID(t)                                                                                              \
    "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" t                      \
    "\"}]},\"index\":0}]}\r\n\r\n"
#define ENDED(why) "data: {\"candidates\":[{\"finishReason\":\"" why "\",\"index\":0}]}\r\n\r\n"
#define USED                                                                                                 \
    "data: "                                                                                                 \
    "{\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":4,\"thoughtsTokenCount\":3,"       \
    "\"cachedContentTokenCount\":6}}\r\n\r\n"

static const struct samples s = {
    .type = "text/event-stream",
    .good =
        "data: "
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true}]}}],\"usageMetadata\":"
        "{\"promptTokenCount\":11,\"candidatesTokenCount\":1}}\r\n\r\n" SAID("Hello, ")
            SAID("w\xC3\xB6rld.") "data: "
                                  "{\"candidates\":[{\"content\":{\"parts\":[{\"thoughtSignature\":\"x\"}]},"
                                  "\"finishReason\":\"STOP\"}]}"
                                  "\r\n\r\n" USED,
    .text = "Hello, w\xC3\xB6rld.",
    .in = 11,
    .out = 7,
    .no_usage = SAID("ok") ENDED("STOP"),
    .say = SAID("word "),
    .finish = ENDED("STOP"),
    .garbage = "data: {\"cand\r\n\r\ndata: \xFF\r\n\r\n",
    .refused = SAID("Half") ENDED("SAFETY"),
    .length = SAID("Long") ENDED("MAX_TOKENS"),
    .error = { "data: "
               "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"grandmother\"}}\r\n\r\n",
               "data: [{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]\r\n\r\n",
               "data: {\"error\":{\"code\":400,\"status\":\"FAILED_PRECONDITION\"}}\r\n\r\n" },
    .error_end = { LLM_TRANSIENT, LLM_RATE, LLM_MONEY },
    .whole = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Who\"},{\"text\":\"le.\"}]},"
             "\"finishReason\":\"STOP\"}]}",
};

static void gemini__request_is_the_documented_one(void **state X_UNUSED)
{
    static const struct llm_message talk[] = { { LLM_SYSTEM, "Rules." }, { LLM_ASSISTANT, "I begin." },
                                               { LLM_USER, "A?" },       { LLM_ASSISTANT, "A." },
                                               { LLM_ASSISTANT, "" },    { LLM_USER, "B?" } };
    struct talk t;
    const struct fake_reply reply = reply_of(s.good);
    talk_open(&t, &reply, 1);
    t.req.message = talk;
    t.req.messages = ARRAY_LEN(talk);
    talk_run(&t);
    const char *r = t.server.request;
    assert_int_equal(strncmp(r, "POST /v1/models/m-1:streamGenerateContent?alt=sse HTTP/1.1\r\n", 60), 0);
    assert_non_null(strstr(r, "x-goog-api-key: " KEY "\r\n"));
    assert_null(strcasestr(r, "authorization"));
    assert_non_null(strstr(r,
                           "\r\n\r\n{\"systemInstruction\":{\"parts\":[{\"text\":\"Rules.\"}]},\"contents\":["
                           "{\"role\":\"user\",\"parts\":[{\"text\":\"A?\"}]},"
                           "{\"role\":\"model\",\"parts\":[{\"text\":\"A.\"}]},"
                           "{\"role\":\"user\",\"parts\":[{\"text\":\"B?\"}]}],"
                           "\"generationConfig\":{\"maxOutputTokens\":64}}"));
    assert_int_equal(t.result.cached_in, 6);
    talk_close(&t);
}

static void gemini__a_growing_array_is_read_as_it_comes(void **state X_UNUSED)
{
    static const char body[] =
        "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"A{\\\"\"}]}}]}\n,\r\n"
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"B\"}]},\"finishReason\":\"STOP\"}]}";
    assert_talk(&(struct fake_reply){ .body = body, .type = "application/json", .piece = 1 }, LLM_OK,
                "A{\"B");
    assert_talk(&(struct fake_reply){ .body = "[{\"error\":{\"code\":429}}]", .type = "application/json" },
                LLM_RATE, "");
}

static void gemini__a_blocked_prompt_is_a_refusal(void **state X_UNUSED)
{
    expect("data: "
           "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":3}}"
           "\r\n\r\n",
           LLM_REFUSED, "");
    assert_talk(&(struct fake_reply){ .body = "{\"promptFeedback\":{\"blockReason\":\"OTHER\"}}",
                                      .type = "application/json" },
                LLM_REFUSED, "");
}

static void gemini__finish_reasons(void **state X_UNUSED)
{
    expect(SAID("a") ENDED("RECITATION"), LLM_REFUSED, "a");
    expect(SAID("a") ENDED("MALFORMED_FUNCTION_CALL"), LLM_TRANSIENT, "a");
    expect(SAID("a") ENDED("grandmother_ines"), LLM_TRANSIENT, "a");
    expect(SAID("a") ENDED("FINISH_REASON_UNSPECIFIED"), LLM_CUT, "a");
    expect(
        "data: {\"candidates\":[{\"index\":1,\"content\":{\"parts\":[{\"text\":\"other\"}]}}]}\r\n\r\n" SAID(
            "a") ENDED("STOP"),
        LLM_OK, "a");
}

static void gemini__a_halved_character_costs_no_event(void **state X_UNUSED)
{
    expect(SAID("\\\\\\ud83c\\udf0d.\\ud83c") SAID("\\udf0d.") ENDED("STOP"), LLM_OK,
           "\\\xF0\x9F\x8C\x8D.\xEF\xBF\xBD\xEF\xBF\xBD.");
    expect(SAID("\\ud8") SAID("a\\uD83C") ENDED("STOP"), LLM_OK, "a\xEF\xBF\xBD");
}

static void gemini__a_model_cannot_leave_its_place_in_the_url(void **state X_UNUSED)
{
    const struct provider_conf bad = {
        .name = "x", .base_url = "https://h", .api_key = "k", .model = "../m?x=1"
    };
    struct provider *p = NULL;
    struct err err = { "" };
    assert_int_equal(provider_gemini.open(&p, &bad, NULL, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "llm.x.model"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { FORMAT_CASES,
                                        cmocka_unit_test(gemini__request_is_the_documented_one),
                                        cmocka_unit_test(gemini__a_growing_array_is_read_as_it_comes),
                                        cmocka_unit_test(gemini__a_blocked_prompt_is_a_refusal),
                                        cmocka_unit_test(gemini__finish_reasons),
                                        cmocka_unit_test(gemini__a_halved_character_costs_no_event),
                                        cmocka_unit_test(gemini__a_model_cannot_leave_its_place_in_the_url) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
