/* SPDX-License-Identifier: Apache-2.0
 *
 * Known answers: the digests are stored, so their values are a format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/hash.h"

static void sha256__known_answers(void **state)
{
    char out[SHA256_HEX];

    (void)state;
    /* FIPS 180-4 examples */
    sha256_hex(out, "abc", 3);
    assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(out, NULL, 0);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void key_of(char out[SHA256_HEX], const struct str *part, size_t parts)
{
    uint8_t key[32];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    hmac_hex(out, key, part, parts);
}

/* Computed by Python's hmac module over 8-byte big-endian lengths and the parts. */
static void hmac__known_answers(void **state)
{
    const struct str part[] = { STR("user"), STR("web"), STR("42") };
    const struct str empty = { 0 };
    char out[SHA256_HEX];

    (void)state;
    key_of(out, part, 3);
    assert_string_equal(out, "9b3fcc3cb27abe04465c0225f1ca776a8cc8cb8bdd64c6ae096a201a32422611");
    key_of(out, NULL, 0);
    assert_string_equal(out, "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb");
    key_of(out, &empty, 1);
    assert_string_equal(out, "9f0cd9b94097fe4929918d2b8942b34439574261a35dc50163f06c67d4e48899");
}

static void hmac__parts_do_not_run_together(void **state)
{
    const struct str one[] = { STR("web"), STR("bot1") };
    const struct str two[] = { STR("webbot"), STR("1") };
    const struct str three[] = { STR("webbot1") };
    char a[SHA256_HEX], b[SHA256_HEX], c[SHA256_HEX];

    (void)state;
    key_of(a, one, 2);
    key_of(b, two, 2);
    key_of(c, three, 1);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, c);
    assert_string_not_equal(b, c);
}

static void hmac__depends_on_the_key(void **state)
{
    static const uint8_t zero[32];
    const struct str part = STR("user");
    char a[SHA256_HEX], b[SHA256_HEX];

    (void)state;
    key_of(a, &part, 1);
    hmac_hex(b, zero, &part, 1);
    assert_string_not_equal(a, b);
}

static void hash__seeded_is_stable_within_the_process(void **state)
{
    (void)state;
    assert_true(hash_seeded("abc", 3) == hash_seeded("abc", 3));
    assert_true(hash_seeded("abc", 3) != hash_seeded("abd", 3));
    assert_true(hash_seeded("abc", 3) != hash_seeded("abc\0", 4));
    assert_true(hash_seeded(NULL, 0) == hash_seeded("", 0));
}

static void hash__fnv_known_answers(void **state)
{
    (void)state;
    assert_true(hash_fnv(NULL, 0) == 0xcbf29ce484222325U);
    assert_true(hash_fnv("a", 1) == 0xaf63dc4c8601ec8cU);
    assert_true(hash_fnv("foobar", 6) == 0x85944171f73967e8U);
}

static void bytes__equal_secret_compares_all(void **state)
{
    (void)state;
    assert_true(bytes_equal_secret("token", 5, "token", 5));
    assert_false(bytes_equal_secret("token", 5, "tokeN", 5));
    assert_false(bytes_equal_secret("Token", 5, "token", 5));
    assert_false(bytes_equal_secret("token", 5, "toke", 4));
    assert_false(bytes_equal_secret("", 0, "t", 1));
    assert_true(bytes_equal_secret(NULL, 0, "", 0));
    assert_false(bytes_equal_secret("a\0b", 3, "a\0c", 3));
}

static void hex__there_and_back(void **state)
{
    static const char *const bad[] = { "", "00", "00ff8", "00ff80aa", "00fg80", "00 f80", "0x00ff80" };
    const unsigned char raw[] = { 0, 0xff, 0x80 };
    unsigned char back[3];
    char text[7];
    (void)state;
    hex_write(text, raw, sizeof raw);
    assert_string_equal(text, "00ff80");
    assert_true(hex_read(back, sizeof back, text));
    assert_memory_equal(back, raw, sizeof raw);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(hex_read(back, sizeof back, bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256__known_answers),
        cmocka_unit_test(hmac__known_answers),
        cmocka_unit_test(hmac__parts_do_not_run_together),
        cmocka_unit_test(hmac__depends_on_the_key),
        cmocka_unit_test(hash__seeded_is_stable_within_the_process),
        cmocka_unit_test(hash__fnv_known_answers),
        cmocka_unit_test(bytes__equal_secret_compares_all),
        cmocka_unit_test(hex__there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
