/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters that are not seen, that belong to the one before them, and that have names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rich/page_impl.h"

static void chars__blank_is_what_platforms_take_for_empty(void **state)
{
    static const char *const empty[] = { "", " \n\t", "\u00A0\u3000", "\u200B\u200D\u200F\u202E",
                                         "\uFEFF\u2800\uFFFC" };
    static const char *const seen[] = { "a", " .", "\u200B\U0001F600", "\u0301", "\uFFFD", "\xFF" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(empty); i++)
        assert_true(rich_blank(empty[i], strlen(empty[i])));
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        assert_false(rich_blank(seen[i], strlen(seen[i])));
}

static void chars__marks_join_and_letters_do_not(void **state)
{
    static const uint32_t joining[] = { 0x301, 0x5B0, 0x64E, 0x200D, 0x20E3, 0xFE0F, 0x1F3FD, 0xE0067 };
    static const uint32_t apart[] = { 'a', ' ', 0xE9, 0x5D0, 0x627, 0x93D, 0x1F600, 0x1F1E9, 0x10FFFF };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(joining); i++)
        assert_true(rich_joins(joining[i]));
    for (size_t i = 0; i < ARRAY_LEN(apart); i++)
        assert_false(rich_joins(apart[i]));
}

static void chars__references_are_named_or_numbered(void **state)
{
    static const struct {
        const char *text;
        uint32_t cp;
    } known[] = { { "&amp;", '&' },   { "&frac12;", 0xBD },       { "&Auml;", 0xC4 },
                  { "&auml;", 0xE4 }, { "&#65;", 'A' },           { "&#x1f600;", 0x1F600 },
                  { "&#X41;", 'A' },  { "&#x10FFFF;", 0x10FFFF }, { "&AMP;", 0 },
                  { "&am;", 0 },      { "&nosuchname;", 0 },      { "&#0;", 0 },
                  { "&#xDFFF;", 0 },  { "&#x110000;", 0 },        { "&;", 0 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        assert_int_equal(rich_reference(str_of(known[i].text)), known[i].cp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chars__blank_is_what_platforms_take_for_empty),
        cmocka_unit_test(chars__marks_join_and_letters_do_not),
        cmocka_unit_test(chars__references_are_named_or_numbered),
    };

    return cmocka_run_group_tests_name("chars", tests, NULL, NULL);
}
