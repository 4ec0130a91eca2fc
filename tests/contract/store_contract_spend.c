/* SPDX-License-Identifier: Apache-2.0
 *
 * The store contract, third part: money. What a call reserves, what it settles, what a limit lets through,
 * and what is left after a crash, a lost lease, a day or a month.
 */
#include "tests/contract/store_contract.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OPS    (k->ops)
#define DAY_MS INT64_C(86400000)
#define DAY    "2026-09-21" /* STORE_KIT_NOW */
#define MONTH  "2026-09"

/* The bot alone, without limits, for 100. */
static struct store_attempt attempt(int n)
{
    static const struct store_scope bot = { "bot", { -1, -1 }, { -1, -1 } };
    return (struct store_attempt){ .turn_id = "T1",
                                   .turn_attempt = 1,
                                   .n = n,
                                   .provider = "p",
                                   .model = "m",
                                   .now_ms = STORE_KIT_NOW,
                                   .scope = &bot,
                                   .scopes = 1,
                                   .estimate_nusd = 100,
                                   .outcome = "ok" };
}

static int begin(struct store_kit *k, struct store_attempt *at)
{
    return TX(k, k->ops->attempt_begin(k->db, at, &k->err));
}

static int end(struct store_kit *k, struct store_attempt *at, int64_t cost_nusd)
{
    at->cost_nusd = cost_nusd;
    return TX(k, k->ops->attempt_end(k->db, at, &k->err));
}

static void spent_is(struct store_kit *k, const char *scope, const char *period, int64_t spent,
                     int64_t reserved)
{
    struct store_spent s = { -7, -7 };
    assert_int_equal(k->ops->spent(k->db, scope, period, &s, &k->err), 0);
    assert_int_equal(s.spent_nusd, spent);
    assert_int_equal(s.reserved_nusd, reserved);
}

static void spend__is_reserved_at_the_begin_and_settled_at_the_end(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    spent_is(k, "bot", DAY, 0, 0);
    assert_int_equal(begin(k, &at), 0);
    assert_int_equal(at.budget, BUDGET_WITHIN);
    assert_int_equal(at.limited_scope, -1);
    spent_is(k, "bot", DAY, 0, 100);
    spent_is(k, "bot", MONTH, 0, 100);
    assert_int_equal(end(k, &at, 40), 0);
    spent_is(k, "bot", DAY, 40, 0);
    spent_is(k, "bot", MONTH, 40, 0);
}

static void spend__a_second_settlement_is_impossible(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    assert_int_equal(begin(k, &at), 0);
    assert_int_equal(begin(k, &at), X_E_DUPLICATE);
    spent_is(k, "bot", DAY, 0, 100); /* the second begin reserved nothing */
    assert_int_equal(end(k, &at, 40), 0);
    assert_int_equal(end(k, &at, 40), X_E_NOT_FOUND);
    assert_int_equal(TX(k, OPS->recover(k->db, STORE_KIT_NOW, STORE_KIT_NOTICE, &k->err)), 0);
    spent_is(k, "bot", DAY, 40, 0);
}

static void spend__every_scope_is_charged(void **state)
{
    static const struct store_scope scope[] = {
        { "bot", { -1, -1 }, { -1, -1 } },
        { "provider:p", { -1, -1 }, { -1, -1 } },
        { "tier:FREE", { 1, 1000 }, { -1, -1 } },
        { "user:'; DROP TABLE spend; --", { -1, -1 }, { -1, 1000 } },
    };
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.scope = scope;
    at.scopes = ARRAY_LEN(scope);
    at.past_soft = true;
    assert_int_equal(begin(k, &at), 0);
    for (size_t i = 0; i < ARRAY_LEN(scope); i++)
        spent_is(k, scope[i].name, DAY, 0, 100);
    at.scopes = 0; /* the end goes by what was begun */
    assert_int_equal(end(k, &at, 60), 0);
    for (size_t i = 0; i < ARRAY_LEN(scope); i++) {
        spent_is(k, scope[i].name, DAY, 60, 0);
        spent_is(k, scope[i].name, MONTH, 60, 0);
    }
}

static void spend__a_dearer_call_than_estimated_is_booked_whole(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    assert_int_equal(begin(k, &at), 0);
    assert_int_equal(end(k, &at, 5000), 0);
    spent_is(k, "bot", DAY, 5000, 0);
}

static void spend__a_cost_nobody_knows_frees_the_reservation(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    assert_int_equal(begin(k, &at), 0);
    assert_int_equal(end(k, &at, -1), 0);
    spent_is(k, "bot", DAY, 0, 0);
}

/* ---- hard limits ---- */

static void hard__room_for_one_is_given_once(void **state)
{
    static const struct store_scope one = { "bot", { -1, 150 }, { -1, -1 } };
    struct store_kit *k = *state;
    struct store_counts before = store_kit_counts(k);
    int granted = 0;
    store_kit_begin(k);
    for (int i = 1; i <= 64; i++) {
        struct store_attempt at = attempt(i);
        at.scope = &one;
        int rc = OPS->attempt_begin(k->db, &at, &k->err);
        granted += rc == 0;
        assert_true(rc == 0 || rc == X_E_LIMIT);
        assert_int_equal(at.budget, rc ? BUDGET_HARD : BUDGET_WITHIN);
        assert_int_equal(at.limited_scope, rc ? 0 : -1);
    }
    store_kit_end(k, 0);
    assert_int_equal(granted, 1);
    assert_int_equal(store_kit_counts(k).attempts, before.attempts + 1);
    spent_is(k, "bot", DAY, 0, 100);
}

static void hard__exactly_full_fits_and_one_more_does_not(void **state)
{
    static const struct store_scope bot = { "bot", { -1, 200 }, { -1, -1 } };
    struct store_kit *k = *state;
    for (int i = 1; i <= 2; i++) {
        struct store_attempt at = attempt(i);
        at.scope = &bot;
        assert_int_equal(begin(k, &at), 0);
    }
    struct store_attempt third = attempt(3);
    third.scope = &bot;
    third.estimate_nusd = 1;
    assert_int_equal(begin(k, &third), X_E_LIMIT);
}

static void hard__a_refusal_writes_nothing_anywhere(void **state)
{
    static const struct store_scope scope[] = { { "bot", { -1, -1 }, { -1, -1 } },
                                                { "user:u", { -1, -1 }, { -1, 99 } } };
    struct store_kit *k = *state;
    struct store_counts before = store_kit_counts(k);
    struct store_attempt at = attempt(1);
    at.scope = scope;
    at.scopes = 2;
    assert_int_equal(begin(k, &at), X_E_LIMIT);
    assert_int_equal(at.budget, BUDGET_HARD);
    assert_int_equal(at.limited_scope, 1);
    assert_true(at.limited_month);
    assert_null(strstr(k->err.text, "user:u")); /* it goes to a log */
    struct store_counts after = store_kit_counts(k);
    assert_memory_equal(&before, &after, sizeof before);
    spent_is(k, "bot", DAY, 0, 0);
    spent_is(k, "user:u", MONTH, 0, 0);
    assert_int_equal(end(k, &at, 10), X_E_NOT_FOUND);
}

static void hard__what_is_free_fits_where_all_is_spent(void **state)
{
    static const struct store_scope bot = { "bot", { -1, 0 }, { -1, 0 } };
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.scope = &bot;
    assert_int_equal(begin(k, &at), X_E_LIMIT);
    at.estimate_nusd = 0;
    assert_int_equal(begin(k, &at), 0);
}

static void hard__an_unknown_price_fits_no_hard_limit(void **state)
{
    static const struct store_scope hard = { "bot", { -1, -1 }, { -1, INT64_MAX } };
    static const struct store_scope soft = { "bot", { 10, -1 }, { -1, -1 } };
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.estimate_nusd = -1;
    at.scope = &hard;
    assert_int_equal(begin(k, &at), X_E_LIMIT);
    at.scope = &soft; /* nothing is spent yet */
    assert_int_equal(begin(k, &at), 0);
    spent_is(k, "bot", DAY, 0, 0);
}

static void hard__a_settled_reservation_makes_room(void **state)
{
    static const struct store_scope bot = { "bot", { -1, 150 }, { -1, -1 } };
    struct store_kit *k = *state;
    struct store_attempt one = attempt(1), two = attempt(2);
    one.scope = two.scope = &bot;
    assert_int_equal(begin(k, &one), 0);
    assert_int_equal(begin(k, &two), X_E_LIMIT);
    assert_int_equal(end(k, &one, 50), 0);
    assert_int_equal(begin(k, &two), 0); /* 50 + 100 */
}

static void hard__amounts_near_the_end_of_the_numbers_stay_refused(void **state)
{
    static const struct store_scope bot = { "bot", { -1, INT64_MAX - 1 }, { -1, -1 } };
    struct store_kit *k = *state;
    for (int i = 1; i <= 3; i++) {
        struct store_attempt at = attempt(i);
        assert_int_equal(begin(k, &at), 0);
        assert_int_equal(end(k, &at, INT64_MAX), 0); /* the sum must not wrap, nor break the op */
    }
    struct store_attempt at = attempt(4);
    at.scope = &bot;
    at.estimate_nusd = INT64_MAX;
    assert_int_equal(begin(k, &at), X_E_LIMIT);
    struct store_spent s;
    assert_int_equal(OPS->spent(k->db, "bot", DAY, &s, &k->err), 0);
    assert_true(s.spent_nusd > 0);
}

/* ---- soft limits ---- */

static void soft__stops_those_that_must_not_pass_and_tells_the_others(void **state)
{
    static const struct store_scope bot = { "bot", { 150, 1000 }, { -1, -1 } };
    struct store_kit *k = *state;
    struct store_attempt one = attempt(1), two = attempt(2);
    one.scope = two.scope = &bot;
    assert_int_equal(begin(k, &one), 0);
    assert_int_equal(one.budget, BUDGET_WITHIN);
    assert_int_equal(begin(k, &two), X_E_LIMIT);
    assert_int_equal(two.budget, BUDGET_SOFT);
    two.past_soft = true;
    assert_int_equal(begin(k, &two), 0);
    assert_int_equal(two.budget, BUDGET_SOFT);
    assert_int_equal(two.limited_scope, 0);
    assert_false(two.limited_month);
}

static void soft__the_hard_limit_of_another_scope_weighs_more(void **state)
{
    static const struct store_scope scope[] = { { "bot", { 10, -1 }, { -1, -1 } },
                                                { "tier:FREE", { -1, 50 }, { -1, -1 } } };
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.scope = scope;
    at.scopes = 2;
    at.past_soft = true;
    assert_int_equal(begin(k, &at), X_E_LIMIT);
    assert_int_equal(at.budget, BUDGET_HARD);
    assert_int_equal(at.limited_scope, 1);
}

/* ---- time ---- */

static void time__a_new_day_has_a_new_budget_and_the_month_goes_on(void **state)
{
    static const struct store_scope day = { "bot", { -1, 100 }, { -1, -1 } };
    static const struct store_scope month = { "bot", { -1, -1 }, { -1, 150 } };
    struct store_kit *k = *state;
    struct store_attempt one = attempt(1), two = attempt(2), three = attempt(3);
    one.scope = two.scope = &day;
    three.scope = &month;
    two.now_ms = three.now_ms = STORE_KIT_NOW + DAY_MS;
    assert_int_equal(begin(k, &one), 0);
    assert_int_equal(begin(k, &two), 0);
    assert_int_equal(begin(k, &three), X_E_LIMIT);
    spent_is(k, "bot", MONTH, 0, 200);
    three.now_ms = STORE_KIT_NOW + 31 * DAY_MS;
    assert_int_equal(begin(k, &three), 0);
    spent_is(k, "bot", "2026-10", 0, 100);
}

static void time__a_call_over_midnight_is_settled_in_its_own_day(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.now_ms = INT64_C(1790812799999); /* 2026-09-30T23:59:59.999Z */
    assert_int_equal(begin(k, &at), 0);
    at.now_ms += 1000;
    assert_int_equal(end(k, &at, 70), 0);
    spent_is(k, "bot", "2026-09-30", 70, 0);
    spent_is(k, "bot", "2026-09", 70, 0);
    spent_is(k, "bot", "2026-10-01", 0, 0);
    spent_is(k, "bot", "2026-10", 0, 0);
}

/* ---- what ends a call besides its turn ---- */

static void recover__books_what_running_calls_may_have_cost_once(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt done = attempt(1), cut = attempt(2), free_one = attempt(3);
    free_one.estimate_nusd = 0;
    assert_int_equal(begin(k, &done), 0);
    assert_int_equal(end(k, &done, 30), 0);
    assert_int_equal(begin(k, &cut), 0);
    assert_int_equal(begin(k, &free_one), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(TX(k, OPS->recover(k->db, STORE_KIT_NOW + DAY_MS, STORE_KIT_NOTICE, &k->err)), 0);
        spent_is(k, "bot", DAY, 130, 0);
        spent_is(k, "bot", MONTH, 130, 0);
        spent_is(k, "bot", "2026-09-22", 0, 0);
    }
    assert_int_equal(store_kit_counts(k).attempts_open, 0);
    assert_int_equal(end(k, &cut, 1), X_E_NOT_FOUND);
}

static void reap__books_the_calls_of_the_lost_lease_and_no_others(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt lost = attempt(1), other = attempt(1);
    int64_t n;
    store_kit_ingest(k, "1"); /* turn T1 */
    other.turn_id = "T2";
    assert_int_equal(begin(k, &lost), 0);
    assert_int_equal(begin(k, &other), 0);
    assert_int_equal(
        TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS, STORE_KIT_NOTICE, &n, &k->err)), 0);
    assert_int_equal(n, 1);
    spent_is(k, "bot", DAY, 100, 100);
    assert_int_equal(end(k, &lost, 5), X_E_NOT_FOUND); /* the worker wakes up: booked already */
    assert_int_equal(end(k, &other, 5), 0);
    spent_is(k, "bot", DAY, 105, 0);
}

static void rollback__takes_the_reservation_back(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    store_kit_begin(k);
    assert_int_equal(OPS->attempt_begin(k->db, &at, &k->err), 0);
    OPS->rollback(k->db);
    spent_is(k, "bot", DAY, 0, 0);
    assert_int_equal(begin(k, &at), 0); /* the writer runs a broken batch again, op by op */
    spent_is(k, "bot", DAY, 0, 100);
}

static void prune__keeps_the_running_month_whatever_the_days(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt one = attempt(1), two = attempt(2);
    one.now_ms = STORE_KIT_NOW - 60 * DAY_MS; /* 2026-07-23 */
    assert_int_equal(begin(k, &one), 0);
    assert_int_equal(end(k, &one, 11), 0);
    two.now_ms = STORE_KIT_NOW - 5 * DAY_MS;
    assert_int_equal(begin(k, &two), 0);
    assert_int_equal(end(k, &two, 13), 0);
    assert_int_equal(TX(k, OPS->prune(k->db, 0, STORE_KIT_NOW - DAY_MS, 100, &k->err)), 0);
    spent_is(k, "bot", "2026-07-23", 0, 0);
    spent_is(k, "bot", "2026-07", 0, 0);
    spent_is(k, "bot", "2026-09-16", 0, 0);
    spent_is(k, "bot", MONTH, 13, 0);
}

static void begin__refuses_scopes_it_could_not_find_again(void **state)
{
    static const struct store_scope broken = { "bot\nuser:someone", { -1, -1 }, { -1, -1 } };
    static const struct store_scope empty = { "", { -1, -1 }, { -1, -1 } };
    static struct store_scope many[STORE_SCOPES_MAX + 1];
    static char name[STORE_SCOPE_BYTES + 1];
    struct store_kit *k = *state;
    struct store_attempt at = attempt(1);
    at.scope = &broken;
    assert_int_equal(begin(k, &at), X_E_INVALID);
    at.scope = &empty;
    assert_int_equal(begin(k, &at), X_E_INVALID);
    memset(name, 'x', STORE_SCOPE_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (struct store_scope){ name + 1, { -1, -1 }, { -1, -1 } };
    at.scope = many;
    at.scopes = ARRAY_LEN(many);
    assert_int_equal(begin(k, &at), X_E_INVALID);
    at.scopes = STORE_SCOPES_MAX;
    many[STORE_SCOPES_MAX - 1].name = name; /* one byte too long */
    assert_int_equal(begin(k, &at), X_E_INVALID);
    assert_int_equal(store_kit_counts(k).attempts, 0);
    many[STORE_SCOPES_MAX - 1].name = name + 1;
    assert_int_equal(begin(k, &at), 0);
    assert_int_equal(end(k, &at, 1), 0);
    spent_is(k, many[0].name, DAY, STORE_SCOPES_MAX, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_kit_setup, store_kit_teardown)

int store_contract_spend(const struct store_ops *ops)
{
    const struct CMUnitTest tests[] = {
        CASE(spend__is_reserved_at_the_begin_and_settled_at_the_end),
        CASE(spend__a_second_settlement_is_impossible),
        CASE(spend__every_scope_is_charged),
        CASE(spend__a_dearer_call_than_estimated_is_booked_whole),
        CASE(spend__a_cost_nobody_knows_frees_the_reservation),
        CASE(hard__room_for_one_is_given_once),
        CASE(hard__exactly_full_fits_and_one_more_does_not),
        CASE(hard__a_refusal_writes_nothing_anywhere),
        CASE(hard__what_is_free_fits_where_all_is_spent),
        CASE(hard__an_unknown_price_fits_no_hard_limit),
        CASE(hard__a_settled_reservation_makes_room),
        CASE(hard__amounts_near_the_end_of_the_numbers_stay_refused),
        CASE(soft__stops_those_that_must_not_pass_and_tells_the_others),
        CASE(soft__the_hard_limit_of_another_scope_weighs_more),
        CASE(time__a_new_day_has_a_new_budget_and_the_month_goes_on),
        CASE(time__a_call_over_midnight_is_settled_in_its_own_day),
        CASE(recover__books_what_running_calls_may_have_cost_once),
        CASE(reap__books_the_calls_of_the_lost_lease_and_no_others),
        CASE(rollback__takes_the_reservation_back),
        CASE(prune__keeps_the_running_month_whatever_the_days),
        CASE(begin__refuses_scopes_it_could_not_find_again),
    };
    print_message("store contract, spend: %s\n", ops->name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#undef CASE
#undef OPS
