/* SPDX-License-Identifier: Apache-2.0
 *
 * Markdown in, plain text out: what stays, what goes, and what must not blow up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "docs/docs.h"
#include "base/utf.h"

static void parse(struct document *d, const char *text)
{
    assert_int_equal(document_parse(d, "x.md", text, strlen(text), NULL), 0);
}

static void expect_text(const char *markdown, const char *plain)
{
    struct document d;

    parse(&d, markdown);
    assert_string_equal(d.text, plain);
    document_free(&d);
}

static void expect_section(const struct document *d, size_t i, const char *heading, const char *text)
{
    const struct section *s = &d->section[i];

    assert_true(i < d->sections);
    assert_string_equal(s->heading, heading);
    assert_int_equal(s->to - s->from, strlen(text));
    assert_memory_equal(d->text + s->from, text, strlen(text));
}

static void markdown__headings_open_sections_and_the_first_is_the_title(void **state)
{
    struct document d;

    (void)state;
    parse(&d, "# Staking *ether*\n\nIntro.\n\n## Risks\n\nSlashing.\n\n## Empty\n\n### Deeper\nMore.\n");
    assert_string_equal(d.title, "Staking ether");
    assert_int_equal(d.sections, 3);
    expect_section(&d, 0, "", "Intro.");
    expect_section(&d, 1, "Risks", "Slashing.");
    expect_section(&d, 2, "Deeper", "More.");
    document_free(&d);
}

static void markdown__text_before_the_first_heading_stays(void **state)
{
    struct document d;

    (void)state;
    parse(&d, "Before.\n\nTitle\n=====\n\nAfter.");
    assert_string_equal(d.title, "Title");
    assert_int_equal(d.sections, 2);
    expect_section(&d, 0, "", "Before.");
    expect_section(&d, 1, "", "After.");
    document_free(&d);
}

static void markdown__inline_markup_goes_and_words_stay(void **state)
{
    (void)state;
    expect_text("A *b* **c** `d` ~~e~~ [f](https://g.example \"h\") ![i](j.png) <b>k</b> <https://l.example>",
                "A b c d e f i k https://l.example");
    expect_text("one\ntwo  \nthree", "one two\nthree");
    expect_text("a\n\n***\n\nb", "a\n\nb");
    expect_text("<script>alert(1)</script>\n\ntext <!-- secret --> more", "text  more");
}

static void markdown__entities_are_decoded(void **state)
{
    (void)state;
    expect_text("a &amp; b &lt;c&gt; &#8364; &#x20AC; &nbsp;x", "a & b <c> \xe2\x82\xac \xe2\x82\xac  x");
    expect_text("&unknown; &#0; &#xD800; &#x110000;", "&unknown; &#0; \xef\xbf\xbd \xef\xbf\xbd");
}

static void markdown__lists_keep_lines_and_numbers(void **state)
{
    (void)state;
    expect_text("- one\n- two\n  - inner\n- three\n\nafter", "- one\n- two\n- inner\n- three\n\nafter");
    expect_text("3. one\n4. two\n\nafter", "3. one\n4. two\n\nafter");
    expect_text("1. one\n\n   more\n\n2. two", "1. one\n\nmore\n\n2. two");
}

static void markdown__tables_and_code_are_readable(void **state)
{
    (void)state;
    expect_text("| a | b |\n|---|---|\n| 1 |  |\n| 2 | 3 |\n\nx", "a | b\n1\n2 | 3\n\nx");
    expect_text("```sh\nparley index\n  $X\n```\nafter", "parley index\n  $X\n\n\nafter");
}

static void markdown__front_matter_and_bom_are_skipped(void **state)
{
    struct document d;

    (void)state;
    parse(&d, "\xef\xbb\xbf---\r\ntags: [a]\r\n---\r\n# T\r\n\r\nBody");
    assert_string_equal(d.title, "T");
    assert_string_equal(d.text, "Body");
    document_free(&d);
    expect_text("---\nnever closed\n\ntext", "never closed\n\ntext");
}

static void markdown__control_characters_become_spaces(void **state)
{
    (void)state;
    expect_text("a\x1b[31mb\x7f"
                "c\x01",
                "a [31mb c ");
}

/* Megabytes of what makes naive parsers quadratic; the test has a time limit in CI, not here. */
static void markdown__hostile_nesting_ends(void **state)
{
    static const char *const unit[] = { "> ",   "[",   "*a **b ", "- ", "`",   "<a",
                                        "![](", "1. ", "|a",      "&#", "#\n", "\\" };
    size_t len = 200000;
    char *text = malloc(len + 1);

    (void)state;
    assert_non_null(text);
    for (size_t u = 0; u < ARRAY_LEN(unit); u++) {
        struct document d;

        for (size_t i = 0; i < len; i++)
            text[i] = unit[u][i % strlen(unit[u])];
        text[len] = '\0';
        parse(&d, text);
        assert_true(utf8_valid(d.text, d.len));
        assert_true(strlen(d.title) <= DOCS_TITLE_MAX);
        document_free(&d);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markdown__headings_open_sections_and_the_first_is_the_title),
        cmocka_unit_test(markdown__text_before_the_first_heading_stays),
        cmocka_unit_test(markdown__inline_markup_goes_and_words_stay),
        cmocka_unit_test(markdown__entities_are_decoded),
        cmocka_unit_test(markdown__lists_keep_lines_and_numbers),
        cmocka_unit_test(markdown__tables_and_code_are_readable),
        cmocka_unit_test(markdown__front_matter_and_bom_are_skipped),
        cmocka_unit_test(markdown__control_characters_become_spaces),
        cmocka_unit_test(markdown__hostile_nesting_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
