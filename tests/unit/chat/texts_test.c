/* SPDX-License-Identifier: Apache-2.0
 *
 * The table has no holes, and what it says fits where it is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chat/texts.h"
#include "base/utf.h"

#define CALLBACK_MAX    200 /* Bot API, answerCallbackQuery: characters */
#define DESCRIPTION_MAX 256 /* Bot API, BotCommand */

static void texts__every_language_says_everything(void **state X_UNUSED)
{
    assert_true(text_languages_len >= 7);
    for (size_t l = 0; l < text_languages_len; l++) {
        assert_int_equal(strlen(text_languages[l].code), 2);
        assert_true(text_languages[l].name[0]);
        for (size_t t = 0; t < TEXTS; t++) {
            const char *text = text_languages[l].text[t];
            assert_non_null(text);
            assert_true(utf8_valid(text, strlen(text)) && strlen(text) >= 2);
        }
    }
}

static void texts__fit_their_places(void **state X_UNUSED)
{
    static const enum text pressed[] = { TEXT_LANGUAGE_SET, TEXT_THANKS, TEXT_BUTTON_OLD,
                                         TEXT_BUTTON_NOT_YOURS, TEXT_RATED };
    for (size_t l = 0; l < text_languages_len; l++) {
        const char *const *text = text_languages[l].text;
        for (size_t i = 0; i < ARRAY_LEN(pressed); i++)
            assert_true(utf8_count(text[pressed[i]], strlen(text[pressed[i]])) <= CALLBACK_MAX);
        for (size_t t = TEXT_MENU_ASK; t < TEXTS; t++)
            assert_true(utf8_count(text[t], strlen(text[t])) <= DESCRIPTION_MAX);
    }
}

/* Each translation names what the English one names. */
static void texts__are_filled_in_alike(void **state X_UNUSED)
{
    static const char *const arg[] = { "<one>", "<two>" };
    for (size_t t = 0; t < TEXTS; t++) {
        const char *english = text_in("en", (enum text)t);
        for (size_t l = 0; l < text_languages_len; l++) {
            struct buf b = BUF_INIT(4096);
            text_fill(&b, text_languages[l].code, (enum text)t, arg, ARRAY_LEN(arg));
            assert_int_equal(!!strstr(buf_text(&b), "<one>"), !!strstr(english, "{1}"));
            assert_int_equal(!!strstr(buf_text(&b), "<two>"), !!strstr(english, "{2}"));
            assert_null(strchr(buf_text(&b), '{'));
            buf_free(&b);
        }
    }
}

static void texts__unknown_languages_are_english(void **state X_UNUSED)
{
    static const char *const odd[] = { "", "xx", "d", "deu", "-de", "EN" };
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        assert_null(text_language_of(odd[i]));
        assert_string_equal(text_in(odd[i], TEXT_AGREE), "I agree");
    }
    assert_string_equal(text_in("pt-br", TEXT_AGREE), "Aceito");
    assert_string_equal(text_in("de_AT", TEXT_AGREE), "Ich stimme zu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts__every_language_says_everything),
        cmocka_unit_test(texts__fit_their_places),
        cmocka_unit_test(texts__are_filled_in_alike),
        cmocka_unit_test(texts__unknown_languages_are_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
