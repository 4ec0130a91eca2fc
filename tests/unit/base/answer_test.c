/* SPDX-License-Identifier: Apache-2.0
 *
 * The bodies as clients see them, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/answer.h>

#include "base/json.h"

static struct turn *turn_made(void)
{
    struct turn *t = calloc(1, sizeof *t);

    assert_non_null(t);
    memcpy(t->id, "01TURN", 7);
    memcpy(t->request_id, "req-1", 6);
    t->msg.conversation = "session-9";
    t->identity.language = "en";
    t->route.tried[0] = (struct turn_try){ "gemini", "rate" };
    t->route.tried[1] = (struct turn_try){ "openai", "ok" };
    t->route.tries = 2;
    t->complexity = (struct turn_complexity){ 3.5, true, ROUTE_BALANCED, { "long", "live" }, 2 };
    t->answer = (struct turn_answer){
        .code = "ok",
        .text = "Stake \"32\" ETH.\n[1]",
        .sources = 1,
        .source = { { 1, "Staking", "staking.md", "Stake…", 0.87654 } },
        .provider = "openai",
        .model = "m-1",
        .tokens_in = 120,
        .tokens_out = 30,
        .cost_nusd = 1234500,
        .cached = true,
    };
    t->validation = (struct turn_validation){ true, { "tone", "cite" }, 2, 91 };
    return t;
}

static void rendered(const struct turn *t, const char *want)
{
    struct buf out = BUF_INIT(10000);
    cJSON *back;

    assert_int_equal(answer_render(t, 412, &out), 0);
    assert_string_equal(buf_text(&out), want);
    assert_int_equal(json_parse(&back, out.at, out.len, NULL), 0);
    cJSON_Delete(back);
    buf_free(&out);
}

static void answer__full_body(void **state)
{
    struct turn *t = turn_made();

    (void)state;
    rendered(
        t, "{\"answer\":\"Stake \\\"32\\\" ETH.\\n[1]\",\"sources\":[{\"n\":1,\"title\":\"Staking\","
           "\"source\":\"staking.md\",\"excerpt\":\"Stake…\",\"score\":0.8765}],\"language\":\"en\","
           "\"session_id\":\"session-9\",\"message_id\":\"01TURN\",\"validation\":{\"is_safe\":true,"
           "\"warnings\":[\"tone\",\"cite\"],\"confidence_score\":91},\"metadata\":{\"provider\":\"openai\","
           "\"model\":\"m-1\",\"complexity_score\":3.5,"
           "\"routing\":{\"class\":\"balanced\",\"needs_live\":true,\"reasons\":[\"long\",\"live\"],"
           "\"tried\":[{\"provider\":\"gemini\",\"outcome\":\"rate\"},{\"provider\":\"openai\",\"outcome\":"
           "\"ok\"}]},"
           "\"tokens_in\":120,\"tokens_out\":30,"
           "\"cost_usd\":0.0012345,\"response_time_ms\":412,\"cached\":true,\"request_id\":\"req-1\"}}");
    free(t);
}

static void answer__notice_has_its_code_first_and_no_invented_numbers(void **state)
{
    struct turn *t = calloc(1, sizeof *t);

    (void)state;
    assert_non_null(t);
    memcpy(t->id, "01TURN", 7);
    t->answer.code = "quota_exceeded";
    t->answer.text = "No messages left.";
    t->answer.cost_nusd = -1;
    t->answer.tokens_in = t->answer.tokens_out = -1;
    rendered(
        t, "{\"code\":\"quota_exceeded\",\"answer\":\"No messages left.\",\"sources\":[],\"language\":null,"
           "\"session_id\":\"\",\"message_id\":\"01TURN\",\"validation\":{\"is_safe\":false,\"warnings\":[],"
           "\"confidence_score\":0},\"metadata\":{\"provider\":null,\"model\":null,\"complexity_score\":null,"
           "\"routing\":null,"
           "\"tokens_in\":null,\"tokens_out\":null,\"cost_usd\":null,\"response_time_ms\":412,"
           "\"cached\":false,\"request_id\":\"01TURN\"}}");
    free(t);
}

static void answer__cost_is_exact(void **state)
{
    static const struct {
        int64_t nusd;
        const char *want;
    } cost[] = {
        { 0, "\"cost_usd\":0," },
        { 1, "\"cost_usd\":0.000000001," },
        { 1000000000, "\"cost_usd\":1," },
        { 10000000000, "\"cost_usd\":10," },
        { 123456789012345678, "\"cost_usd\":123456789.012345678," },
        { -1, "\"cost_usd\":null," },
    };
    struct turn *t = turn_made();
    struct buf out = BUF_INIT(10000);

    (void)state;
    for (size_t i = 0; i < sizeof cost / sizeof cost[0]; i++) {
        t->answer.cost_nusd = cost[i].nusd;
        buf_clear(&out);
        assert_int_equal(answer_render(t, 1, &out), 0);
        assert_non_null(strstr(buf_text(&out), cost[i].want));
    }
    buf_free(&out);
    free(t);
}

static void answer__too_small_a_buffer_is_an_error(void **state)
{
    struct turn *t = turn_made();
    struct buf out = BUF_INIT(50);

    (void)state;
    assert_int_equal(answer_render(t, 1, &out), -ENOMEM);
    buf_free(&out);
    assert_int_equal(answer_error("internal", "a message that is too long for it", NULL, "r", &out), -ENOMEM);
    buf_free(&out);
    free(t);
}

static void answer__error_body(void **state)
{
    struct buf out = BUF_INIT(1000);

    (void)state;
    assert_int_equal(answer_error("rate_limited", "Slow \"down\".", "{\"limit\":5}", "r-1", &out), 0);
    assert_string_equal(buf_text(&out), "{\"code\":\"rate_limited\",\"message\":\"Slow \\\"down\\\".\","
                                        "\"details\":{\"limit\":5},\"request_id\":\"r-1\"}");
    buf_clear(&out);
    assert_int_equal(answer_error("internal", NULL, NULL, NULL, &out), 0);
    assert_string_equal(buf_text(&out),
                        "{\"code\":\"internal\",\"message\":\"\",\"details\":null,\"request_id\":null}");
    buf_free(&out);
}

static void answer__status_of_every_code(void **state)
{
    static const struct {
        const char *code;
        int status;
    } want[] = {
        { "ok", 200 },
        { "blocked", 200 },
        { "withheld", 200 },
        { "bad_request", 400 },
        { "unauthorized", 401 },
        { "forbidden", 403 },
        { "not_found", 404 },
        { "consent_required", 403 },
        { "method_not_allowed", 405 },
        { "timeout", 408 },
        { "conflict", 409 },
        { "payload_too_large", 413 },
        { "key_reused", 422 },
        { "rate_limited", 429 },
        { "unsupported_media_type", 415 },
        { "internal", 500 },
        { "quota_exceeded", 429 },
        { "unavailable", 503 },
        { "busy", 503 },
        { "draining", 503 },
        { "no such code", 500 },
        { "", 500 },
        { NULL, 500 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(answer_http_status(want[i].code), want[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer__full_body),
        cmocka_unit_test(answer__notice_has_its_code_first_and_no_invented_numbers),
        cmocka_unit_test(answer__cost_is_exact),
        cmocka_unit_test(answer__too_small_a_buffer_is_an_error),
        cmocka_unit_test(answer__error_body),
        cmocka_unit_test(answer__status_of_every_code),
    };

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
