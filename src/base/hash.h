/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests, keyed hashes and signatures over libsodium, and a seeded table hash. Any thread.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <parley/base.h>

#define SHA256_HEX        65
#define ED25519_KEY       32 /* bytes of a public key */
#define ED25519_SIGNATURE 64

void sha256_hex(char out[SHA256_HEX], const void *bytes, size_t len);
/* Lower case, with its NUL; out has 2 * len + 1 bytes. */
void hex_write(char *out, const void *bytes, size_t len);
/* Exactly 2 * len hex digits into `out`; false when `hex` is anything else. */
bool hex_read(void *out, size_t len, const char *hex);
/* HMAC-SHA-256 over the parts, each preceded by its length so that parts cannot run together. */
void hmac_hex(char out[SHA256_HEX], const uint8_t key[32], const struct str *part, size_t parts);
/* For hash tables keyed by untrusted bytes: SipHash under a per-process random key. */
uint64_t hash_seeded(const void *bytes, size_t len);
/* Stable 64-bit FNV-1a: for features and file names, not for untrusted tables. */
uint64_t hash_fnv(const void *bytes, size_t len);
/* The signature is of these bytes, by the holder of that key (RFC 8032; no small-order key, no other
 * spelling). */
bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE], const uint8_t key[ED25519_KEY],
                    const void *bytes, size_t len);
/* Constant time for equal lengths. */
bool bytes_equal_secret(const void *a, size_t a_len, const void *b, size_t b_len);

#endif
