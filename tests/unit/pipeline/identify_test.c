/* SPDX-License-Identifier: Apache-2.0
 *
 * Keyed pseudonyms of people, conversations and addresses: what makes two of them equal and what must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/stage_kit.h"

struct ids {
    char user[KEY_BYTES], conv[KEY_BYTES], ip[KEY_BYTES];
};

/* Identifies the message as the kit's turn holds it. */
static struct ids identified(struct stage_kit *k)
{
    struct ids ids;
    assert_int_equal(stage_identify(&k->turn, NULL), NEXT);
    memcpy(ids.user, k->turn.identity.user_key, sizeof ids.user);
    memcpy(ids.conv, k->turn.identity.conv_key, sizeof ids.conv);
    memcpy(ids.ip, k->turn.identity.ip_key, sizeof ids.ip);
    return ids;
}

static void assert_hex64(const char *key)
{
    assert_int_equal(strlen(key), 64);
    assert_int_equal(strspn(key, "0123456789abcdef"), 64);
}

static void identify__the_same_person_has_the_same_keys(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.peer_ip = "192.0.2.1";
    struct ids one = identified(k);
    stage_kit_turn(k);
    k->turn.msg.peer_ip = "192.0.2.1";
    k->turn.msg.text = "another text";
    k->turn.msg.external_id = "y";
    struct ids two = identified(k);
    assert_memory_equal(&one, &two, sizeof one);
    assert_hex64(one.user);
    assert_hex64(one.conv);
    assert_hex64(one.ip);
    assert_string_not_equal(one.user, one.conv);
}

static void identify__channel_bot_and_user_each_make_another_key(void **state)
{
    struct stage_kit *k = *state;
    struct ids base = identified(k);
    const struct message other[] = {
        { .channel = "telegram", .bot = "default", .user = "u", .conversation = "c" },
        { .channel = "web", .bot = "second", .user = "u", .conversation = "c" },
        { .channel = "web", .bot = "default", .user = "v", .conversation = "d" },
    };
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        k->turn.msg.channel = other[i].channel;
        k->turn.msg.bot = other[i].bot;
        k->turn.msg.user = other[i].user;
        k->turn.msg.conversation = other[i].conversation;
        struct ids ids = identified(k);
        assert_string_not_equal(ids.user, base.user);
        assert_string_not_equal(ids.conv, base.conv);
    }
}

static void identify__parts_cannot_run_together(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.bot = "ab";
    k->turn.msg.user = "c";
    struct ids one = identified(k);
    k->turn.msg.bot = "a";
    k->turn.msg.user = "bc";
    struct ids two = identified(k);
    assert_string_not_equal(one.user, two.user);
}

static void identify__a_user_and_a_conversation_of_the_same_name_differ(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.user = k->turn.msg.conversation = "same";
    struct ids ids = identified(k);
    assert_string_not_equal(ids.user, ids.conv);
}

static void identify__another_installation_has_other_keys(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.peer_ip = "192.0.2.1";
    struct ids one = identified(k);
    k->pipe.keys.identity[31] ^= 1;
    struct ids two = identified(k);
    assert_string_not_equal(one.user, two.user);
    assert_string_not_equal(one.conv, two.conv);
    assert_string_not_equal(one.ip, two.ip);
}

static void identify__an_ipv6_client_is_its_64(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.peer_ip = "2001:db8:1:2::1";
    struct ids one = identified(k);
    k->turn.msg.peer_ip = "2001:db8:1:2:ffff:ffff:ffff:ffff";
    struct ids neighbour = identified(k);
    k->turn.msg.peer_ip = "2001:db8:1:3::1";
    struct ids other = identified(k);
    assert_string_equal(one.ip, neighbour.ip);
    assert_string_not_equal(one.ip, other.ip);
}

static void identify__an_ipv4_client_is_its_address(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.peer_ip = "192.0.2.1";
    struct ids one = identified(k);
    k->turn.msg.peer_ip = "192.0.2.2";
    struct ids two = identified(k);
    assert_string_not_equal(one.ip, two.ip);
}

static void identify__no_address_no_address_key(void **state)
{
    struct stage_kit *k = *state;
    assert_string_equal(identified(k).ip, "");
}

static void identify__language_is_the_primary_subtag(void **state)
{
    static const char *const locale[][2] = {
        { "de-AT", "de" }, { "pt_BR", "pt" }, { "FR", "fr" },      { "gsw-CH", "gsw" },    { "", "en" },
        { "x", "en" },     { "-de", "en" },   { "klingon", "en" }, { "zh-Hant-TW", "zh" },
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(locale); i++) {
        k->turn.msg.locale = locale[i][0];
        identified(k);
        assert_string_equal(k->turn.identity.language, locale[i][1]);
    }
}

static void identify__language_is_english_when_memory_is_out(void **state)
{
    struct stage_kit *k = *state;
    k->turn.msg.locale = "de";
    k->turn.arena.cap_bytes = 0;
    identified(k);
    assert_string_equal(k->turn.identity.language, "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(identify__the_same_person_has_the_same_keys),
        STAGE_CASE(identify__channel_bot_and_user_each_make_another_key),
        STAGE_CASE(identify__parts_cannot_run_together),
        STAGE_CASE(identify__a_user_and_a_conversation_of_the_same_name_differ),
        STAGE_CASE(identify__another_installation_has_other_keys),
        STAGE_CASE(identify__an_ipv6_client_is_its_64),
        STAGE_CASE(identify__an_ipv4_client_is_its_address),
        STAGE_CASE(identify__no_address_no_address_key),
        STAGE_CASE(identify__language_is_the_primary_subtag),
        STAGE_CASE(identify__language_is_english_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
