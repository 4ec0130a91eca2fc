/* SPDX-License-Identifier: Apache-2.0
 *
 * The surface as numbers: exact counts on small texts, nothing infinite on hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "pipeline/features.h"

#define YEAR 2026

static struct features read_text(const char *text)
{
    struct features f;
    features_of(&f, text, strlen(text), YEAR);
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        assert_true(isfinite(f.at[i]) && f.at[i] >= 0);
    for (size_t i = 0; i < ROUTING_LIVE_COUNT; i++)
        assert_true(isfinite(f.live_at[i]) && f.live_at[i] >= 0);
    return f;
}

static void near(double a, double b)
{
    assert_true(fabs(a - b) < 1e-9);
}

static void features__nothing_is_all_zeros(void **state X_UNUSED)
{
    struct features f = read_text("");
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        assert_true(f.at[i] == 0);
    assert_int_equal(f.words, 0);
    assert_false(f.wide || f.follows);
}

static void features__counts_words_numbers_and_marks(void **state X_UNUSED)
{
    struct features f = read_text("Is 1,250.75 + 3 > 7% of $900? No: (x) {y}; \"z\".");
    assert_int_equal(f.numbers, 6); /* 1 250 75 3 7 900 */
    assert_int_equal(f.words, 12);
    near(f.at[ROUTING_log_numbers], log1p(6));
    near(f.at[ROUTING_log_big_numbers], log1p(2));
    near(f.at[ROUTING_log_decimals], log1p(2));
    near(f.at[ROUTING_log_math_marks], log1p(3));
    near(f.at[ROUTING_log_bars], 0);
    near(f.at[ROUTING_log_quotes], log1p(2));
    near(f.at[ROUTING_negation_share], 1.0 / (12 + 20));
    assert_int_equal(f.code_marks, 3);
    assert_int_equal(f.question_marks, 1);
}

static void features__counts_sentences_and_lines(void **state X_UNUSED)
{
    struct features f = read_text("One two. Three four five! v1.5 is out?\nab\nabcd");
    near(f.at[ROUTING_log_sentences], log1p(3));
    near(f.at[ROUTING_log_lines], log1p(2));
    near(f.at[ROUTING_log_first_line], log1p(38));
    near(f.at[ROUTING_log_longest_sentence], log1p(4));
}

static void features__lines_of_numbers(void **state X_UNUSED)
{
    struct features f = read_text("How many are left?\n\n1. 12 or 13\n2. none of these\n3. 4/5 | 9");
    near(f.at[ROUTING_number_line_share], 2.0 / 4);
    near(f.at[ROUTING_log_bars], log1p(1));
    near(f.at[ROUTING_log_slashes], log1p(1));
    near(f.at[ROUTING_first_line_asks], 1);
    near(read_text("Tell me.\nWhy?").at[ROUTING_first_line_asks], 0);
}

static void features__case_of_words(void **state X_UNUSED)
{
    struct features f = read_text("NASA and Rome");
    near(f.at[ROUTING_capital_share], 2.0 / 23);
    near(f.at[ROUTING_acronym_share], 1.0 / 23);
    f = read_text("\xd0\x9c\xd0\x98\xd0\xa0 \xd0\x9c\xd0\xb8\xd1\x80"); /* МИР Мир */
    near(f.at[ROUTING_acronym_share], 1.0 / 22);
    near(f.at[ROUTING_type_token], 0.5); /* one word, in two cases */
}

static void features__an_option_list_is_lines_like_any_others(void **state X_UNUSED)
{
    struct features a = read_text("Which one?\nA. red\nB. blue"),
                    b = read_text("Which one?\nX. red\nY. blue");
    a.at[ROUTING_rare_letter_share] = b.at[ROUTING_rare_letter_share] = 0; /* X is a rare letter */
    a.at[ROUTING_function_word_share] = b.at[ROUTING_function_word_share] = 0;
    assert_memory_equal(a.at, b.at, sizeof a.at);
}

static double live_sign(const char *text, enum routing_live sign)
{
    return read_text(text).live_at[sign];
}

static void features__years_are_told_from_numbers(void **state X_UNUSED)
{
    assert_true(live_sign("rules for 2026", ROUTING_LIVE_this_year) > 0);
    assert_true(live_sign("rules for 2031", ROUTING_LIVE_this_year) > 0);
    assert_true(live_sign("rules of 2025", ROUTING_LIVE_this_year) == 0);
    assert_true(live_sign("rules of 2025", ROUTING_LIVE_past_year) > 0);
    assert_true(live_sign("12026 or 2099", ROUTING_LIVE_this_year) == 0);
    assert_true(live_sign("0800 and 20 26", ROUTING_LIVE_past_year) == 0);
}

static void features__live_signs_need_no_accents(void **state X_UNUSED)
{
    assert_true(live_sign("la m\xc3\xa9t\xc3\xa9o \xc3\xa0 Paris", ROUTING_LIVE_weather) > 0);
    assert_true(live_sign("la meteo a Paris", ROUTING_LIVE_weather) > 0);
    assert_true(live_sign("\xc3\xbc"
                          "bermorgen",
                          ROUTING_LIVE_near) > 0);
}

static void features__a_live_word_deep_inside_a_long_text_is_a_story(void **state X_UNUSED)
{
    char text[4000] = "";
    memset(text, 'b', 3000);
    for (size_t i = 4; i < 3000; i += 5)
        text[i] = ' ';
    memcpy(text + 1500, "today news", 10);
    text[1499] = text[1510] = ' ';
    assert_true(live_sign(text, ROUTING_LIVE_newest) == 0);
    memcpy(text + 3000, " today news", 12);
    assert_true(live_sign(text, ROUTING_LIVE_newest) > 0);
}

/* 今天天气: today, weather */
static void features__words_are_found_inside_a_script_without_blanks(void **state X_UNUSED)
{
    static const char text[] = "\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94";
    assert_true(live_sign(text, ROUTING_LIVE_today) > 0 && live_sign(text, ROUTING_LIVE_weather) > 0);
    assert_true(live_sign("notoday", ROUTING_LIVE_today) == 0);
}

static void features__a_wall_of_wide_characters_is_read_at_its_ends_only(void **state X_UNUSED)
{
    char text[FEATURES_BYTES_MAX] = "";
    for (size_t at = 0; at + 3 < sizeof text; at += 3)
        memcpy(text + at, "\xe7\x9a\x84", 4);
    memcpy(text + 3000, "\xe5\xa4\xa9\xe6\xb0\x94", 6);
    assert_true(live_sign(text, ROUTING_LIVE_weather) == 0);
    memcpy(text + 30, "\xe5\xa4\xa9\xe6\xb0\x94", 6);
    assert_true(live_sign(text, ROUTING_LIVE_weather) > 0);
}

static void features__scripts_without_blanks_are_known_as_such(void **state X_UNUSED)
{
    assert_true(read_text("\xe9\xaa\x8c\xe8\xaf\x81\xe8\x80\x85\xe6\x98\xaf\xe8\xb0\x81").wide);
    assert_false(read_text("caf\xc3\xa9").wide);
}

/* Every prefix and rotation of bytes that are no text: bounded and finite. */
static void features__hostile_bytes_do_no_harm(void **state X_UNUSED)
{
    static const char *const bytes[] = { "\xff\xfe\xf0\x9f", "\xc3", "\xe2\x80", "\xed\xa0\x80",
                                         "\x01\x7f\x80" };
    char text[FEATURES_BYTES_MAX * 2 + 1];
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
        size_t n = strlen(bytes[i]);
        for (size_t at = 0; at + 1 < sizeof text; at++)
            text[at] = bytes[i][at % n];
        text[sizeof text - 1] = '\0';
        read_text(text);
        read_text(bytes[i]);
    }
}

static void features__the_buffer_ends_inside_a_word_or_character(void **state X_UNUSED)
{
    char text[FEATURES_BYTES_MAX + 64];
    for (size_t shift = 0; shift < 8; shift++) {
        memset(text, 'w', shift);
        for (size_t at = shift; at + 5 < sizeof text; at += 4)
            memcpy(text + at, "\xf0\x90\xb1\x84", 5); /* a letter of four bytes */
        read_text(text);
        memset(text, 'w', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        assert_int_equal(read_text(text).words, 1);
    }
}

static void features__length_counts_whole_though_words_do_not(void **state X_UNUSED)
{
    static char text[100001];
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 4 == 3 ? ' ' : 'a';
    struct features f = read_text(text);
    near(f.at[ROUTING_log_chars], log1p(100000));
    assert_true(f.words <= FEATURES_BYTES_MAX / 4 + 1);
}

static void features__a_nul_inside_is_a_mark(void **state X_UNUSED)
{
    struct features f;
    features_of(&f, "one\0two", 7, YEAR);
    assert_int_equal(f.words, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features__nothing_is_all_zeros),
        cmocka_unit_test(features__counts_words_numbers_and_marks),
        cmocka_unit_test(features__counts_sentences_and_lines),
        cmocka_unit_test(features__lines_of_numbers),
        cmocka_unit_test(features__case_of_words),
        cmocka_unit_test(features__an_option_list_is_lines_like_any_others),
        cmocka_unit_test(features__years_are_told_from_numbers),
        cmocka_unit_test(features__live_signs_need_no_accents),
        cmocka_unit_test(features__a_live_word_deep_inside_a_long_text_is_a_story),
        cmocka_unit_test(features__words_are_found_inside_a_script_without_blanks),
        cmocka_unit_test(features__a_wall_of_wide_characters_is_read_at_its_ends_only),
        cmocka_unit_test(features__scripts_without_blanks_are_known_as_such),
        cmocka_unit_test(features__hostile_bytes_do_no_harm),
        cmocka_unit_test(features__the_buffer_ends_inside_a_word_or_character),
        cmocka_unit_test(features__length_counts_whole_though_words_do_not),
        cmocka_unit_test(features__a_nul_inside_is_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
