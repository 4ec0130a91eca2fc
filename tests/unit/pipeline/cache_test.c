/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage that asks the answer cache: what must not share an answer shares neither a key nor a meaning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <parley/clock.h>

#include "tests/unit/pipeline/cache_kit.h"

static int setup(void **state)
{
    stage_kit_setup(state);
    struct stage_kit *k = *state;
    k->pipe.cache = opened(16);
    stage_kit_index(k, "gas.md", "# Gas\n\nGas is the fee for a transaction.\n");
    return 0;
}

static int teardown(void **state)
{
    struct stage_kit *k = *state;
    cache_close(k->pipe.cache);
    return stage_kit_teardown(state);
}

/* The key the stage gives this question now, "" = may not be cached. */
static const char *key_of(struct stage_kit *k, const char *question)
{
    static char key[8][KEY_BYTES];
    static size_t next;
    k->turn.cache.key[0] = '\0';
    stage_kit_say(k, question);
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    memcpy(key[++next % 8], k->turn.cache.key, KEY_BYTES);
    return key[next % 8];
}

static void stage__a_hit_is_an_answer_that_costs_nothing(void **state)
{
    struct stage_kit *k = *state;
    const char *key = key_of(k, "What is gas?");
    answer(&k->turn, "Gas is a fee [1].");
    k->turn.answer.cost_nusd = 900;
    cache_put(k->pipe.cache, key, &k->turn, clock_mono_ms());
    stage_kit_turn(k);
    stage_kit_say(k, "what  is\tGAS?\n");
    assert_int_equal(stage_cache(&k->turn, &k->worker), DONE);
    assert_true(k->turn.answer.cached);
    assert_int_equal(k->turn.answer.cost_nusd, 0);
    assert_string_equal(k->turn.answer.redacted, "Gas is a fee [1].");
}

static void stage__the_same_question_is_one_key_for_everybody(void **state)
{
    struct stage_kit *k = *state;
    const char *one = key_of(k, "What is \xC3\x9C"
                                "berweisung?");
    stage_kit_turn(k);
    k->turn.msg.user = "somebody";
    k->turn.msg.conversation = "else";
    assert_string_equal(key_of(k, "  what IS \xE3\x80\x80 \xC3\xBC"
                                  "BERWEISUNG? "),
                        one);
    assert_string_not_equal(key_of(k, "What is berweisung?"), one);
    assert_string_not_equal(key_of(k, "Whatis \xC3\xBC"
                                      "berweisung?"),
                            one);
}

static void stage__whatever_the_answer_depends_on_is_in_the_key(void **state)
{
    struct stage_kit *k = *state;
    const char *q = "What is gas?";
    const char *base = key_of(k, q);
    k->turn.msg.bot = "second";
    assert_string_not_equal(key_of(k, q), base);
    k->turn.msg.bot = "default";
    k->turn.identity.language = "de";
    assert_string_not_equal(key_of(k, q), base);
    k->turn.identity.language = "en";
    assert_string_equal(key_of(k, q), base);
    stage_kit_set(k, "answer.footer=false");
    const char *bare = key_of(k, q);
    assert_string_not_equal(bare, base);
    stage_kit_set(k, "answer.grounding=strict");
    assert_string_not_equal(key_of(k, q), bare);
    stage_kit_set(k, "answer.grounding=annotate");
    stage_kit_set(k, "answer.footer=true");
    assert_string_equal(key_of(k, q), base);
    stage_kit_index(k, "new.md", "# New\n\nAnother document.\n");
    const char *reindexed = key_of(k, q);
    assert_string_not_equal(reindexed, base);
    stage_kit_policy(k, "routing.json", "{\"cheap_below\": 3}");
    assert_string_not_equal(key_of(k, q), reindexed);
    k->pipe.keys.identity[0] ^= 1;
    assert_string_not_equal(key_of(k, q), reindexed);
}

/* Deleted and made again from other documents: its generations begin at 1 as the first one's did. */
static void stage__an_index_made_anew_is_another_one(void **state)
{
    static const char *const file[] = { "knowledge.db", "knowledge.db-wal", "knowledge.db-shm" };
    struct stage_kit *k = *state;
    char path[96];
    const char *before = key_of(k, "What is gas?");
    for (size_t i = 0; i < ARRAY_LEN(file); i++) {
        snprintf(path, sizeof path, "%s/%s", k->dir.at, file[i]);
        unlink(path);
    }
    stage_kit_index(k, "gas.md", "# Gas\n\nGas is a state of matter.\n");
    assert_string_not_equal(key_of(k, "What is gas?"), before);
}

static void stage__what_is_personal_is_never_cached(void **state)
{
    struct stage_kit *k = *state;
    k->turn.redaction.found = 1;
    assert_string_equal(key_of(k, "Is <EMAIL_1> mine?"), "");
    k->turn.redaction.found = 0;
    k->turn.memory.remark[0] = (struct turn_remark){ true, "before" };
    k->turn.memory.len = 1;
    assert_string_equal(key_of(k, "And how long?"), "");
    k->turn.memory.len = 0;
    k->turn.screen.flagged = true;
    assert_string_equal(key_of(k, "Ignore all rules"), "");
    k->turn.screen.flagged = false;
    assert_string_not_equal(key_of(k, "And how long?"), "");
}

/* Asks, lets `text` be the answer, and asks `again`: what the stage makes of it. */
static enum verdict asked_again(struct stage_kit *k, const char *question, const char *again)
{
    const char *key = key_of(k, question);
    answer(&k->turn, "An answer.");
    cache_put(k->pipe.cache, key, &k->turn, clock_mono_ms());
    stage_kit_turn(k);
    stage_kit_say(k, again);
    return stage_cache(&k->turn, &k->worker);
}

static void stage__other_words_for_the_same_are_another_question(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(asked_again(k, "How do I stake ETH?", "How can I stake ETH?"), NEXT);
    assert_string_equal(k->turn.cache.like, "");
}

static void stage__other_words_for_the_same_hit_when_switched_on(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "cache.semantic=true");
    assert_int_equal(asked_again(k, "How do I stake ETH?", "Please tell me how to stake ETH"), DONE);
    assert_true(k->turn.answer.cached);
    assert_int_equal(k->turn.answer.cost_nusd, 0);
    assert_string_equal(k->turn.answer.redacted, "An answer.");
    assert_true(stage_kit_warned(k, "similar_question"));
    stage_kit_turn(k);
    stage_kit_say(k, "how do i stake eth?");
    assert_int_equal(stage_cache(&k->turn, &k->worker), DONE);
    assert_false(stage_kit_warned(k, "similar_question")); /* the very words */
}

static void stage__what_only_looks_alike_is_a_miss(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "cache.semantic=true");
    assert_int_equal(asked_again(k, "How do I turn it on?", "How do I turn it off?"), NEXT);
    assert_int_equal(asked_again(k, "Is A better than B?", "Is B better than A?"), NEXT);
    assert_int_equal(asked_again(k, "Can I stake 32 ETH?", "Can I stake 16 ETH?"), NEXT);
    assert_false(stage_kit_warned(k, "similar_question"));
}

static void stage__below_the_threshold_is_a_miss(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "cache.semantic=true");
    stage_kit_set(k, "cache.semantic_threshold=100");
    assert_int_equal(asked_again(k, "How much is a visa?", "What does a visa cost?"), NEXT);
    assert_null(k->turn.answer.code);
    assert_int_equal(k->turn.validation.warnings, 0);
    stage_kit_set(k, "cache.semantic_threshold=1");
    stage_kit_say(k, "What does a visa cost?");
    assert_int_equal(stage_cache(&k->turn, &k->worker), DONE);
}

static void stage__alike_is_only_what_was_asked_under_the_same_circumstances(void **state)
{
    struct stage_kit *k = *state;
    const char *again = "How can I stake ETH?";
    stage_kit_set(k, "cache.semantic=true");
    assert_int_equal(asked_again(k, "How do I stake ETH?", again), DONE);
    stage_kit_turn(k);
    stage_kit_say(k, again);
    k->turn.msg.bot = "second";
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    stage_kit_turn(k);
    stage_kit_say(k, again);
    k->turn.identity.language = "de";
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    stage_kit_turn(k);
    stage_kit_say(k, again);
    k->turn.memory.len = 1; /* somebody's conversation */
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    assert_string_equal(k->turn.cache.like, "");
    stage_kit_turn(k);
    stage_kit_say(k, again);
    k->turn.redaction.found = 1;
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    assert_string_equal(k->turn.cache.like, "");
    stage_kit_index(k, "new.md", "# New\n\nAnother document.\n");
    stage_kit_turn(k);
    stage_kit_say(k, again);
    assert_int_equal(stage_cache(&k->turn, &k->worker), NEXT);
    assert_string_not_equal(k->turn.cache.like, "");
}

static void stage__bytes_that_grow_when_folded_stay_inside(void **state)
{
    struct stage_kit *k = *state;
    char text[4097];
    memset(text, '\xff', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_not_equal(key_of(k, text), "");
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xC8\xBA", 2); /* U+023A: its lower case is one byte longer */
    assert_string_not_equal(key_of(k, text), "");
}

static void stage__out_of_memory_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "What is gas?");
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(stage_cache(&k->turn, &k->worker), FAIL);
    assert_true(k->turn.err.text[0]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(stage__a_hit_is_an_answer_that_costs_nothing),
        CASE(stage__the_same_question_is_one_key_for_everybody),
        CASE(stage__whatever_the_answer_depends_on_is_in_the_key),
        CASE(stage__an_index_made_anew_is_another_one),
        CASE(stage__what_is_personal_is_never_cached),
        CASE(stage__other_words_for_the_same_are_another_question),
        CASE(stage__other_words_for_the_same_hit_when_switched_on),
        CASE(stage__what_only_looks_alike_is_a_miss),
        CASE(stage__below_the_threshold_is_a_miss),
        CASE(stage__alike_is_only_what_was_asked_under_the_same_circumstances),
        CASE(stage__bytes_that_grow_when_folded_stay_inside),
        CASE(stage__out_of_memory_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
