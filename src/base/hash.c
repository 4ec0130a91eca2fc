/* SPDX-License-Identifier: Apache-2.0
 *
 * The digests are stored (keys of people, body hashes, file hashes): what they are
 * computed over is a format and does not change. hash_seeded() differs in each
 * process and must not be stored.
 */
#include "base/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/rand.h"

_Static_assert(SHA256_HEX == 2 * crypto_hash_sha256_BYTES + 1, "hex of a SHA-256");
_Static_assert(crypto_auth_hmacsha256_BYTES == crypto_hash_sha256_BYTES, "HMAC-SHA-256");
_Static_assert(ED25519_KEY == crypto_sign_ed25519_PUBLICKEYBYTES, "Ed25519 key");
_Static_assert(ED25519_SIGNATURE == crypto_sign_ed25519_BYTES, "Ed25519 signature");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "SipHash-2-4");

void sha256_hex(char out[SHA256_HEX], const void *bytes, size_t len)
{
    uint8_t digest[crypto_hash_sha256_BYTES];

    rand_init();
    (void)crypto_hash_sha256(digest, bytes, len);
    (void)sodium_bin2hex(out, SHA256_HEX, digest, sizeof digest);
}

void hex_write(char *out, const void *bytes, size_t len)
{
    (void)sodium_bin2hex(out, 2 * len + 1, bytes, len);
}

bool hex_read(void *out, size_t len, const char *hex)
{
    size_t got = 0;
    const char *end = hex;

    return sodium_hex2bin(out, len, hex, strlen(hex), NULL, &got, &end) == 0 && got == len && *end == '\0';
}

void hmac_hex(char out[SHA256_HEX], const uint8_t key[32], const struct str *part, size_t parts)
{
    uint8_t digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    rand_init();
    (void)crypto_auth_hmacsha256_init(&state, key, 32);
    for (size_t i = 0; i < parts; i++) {
        uint8_t length[8]; /* big-endian */

        for (int n = 0; n < 8; n++)
            length[n] = (uint8_t)((uint64_t)part[i].len >> (56 - 8 * n));
        (void)crypto_auth_hmacsha256_update(&state, length, sizeof length);
        (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)part[i].at, part[i].len);
    }
    (void)crypto_auth_hmacsha256_final(&state, digest);
    sodium_memzero(&state, sizeof state);
    (void)sodium_bin2hex(out, SHA256_HEX, digest, sizeof digest);
}

static uint8_t seed[crypto_shorthash_KEYBYTES];

static void seed_make(void)
{
    rand_bytes(seed, sizeof seed);
}

uint64_t hash_seeded(const void *bytes, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    union {
        uint8_t bytes[crypto_shorthash_BYTES];
        uint64_t value;
    } out;

    (void)pthread_once(&once, seed_make);
    (void)crypto_shorthash(out.bytes, bytes, len, seed);
    return out.value;
}

uint64_t hash_fnv(const void *bytes, size_t len)
{
    /* offset basis and prime: isthe.com/chongo/tech/comp/fnv, 64 bits */
    const uint8_t *at = bytes;
    uint64_t h = 0xcbf29ce484222325U;

    for (size_t i = 0; i < len; i++)
        h = (h ^ at[i]) * 0x100000001b3U;
    return h;
}

bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE], const uint8_t key[ED25519_KEY],
                    const void *bytes, size_t len)
{
    rand_init();
    return crypto_sign_ed25519_verify_detached(signature, bytes, len, key) == 0;
}

bool bytes_equal_secret(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || sodium_memcmp(a, b, a_len) == 0);
}
