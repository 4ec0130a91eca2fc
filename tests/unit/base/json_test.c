/* SPDX-License-Identifier: Apache-2.0
 *
 * What is taken, what is refused and at which line and column, comments, and places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* From a copy of exact length, so that a read beyond it is seen. */
static int parse(cJSON **out, const char *text, size_t len, struct err *err)
{
    char *copy = malloc(len ? len : 1);
    int rc;

    assert_non_null(copy);
    memcpy(copy, text, len);
    rc = json_parse(out, copy, len, err);
    free(copy);
    return rc;
}

static void refused(const char *text, size_t len, int rc, const char *message)
{
    struct err err = { "" };
    cJSON *out;

    assert_int_equal(parse(&out, text, len, &err), rc);
    assert_null(out);
    assert_string_equal(err.text, message);
    assert_int_equal(parse(&out, text, len, NULL), rc);
}

#define T(literal)                                                                                           \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

struct fault {
    struct str text;
    const char *message;
};

static void all_invalid(const struct fault *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        refused(f[i].text.at, f[i].text.len, X_E_INVALID, f[i].message);
}

static void json__takes_what_the_grammar_allows(void **state)
{
    static const char *const good[] = {
        "null",
        " true ",
        "-0",
        "0.5e-3",
        "1E+9",
        "\"\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":null}],\"b\"]",
        "{\"\":1,\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
        "\r\n\t [ 1 , 2 ] \n",
        "\"\xF0\x9F\x98\x80 \xEF\xBF\xBD\"",
        "1e-400",
    };
    cJSON *out;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse(&out, good[i], strlen(good[i]), NULL), 0);
        assert_non_null(out);
        cJSON_Delete(out);
    }
}

static void json__says_where_the_syntax_is_wrong(void **state)
{
    static const struct fault fault[] = {
        { T(""), "1:1: expected a value, but the text ends" },
        { T("{\n  \"a\": 1\n  \"b\": 2\n}"), "3:3: expected ',' or '}', found '\"'" },
        { T("[1 2]"), "1:4: expected ',' or ']', found '2'" },
        { T("{a:1}"), "1:2: expected a key in double quotes, found 'a'" },
        { T("{\"a\" 1}"), "1:6: expected ':' after a key, found '1'" },
        { T("[1,]"), "1:3: comma after the last item" },
        { T("{\"a\":1,}"), "1:7: comma after the last item" },
        { T("[1"), "1:3: expected ',' or ']', but the text ends" },
        { T("{\"a\":"), "1:6: expected a value, but the text ends" },
        { T("nul"), "1:1: expected a value, found 'n'" },
        { T("1 1"), "1:3: expected nothing after the value, found '1'" },
        { T("nulll"), "1:5: expected nothing after the value, found 'l'" },
        { T("NaN"), "1:1: expected a value, found 'N'" },
        { T("[1,\xFF]"), "1:4: expected a value, found byte 0xff" },
        { T("1\0"), "1:2: expected nothing after the value, found byte 0x00" },
        { T("\xEF\xBB\xBF{}"), "1:1: byte order mark: save the text as UTF-8 without one" },
        { T("{\"\xC3\xA9\xC3\xA9\": x}"), "1:8: expected a value, found 'x'" },
    };

    (void)state;
    all_invalid(fault, sizeof fault / sizeof fault[0]);
}

static void json__numbers_are_strict_and_finite(void **state)
{
    static const struct fault fault[] = {
        { T("01"), "1:1: number with a leading zero" },
        { T("-"), "1:2: expected a digit, but the text ends" },
        { T("1."), "1:3: expected a digit, but the text ends" },
        { T(".5"), "1:1: expected a value, found '.'" },
        { T("+1"), "1:1: expected a value, found '+'" },
        { T("1e"), "1:3: expected a digit, but the text ends" },
        { T("[1e400]"), "1:2: number too large" },
        { T("[-1e400]"), "1:2: number too large" },
        { T("0x10"), "1:2: expected nothing after the value, found 'x'" },
    };
    char digits[64];
    cJSON *out;

    (void)state;
    all_invalid(fault, sizeof fault / sizeof fault[0]);
    memset(digits, '1', sizeof digits);
    refused(digits, 64, X_E_LIMIT, "1:1: number longer than 63 bytes");
    assert_int_equal(parse(&out, digits, 63, NULL), 0);
    cJSON_Delete(out);
}

static void json__strings_are_utf8_without_nul(void **state)
{
    static const struct fault fault[] = {
        { T("\"abc"), "1:1: string without an end" },
        { T("\"a\\"), "1:3: unknown escape in a string" },
        { T("\"\\x41\""), "1:2: unknown escape in a string" },
        { T("\"\\\0\""), "1:2: unknown escape in a string" },
        { T("\"\\u12"), "1:2: \\u needs four hexadecimal digits" },
        { T("\"\\u12g4\""), "1:2: \\u needs four hexadecimal digits" },
        { T("\"\\u0000\""), "1:2: NUL character in a string" },
        { T("\"a\0b\""), "1:3: NUL character in a string" },
        { T("\"a\nb\""), "1:3: control character in a string: write it as \\n, \\t or \\u00XX" },
        { T("\"\\ud800\""), "1:2: lone surrogate" },
        { T("\"\\udc00\""), "1:2: lone surrogate" },
        { T("\"\\ud800\\ud800\""), "1:2: lone surrogate" },
        { T("\"\\ud800\\n____\""), "1:2: lone surrogate" },
        { T("\"\\ud83d\\ude0"), "1:2: lone surrogate" },
        { T("\"\xC0\xAF\""), "1:2: not valid UTF-8" },
        { T("\"\xED\xA0\x80\""), "1:2: not valid UTF-8" },
        { T("\"\xE2\x82"), "1:2: not valid UTF-8" },
    };

    (void)state;
    all_invalid(fault, sizeof fault / sizeof fault[0]);
}

static void json__duplicate_keys_are_refused_however_they_are_spelt(void **state)
{
    static const struct fault fault[] = {
        { T("{\"a\":1,\n \"b\":2,\"a\":3}"), "2:8: duplicate key \"a\"" },
        { T("{\"a\":1,\"\\u0061\":2}"), "1:8: duplicate key" },
        { T("{\"\\u00e9\":1,\"\xC3\xA9\":2}"), "1:13: duplicate key" },
        { T("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}"), "1:19: duplicate key" },
        { T("[{\"x\":{\"q\":1,\"q\":1}}]"), "1:14: duplicate key \"q\"" },
        { T("{\"c\":1,\"b\":1,\"b\":2,\"c\":2,\"a\":1}"), "1:14: duplicate key \"b\"" },
        { T("{\"my secret\":1,\"my secret\":2}"), "1:16: duplicate key" },
        { T("{\"\":1,\"\":2}"), "1:7: duplicate key \"\"" },
    };
    static const char *const fine[] = { "{\"a\":1,\"A\":2}", "{\"a\":1,\"ab\":2,\"\\u0061c\":3}",
                                        "{\"\\n\":1,\"n\":2,\"\\\\n\":3}" };
    cJSON *out;

    (void)state;
    all_invalid(fault, sizeof fault / sizeof fault[0]);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        assert_int_equal(parse(&out, fine[i], strlen(fine[i]), NULL), 0);
        cJSON_Delete(out);
    }
}

static void json__many_keys_stay_cheap(void **state)
{
    struct buf b = BUF_INIT(JSON_BYTES_MAX);
    cJSON *out;
    struct err err;

    (void)state;
    buf_adds(&b, "{\"k\":0");
    for (int i = 0; i < 80000; i++)
        buf_printf(&b, ",\"k%d\":%d", i * 7919 % 80000, i % 10);
    buf_adds(&b, "}");
    assert_false(b.failed);
    assert_int_equal(json_parse(&out, b.at, b.len, NULL), 0);
    cJSON_Delete(out);
    b.at[b.len - 1] = ',';
    buf_adds(&b, "\"k\":1}");
    assert_int_equal(json_parse(&out, b.at, b.len, &err), X_E_INVALID);
    buf_free(&b);
}

static void nest(char *text, size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        text[i] = '[';
        text[2 * depth - 1 - i] = ']';
    }
}

static void json__depth_and_size_are_bounded(void **state)
{
    static char text[JSON_BYTES_MAX + 1];
    cJSON *out;

    (void)state;
    nest(text, JSON_DEPTH_MAX);
    assert_int_equal(parse(&out, text, (size_t)JSON_DEPTH_MAX * 2, NULL), 0);
    cJSON_Delete(out);
    nest(text, JSON_DEPTH_MAX + 1);
    refused(text, (size_t)(JSON_DEPTH_MAX + 1) * 2, X_E_LIMIT, "1:65: nested deeper than 64");
    memset(text, '[', sizeof text);
    refused(text, JSON_BYTES_MAX, X_E_LIMIT, "1:65: nested deeper than 64");
    memset(text, ' ', sizeof text);
    text[0] = '1';
    assert_int_equal(parse(&out, text, JSON_BYTES_MAX, NULL), 0);
    cJSON_Delete(out);
    refused(text, JSON_BYTES_MAX + 1, X_E_LIMIT, "1:1: larger than 1048576 bytes");
}

static void stripped(const char *text, const char *want)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    json_strip_comments(copy, strlen(copy));
    assert_string_equal(copy, want);
    free(copy);
}

static void json__comments_are_blanked_in_place(void **state)
{
    (void)state;
    stripped("{ // a\n\"b\":1}", "{     \n\"b\":1}");
    stripped("{/* a\n * b\r\n */\"b\":1}", "{    \n    \r\n   \"b\":1}");
    stripped("\"http://x/*y*/\" // z", "\"http://x/*y*/\"     ");
    stripped("\"a\\\"//b\"//c", "\"a\\\"//b\"   ");
    stripped("/**/1/***/", "    1     ");
    stripped("1 /", "1 /");
    stripped("//", "  ");
    stripped("\"open // \n// x", "\"open // \n    ");
    stripped("\"\\", "\"\\");
    stripped("[1, /* never closed // ]", "[1, /* never closed // ]");
}

static void json__unclosed_comment_is_reported_where_it_opens(void **state)
{
    char text[] = "{\n // fine\n  /* open\n}";
    struct err err;
    cJSON *out;

    (void)state;
    json_strip_comments(text, sizeof text - 1);
    assert_int_equal(json_parse(&out, text, sizeof text - 1, &err), X_E_INVALID);
    assert_string_equal(err.text, "3:3: expected a key in double quotes, found '/'");
}

static void located(const char *path, bool key, int line, int column)
{
    static const char text[] = "{ \"telegram\": { \"token\" : \"x,]}\", \"mode\":1 },\n"
                               "  \"rules\": [ 1, {\"a\":[]}, \"s\",\n"
                               "    {\"pattern\": \"p\", \"b.c\": {\"d\": 5}} ],\n"
                               "  \"\xC3\xA9\": {}, \"e\\u0066\": [[true]], \"q\\\"\": null }";
    int l = 0, c = 0;

    assert_int_equal(json_locate(text, sizeof text - 1, path, key, &l, &c), line ? 0 : X_E_NOT_FOUND);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void json__locate_finds_keys_and_values(void **state)
{
    (void)state;
    located("telegram", true, 1, 3);
    located("telegram", false, 1, 15);
    located("telegram.token", true, 1, 17);
    located("telegram.token", false, 1, 27);
    located("telegram.mode", false, 1, 42);
    located("rules", false, 2, 12);
    located("rules.0", false, 2, 14);
    located("rules.1.a", false, 2, 22);
    located("rules.3.pattern", true, 3, 6);
    located("rules.3.b.c.d", false, 3, 35); /* a key may hold dots */
    located("\xC3\xA9", true, 4, 3);
    located("ef", true, 4, 12);
    located("ef.0.0", false, 4, 25);
    located("q\"", false, 4, 40);
    located("rules.4", false, 0, 0);
    located("rules.x", false, 0, 0);
    located("rules.-1", false, 0, 0);
    located("telegram.tok", false, 0, 0);
    located("telegram.token.x", false, 0, 0);
    located("", false, 0, 0);
    located("telegram.", false, 0, 0);
}

static void json__locate_refuses_broken_text(void **state)
{
    int line, column;

    (void)state;
    assert_int_equal(json_locate("{\"a\":1", 6, "a", true, &line, &column), X_E_NOT_FOUND);
    assert_int_equal(json_locate("", 0, "a", true, &line, &column), X_E_NOT_FOUND);
    assert_int_equal(json_locate("1", 1, "a", true, &line, &column), X_E_NOT_FOUND);
}

static void json__position_counts_characters(void **state)
{
    static const char text[] = "a\n\xC3\xA9\xE2\x82\xACx\n";
    int line, column;

    (void)state;
    json_position(text, sizeof text - 1, 0, &line, &column);
    assert_true(line == 1 && column == 1);
    json_position(text, sizeof text - 1, 7, &line, &column);
    assert_true(line == 2 && column == 3);
    json_position(text, sizeof text - 1, 999, &line, &column);
    assert_true(line == 3 && column == 1);
    json_position(NULL, 0, 0, &line, &column);
    assert_true(line == 1 && column == 1);
}

static void json__typed_reads_fall_back(void **state)
{
    static const char text[] = "{\"s\":\"x\",\"n\":1.5,\"b\":true,\"z\":null,\"o\":{\"i\":7}}";
    cJSON *obj;

    (void)state;
    assert_int_equal(json_parse(&obj, text, sizeof text - 1, NULL), 0);
    assert_string_equal(json_text(obj, "s", "d"), "x");
    assert_string_equal(json_text(obj, "S", "d"), "d"); /* keys are case-sensitive */
    assert_string_equal(json_text(obj, "n", "d"), "d");
    assert_null(json_text(obj, "none", NULL));
    assert_true(json_number(obj, "n", 9) == 1.5 && json_number(obj, "s", 9) == 9 &&
                json_number(obj, "z", 9) == 9);
    assert_true(json_bool(obj, "b", false));
    assert_true(json_bool(obj, "n", true) && !json_bool(obj, "z", false));
    assert_int_equal(json_int(json_object(obj, "o"), "i"), 7);
    assert_true(!json_object(obj, "s") && !json_object(obj, "none") && !json_object(NULL, "o"));
    assert_string_equal(json_text(NULL, "s", "d"), "d");
    cJSON_Delete(obj);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__takes_what_the_grammar_allows),
        cmocka_unit_test(json__says_where_the_syntax_is_wrong),
        cmocka_unit_test(json__numbers_are_strict_and_finite),
        cmocka_unit_test(json__strings_are_utf8_without_nul),
        cmocka_unit_test(json__duplicate_keys_are_refused_however_they_are_spelt),
        cmocka_unit_test(json__many_keys_stay_cheap),
        cmocka_unit_test(json__depth_and_size_are_bounded),
        cmocka_unit_test(json__comments_are_blanked_in_place),
        cmocka_unit_test(json__unclosed_comment_is_reported_where_it_opens),
        cmocka_unit_test(json__locate_finds_keys_and_values),
        cmocka_unit_test(json__locate_refuses_broken_text),
        cmocka_unit_test(json__position_counts_characters),
        cmocka_unit_test(json__typed_reads_fall_back),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
