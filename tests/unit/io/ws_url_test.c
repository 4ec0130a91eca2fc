/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "io/ws_url.h"

static void ws_url__takes_apart(void **state X_UNUSED)
{
    static const struct {
        const char *url, *host, *host_port, *path;
        int port;
        bool tls;
    } row[] = {
        { "wss://gateway.a.example/?v=10&encoding=json", "gateway.a.example", "gateway.a.example",
          "/?v=10&encoding=json", 443, true },
        { "wss://a.example?v=10", "a.example", "a.example", "/?v=10", 443, true },
        { "ws://a.example", "a.example", "a.example", "/", 80, false },
        { "WS://a_b-c.example:8080/x/y", "a_b-c.example", "a_b-c.example:8080", "/x/y", 8080, false },
        { "wss://a.example:443/", "a.example", "a.example", "/", 443, true },
        { "ws://a.example:443/", "a.example", "a.example:443", "/", 443, false },
        { "ws://127.0.0.1:65535", "127.0.0.1", "127.0.0.1:65535", "/", 65535, false },
        { "ws://[::1]:9/%41", "::1", "[::1]:9", "/%41", 9, false },
        { "wss://[2001:db8::1]/", "2001:db8::1", "[2001:db8::1]", "/", 443, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct ws_url u;
        assert_int_equal(ws_url_parse(&u, row[i].url, NULL), 0);
        assert_string_equal(u.host, row[i].host);
        assert_string_equal(u.host_port, row[i].host_port);
        assert_string_equal(u.path, row[i].path);
        assert_int_equal(u.port, row[i].port);
        assert_int_equal(u.tls, row[i].tls);
    }
}

static void ws_url__refuses(void **state X_UNUSED)
{
    static const char *const url[] = {
        "",
        "w",
        "wss:/",
        "wss://",
        "ws:///path",
        "http://a.example/",
        "https://a.example/",
        "//a.example/",
        " ws://a.example/",
        "ws://user@a.example/",
        "ws://user:secret@a.example/",
        "ws://a.example:/",
        "ws://a.example:0/",
        "ws://a.example:65536/",
        "ws://a.example:+1/",
        "ws://a.example:80x/",
        "ws://a.example:99999999999999999999/",
        "ws://a.example\\@b.example/",
        "ws://a%2eexample/",
        "ws://b\xC3\xBC.example/",
        "ws://[::1/",
        "ws://[]/",
        "ws://[127.0.0.1]/",
        "ws://[fe80::1%25eth0]/",
        "ws://[::1]x/",
        "ws://a.example/#fragment",
        "ws://a.example#fragment",
        "ws://a.example/a b",
        "ws://a.example/\r\nX-More: 1",
        "ws://a.example/\t",
        "ws://a.example/\x7F",
        "ws://a.example/\xC3\xBC",
    };
    for (size_t i = 0; i < ARRAY_LEN(url); i++) {
        struct ws_url u;
        struct err err;
        assert_int_equal(ws_url_parse(&u, url[i], &err), X_E_INVALID);
        assert_null(strstr(err.text, "example"));
    }
}

static void ws_url__bounds(void **state X_UNUSED)
{
    char url[WS_HOST_MAX + WS_PATH_MAX + 32];
    struct ws_url u;
    for (int more = 0; more <= 1; more++) {
        memcpy(url, "ws://", 5);
        memset(url + 5, 'h', WS_HOST_MAX + 1);
        memcpy(url + 5 + WS_HOST_MAX + more, "/", 2);
        assert_int_equal(ws_url_parse(&u, url, NULL), more ? X_E_INVALID : 0);
        memcpy(url, "ws://a?", 7);
        memset(url + 7, 'p', WS_PATH_MAX);
        url[6 + WS_PATH_MAX + more] = '\0';
        assert_int_equal(ws_url_parse(&u, url, NULL), more ? X_E_INVALID : 0);
        assert_true(more || strlen(u.path) == WS_PATH_MAX + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ws_url__takes_apart),
        cmocka_unit_test(ws_url__refuses),
        cmocka_unit_test(ws_url__bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
