/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3629 by exhaustion where that is possible: every code point there and back, every
 * byte pair and a full sweep of three- and four-byte heads against a naive model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/utf.h"

static bool is_scalar(uint32_t cp)
{
    return cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF);
}

static void utf__every_code_point_there_and_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char text[4];
        size_t n = utf8_put(text, cp), pos = 0;

        assert_in_range(n, 1, 4);
        assert_true(utf8_valid(text, n));
        assert_int_equal(utf8_next(text, n, &pos), is_scalar(cp) ? cp : 0xFFFD);
        assert_int_equal(pos, n);
        for (size_t cut = 1; cut < n; cut++) {
            assert_int_equal(utf8_tail(text, cut), cut);
            assert_int_equal(utf8_floor(text, n, cut), 0);
            assert_false(utf8_valid(text, cut));
        }
        assert_int_equal(utf8_tail(text, n), 0);
    }
}

/* By decoding without any check and encoding again: only the one right spelling survives. */
static bool model_valid(const unsigned char *b, size_t n)
{
    uint32_t cp = n == 2 ? b[0] & 0x1FU : n == 3 ? b[0] & 0x0FU : b[0] & 0x07U;
    uint32_t least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;
    unsigned char head = n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0;

    if ((b[0] & (0xFFU << (7 - n) & 0xFFU)) != head)
        return false;
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xC0U) != 0x80)
            return false;
        cp = cp << 6 | (b[i] & 0x3FU);
    }
    return cp >= least && is_scalar(cp);
}

static void utf__only_the_shortest_spelling_is_valid(void **state)
{
    unsigned char b[4];

    (void)state;
    for (unsigned lead = 0xC0; lead <= 0xFF; lead++) {
        for (unsigned second = 0; second <= 0xFF; second++) {
            for (unsigned third = 0x7E; third <= 0xC1; third++) {
                b[0] = (unsigned char)lead;
                b[1] = (unsigned char)second;
                b[2] = b[3] = (unsigned char)third;
                for (size_t n = 2; n <= 4; n++) {
                    bool one = second >= 0x80 && (n < 3 || third >= 0x80); /* else ASCII inside splits it */

                    if (one)
                        assert_int_equal(utf8_valid((const char *)b, n), model_valid(b, n));
                    else if (n == 2)
                        assert_false(utf8_valid((const char *)b, n));
                }
            }
        }
    }
}

static void utf__valid_checks_across_its_word_steps(void **state)
{
    char text[32];

    (void)state;
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        assert_true(utf8_valid(text, sizeof text));
        text[at] = (char)0xC3;
        assert_false(utf8_valid(text, sizeof text));
        if (at + 1 < sizeof text) {
            text[at + 1] = (char)0xA9;
            assert_true(utf8_valid(text, sizeof text));
        }
    }
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid(NULL, 0));
}

static void utf__invalid_bytes_are_replaced_one_by_one(void **state)
{
    static const char bad[] = "a\xED\xA0\x80\xC0\xAFz\xE2\x82";
    size_t pos = 0, n = 0;

    (void)state;
    while (pos < sizeof bad - 1) {
        uint32_t cp = utf8_next(bad, sizeof bad - 1, &pos);

        assert_true(cp == 'a' || cp == 'z' || cp == 0xFFFD);
        n++;
    }
    assert_int_equal(n, 9);
    assert_int_equal(utf8_count(bad, sizeof bad - 1), 9);
}

static void utf__floor_never_cuts_a_character(void **state)
{
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; /* a é € 😀 z */
    static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };

    (void)state;
    for (size_t max = 0; max < sizeof want / sizeof want[0]; max++)
        assert_int_equal(utf8_floor(text, sizeof text - 1, max), want[max]);
    assert_int_equal(utf8_floor("\x80\x80\x80\x80\x80", 5, 4), 4); /* nothing to keep whole */
    assert_int_equal(utf8_floor("", 0, 5), 0);
}

static void utf__units_of_utf16(void **state)
{
    static const char text[] = "a\xC3\xA9\xF0\x9F\x98\x80z\xFF"; /* a \u00e9 U+1F600 z, and a bad byte */
    static const size_t want[] = { 0, 1, 3, 3, 7, 8, 9, 9 };

    (void)state;
    assert_int_equal(utf16_count(text, sizeof text - 1), 6);
    assert_int_equal(utf16_count(NULL, 0), 0);
    for (size_t max = 0; max < sizeof want / sizeof want[0]; max++)
        assert_int_equal(utf16_floor(text, sizeof text - 1, max), want[max]);
}

static void utf__tail_is_a_beginning_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(utf8_tail("ab\xF0\x9F\x98", 5), 3);
    assert_int_equal(utf8_tail("ab\xE2", 3), 1);
    assert_int_equal(utf8_tail("ab", 2), 0);
    assert_int_equal(utf8_tail("", 0), 0);
    assert_int_equal(utf8_tail("\xE0\x80", 2), 0); /* overlong: never becomes a character */
    assert_int_equal(utf8_tail("\xED\xA0", 2), 0); /* surrogate */
    assert_int_equal(utf8_tail("\xF5", 1), 0);
    assert_int_equal(utf8_tail("\x80\x80\x80\x80", 4), 0);
}

static void utf__lower_case(void **state)
{
    static const struct {
        uint32_t from, to;
    } pair[] = {
        { 'A', 'a' },       { 'z', 'z' },       { '[', '[' },         { 0xC4, 0xE4 },   { 0xD7, 0xD7 },
        { 0xDF, 0xDF },     { 0x130, 'i' },     { 0x141, 0x142 },     { 0x178, 0xFF },  { 0x17D, 0x17E },
        { 0x17E, 0x17E },   { 0x1EA4, 0x1EA5 }, { 0x1E9E, 0xDF },     { 0x386, 0x3AC }, { 0x3A9, 0x3C9 },
        { 0x401, 0x451 },   { 0x42F, 0x44F },   { 0x4C0, 0x4CF },     { 0x4C1, 0x4C2 }, { 0x531, 0x561 },
        { 0xFF21, 0xFF41 }, { 0x4E00, 0x4E00 }, { 0x1F600, 0x1F600 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++)
        assert_int_equal(utf_lower(pair[i].from), pair[i].to);
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++)
        assert_int_equal(utf_lower(utf_lower(cp)), utf_lower(cp));
}

static void utf__words_spaces_and_wide_scripts(void **state)
{
    static const uint32_t word[] = { 'a',    'Z',   '0',    0xE9,   0x3B1, 0x436,   0x5D0,
                                     0x627,  0x915, 0x94D,  0xE01,  0x301, 0x4E2D,  0x3042,
                                     0xAC00, 0x660, 0xFF21, 0x2160, 0xB2,  0x10400, 0x20000 };
    static const uint32_t other[] = {
        0,      ' ',    '_',    '-',    0x7F,    0xA0,   0xAB,  0xD7,   0x2014,
        0x20AC, 0x2192, 0x3001, 0x3002, 0x1F600, 0xFFFD, 0x964, 0x30FB, 0xFF01
    };

    (void)state;
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        assert_true(utf_is_word(word[i]));
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        assert_false(utf_is_word(other[i]));
    assert_true(utf_is_wide(0x4E2D) && utf_is_wide(0x3042) && utf_is_wide(0x30AB) && utf_is_wide(0xE01));
    assert_true(utf_is_wide(0xE81) && utf_is_wide(0x1780) && utf_is_wide(0x20000));
    assert_false(utf_is_wide(0xAC00) || utf_is_wide('a') || utf_is_wide(0x3002) || utf_is_wide(0x30FB));
    assert_true(utf_is_space(' ') && utf_is_space('\n') && utf_is_space(0xA0) && utf_is_space(0x3000));
    assert_true(utf_is_space(0x2028) && utf_is_space(0x202F));
    assert_false(utf_is_space(0x200B) || utf_is_space(0) || utf_is_space('a') || utf_is_space(0xFEFF));
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++)
        assert_false(utf_is_space(cp) && utf_is_word(cp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf__every_code_point_there_and_back),
        cmocka_unit_test(utf__only_the_shortest_spelling_is_valid),
        cmocka_unit_test(utf__valid_checks_across_its_word_steps),
        cmocka_unit_test(utf__invalid_bytes_are_replaced_one_by_one),
        cmocka_unit_test(utf__floor_never_cuts_a_character),
        cmocka_unit_test(utf__units_of_utf16),
        cmocka_unit_test(utf__tail_is_a_beginning_and_nothing_else),
        cmocka_unit_test(utf__lower_case),
        cmocka_unit_test(utf__words_spaces_and_wide_scripts),
    };

    return cmocka_run_group_tests_name("utf", tests, NULL, NULL);
}
