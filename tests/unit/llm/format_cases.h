/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold for every wire format, over samples the including file lays out in `s` (and TALK_OPS, see
 * openai_talk.h): any split, the retry table, errors inside a 200, cuts, floods, a slow reader.
 */
#ifndef TESTS_UNIT_LLM_FORMAT_CASES_H
#define TESTS_UNIT_LLM_FORMAT_CASES_H

#include <sys/resource.h>

#include "tests/unit/llm/openai_talk.h"

struct samples {
    const char *type;        /* content type of a stream */
    const char *good, *text; /* a whole answer and what it says */
    int64_t in, out;         /* its usage */
    const char *no_usage;    /* whole, says "ok" */
    const char *say;         /* one event of text, "word " */
    const char *finish;      /* ends an answer; says nothing */
    const char *garbage;     /* two events that are no JSON */
    const char *refused, *length;
    const char *error[4]; /* inside a 200; NULL-terminated */
    enum llm_end error_end[4];
    const char *whole; /* application/json: says "Whole." */
};

static const struct samples s;

static struct fake_reply reply_of(const char *body)
{
    return (struct fake_reply){ .body = body, .type = s.type };
}

static void expect(const char *body, enum llm_end end, const char *text)
{
    const struct fake_reply reply = reply_of(body);
    assert_talk(&reply, end, text);
}

/* The same place of a ring of buffers; tests put at most four together. */
static const char *both(const char *a, const char *b)
{
    static char ring[4][8192];
    static unsigned next;
    char *out = ring[next++ % 4];
    assert_true(snprintf(out, sizeof ring[0], "%s%s", a, b) < (int)sizeof ring[0]);
    return out;
}

static void format__split_at_every_byte(void **state X_UNUSED)
{
    static struct fake_reply reply[4096];
    size_t n = strlen(s.good);
    struct talk t;
    assert_true(n < ARRAY_LEN(reply));
    for (size_t i = 0; i < n; i++) {
        reply[i] = reply_of(s.good);
        reply[i].split = i;
    }
    talk_open(&t, reply, n);
    for (size_t i = 0; i < n; i++) {
        talk_run(&t);
        if (t.result.end != LLM_OK)
            fail_msg("split at %zu: %s", i, t.result.detail);
        assert_string_equal(buf_text(&t.text), s.text);
        assert_int_equal(t.result.tokens_in, s.in);
        assert_int_equal(t.result.tokens_out, s.out);
    }
    talk_close(&t);
}

static void format__byte_by_byte(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(s.good);
    reply.piece = 1;
    assert_talk(&reply, LLM_OK, s.text);
}

static void format__usage_may_be_missing(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(s.no_usage);
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_string_equal(buf_text(&t.text), "ok");
    assert_int_equal(t.result.tokens_in, -1);
    assert_int_equal(t.result.tokens_out, -1);
    assert_int_equal(t.result.cached_in, -1);
    assert_int_equal(t.result.cost_nusd, -1);
    talk_close(&t);
}

static void format__cut_anywhere_is_cut(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(both(s.say, "{\"half"));
    expect(s.say, LLM_CUT, "word ");
    expect(both(s.say, s.garbage), LLM_CUT, "word ");
    expect("", LLM_CUT, "");
    expect("\n\n\n", LLM_CUT, "");
    expect(s.finish, LLM_CUT, ""); /* finished without any text */
    reply.end = FAKE_CUT;
    assert_talk(&reply, LLM_CUT, "word ");
    reply = reply_of(both(s.say, s.finish));
    reply.end = FAKE_CUT; /* after the last word: nothing is missing */
    assert_talk(&reply, LLM_OK, "word ");
}

static void format__garbage_is_skipped_and_counted(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(both(both(s.say, s.garbage), both(s.say, s.finish)));
    struct talk t;
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_string_equal(buf_text(&t.text), "word word ");
    assert_string_equal(t.result.detail, "2 unreadable events skipped");
    talk_close(&t);
    assert_talk(&(struct fake_reply){ .body = "<html>grandmother_ines</html>", .type = "text/html" }, LLM_CUT,
                "");
}

static void format__refusal_and_length(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(s.length);
    struct talk t;
    expect(s.refused, LLM_REFUSED, NULL);
    talk_open(&t, &reply, 1);
    talk_run(&t);
    assert_int_equal(t.result.end, LLM_OK);
    assert_string_equal(t.result.detail, "finish_reason length");
    talk_close(&t);
}

static void format__errors_inside_a_200(void **state X_UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(s.error) && s.error[i]; i++) {
        expect(s.error[i], s.error_end[i], "");
        expect(both(s.say, s.error[i]), s.error_end[i], "word ");
        expect(both(both(s.say, s.finish), s.error[i]), LLM_OK, "word ");
        assert_talk(&(struct fake_reply){ .body = "{\"error\":\"overloaded\"}", .type = "application/json" },
                    LLM_TRANSIENT, "");
    }
}

static void format__a_json_answer_where_a_stream_was_asked(void **state X_UNUSED)
{
    assert_talk(
        &(struct fake_reply){ .body = s.whole, .type = "application/json; charset=UTF-8", .piece = 3 },
        LLM_OK, "Whole.");
    assert_talk(&(struct fake_reply){ .body = "{\"half", .type = "application/json" }, LLM_CUT, "");
    assert_talk(&(struct fake_reply){ .body = "[[[[]]]]", .type = "application/json" }, LLM_CUT, "");
}

static void format__retry_table(void **state X_UNUSED)
{
    static const struct {
        const char *status, *header, *body;
        enum llm_end end;
        int64_t retry_ms;
    } row[] = {
        { "408 Late", NULL, "", LLM_TRANSIENT, -1 },
        { "409 Conflict", NULL, "{\"error\":{\"type\":\"conflict_error\"}}", LLM_TRANSIENT, -1 },
        { "500 Oops", NULL, "<html>", LLM_TRANSIENT, -1 },
        { "502 Gate", NULL, "", LLM_TRANSIENT, -1 },
        { "503 Busy", "Retry-After: 3\r\n", "{\"error\":{\"status\":\"UNAVAILABLE\"}}", LLM_TRANSIENT, 3000 },
        { "529 Over", "Retry-After: 5\r\n", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
          LLM_TRANSIENT, 5000 },
        { "429 Rate", "Retry-After: 7\r\n", "{\"error\":{\"type\":\"rate_limit_error\"}}", LLM_RATE, 7000 },
        { "429 Rate", NULL,
          "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"x\"},"
          "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"2.5s\"}]}}",
          LLM_RATE, 2500 },
        { "429 Money", NULL, "{\"error\":{\"type\":\"insufficient_quota\"}}", LLM_MONEY, -1 },
        { "429 Money", NULL, "{\"error\":{\"type\":\"enforced_spend_limit_reached\"}}", LLM_MONEY, -1 },
        { "402 Pay", NULL, "", LLM_MONEY, -1 },
        { "400 Bad", NULL,
          "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too low\"}}",
          LLM_MONEY, -1 },
        { "401 No", NULL, "{\"error\":{\"type\":\"authentication_error\",\"message\":\"" KEY "\"}}", LLM_KEY,
          -1 },
        { "403 No", NULL, "{\"error\":{\"status\":\"PERMISSION_DENIED\"}}", LLM_KEY, -1 },
        { "400 Bad", NULL,
          "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\",\"message\":\"API key not valid. "
          "Please\"}}",
          LLM_KEY, -1 },
        { "413 Big", NULL, "", LLM_TOO_LONG, -1 },
        { "400 Bad", NULL, "{\"error\":{\"message\":\"prompt is too long: 9 tokens\"}}", LLM_TOO_LONG, -1 },
        { "400 Bad", NULL,
          "{\"error\":{\"message\":\"The input token count exceeds the maximum number of tokens allowed\"}}",
          LLM_TOO_LONG, -1 },
        { "400 Bad", NULL, "{\"error\":\"grandmother_ines\"}", LLM_BAD_REQUEST, -1 },
        { "404 Gone", NULL, "{\"error\":\"model 'm-1' not found\"}", LLM_BAD_REQUEST, -1 },
        { "422 What", NULL, "[]", LLM_BAD_REQUEST, -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct talk t;
        const struct fake_reply reply = {
            .status = row[i].status, .header = row[i].header, .body = row[i].body, .type = "application/json"
        };
        talk_open(&t, &reply, 1);
        talk_run(&t);
        if (t.result.end != row[i].end || t.result.retry_after_ms != row[i].retry_ms)
            fail_msg("row %zu: end %d, %s", i, t.result.end, t.result.detail);
        assert_clean_detail(&t.result);
        talk_close(&t);
    }
}

static long peak_kb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void format__five_gigabytes_cost_no_memory(void **state X_UNUSED)
{
    static char events[64 << 10], line[2 << 20];
    size_t n = strlen(s.say);
    for (size_t at = 0; at + n < sizeof events; at += n)
        memcpy(events + at, s.say, n + 1);
    memset(line, 'x', sizeof line);
    memcpy(line, "data: {\"", 8);
    struct fake_reply flood = reply_of(events), no_end = reply_of(line), whole = reply_of(line + 6);
    flood.end = no_end.end = whole.end = FAKE_FLOOD;
    no_end.len = sizeof line;
    whole.len = sizeof line - 6;
    whole.type = "application/json";
    long before = peak_kb();
    assert_talk(&flood, LLM_CUT, NULL);
    assert_talk(&no_end, LLM_CUT, "");
    assert_talk(&whole, LLM_CUT, "");
    if (!SANITIZED) /* a sanitizer keeps what was freed */
        assert_true(peak_kb() - before <= 32 << 10);
}

static void format__a_slow_reader_loses_nothing(void **state X_UNUSED)
{
    static const size_t piece[] = { 0, 1, 60, 200 };
    for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
        struct fake_reply reply = reply_of(s.good);
        struct talk t;
        reply.piece = piece[i];
        talk_open(&t, &reply, 1);
        t.full_at = -1;
        talk_run(&t);
        assert_int_equal(t.result.end, LLM_OK);
        assert_string_equal(buf_text(&t.text), s.text);
        assert_int_equal(t.result.tokens_out, s.out);
        talk_close(&t);
    }
}

static void format__cancel_is_silent(void **state X_UNUSED)
{
    struct fake_reply reply = reply_of(s.good);
    struct talk t;
    reply.end = FAKE_HANG;
    talk_open(&t, &reply, 1);
    for (int at = 1; at <= 2; at++) { /* in the middle of a callback */
        t.cancel_at = at;
        talk_run(&t);
        assert_int_equal(t.texts, at);
    }
    talk_close(&t);
}

#define FORMAT_CASES                                                                                         \
    cmocka_unit_test(format__split_at_every_byte), cmocka_unit_test(format__byte_by_byte),                   \
        cmocka_unit_test(format__usage_may_be_missing), cmocka_unit_test(format__cut_anywhere_is_cut),       \
        cmocka_unit_test(format__garbage_is_skipped_and_counted),                                            \
        cmocka_unit_test(format__refusal_and_length), cmocka_unit_test(format__errors_inside_a_200),         \
        cmocka_unit_test(format__a_json_answer_where_a_stream_was_asked),                                    \
        cmocka_unit_test(format__retry_table), cmocka_unit_test(format__five_gigabytes_cost_no_memory),      \
        cmocka_unit_test(format__a_slow_reader_loses_nothing), cmocka_unit_test(format__cancel_is_silent)

#endif
