/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of words: its order, whole words only, phrases, hostile words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/lexicon.h"

static unsigned signs(const char *text)
{
    return lexicon_signs(text, strcspn(text, " "));
}

static void lexicon__table_is_sorted_without_repeats(void **state X_UNUSED)
{
    assert_true(lexicon_sorted());
}

static void lexicon__finds_whole_words_only(void **state X_UNUSED)
{
    assert_true(signs("today") & LEX_LIVE);
    assert_true(signs("today i learned") & LEX_LIVE);
    assert_int_equal(signs("todays"), 0);
    assert_int_equal(signs("toda"), 0);
    assert_int_equal(signs(""), 0);
}

static void lexicon__finds_the_ends_of_the_table(void **state X_UNUSED)
{
    assert_true(signs("a") & LEX_FUNCTION);
    assert_true(signs("\xd1\x8f") & LEX_PERSON); /* the last entry, Cyrillic */
    assert_int_equal(signs("\xf4\x8f\xbf\xbf"), 0);
    assert_int_equal(signs("!"), 0);
}

static void lexicon__a_phrase_wants_all_its_words(void **state X_UNUSED)
{
    assert_true(signs("right now please") & LEX_LIVE);
    assert_false(signs("right nowhere") & LEX_LIVE);
    assert_false(signs("right") & LEX_LIVE);
    assert_true(signs("how many") & LEX_HOW_MANY);
    assert_false(signs("how so") & LEX_HOW_MANY);
    assert_true(signs("how so") & LEX_HOW);
}

static void lexicon__a_very_long_word_is_just_unknown(void **state X_UNUSED)
{
    char word[5000];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_int_equal(signs(word), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lexicon__table_is_sorted_without_repeats),
        cmocka_unit_test(lexicon__finds_whole_words_only),
        cmocka_unit_test(lexicon__finds_the_ends_of_the_table),
        cmocka_unit_test(lexicon__a_phrase_wants_all_its_words),
        cmocka_unit_test(lexicon__a_very_long_word_is_just_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
