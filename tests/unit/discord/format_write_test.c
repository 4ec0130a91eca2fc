/* SPDX-License-Identifier: Apache-2.0
 *
 * One part in Discord's Markdown, to the letter: what is kept, what is made plain, what is broken up.
 */
#include "tests/unit/discord/format_kit.h"

static void write__styles(void **state X_UNUSED)
{
    expect("**b** *i* _i_ ~~s~~ `c` ***bi***", "**b** *i* *i* ~~s~~ `c` ***bi***");
    expect("**a *b* c**", "**a** ***b*** **c**");
    expect("**a**`b`*c*", "**a**`b`*c*");
    expect("**a*b*c**", "**a**\u200B***b***\u200B**c**");
    expect("**one\ntwo**", "**one**\n**two**");
}

static void write__what_only_looks_like_markup_is_escaped(void **state X_UNUSED)
{
    expect("a\\*b\\*c 2 * 3 * 4", "a\\*b\\*c 2 \\* 3 \\* 4");
    expect("snake_case_name", "snake\\_case\\_name");
    expect("a \\| b || c ~ d \\~~ e", "a | b \\|\\| c ~ d \\~\\~ e");
    expect("x < y > z \\`t\\`", "x \\< y \\> z \\`t\\`");
    expect("\\# no heading", "\\# no heading");
    expect("\\- no item\n\\-# not small\n\\+ no", "\\- no item\n\\-# not small\n\\+ no");
    expect("1. \\# no heading", "1. \\# no heading");
    expect("C# and a-b and [1]", "C# and a-b and \\[1]");
    expect("\\\\o/", "\\\\o/");
}

static void write__headings(void **state X_UNUSED)
{
    expect("# One\n## Two\n### Three\n#### Four\n\ntext", "# One\n## Two\n### Three\n**Four**\ntext");
    expect("# `x` and **y**", "# `x` and **y**");
    expect("Two\nlines\n===", "# Two\n# lines");
    expect("> # in a quotation", "> # in a quotation");
}

static void write__lists(void **state X_UNUSED)
{
    expect("- a\n- b\n  - c\n    1. d\n    2. e", "- a\n- b\n  - c\n    1. d\n    2. e");
    expect("3. a\n4. b", "3. a\n4. b");
    expect("- [ ] a\n- [x] b", "\u2610 a\n\u2611 b");
    expect("* a\n\n  b", "- a\n\n  b");
    expect("- # x", "- **x**");
}

static void write__quotations(void **state X_UNUSED)
{
    expect("> a\n> b\n>\n> c\n\nd", "> a\n> b\n> \n> c\n\nd");
    expect("> > nested", "> nested");
    expect("> a\n> ```c\n> x\n> ```\n> b", "> a\n\n```c\nx\n```\n\n> b");
}

static void write__code(void **state X_UNUSED)
{
    expect("```c\nint *x_y = `1`;\n```", "```c\nint *x_y = `1`;\n```");
    expect("    indented\n      more", "```\nindented\n  more\n```");
    expect("```\n    first\n```", "```\n    first\n```");
    expect("~~~\n```\nx\n```\n~~~", "```\n`\u200B``\nx\n`\u200B``\n```");
    expect("`` a`b ``", "``a`b``");
    expect("`` `a ``", "`` `a ``");
    expect("``` a``b ```", "``a`\u200B`b``");
    expect("`*a* \\ <b>`", "`*a* \\ <b>`");
    expect("```js evil\"<@1>\nx\n```", "```js\nx\n```");
}

static void write__tables_are_blocks_of_code(void **state X_UNUSED)
{
    expect("|a|b|\n|---|---|\n|1|*2*|", "```\na  b\n\u2500  \u2500\n1  2\n```");
}

static void write__links(void **state X_UNUSED)
{
    expect("[text](https://x.example/a_b)", "[text](<https://x.example/a_b>)");
    expect("![an image](https://x.example/i.png)", "an image");
    expect("<https://x.example/a_b>", "<https://x.example/a_b>");
    expect("[https://x.example](https://x.example)", "<https://x.example>");
    expect("[https://bank.example](https://evil.example)", "<https://bank.example> (<https://evil.example>)");
    expect("[a [b] c](https://x.example)", "a \\[b] c (<https://x.example>)");
    expect("[t](https://x.example/(a)>b)", "[t](<https://x.example/(a)%3Eb>)");
    expect("[t](https://x.example/```)", "[t](<https://x.example/%60%60%60>)");
    expect("[t](javascript:alert) [u](ftp://x)", "t u");
    expect("**[t](https://x.example)**", "**[t](<https://x.example>)**");
    expect("[`c`](https://x.example)", "[c](<https://x.example>)");
    expect("\\[t](https://x.example)", "\\[t](<https://x.example>)");
}

static void write__bare_addresses_have_no_preview(void **state X_UNUSED)
{
    expect("See https://x.example/a_b.", "See <https://x.example/a_b>.");
    expect("(https://x.example/a_(b))", "(<https://x.example/a_(b)>)");
    expect("https://x.example/~a/, HTTP://y.example?", "<https://x.example/~a/>, <HTTP://y.example>?");
    expect("**https://x.example**", "**<https://x.example>**");
    expect("xhttps://x.example http:// https://", "xhttps://x.example http:// https://");
    expect("`https://x.example`", "`https://x.example`");
}

static void write__nobody_is_called(void **state X_UNUSED)
{
    expect("@everyone @here @EveryOne", "@\u200Beveryone @\u200Bhere @\u200BEveryOne");
    expect("<@123> <@!123> <@&9> <#5>", "\\<\u200B@123\\> \\<\u200B@!123\\> \\<\u200B@&9\\> \\<\u200B#5\\>");
    expect("`@everyone` and `<@1>`", "`@\u200Beveryone` and `<\u200B@1>`");
    expect("```\n@here <@&1>\n```", "```\n@\u200Bhere <\u200B@&1>\n```");
    expect("[x](https://x.example/@everyone)", "[x](<https://x.example/%40everyone>)");
    expect("https://x.example/@here", "<https://x.example/%40here>");
    expect("[@everyone](https://x.example)", "[@\u200Beveryone](<https://x.example>)");
    expect("@every*one* <t:1:R>", "@every*one* \\<t:1:R\\>");
    expect("me@example.org", "me@example.org");
}

static void write__html_and_references_are_text(void **state X_UNUSED)
{
    expect("<b>x</b> &amp; &lt;@1&gt;", "\\<b\\>x\\<\u200B/b\\> & \\<\u200B@1\\>");
}

static void write__what_markdown_leaves_nothing_of_is_sent_as_written(void **state X_UNUSED)
{
    expect("[a]: https://x.example", "\\[a]: <https://x.example>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write__styles),
        cmocka_unit_test(write__what_only_looks_like_markup_is_escaped),
        cmocka_unit_test(write__headings),
        cmocka_unit_test(write__lists),
        cmocka_unit_test(write__quotations),
        cmocka_unit_test(write__code),
        cmocka_unit_test(write__tables_are_blocks_of_code),
        cmocka_unit_test(write__links),
        cmocka_unit_test(write__bare_addresses_have_no_preview),
        cmocka_unit_test(write__nobody_is_called),
        cmocka_unit_test(write__html_and_references_are_text),
        cmocka_unit_test(write__what_markdown_leaves_nothing_of_is_sent_as_written),
    };
    return cmocka_run_group_tests_name("format_write", tests, NULL, NULL);
}
