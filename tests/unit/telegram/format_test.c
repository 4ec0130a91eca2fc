/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole answers: sources, payloads, memory, and thousands of random ones of which nothing may be lost.
 */
#include "tests/unit/telegram/format_kit.h"

#include <errno.h>

#define RANDOM_ANSWERS 2000

static void format__sources_follow_as_a_numbered_list(void **state)
{
    const struct rich_source s[] = {
        { 1, "Whitepaper", "https://x.example/a" },
        { 3, "Local *notes*", "" },
        { 4, "Evil", "javascript:x" },
        { 12, "", "http://y.example" },
        { 13, "two\nlines ", "ftp://z" },
    };
    struct answer a;

    (void)state;
    answer_with(&a, "Yes [1].", s, ARRAY_LEN(s));
    assert_int_equal(a.n, 1);
    expect_message(
        &a, 0,
        "Yes [1].\n\n<b>Sources</b>\n[1] <a https://x.example/a>Whitepaper</a>\n[3] Local *notes*\n"
        "[4] Evil\n[12] <a http://y.example>http://y.example</a>\n[13] two lines");
    answer_free(&a);
    answer_with(&a, "", s, 1);
    expect_message(&a, 0, "<b>Sources</b>\n[1] <a https://x.example/a>Whitepaper</a>");
    answer_free(&a);
}

static void format__many_sources_are_cut_between_lines(void **state)
{
    struct rich_source s[300];
    struct answer a;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        s[i] = (struct rich_source){ (int)i + 1, "A title of some length", "https://x.example" };
    answer_with(&a, "Yes.", s, ARRAY_LEN(s));
    assert_int_equal(a.n, 3);
    for (size_t i = 1; i < a.n; i++)
        assert_int_equal(a.t[i].text[0], '[');
    answer_free(&a);
}

static void format__nothing_to_see_is_no_message(void **state)
{
    static const char *const text[] = { "", " \n\t\n", "\u200B\u200D", "\u00A0\u2800" };
    struct answer a;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        answer_of(&a, text[i]);
        assert_int_equal(a.n, 0);
        answer_free(&a);
    }
}

static void format__payload_is_json(void **state)
{
    struct buf out = BUF_INIT(CHECKS_BYTES);
    struct answer a;

    (void)state;
    answer_of(&a, "**\"a\"** *b* ~~c~~ `d` [e](https://x.example/?\"=1)\n> q\n\n```c\nx\n```");
    tg_text_json(&out, &a.t[0], "");
    assert_string_equal(
        buf_text(&out),
        "{\"text\":\"\\\"a\\\" b c d e\\n\\nq\\n\\nx\",\"entities\":["
        "{\"type\":\"bold\",\"offset\":0,\"length\":3},"
        "{\"type\":\"italic\",\"offset\":4,\"length\":1},"
        "{\"type\":\"strikethrough\",\"offset\":6,\"length\":1},"
        "{\"type\":\"code\",\"offset\":8,\"length\":1},"
        "{\"type\":\"text_link\",\"offset\":10,\"length\":1,\"url\":\"https://x.example/?\\\"=1\"},"
        "{\"type\":\"blockquote\",\"offset\":13,\"length\":1},"
        "{\"type\":\"pre\",\"offset\":16,\"length\":1,\"language\":\"c\"}]}");
    buf_free(&out);
    answer_free(&a);
    answer_of(&a, "plain");
    tg_text_json(&out, &a.t[0], "");
    assert_string_equal(buf_text(&out), "{\"text\":\"plain\",\"entities\":[]}");
    buf_free(&out);
    answer_free(&a);
}

static void format__out_of_memory_is_told(void **state)
{
    const struct rich_source s = { 1, "Title", "https://x.example" };
    char *text = repeated("", "**word** [a](https://x.example)\n\n", 400, "");
    struct tg_text *t;
    size_t n, cap = 64;
    int rc = -ENOMEM;

    (void)state;
    for (; rc == -ENOMEM && cap < CHECKS_BYTES; cap += cap / 4) {
        struct arena a;

        arena_init(&a, cap);
        rc = tg_format(text, "Sources", &s, 1, &a, &t, &n);
        assert_true(rc == 0 || (rc == -ENOMEM && !t && n == 0));
        arena_wipe(&a);
    }
    assert_int_equal(rc, 0);
    assert_true(cap > 10000);
    free(text);
}

/* ---- random answers ---- */

static uint64_t seed;

static size_t below(size_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(seed >> 33) % n;
}

static void put_words(struct buf *b, size_t most)
{
    static const char *const word[] = {
        "the",
        "Ether.",
        "stakes",
        "x",
        "e.g.",
        "1.5",
        "\u00FCber",
        "\u65E5\u672C\u8A9E\u3002",
        "\U0001F600",
        "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",
        "\U0001F1E9\U0001F1EA",
        "\U0001F44D\U0001F3FD",
        "\u05E9\u05DC\u05D5\u05DD",
        "\u0645\u0631\u062D\u0628\u0627!",
        "e\u0301\u0323",
        "\u0301",
        "*",
        "**",
        "_",
        "`",
        "~~",
        "<br>",
        "[",
        "](",
        "&amp;",
        "&lt;",
        "&#x1F600;",
        "&nope;",
        "\\",
        "|",
        "#",
        "1.",
        ">",
        "-",
        "\U00010348",
        "\u0E20\u0E32\u0E29\u0E32\u0E44\u0E17\u0E22",
        "https://x.example/a_b_c",
        "What?",
        "fin.",
    };

    for (size_t i = below(most) + 1; i > 0; i--) {
        buf_adds(b, word[below(ARRAY_LEN(word))]);
        buf_addc(b, below(12) ? ' ' : '\n');
    }
}

static void put_span(struct buf *b)
{
    static const char *const around[][2] = { { "**", "**" },
                                             { "*", "*" },
                                             { "`", "`" },
                                             { "~~", "~~" },
                                             { "[", "](https://x.example/p)" },
                                             { "[", "](ftp://x)" },
                                             { "![", "](i.png)" },
                                             { "***", "***" },
                                             { "``", "``" } };
    size_t i = below(ARRAY_LEN(around));

    buf_adds(b, around[i][0]);
    if (below(4) == 0)
        put_span(b);
    else
        put_words(b, 6);
    buf_adds(b, around[i][1]);
    buf_addc(b, ' ');
}

static void put_lines(struct buf *b, const char *before, size_t lines, const char *after)
{
    for (; lines > 0; lines--) {
        buf_adds(b, before);
        if (below(3) == 0)
            put_span(b);
        else
            put_words(b, 12);
        buf_adds(b, after);
    }
}

static void put_block(struct buf *b)
{
    static const char *const open[] = { "```\n", "```python\n", "~~~~ c\n", "> ```\n" };
    static const char *const mark[] = { "- ",     "  - ", "    - ", "1. ", "   2. ",
                                        "- [x] ", "> - ", "* ",     "- > " };

    switch (below(9)) {
    case 0:
        put_lines(b, "## ", 1, "\n");
        break;
    case 1:
        put_lines(b, mark[below(ARRAY_LEN(mark))], below(12) + 1, "\n");
        break;
    case 2:
        put_lines(b, "> ", below(8) + 1, "\n");
        break;
    case 3:
        buf_adds(b, open[below(ARRAY_LEN(open))]);
        put_lines(b, below(2) ? "    " : "", below(below(20) ? 20 : 400) + 1, "\n");
        buf_adds(b, below(5) ? "```\n" : "");
        break;
    case 4:
        buf_adds(b, "| a | b |\n|---|--:|\n");
        put_lines(b, "| ", below(6) + 1, " | y |\n");
        break;
    case 5:
        buf_adds(b, "***\n");
        break;
    default:
        put_lines(b, "", below(below(10) ? 10 : 200) + 1, "");
        break;
    }
    buf_adds(b, below(4) ? "\n\n" : "\n");
}

/* Also an answer cut anywhere, as a stream may leave it. */
static void format__random_answers_keep_their_text_and_styles(void **state)
{
    size_t messages = 0;

    (void)state;
    for (size_t i = 0; i < RANDOM_ANSWERS; i++) {
        struct buf text = BUF_INIT(CHECKS_BYTES);

        seed = i;
        for (size_t blocks = below(30) + 1; blocks > 0; blocks--)
            put_block(&text);
        if (below(4) == 0)
            text.at[utf8_floor(text.at, text.len, below(text.len))] = '\0';
        messages += expect_seen(text.at, true);
        buf_free(&text);
    }
    assert_true(messages > RANDOM_ANSWERS * 3 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format__sources_follow_as_a_numbered_list),
        cmocka_unit_test(format__many_sources_are_cut_between_lines),
        cmocka_unit_test(format__nothing_to_see_is_no_message),
        cmocka_unit_test(format__payload_is_json),
        cmocka_unit_test(format__out_of_memory_is_told),
        cmocka_unit_test(format__random_answers_keep_their_text_and_styles),
    };

    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
