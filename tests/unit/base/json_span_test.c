/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects and arrays walked by span: items as they are spelt, whatever they hold; whole only when the bracket
 * that was opened is the last thing in the text; integers that a double holds exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/json_span.h"

/* "key=value|" of each item, and "!" when it is not whole. */
static const char *walked(char *out, size_t size, const char *text, size_t len, char open)
{
    struct str key, value;
    struct span s;
    size_t n = 0;
    out[0] = '\0';
    span_open(&s, (struct str){ text, len }, open);
    while (span_next(&s, &key, &value) && n < size)
        n +=
            (size_t)snprintf(out + n, size - n, "%.*s=%.*s|", (int)key.len, key.at, (int)value.len, value.at);
    if (!s.whole && n < size)
        snprintf(out + n, size - n, "!");
    return out;
}

static void span__items_are_as_they_are_spelt(void **state)
{
    static const struct {
        const char *text, *items;
        char open;
    } row[] = {
        { "{}", "", '{' },
        { " [ ] ", "", '[' },
        { "{\"a\":1,\"b\" : {\"c\":[2,\"}\"]} }", "a=1|b={\"c\":[2,\"}\"]}|", '{' },
        { "[1, \"x,]\" ,null,[[]],{}]", "=1|=\"x,]\"|=null|=[[]]|={}|", '[' },
        { "{\"a\\\"b\":\"c\\\\\"}", "a\\\"b=\"c\\\\\"|", '{' },
        { "{\"a\":nonsense}", "a=nonsense|", '{' },
    };
    char out[256];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        assert_string_equal(walked(out, sizeof out, row[i].text, strlen(row[i].text), row[i].open),
                            row[i].items);
}

static void span__what_is_not_whole_says_so(void **state)
{
    static const struct {
        const char *text;
        char open;
    } row[] = {
        { "", '{' },          { "7", '{' },          { "[]", '{' },         { "{}", '[' },
        { "{", '{' },         { "{]", '{' },         { "[}", '[' },         { "{\"a\":1", '{' },
        { "{\"a\":1]", '{' }, { "{\"a\":1,}", '{' }, { "{\"a\":1}}", '{' }, { "{}x", '{' },
        { "{\"a\"", '{' },    { "{\"a\":", '{' },    { "{\"a:1}", '{' },    { "{a:1}", '{' },
        { "{\"a\" 1}", '{' }, { "[1 2]", '[' },
    };
    char out[256];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        if (!strchr(walked(out, sizeof out, row[i].text, strlen(row[i].text), row[i].open), '!'))
            fail_msg("%s: %s", row[i].text, out);
    assert_non_null(strchr(walked(out, sizeof out, "{}\0", 3, '{'), '!'));
}

static void span__no_cut_of_a_text_is_whole(void **state)
{
    static const char text[] =
        "{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{\"text\":\"a\\\"}]\"}}]}";
    char out[256];
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *cut = malloc(n ? n : 1);
        assert_non_null(cut);
        memcpy(cut, text, n);
        assert_non_null(strchr(walked(out, sizeof out, cut, n, '{'), '!'));
        free(cut);
    }
    assert_null(strchr(walked(out, sizeof out, text, sizeof text - 1, '{'), '!'));
}

static void member__the_first_of_a_whole_object(void **state)
{
    (void)state;
    assert_true(str_eqs(span_member(str_of("{\"b\":1,\"a\":[2],\"a\":3}"), "a"), "[2]"));
    assert_null(span_member(str_of("{\"b\":1}"), "a").at);
    assert_null(span_member(str_of("{\"b\":{\"a\":1}}"), "a").at);
    assert_null(span_member(str_of("{\"a\":1"), "a").at);
    assert_null(span_member(str_of("[\"a\"]"), "a").at);
}

static void int__only_what_a_double_holds(void **state)
{
    static const struct {
        const char *json;
        int64_t value;
    } row[] = {
        { "{\"n\":9007199254740991}", INT64_C(9007199254740991) },
        { "{\"n\":-9007199254740992}", INT64_C(-9007199254740992) },
        { "{\"n\":1e3}", 1000 },
        { "{\"n\":9007199254740994}", 0 },
        { "{\"n\":1.5}", 0 },
        { "{\"n\":-1e300}", 0 },
        { "{\"n\":\"7\"}", 0 },
        { "{\"m\":7}", 0 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        cJSON *tree;
        assert_int_equal(json_parse(&tree, row[i].json, strlen(row[i].json), NULL), 0);
        assert_true(json_int(tree, "n") == row[i].value);
        cJSON_Delete(tree);
    }
    assert_true(json_int(NULL, "n") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span__items_are_as_they_are_spelt),
        cmocka_unit_test(span__what_is_not_whole_says_so),
        cmocka_unit_test(span__no_cut_of_a_text_is_whole),
        cmocka_unit_test(member__the_first_of_a_whole_object),
        cmocka_unit_test(int__only_what_a_double_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
