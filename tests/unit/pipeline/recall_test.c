/* SPDX-License-Identifier: Apache-2.0
 *
 * What a turn remembers: as many messages, minutes and tokens as the policy says, the newest first to stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include <parley/store.h>

#include "tests/support/stage_kit.h"

static struct store_remark said[4] = {
    { true, "first question", 0 },
    { false, "first answer", 0 },
    { true, "second question", 0 },
    { false, "second answer", 0 },
};

static void recall(struct stage_kit *k)
{
    k->remark = said;
    k->remarks = ARRAY_LEN(said);
    assert_int_equal(stage_recall(&k->turn, &k->worker), NEXT);
}

static void policy(struct stage_kit *k, int messages, int minutes, int tokens)
{
    char json[160];
    snprintf(json, sizeof json, "{\"memory_messages\": %d, \"memory_minutes\": %d, \"memory_tokens\": %d}",
             messages, minutes, tokens);
    stage_kit_policy(k, "retention.json", json);
}

static void recall__keeps_order_and_speakers(void **state)
{
    struct stage_kit *k = *state;
    recall(k);
    assert_int_equal(k->turn.memory.len, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(k->turn.memory.remark[i].from_user, said[i].from_user);
        assert_string_equal(k->turn.memory.remark[i].text, said[i].text);
    }
    assert_string_equal(k->asked_conv, "conversation");
}

static void recall__asks_for_as_many_messages_and_minutes_as_the_policy_says(void **state)
{
    struct stage_kit *k = *state;
    policy(k, 3, 45, 2000);
    recall(k);
    assert_int_equal(k->asked_most, 3);
    assert_int_equal(k->asked_since_ms, STAGE_KIT_WALL_MS - 45 * 60000);
    assert_int_equal(k->turn.memory.len, 3);
    assert_string_equal(k->turn.memory.remark[0].text, "first answer");
}

static void recall__no_messages_asks_nothing(void **state)
{
    struct stage_kit *k = *state;
    policy(k, 0, 30, 2000);
    k->read_rc = -EIO; /* would fail if asked */
    recall(k);
    assert_int_equal(k->turn.memory.len, 0);
}

/* llm_tokens: 4 bytes of Latin text are one, so 14, 12, 15 and 13 bytes are 4, 3, 4 and 4. */
static void recall__the_token_budget_drops_the_oldest(void **state)
{
    static const struct {
        int tokens;
        size_t kept;
    } row[] = { { 15, 4 }, { 14, 3 }, { 11, 3 }, { 10, 2 }, { 8, 2 }, { 7, 1 }, { 4, 1 }, { 3, 0 } };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        stage_kit_turn(k);
        policy(k, 10, 30, row[i].tokens);
        recall(k);
        assert_int_equal(k->turn.memory.len, row[i].kept);
        if (row[i].kept)
            assert_string_equal(k->turn.memory.remark[row[i].kept - 1].text, "second answer");
    }
}

/* One long remark ends the memory there: what is older would be out of context. */
static void recall__does_not_skip_over_what_is_too_long(void **state)
{
    struct stage_kit *k = *state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct store_remark row[] = { { true, "old", 0 }, { false, text, 0 }, { true, "new", 0 } };
    policy(k, 10, 30, 50);
    k->remark = row;
    k->remarks = ARRAY_LEN(row);
    assert_int_equal(stage_recall(&k->turn, &k->worker), NEXT);
    assert_int_equal(k->turn.memory.len, 1);
    assert_string_equal(k->turn.memory.remark[0].text, "new");
}

static void recall__a_store_that_cannot_be_read_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    k->read_rc = -EIO;
    assert_int_equal(stage_recall(&k->turn, &k->worker), FAIL);
    assert_non_null(strstr(k->turn.err.text, "recall"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(recall__keeps_order_and_speakers),
        STAGE_CASE(recall__asks_for_as_many_messages_and_minutes_as_the_policy_says),
        STAGE_CASE(recall__no_messages_asks_nothing),
        STAGE_CASE(recall__the_token_budget_drops_the_oldest),
        STAGE_CASE(recall__does_not_skip_over_what_is_too_long),
        STAGE_CASE(recall__a_store_that_cannot_be_read_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
