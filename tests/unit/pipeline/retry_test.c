/* SPDX-License-Identifier: Apache-2.0
 *
 * When the same provider is asked again, and the pause in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/retry.h"

static struct backoff fresh(void)
{
    return (struct backoff){ .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
}

static void retry__only_what_may_pass_by_itself(void **state X_UNUSED)
{
    for (int end = LLM_OK; end < LLM_END_COUNT; end++) {
        struct backoff b = fresh();
        struct llm_result r = { .end = (enum llm_end)end, .retry_after_ms = -1 };
        int64_t wait = retry_wait_ms(&r, &b, 60000);
        if (end == LLM_TRANSIENT || end == LLM_TIMEOUT_CONNECT || end == LLM_RATE)
            assert_in_range(wait, 1, RETRY_BASE_MS);
        else
            assert_int_equal(wait, -1);
    }
}

static void retry__so_many_times(void **state X_UNUSED)
{
    struct backoff b = fresh();
    const struct llm_result r = { .end = LLM_TRANSIENT, .retry_after_ms = -1 };
    for (int i = 0; i < RETRY_MAX; i++)
        assert_true(retry_wait_ms(&r, &b, 60000) > 0);
    assert_int_equal(retry_wait_ms(&r, &b, 60000), -1);
    backoff_reset(&b);
    assert_true(retry_wait_ms(&r, &b, 60000) > 0);
}

static void retry__after_is_the_least_wait_and_bounded(void **state X_UNUSED)
{
    const int64_t said[] = { 3000, RETRY_AFTER_MAX_MS, RETRY_AFTER_MAX_MS + 1, INT64_MAX };
    const int64_t want[] = { 3000, RETRY_AFTER_MAX_MS, -1, -1 };
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        struct backoff b = fresh();
        const struct llm_result r = { .end = LLM_RATE, .retry_after_ms = said[i] };
        assert_int_equal(retry_wait_ms(&r, &b, 60000), want[i]);
    }
}

static void retry__leaves_half_of_the_deadline(void **state X_UNUSED)
{
    struct backoff b = fresh();
    const struct llm_result r = { .end = LLM_RATE, .retry_after_ms = 3000 };
    assert_int_equal(retry_wait_ms(&r, &b, 6000), -1);
    backoff_reset(&b);
    assert_int_equal(retry_wait_ms(&r, &b, 6002), 3000);
    backoff_reset(&b);
    assert_int_equal(retry_wait_ms(&r, &b, -5), -1);
}

struct waited {
    struct loop loop;
    int over;
};

static void count(void *ctx)
{
    struct waited *w = ctx;
    w->over++;
    loop_shut(&w->loop);
}

static void pause__ends_once(void **state X_UNUSED)
{
    struct waited w = { .over = 0 };
    struct pause *p = NULL;
    assert_int_equal(loop_open(&w.loop, NULL), 0);
    assert_int_equal(pause_begin(&p, &w.loop, 5, count, &w), 0);
    loop_run(&w.loop);
    assert_int_equal(w.over, 1);
    assert_int_equal(loop_close(&w.loop), 0); /* the timer is gone */
}

static void pause__cancelled_is_silent(void **state X_UNUSED)
{
    struct waited w = { .over = 0 };
    struct pause *p = NULL;
    assert_int_equal(loop_open(&w.loop, NULL), 0);
    assert_int_equal(pause_begin(&p, &w.loop, 0, count, &w), 0);
    pause_cancel(p);
    loop_shut(&w.loop);
    loop_run(&w.loop);
    assert_int_equal(w.over, 0);
    assert_int_equal(loop_close(&w.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry__only_what_may_pass_by_itself),
        cmocka_unit_test(retry__so_many_times),
        cmocka_unit_test(retry__after_is_the_least_wait_and_bounded),
        cmocka_unit_test(retry__leaves_half_of_the_deadline),
        cmocka_unit_test(pause__ends_once),
        cmocka_unit_test(pause__cancelled_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
