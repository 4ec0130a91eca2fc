/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/slots.h"

static void slots__stale_handles_name_nothing(void **state)
{
    struct slots t;
    int a, b;
    (void)state;
    slots_init(&t, 10, 0);
    uint64_t first = slots_add(&t, &a);
    assert_ptr_equal(slots_get(&t, first), &a);
    slots_drop(&t, first);
    assert_null(slots_get(&t, first));
    uint64_t second = slots_add(&t, &b); /* the same slot again */
    assert_true(second != first);
    assert_null(slots_get(&t, first));
    slots_drop(&t, first); /* a late drop hurts nobody */
    assert_ptr_equal(slots_get(&t, second), &b);
    slots_free(&t);
}

static void slots__the_bound_holds(void **state)
{
    struct slots t;
    uint64_t id[100];
    int x;
    (void)state;
    slots_init(&t, 100, 0);
    for (int i = 0; i < 100; i++)
        assert_true((id[i] = slots_add(&t, &x)) != 0);
    assert_int_equal(slots_add(&t, &x), 0);
    assert_int_equal(t.used, 100);
    slots_drop(&t, id[42]);
    assert_true(slots_add(&t, &x) != 0);
    assert_int_equal(slots_add(&t, &x), 0);
    slots_free(&t);
}

static void slots__marks_keep_two_tables_apart(void **state)
{
    struct slots t, u;
    int a, b;
    (void)state;
    slots_init(&t, 4, 0);
    slots_init(&u, 4, UINT64_C(1) << 63);
    uint64_t in_t = slots_add(&t, &a), in_u = slots_add(&u, &b);
    assert_null(slots_get(&t, in_u));
    assert_null(slots_get(&u, in_t));
    assert_null(slots_get(&t, 0));
    assert_null(slots_get(&t, UINT64_MAX));
    slots_free(&t);
    slots_free(&u);
}

static void slots__walk_survives_drops(void **state)
{
    struct slots t;
    int x[70];
    uint64_t id[70];
    uint32_t at = 0;
    int seen = 0;
    (void)state;
    slots_init(&t, 1000, 0);
    for (int i = 0; i < 70; i++)
        id[i] = slots_add(&t, &x[i]);
    for (int *p; (p = slots_next(&t, &at)); seen++)
        slots_drop(&t, id[p - x]);
    assert_int_equal(seen, 70);
    assert_int_equal(t.used, 0);
    slots_free(&t);
}

static void slots__generations_stay_clear_of_the_mark(void **state)
{
    struct slots t;
    int x;
    (void)state;
    slots_init(&t, 1, 0);
    uint64_t last = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t id = slots_add(&t, &x);
        assert_true(id && id != last && !(id >> 63));
        slots_drop(&t, id);
        last = id;
    }
    slots_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots__stale_handles_name_nothing),
        cmocka_unit_test(slots__the_bound_holds),
        cmocka_unit_test(slots__marks_keep_two_tables_apart),
        cmocka_unit_test(slots__walk_survives_drops),
        cmocka_unit_test(slots__generations_stay_clear_of_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
