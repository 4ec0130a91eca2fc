/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner product of this processor is the plain one, whatever the length and wherever the rows begin.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vindex/dot.h"

#define MOST 131

static void dot__agrees_with_the_plain_one(void **state)
{
    float a[MOST + 3], b[MOST + 3];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        a[i] = (float)((i * 37 + 11) % 101) / 50.0F - 1.0F;
        b[i] = (float)((i * 53 + 29) % 97) / 48.0F - 1.0F;
    }
    for (size_t from = 0; from < 3; from++)
        for (size_t n = 0; n <= MOST; n++) {
            double want = 0;

            for (size_t i = 0; i < n; i++)
                want += (double)a[from + i] * (double)b[from + i];
            assert_true(fabs((double)dot_product(a + from, b + from, n) - want) < 1e-4);
            assert_true(fabs((double)dot_product_plain(a + from, b + from, n) - want) < 1e-4);
        }
}

static void dot__nan_stays_nan(void **state)
{
    float a[40] = { 0 }, b[40] = { 0 };

    (void)state;
    a[7] = (float)NAN;
    assert_true(isnan(dot_product(a, b, 40)));
    assert_true(isnan(dot_product_plain(a, b, 40)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot__agrees_with_the_plain_one),
        cmocka_unit_test(dot__nan_stays_nan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
