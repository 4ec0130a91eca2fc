/* SPDX-License-Identifier: Apache-2.0
 *
 * Words, stems and stop words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "embed/words.h"

static void expect_words(const char *text, size_t len, const char *const *want, size_t n)
{
    struct words all = { .text = text, .len = len };
    struct word w;

    for (size_t i = 0; i < n; i++) {
        assert_true(words_next(&all, &w));
        assert_string_equal(w.at, want[i]);
        assert_int_equal(w.len, strlen(want[i]));
    }
    assert_false(words_next(&all, &w));
    assert_false(words_next(&all, &w));
}

#define EXPECT_WORDS(text, ...)                                                                              \
    do {                                                                                                     \
        const char *const want_[] = { __VA_ARGS__ };                                                         \
        expect_words(text, strlen(text), want_, ARRAY_LEN(want_));                                           \
    } while (0)

static void words__are_lower_case_runs_of_letters_and_digits(void **state)
{
    (void)state;
    EXPECT_WORDS("How do I stake 32 ETH?", "how", "do", "i", "stake", "32", "eth");
    EXPECT_WORDS("  \"ERC-20\"...(x)", "erc", "20", "x");
    EXPECT_WORDS("\xc3\x84rger \xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0", "arger",
                 "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0");
    expect_words("", 0, NULL, 0);
    expect_words("?! \n", 4, NULL, 0);
}

static void words__scripts_without_spaces_come_as_pairs(void **state)
{
    (void)state;
    EXPECT_WORDS("\xe6\xbc\xa2", "\xe6\xbc\xa2");
    EXPECT_WORDS("\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97");
    EXPECT_WORDS("BTC\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2 x", "btc", "\xe6\xbc\xa2\xe5\xad\x97",
                 "\xe5\xad\x97\xe6\xbc\xa2", "x");
}

static void words__long_words_are_cut_between_characters(void **state)
{
    char text[3 * 200];
    struct words all = { .text = text, .len = sizeof text };
    struct word w;

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xd0\xb1", 2);
    assert_true(words_next(&all, &w));
    assert_int_equal(w.len, WORD_BYTES_MAX);
    assert_int_equal(strlen(w.at), w.len);
    assert_false(words_next(&all, &w));
}

static void words__broken_utf8_does_no_harm(void **state)
{
    (void)state;
    EXPECT_WORDS("a\xff"
                 "b\xe6\xbc",
                 "a", "b");
}

static const char *stem(const char *text)
{
    static struct word w;
    struct words all = { .text = text, .len = strlen(text) };

    assert_true(words_next(&all, &w));
    word_stem(&w);
    assert_int_equal(strlen(w.at), w.len);
    return w.at;
}

static void words__stems_meet(void **state)
{
    (void)state;
    assert_string_equal(stem("staking"), stem("stake"));
    assert_string_equal(stem("staked"), stem("stakes"));
    assert_string_equal(stem("stopped"), stem("stop"));
    assert_string_equal(stem("wallets"), stem("wallet"));
    assert_string_equal(stem("parties"), "party");
    assert_string_equal(stem("boxes"), stem("box"));
    assert_string_equal(stem("selling"), stem("sell"));
}

static void words__short_and_foreign_words_stay(void **state)
{
    static const char *const same[] = { "gas",  "eth",   "ring", "red",         "bus",
                                        "this", "class", "32s",  "\xd0\xb6ing", "s" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        assert_string_equal(stem(same[i]), same[i]);
}

static void words__case_accents_and_width_make_no_difference(void **state)
{
    (void)state;
    EXPECT_WORDS("Z\xc3\xbcrich Zu\xcc\x88rich", "zurich", "zurich"); /* composed, decomposed */
    EXPECT_WORDS("\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1\xcf\x82",
                 "\xce\xb1\xce\xb8\xce\xb7\xce\xbd\xce\xb1\xcf\x83");
    EXPECT_WORDS("\xef\xbc\xa5\xef\xbc\xb4\xef\xbc\xa8\xef\xbc\x91", "eth1"); /* full width */
    EXPECT_WORDS("\xef\xbd\xb1", "\xe3\x82\xa2");                             /* half-width katakana */
    EXPECT_WORDS("\xe0\xa4\x95\xe0\xa4\xbf", "\xe0\xa4\x95\xe0\xa4\xbf");     /* Devanagari keeps its marks */
    EXPECT_WORDS("\xcc\x88 a", "a");
}

static void words__marked_word_knows_its_characters(void **state)
{
    struct words all = { .text = "\xd0\xb1o", .len = 3 };
    struct word_marked m;
    struct word w;

    (void)state;
    assert_true(words_next(&all, &w));
    word_mark(&w, &m);
    assert_int_equal(m.chars, 4);
    assert_memory_equal(m.at, "<\xd0\xb1o>", 5);
    assert_int_equal(m.start[2], 3);
    assert_int_equal(m.start[4], 5);
}

static void words__stop_words_are_found_and_only_they(void **state)
{
    static const char *const stop[] = { "a", "about", "the", "how", "your", "what", "is" };
    static const char *const other[] = { "stake", "eth", "aa", "zzz", "howe", "" };
    struct word w = { .len = 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stop); i++) {
        strncpy(w.at, stop[i], WORD_BYTES_MAX);
        assert_true(word_is_stop(&w));
    }
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        strncpy(w.at, other[i], WORD_BYTES_MAX);
        assert_false(word_is_stop(&w));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words__are_lower_case_runs_of_letters_and_digits),
        cmocka_unit_test(words__scripts_without_spaces_come_as_pairs),
        cmocka_unit_test(words__long_words_are_cut_between_characters),
        cmocka_unit_test(words__broken_utf8_does_no_harm),
        cmocka_unit_test(words__stems_meet),
        cmocka_unit_test(words__short_and_foreign_words_stay),
        cmocka_unit_test(words__case_accents_and_width_make_no_difference),
        cmocka_unit_test(words__marked_word_knows_its_characters),
        cmocka_unit_test(words__stop_words_are_found_and_only_they),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
