/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens and what they mean come back as they were written; what is none is told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chat/button.h"

static void press__is_a_token_and_a_word(void **state X_UNUSED)
{
    static const char *const bad[] = { "",
                                       ":",
                                       "x",
                                       "0123456789abcdef0123456789abcdef",
                                       "0123:up",
                                       "0123456789ABCDEF0123456789abcdef:up",
                                       "0123456789abcdef0123456789abcdef0:up" };
    char token[CHAT_TOKEN + 1], press[CHAT_PRESS_MAX + 1], back[CHAT_TOKEN + 1], other[CHAT_TOKEN + 1];
    const char *word = NULL;
    chat_token_new(token);
    chat_token_new(other);
    assert_int_equal(strlen(token), CHAT_TOKEN);
    assert_string_not_equal(token, other);
    snprintf(press, sizeof press, "%s:up", token);
    assert_true(chat_press_read(press, back, &word));
    assert_string_equal(back, token);
    assert_string_equal(word, "up");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(chat_press_read(bad[i], back, &word));
}

static void button__comes_back_as_it_was_written(void **state X_UNUSED)
{
    static const char *const bad[] = {
        "", "{", "[]", "{}", "{\"user\":\"1\"}", "{\"user\":1,\"what\":\"x\"}"
    };
    const struct chat_button in = { "52", "agree", "v1\nHow \"much\"?\nTwo lines" };
    struct buf b = BUF_INIT(4096);
    struct arena words;
    struct chat_button out;
    const char *version, *question;
    arena_init(&words, 1U << 16);
    chat_button_write(&b, &in);
    assert_true(chat_button_read(&out, buf_text(&b), &words));
    assert_string_equal(out.user, in.user);
    assert_string_equal(out.what, in.what);
    assert_true(chat_agree_read(out.note, &version, &question, &words));
    assert_string_equal(version, "v1");
    assert_string_equal(question, "How \"much\"?\nTwo lines");
    assert_string_equal(chat_agree_note(version, question, &words), in.note);
    assert_false(chat_agree_read("no line", &version, &question, &words));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(chat_button_read(&out, bad[i], &words));
    buf_free(&b);
    arena_wipe(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(press__is_a_token_and_a_word),
        cmocka_unit_test(button__comes_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
