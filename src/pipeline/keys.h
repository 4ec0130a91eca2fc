/* SPDX-License-Identifier: Apache-2.0
 *
 * The two secrets of an installation, made at first start in the state directory, mode 0600:
 * identity.key (HMAC of platform ids) and seal.key (encryption of the pseudonym map). Losing
 * identity.key makes every known user a stranger; losing seal.key makes stored pseudonyms
 * unreadable. Back both up with the database.
 */
#ifndef PIPELINE_KEYS_H
#define PIPELINE_KEYS_H

#include <parley/arena.h>
#include <parley/status.h>

#define KEY_RAW_BYTES 32

struct keys {
    uint8_t identity[KEY_RAW_BYTES];
    uint8_t seal[KEY_RAW_BYTES];
};

/* 0, X_E_INVALID (a key file of the wrong size or type), -errno. */
int keys_load(struct keys *out, const char *state_dir, struct err *err);
void keys_wipe(struct keys *k);

/* XChaCha20-Poly1305 with `context` (the conversation key and placeholder) as associated data.
 * sealed = nonce || ciphertext, in the arena; NULL when the arena is full. */
void *keys_seal(const struct keys *k, const char *context, const char *text, struct arena *a, size_t *len);
/* NULL when it does not open: another key, another context, or tampered. */
char *keys_open(const struct keys *k, const char *context, const void *sealed, size_t len, struct arena *a);

#endif
