/* SPDX-License-Identifier: Apache-2.0
 *
 * The slots, what is off and why, the breakers with a clock of the test's own.
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

static struct config_provider *add(struct config *c, const char *name, const char *format, const char *url,
                                   const char *key)
{
    struct config_provider *p = &c->llm.at[c->llm.n++];
    *p = (struct config_provider){ .name = name,
                                   .format = format,
                                   .base_url = url,
                                   .model = "m",
                                   .key = { key },
                                   .keys = key != NULL,
                                   .connect_ms = 1000,
                                   .first_byte_ms = 1000,
                                   .idle_ms = 1000 };
    return p;
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
    add(&conf, "openai", "openai", "https://api.openai.com/v1", NULL);
    add(&conf, "local", "openai", "http://127.0.0.1:1/v1", NULL);
    add(&conf, "hosted", "openai", "https://127.0.0.1:1/v1", "sk-very-secret");
    struct config_provider *many = add(&conf, "many", "openai", "https://127.0.0.1:1/v1", "sk-one");
    many->key[1] = "sk-two";
    many->key[2] = "sk-three";
    many->keys = 3;
    add(&conf, "extractive", "extractive", "", NULL);
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

/* A call with the first key that is no probe comes to its end. */
static void report_of(struct llm *l, struct llm_call *c, enum llm_end end, int64_t retry_after_ms,
                      int64_t now)
{
    const struct llm_result r = { .end = end, .retry_after_ms = retry_after_ms, .detail = "HTTP 500 boom" };
    llm_report(l, c, &r, now);
}

static void report(struct llm *l, size_t slot, enum llm_end end, int64_t now)
{
    struct llm_call c = { .slot = slot, .key = 1 };
    report_of(l, &c, end, -1, now);
}

static void fail_times(struct llm *l, size_t slot, int n, int64_t now)
{
    for (int i = 0; i < n; i++)
        report(l, slot, LLM_TRANSIENT, now);
}

static void llm__open_keeps_what_can_work(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(llm_count(f->llm), 4);
    assert_string_equal(llm_conf(f->llm, 0)->name, "local");
    assert_string_equal(llm_conf(f->llm, 1)->name, "hosted");
    assert_null(llm_conf(f->llm, 1)->key[0]);
    assert_true(llm_is_builtin(f->llm, 3));
    assert_false(llm_is_builtin(f->llm, 0));
    assert_int_equal(logged_times("llm.off provider=openai reason=\"no API key\""), 1);
    assert_int_equal(logged_times("llm.on "), 4);
    assert_null(strstr(logged, "sk-very-secret"));
}

static void llm__open_is_all_or_nothing(void **state X_UNUSED)
{
    struct config conf = { 0 };
    struct llm *l = NULL;
    struct err err = { "" };
    add(&conf, "good", "extractive", "", NULL);
    add(&conf, "odd", "telepathy", "", NULL);
    assert_int_equal(llm_open(&l, &conf, NULL, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "llm.odd.format: \"telepathy\""));
    conf.llm.at[1] = (struct config_provider){
        .name = "bad", .format = "openai", .base_url = "http//x", .model = "m", .key = { "k" }, .keys = 1
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

static void start_at(struct llm *l, struct llm_call *c, int64_t now)
{
    static const struct llm_message m = { LLM_USER, "hello" };
    static const struct llm_request req = { .message = &m, .messages = 1, .total_ms = 60000, .question = "" };
    static const struct llm_sink sink = { .text = no_text, .end = no_end };
    assert_int_equal(llm_start(l, c, &req, &sink, now, NULL), 0);
    assert_non_null(c->running);
    assert_int_not_equal(c->key, 0);
}

/* The call is stopped and then reported as if it had ended by itself. */
static void end_at(struct llm *l, struct llm_call *c, enum llm_end end, int64_t retry_after_ms, int64_t now)
{
    struct llm_call told = *c;
    if (c->running) {
        struct llm_call quiet = { .slot = c->slot, .running = c->running };
        llm_cancel(l, &quiet, -1);
    }
    report_of(l, &told, end, retry_after_ms, now);
    *c = told;
}

static void llm__one_probe_when_half_open(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = 0 };
    fail_times(l, 0, 5, 0);
    assert_true(llm_usable(l, 0, 30000));
    assert_true(llm_usable(l, 0, 30000)); /* asking is free */
    start_at(l, &c, 30000);
    assert_false(llm_usable(l, 0, 30000));
    assert_false(llm_usable(l, 0, 999999));
    end_at(l, &c, LLM_TRANSIENT, -1, 40000);
    assert_false(llm_usable(l, 0, 69999));
    assert_true(llm_usable(l, 0, 70000));
    c = (struct llm_call){ .slot = 0 };
    start_at(l, &c, 70000);
    llm_heard(l, &c, 1000);
    assert_false(llm_usable(l, 0, 70001)); /* it may yet cut its stream */
    end_at(l, &c, LLM_OK, -1, 71000);
    assert_true(llm_usable(l, 0, 71000));
    fail_times(l, 0, 4, 71000);
    assert_true(llm_usable(l, 0, 71000));
    assert_int_equal(logged_times("llm.breaker_open"), 1); /* once, not at each failed probe */
    assert_int_equal(logged_times("llm.breaker_closed"), 1);
}

static void llm__a_cancelled_probe_frees_its_place(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call other = { .slot = 0 }, probe = { .slot = 0 }, late = { .slot = 0 };
    start_at(l, &other, 0);
    fail_times(l, 0, 5, 0);
    start_at(l, &probe, 30000);
    llm_cancel(l, &other, -1); /* not the probe */
    assert_false(llm_usable(l, 0, 30000));
    llm_cancel(l, &probe, -1);
    assert_true(llm_usable(l, 0, 30000));
    probe.tried = 0;
    start_at(l, &probe, 30000);
    assert_int_equal(llm_start(l, &late, NULL, NULL, 30000, NULL), X_E_CLOSED); /* taken since it was asked */
    report(l, 0, LLM_TRANSIENT, 30000);                                         /* of a call from before */
    report_of(l, &late, LLM_TRANSIENT, -1, 30000);
    end_at(l, &probe, LLM_REFUSED, -1, 30000);
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

static void llm__a_busy_provider_is_left_alone_for_as_long_as_it_says(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    const struct llm_result r = { .end = LLM_TRANSIENT, .retry_after_ms = 90000 };
    struct llm_call c = { .slot = 0, .key = 1 };
    fail_times(l, 0, 4, 0);
    llm_report(l, &c, &r, 0);
    assert_false(llm_usable(l, 0, 89999));
    assert_true(llm_usable(l, 0, 90000));
}

/* ---- keys ---- */

#define MANY 2

static unsigned key_at(struct llm *l, int64_t now)
{
    struct llm_call c = { .slot = MANY };
    start_at(l, &c, now);
    llm_cancel(l, &c, -1);
    return c.key;
}

static void key__those_that_are_well_take_turns(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    for (int i = 0; i < 9; i++)
        assert_int_equal(key_at(l, 0), i % 3 + 1);
}

static void key__a_rate_limit_cools_exactly_as_long_as_told(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = 0 }, next = { .slot = 0 };
    start_at(l, &c, 1000);
    end_at(l, &c, LLM_RATE, 1500, 1000);
    assert_false(llm_usable(l, 0, 2499));
    assert_int_equal(llm_wait_ms(l, 0, 2400), 100);
    assert_true(llm_usable(l, 0, 2500));
    assert_int_equal(llm_wait_ms(l, 0, 2500), 0);
    start_at(l, &next, 2500);
    assert_true(llm_usable(l, 0, 2500)); /* it did as it was told: no probe */
    end_at(l, &next, LLM_RATE, INT64_MAX, 3000);
    assert_false(llm_usable(l, 0, 3000 + 3599999));
    assert_true(llm_usable(l, 0, 3000 + 3600000));
    assert_int_equal(logged_times("llm.breaker_open"), 0); /* the provider is well */
}

static void key__a_rate_limit_without_a_time_counts(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    for (int i = 0; i < 5; i++) {
        assert_true(llm_usable(l, 0, 0));
        report(l, 0, LLM_RATE, 0);
    }
    assert_false(llm_usable(l, 0, 29999));
    assert_true(llm_usable(l, 0, 30000));
}

static void key__each_is_tried_once_and_only_for_what_is_its_own(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = MANY };
    unsigned seen = 0;
    start_at(l, &c, 0);
    for (int i = 0; i < 2; i++) {
        seen |= 1U << c.key;
        end_at(l, &c, i ? LLM_MONEY : LLM_RATE, -1, 0);
        assert_false(llm_rotates(l, &c, LLM_TRANSIENT, 0));
        assert_false(llm_rotates(l, &c, LLM_TIMEOUT_FIRST, 0));
        assert_true(llm_rotates(l, &c, LLM_RATE, 0));
        start_at(l, &c, 0);
    }
    seen |= 1U << c.key;
    end_at(l, &c, LLM_RATE, 1000, 0);
    assert_int_equal(seen, 2 | 4 | 8);
    assert_false(llm_rotates(l, &c, LLM_RATE, 0));
    assert_true(llm_usable(l, MANY, 0)); /* the first one was not told to wait */
}

static void key__dead_ones_leave_the_turn_to_the_others(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = MANY };
    struct buf why = BUF_INIT(512);
    start_at(l, &c, 0);
    end_at(l, &c, LLM_KEY, -1, 0);
    assert_int_equal(key_at(l, 0), 2);
    assert_int_equal(key_at(l, 0), 3);
    assert_int_equal(key_at(l, 0), 2);
    llm_describe(l, MANY, 0, &why);
    assert_string_equal(buf_text(&why), "refused is key 1");
    report_of(l, &(struct llm_call){ .slot = MANY, .key = 2 }, LLM_RATE, 5000, 0);
    report_of(l, &(struct llm_call){ .slot = MANY, .key = 3 }, LLM_MONEY, -1, 0);
    assert_false(llm_usable(l, MANY, 4999));
    assert_int_equal(llm_wait_ms(l, MANY, 4999), 1); /* the others never come back */
    fail_times(l, MANY, 5, 4000);
    assert_int_equal(llm_wait_ms(l, MANY, 4999), -1); /* an outage is not waited for */
    assert_int_equal(llm_wait_ms(l, MANY, 34000), 0);
    report(l, MANY, LLM_OK, 4000);
    assert_true(llm_usable(l, MANY, 5000));
    buf_clear(&why);
    llm_describe(l, MANY, 0, &why);
    assert_string_equal(buf_text(&why), "refused is key 1, waiting is key 2 for 5 s, no money on key 3");
    assert_int_equal(logged_times("llm.disabled provider=many reason=key key=1 of=3"), 1);
    assert_int_equal(logged_times("llm.disabled provider=many reason=money key=3 of=3"), 1);
    assert_null(strstr(logged, "sk-"));
    buf_free(&why);
}

static void key__what_the_provider_does_is_no_keys_fault(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c;
    for (int i = 0; i < 5; i++) { /* over three keys: none of them alone would have opened */
        c = (struct llm_call){ .slot = MANY };
        start_at(l, &c, 0);
        end_at(l, &c, LLM_TRANSIENT, -1, 0);
    }
    assert_false(llm_usable(l, MANY, 29999));
    c = (struct llm_call){ .slot = MANY };
    start_at(l, &c, 30000);
    end_at(l, &c, LLM_RATE, 1000, 30000); /* a probe that is refused still found somebody there */
    assert_true(llm_usable(l, MANY, 30000));
    assert_int_equal(logged_times("llm.breaker_closed provider=many"), 1);
}

static void key__a_probe_that_meets_an_outage_learns_nothing(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = 0 };
    for (int i = 0; i < 5; i++)
        report(l, 0, LLM_RATE, 0);
    start_at(l, &c, 30000);
    assert_false(llm_usable(l, 0, 30000));
    end_at(l, &c, LLM_TIMEOUT_CONNECT, -1, 30000);
    assert_true(llm_usable(l, 0, 30000)); /* due, for the next one */
    c.tried = 0;
    start_at(l, &c, 30000);
    llm_heard(l, &c, 1000);
    assert_true(llm_usable(l, 0, 30000)); /* a key is well at its first text */
    llm_cancel(l, &c, -1);
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
    assert_int_equal(logged_times("hint=\"replace this key"), 1);
    assert_int_equal(logged_times("hint=\"add credit"), 1);
    assert_int_equal(logged_times("error"), 2);
}

/* ---- how quick ---- */

static void llm__first_text_is_smoothed_and_failures_are_slow(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct llm_call c = { .slot = 0, .key = 1 };
    assert_int_equal(llm_first_text_us(l, 0), -1);
    llm_heard(l, &c, 400000);
    assert_int_equal(llm_first_text_us(l, 0), 400000);
    llm_heard(l, &c, 800000);
    assert_int_equal(llm_first_text_us(l, 0), 500000);
    report(l, 0, LLM_OK, 0);
    assert_int_equal(llm_first_text_us(l, 0), 500000);
    report(l, 0, LLM_CUT, 0);
    assert_int_equal(llm_first_text_us(l, 0), 500000 + (10000000 - 500000) / 4);
    llm_cancel(l, &c, 1000); /* lost a race, but not by its own slowness */
    llm_cancel(l, &c, -1);
    assert_int_equal(llm_first_text_us(l, 0), 500000 + (10000000 - 500000) / 4);
    llm_cancel(l, &c, 10000000);
    assert_true(llm_first_text_us(l, 0) > 4000000);
}

/* ---- metrics ---- */

static void metrics__say_for_each_key_whether_it_is_up(void **state)
{
    struct llm *l = ((struct fixture *)*state)->llm;
    struct buf out = BUF_INIT(1U << 18);
    report_of(l, &(struct llm_call){ .slot = MANY, .key = 2 }, LLM_KEY, -1, 0);
    fail_times(l, 0, 5, 0);
    llm_metrics(l, 0, &out);
    static const char *const want[] = {
        "parley_provider_up{provider=\"local\",key=\"1\"} 0\n",
        "parley_provider_up{provider=\"many\",key=\"1\"} 1\n",
        "parley_provider_up{provider=\"many\",key=\"2\"} 0\n",
        "parley_provider_key_disabled{provider=\"local\",key=\"1\"} 0\n",
        "parley_provider_key_disabled{provider=\"many\",key=\"2\"} 1\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        if (!strstr(buf_text(&out), want[i]))
            fail_msg("no %s in %s", want[i], buf_text(&out));
    assert_null(strstr(buf_text(&out), "sk-"));
    assert_null(strstr(buf_text(&out), "parley_provider_up{provider=\"extractive\""));
    buf_free(&out);
}

static void llm__every_end_has_a_name(void **state X_UNUSED)
{
    for (int i = 0; i < LLM_END_COUNT; i++)
        assert_string_not_equal(llm_end_name((enum llm_end)i), "unknown");
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
        cmocka_unit_test_setup_teardown(llm__a_dead_key_stays_dead, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__a_busy_provider_is_left_alone_for_as_long_as_it_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(key__those_that_are_well_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(key__a_rate_limit_cools_exactly_as_long_as_told, setup, teardown),
        cmocka_unit_test_setup_teardown(key__a_rate_limit_without_a_time_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(key__each_is_tried_once_and_only_for_what_is_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(key__dead_ones_leave_the_turn_to_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(key__what_the_provider_does_is_no_keys_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(key__a_probe_that_meets_an_outage_learns_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(llm__first_text_is_smoothed_and_failures_are_slow, setup, teardown),
        cmocka_unit_test_setup_teardown(metrics__say_for_each_key_whether_it_is_up, setup, teardown),
        cmocka_unit_test(llm__every_end_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
