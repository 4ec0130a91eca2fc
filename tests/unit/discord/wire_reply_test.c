/* SPDX-License-Identifier: Apache-2.0
 *
 * What answers mean: the table of codes, limits in headers and bodies, whose word counts, and a sentence for
 * the operator that repeats no user and no token.
 */
#include "tests/unit/discord/wire_kit.h"

static struct dc_rate no_rate(void)
{
    struct dc_rate r;
    dc_rate_init(&r);
    return r;
}

static struct dc_reply reply_with(int status, const struct dc_rate *rate, const char *json)
{
    struct dc_reply r;
    memset(&r, 0x5A, sizeof r);
    dc_reply_read(status, rate, json, strlen(json), &r);
    return r;
}

static struct dc_reply reply(int status, const char *json)
{
    struct dc_rate rate = no_rate();
    return reply_with(status, &rate, json);
}

static void reply__of_what_was_made_has_its_id(void **state X_UNUSED)
{
    struct dc_reply r = reply(200, "{\"id\":\"4711\",\"content\":\"x\"}");
    assert_int_equal(r.end, DC_OK);
    assert_string_equal(r.id, "4711");
    assert_string_equal(r.detail, "");
    assert_string_equal(reply(200, "{\"interaction\":{\"id\":\"1\",\"response_message_id\":\"72\"}}").id,
                        "72");
    assert_string_equal(reply(200, "[{\"id\":\"1\"}]").id, "");
    assert_string_equal(reply(200, "{\"id\":\"x\"}").id, "");
    assert_int_equal(reply(204, "").end, DC_OK);
    assert_int_equal(reply(201, "").end, DC_OK);
}

static void reply__the_table_of_codes(void **state X_UNUSED)
{
    static const struct {
        int status, code;
        enum dc_end end;
    } row[] = {
        { 404, 10003, DC_GONE },
        { 404, 10004, DC_GONE },
        { 404, 10008, DC_GONE },
        { 404, 10015, DC_EXPIRED },
        { 404, 10062, DC_EXPIRED },
        { 401, 50027, DC_EXPIRED },
        { 400, 40060, DC_ACKNOWLEDGED },
        { 403, 50001, DC_NO_ACCESS },
        { 403, 50013, DC_NO_ACCESS },
        { 403, 50007, DC_NO_ACCESS },
        { 403, 50278, DC_NO_ACCESS },
        { 400, 50083, DC_ARCHIVED },
        { 400, 160002, DC_NO_REPLY },
        { 400, 200000, DC_REFUSED },
        { 403, 40333, DC_REFUSED },
        { 400, 30034, DC_SPENT },
        { 400, 30046, DC_SPENT },
        { 400, 50035, DC_BAD },
        { 401, 0, DC_UNAUTHORIZED },
        { 403, 20012, DC_NO_ACCESS },
        { 403, 0, DC_NO_ACCESS },
        { 404, 0, DC_BAD },
        { 404, 10063, DC_GONE },
        { 405, 0, DC_BAD },
        { 413, 40005, DC_BAD },
        { 500, 0, DC_RETRY },
        { 502, 0, DC_RETRY },
        { 503, 130000, DC_RETRY },
        { 302, 0, DC_RETRY },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dc_reply r;
        char json[128];
        snprintf(json, sizeof json, "{\"message\":\"Something\",\"code\":%d}", row[i].code);
        r = reply(row[i].status, json);
        if (r.end != row[i].end)
            fail_msg("%d %d: %d", row[i].status, row[i].code, r.end);
        assert_int_equal(r.code, row[i].code);
        assert_true(r.id[0] == '\0' && r.retry_after_ms == 0);
        assert_non_null(strstr(r.detail, "Something"));
    }
}

/* A firewall's page must not silence a channel or the bot. */
static void reply__only_discords_own_word_counts(void **state X_UNUSED)
{
    static const char *const page[] = { "<html>no</html>", "", "{}", "[]", "{\"error\":\"nope\"}",
                                        "{\"message\":7}" };
    static const int status[] = { 400, 401, 403, 404, 500, 502, 520 };
    struct dc_reply r;
    for (size_t i = 0; i < ARRAY_LEN(page); i++)
        for (size_t j = 0; j < ARRAY_LEN(status); j++)
            assert_int_equal(reply(status[j], page[i]).end, DC_RETRY);
    r = reply(429, "<html>error code: 1015</html>");
    assert_int_equal(r.end, DC_LIMITED);
    assert_true(r.global && r.retry_after_ms == 60000);
    assert_int_equal(reply(200, "<html>log in here</html>").end, DC_RETRY);
    r = reply(0, "");
    assert_int_equal(r.end, DC_RETRY);
    assert_string_equal(r.detail, "no answer");
}

static void limited__says_how_long_and_whose(void **state X_UNUSED)
{
    struct dc_rate rate = no_rate();
    struct dc_reply r = reply(429, "{\"message\":\"You are being rate limited.\",\"retry_after\":0.0641,"
                                   "\"global\":false}");
    assert_int_equal(r.end, DC_LIMITED);
    assert_int_equal(r.retry_after_ms, 65);
    assert_false(r.global);
    assert_int_equal(r.scope, DC_SCOPE_NONE);
    dc_rate_header(&rate, str_of("Retry-After"), str_of("3"));
    dc_rate_header(&rate, str_of("X-RateLimit-Scope"), str_of("shared"));
    r = reply_with(429, &rate, "{\"message\":\"You are being rate limited.\",\"global\":false}");
    assert_int_equal(r.retry_after_ms, 3000);
    assert_int_equal(r.scope, DC_SCOPE_SHARED);
    dc_rate_header(&rate, str_of("x-ratelimit-scope"), str_of("global"));
    assert_true(reply_with(429, &rate, "{\"message\":\"x\",\"retry_after\":1}").global);
    assert_true(reply(429, "{\"message\":\"x\",\"retry_after\":1,\"global\":true}").global);
    assert_int_equal(reply(429, "{\"message\":\"x\"}").retry_after_ms, 1000);
    assert_int_equal(reply(429, "{\"message\":\"x\",\"retry_after\":0}").retry_after_ms, 1);
    assert_int_equal(reply(429, "{\"message\":\"x\",\"retry_after\":-4}").retry_after_ms, 1000);
    assert_true(reply(429, "{\"message\":\"x\",\"retry_after\":1e300}").retry_after_ms == DC_WAIT_MAX_MS);
}

static void rate__is_read_from_headers(void **state X_UNUSED)
{
    static const char *const header[][2] = {
        { "X-RateLimit-Limit", "5" },
        { "x-ratelimit-remaining", " 0 " },
        { "X-RATELIMIT-RESET-AFTER", "1.5" },
        { "x-ratelimit-bucket", "abcd1234" },
        { "X-RateLimit-Global", "true" },
        { "x-ratelimit-scope", "user" },
        { "Retry-After", "65" },
        { "Content-Type", "x" },
        { "X-RateLimit-Reset", "1470173023" },
    };
    struct dc_rate r = no_rate();
    assert_true(r.limit == -1 && r.remaining == -1 && r.reset_after_ms == -1 && r.retry_after_ms == -1);
    for (size_t i = 0; i < ARRAY_LEN(header); i++)
        dc_rate_header(&r, str_of(header[i][0]), str_of(header[i][1]));
    assert_int_equal(r.limit, 5);
    assert_int_equal(r.remaining, 0);
    assert_int_equal(r.reset_after_ms, 1500);
    assert_string_equal(r.bucket, "abcd1234");
    assert_true(r.global);
    assert_int_equal(r.scope, DC_SCOPE_USER);
    assert_int_equal(r.retry_after_ms, 65000);
}

static void rate__odd_headers_are_not_said(void **state X_UNUSED)
{
    static const char *const odd[] = {
        "", "-1", "x", "1.", "1.x", "0x1", "1e3", "99999999999999999999", "."
    };
    char *name = kit_repeated("b", DC_HASH_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        struct dc_rate r = no_rate();
        dc_rate_header(&r, str_of("x-ratelimit-reset-after"), str_of(odd[i]));
        dc_rate_header(&r, str_of("retry-after"), str_of(odd[i]));
        dc_rate_header(&r, str_of("x-ratelimit-limit"), str_of(odd[i]));
        dc_rate_header(&r, str_of("x-ratelimit-bucket"), str_of(name));
        if (r.reset_after_ms != -1 || r.retry_after_ms != -1 || r.limit != -1)
            fail_msg("\"%s\"", odd[i]);
        assert_string_equal(r.bucket, "");
    }
    free(name);
}

static void rate__fractions_are_rounded_up(void **state X_UNUSED)
{
    static const struct {
        const char *text;
        int64_t ms;
    } row[] = {
        { "0", 0 },           { "0.0001", 1 }, { "0.5", 500 }, { "1.0011", 1002 }, { "2.000000000001", 2000 },
        { "86400", 86400000 }
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dc_rate r = no_rate();
        dc_rate_header(&r, str_of("x-ratelimit-reset-after"), str_of(row[i].text));
        assert_int_equal(r.reset_after_ms, row[i].ms);
    }
}

static void detail__names_the_fault_of_a_form(void **state X_UNUSED)
{
    struct dc_reply r =
        reply(400, "{\"message\":\"Invalid Form Body\",\"code\":50035,\"errors\":{\"embeds\":{\"0\":{"
                   "\"fields\":{\"3\":{\"value\":{\"_errors\":[{\"code\":\"BASE_TYPE_MAX_LENGTH\","
                   "\"message\":\"Must be 1024 or fewer in length.\"}]}}}}}}}");
    assert_string_equal(r.detail, "HTTP 400, code 50035: Invalid Form Body (embeds.0.fields.3.value: "
                                  "BASE_TYPE_MAX_LENGTH)");
}

static void detail__repeats_no_user_and_no_token(void **state X_UNUSED)
{
    static const char *const message[] = {
        "Value \\\"my secret\\\" is not snowflake.",
        "Token MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456 is bad",
        "See https://discord.com/api/webhooks/1/secret",
        "Unknown\\nInjected line",
        "\\u00e9t\\u00e9 secret",
    };
    for (size_t i = 0; i < ARRAY_LEN(message); i++) {
        char json[512];
        struct dc_reply r;
        snprintf(json, sizeof json,
                 "{\"message\":\"%s\",\"code\":50035,\"errors\":{\"my secret\":{\"_errors\":[{"
                 "\"code\":\"my secret\"}]}}}",
                 message[i]);
        r = reply(400, json);
        assert_null(strstr(r.detail, "secret"));
        assert_null(strstr(r.detail, "GabcdE"));
        assert_null(strchr(r.detail, '\n'));
    }
}

static void gateway_bot__is_read(void **state X_UNUSED)
{
    static const char json[] =
        "{\"url\":\"wss://gateway.discord.gg\",\"shards\":2,\"session_start_limit\":{\"total\":"
        "1000,\"remaining\":999,\"reset_after\":14400000,\"max_concurrency\":1}}";
    struct dc_gateway_bot g;
    struct err err;
    assert_int_equal(dc_gateway_bot_read(json, sizeof json - 1, &g, NULL), 0);
    assert_string_equal(g.url, "wss://gateway.discord.gg");
    assert_true(g.shards == 2 && g.total == 1000 && g.remaining == 999 && g.reset_after_ms == 14400000 &&
                g.max_concurrency == 1);
    assert_int_equal(dc_gateway_bot_read("{}", 2, &g, &err), X_E_INVALID);
    assert_int_equal(dc_gateway_bot_read("x", 1, &g, &err), X_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply__of_what_was_made_has_its_id),
        cmocka_unit_test(reply__the_table_of_codes),
        cmocka_unit_test(reply__only_discords_own_word_counts),
        cmocka_unit_test(limited__says_how_long_and_whose),
        cmocka_unit_test(rate__is_read_from_headers),
        cmocka_unit_test(rate__odd_headers_are_not_said),
        cmocka_unit_test(rate__fractions_are_rounded_up),
        cmocka_unit_test(detail__names_the_fault_of_a_form),
        cmocka_unit_test(detail__repeats_no_user_and_no_token),
        cmocka_unit_test(gateway_bot__is_read),
    };
    return cmocka_run_group_tests_name("wire_reply", tests, NULL, NULL);
}
