/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAI provider when the other side cuts, stalls, garbles, refuses or floods, and
 * when our own side is slow or has changed its mind.
 */
#include "tests/unit/llm/openai_talk.h"

#include <sys/resource.h>

/* ---- how it may end badly ---- */

static void openai__finish_reasons(void **state X_UNUSED)
{
    struct talk t;
    assert_body(SAY("Half") STOP_("content_filter") DONE, LLM_REFUSED, "Half");
    assert_body("data: {\"choices\":[{\"delta\":{\"refusal\":\"I can't\"}}]}\n\n" STOP_("stop"), LLM_REFUSED,
                "");
    assert_body(SAY("Half") STOP_("error"), LLM_TRANSIENT, "Half");
    assert_body(STOP_("stop") DONE, LLM_CUT, ""); /* nothing was said */
    talk_open(&t, &(struct fake_reply){ .body = SAY("Long") STOP_("length") }, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_non_null(strstr(t.result.detail, "length"));
    talk_close(&t);
}

static void openai__cut_anywhere_is_cut(void **state X_UNUSED)
{
    assert_body(ROLE SAY("Half a sen"), LLM_CUT, "Half a sen");
    assert_body(ROLE SAY("Half a sen") DONE, LLM_CUT, "Half a sen");
    assert_talk(&(struct fake_reply){ .body = ROLE SAY("Half") "data: {\"choi", .end = FAKE_CUT }, LLM_CUT,
                "Half");
    assert_talk(&(struct fake_reply){ .body = "", .end = FAKE_CUT }, LLM_CUT, "");
    assert_talk(&(struct fake_reply){ .silent = true, .end = FAKE_RESET }, LLM_TRANSIENT, "");
}

/* A reset throws away what the client has not read yet: the head may be among it. */
static void openai__reset_is_cut_or_transient(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = ROLE SAY("Half"), .end = FAKE_RESET }, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, t.result.status ? LLM_CUT : LLM_TRANSIENT);
    talk_close(&t);
}

static void openai__malformed_events_are_skipped(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t,
              &(struct fake_reply){ .body = SAY("A") "data: {\"choices\":[{]}\n\ndata: \xFF\xFE\n\n"
                                                     "data: 17\n\n" SAY("B") STOP_("stop") },
              1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_string_equal(buf_text(&t.text), "AB");
    assert_non_null(strstr(t.result.detail, "3 unreadable"));
    assert_int_equal(t.result.skipped_events, 3);
    talk_close(&t);
    assert_body("data: <html>grandmother</html>\n\ndata: {{{\n\n", LLM_CUT, "");
    assert_talk(&(struct fake_reply){ .body = "<html><body>Please log in", .type = "text/html" }, LLM_CUT,
                "");
}

static void openai__errors_inside_a_200(void **state X_UNUSED)
{
    static const struct {
        const char *event;
        enum llm_end end;
    } row[] = {
        { "data: {\"error\":{\"message\":\"grandmother " KEY "\",\"code\":\"rate_limit_exceeded\"}}\n\n",
          LLM_RATE },
        { "data: {\"error\":{\"code\":429,\"message\":\"slow\"}}\n\n", LLM_RATE },
        { "data: {\"error\":{\"code\":502}}\n\n", LLM_TRANSIENT },
        { "data: {\"error\":\"grandmother exploded\"}\n\n", LLM_TRANSIENT },
        { "data: {\"error\":{\"type\":\"insufficient_quota\",\"code\":null}}\n\n", LLM_MONEY },
        { "data: {\"error\":{\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}\n\n",
          LLM_TOO_LONG },
        { "event: error\ndata: {\"type\":\"overloaded_error\",\"message\":\"x\"}\n\n", LLM_TRANSIENT },
        { "event: error\ndata: {\"error\":{\"type\":\"authentication_error\"}}\n\n", LLM_KEY },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char late[512];
        assert_body(row[i].event, row[i].end, "");
        snprintf(late, sizeof late, "%s%s%s", SAY("Begun"), row[i].event, SAY("never") STOP_("stop"));
        assert_body(late, row[i].end, "Begun");
    }
    assert_body(SAY("Whole.") STOP_("stop") "data: {\"error\":{\"code\":500}}\n\n", LLM_OK, "Whole.");
}

static void openai__statuses(void **state X_UNUSED)
{
    static const struct {
        const char *status, *header, *body;
        enum llm_end end;
        int64_t retry_ms;
    } row[] = {
        { "429 Too Many", "Retry-After: 7\r\n", "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", LLM_RATE,
          7000 },
        { "429 Too Many", "Retry-After: 9\r\nretry-after-ms: 250\r\n", "{}", LLM_RATE, 250 },
        { "429 Too Many", NULL, "not json", LLM_RATE, -1 },
        { "429 Too Many", NULL, "{\"error\":{\"type\":\"insufficient_quota\"}}", LLM_MONEY, -1 },
        { "402 Pay", NULL, "", LLM_MONEY, -1 },
        { "500 Oops", NULL, "", LLM_TRANSIENT, -1 },
        { "503 Busy", "Retry-After: 3\r\n", "{\"error\":{\"code\":\"server_is_overloaded\"}}", LLM_TRANSIENT,
          3000 },
        { "503 Busy", NULL, "<html>", LLM_TRANSIENT, -1 },
        { "401 No", NULL, "{\"error\":{\"message\":\"Incorrect API key: " KEY "\",\"code\":\"" KEY "\"}}",
          LLM_KEY, -1 },
        { "403 No", NULL, "", LLM_KEY, -1 },
        { "400 Bad", NULL, "{\"error\":{\"code\":\"context_length_exceeded\"}}", LLM_TOO_LONG, -1 },
        { "400 Bad", NULL, "{\"error\":{\"code\":\"grandmother_ines\"}}", LLM_BAD_REQUEST, -1 },
        { "404 Gone", NULL, "{\"error\":{\"code\":\"model_not_found\"}}", LLM_BAD_REQUEST, -1 },
        { "302 Moved", "Location: http://127.0.0.1:1/\r\n", "", LLM_BAD_REQUEST, -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct talk t;
        talk_open(&t,
                  &(struct fake_reply){ .status = row[i].status,
                                        .header = row[i].header,
                                        .body = row[i].body,
                                        .type = "application/json" },
                  1);
        talk_run(&t);
        if (t.result.end != row[i].end || t.result.retry_after_ms != row[i].retry_ms)
            fail_msg("row %zu: end %d, %s", i, t.result.end, t.result.detail);
        assert_int_equal(t.result.status, strtol(row[i].status, NULL, 10));
        assert_clean_detail(&t.result);
        talk_close(&t);
    }
}

static void openai__a_refusal_without_end_is_read_no_further(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .status = "500 Oops", .body = "xxxxxxxxxxxxxxxx", .end = FAKE_FLOOD },
              1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TRANSIENT);
    assert_true(atomic_load(&t.server.sent_bytes) < 64 << 20);
    talk_close(&t);
}

/* ---- time, size, back-pressure ---- */

static long peak_kb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* The status has said enough: nobody waits 20 s for the rest of its words. */
static void openai__a_refusal_that_hangs_is_not_waited_for(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .status = "429 Slow Down", .body = "{\"error\":", .end = FAKE_HANG },
              1);
    t.conf.first_byte_ms = t.conf.idle_ms = 20000;
    t.req.total_ms = 20000;
    int64_t began_ms = clock_mono_ms();
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_RATE);
    assert_true(clock_mono_ms() - began_ms < 10000);
    talk_close(&t);
}

static void openai__five_gigabytes_cost_no_memory(void **state X_UNUSED)
{
    static char events[64 << 10], line[2 << 20];
    for (size_t n = 0; n + sizeof SAY("word ") < sizeof events; n += strlen(SAY("word ")))
        memcpy(events + n, SAY("word "), sizeof SAY("word "));
    memset(line, 'x', sizeof line);
    memcpy(line, "data: ", 6);
    const struct fake_reply flood = { .body = events, .end = FAKE_FLOOD };
    const struct fake_reply no_end = { .body = line, .len = sizeof line, .end = FAKE_FLOOD };
    long before = peak_kb();
    assert_talk(&flood, LLM_CUT, NULL);
    assert_talk(&no_end, LLM_CUT, "");
    print_message("             peak memory grew by %ld KiB\n", peak_kb() - before);
    if (!SANITIZED) /* a sanitizer keeps what was freed */
        assert_true(peak_kb() - before <= 32 << 10);
}

static void openai__a_full_reader_stops_the_server(void **state X_UNUSED)
{
    static char events[64 << 10];
    struct talk t;
    for (size_t n = 0; n + sizeof SAY("word ") < sizeof events; n += strlen(SAY("word ")))
        memcpy(events + n, SAY("word "), sizeof SAY("word "));
    talk_open(&t, &(struct fake_reply){ .body = events, .end = FAKE_FLOOD }, 1);
    t.req.total_ms = 300;
    t.full_at = 1;
    t.never = true;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TIMEOUT_TOTAL);
    assert_int_equal(t.texts, 1);
    assert_true(atomic_load(&t.server.sent_bytes) < 16 << 20); /* what two sockets hold */
    talk_close(&t);
}

static void openai__resume_loses_nothing(void **state X_UNUSED)
{
    static const char body[] = SAY("one ") SAY("two ") SAY("three ") SAY("four") STOP_("stop") USAGE DONE;
    static const size_t piece[] = { 0, 1, 60, 200 };
    for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
        struct talk t;
        talk_open(&t, &(struct fake_reply){ .body = body, .piece = piece[i] }, 1);
        t.full_at = -1;
        talk_run(&t);
        assert_int_equal(t.result.end, LLM_OK);
        assert_string_equal(buf_text(&t.text), "one two three four");
        assert_int_equal(t.result.tokens_out, 7);
        talk_close(&t);
    }
}

static void openai__timeouts(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .silent = true, .end = FAKE_HANG }, 1);
    t.conf.first_byte_ms = 60;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TIMEOUT_FIRST);
    talk_close(&t);
    talk_open(&t, &(struct fake_reply){ .body = ROLE SAY("Half"), .end = FAKE_HANG }, 1);
    t.conf.idle_ms = 60;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TIMEOUT_IDLE);
    assert_string_equal(buf_text(&t.text), "Half");
    talk_close(&t);
    talk_open(&t, &(struct fake_reply){ .body = SAY("Whole.") STOP_("stop"), .end = FAKE_HANG }, 1);
    t.conf.idle_ms = 60;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    talk_close(&t);
}

static void openai__comments_do_not_count_as_an_answer(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = ": wait\n\n", .drip_ms = 10, .piece = 1, .end = FAKE_FLOOD },
              1);
    t.conf.first_byte_ms = 80;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TIMEOUT_FIRST);
    talk_close(&t);
}

static void openai__a_slow_drip_is_only_slow(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = GOOD, .piece = 20, .drip_ms = 4 }, 1);
    t.conf.idle_ms = t.conf.first_byte_ms = 2000;
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    talk_close(&t);
}

static void openai__cancel_is_silent(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = GOOD, .end = FAKE_HANG }, 1);
    talk_start(&t);
    provider_openai.cancel(t.call);
    t.ends = 1;
    uv_run(&t.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(t.texts, 0);
    for (int at = 1; at <= 2; at++) { /* in the middle of a callback */
        t.cancel_at = at;
        talk_run(&t);
        assert_int_equal(t.texts, at);
    }
    talk_close(&t);
}

static void openai__nobody_listens(void **state X_UNUSED)
{
    struct talk t;
    talk_open(&t, &(struct fake_reply){ .body = GOOD }, 1);
    t.conf.base_url = "http://127.0.0.1:1/v1";
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_TRANSIENT);
    assert_int_equal(t.result.status, 0);
    assert_true(t.result.detail[0] != '\0');
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai__finish_reasons),
        cmocka_unit_test(openai__cut_anywhere_is_cut),
        cmocka_unit_test(openai__reset_is_cut_or_transient),
        cmocka_unit_test(openai__malformed_events_are_skipped),
        cmocka_unit_test(openai__errors_inside_a_200),
        cmocka_unit_test(openai__statuses),
        cmocka_unit_test(openai__a_refusal_without_end_is_read_no_further),
        cmocka_unit_test(openai__a_refusal_that_hangs_is_not_waited_for),
        cmocka_unit_test(openai__five_gigabytes_cost_no_memory),
        cmocka_unit_test(openai__a_full_reader_stops_the_server),
        cmocka_unit_test(openai__resume_loses_nothing),
        cmocka_unit_test(openai__timeouts),
        cmocka_unit_test(openai__comments_do_not_count_as_an_answer),
        cmocka_unit_test(openai__a_slow_drip_is_only_slow),
        cmocka_unit_test(openai__cancel_is_silent),
        cmocka_unit_test(openai__nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
