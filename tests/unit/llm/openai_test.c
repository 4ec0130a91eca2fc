/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAI provider against a scripted server, through the real HTTP client and loop:
 * what it sends, and every way a good answer can be split and dressed.
 */
#include "tests/unit/llm/openai_talk.h"

/* ---- what is sent ---- */

static void openai__request_is_the_documented_one(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = GOOD }, 1);
    talk_run(&t);
    const char *r = t.server.request;
    assert_int_equal(strncmp(r, "POST /v1/chat/completions HTTP/1.1\r\n", 36), 0);
    assert_non_null(strstr(r, "Authorization: Bearer " KEY "\r\n"));
    assert_non_null(strstr(r, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(r, "{\"model\":\"m-1\",\"messages\":[{\"role\":\"system\","));
    assert_non_null(strstr(r, "{\"role\":\"user\",\"content\":\"What is \\\"staking\\\" for"));
    assert_non_null(
        strstr(r, "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":64}"));
    assert_int_equal(t.result.tokens_in, 11);
    assert_int_equal(t.result.tokens_out, 7);
    assert_int_equal(t.result.cost_nusd, -1);
    assert_int_equal(t.result.status, 200);
    talk_close(&t);
}

static void openai__no_key_no_header(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = GOOD }, 1);
    t.conf.api_key = "";
    talk_run(&t);
    assert_null(strcasestr(t.server.request, "authorization"));
    talk_close(&t);
}

static void openai__open_refuses_what_cannot_work(void **state X_UNUSED)
{
    struct provider_conf bad[] = {
        { .name = "x", .base_url = "ftp://h", .api_key = "k", .model = "m" },
        { .name = "x", .base_url = "https://h", .api_key = "k", .model = "" },
        { .name = "x", .base_url = "https://h", .api_key = "k\r\nX-Evil: 1", .model = "m" },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct provider *p = NULL;
        struct err err = { "" };
        assert_int_equal(provider_openai.open(&p, &bad[i], NULL, &err), X_E_INVALID);
        assert_non_null(strstr(err.text, "llm.x."));
        assert_null(strstr(err.text, "Evil"));
    }
}

/* ---- how it may be split and dressed ---- */

static void openai__split_at_every_byte(void **state X_UNUSED)
{
    static struct fake_reply reply[1024];
    size_t n = strlen(GOOD);
    struct talk t;
    assert_true(n < ARRAY_LEN(reply));
    for (size_t i = 0; i < n; i++)
        reply[i] = (struct fake_reply){ .body = GOOD, .split = i };
    talk_open(&t, reply, n);
    for (size_t i = 0; i < n; i++) {
        talk_run(&t);
        assert_int_equal(t.result.end, LLM_OK);
        assert_string_equal(buf_text(&t.text), "Hello, w\xC3\xB6rld.");
        assert_int_equal(t.result.tokens_out, 7);
    }
    talk_close(&t);
}

static void openai__byte_by_byte(void **state X_UNUSED)
{
    assert_talk(&(struct fake_reply){ .body = GOOD, .piece = 1 }, LLM_OK, "Hello, w\xC3\xB6rld.");
}

static void openai__crlf_comments_and_data_lines(void **state X_UNUSED)
{
    assert_body(": OPENROUTER PROCESSING\r\n\r\n"
                "data: {\"choices\":[{\"delta\":{\"content\":\"A\"}}]}\r\n\r\n:\r\n"
                "event: message\r\ndata: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"B\"}}]}\r\n\r\n"
                "data:{\"choices\":[{\"delta\":{\"content\":\"C\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
                LLM_OK, "ABC");
}

static void openai__odd_chunks_are_no_errors(void **state X_UNUSED)
{
    assert_body(
        "data: {\"choices\":null,\"usage\":null}\n\n"
        "data: {\"id\":\"x\"}\n\n"
        "data: {\"choices\":[],\"error\":null}\n\n"
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":null}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":null},\"finish_reason\":\"\"}]}\n\n" //
        SAY("ok") STOP_("stop"),
        LLM_OK, "ok");
}

static void openai__done_and_usage_may_be_missing(void **state X_UNUSED)
{
    struct talk t;
    assert_body(SAY("a.") STOP_("stop"), LLM_OK, "a.");
    assert_body(SAY("a.") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}", LLM_OK, "a.");
    assert_talk(&(struct fake_reply){ .body = SAY("a.") STOP_("stop"), .end = FAKE_CUT }, LLM_OK, "a.");
    talk_open(&t, &(struct fake_reply){ .body = SAY("a.") STOP_("stop") }, 1);
    talk_run(&t);
    assert_int_equal(t.result.tokens_in, -1);
    assert_int_equal(t.result.tokens_out, -1);
    talk_close(&t);
}

static void openai__reported_cost_is_read(void **state X_UNUSED)
{
    static const struct fake_reply reply[] = {
        { .body = SAY("a.") STOP_("stop") "data: {\"usage\":{\"cost\":0.0025}}\n\n" },
        { .body = SAY("a.") STOP_("stop") "data: {\"usage\":{\"cost\":{\"total_cost\":0.006}}}\n\n" },
        { .body = SAY("a.") STOP_("stop") "data: {\"usage\":{\"cost\":0,\"prompt_tokens\":-4}}\n\n" },
    };
    struct talk t;
    talk_open(&t, reply, ARRAY_LEN(reply));
    talk_run(&t);
    assert_int_equal(t.result.cost_nusd, 2500000);
    talk_run(&t);
    assert_int_equal(t.result.cost_nusd, 6000000);
    talk_run(&t);
    assert_int_equal(t.result.cost_nusd, -1);
    assert_int_equal(t.result.tokens_in, -1);
    talk_close(&t);
}

static void openai__a_json_answer_where_a_stream_was_asked(void **state X_UNUSED)
{
    static const char body[] =
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Whole.\"},"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3}}";
    assert_talk(&(struct fake_reply){ .body = body, .type = "application/json; charset=utf-8", .piece = 7 },
                LLM_OK, "Whole.");
    assert_talk(&(struct fake_reply){ .body = "{\"choices\":[{\"mess", .type = "application/json" }, LLM_CUT,
                "");
    assert_talk(&(struct fake_reply){ .body = "{\"error\":\"overloaded\"}", .type = "application/json" },
                LLM_TRANSIENT, "");
    assert_talk(&(struct fake_reply){ .body = "[[[[[[1]]]]]]", .type = "application/json" }, LLM_CUT, "");
}

/* gzip with one stored block (RFC 1952, RFC 1951 3.2.4). */
static size_t gzip_stored(unsigned char *out, const char *text, size_t n)
{
    static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1 };
    uint32_t crc = 0xFFFFFFFFU;
    memcpy(out, head, sizeof head);
    unsigned char *p = out + sizeof head;
    for (unsigned i = 0; i < 4; i++)
        *p++ = (unsigned char)((i < 2 ? n : ~n) >> (8 * (i & 1)));
    memcpy(p, text, n);
    p += n;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)text[i];
        for (int k = 0; k < 8; k++)
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1)));
    }
    for (unsigned i = 0; i < 8; i++)
        *p++ = (unsigned char)((i < 4 ? ~crc : (uint32_t)n) >> (8 * (i & 3)));
    return (size_t)(p - out);
}

static void openai__gzip(void **state X_UNUSED)
{
    unsigned char packed[2048];
    size_t n = gzip_stored(packed, GOOD, strlen(GOOD));
    assert_talk(
        &(struct fake_reply){
            .body = (char *)packed, .len = n, .piece = 5, .header = "Content-Encoding: gzip\r\n" },
        LLM_OK, "Hello, w\xC3\xB6rld.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai__request_is_the_documented_one),
        cmocka_unit_test(openai__no_key_no_header),
        cmocka_unit_test(openai__open_refuses_what_cannot_work),
        cmocka_unit_test(openai__split_at_every_byte),
        cmocka_unit_test(openai__byte_by_byte),
        cmocka_unit_test(openai__crlf_comments_and_data_lines),
        cmocka_unit_test(openai__odd_chunks_are_no_errors),
        cmocka_unit_test(openai__done_and_usage_may_be_missing),
        cmocka_unit_test(openai__reported_cost_is_read),
        cmocka_unit_test(openai__a_json_answer_where_a_stream_was_asked),
        cmocka_unit_test(openai__gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
