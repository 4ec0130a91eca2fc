/* SPDX-License-Identifier: Apache-2.0
 *
 * Complexity from the surface: bounds, order of plainly easier and harder questions, hostile text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/stage_kit.h"

static double score(struct stage_kit *k, const char *text)
{
    stage_kit_say(k, text);
    assert_int_equal(stage_score(&k->turn, NULL), NEXT);
    assert_true(k->turn.complexity.score >= 1.0 && k->turn.complexity.score <= 10.0);
    return k->turn.complexity.score;
}

static void score__nothing_is_the_easiest(void **state)
{
    static const char *const text[] = { "", " ", "?", "\xE3\x80\x82" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_true(score(k, text[i]) < 1.0 + 1e-9);
}

static void score__rises_with_what_is_asked(void **state)
{
    static const char *const harder[] = {
        "hi",
        "What is gas?",
        "How does gas differ from a tip?",
        "Compare solo staking and pooled staking and explain why the rewards differ. Which one suits 5 ETH?",
        "Design a strategy: compare 3 validators, derive the yield step by step, explain why f(x) = {a; b} "
        "holds, "
        "evaluate the trade-off for 32, 64 and 128 ETH. What if fees rise? What if they fall? And how would "
        "you "
        "implement the monitoring of unexpected infrastructure misconfigurations?",
    };
    struct stage_kit *k = *state;
    for (size_t i = 1; i < ARRAY_LEN(harder); i++)
        assert_true(score(k, harder[i - 1]) < score(k, harder[i]));
    assert_true(score(k, harder[ARRAY_LEN(harder) - 1]) > 7.0); /* policies/routing.json: strong_from */
    assert_true(score(k, harder[1]) < 4.0);                     /* cheap_below */
}

static void score__is_capped_however_long_the_text(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(MESSAGE_TEXT_MAX);
    while (text.len < MESSAGE_TEXT_MAX - 64)
        buf_adds(&text, "Explain why 42 misconfigurations {x=1;} differ! ");
    assert_true(score(k, buf_text(&text)) > 9.0);
    buf_free(&text);
}

static void score__knows_what_no_document_can_hold(void **state)
{
    static const struct {
        const char *text;
        bool live;
    } row[] = {
        { "What is the price of ETH today?", true },
        { "Wie ist das Wetter heute", true },
        { "LATEST news", true },
        { "What is gas?", false },
        { "I know nowhere", false }, /* whole words only */
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        score(k, row[i].text);
        assert_int_equal(k->turn.complexity.needs_live, row[i].live);
    }
}

static void score__bytes_that_are_no_text_do_no_harm(void **state)
{
    struct stage_kit *k = *state;
    score(k, "\xff\xfe\xF0\x9F");
    score(k, "\xF0\x9F\x98\x80\xE2\x80\xAE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(score__nothing_is_the_easiest),
        STAGE_CASE(score__rises_with_what_is_asked),
        STAGE_CASE(score__is_capped_however_long_the_text),
        STAGE_CASE(score__knows_what_no_document_can_hold),
        STAGE_CASE(score__bytes_that_are_no_text_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
