/* SPDX-License-Identifier: Apache-2.0
 *
 * Every state meets every event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/breaker.h"

static struct breaker opened(int64_t now_ms)
{
    struct breaker b = { 0 };
    for (int i = 1; i < BREAKER_FAILURES; i++)
        assert_false(breaker_failed(&b, false, -1, now_ms));
    assert_true(breaker_failed(&b, false, -1, now_ms));
    return b;
}

static void breaker__opens_after_failures_in_a_row(void **state X_UNUSED)
{
    struct breaker b = { 0 };
    for (int i = 1; i < BREAKER_FAILURES; i++)
        breaker_failed(&b, false, -1, 0);
    assert_false(breaker_answered(&b)); /* nothing to log */
    for (int i = 1; i < BREAKER_FAILURES; i++)
        breaker_failed(&b, false, -1, 0);
    assert_true(breaker_lets(&b, 0));
    assert_true(breaker_failed(&b, false, -1, 0));
    assert_false(breaker_lets(&b, BREAKER_OPEN_MS - 1));
    assert_true(breaker_lets(&b, BREAKER_OPEN_MS));
}

static void breaker__lets_one_probe_through(void **state X_UNUSED)
{
    struct breaker b = opened(0);
    assert_true(breaker_take(&b));
    assert_false(breaker_take(&b));
    assert_false(breaker_lets(&b, INT64_MAX));
    assert_false(breaker_failed(&b, false, -1, 40000)); /* an older call */
    assert_false(breaker_lets(&b, INT64_MAX));
    assert_false(breaker_failed(&b, true, -1, 40000)); /* open again, not news */
    assert_false(breaker_lets(&b, 40000 + BREAKER_OPEN_MS - 1));
    assert_true(breaker_take(&b));
    assert_true(breaker_answered(&b));
    assert_true(breaker_lets(&b, 0));
    assert_int_equal(b.failures, 0);
}

static void breaker__a_probe_without_a_verdict_is_due_again(void **state X_UNUSED)
{
    struct breaker b = opened(0);
    breaker_take(&b);
    breaker_spared(&b, false); /* somebody else's call */
    assert_false(breaker_lets(&b, INT64_MAX));
    breaker_spared(&b, true);
    assert_true(breaker_lets(&b, BREAKER_OPEN_MS));
}

static void breaker__cools_exactly_and_needs_no_probe(void **state X_UNUSED)
{
    struct breaker b = { 0 };
    assert_true(breaker_cool(&b, false, 1, 100));
    assert_false(breaker_lets(&b, 100));
    assert_false(breaker_is_well(&b, 100));
    assert_true(breaker_lets(&b, 101));
    assert_false(breaker_take(&b));
    assert_false(breaker_cool(&b, false, 50, 100)); /* longer counts, shorter does not; neither is news */
    assert_false(breaker_cool(&b, false, 20, 100));
    assert_false(breaker_lets(&b, 149));
    assert_false(breaker_answered(&b));
    assert_false(breaker_lets(&b, 149)); /* whoever was let in before does not end the wait */
    assert_true(breaker_is_well(&b, 150));
    assert_false(breaker_cool(&b, false, 0, 150));
    breaker_cool(&b, false, INT64_MAX, 150);
    assert_true(breaker_lets(&b, 150 + BREAKER_LONGEST_MS));
}

static void breaker__a_probe_told_to_wait_is_due_after_it(void **state X_UNUSED)
{
    struct breaker b = opened(0);
    assert_true(breaker_take(&b));
    breaker_cool(&b, true, 5000, 40000);
    assert_false(breaker_lets(&b, 44999));
    assert_true(breaker_lets(&b, 45000));
    assert_true(breaker_take(&b)); /* still to be proven */
}

static void breaker__a_told_wait_is_never_shorter_than_the_usual(void **state X_UNUSED)
{
    struct breaker b = { .failures = BREAKER_FAILURES - 1 };
    breaker_failed(&b, false, 10, 0);
    assert_false(breaker_lets(&b, BREAKER_OPEN_MS - 1));
    b = (struct breaker){ .failures = BREAKER_FAILURES - 1 };
    breaker_failed(&b, false, INT64_MAX, 0);
    assert_int_equal(b.until_ms, BREAKER_LONGEST_MS);
}

static void breaker__dead_is_dead(void **state X_UNUSED)
{
    struct breaker b = opened(0);
    assert_true(breaker_kill(&b));
    assert_false(breaker_kill(&b));
    assert_false(breaker_answered(&b));
    assert_false(breaker_failed(&b, true, 0, 0));
    assert_false(breaker_cool(&b, true, 0, 0));
    assert_false(breaker_take(&b));
    breaker_spared(&b, true);
    assert_int_equal(b.state, BREAKER_DEAD);
    assert_false(breaker_lets(&b, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaker__opens_after_failures_in_a_row),
        cmocka_unit_test(breaker__lets_one_probe_through),
        cmocka_unit_test(breaker__a_probe_without_a_verdict_is_due_again),
        cmocka_unit_test(breaker__cools_exactly_and_needs_no_probe),
        cmocka_unit_test(breaker__a_probe_told_to_wait_is_due_after_it),
        cmocka_unit_test(breaker__a_told_wait_is_never_shorter_than_the_usual),
        cmocka_unit_test(breaker__dead_is_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
