/* SPDX-License-Identifier: Apache-2.0
 *
 * The slots, what is off and why, the breaker with a clock of the test's own, token sizes.
 * Nothing here opens a socket: calls go to a loop that never runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/log.h>

#include "io/http.h"
#include "llm/llm.h"

static char logged[8192];

static void on_log(void *ctx X_UNUSED, const char *line, size_t len)
{
    size_t have = strlen(logged);
    if (have + len + 1 < sizeof logged) {
        memcpy(logged + have, line, len);
        logged[have + len] = '\0';
    }
}

static size_t logged_times(const char *text)
{
    size_t n = 0;
    for (const char *at = logged; (at = strstr(at, text)); at++)
        n++;
    return n;
}

static void add(struct config *c, const char *name, const char *format, const char *url, const char *key)
{
    c->llm.at[c->llm.n++] = (struct config_provider){ .name = name,
                                                      .format = format,
                                                      .base_url = url,
                                                      .model = "m",
                                                      .api_key = key,
                                                      .connect_ms = 1000,
                                                      .first_byte_ms = 1000,
                                                      .idle_ms = 1000 };
}

struct fixture {
    struct loop loop;
    struct http *http;
    struct llm *llm;
};

static int setup(void **state)
{
    static struct fixture f;
    struct config conf = { 0 };
    struct err err;
    logged[0] = '\0';
    log_setup(LOG_INFO, LOG_TEXT);
    log_capture(on_log, NULL);
    add(&conf, "openai", "openai", "https://api.openai.com/v1", "");
    add(&conf, "local", "openai", "http://127.0.0.1:1/v1", "");
    add(&conf, "hosted", "openai", "https://127.0.0.1:1/v1", "sk-very-secret");
    add(&conf, "extractive", "extractive", "", "");
    if (loop_open(&f.loop, &err) || http_open(&f.http, &f.loop, &err) ||
        llm_open(&f.llm, &conf, f.http, &err))
        return -1;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    llm_close(f->llm);
    http_close(f->http);
    loop_shut(&f->loop);
    loop_run(&f->loop);
    log_capture(NULL, NULL);
    return loop_close(&f->loop);
}

static void report(struct llm *l, size_t slot, enum llm_end end, int64_t now)
{
    const struct llm_result r = { .end = end, .retry_after_ms = -1, .detail = "HTTP 500 boom" };
    llm_report(l, slot, &r, now);
}

static void fail_times(struct llm *l, size_t slot, int n, int64_t now)
{
    for (int i = 0; i < n; i++)
        report(l, slot, LLM_TRANSIENT, now);
}

static void llm__open_keeps_what_can_work(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(llm_count(f->llm), 3);
    assert_string_equal(llm_conf(f->llm, 0)->name, "local");
    assert_string_equal(llm_conf(f->llm, 1)->name, "hosted");
    assert_string_equal(llm_conf(f->llm, 1)->api_key, "");
    assert_true(llm_is_builtin(f->llm, 2));
    assert_false(llm_is_builtin(f->llm, 0));
    assert_int_equal(logged_times("llm.off provider=openai reason=\"no API key\""), 1);
    assert_int_equal(logged_times("llm.on "), 3);
    assert_null(strstr(logged, "sk-very-secret"));
}

static void llm__open_is_all_or_nothing(void **state X_UNUSED)
{
    struct config conf = { 0 };
    struct llm *l = NULL;
    struct err err = { "" };
    add(&conf, "good", "extractive", "", "");
    add(&conf, "odd", "telepathy", "", "");
    assert_int_equal(llm_open(&l, &conf, NULL, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "llm.odd.format: \"telepathy\""));
    conf.llm.at[1] = (struct config_provider){
        .name = "bad", .format = "openai", .base_url = "http//x", .model = "m", .api_key = "k"
    };
    assert_int_equal(llm_open(&l, &conf, NULL, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "llm.bad.base_url"));
    assert_null(l);
}

static void llm__five_failures_in_a_row_open_the_breaker(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    fail_times(l, 0, 4, 1000);
    report(l, 0, LLM_OK, 1000);
    fail_times(l, 0, 4, 1000);
    assert_true(llm_usable(l, 0, 1000));
    report(l, 0, LLM_TIMEOUT_FIRST, 1000);
    assert_false(llm_usable(l, 0, 1000));
    assert_false(llm_usable(l, 0, 30999));
    assert_true(llm_usable(l, 0, 31000));
    assert_true(llm_usable(l, 1, 1000));
    assert_int_equal(logged_times("llm.breaker_open provider=local"), 1);
}

static void llm__a_refusal_is_an_answer(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    for (int i = 0; i < 20; i++)
        report(l, 0, i % 2 ? LLM_REFUSED : LLM_TOO_LONG, 0);
    fail_times(l, 0, 4, 0);
    report(l, 0, LLM_REFUSED, 0);
    fail_times(l, 0, 4, 0);
    assert_true(llm_usable(l, 0, 0));
}

static int no_text(void *ctx X_UNUSED, const char *bytes X_UNUSED, size_t len X_UNUSED)
{
    return 0;
}

static void no_end(void *ctx X_UNUSED, const struct llm_result *r X_UNUSED)
{
}

static struct provider_call *start(struct llm *l, size_t slot)
{
    static const struct llm_message m = { LLM_USER, "hello" };
    static const struct llm_request req = { .message = &m, .messages = 1, .total_ms = 60000, .question = "" };
    static const struct llm_sink sink = { .text = no_text, .end = no_end };
    struct provider_call *c = NULL;
    assert_int_equal(llm_start(l, slot, &req, &sink, &c, NULL), 0);
    assert_non_null(c);
    return c;
}

static void llm__one_probe_when_half_open(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    fail_times(l, 0, 5, 0);
    assert_true(llm_usable(l, 0, 30000));
    assert_true(llm_usable(l, 0, 30000)); /* asking is free */
    struct provider_call *c = start(l, 0);
    assert_false(llm_usable(l, 0, 30000));
    assert_false(llm_usable(l, 0, 999999));
    report(l, 0, LLM_TRANSIENT, 40000);
    assert_false(llm_usable(l, 0, 69999));
    assert_true(llm_usable(l, 0, 70000));
    llm_cancel(l, 0, c);
    c = start(l, 0);
    report(l, 0, LLM_OK, 71000);
    assert_true(llm_usable(l, 0, 71000));
    fail_times(l, 0, 4, 71000);
    assert_true(llm_usable(l, 0, 71000));
    assert_int_equal(logged_times("llm.breaker_open"), 1); /* once, not at each failed probe */
    assert_int_equal(logged_times("llm.breaker_closed"), 1);
    llm_cancel(l, 0, c);
}

static void llm__a_cancelled_probe_frees_its_place(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct provider_call *other = start(l, 0);
    fail_times(l, 0, 5, 0);
    struct provider_call *probe = start(l, 0);
    llm_cancel(l, 0, other); /* not the probe */
    assert_false(llm_usable(l, 0, 30000));
    llm_cancel(l, 0, probe);
    assert_true(llm_usable(l, 0, 30000));
}

static void llm__late_failures_do_not_prolong(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    fail_times(l, 0, 5, 0);
    fail_times(l, 0, 9, 29000);
    assert_true(llm_usable(l, 0, 30000));
    report(l, 0, LLM_OK, 30000); /* nor does a late answer go unnoticed */
    assert_true(llm_usable(l, 0, 30000));
}

static void llm__retry_after_stretches_the_wait(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    const struct llm_result r = { .end = LLM_RATE, .retry_after_ms = 90000 };
    const struct llm_result day = { .end = LLM_RATE, .retry_after_ms = 86400000 };
    fail_times(l, 0, 4, 0);
    llm_report(l, 0, &r, 0);
    assert_false(llm_usable(l, 0, 89999));
    assert_true(llm_usable(l, 0, 90000));
    fail_times(l, 1, 4, 0);
    llm_report(l, 1, &day, 0);
    assert_true(llm_usable(l, 1, 600000));
}

static void llm__a_dead_key_stays_dead(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    report(l, 0, LLM_KEY, 0);
    report(l, 1, LLM_MONEY, 0);
    for (int i = 0; i < 9; i++) {
        report(l, 0, LLM_OK, 1);
        report(l, 0, LLM_KEY, 1);
        report(l, 1, LLM_TRANSIENT, 1);
    }
    assert_false(llm_usable(l, 0, INT64_MAX));
    assert_false(llm_usable(l, 1, INT64_MAX));
    assert_int_equal(logged_times("llm.disabled provider=local reason=key"), 1);
    assert_int_equal(logged_times("llm.disabled provider=hosted reason=money"), 1);
    assert_int_equal(logged_times("error"), 2);
}

static void llm__every_end_has_a_name(void **state X_UNUSED)
{
    for (int i = 0; i < LLM_END_COUNT; i++)
        assert_string_not_equal(llm_end_name((enum llm_end)i), "unknown");
}

static void llm__tokens_by_script(void **state X_UNUSED)
{
    assert_int_equal(llm_tokens(""), 0);
    assert_int_equal(llm_tokens("a"), 1);
    assert_int_equal(llm_tokens("How do I stake ETH?"), 5);
    assert_int_equal(llm_tokens("\xE8\xB4\xA8\xE6\x8A\xBC"), 2);                 /* Han */
    assert_int_equal(llm_tokens("\xEC\x9D\xB4\xEB\x8D\x94 ETH"), 3);             /* hangul + 4 bytes */
    assert_int_equal(llm_tokens("\xD1\x81\xD1\x82\xD0\xB5\xD0\xB9\xD0\xBA"), 3); /* Cyrillic, 10 bytes */
    assert_int_equal(llm_tokens("\xFF\xFE"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(llm__open_keeps_what_can_work, setup, teardown),
        cmocka_unit_test(llm__open_is_all_or_nothing),
        cmocka_unit_test_setup_teardown(llm__five_failures_in_a_row_open_the_breaker, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__a_refusal_is_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__one_probe_when_half_open, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__a_cancelled_probe_frees_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__late_failures_do_not_prolong, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__retry_after_stretches_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__a_dead_key_stays_dead, setup, teardown),
        cmocka_unit_test(llm__every_end_has_a_name),
        cmocka_unit_test(llm__tokens_by_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
