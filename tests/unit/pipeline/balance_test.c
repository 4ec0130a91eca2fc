/* SPDX-License-Identifier: Apache-2.0
 *
 * The order among equals, with random numbers that the test writes down beforehand, and once with real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "pipeline/balance.h"

static uint64_t drawn[8], bound[8];
static size_t draws;

static uint64_t draw(uint64_t below)
{
    assert_true(draws < ARRAY_LEN(drawn));
    assert_true(drawn[draws] < below);
    bound[draws] = below;
    return drawn[draws++];
}

/* Sorts three of weight 1, 2, 3 with these times and random numbers; the slots as a number: 12 is 0, 1, 2. */
static int sorted(enum llm_balance how, const int64_t us[3], uint64_t first, uint64_t second)
{
    struct balance_candidate c[3];
    for (int i = 0; i < 3; i++)
        c[i] = (struct balance_candidate){ i, i + 1, us ? us[i] : -1 };
    drawn[0] = first;
    drawn[1] = second;
    draws = 0;
    balance_sort(c, 3, how, draw);
    return c[0].slot * 100 + c[1].slot * 10 + c[2].slot;
}

static void balance__order_draws_nothing(void **state X_UNUSED)
{
    assert_int_equal(sorted(BALANCE_ORDER, (const int64_t[]){ 9, 5, 1 }, 0, 0), 12);
    assert_int_equal(draws, 0);
}

static void balance__weight_is_a_share_of_what_is_left(void **state X_UNUSED)
{
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 0, 0), 12);
    assert_int_equal(bound[0], 6);
    assert_int_equal(bound[1], 5);
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 0, 2), 21);
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 1, 0), 102);
    assert_int_equal(bound[1], 4);
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 2, 1), 120);
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 3, 0), 201);
    assert_int_equal(bound[1], 3);
    assert_int_equal(sorted(BALANCE_WEIGHT, NULL, 5, 2), 210);
}

static void balance__weight_over_many_questions(void **state X_UNUSED)
{
    int first[2] = { 0 };
    for (int i = 0; i < 4000; i++) {
        struct balance_candidate c[] = { { 0, 1, -1 }, { 1, 9, -1 } };
        balance_sort(c, 2, BALANCE_WEIGHT, rand_below);
        first[c[0].slot]++;
    }
    assert_in_range(first[0], 250, 550); /* 400 +- 8 deviations */
}

static void balance__latency_takes_the_quickest_and_tries_the_unknown(void **state X_UNUSED)
{
    assert_int_equal(sorted(BALANCE_LATENCY, (const int64_t[]){ 900, 500, 700 }, 1, 0), 120);
    assert_int_equal(bound[0], BALANCE_EXPLORE);
    assert_int_equal(draws, 1);
    assert_int_equal(sorted(BALANCE_LATENCY, (const int64_t[]){ 500, 500, 100 }, 1, 0), 201); /* stable */
    assert_int_equal(sorted(BALANCE_LATENCY, (const int64_t[]){ 100, 200, -1 }, 1, 0), 201);
    assert_int_equal(sorted(BALANCE_LATENCY, (const int64_t[]){ 1, 2, 3 }, 1, 0), 12);
}

static void balance__latency_now_and_then_asks_another(void **state X_UNUSED)
{
    static const int64_t us[] = { 100, 200, 90000 };
    assert_int_equal(sorted(BALANCE_LATENCY, us, 0, 2), 201);
    assert_int_equal(bound[1], 3);
    assert_int_equal(sorted(BALANCE_LATENCY, us, 0, 0), 12);
    assert_int_equal(sorted(BALANCE_LATENCY, us, BALANCE_EXPLORE - 1, 0), 12);
}

static void balance__alone_is_alone(void **state X_UNUSED)
{
    struct balance_candidate c = { 7, 1, -1 };
    draws = 0;
    balance_sort(&c, 1, BALANCE_WEIGHT, draw);
    balance_sort(&c, 0, BALANCE_LATENCY, draw);
    assert_int_equal(c.slot, 7);
    assert_int_equal(draws, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balance__order_draws_nothing),
        cmocka_unit_test(balance__weight_is_a_share_of_what_is_left),
        cmocka_unit_test(balance__weight_over_many_questions),
        cmocka_unit_test(balance__latency_takes_the_quickest_and_tries_the_unknown),
        cmocka_unit_test(balance__latency_now_and_then_asks_another),
        cmocka_unit_test(balance__alone_is_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
