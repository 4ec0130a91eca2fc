/* SPDX-License-Identifier: Apache-2.0
 *
 * Where messages end and what of styles and code goes on in the next.
 */
#include "tests/unit/telegram/format_kit.h"

static void add(struct buf *b, const char *what, size_t times)
{
    for (; times > 0; times--)
        buf_adds(b, what);
}

static void expect_begins(const struct answer *a, size_t i, const char *with)
{
    assert_true(i < a->n);
    if (strncmp(a->t[i].text, with, strlen(with)) != 0)
        fail_msg("message %zu begins \"%.40s\", not \"%s\"", i, a->t[i].text, with);
}

static void expect_ends(const struct answer *a, size_t i, const char *with)
{
    size_t len = strlen(a->t[i].text);

    assert_true(len >= strlen(with));
    assert_string_equal(a->t[i].text + len - strlen(with), with);
}

static const struct tg_entity *only_entity(const struct answer *a, size_t i, enum rich_style style)
{
    assert_true(i < a->n);
    assert_int_equal(a->t[i].entities, 1);
    assert_int_equal(a->t[i].entity[0].style, style);
    return &a->t[i].entity[0];
}

static void cut__a_full_message_is_one_message(void **state)
{
    char *fits = repeated("", "x", TG_TEXT_MAX, ""), *over = repeated("", "x", TG_TEXT_MAX + 1, "");
    char *emoji = repeated("", "\U0001F600", TG_TEXT_MAX / 2, "");

    (void)state;
    assert_int_equal(expect_whole(fits), 1);
    assert_int_equal(expect_whole(over), 2);
    assert_int_equal(expect_whole(emoji), 1);
    free(fits);
    free(over);
    free(emoji);
}

static void cut__falls_between_blocks(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    struct answer a;

    (void)state;
    add(&text, "A sentence. ", 200);
    buf_adds(&text, "\n\n");
    add(&text, "B sentence. ", 200);
    answer_of(&a, buf_text(&text));
    assert_int_equal(a.n, 2);
    expect_ends(&a, 0, "A sentence.");
    expect_begins(&a, 1, "B sentence.");
    answer_free(&a);
    buf_free(&text);
}

static void cut__falls_between_items_of_a_list(void **state)
{
    char *text = repeated("", "- an item with a sentence. And one more\n", 200, "");
    struct answer a;

    (void)state;
    answer_of(&a, text);
    for (size_t i = 0; i < a.n; i++) {
        expect_begins(&a, i, "\u2022 an item");
        expect_ends(&a, i, "one more");
    }
    assert_int_equal(a.n, 2);
    answer_free(&a);
    free(text);
}

static void cut__keeps_a_heading_with_its_text(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    struct answer a;

    (void)state;
    add(&text, "word ", 780);
    buf_adds(&text, "\n\n## Head\n\n");
    add(&text, "Next sentence. ", 40);
    answer_of(&a, buf_text(&text));
    assert_int_equal(a.n, 2);
    expect_begins(&a, 1, "Head\nNext");
    answer_free(&a);
    buf_free(&text);
}

static void cut__falls_behind_a_sentence_else_a_word(void **state)
{
    char *sentences = repeated("", "Dr. No has 1.5 points here. ", 300, "");
    char *words = repeated("", "word ", 2000, "");
    char *exact = repeated("x", " word", 2000, "");
    struct answer a;

    (void)state;
    answer_of(&a, sentences);
    for (size_t i = 0; i < a.n; i++) {
        expect_begins(&a, i, "Dr. No");
        expect_ends(&a, i, "here.");
    }
    answer_free(&a);
    answer_of(&a, words);
    for (size_t i = 0; i < a.n; i++) {
        expect_begins(&a, i, "word");
        expect_ends(&a, i, "word");
    }
    assert_int_equal(a.n, 3);
    answer_free(&a);
    answer_of(&a, exact);
    assert_int_equal(strlen(a.t[0].text), TG_TEXT_MAX);
    answer_free(&a);
    free(exact);
    free(sentences);
    free(words);
}

/* A cluster is what a reader takes for one character: it must be at both ends of each message. */
static void expect_clusters(const char *cluster, size_t times, const char *before)
{
    char *text = repeated(before, cluster, times, "");
    struct answer a;

    answer_of(&a, text);
    assert_true(a.n > 1);
    for (size_t i = 0; i < a.n; i++) {
        expect_ends(&a, i, cluster);
        expect_begins(&a, i, i > 0 ? cluster : before);
    }
    answer_free(&a);
    free(text);
    assert_true(expect_whole(cluster) == 1);
}

static void cut__never_falls_inside_a_character(void **state)
{
    (void)state;
    expect_clusters("\U0001F600", 5000, "x");
    expect_clusters("\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", 900, "x");
    expect_clusters("\U0001F1E9\U0001F1EA", 3000, "xy");
    expect_clusters("e\u0301\u0323", 4000, "xy");
    expect_clusters("\U0001F44D\U0001F3FD", 3000, "x");
    expect_clusters("\u2764\uFE0F", 4001, "x");
}

/* More marks than anybody writes: cut all the same, and nothing is lost. */
static void cut__marks_without_end_are_cut(void **state)
{
    char *marks = repeated("x", "\u0301", 9000, ""), *flags = repeated("x", "\U0001F1E9", 9001, "");
    char *hidden = repeated("x", "\u200B", 9000, "y");

    (void)state;
    assert_int_equal(expect_whole(marks), 3);
    assert_int_equal(expect_whole(flags), 5);
    assert_int_equal(expect_whole(hidden), 2);
    free(marks);
    free(flags);
    free(hidden);
}

static void cut__styles_go_on_in_the_next_message(void **state)
{
    char *bold = repeated("**", "bold words ", 500, "end**");
    char *link = repeated("[", "a long link ", 500, "end](https://x.example/long)");
    char *quote = repeated("> ", "Quoted words. ", 500, "end");
    struct answer a;

    (void)state;
    answer_of(&a, bold);
    assert_int_equal(a.n, 2);
    for (size_t i = 0; i < a.n; i++)
        assert_int_equal(only_entity(&a, i, RICH_BOLD)->length, strlen(a.t[i].text));
    answer_free(&a);
    answer_of(&a, link);
    for (size_t i = 0; i < a.n; i++)
        assert_string_equal(only_entity(&a, i, RICH_LINK)->extra, "https://x.example/long");
    answer_free(&a);
    answer_of(&a, quote);
    for (size_t i = 0; i < a.n; i++)
        assert_int_equal(only_entity(&a, i, RICH_QUOTE)->offset, 0);
    answer_free(&a);
    free(bold);
    free(link);
    free(quote);
}

static void cut__code_that_fits_is_not_cut(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    struct answer a;

    (void)state;
    buf_adds(&text, "Introduction:\n\n```c\n");
    add(&text, "line. of code\n", 292);
    buf_adds(&text, "```\n\nOutro, longer.");
    answer_of(&a, buf_text(&text));
    assert_int_equal(a.n, 3);
    assert_string_equal(a.t[0].text, "Introduction:");
    assert_int_equal(only_entity(&a, 1, RICH_PRE)->length, strlen(a.t[1].text));
    assert_string_equal(a.t[2].text, "Outro, longer.");
    answer_free(&a);
    buf_free(&text);
}

static void cut__code_as_long_as_a_message_is_not_cut(void **state)
{
    char *text = repeated("```\n", "Stop. ", TG_TEXT_MAX / 6, "four\n```\n\nOutro.");
    struct answer a;

    (void)state;
    answer_of(&a, text);
    assert_int_equal(a.n, 2);
    assert_int_equal(only_entity(&a, 0, RICH_PRE)->length, TG_TEXT_MAX);
    assert_string_equal(a.t[1].text, "Outro.");
    answer_free(&a);
    free(text);
}

static void cut__long_code_is_closed_and_opened_again(void **state)
{
    char *text =
        repeated("Look:\n```python\n", "def f():\n    if x:\n        return 1\n\n", 1500, "```\nDone.");
    struct answer a;

    (void)state;
    assert_true(strlen(text) > 50000);
    answer_of(&a, text);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.t[i].entities, 1);
        assert_int_equal(a.t[i].entity[0].style, RICH_PRE);
        assert_string_equal(a.t[i].entity[0].extra, "python");
        expect_begins(&a, i, i > 0 ? "def f():" : "Look:");
    }
    assert_true(a.n < 16);
    answer_free(&a);
    assert_int_equal(expect_whole(text), a.n);
    free(text);
}

static void cut__indentation_survives_a_cut_in_code(void **state)
{
    char *text = repeated("```\nfor:\n", "    x = x + 1;\n", 600, "```");
    char *line = repeated("```\n", "x", 9000, "\n```");
    struct answer a;

    (void)state;
    answer_of(&a, text);
    assert_true(a.n > 2);
    for (size_t i = 1; i < a.n; i++) {
        expect_begins(&a, i, "\u00A0\u00A0\u00A0\u00A0x = ");
        expect_ends(&a, i, "x + 1;");
    }
    answer_free(&a);
    assert_int_equal(expect_whole(line), 3);
    free(text);
    free(line);
}

static void cut__entities_past_a_hundred_are_plain(void **state)
{
    char *text = repeated("", "**b** ", 150, "");
    struct answer a;

    (void)state;
    answer_of(&a, text);
    assert_int_equal(a.n, 1);
    assert_int_equal(a.t[0].entities, TG_ENTITIES_MAX);
    assert_int_equal(a.t[0].entity[99].offset, 198);
    answer_free(&a);
    free(text);
}

static void cut__many_spans_in_one_quotation_end_soon(void **state)
{
    char *text = repeated("> ", "`c` **b** \U0001F600. ", 20000, "");

    (void)state;
    assert_int_equal(expect_whole(text), 40);
    free(text);
}

static void cut__no_message_is_white_space(void **state)
{
    char *empty = repeated("a\n\n```\nx\n", "   \n", 3000, "y\n```\n\nb");
    char *breaks = repeated("a\n", "&nbsp;\\\n", 6000, "b");
    struct answer a;

    (void)state;
    answer_of(&a, empty);
    expect_ends(&a, a.n - 1, "b");
    answer_free(&a);
    answer_of(&a, breaks);
    assert_int_equal(a.n, 2);
    answer_free(&a);
    free(empty);
    free(breaks);
}

static void cut__right_to_left_text_is_text(void **state)
{
    char *text = repeated(
        "", "\u05E9\u05DC\u05D5\u05DD **\u05E2\u05D5\u05DC\u05DD**. \u0645\u0631\u062D\u0628\u0627\u061F ",
        500, "");

    (void)state;
    assert_int_equal(expect_whole(text), 3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut__a_full_message_is_one_message),
        cmocka_unit_test(cut__falls_between_blocks),
        cmocka_unit_test(cut__falls_between_items_of_a_list),
        cmocka_unit_test(cut__keeps_a_heading_with_its_text),
        cmocka_unit_test(cut__falls_behind_a_sentence_else_a_word),
        cmocka_unit_test(cut__never_falls_inside_a_character),
        cmocka_unit_test(cut__marks_without_end_are_cut),
        cmocka_unit_test(cut__styles_go_on_in_the_next_message),
        cmocka_unit_test(cut__code_that_fits_is_not_cut),
        cmocka_unit_test(cut__code_as_long_as_a_message_is_not_cut),
        cmocka_unit_test(cut__long_code_is_closed_and_opened_again),
        cmocka_unit_test(cut__indentation_survives_a_cut_in_code),
        cmocka_unit_test(cut__entities_past_a_hundred_are_plain),
        cmocka_unit_test(cut__many_spans_in_one_quotation_end_soon),
        cmocka_unit_test(cut__no_message_is_white_space),
        cmocka_unit_test(cut__right_to_left_text_is_text),
    };

    return cmocka_run_group_tests_name("format_cut", tests, NULL, NULL);
}
