/* SPDX-License-Identifier: Apache-2.0
 *
 * The pace that each kind keeps, and what it allows in the worst moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pace.h"
#include "base/rand.h"

static void bucket__bursts_then_keeps_the_pace(void **state X_UNUSED)
{
    struct pace b = { 0 };
    int64_t now = 5000, at[20];
    for (int i = 0; i < 20; i++) {
        if (pace_due(&b, 1000, 5) > now)
            now = pace_due(&b, 1000, 5);
        pace_take(&b, 1000, now);
        at[i] = now;
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(at[i], 5000 + (i < 5 ? 0 : (i - 4) * 1000));
}

static void bucket__is_full_again_after_its_rest(void **state X_UNUSED)
{
    struct pace b = { 0 };
    for (int i = 0; i < 5; i++)
        pace_take(&b, 1000, 100);
    assert_int_equal(b.full_ms, 5100);
    assert_int_equal(pace_due(&b, 1000, 5), 1100);
    pace_take(&b, 1000, 900000);
    assert_int_equal(b.full_ms, 901000);
}

static void window__never_holds_more_than_allowed(void **state X_UNUSED)
{
    struct window w = { 0 };
    int64_t at[2000], now = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t due = window_due(&w, 20, 60000);
        now += (int64_t)rand_below(2000);
        now = due > now ? due : now;
        window_take(&w, 20, now);
        at[i] = now;
        assert_true(i < 20 || at[i] - at[i - 20] >= 60000);
        assert_true(i < 20 || due == at[i - 20] + 60000);
    }
}

static void window__a_small_clock_is_no_past(void **state X_UNUSED)
{
    struct window w = { 0 };
    assert_int_equal(window_empty(&w, 30, 1000), INT64_MIN);
    for (int i = 0; i < 30; i++) {
        assert_true(window_due(&w, 30, 1000) <= 0);
        window_take(&w, 30, 0);
    }
    assert_int_equal(window_due(&w, 30, 1000), 1000);
    assert_int_equal(window_empty(&w, 30, 1000), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket__bursts_then_keeps_the_pace),
        cmocka_unit_test(bucket__is_full_again_after_its_rest),
        cmocka_unit_test(window__never_holds_more_than_allowed),
        cmocka_unit_test(window__a_small_clock_is_no_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
