/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed calls: what Discord signs passes, and of a thousand forgeries none. One signature was made by
 * another implementation (node:crypto), so that both sides of libsodium being wrong in the same way would
 * show.
 */
#include "tests/unit/discord/wire_kit.h"

#include <ctype.h>
#include <sodium.h>

#define NOW    1700000000
#define WINDOW 300

static unsigned char secret[crypto_sign_SECRETKEYBYTES], other[crypto_sign_SECRETKEYBYTES];
static char key_hex[65];

static void sign(char out[129], const unsigned char *key, const char *timestamp, const char *body, size_t len)
{
    unsigned char text[4096], signature[crypto_sign_BYTES];
    size_t head = strlen(timestamp);
    memcpy(text, timestamp, head);
    memcpy(text + head, body, len);
    assert_int_equal(crypto_sign_detached(signature, NULL, text, head + len, key), 0);
    sodium_bin2hex(out, 129, signature, sizeof signature);
}

static int check(const char *signature, const char *timestamp, const char *body, size_t len)
{
    struct dc_signature s = { key_hex, signature, timestamp };
    struct err err = { "" };
    int rc = dc_signature_check(&s, body, len, NOW, WINDOW, &err);
    assert_true((rc == 0) == (err.text[0] == '\0'));
    return rc;
}

static int setup(void **state X_UNUSED)
{
    unsigned char seed[32], public[32];
    memset(seed, 7, sizeof seed);
    assert_true(sodium_init() >= 0);
    crypto_sign_seed_keypair(public, secret, seed);
    sodium_bin2hex(key_hex, sizeof key_hex, public, sizeof public);
    memset(seed, 8, sizeof seed);
    crypto_sign_seed_keypair(public, other, seed);
    return 0;
}

static void signature__of_discord_passes(void **state X_UNUSED)
{
    char hex[129], body[2000];
    memset(body, 'x', sizeof body);
    sign(hex, secret, "1700000000", body, sizeof body);
    assert_int_equal(check(hex, "1700000000", body, sizeof body), 0);
    for (size_t i = 0; i < 128; i++)
        hex[i] = (char)toupper((unsigned char)hex[i]);
    assert_int_equal(check(hex, "1700000000", body, sizeof body), 0);
    sign(hex, secret, "1700000000", "", 0);
    assert_int_equal(check(hex, "1700000000", NULL, 0), 0);
}

static void signature__of_another_implementation(void **state X_UNUSED)
{
    static const char hex[] = "f7caed702889e902c2cde4a4fb00f601284aa47ff4caf84588d7c8c3d8fe7183fd73e13e30d0c0"
                              "7d1515b6684f7b3cfaa231c421768d9667b104f760cf0da302";
    assert_string_equal(key_hex, "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c");
    assert_int_equal(check(hex, "1700000000", "{\"type\":1}", 10), 0);
}

static void signature__only_within_the_window(void **state X_UNUSED)
{
    static const struct {
        const char *timestamp;
        int rc;
    } row[] = {
        { "1700000300", 0 },
        { "1699999700", 0 },
        { "1700000301", X_E_DENIED },
        { "1699999699", X_E_DENIED },
        { "+1700000000", X_E_DENIED },
        { " 1700000000", X_E_DENIED },
        { "1700000000 ", X_E_DENIED },
        { "1700000000.5", X_E_DENIED },
        { "", X_E_DENIED },
        { "-1", X_E_DENIED },
        { "99999999999999999999", X_E_DENIED },
        { "0x6553f100", X_E_DENIED },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char hex[129];
        sign(hex, secret, row[i].timestamp, "{}", 2);
        assert_int_equal(check(hex, row[i].timestamp, "{}", 2), row[i].rc);
    }
}

static void signature__missing_or_no_hex(void **state X_UNUSED)
{
    struct dc_signature s = { "zz", "", "1700000000" };
    char hex[129], longer[131], text[129];
    sign(hex, secret, "1700000000", "{}", 2);
    assert_int_equal(check(NULL, "1700000000", "{}", 2), X_E_DENIED);
    assert_int_equal(check(hex, NULL, "{}", 2), X_E_DENIED);
    assert_int_equal(check("", "1700000000", "{}", 2), X_E_DENIED);
    snprintf(longer, sizeof longer, "%s00", hex);
    assert_int_equal(check(longer, "1700000000", "{}", 2), X_E_DENIED);
    for (const char *bad = "gG:@`/ -\x80"; *bad; bad++)
        for (size_t at = 0; at < 128; at += 127) {
            memcpy(text, hex, sizeof text);
            text[at] = *bad;
            assert_int_equal(check(text, "1700000000", "{}", 2), X_E_DENIED);
        }
    hex[127] = '\0';
    assert_int_equal(check(hex, "1700000000", "{}", 2), X_E_DENIED);
    s.signature = hex;
    assert_int_equal(dc_signature_check(&s, "{}", 2, NOW, WINDOW, NULL), X_E_DENIED);
}

/* Wrong key, changed body, changed timestamp, swapped headers, a bit turned anywhere. */
static void signature__no_forgery_of_a_thousand_passes(void **state X_UNUSED)
{
    size_t denied = 0;
    for (unsigned i = 0; i < 1000; i++) {
        char hex[129], body[64], timestamp[16] = "1700000000";
        size_t len = (size_t)snprintf(body, sizeof body, "{\"type\":2,\"id\":\"%u\"}", i);
        sign(hex, i % 5 == 0 ? other : secret, timestamp, body, len);
        switch (i % 5) {
        case 1:
            body[i % len] ^= 1;
            break;
        case 2:
            timestamp[9] = (char)('1' + (int)(i % 9));
            break;
        case 3:
            hex[i % 128] = hex[i % 128] == '0' ? '1' : '0';
            break;
        case 4: /* what belongs to the timestamp is moved into the body */
            memmove(body + 1, body, len++);
            body[0] = '0';
            timestamp[9] = '\0';
            break;
        default:
            break;
        }
        denied += check(hex, timestamp, body, len) == X_E_DENIED;
    }
    assert_int_equal(denied, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature__of_discord_passes),
        cmocka_unit_test(signature__of_another_implementation),
        cmocka_unit_test(signature__only_within_the_window),
        cmocka_unit_test(signature__missing_or_no_hex),
        cmocka_unit_test(signature__no_forgery_of_a_thousand_passes),
    };
    return cmocka_run_group_tests_name("wire_signature", tests, setup, NULL);
}
