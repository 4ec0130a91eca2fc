/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "io/peer.h"

static const char *client(const char *socket, const char *field1, const char *field2,
                          const char *const *trusted, size_t n)
{
    static char text[PEER_TEXT];
    struct peer_net net[4];
    struct str field[2];
    size_t fields = 0;
    struct peer p;
    for (size_t i = 0; i < n; i++)
        assert_true(peer_net_parse(&net[i], trusted[i]));
    if (field1)
        field[fields++] = str_of(field1);
    if (field2)
        field[fields++] = str_of(field2);
    assert_true(peer_parse(&p, str_of(socket)));
    peer_client(&p, field, fields, net, n);
    peer_text(text, &p);
    return text;
}

static const char *const trusted[] = { "10.0.0.0/8", "::1", "fd00::/8" };
#define CLIENT(socket, a, b) client(socket, a, b, trusted, ARRAY_LEN(trusted))

static void peer__header_is_ignored_from_strangers(void **state)
{
    (void)state;
    assert_string_equal(CLIENT("192.0.2.1", "8.8.8.8", NULL), "192.0.2.1");
    assert_string_equal(client("10.0.0.1", "8.8.8.8", NULL, NULL, 0), "10.0.0.1");
}

static void peer__right_most_untrusted_hop_wins(void **state)
{
    (void)state;
    assert_string_equal(CLIENT("10.0.0.1", "8.8.8.8", NULL), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "6.6.6.6, 8.8.8.8", NULL), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "6.6.6.6, 8.8.8.8, 10.1.2.3", NULL), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "6.6.6.6", "8.8.8.8,10.9.9.9"), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "8.8.8.8", "10.9.9.9"), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "10.0.0.2, 10.0.0.3", NULL), "10.0.0.2");
    assert_string_equal(CLIENT("::1", "2001:DB8::0:1", NULL), "2001:db8::1");
}

static void peer__garbage_ends_the_walk_at_the_last_known_hop(void **state)
{
    static const char *const garbage[] = { "",   "unknown", "8.8.8.8.8", "8.8.8.8 x", "[::1",
                                           ",,", "%31",     "_hidden",   "08.8.8.8",  "1.2.3.4:5:6.7" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
        assert_string_equal(CLIENT("10.0.0.1", "6.6.6.6", garbage[i]), "10.0.0.1");
    assert_string_equal(CLIENT("10.0.0.1", "6.6.6.6, junk, 10.0.0.7", NULL), "10.0.0.7");
}

static void peer__ports_and_brackets_are_taken_off(void **state)
{
    (void)state;
    assert_string_equal(CLIENT("10.0.0.1", "8.8.8.8:1234", NULL), "8.8.8.8");
    assert_string_equal(CLIENT("10.0.0.1", "[2001:db8::1]:1234", NULL), "2001:db8::1");
    assert_string_equal(CLIENT("10.0.0.1", "[2001:db8::1]", NULL), "2001:db8::1");
}

static void peer__mapped_ipv4_is_ipv4(void **state)
{
    (void)state;
    assert_string_equal(CLIENT("::ffff:192.0.2.1", NULL, NULL), "192.0.2.1");
    assert_string_equal(CLIENT("::ffff:10.0.0.1", "8.8.8.8", NULL), "8.8.8.8");
}

static bool within(const char *address, const char *net)
{
    struct peer p;
    struct peer_net n;
    assert_true(peer_parse(&p, str_of(address)));
    assert_true(peer_net_parse(&n, net));
    return peer_within(&p, &n, 1);
}

static void peer__networks_match_by_bits(void **state)
{
    (void)state;
    assert_true(within("10.255.0.1", "10.0.0.0/8"));
    assert_false(within("11.0.0.1", "10.0.0.0/8"));
    assert_true(within("192.168.1.127", "192.168.1.0/25"));
    assert_false(within("192.168.1.128", "192.168.1.0/25"));
    assert_true(within("1.2.3.4", "0.0.0.0/0"));
    assert_false(within("2001:db8::1", "0.0.0.0/0"));
    assert_true(within("2001:db8::1", "::/0"));
    assert_true(within("2001:db8:0:f::", "2001:db8::/60"));
    assert_false(within("2001:db8:0:10::", "2001:db8::/60"));
    assert_true(within("::1", "::1/128"));
}

static void peer__bad_networks_are_refused(void **state)
{
    static const char *const bad[] = { "",       "/8",     "10.0.0.0/33",  "10.0.0.0/-1", "10.0.0.0/",
                                       "::/129", "host/8", "10.0.0.0/8/8", "10.0.0.0/8x" };
    struct peer_net n;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (peer_net_parse(&n, bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void peer__reads_socket_addresses(void **state)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    char text[PEER_TEXT];
    struct peer p;
    (void)state;
    inet_pton(AF_INET, "192.0.2.9", &in.sin_addr);
    peer_of(&p, (struct sockaddr *)&in);
    peer_text(text, &p);
    assert_string_equal(text, "192.0.2.9");
    inet_pton(AF_INET6, "2001:db8::9", &in6.sin6_addr);
    peer_of(&p, (struct sockaddr *)&in6);
    peer_text(text, &p);
    assert_string_equal(text, "2001:db8::9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer__header_is_ignored_from_strangers),
        cmocka_unit_test(peer__right_most_untrusted_hop_wins),
        cmocka_unit_test(peer__garbage_ends_the_walk_at_the_last_known_hop),
        cmocka_unit_test(peer__ports_and_brackets_are_taken_off),
        cmocka_unit_test(peer__mapped_ipv4_is_ipv4),
        cmocka_unit_test(peer__networks_match_by_bits),
        cmocka_unit_test(peer__bad_networks_are_refused),
        cmocka_unit_test(peer__reads_socket_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
