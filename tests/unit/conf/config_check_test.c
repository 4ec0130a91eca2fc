/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms a text value may have, accepted and refused, and names that are too long.
 */
#include "conf_support.h"

#include "conf/config_impl.h"

struct row {
    const char *(*check)(const char *text);
    const char *text;
    bool ok;
};

static const struct row rows[] = {
    { check_listen, "127.0.0.1:8080", true },
    { check_listen, "0.0.0.0:0", true },
    { check_listen, "[::]:65535", true },
    { check_listen, "[::1]", false },
    { check_listen, "::1:80", false },
    { check_listen, "[127.0.0.1]:80", false },
    { check_listen, "localhost:80", false },
    { check_listen, "127.0.0.1:65536", false },
    { check_listen, "127.0.0.1:", false },
    { check_listen, ":80", false },
    { check_listen, "[]:80", false },
    { check_listen, "]:80", false },
    { check_listen, "[:80", false },
    { check_listen, "", false },
    { check_base_path, "", true },
    { check_base_path, "/parley", true },
    { check_base_path, "/a/b-c_d", true },
    { check_base_path, "/parley/", false },
    { check_base_path, "/", false },
    { check_base_path, "parley", false },
    { check_base_path, "/a//b", false },
    { check_base_path, "/a/../b", false },
    { check_base_path, "/a?b", false },
    { check_base_path, "/%2e%2e", false },
    { check_path, "", false },
    { check_network, "10.0.0.0/8", true },
    { check_network, "192.0.2.1", true },
    { check_network, "2001:db8::/32", true },
    { check_network, "::1/129", false },
    { check_network, "10.0.0.0/33", false },
    { check_network, "10.0.0.0/", false },
    { check_network, "10.0.0.0/-1", false },
    { check_network, "10.0.0/8", false },
    { check_network, "", false },
    { check_origin, "*", false },
    { check_origin, "https://a.example:8443", true },
    { check_origin, "https://a.example/", false },
    { check_origin, "a.example", false },
    { check_origin, "null", false },
    { check_url, "", true },
    { check_url, "https://h/v1", true },
    { check_url, "http://[::1]:80/x", true },
    { check_url, "ftp://h", false },
    { check_url, "https://", false },
    { check_url, "https:///x", false },
    { check_url, "https://user:pw@h", false },
    { check_url, "https://h:0", false },
    { check_url, "https://h:99999", false },
    { check_url, "https://h:", false },
    { check_url, "https://h?x", false },
    { check_url, "https://h#x", false },
    { check_url, "https://h h", false },
    { check_url, "https://[::1", false },
    { check_url, "https://[::1]x", false },
    { check_ws_url, "wss://gateway.discord.gg", true },
    { check_ws_url, "https://gateway.discord.gg", false },
    { check_public_key, "", true },
    { check_public_key, "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef0123", true },
    { check_public_key, "0123", false },
    { check_public_key, "g123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdef0123", false },
    { check_digits, "123456789012345678", true },
    { check_digits, "12a", false },
    { check_secret, "sk-proj_1.2~", true },
    { check_secret, "a\xc3\xa9", false },
    { check_webhook_secret, "abc_DEF-123", true },
    { check_webhook_secret, "a b", false },
};

static void config_check__table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = rows[i].check(rows[i].text);

        if ((why == NULL) != rows[i].ok)
            fail_msg("\"%s\": %s", rows[i].text, why ? why : "accepted");
    }
}

static void config_check__long_hosts_do_not_overflow(void **state)
{
    char url[2048] = "https://";

    (void)state;
    memset(url + 8, 'a', 2000);
    assert_non_null(check_url(url));
    assert_non_null(check_network(url + 8));
    memcpy(url + 2000, ":80", 4);
    assert_non_null(check_listen(url + 8));
}

static void config_check__provider_names(void **state)
{
    (void)state;
    assert_true(config_name_ok("openai"));
    assert_true(config_name_ok("my_llm2"));
    assert_false(config_name_ok(""));
    assert_false(config_name_ok("a__b"));
    assert_false(config_name_ok("2a"));
    assert_false(config_name_ok("a-b"));
    assert_false(config_name_ok("a123456789012345678901234567890123"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_check__table),
        cmocka_unit_test(config_check__long_hosts_do_not_overflow),
        cmocka_unit_test(config_check__provider_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
