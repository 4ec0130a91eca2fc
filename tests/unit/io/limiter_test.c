/* SPDX-License-Identifier: Apache-2.0
 *
 * Token buckets: burst, refill, what retry_after promises, and a full table under a flood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/limiter.h"

static struct limiter *limiter_new(size_t keys)
{
    struct limiter *l;
    struct err err;
    assert_int_equal(limiter_open(&l, keys, &err), 0);
    return l;
}

static int take(struct limiter *l, const char *key, int per_minute, int64_t now)
{
    int64_t retry;
    return limiter_take(l, key, per_minute, now, &retry);
}

static void limiter__burst_then_rate(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(10);
    int64_t retry, now = 1000;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(limiter_take(l, "a", 6, now, &retry), 0);
        assert_int_equal(retry, 0);
    }
    assert_int_equal(limiter_take(l, "a", 6, now, &retry), X_E_LIMIT);
    assert_int_equal(retry, 10000);
    assert_int_equal(limiter_take(l, "a", 6, now + 9999, &retry), X_E_LIMIT);
    assert_int_equal(retry, 1);
    assert_int_equal(limiter_take(l, "a", 6, now + 10000, &retry), 0);
    assert_int_equal(limiter_take(l, "a", 6, now + 10000, &retry), X_E_LIMIT);
    assert_int_equal(limiter_take(l, "b", 6, now + 10000, &retry), 0); /* its own bucket */
    limiter_close(l);
}

/* Denied takes cost nothing, so that a client that retries too early is not punished for ever. */
static void limiter__denied_takes_are_free(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(10);
    assert_int_equal(take(l, "a", 1, 0), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(take(l, "a", 1, 59999), X_E_LIMIT);
    assert_int_equal(take(l, "a", 1, 60000), 0);
    limiter_close(l);
}

static void limiter__retry_after_is_exact(void **state X_UNUSED)
{
    static const int rate[] = { 1, 7, 13, 60, 61, 997, 60000, 100000 };
    for (size_t i = 0; i < ARRAY_LEN(rate); i++) {
        struct limiter *l = limiter_new(4);
        int64_t retry = 0;
        int taken = 0;
        while (!limiter_take(l, "a", rate[i], 5, &retry))
            taken++;
        assert_int_equal(taken, rate[i]);
        assert_true(retry >= 1);
        if (retry > 1)
            assert_int_equal(take(l, "a", rate[i], 5 + retry - 1), X_E_LIMIT);
        assert_int_equal(take(l, "a", rate[i], 5 + retry), 0);
        limiter_close(l);
    }
}

static void limiter__full_again_after_a_minute(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(4);
    for (int minute = 0; minute < 3; minute++) {
        for (int i = 0; i < 50; i++)
            assert_int_equal(take(l, "a", 50, minute * 60000), 0);
        assert_int_equal(take(l, "a", 50, minute * 60000), X_E_LIMIT);
    }
    limiter_close(l);
}

static void limiter__no_rate_is_no_limit(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(1);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(take(l, "a", 0, 0), 0);
        assert_int_equal(take(l, "a", -1, 0), 0);
    }
    limiter_close(l);
}

static void limiter__the_rate_may_change(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(4);
    for (int i = 0; i < 30; i++)
        assert_int_equal(take(l, "a", 60, 0), 0); /* half empty */
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(l, "a", 10, 0), 0);
    assert_int_equal(take(l, "a", 10, 0), X_E_LIMIT);
    limiter_close(l);
}

/* The stalest full bucket goes first: an offender stays on record through a flood of new keys. */
static void limiter__flood_does_not_wash_away_an_offender(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(100);
    char key[32];
    for (int i = 0; i < 60; i++)
        assert_int_equal(take(l, "offender", 60, 0), 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof key, "flood-%d", i);
        assert_int_equal(take(l, key, 60, i / 1000), 0);
    }
    assert_int_equal(take(l, "offender", 60, 100), X_E_LIMIT);
    limiter_close(l);
}

static void limiter__table_of_one(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(1);
    assert_int_equal(take(l, "a", 1, 0), 0);
    assert_int_equal(take(l, "a", 1, 0), X_E_LIMIT);
    assert_int_equal(take(l, "b", 1, 0), 0); /* evicts a: memory is bounded, come what may */
    assert_int_equal(take(l, "b", 1, 0), X_E_LIMIT);
    limiter_close(l);
}

/* Against a plain array of counters, with eviction out of play. */
static void limiter__agrees_with_a_model(void **state X_UNUSED)
{
    enum { KEYS = 300, RATE = 5 };
    struct limiter *l = limiter_new(KEYS);
    int64_t full_us[KEYS] = { 0 }, now = 0;
    char key[16];
    unsigned seed = 7;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1103515245U + 12345U;
        int k = (int)(seed >> 16) % KEYS;
        now += (int64_t)(seed >> 8) % 7;
        snprintf(key, sizeof key, "%d", k);
        int64_t from = full_us[k] > now * 1000 ? full_us[k] : now * 1000;
        bool ok = from + 12000000 <= now * 1000 + 60000000;
        assert_int_equal(take(l, key, RATE, now), ok ? 0 : X_E_LIMIT);
        if (ok)
            full_us[k] = from + 12000000;
    }
    limiter_close(l);
}

/* Churn far beyond the table: no key may be lost while it is in, none found twice. */
static void limiter__survives_churn(void **state X_UNUSED)
{
    struct limiter *l = limiter_new(37);
    char key[16];
    unsigned seed = 99;
    for (int i = 0; i < 300000; i++) {
        seed = seed * 1103515245U + 12345U;
        snprintf(key, sizeof key, "%u", (seed >> 16) % 500);
        int r = take(l, key, 1 + (int)(seed >> 20) % 50, i / 10);
        assert_true(r == 0 || r == X_E_LIMIT);
    }
    for (int i = 0; i < 37; i++) { /* a minute later all are full: 37 fresh keys fit at once */
        snprintf(key, sizeof key, "new%d", i);
        assert_int_equal(take(l, key, 1, 1000000), 0);
    }
    for (int i = 0; i < 37; i++) {
        snprintf(key, sizeof key, "new%d", i);
        assert_int_equal(take(l, key, 1, 1000000), X_E_LIMIT);
    }
    limiter_close(l);
}

static void limiter__refuses_nonsense(void **state X_UNUSED)
{
    struct limiter *l;
    struct err err;
    assert_int_equal(limiter_open(&l, 0, &err), -EINVAL);
    assert_null(l);
    assert_int_equal(limiter_open(&l, SIZE_MAX, &err), -EINVAL);
    assert_null(l);
    limiter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limiter__burst_then_rate),
        cmocka_unit_test(limiter__denied_takes_are_free),
        cmocka_unit_test(limiter__retry_after_is_exact),
        cmocka_unit_test(limiter__full_again_after_a_minute),
        cmocka_unit_test(limiter__no_rate_is_no_limit),
        cmocka_unit_test(limiter__the_rate_may_change),
        cmocka_unit_test(limiter__flood_does_not_wash_away_an_offender),
        cmocka_unit_test(limiter__table_of_one),
        cmocka_unit_test(limiter__agrees_with_a_model),
        cmocka_unit_test(limiter__survives_churn),
        cmocka_unit_test(limiter__refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
