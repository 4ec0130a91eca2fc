/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole answers: where they are cut, sources in and out of embeds, payloads, memory, and thousands of random
 * ones of which nothing may be lost.
 */
#include "tests/unit/discord/format_kit.h"

#include <errno.h>

#define RANDOM_ANSWERS 2000

static size_t units(const char *text)
{
    return utf16_count(text, strlen(text));
}

static struct buf many(const char *before, const char *what, size_t times, const char *after)
{
    struct buf b = BUF_INIT(CHECKS_BYTES);
    buf_adds(&b, before);
    for (; times > 0; times--)
        buf_adds(&b, what);
    buf_adds(&b, after);
    return b;
}

/* ---- cuts ---- */

static void cut__parts_are_full_and_end_well(void **state X_UNUSED)
{
    struct buf text = many("", "A sentence of some words stands here. ", 200, "");
    struct answer a;
    answer_with(&a, text.at, NULL, 0, true);
    assert_int_equal(a.n, 4);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.p[i].content[strlen(a.p[i].content) - 1], '.');
        assert_true(i + 1 == a.n || units(a.p[i].content) > 1900);
    }
    answer_free(&a);
    buf_free(&text);
}

static void cut__code_is_closed_and_opened_with_its_language(void **state X_UNUSED)
{
    struct buf text = many("Before.\n\n```python\n", "print('a line of code')\n", 300, "```\n\nAfter.");
    struct answer a;
    answer_with(&a, text.at, NULL, 0, true);
    assert_true(a.n >= 4);
    assert_int_equal(strncmp(a.p[0].content, "Before.\n\n```python\nprint", 24), 0);
    for (size_t i = 1; i + 1 < a.n; i++) {
        assert_int_equal(strncmp(a.p[i].content, "```python\nprint", 15), 0);
        assert_string_equal(a.p[i].content + strlen(a.p[i].content) - 6, "')\n```");
    }
    assert_non_null(strstr(a.p[a.n - 1].content, "```\n\nAfter."));
    answer_free(&a);
    buf_free(&text);
    assert_true(expect_seen("x") == 1);
}

static void cut__nothing_drawn_as_one_is_cut(void **state X_UNUSED)
{
    static const char *const one[] = { "\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",
                                       "e\u0301\u0323", "\U0001F1E9\U0001F1EA", "\U0001F44D\U0001F3FD",
                                       "\U0001F600" };
    for (size_t i = 0; i < ARRAY_LEN(one); i++) {
        struct buf text = many("", one[i], 3000, "");
        struct answer a;
        size_t whole = 0;
        answer_with(&a, text.at, NULL, 0, true);
        assert_true(a.n > 1);
        for (size_t p = 0; p < a.n; p++) {
            assert_int_equal(strlen(a.p[p].content) % strlen(one[i]), 0);
            whole += strlen(a.p[p].content);
        }
        assert_int_equal(whole, text.len);
        answer_free(&a);
        buf_free(&text);
    }
}

static void cut__scripts_without_spaces_at_sentences(void **state X_UNUSED)
{
    struct buf text =
        many("", "\u3053\u308C\u306F\u65E5\u672C\u8A9E\u306E\u6587\u7AE0\u3067\u3059\u3002", 400, "");
    struct answer a;
    answer_with(&a, text.at, NULL, 0, true);
    assert_true(a.n > 1);
    for (size_t i = 0; i < a.n; i++)
        assert_string_equal(a.p[i].content + strlen(a.p[i].content) - 3, "\u3002");
    answer_free(&a);
    buf_free(&text);
}

/* What is written may be many times as long as what is read. */
static void cut__by_what_is_written(void **state X_UNUSED)
{
    static const char *const dense[] = {
        "* _x_ ~~y~~ ",        "[a](https://x.example/a/long/address/of/some/kind) ",
        "***~~b~~*** ",        "`c` ",
        "> q\n\nx\n\n",        "# h\n",
        "\\*\\_\\`\\<\\> ",    "```\nx\n```\n",
        "@everyone <@1> ",     "- i\n",
        "https://x.example/ ", "_ * ` ~ | ",
    };
    for (size_t i = 0; i < ARRAY_LEN(dense); i++) {
        struct buf text = many("", dense[i], 1500, "");
        assert_true(expect_seen(text.at) >= 1);
        buf_free(&text);
    }
}

static void cut__links_too_close_for_any_part_are_text(void **state X_UNUSED)
{
    struct buf url = many("https://x.example/", "p", 900, ""), text = BUF_INIT(CHECKS_BYTES);
    for (int i = 0; i < 200; i++)
        buf_printf(&text, "[a](%s)b", url.at);
    assert_true(expect_seen(text.at) >= 1);
    buf_free(&url);
    buf_free(&text);
}

static void cut__nothing_to_see_is_no_part(void **state X_UNUSED)
{
    static const char *const text[] = { "", " \n\t\n", "\u200B\u200D", "\u00A0\u2800" };
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        struct answer a;
        answer_with(&a, text[i], NULL, 0, true);
        assert_int_equal(a.n, 0);
        answer_free(&a);
    }
}

/* ---- sources ---- */

static const struct rich_source three[] = {
    { 1, "White *paper*", "https://x.example/a_b" },
    { 3, "Local notes", "" },
    { 4, "", "https://y.example" },
};

static void sources__are_fields_of_an_embed(void **state X_UNUSED)
{
    struct answer a;
    answer_with(&a, "Yes [1].", three, 3, true);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.p[0].content, "Yes \\[1].");
    assert_string_equal(
        a.p[0].embeds, "[{\"type\":\"rich\",\"title\":\"Sources\",\"fields\":[{\"name\":\"[1]\",\"value\":\"["
                       "White \\\\*paper\\\\*](<https://x.example/"
                       "a_b>)\",\"inline\":true},{\"name\":\"[3]\",\"value\":\"Local "
                       "notes\",\"inline\":true},{\"name\":\"[4]\","
                       "\"value\":\"<https://y.example>\",\"inline\":true}]}]");
    answer_free(&a);
    answer_with(&a, "", three, 3, true);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.p[0].content, "");
    assert_true(a.p[0].embeds[0] != '\0');
    answer_free(&a);
}

static void sources__without_embeds_are_a_list(void **state X_UNUSED)
{
    struct answer a;
    answer_with(&a, "Yes [1].", three, 3, false);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.p[0].content,
                        "Yes \\[1].\n\n**Sources**\n\\[1] [White \\*paper\\*](<https://x.example/a_b>)\n"
                        "\\[3] Local notes\n\\[4] <https://y.example>");
    assert_string_equal(a.p[0].embeds, "");
    answer_free(&a);
}

static void sources__stand_with_the_last_part(void **state X_UNUSED)
{
    struct buf text = many("", "A sentence of some words stands here. ", 200, "");
    struct answer a;
    answer_with(&a, text.at, three, 3, true);
    assert_int_equal(a.n, 4);
    for (size_t i = 0; i < a.n; i++)
        assert_int_equal(a.p[i].embeds[0] != '\0', i == 3);
    answer_free(&a);
    buf_free(&text);
}

/* Field by field, as Discord counts. */
static void check_embed(const char *json, size_t fields)
{
    cJSON *tree = NULL;
    const cJSON *embed, *field;
    size_t sum, n = 0;
    assert_int_equal(json_parse(&tree, json, strlen(json), NULL), 0);
    embed = cJSON_GetArrayItem(tree, 0);
    sum = units(json_text(embed, "title", ""));
    cJSON_ArrayForEach(field, cJSON_GetObjectItem(embed, "fields"))
    {
        size_t name = units(json_text(field, "name", "")), value = units(json_text(field, "value", ""));
        assert_true(name >= 1 && name <= DC_FIELD_NAME_MAX && value >= 1 && value <= DC_FIELD_VALUE_MAX);
        sum += name + value;
        n++;
    }
    assert_true(sum <= DC_EMBED_SUM_MAX && n == fields);
    cJSON_Delete(tree);
}

static void sources__keep_every_limit(void **state X_UNUSED)
{
    struct buf title = many("", "\U0001F469\u200D\U0001F467 title ", 100, ""),
               url = many("https://x.example/", "p", 700, ""),
               longer = many("https://x.example/", "p", 1100, "");
    struct rich_source s[30];
    struct answer a;
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        s[i] = (struct rich_source){ (int)i + 1, title.at, "https://x.example" };
    answer_with(&a, "Yes.", s, 25, true);
    check_embed(a.p[0].embeds, 25);
    answer_free(&a);
    answer_with(&a, "Yes.", s, 26, true); /* more than fields: a list */
    assert_string_equal(a.p[a.n - 1].embeds, "");
    assert_non_null(strstr(a.p[0].content, "**Sources**"));
    answer_free(&a);
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        s[i] = (struct rich_source){ (int)i + 1, "Title", url.at };
    answer_with(&a, "Yes.", s, 8, true);
    check_embed(a.p[0].embeds, 8);
    answer_free(&a);
    answer_with(&a, "Yes.", s, 9, true); /* more than 6,000 in all */
    assert_string_equal(a.p[a.n - 1].embeds, "");
    answer_free(&a);
    s[0].url = longer.at; /* an address that no field holds */
    answer_with(&a, "Yes.", s, 1, true);
    check_embed(a.p[0].embeds, 1);
    assert_null(strstr(a.p[0].embeds, "ppp"));
    answer_free(&a);
    buf_free(&title);
    buf_free(&url);
    buf_free(&longer);
}

static void sources__of_any_content_are_a_body(void **state X_UNUSED)
{
    static const struct rich_source odd[] = {
        { 1, "@everyone <@1>", "https://x.example/@everyone" },
        { 2, "\u200B", "" },
        { 3, "two\nlines \xFF", "x" },
        { 4, "[a](https://b.example)", "javascript:x" },
        { 5, "a [b]", "https://x.example/" },
    };
    struct buf body = BUF_INIT(1U << 20);
    struct answer a;
    answer_with(&a, "# Yes\n\n```c\nx\n```", odd, ARRAY_LEN(odd), true);
    check_embed(a.p[0].embeds, ARRAY_LEN(odd));
    dc_create(&body, &(struct dc_post){ .content = a.p[0].content,
                                        .embeds = a.p[0].embeds,
                                        .components = "",
                                        .reply_to = "",
                                        .nonce = "" });
    assert_false(body.failed);
    kit_body("MessageCreateRequest", &body);
    buf_free(&body);
    answer_free(&a);
}

/* ---- payloads and memory ---- */

static void payload__there_and_back(void **state X_UNUSED)
{
    struct buf json = BUF_INIT(1U << 20);
    struct dc_part back;
    struct answer a;
    answer_with(&a, "**\"a\"** \U0001F600", three, 3, true);
    dc_part_json(&json, &a.p[0]);
    assert_int_equal(dc_part_read(json.at, &a.words, &back), 0);
    assert_string_equal(back.content, a.p[0].content);
    assert_string_equal(back.embeds, a.p[0].embeds);
    buf_clear(&json);
    dc_part_json(&json, &(struct dc_part){ "x", "" });
    assert_string_equal(json.at, "{\"content\":\"x\"}");
    assert_int_equal(dc_part_read("{}", &a.words, &back), X_E_INVALID);
    assert_int_equal(dc_part_read("x", &a.words, &back), X_E_INVALID);
    buf_free(&json);
    answer_free(&a);
}

static void format__out_of_memory_is_told(void **state X_UNUSED)
{
    struct buf text = many("", "**word** [a](https://x.example)\n\n", 400, "");
    struct dc_part *p;
    size_t n, cap = 64;
    int rc = -ENOMEM;
    for (; rc == -ENOMEM && cap < CHECKS_BYTES; cap += cap / 4) {
        struct arena a;
        arena_init(&a, cap);
        rc = dc_format(text.at, "Sources", three, 3, true, &a, &p, &n);
        assert_true(rc == 0 || (rc == -ENOMEM && !p && n == 0));
        arena_wipe(&a);
    }
    assert_int_equal(rc, 0);
    buf_free(&text);
}

/* ---- random answers ---- */

static uint64_t seed;

static size_t below(size_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(seed >> 33) % n;
}

/* Pieces in any order, from no sense to much. */
static void put_piece(struct buf *b)
{
    static const char *const piece[] = {
        "the ",
        "Ether. ",
        "e.g. ",
        "\u00FCber ",
        "\u65E5\u672C\u8A9E\u3002",
        "\U0001F600 ",
        "\U0001F469\u200D\U0001F469\u200D\U0001F467 ",
        "\U0001F1E9\U0001F1EA",
        "e\u0301\u0323 ",
        "*",
        "**",
        "***",
        "_",
        "`",
        "``",
        "~~",
        "~",
        "||",
        "|",
        "<",
        ">",
        "[",
        "]",
        "(",
        ")",
        "\\",
        "#",
        "\n",
        "\n\n",
        "\n# ",
        "\n#### ",
        "\n- ",
        "\n  - ",
        "\n1. ",
        "\n> ",
        "\n> - ",
        "\n    ",
        "\n```\n",
        "\n```c\n",
        "\n~~~\n",
        "\n***\n",
        "\n===\n",
        "\n| a | b |\n|---|--:|\n| c | ",
        " | d |\n",
        "@everyone ",
        "<@1> ",
        "<#2> ",
        "@here ",
        "&amp; ",
        "&lt;",
        "https://x.example/a_b ",
        "[a](https://x.example/p) ",
        "![b](https://x.example/i.png) ",
        "**bold** ",
        "*it* ",
        "`code` ",
        "~~s~~ ",
        "snake_case ",
        "1. ",
        "-# ",
        "C++ ",
        "<b> ",
        "fin.",
        "\t",
        "\u0645\u0631\u062D\u0628\u0627! ",
    };
    buf_adds(b, piece[below(ARRAY_LEN(piece))]);
}

static void put_sentences(struct buf *b)
{
    for (size_t n = below(below(8) ? 40 : 300); n > 0; n--)
        buf_adds(b, below(10) ? "some words here " : "and an end. ");
    buf_adds(b, "\n\n");
}

/* Also an answer cut anywhere, as a stream may leave it. */
static void format__random_answers_keep_their_text(void **state X_UNUSED)
{
    size_t parts = 0;
    for (size_t i = 0; i < RANDOM_ANSWERS; i++) {
        struct buf text = BUF_INIT(CHECKS_BYTES);
        seed = i;
        for (size_t n = below(i % 10 ? 80 : 3000) + 1; n > 0; n--)
            if (below(40))
                put_piece(&text);
            else
                put_sentences(&text);
        parts += expect_seen(text.at);
        buf_free(&text);
    }
    assert_true(parts > RANDOM_ANSWERS * 3 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut__parts_are_full_and_end_well),
        cmocka_unit_test(cut__code_is_closed_and_opened_with_its_language),
        cmocka_unit_test(cut__nothing_drawn_as_one_is_cut),
        cmocka_unit_test(cut__scripts_without_spaces_at_sentences),
        cmocka_unit_test(cut__by_what_is_written),
        cmocka_unit_test(cut__links_too_close_for_any_part_are_text),
        cmocka_unit_test(cut__nothing_to_see_is_no_part),
        cmocka_unit_test(sources__are_fields_of_an_embed),
        cmocka_unit_test(sources__without_embeds_are_a_list),
        cmocka_unit_test(sources__stand_with_the_last_part),
        cmocka_unit_test(sources__keep_every_limit),
        cmocka_unit_test(sources__of_any_content_are_a_body),
        cmocka_unit_test(payload__there_and_back),
        cmocka_unit_test(format__out_of_memory_is_told),
        cmocka_unit_test(format__random_answers_keep_their_text),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
