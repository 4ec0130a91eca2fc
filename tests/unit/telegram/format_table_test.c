/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables as lines of equal columns in a font of fixed width.
 */
#include "tests/unit/telegram/format_kit.h"

#define RULE4 "\u2500\u2500\u2500\u2500"

static void table__columns_are_aligned(void **state)
{
    (void)state;
    expect("| Name | No | Mid |\n|---|--:|:-:|\n| a | 1 | x |\n| bcd | 2000 | abcde |",
           "<pre>Name    No   Mid\n" RULE4 "  " RULE4 "  " RULE4 "\u2500\n"
           "a        1    x\n"
           "bcd   2000  abcde</pre>");
}

static void table__wide_characters_take_two_places(void **state)
{
    (void)state;
    expect("|a|b|\n|---|---|\n|\u65E5\u672C|x|\n|e\u0301\u0301|\U0001F600|",
           "<pre>a     b\n" RULE4 "  \u2500\u2500\n\u65E5\u672C  x\ne\u0301\u0301     \U0001F600</pre>");
}

static void table__cells_are_plain_text(void **state)
{
    (void)state;
    expect("|a|b|\n|---|---|\n|`c`|**e** [f](https://x.example) &amp; <i>|\n|1|",
           "<pre>a  b\n\u2500  " RULE4 RULE4 "\u2500\nc  e f & <i>\n1</pre>");
}

static void table__stands_between_paragraphs(void **state)
{
    (void)state;
    expect("a\n\n|b|\n|---|\n|c|\n\nd", "a\n\n<pre>b\n\u2500\nc</pre>\n\nd");
}

static void table__indentation_of_the_first_line_is_kept_by_no_break_spaces(void **state)
{
    (void)state;
    expect("|a|b|\n|--:|---|\n|10|x|", "<pre>\u00A0a  b\n\u2500\u2500  \u2500\n10  x</pre>");
    expect("| |b|\n|---|---|\n|a|c|", "<pre>\u00A0\u00A0\u00A0b\n\u2500  \u2500\na  c</pre>");
}

static void table__one_long_cell_pads_no_others(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    char *cell = repeated("|", "x", 3000, "|y|\n|---|---|\n");
    struct answer a;

    (void)state;
    buf_adds(&text, cell);
    for (int i = 0; i < 100; i++)
        buf_adds(&text, "|a|b|\n");
    answer_of(&a, buf_text(&text));
    assert_true(a.n <= 3);
    answer_free(&a);
    free(cell);
    buf_free(&text);
}

static void table__many_columns_are_padded_less(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    char *head = repeated("", "|a head of some length", 40, "|\n"), *rule = repeated("", "|---", 40, "|\n");
    char *row = repeated("", "|x", 40, "|\n");
    struct answer a;

    (void)state;
    buf_printf(&text, "%s%s", head, rule);
    for (int i = 0; i < 95; i++)
        buf_adds(&text, row);
    answer_of(&a, buf_text(&text));
    assert_true(a.n <= 4);
    answer_free(&a);
    free(head);
    free(rule);
    free(row);
    buf_free(&text);
}

/* md4c gives each row as many cells as the head has: 24 KB here would be six million. */
static void table__too_many_cells_are_shown_as_written(void **state)
{
    struct buf text = BUF_INIT(CHECKS_BYTES);
    char *head = repeated("", "|a", 1500, "|\n"), *rule = repeated("", "|---", 1500, "|\n");
    char *rows = repeated("", "|x|\n", 4000, "\n\n*end*");
    struct answer a;

    (void)state;
    buf_printf(&text, "%s%s%s", head, rule, rows);
    answer_of(&a, buf_text(&text));
    assert_int_equal(a.t[0].text[0], '|');
    assert_int_equal(a.t[0].entities, 0);
    assert_int_equal(a.t[a.n - 1].entities, 1);
    answer_free(&a);
    assert_int_equal(expect_whole(buf_text(&text)), 7);
    free(head);
    free(rule);
    free(rows);
    buf_free(&text);
}

/* Counted over all tables: the next one would be as dear. */
static void table__many_small_tables_count_together(void **state)
{
    char *fits = repeated("", "|a|b|\n|---|---|\n|c|d|\n\n", 1024, ""), *over;
    struct answer a;

    (void)state;
    answer_of(&a, fits);
    assert_int_equal(a.t[a.n - 1].entity[0].style, RICH_PRE);
    answer_free(&a);
    over = repeated(fits, "|a|b|\n|---|---|\n", 1, "");
    answer_of(&a, over);
    assert_int_equal(a.t[a.n - 1].entities, 0);
    answer_free(&a);
    free(fits);
    free(over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__columns_are_aligned),
        cmocka_unit_test(table__wide_characters_take_two_places),
        cmocka_unit_test(table__cells_are_plain_text),
        cmocka_unit_test(table__stands_between_paragraphs),
        cmocka_unit_test(table__indentation_of_the_first_line_is_kept_by_no_break_spaces),
        cmocka_unit_test(table__one_long_cell_pads_no_others),
        cmocka_unit_test(table__many_columns_are_padded_less),
        cmocka_unit_test(table__too_many_cells_are_shown_as_written),
        cmocka_unit_test(table__many_small_tables_count_together),
    };

    return cmocka_run_group_tests_name("format_table", tests, NULL, NULL);
}
