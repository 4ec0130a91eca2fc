/* SPDX-License-Identifier: Apache-2.0
 *
 * The retry table row by row, Retry-After in its forms, and what a detail may show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "llm/outcome.h"

static enum llm_end end_of(int status, const char *body)
{
    cJSON *doc = cJSON_Parse(body);
    enum llm_end end = outcome_end(status, outcome_error(doc));
    cJSON_Delete(doc);
    return end;
}

static void outcome__retry_table(void **state X_UNUSED)
{
    static const struct {
        int status;
        const char *body;
        enum llm_end end;
    } row[] = {
        { 408, "", LLM_TRANSIENT },
        { 409, "{\"error\":{\"type\":\"conflict_error\"}}", LLM_TRANSIENT },
        { 500, "{\"error\":{\"code\":\"insufficient_quota\"}}", LLM_TRANSIENT },
        { 502, "", LLM_TRANSIENT },
        { 503, "[{\"error\":{\"status\":\"UNAVAILABLE\"}}]", LLM_TRANSIENT },
        { 504, "", LLM_TRANSIENT },
        { 529, "", LLM_TRANSIENT },
        { 429, "", LLM_RATE },
        { 429, "{\"error\":{\"code\":\"slow_down\"}}", LLM_RATE },
        { 429, "{\"error\":{\"code\":\"invalid_api_key\"}}", LLM_RATE },
        { 429, "[{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]", LLM_RATE },
        { 429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"credit_balance_exhausted\"}}",
          LLM_MONEY },
        { 429, "{\"error\":{\"code\":\"project_spend_limit_exceeded\"}}", LLM_MONEY },
        { 429, "{\"error\":{\"code\":\"organization_usage_limit_exceeded\"}}", LLM_MONEY },
        { 429, "{\"error\":{\"type\":\"enforced_spend_limit_reached\"}}", LLM_MONEY },
        { 402, "", LLM_MONEY },
        { 401, "", LLM_KEY },
        { 403, "", LLM_KEY },
        { 403, "{\"error\":{\"code\":\"content_policy_violation\"}}", LLM_REFUSED },
        { 413, "", LLM_TOO_LONG },
        { 400, "{\"error\":{\"code\":\"context_length_exceeded\"}}", LLM_TOO_LONG },
        { 400, "{\"error\":{\"type\":\"BadRequestError\",\"message\":\"maximum Context Length is 8192\"}}",
          LLM_TOO_LONG },
        { 400, "{\"error\":{\"code\":\"content_filter\"}}", LLM_REFUSED },
        { 400, "{\"error\":{\"code\":\"billing_hard_limit_reached\"}}", LLM_MONEY },
        { 400, "{\"error\":{\"type\":\"invalid_request_error\"}}", LLM_BAD_REQUEST },
        { 400, "<html>", LLM_BAD_REQUEST },
        { 404, "{\"error\":{\"code\":\"model_not_found\"}}", LLM_BAD_REQUEST },
        { 422, "{\"detail\":[]}", LLM_BAD_REQUEST },
        { 301, "", LLM_BAD_REQUEST },
        { 200, "{\"error\":{\"code\":401}}", LLM_KEY },
        { 200, "{\"error\":{\"code\":\"who_knows\"}}", LLM_TRANSIENT },
        { 200, "{\"error\":true}", LLM_TRANSIENT },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        if (end_of(row[i].status, row[i].body) != row[i].end)
            fail_msg("row %zu (%d %s): %d", i, row[i].status, row[i].body,
                     end_of(row[i].status, row[i].body));
}

static void outcome__no_error_is_null(void **state X_UNUSED)
{
    static const char *const fine[] = { "{\"error\":null}", "{\"choices\":[]}", "[]", "3",
                                        "{\"error\":false}" };
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        cJSON *doc = cJSON_Parse(fine[i]);
        assert_null(outcome_error(doc));
        cJSON_Delete(doc);
    }
    assert_null(outcome_error(NULL));
}

static void outcome__retry_after_forms(void **state X_UNUSED)
{
    const int64_t now = 784111770000; /* Sun, 06 Nov 1994 08:49:30 GMT */
    assert_int_equal(outcome_retry_after(NULL, "120", now), 120000);
    assert_int_equal(outcome_retry_after(NULL, "1.5", now), 1500);
    assert_int_equal(outcome_retry_after(NULL, "0", now), 0);
    assert_int_equal(outcome_retry_after("250", "120", now), 250);
    assert_int_equal(outcome_retry_after("soon", "2", now), 2000);
    assert_int_equal(outcome_retry_after(NULL, "Sun, 06 Nov 1994 08:49:37 GMT", now), 7000);
    assert_int_equal(outcome_retry_after(NULL, "Sat, 05 Nov 1994 08:49:37 GMT", now), 0);
    assert_int_equal(outcome_retry_after(NULL, "99999999999999999999", now), OUTCOME_RETRY_MAX_MS);
    assert_int_equal(outcome_retry_after(NULL, "Fri, 31 Dec 9999 23:59:59 GMT", now), OUTCOME_RETRY_MAX_MS);
}

static void outcome__retry_after_nonsense_is_unsaid(void **state X_UNUSED)
{
    static const char *const bad[] = { "",
                                       "-3",
                                       "1e999",
                                       "3 s",
                                       "Sun, 06 Foo 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 99:49:37 GMT",
                                       "Sun, 06 Nov 1994 08:49:37 CET",
                                       "nan",
                                       "inf",
                                       "%s%n" };
    assert_int_equal(outcome_retry_after(NULL, NULL, 0), -1);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (outcome_retry_after(bad[i], bad[i], 0) != -1)
            fail_msg("%s was read as a time", bad[i]);
}

static void detail_of(char out[160], const char *body)
{
    static const struct llm_message m = { LLM_USER, "Is my_secret_plan for Ana_Lopez any good?" };
    const struct llm_request req = { .message = &m, .messages = 1, .question = "" };
    cJSON *doc = cJSON_Parse(body);
    outcome_detail(out, 400, outcome_error(doc), "sk-Key_123", &req);
    cJSON_Delete(doc);
}

static void outcome__detail_shows_identifiers_only(void **state X_UNUSED)
{
    char out[160];
    detail_of(out, "{\"error\":{\"code\":\"unsupported_parameter\",\"message\":\"temperature\"}}");
    assert_string_equal(out, "HTTP 400 unsupported_parameter");
    detail_of(out, "{\"error\":{\"code\":null,\"type\":\"BadRequestError\"}}");
    assert_string_equal(out, "HTTP 400 BadRequestError");
}

static void outcome__detail_never_quotes(void **state X_UNUSED)
{
    static const char *const bad[] = {
        "{\"error\":{\"code\":\"Key_123\"}}",   "{\"error\":{\"code\":\"my_secret_plan\"}}",
        "{\"error\":{\"code\":\"ANA_LOPEZ\"}}", "{\"error\":{\"code\":\"two words\"}}",
        "{\"error\":{\"code\":\"a\\nb\"}}",     "{\"error\":{\"message\":\"Ana_Lopez sk-Key_123\"}}",
        "{\"error\":\"sk-Key_123\"}",           "{\"error\":{\"type\":{\"a\":[1]}}}",
    };
    char out[160];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        detail_of(out, bad[i]);
        assert_string_equal(out, "HTTP 400 without a code");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome__retry_table),
        cmocka_unit_test(outcome__no_error_is_null),
        cmocka_unit_test(outcome__retry_after_forms),
        cmocka_unit_test(outcome__retry_after_nonsense_is_unsaid),
        cmocka_unit_test(outcome__detail_shows_identifiers_only),
        cmocka_unit_test(outcome__detail_never_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
