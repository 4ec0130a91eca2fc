/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers with their cap and failure, JSON strings against cJSON, borrowed strings. The
 * source is included so that realloc can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

static bool no_memory;

static void *spy_realloc(void *at, size_t bytes)
{
    return no_memory ? NULL : realloc(at, bytes);
}

#define realloc spy_realloc
#include "base/str.c"
#undef realloc

static void buf__builds_text(void **state)
{
    struct buf b = BUF_INIT(1000);

    (void)state;
    assert_string_equal(buf_text(&b), "");
    buf_adds(&b, "a");
    buf_addc(&b, 'b');
    buf_add(&b, "cde", 2);
    buf_add(&b, NULL, 0);
    buf_printf(&b, "-%d-%s", 42, "x");
    assert_string_equal(buf_text(&b), "abcd-42-x");
    assert_int_equal(b.len, 9);
    assert_false(b.failed);
    buf_free(&b);
    assert_string_equal(buf_text(&b), "");
    buf_adds(&b, "again");
    assert_string_equal(buf_text(&b), "again");
    buf_free(&b);
}

static void buf__cap_is_exact(void **state)
{
    for (size_t max = 0; max < 400; max++) {
        struct buf b = BUF_INIT(max);

        (void)state;
        for (size_t i = 0; i < max; i++)
            buf_addc(&b, 'x');
        assert_false(b.failed);
        assert_int_equal(b.len, max);
        buf_addc(&b, 'y');
        assert_true(b.failed);
        assert_int_equal(b.len, max);
        assert_int_equal(strlen(buf_text(&b)), max);
        buf_free(&b);
    }
}

static void buf__failure_sticks_and_changes_nothing_more(void **state)
{
    struct buf b = BUF_INIT(4);

    (void)state;
    buf_adds(&b, "abc");
    buf_adds(&b, "too long");
    assert_true(b.failed);
    buf_addc(&b, 'd');
    buf_printf(&b, "%d", 1);
    buf_add(&b, NULL, 0);
    assert_string_equal(buf_text(&b), "abc");
    assert_null(buf_steal(&b));
    assert_false(b.failed);
    buf_adds(&b, "good");
    buf_printf(&b, "%s", "bad");
    assert_true(b.failed);
    assert_string_equal(buf_text(&b), "good");
    buf_clear(&b);
    assert_false(b.failed);
    buf_printf(&b, "%s", "1234");
    assert_string_equal(buf_text(&b), "1234");
    buf_free(&b);
}

static void buf__absurd_length_fails(void **state)
{
    struct buf b = BUF_INIT(SIZE_MAX);

    (void)state;
    buf_adds(&b, "x");
    buf_add(&b, "x", SIZE_MAX - 1);
    assert_true(b.failed);
    buf_clear(&b);
    buf_add(&b, "x", PTRDIFF_MAX);
    assert_true(b.failed);
    buf_free(&b);
}

static void buf__out_of_memory_keeps_what_was_there(void **state)
{
    struct buf b = BUF_INIT(100000);
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text);
    buf_adds(&b, "keep");
    no_memory = true;
    buf_printf(&b, "%.*s", (int)sizeof text, text);
    no_memory = false;
    assert_true(b.failed);
    assert_string_equal(buf_text(&b), "keep");
    buf_free(&b);
}

static void buf__printf_grows_when_it_must(void **state)
{
    struct buf b = BUF_INIT(1 << 20);
    size_t want = 0;

    (void)state;
    for (int i = 1; i < 700; i++) {
        buf_printf(&b, "%0*d", i, 7);
        want += (size_t)i;
        assert_int_equal(b.len, want);
        assert_int_equal(b.at[b.len - 1], '7');
        assert_int_equal(strlen(b.at), want);
    }
    buf_free(&b);
}

static void buf__drop_takes_from_the_front(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    buf_drop(&b, 3);
    buf_adds(&b, "abcdef");
    buf_drop(&b, 2);
    assert_string_equal(buf_text(&b), "cdef");
    buf_drop(&b, 100);
    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void buf__steal_hands_over(void **state)
{
    struct buf b;
    char *text;

    (void)state;
    buf_init(&b, 100);
    text = buf_steal(&b);
    assert_string_equal(text, "");
    free(text);
    buf_adds(&b, "mine");
    text = buf_steal(&b);
    assert_string_equal(text, "mine");
    assert_null(b.at);
    buf_adds(&b, "next");
    assert_string_equal(text, "mine");
    free(text);
    buf_free(&b);
}

static void json_is(const char *text, size_t len, const char *want)
{
    struct buf b = BUF_INIT(10000);

    buf_json_string(&b, text, len);
    assert_string_equal(buf_text(&b), want);
    buf_free(&b);
}

static void json_string__escapes_what_it_must(void **state)
{
    (void)state;
    json_is("", 0, "\"\"");
    json_is(NULL, 0, "\"\"");
    json_is("say \"hi\" \\ /", 12, "\"say \\\"hi\\\" \\\\ /\"");
    json_is("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    json_is("a\0b\x1b\x7f", 5, "\"a\\u0000b\\u001b\\u007f\"");
    json_is("\u00fc\u20ac\U0001f600", 9, "\"\u00fc\u20ac\U0001f600\"");
    json_is("\u2028\u2029\xc2\x9b", 8, "\"\\u2028\\u2029\\u009b\"");
}

static void json_string__invalid_utf8_becomes_the_replacement(void **state)
{
    (void)state;
    json_is("a\xff"
            "b",
            3, "\"a\ufffdb\"");
    json_is("\xc0\xaf", 2, "\"\ufffd\ufffd\"");
    json_is("\xe2\x82", 2, "\"\ufffd\ufffd\"");
    json_is("\xed\xa0\x80", 3, "\"\ufffd\ufffd\ufffd\"");
}

/* Every pair of bytes: always valid JSON, and the same text back when it was valid UTF-8. */
static void json_string__any_bytes_parse_back(void **state)
{
    (void)state;
    for (int i = 1; i < 256 * 256; i++) {
        char in[5] = { 'x', (char)(i >> 8), (char)(i & 255), 'y', '\0' };
        size_t from = i < 256 ? 2 : 0;
        struct buf b = BUF_INIT(100);
        cJSON *json;

        if (in[2] == '\0')
            continue;
        buf_json_string(&b, in + from, 4 - from);
        assert_false(b.failed);
        assert_true(utf8_valid(b.at, b.len));
        json = cJSON_Parse(b.at);
        assert_non_null(json);
        if (utf8_valid(in + from, 4 - from))
            assert_string_equal(json->valuestring, in + from);
        cJSON_Delete(json);
        buf_free(&b);
    }
}

/* Runs of every length before and behind what is no part of one. */
static void json_string__is_each_character_escaped(void **state)
{
    static const char *const piece[] = { "a",      "plain text", "\"",       "\\",           "\n",   "\x1f",
                                         "\x7f",   " ",          "~",        "\u00fc\u20ac", "\x80", "\xc2",
                                         "\u2028", "\U0001f600", "\xed\xa0", "\x9b" };
    static uint32_t dice = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct buf text = BUF_INIT(1000), want = BUF_INIT(10000);

        for (int n = i % 20; n > 0; n--) {
            dice = dice * 1664525 + 1013904223; /* Numerical Recipes' generator */
            buf_adds(&text, piece[dice % 3 ? dice >> 31 : dice >> 28]);
        }
        buf_addc(&want, '"');
        for (size_t pos = 0; pos < text.len;) {
            char out[8];
            uint32_t cp = utf8_next(text.at, text.len, &pos);

            buf_add(&want, out, str_json_escape(out, cp));
        }
        buf_addc(&want, '"');
        json_is(buf_text(&text), text.len, buf_text(&want));
        buf_free(&text);
        buf_free(&want);
    }
}

static void json_string__fails_at_the_cap(void **state)
{
    struct buf b = BUF_INIT(5);

    (void)state;
    buf_json_string(&b, "\x01", 1);
    assert_true(b.failed);
    buf_clear(&b);
    buf_json_string(&b, "abc", 3);
    assert_false(b.failed);
    assert_string_equal(buf_text(&b), "\"abc\"");
    buf_free(&b);
}

static void str__compares(void **state)
{
    (void)state;
    assert_true(str_eq(STR("abc"), STR("abc")));
    assert_false(str_eq(STR("abc"), STR("abd")));
    assert_false(str_eq(STR("abc"), STR("ab")));
    assert_true(str_eq((struct str){ 0 }, STR("")));
    assert_true(str_eqs(STR("abc"), "abc"));
    assert_false(str_eqs(STR("abc"), "abcd"));
    assert_true(str_ieqs(STR("Content-TYPE"), "content-type"));
    assert_false(str_ieqs(STR("Content-TYPE"), "content-typ"));
    assert_false(str_ieqs(STR("["), "{")); /* differ by the case bit only */
    assert_true(str_ieqs((struct str){ 0 }, ""));
    assert_true(str_starts(STR("abc"), "ab"));
    assert_true(str_starts(STR("abc"), ""));
    assert_true(str_starts((struct str){ 0 }, ""));
    assert_false(str_starts(STR("ab"), "abc"));
    assert_null(str_of(NULL).at);
    assert_int_equal(str_of("abc").len, 3);
}

static void str__trims_ascii_space(void **state)
{
    (void)state;
    assert_true(str_eqs(str_trim(STR(" \t\r\n a b \v\f")), "a b"));
    assert_true(str_eqs(str_trim(STR("   ")), ""));
    assert_true(str_eqs(str_trim(STR("\u00a0x")), "\u00a0x"));
    assert_int_equal(str_trim((struct str){ 0 }).len, 0);
}

static void str__cut_walks_every_part(void **state)
{
    static const char *const want[] = { "a", "", "bc", "" };
    struct str rest = STR("a,,bc,"), part;
    size_t n = 0;

    (void)state;
    while (str_cut(&rest, ',', &part)) {
        assert_true(n < ARRAY_LEN(want));
        assert_true(str_eqs(part, want[n++]));
    }
    assert_int_equal(n, ARRAY_LEN(want));
    rest = STR("");
    assert_true(str_cut(&rest, ',', &part));
    assert_int_equal(part.len, 0);
    assert_false(str_cut(&rest, ',', &part));
}

static void str__int_takes_whole_decimals_only(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool ok;
    } row[] = {
        { "0", 0, true },
        { "-0", 0, true },
        { "007", 7, true },
        { "42", 42, true },
        { "-42", -42, true },
        { "9223372036854775807", INT64_MAX, true },
        { "-9223372036854775808", INT64_MIN, true },
        { "9223372036854775808", 0, false },
        { "-9223372036854775809", 0, false },
        { "99999999999999999999999999", 0, false },
        { "", 0, false },
        { "-", 0, false },
        { "--1", 0, false },
        { "+1", 0, false },
        { " 1", 0, false },
        { "1 ", 0, false },
        { "1.0", 0, false },
        { "0x1", 0, false },
        { "1e3", 0, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        int64_t n = 1234567;

        assert_int_equal(str_int(str_of(row[i].text), INT64_MIN, INT64_MAX, &n), row[i].ok);
        assert_int_equal(n, row[i].ok ? row[i].value : 1234567);
    }
}

static void str__int_keeps_its_range(void **state)
{
    int64_t n = 0;

    (void)state;
    assert_true(str_int(STR("10"), 1, 10, &n));
    assert_true(str_int(STR("1"), 1, 10, &n));
    assert_false(str_int(STR("11"), 1, 10, &n));
    assert_false(str_int(STR("0"), 1, 10, &n));
    assert_false(str_int((struct str){ 0 }, 0, 10, &n));
    assert_false(str_int((struct str){ "1\0", 2 }, 0, 10, &n));
    assert_true(str_int((struct str){ "1234", 2 }, 0, 100, &n));
    assert_int_equal(n, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf__builds_text),
        cmocka_unit_test(buf__cap_is_exact),
        cmocka_unit_test(buf__failure_sticks_and_changes_nothing_more),
        cmocka_unit_test(buf__absurd_length_fails),
        cmocka_unit_test(buf__out_of_memory_keeps_what_was_there),
        cmocka_unit_test(buf__printf_grows_when_it_must),
        cmocka_unit_test(buf__drop_takes_from_the_front),
        cmocka_unit_test(buf__steal_hands_over),
        cmocka_unit_test(json_string__escapes_what_it_must),
        cmocka_unit_test(json_string__invalid_utf8_becomes_the_replacement),
        cmocka_unit_test(json_string__is_each_character_escaped),
        cmocka_unit_test(json_string__any_bytes_parse_back),
        cmocka_unit_test(json_string__fails_at_the_cap),
        cmocka_unit_test(str__compares),
        cmocka_unit_test(str__trims_ascii_space),
        cmocka_unit_test(str__cut_walks_every_part),
        cmocka_unit_test(str__int_takes_whole_decimals_only),
        cmocka_unit_test(str__int_keeps_its_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
