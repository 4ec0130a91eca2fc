/* SPDX-License-Identifier: Apache-2.0
 *
 * Markdown as Telegram shows it: what becomes text, what becomes an entity, and what must not blow up.
 */
#include "tests/unit/telegram/format_kit.h"

static void markdown__styles_become_entities(void **state)
{
    (void)state;
    expect("a *b* **c** ~~d~~ `e`", "a <i>b</i> <b>c</b> <s>d</s> <c>e</c>");
    expect("***a***", "<b><i>a</i></b>");
    expect("*a **b** c*", "<i>a <b>b</b> c</i>");
    expect("**a **b** c**", "<b>a b c</b>");
    expect("a_b_c 2 * 3 * 4 \\*x\\*", "a_b_c 2 * 3 * 4 *x*");
}

static void markdown__one_style_within_itself_is_one_entity(void **state)
{
    (void)state;
    expect("# a **b** c", "<b>a b c</b>");
    expect("> a\n> > b\n>\n> c", "<q>a\n\nb\n\nc</q>");
    expect("*a _b_ c*", "<i>a b c</i>");
}

static void markdown__code_mixes_with_nothing(void **state)
{
    (void)state;
    expect("**a `b` c**", "<b>a</b> <c>b</c> <b>c</b>");
    expect("***`b`***", "<c>b</c>");
    expect("# The `x` flag", "<b>The</b> <c>x</c> <b>flag</b>");
    expect("[a `b` c](https://x.example)", "<a https://x.example>a b c</a>");
    expect("`*a*`", "<c>*a*</c>");
}

static void markdown__offsets_are_utf16_units(void **state)
{
    struct answer a;

    (void)state;
    answer_of(&a, "\U0001F600\u00E4 **\U0001F469\u200D\U0001F467** *e\u0301*");
    assert_int_equal(a.t[0].entities, 2);
    assert_int_equal(a.t[0].entity[0].offset, 4);
    assert_int_equal(a.t[0].entity[0].length, 5);
    assert_int_equal(a.t[0].entity[1].offset, 10);
    assert_int_equal(a.t[0].entity[1].length, 2);
    answer_free(&a);
}

static void markdown__only_web_links_are_links(void **state)
{
    (void)state;
    expect("[a *b*](https://x.example/?q=1&amp;r=2 \"title\")",
           "<a https://x.example/?q=1&r=2>a <i>b</i></a>");
    expect("[a](HTTP://x.example)", "<a HTTP://x.example>a</a>");
    expect(
        "[a](javascript:x) [b](tg://user?id=1) [c](mailto:d@e.example) [d](/x) [e](http://) [f](http:///x)",
        "a b c d e f");
    expect("[a](<https://x.example/b c>)", "a");
    expect("<https://x.example>", "<a https://x.example>https://x.example</a>");
    expect("[a][r]\n\n[r]: https://y.example", "<a https://y.example>a</a>");
    expect("a [1] b [2]", "a [1] b [2]");
    expect("![alt *text*](https://x.example/i.png) [![logo](i.png)](https://x.example)",
           "alt <i>text</i> <a https://x.example>logo</a>");
}

static void markdown__a_link_too_long_for_telegram_is_text(void **state)
{
    char *fits = repeated("[a](https://x.example/", "b", TG_TEXT_MAX / 2 - 18, ")");
    char *over = repeated("[a](https://x.example/", "b", TG_TEXT_MAX / 2 - 17, ")");
    struct answer a;

    (void)state;
    answer_of(&a, fits);
    assert_int_equal(a.t[0].entities, 1);
    answer_free(&a);
    expect(over, "a");
    free(fits);
    free(over);
}

static void markdown__blocks_stand_apart(void **state)
{
    (void)state;
    expect("# A\n\nb\n\n## C\nd\ne  \nf\n\n***\n\ng",
           "<b>A</b>\nb\n\n<b>C</b>\nd\ne\nf\n\n\u2014\u2014\u2014\n\ng");
    expect("> a **b**\n> c\n\nd", "<q>a <b>b</b>\nc</q>\n\nd");
    expect("> - a\n> - b", "<q>\u2022 a\n\u2022 b</q>");
}

static void markdown__lists_keep_marks_and_depth(void **state)
{
    (void)state;
    expect("- a\n- b\n  - c\n    1. d\n    2. e\n- f",
           "\u2022 a\n\u2022 b\n  \u2022 c\n    1. d\n    2. e\n\u2022 f");
    expect("7. a\n8. b\n   c\n\n   d", "7. a\n\n8. b\n  c\n\n  d");
    expect("- [x] a\n- [ ] b\n\n1) [ ] c", "\u2611 a\n\u2610 b\n\n1. \u2610 c");
    expect("1. a\n2.\n3. c", "1. a\n3. c");
    expect("- a\n  > b\n- c", "\u2022 a\n  <q>b</q>\n\n\u2022 c");
    expect("1. **a**: b", "1. <b>a</b>: b");
    expect("1. - a", "1.\n  \u2022 a");
}

static void markdown__code_blocks_keep_their_lines(void **state)
{
    (void)state;
    expect("a\n```python\nif x:\n\n    y\n```\nb", "a\n\n<pre python>if x:\n\n    y</pre>\n\nb");
    expect("a\n\n```\n\n\nb\n\n\n```\n\nc", "a\n\n<pre>b</pre>\n\nc");
    expect("```\n\n\n*a*\n\n\n```", "<pre>*a*</pre>");
    expect("    a\tb\n      c", "<pre>a\tb\n  c</pre>");
    expect("- a\n  ```c++ title=x\n  int b;\n  ```", "\u2022 a\n<pre c++>int b;</pre>");
    expect("- ```\n  a\n  ```", "\u2022\n<pre>a</pre>");
    expect("```<script>\na\n```", "<pre>a</pre>");
    expect("a\n\n```\n```\n\nb", "a\n\nb");
    expect("```\nnever closed", "<pre>never closed</pre>");
    expect("> a\n> ```\n> b\n> ```", "<q>a\n\n<pre>b</pre></q>");
    expect("> ```\n>   a\n> ```", "<q><pre>\u00A0\u00A0a</pre></q>");
}

static void markdown__html_is_text(void **state)
{
    (void)state;
    expect("<b>a</b><br>\n\n<div>\n*c*\n</div>", "<b>a</b><br>\n\n<div>\n<i>c</i>\n</div>");
    expect("<!-- a -->", "<!-- a -->");
}

static void markdown__character_references_are_decoded(void **state)
{
    (void)state;
    expect("&lt;&amp;&gt; &#65;&#x42;&#X43; &euro;&trade; a&nbsp;b", "<&> ABC \u20AC\u2122 a\u00A0b");
    expect("&nosuch; &#0; &#xD800; &#1114112;", "&nosuch; &#0; &#xD800; &#1114112;");
    expect("`&amp;`", "<c>&amp;</c>");
}

static void markdown__bad_bytes_and_controls_do_no_harm(void **state)
{
    (void)state;
    expect("a\xFF"
           "b \xE2\x82 c\x01"
           "d\x7F"
           "e **\xF0\x9F**",
           "a\uFFFDb \uFFFD\uFFFD c d e <b>\uFFFD\uFFFD</b>");
    expect("a\r\nb\r\n\r\nc", "a\nb\n\nc");
}

static void markdown__an_answer_of_markup_only_is_sent_as_written(void **state)
{
    (void)state;
    expect("[r]: https://x.example", "[r]: https://x.example");
    expect("![](https://x.example/i.png)", "![](https://x.example/i.png)");
    expect("- ```\n     \n  ```", "\u2022");
    expect("> ```\n>   \n", "> ```\n>");
}

/* What grows faster than its input would stop the loop: these end in milliseconds. */
static void markdown__hostile_answers_stay_small_and_whole(void **state)
{
    static const char *const what[] = { "*",       "_",   "a*",     "[",      "![",     "`",     "> ",
                                        "- ",      "1. ", "|",      "\\",     "<a:",    "~~a~",  "**x* ",
                                        "[a](b",   "#",   "a\n> ",  "``a`",   "~\n",    "- a\n", "|a\n",
                                        "*a **b ", "(((", "\u0301", "\u200D", "\u202E", "\t" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(what); i++) {
        char *text = repeated("x ", what[i], 100000 / strlen(what[i]), "\n\nend");

        assert_true(expect_whole(text) <= 160);
        free(text);
    }
}

static void markdown__deep_nesting_keeps_its_words(void **state)
{
    struct buf deep = BUF_INIT(CHECKS_BYTES);
    char *quotes = repeated("", ">", 5000, "deep");

    (void)state;
    for (size_t i = 0; i < 200; i++)
        buf_printf(&deep, "%*s%zu. item\n", (int)i * 3, "", i % 9 + 1);
    expect_whole(buf_text(&deep));
    expect(quotes, "<q>deep</q>");
    buf_free(&deep);
    free(quotes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markdown__styles_become_entities),
        cmocka_unit_test(markdown__one_style_within_itself_is_one_entity),
        cmocka_unit_test(markdown__code_mixes_with_nothing),
        cmocka_unit_test(markdown__offsets_are_utf16_units),
        cmocka_unit_test(markdown__only_web_links_are_links),
        cmocka_unit_test(markdown__a_link_too_long_for_telegram_is_text),
        cmocka_unit_test(markdown__blocks_stand_apart),
        cmocka_unit_test(markdown__lists_keep_marks_and_depth),
        cmocka_unit_test(markdown__code_blocks_keep_their_lines),
        cmocka_unit_test(markdown__html_is_text),
        cmocka_unit_test(markdown__character_references_are_decoded),
        cmocka_unit_test(markdown__bad_bytes_and_controls_do_no_harm),
        cmocka_unit_test(markdown__an_answer_of_markup_only_is_sent_as_written),
        cmocka_unit_test(markdown__hostile_answers_stay_small_and_whole),
        cmocka_unit_test(markdown__deep_nesting_keeps_its_words),
    };

    return cmocka_run_group_tests_name("format_markdown", tests, NULL, NULL);
}
