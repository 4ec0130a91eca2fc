/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a call to the interactions endpoint is Discord's. Discord itself tries the endpoint with wrong
 * signatures and takes it away when one passes, so everything is strict: lengths, digits, and a timestamp
 * without sign or blanks. Cheap checks come first; none of them reads the body.
 */
#include "adapters/discord/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define TIMESTAMP_DIGITS 12 /* more than seconds will ever have */

static bool is_fresh(const char *timestamp, int64_t now_s, int64_t window_s)
{
    size_t n = timestamp ? strspn(timestamp, "0123456789") : 0;
    int64_t at;

    if (n == 0 || n > TIMESTAMP_DIGITS || timestamp[n])
        return false;
    at = strtoll(timestamp, NULL, 10);
    return at >= now_s - window_s && at <= now_s + window_s;
}

/* What is signed is the timestamp and the body in one piece. */
static int verify(const uint8_t signature[ED25519_SIGNATURE], const uint8_t key[ED25519_KEY],
                  const char *timestamp, const void *body, size_t len)
{
    size_t head = strlen(timestamp);
    uint8_t *text = len <= SIZE_MAX - head ? malloc(head + len) : NULL;
    bool ok;

    if (!text)
        return -ENOMEM;
    memcpy(text, timestamp, head);
    if (len > 0)
        memcpy(text + head, body, len);
    ok = ed25519_verify(signature, key, text, head + len);
    free(text);
    return ok ? 0 : X_E_DENIED;
}

int dc_signature_check(const struct dc_signature *s, const void *body, size_t len, int64_t now_s,
                       int64_t window_s, struct err *err)
{
    uint8_t key[ED25519_KEY], signature[ED25519_SIGNATURE];
    int rc;

    if (!hex_read(key, sizeof key, s->key_hex))
        return err_set(err, X_E_DENIED, "the public key of the application is not 64 hex digits");
    if (!s->signature || !hex_read(signature, sizeof signature, s->signature))
        return err_set(err, X_E_DENIED, "the signature is missing or not 128 hex digits");
    if (!is_fresh(s->timestamp, now_s, window_s))
        return err_set(err, X_E_DENIED, "the timestamp is missing, no number or not of now");
    rc = verify(signature, key, s->timestamp, body, len);
    if (rc > 0)
        return err_set(err, rc, "the signature is not of this timestamp and body");
    return rc ? err_set(err, rc, "out of memory") : 0;
}
