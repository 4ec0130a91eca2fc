/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as text, its edges, and the fake clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <time.h>

#include <parley/clock.h>

static void clock__text_is_rfc3339_with_milliseconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } want[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 1, "1970-01-01T00:00:00.001Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { -1000, "1969-12-31T23:59:59.000Z" },
        { -1001, "1969-12-31T23:59:58.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 1763632800123, "2025-11-20T10:00:00.123Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { -62135596800000, "0001-01-01T00:00:00.000Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { 253402300800000, "9999-12-31T23:59:59.999Z" },
        { INT64_MAX, "9999-12-31T23:59:59.999Z" },
        { INT64_MIN, "0000-01-01T00:00:00.000Z" },
    };
    char out[CLOCK_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        clock_text(out, want[i].ms);
        assert_string_equal(out, want[i].text);
    }
}

static void clock__month_turns_at_midnight_utc(void **state)
{
    char out[8];

    (void)state;
    clock_month(out, 1764547199999);
    assert_string_equal(out, "2025-11");
    clock_month(out, 1764547200000);
    assert_string_equal(out, "2025-12");
    clock_month(out, -1);
    assert_string_equal(out, "1969-12");
    clock_month(out, INT64_MIN);
    assert_string_equal(out, "0000-01");
}

static void clock__fake_freezes_both(void **state)
{
    (void)state;
    clock_fake(1764547200000, 5000);
    assert_int_equal(clock_wall_ms(), 1764547200000);
    assert_int_equal(clock_mono_ms(), 5000);
    assert_int_equal(clock_mono_us(), 5000000);
    clock_fake(1764547200001, 5001);
    assert_int_equal(clock_wall_ms(), 1764547200001);
    assert_int_equal(clock_mono_us(), 5001000);
    clock_real();
    assert_true(clock_wall_ms() != 1764547200001);
}

static void clock__real_follows_the_system(void **state)
{
    int64_t before, seen, us;

    (void)state;
    before = (int64_t)time(NULL) * 1000;
    seen = clock_wall_ms();
    assert_in_range((uint64_t)(seen - before + 1000), 0, 61000);
    us = clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_us();

        assert_true(now >= us);
        us = now;
    }
    assert_true(clock_mono_ms() >= us / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__text_is_rfc3339_with_milliseconds),
        cmocka_unit_test(clock__month_turns_at_midnight_utc),
        cmocka_unit_test(clock__fake_freezes_both),
        cmocka_unit_test(clock__real_follows_the_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
