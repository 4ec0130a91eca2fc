/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents as a whole: titles, plain text, sections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "docs/docs.h"
#include "base/utf.h"

static void expect_title(const char *path, const char *text, const char *title)
{
    struct document d;

    assert_int_equal(document_parse(&d, path, text, strlen(text), NULL), 0);
    assert_string_equal(d.title, title);
    document_free(&d);
}

static void document__title_is_heading_then_first_line_then_name(void **state)
{
    (void)state;
    expect_title("a/b.md", "text\n\n## Second level\n", "Second level");
    expect_title("a/b.md", "#\n\nfirst  line\nnext", "first line next");
    expect_title("a/b.txt", "\n\n  First line \nnext", "First line");
    expect_title("a/how-to.v2.md", "", "how-to.v2");
    expect_title("notes.TXT", " \n\t\n", "notes");
}

static void document__title_is_one_short_line(void **state)
{
    char text[2000] = "# ";
    struct document d;

    (void)state;
    for (size_t i = 2; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    assert_int_equal(document_parse(&d, "x.md", text, strlen(text), NULL), 0);
    assert_true(strlen(d.title) <= DOCS_TITLE_MAX);
    assert_true(utf8_valid(d.title, strlen(d.title)));
    document_free(&d);
    expect_title("x.md", "a\tb\nc\n===\n", "a b c");
}

static void document__plain_text_keeps_lines_and_markup(void **state)
{
    const char text[] = "T\r\n\r\n# not a heading *x*\rold mac\x07!";
    struct document d;

    (void)state;
    assert_int_equal(document_parse(&d, "x.txt", text, strlen(text), NULL), 0);
    assert_string_equal(d.text, "T\n\n# not a heading *x*\nold mac !");
    assert_int_equal(d.sections, 1);
    assert_int_equal(d.section[0].to, d.len);
    document_free(&d);
}

static void document__empty_has_a_title_and_no_section(void **state)
{
    struct document d;

    (void)state;
    assert_int_equal(document_parse(&d, "e.md", "", 0, NULL), 0);
    assert_string_equal(d.title, "e");
    assert_int_equal(d.sections, 0);
    document_free(&d);
    assert_int_equal(document_parse(&d, "e.txt", "", 0, NULL), 0);
    assert_int_equal(d.sections, 0);
    document_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document__title_is_heading_then_first_line_then_name),
        cmocka_unit_test(document__title_is_one_short_line),
        cmocka_unit_test(document__plain_text_keeps_lines_and_markup),
        cmocka_unit_test(document__empty_has_a_title_and_no_section),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
