/* SPDX-License-Identifier: Apache-2.0
 *
 * A heap beside a plain search over everything, through random changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "adapters/telegram/due.h"
#include "base/rand.h"

#define MANY 300

static const struct tg_due *least(const struct tg_due *x)
{
    const struct tg_due *best = NULL;
    for (size_t i = 0; i < MANY; i++)
        if (x[i].pos &&
            (!best || x[i].at_ms < best->at_ms || (x[i].at_ms == best->at_ms && x[i].nth < best->nth)))
            best = &x[i];
    return best;
}

static void due__first_is_the_least_through_any_change(void **state X_UNUSED)
{
    struct tg_dues d = { 0 };
    struct tg_due x[MANY] = { 0 };
    assert_null(tg_dues_first(&d));
    assert_int_equal(tg_dues_reserve(&d, MANY), 0);
    for (int i = 0; i < 30000; i++) {
        struct tg_due *any = &x[rand_below(MANY)];
        if (rand_below(3))
            tg_dues_set(&d, any, (int64_t)rand_below(50));
        else
            tg_dues_drop(&d, any);
        assert_ptr_equal(tg_dues_first(&d), least(x));
    }
    tg_dues_free(&d);
}

static void due__equals_keep_their_order(void **state X_UNUSED)
{
    struct tg_dues d = { 0 };
    struct tg_due x[MANY] = { 0 };
    assert_int_equal(tg_dues_reserve(&d, MANY), 0);
    for (size_t i = 0; i < MANY; i++)
        tg_dues_set(&d, &x[i], 7);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(tg_dues_first(&d), &x[i]);
        tg_dues_drop(&d, &x[i]);
    }
    assert_null(tg_dues_first(&d));
    tg_dues_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due__first_is_the_least_through_any_change),
        cmocka_unit_test(due__equals_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
