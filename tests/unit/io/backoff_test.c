/* SPDX-License-Identifier: Apache-2.0
 *
 * The window doubles up to the cap, the wait is uniform in it, nothing overflows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/backoff.h"

static void backoff__window_doubles_up_to_the_cap(void **state X_UNUSED)
{
    int64_t most[8] = { 0 }, least[8] = { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX,
                                          INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX };
    static const int64_t window[8] = { 100, 200, 400, 800, 1000, 1000, 1000, 1000 };
    for (int round = 0; round < 3000; round++) {
        struct backoff b = { .base_ms = 100, .cap_ms = 1000 };
        for (int n = 0; n < 8; n++) {
            int64_t wait = backoff_next_ms(&b);
            most[n] = wait > most[n] ? wait : most[n];
            least[n] = wait < least[n] ? wait : least[n];
        }
    }
    for (int n = 0; n < 8; n++) {
        assert_in_range(most[n], window[n] * 95 / 100, window[n]);
        assert_in_range(least[n], 1, window[n] * 5 / 100);
    }
}

static void backoff__is_uniform(void **state X_UNUSED)
{
    int bucket[10] = { 0 };
    for (int i = 0; i < 20000; i++) {
        struct backoff b = { .base_ms = 1000, .cap_ms = 1000 };
        bucket[(backoff_next_ms(&b) - 1) / 100]++;
    }
    for (int i = 0; i < 10; i++) /* 2000 expected, 42 standard deviation */
        assert_in_range(bucket[i], 1750, 2250);
}

static void backoff__reset_starts_over(void **state X_UNUSED)
{
    struct backoff b = { .base_ms = 10, .cap_ms = 1 << 30 };
    for (int i = 0; i < 20; i++)
        backoff_next_ms(&b);
    backoff_reset(&b);
    assert_in_range(backoff_next_ms(&b), 1, 10);
}

static void backoff__never_overflows(void **state X_UNUSED)
{
    struct backoff b = { .base_ms = 1, .cap_ms = INT64_MAX };
    for (int i = 0; i < 10000; i++)
        assert_true(backoff_next_ms(&b) >= 1);
    struct backoff odd[] = { { .base_ms = 0, .cap_ms = 0 },
                             { .base_ms = -5, .cap_ms = 10 },
                             { .base_ms = 100, .cap_ms = 10 },
                             { .base_ms = INT64_MAX, .cap_ms = INT64_MAX } };
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        for (int n = 0; n < 100; n++)
            assert_true(backoff_next_ms(&odd[i]) >= 1);
    assert_true(backoff_next_ms(&odd[2]) <= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff__window_doubles_up_to_the_cap),
        cmocka_unit_test(backoff__is_uniform),
        cmocka_unit_test(backoff__reset_starts_over),
        cmocka_unit_test(backoff__never_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
