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

/* RFC 8032, section 7.1, tests 1 and 3. */
static void ed25519__known_answers(void **state)
{
    static const uint8_t key[][ED25519_KEY] = {
        { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
          0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a },
        { 0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3, 0x8d, 0xa4, 0x7e, 0xd0, 0x02, 0x30, 0xf0, 0x58,
          0x08, 0x16, 0xed, 0x13, 0xba, 0x33, 0x03, 0xac, 0x5d, 0xeb, 0x91, 0x15, 0x48, 0x90, 0x80, 0x25 },
    };
    static const uint8_t signature[][ED25519_SIGNATURE] = {
        { 0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
          0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
          0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
          0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b },
        { 0x62, 0x91, 0xd6, 0x57, 0xde, 0xec, 0x24, 0x02, 0x48, 0x27, 0xe6, 0x9c, 0x3a, 0xbe, 0x01, 0xa3,
          0x0c, 0xe5, 0x48, 0xa2, 0x84, 0x74, 0x3a, 0x44, 0x5e, 0x36, 0x80, 0xd7, 0xdb, 0x5a, 0xc3, 0xac,
          0x18, 0xff, 0x9b, 0x53, 0x8d, 0x16, 0xf2, 0x90, 0xae, 0x67, 0xf7, 0x60, 0x98, 0x4d, 0xc6, 0x59,
          0x4a, 0x7c, 0x15, 0xe9, 0x71, 0x6e, 0xd2, 0x8d, 0xc0, 0x27, 0xbe, 0xce, 0xea, 0x1e, 0xc4, 0x0a },
    };

    (void)state;
    assert_true(ed25519_verify(signature[0], key[0], "", 0));
    assert_true(ed25519_verify(signature[1], key[1], "\xaf\x82", 2));
    assert_false(ed25519_verify(signature[1], key[1], "\xaf\x83", 2));
    assert_false(ed25519_verify(signature[1], key[1], "\xaf", 1));
    assert_false(ed25519_verify(signature[1], key[0], "\xaf\x82", 2));
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
        cmocka_unit_test(ed25519__known_answers),
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
