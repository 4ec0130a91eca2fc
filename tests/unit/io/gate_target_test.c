/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "io/gate.h"

/* The path, "!" when refused. */
static const char *path_of(const char *target, const char *host)
{
    static char path[256];
    struct gate_head head = { .target = str_of(target), .host = str_of(host) };
    struct str query;
    if (gate_target(&head, path, sizeof(path), &query)) {
        assert_int_equal(head.fault->status, 400);
        return "!";
    }
    return path;
}

static void target__decodes_once(void **state)
{
    (void)state;
    assert_string_equal(path_of("/", "a"), "/");
    assert_string_equal(path_of("/a/b?x=1", "a"), "/a/b");
    assert_string_equal(path_of("/a%20b", "a"), "/a b");
    assert_string_equal(path_of("/caf%C3%a9", "a"), "/caf\xc3\xa9");
    assert_string_equal(path_of("/%2541", "a"), "/%41");
    assert_string_equal(path_of("/..a/b..", "a"), "/..a/b..");
    assert_string_equal(path_of("/...", "a"), "/...");
}

static void target__refuses_other_spellings_of_other_paths(void **state)
{
    static const char *const bad[] = {
        "",           "*",        "a",         "example.com:443", "/..",        "/.",
        "/a/../b",    "/a/./b",   "/a/..",     "/%2e%2e/a",       "/%2E./a",    "/.%2e",
        "/a%2f..",    "/a%2Fb",   "/a%5cb",    "/a\\b",           "/a%00b",     "/a%0ab",
        "/a%7f",      "/a%",      "/a%4",      "/a%zz",           "/a%4g",      "/\xc3\xa9",
        "/%ff",       "/%c0%ae",  "/a#b",      "/a?b#c",          "/a?b=%00",   "/a?b=%ff",
        "/a?b=%",     "/a?\xff",  "/a\x01",    "/a?\x01",         "/a\x7f",     "ftp://a/x",
        "https://a/", "http://a", "http:///x", "http://b/x",      "http://a?x", "http://a@a/x",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (strcmp(path_of(bad[i], "a"), "!") != 0)
            fail_msg("let in: %s", bad[i]);
}

static void target__absolute_form_must_name_the_host(void **state)
{
    (void)state;
    assert_string_equal(path_of("http://a.example:80/x?y", "A.Example:80"), "/x");
    assert_string_equal(path_of("HTTP://a/x", "a"), "/x");
    assert_string_equal(path_of("http://evil/x", "good"), "!");
    assert_string_equal(path_of("http://a-b/x", "a\rb"), "!");
}

static void target__query_is_given_as_sent(void **state)
{
    char path[64];
    struct gate_head head = { .target = STR("/a?b=%41&c"), .host = STR("h") };
    struct str query;
    (void)state;
    assert_int_equal(gate_target(&head, path, sizeof(path), &query), 0);
    assert_true(str_eqs(query, "b=%41&c"));
}

static void target__never_writes_past_the_buffer(void **state)
{
    struct gate_head head = { .target = STR("/abcdefgh?ijklmnop"), .host = STR("h") };
    struct str query;
    (void)state;
    for (size_t cap = 0; cap <= 18; cap++) {
        char path[19];
        memset(path, 'z', sizeof(path));
        assert_int_equal(gate_target(&head, path, cap, &query), X_E_INVALID);
        for (size_t i = cap; i < sizeof(path); i++)
            assert_int_equal(path[i], 'z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target__decodes_once),
        cmocka_unit_test(target__refuses_other_spellings_of_other_paths),
        cmocka_unit_test(target__absolute_form_must_name_the_host),
        cmocka_unit_test(target__query_is_given_as_sent),
        cmocka_unit_test(target__never_writes_past_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
