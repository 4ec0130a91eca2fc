/* SPDX-License-Identifier: Apache-2.0
 *
 * Passages for a question from a real small index, and the follow-up that needs the question before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/stage_kit.h"

static int setup(void **state)
{
    stage_kit_setup(state);
    struct stage_kit *k = *state;
    stage_kit_index(
        k, "staking.md",
        "# Staking\n\nStaking ETH means locking 32 ETH in a validator. Unstaking takes a few days.\n");
    stage_kit_index(k, "gas.md", "# Gas fees\n\nGas is the fee for a transaction on Ethereum.\n");
    stage_kit_index(k, "seed.md", "# Seed phrases\n\nA seed phrase restores a wallet. Write it on paper.\n");
    return 0;
}

static const char *best(struct stage_kit *k)
{
    assert_int_equal(stage_retrieve(&k->turn, &k->worker), NEXT);
    assert_true(k->turn.passages.len > 0);
    return k->turn.passages.at[0].source;
}

static void remember(struct stage_kit *k, bool from_user, const char *text)
{
    k->turn.memory.remark[k->turn.memory.len++] = (struct turn_remark){ from_user, text };
}

static void retrieve__finds_what_the_question_is_about(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "What is the fee for a transaction?");
    assert_non_null(strstr(best(k), "gas.md"));
    assert_true(k->turn.passages.generation > 0);
}

static void retrieve__a_short_follow_up_is_searched_with_the_question_before(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "And where do I keep it?");
    remember(k, true, "What is gas?");
    remember(k, false, "A fee.");
    remember(k, true, "What is a seed phrase?");
    remember(k, false, "Words that restore staking gas.");
    assert_non_null(strstr(best(k), "seed.md"));
}

static void retrieve__a_long_question_stands_for_itself(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "How many ETH does a validator lock for staking?");
    remember(k, true, "seed phrase seed phrase seed phrase seed phrase wallet paper");
    assert_non_null(strstr(best(k), "staking.md"));
}

static void retrieve__takes_no_more_than_top_k(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "knowledge.top_k=1");
    stage_kit_say(k, "ETH Ethereum wallet fee staking");
    best(k);
    assert_int_equal(k->turn.passages.len, 1);
}

static void retrieve__out_of_memory_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "What is gas?");
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(stage_retrieve(&k->turn, &k->worker), FAIL);
    assert_non_null(strstr(k->turn.err.text, "retrieve"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, stage_kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(retrieve__finds_what_the_question_is_about),
        CASE(retrieve__a_short_follow_up_is_searched_with_the_question_before),
        CASE(retrieve__a_long_question_stands_for_itself),
        CASE(retrieve__takes_no_more_than_top_k),
        CASE(retrieve__out_of_memory_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
