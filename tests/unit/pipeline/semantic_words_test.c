/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows as data: what the reader takes for granted about them. A phrase that could never match is a
 * mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/semantic_impl.h"

static struct reading reading;

/* The phrase as the reader would cut it. An apostrophe is in a row only where one was cut at ("what 's"). */
static void check_phrase(struct str phrase)
{
    char text[SEMANTIC_TEXT_MAX], again[SEMANTIC_TEXT_MAX];
    size_t n = 0, len = 0;
    assert_true(phrase.len > 0 && phrase.len < sizeof text);
    for (size_t i = 0; i < phrase.len; i++)
        if (phrase.at[i] != '\'')
            text[n++] = phrase.at[i];
    text[n] = '\0';
    memset(&reading, 0, sizeof reading);
    semantic_cut(&reading, text, n);
    for (size_t i = 0; i < reading.pieces; i++) {
        struct str s = reading.piece[i].text;
        if (i)
            again[len++] = ' ';
        memcpy(again + len, s.at, s.len);
        len += s.len;
    }
    again[len] = '\0';
    assert_string_equal(again, text);
}

static void words__every_phrase_can_be_met(void **state X_UNUSED)
{
    for (size_t l = 0; l < SEMANTIC_LANGUAGES; l++)
        for (size_t i = 0; i < semantic_language[l]->rows; i++) {
            struct str rest = str_of(semantic_language[l]->row[i].words), phrase;
            while (str_cut(&rest, '|', &phrase))
                check_phrase(phrase);
        }
}

static struct phrase all[PHRASES_MAX];

static void words__no_phrase_says_two_things(void **state X_UNUSED)
{
    for (size_t l = 0; l < SEMANTIC_LANGUAGES; l++) {
        size_t n = 0;
        for (size_t i = 0; i < semantic_language[l]->rows; i++) {
            const struct semantic_row *row = &semantic_language[l]->row[i];
            struct str rest = str_of(row->words), phrase;
            while (str_cut(&rest, '|', &phrase)) {
                for (size_t k = 0; k < n; k++)
                    if (str_eq(all[k].words, phrase) && all[k].row->where == row->where)
                        fail_msg("%s: \"%.*s\" stands twice", semantic_language[l]->code, (int)phrase.len,
                                 phrase.at);
                assert_true(n < PHRASES_MAX);
                all[n++] = (struct phrase){ phrase, row };
            }
        }
    }
}

static void words__lists_begin_and_end_with_a_blank(void **state X_UNUSED)
{
    for (size_t l = 0; l < SEMANTIC_LANGUAGES; l++) {
        const struct semantic_language *lang = semantic_language[l];
        const char *const list[] = { lang->marks, lang->asks, lang->task_words };
        for (size_t i = 0; i < ARRAY_LEN(list); i++)
            if (list[i][0])
                assert_true(list[i][0] == ' ' && list[i][strlen(list[i]) - 1] == ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words__every_phrase_can_be_met),
        cmocka_unit_test(words__no_phrase_says_two_things),
        cmocka_unit_test(words__lists_begin_and_end_with_a_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
