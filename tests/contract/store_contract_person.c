/* SPDX-License-Identifier: Apache-2.0
 *
 * The store contract: what adapters keep under their keys, and what a person may ask and say about
 * themselves.
 */
#include "tests/contract/store_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>

#define OPS (k->ops)

/* ---- what adapters keep ---- */

static const char *stated(struct store_kit *k, enum store_state_do what, const char *key, const char *value,
                          int64_t until_ms, int64_t now_ms)
{
    struct store_state s = { what, key, value, until_ms, now_ms, &k->a, "unset" };
    assert_int_equal(TX(k, OPS->state(k->db, &s, &k->err)), 0);
    return s.got;
}

static void state__keeps_the_latest_word(void **state)
{
    struct store_kit *k = *state;
    assert_null(stated(k, STATE_GET, "a", NULL, 0, 1));
    assert_null(stated(k, STATE_PUT, "a", "one", 0, 1));
    stated(k, STATE_PUT, "b", "", 0, 1);
    stated(k, STATE_PUT, "a", "two", 0, 2);
    assert_string_equal(stated(k, STATE_GET, "a", NULL, 0, INT64_MAX), "two");
    assert_string_equal(stated(k, STATE_GET, "b", NULL, 0, 3), "");
    stated(k, STATE_PUT, "a", NULL, 0, 4);
    assert_null(stated(k, STATE_GET, "a", NULL, 0, 5));
}

static void state__ends_with_its_time_and_is_pruned(void **state)
{
    struct store_kit *k = *state;
    clock_fake(STORE_KIT_NOW, 0);
    stated(k, STATE_PUT, "short", "x", STORE_KIT_NOW + 10, STORE_KIT_NOW);
    stated(k, STATE_PUT, "long", "y", 0, STORE_KIT_NOW);
    assert_string_equal(stated(k, STATE_GET, "short", NULL, 0, STORE_KIT_NOW + 9), "x");
    assert_null(stated(k, STATE_GET, "short", NULL, 0, STORE_KIT_NOW + 10));
    assert_string_equal(stated(k, STATE_GET, "short", NULL, 0, STORE_KIT_NOW), "x");
    clock_fake(STORE_KIT_NOW + 11, 11);
    assert_int_equal(TX(k, OPS->prune(k->db, 0, 0, 100, &k->err)), 0);
    assert_null(stated(k, STATE_GET, "short", NULL, 0, STORE_KIT_NOW));
    assert_string_equal(stated(k, STATE_GET, "long", NULL, 0, STORE_KIT_NOW), "y");
    clock_real();
}

/* ---- what a person asks about themselves ---- */

static void feedback__is_of_the_one_who_asked_and_the_last_word_counts(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    struct store_feedback f = { got.turn_id, "alice", true, STORE_KIT_NOW };
    assert_int_equal(TX(k, OPS->feedback(k->db, &f, &k->err)), 0);
    f.helpful = false;
    assert_int_equal(TX(k, OPS->feedback(k->db, &f, &k->err)), 0);
    f.user_key = "bob";
    assert_int_equal(TX(k, OPS->feedback(k->db, &f, &k->err)), X_E_NOT_FOUND);
    f = (struct store_feedback){ "nothing", "alice", true, STORE_KIT_NOW };
    assert_int_equal(TX(k, OPS->feedback(k->db, &f, &k->err)), X_E_NOT_FOUND);
}

static void forget__takes_the_conversation_and_leaves_the_bill(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "a question", "an answer", STORE_KIT_NOW);
    store_kit_turn(k, "2", "another", "answer", STORE_KIT_NOW + 1);
    const struct store_ingest m = store_kit_message(&k->a, "3");
    struct store_person p = { .what = PERSON_EXPORT,
                              .user_key = m.user_key,
                              .conv_key = m.conv_key,
                              .channel = "web",
                              .month = m.month,
                              .now_ms = STORE_KIT_NOW,
                              .arena = &k->a,
                              .tier = TIER_PRO };
    assert_int_equal(TX(k, OPS->consent(k->db, m.user_key, "v1", true, "web", STORE_KIT_NOW, &k->err)), 0);
    assert_int_equal(TX(k, OPS->person(k->db, &p, &k->err)), 0);
    assert_int_equal(p.remarks, 4);
    assert_string_equal(p.remark[0].text, "a question");
    p.what = PERSON_USAGE;
    assert_int_equal(TX(k, OPS->person(k->db, &p, &k->err)), 0);
    assert_int_equal(p.tier, TIER_PRO);
    assert_int_equal(p.used, 2);
    assert_string_equal(p.consent, "v1");
    p.what = PERSON_FORGET;
    p.now_ms++;
    assert_int_equal(TX(k, OPS->person(k->db, &p, &k->err)), 0);
    assert_int_equal(p.forgotten, 2);
    assert_int_equal(store_kit_counts(k).turns, 0);
    assert_int_equal(store_kit_counts(k).usage, 2);
    assert_int_equal(TX(k, OPS->person(k->db, &p, &k->err)), 0);
    assert_int_equal(p.forgotten, 0);
    assert_string_equal(p.consent, "");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, store_kit_setup, store_kit_teardown)
int store_contract_person(const struct store_ops *ops)
{
    const struct CMUnitTest tests[] = {
        CASE(state__keeps_the_latest_word),
        CASE(state__ends_with_its_time_and_is_pruned),
        CASE(feedback__is_of_the_one_who_asked_and_the_last_word_counts),
        CASE(forget__takes_the_conversation_and_leaves_the_bill),
    };
    print_message("store contract, person: %s\n", ops->name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#undef CASE
#undef OPS
