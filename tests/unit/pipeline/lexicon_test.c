/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of words: its file, whole words, beginnings, phrases, scripts without blanks, hostile words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "pipeline/lexicon.h"

static uint64_t signs(const char *text)
{
    return lexicon_signs(text, false);
}

static void *look_up(void *found)
{
    *(uint64_t *)found = signs("weather forecast");
    return NULL;
}

/* The first test to run: the table is built by whoever comes first. */
static void lexicon__threads_that_come_first_together_find_the_same(void **state X_UNUSED)
{
    pthread_t thread[4];
    uint64_t found[4] = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, look_up, &found[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(found[i] & LEXICON_BIT(weather));
    }
}

static void lexicon__its_file_has_no_mistake(void **state X_UNUSED)
{
    assert_int_equal(lexicon_mistake(), 0);
}

static void lexicon__finds_whole_words_only(void **state X_UNUSED)
{
    assert_true(signs("python") & LEXICON_BIT(program));
    assert_true(signs("python loops") & LEXICON_BIT(program));
    assert_int_equal(signs("pythons"), 0);
    assert_int_equal(signs("pytho"), 0);
    assert_int_equal(signs(""), 0);
}

static void lexicon__a_star_is_any_ending(void **state X_UNUSED)
{
    assert_true(signs("forecast") & LEXICON_BIT(weather));
    assert_true(signs("forecasters say") & LEXICON_BIT(weather));
    assert_false(signs("forecas") & LEXICON_BIT(weather));
}

static void lexicon__finds_the_ends_of_the_table(void **state X_UNUSED)
{
    assert_true(signs("a") & LEXICON_BIT(function));
    assert_int_equal(signs("\xf4\x8f\xbf\xbf"), 0);
    assert_int_equal(signs("!"), 0);
}

static void lexicon__a_phrase_wants_all_its_words(void **state X_UNUSED)
{
    assert_true(signs("right now please") & LEXICON_BIT(now));
    assert_false(signs("right nowhere") & LEXICON_BIT(now));
    assert_false(signs("right") & LEXICON_BIT(now));
    assert_true(signs("how many") & LEXICON_BIT(how_many));
    assert_false(signs("how so") & LEXICON_BIT(how_many));
    assert_true(signs("how so") & LEXICON_BIT(how));
}

/* "how" stays found though "how many" stands between it and the text in the table. */
static void lexicon__finds_every_prefix(void **state X_UNUSED)
{
    uint64_t found = signs("how much is the dollar");
    assert_true(found & LEXICON_BIT(how) && found & LEXICON_BIT(how_many) && found & LEXICON_BIT(live));
}

static void lexicon__looks_inside_words_where_scripts_need_it(void **state X_UNUSED)
{
    static const char arabic_price[] = "\xd8\xb3\xd8\xb9\xd8\xb1"; /* سعر, as in السعر */
    assert_true(lexicon_looks_inside(0x633) && lexicon_looks_inside(0x4ECA) && lexicon_looks_inside(0xAC00));
    assert_false(lexicon_looks_inside('a') || lexicon_looks_inside(0x430) || lexicon_looks_inside(0x906));
    assert_true(lexicon_signs(arabic_price, true) & LEXICON_BIT(price));
    assert_int_equal(lexicon_signs("python", true), 0);
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
        cmocka_unit_test(lexicon__threads_that_come_first_together_find_the_same),
        cmocka_unit_test(lexicon__its_file_has_no_mistake),
        cmocka_unit_test(lexicon__finds_whole_words_only),
        cmocka_unit_test(lexicon__a_star_is_any_ending),
        cmocka_unit_test(lexicon__finds_the_ends_of_the_table),
        cmocka_unit_test(lexicon__a_phrase_wants_all_its_words),
        cmocka_unit_test(lexicon__finds_every_prefix),
        cmocka_unit_test(lexicon__looks_inside_words_where_scripts_need_it),
        cmocka_unit_test(lexicon__a_very_long_word_is_just_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
