/* SPDX-License-Identifier: Apache-2.0
 *
 * A question's words and marks: what is one piece, what is silent, what an apostrophe hides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/semantic_impl.h"

static struct reading reading;

/* The pieces with a bar between. */
static const char *cut(const char *text)
{
    static char out[2 * SEMANTIC_TEXT_MAX];
    size_t len = 0;
    memset(&reading, 0, sizeof reading);
    semantic_cut(&reading, text, strlen(text));
    for (size_t i = 0; i < reading.pieces; i++) {
        struct str s = reading.piece[i].text;
        assert_true(len + s.len + 2 < sizeof out);
        if (i)
            out[len++] = '|';
        memcpy(out + len, s.at, s.len);
        len += s.len;
    }
    out[len] = '\0';
    return out;
}

static void cut__words_are_lower_case(void **state X_UNUSED)
{
    assert_string_equal(cut("  How DO\tI stake\nETH?! "), "how|do|i|stake|eth");
    assert_string_equal(cut("Ist Öl Üblich?"), "ist|öl|üblich");
    assert_string_equal(cut("ЧТО ТАКОЕ"), "что|такое");
    assert_string_equal(cut("¿Qué es?"), "qué|es");
}

static void cut__numbers_keep_their_points(void **state X_UNUSED)
{
    assert_string_equal(cut("1.5 or 1,000.50 at 10:30."), "1.5|or|1,000.50|at|10:30");
    assert_string_equal(cut("5km v2"), "5|km|v|2");
    assert_string_equal(cut("1. 2"), "1|.|2");
}

static void cut__a_mark_that_could_tell_is_a_piece(void **state X_UNUSED)
{
    assert_string_equal(cut("C++ -5 50/50 $5 <b>"), "c|+|+|-|5|50|/|50|$|5|<|b|>");
    assert_string_equal(cut("3-5"), "3|-|5");
    assert_string_equal(cut("two-factor GPT-4 e-mail"), "two|factor|gpt|4|e|mail");
    assert_string_equal(cut("7-x 10-K n-1 30-day"), "7|-|x|10|-|k|n|-|1|30|day");
    assert_string_equal(cut("a. b?"), "a|.|b");
    assert_string_equal(cut("yes, no,"), "yes|,|no");
}

static void cut__an_apostrophe_shortens_words(void **state X_UNUSED)
{
    assert_string_equal(cut("I don't, can't, won't"), "i|do|not|,|can|not|,|will|not");
    assert_string_equal(cut("we're I'm it\xE2\x80\x99ll you've"), "we|are|i|am|it|will|you|have");
    assert_string_equal(cut("Bob's"), "bob|'s");
    assert_string_equal(cut("l'or qu'est"), "l|or|qu|est");
    assert_string_equal(cut("'s 't n't '"), "s|t|n|t"); /* nothing before, or only the n */
}

static void cut__quotes_mark_what_stays(void **state X_UNUSED)
{
    assert_string_equal(cut("what is «The Who» now"), "what|is|the|who|now");
    assert_false(reading.piece[1].quoted);
    assert_true(reading.piece[2].quoted);
    assert_true(reading.piece[3].quoted);
    assert_false(reading.piece[4].quoted);
}

static void cut__a_capital_counts_inside_the_text(void **state X_UNUSED)
{
    cut("Delete Teams now");
    assert_false(reading.piece[0].capital);
    assert_true(reading.piece[1].capital);
    assert_false(reading.piece[2].capital);
}

static void cut__hostile_bytes_stay_inside(void **state X_UNUSED)
{
    char text[SEMANTIC_TEXT_MAX + 1];
    memset(text, '\xff', SEMANTIC_TEXT_MAX);
    text[SEMANTIC_TEXT_MAX] = '\0';
    cut(text);
    assert_true(reading.full);
    assert_true(reading.low_len <= sizeof reading.low);
    for (size_t i = 0; i + 1 < SEMANTIC_TEXT_MAX; i += 2)
        memcpy(text + i, "\xC8\xBA", 2); /* U+023A: its lower case is one byte longer */
    assert_int_equal(strlen(text), SEMANTIC_TEXT_MAX);
    semantic_cut(&reading, text, strlen(text));
    assert_true(reading.low_len <= sizeof reading.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut__words_are_lower_case),
        cmocka_unit_test(cut__numbers_keep_their_points),
        cmocka_unit_test(cut__a_mark_that_could_tell_is_a_piece),
        cmocka_unit_test(cut__an_apostrophe_shortens_words),
        cmocka_unit_test(cut__quotes_mark_what_stays),
        cmocka_unit_test(cut__a_capital_counts_inside_the_text),
        cmocka_unit_test(cut__hostile_bytes_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
