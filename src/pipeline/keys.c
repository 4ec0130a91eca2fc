/* SPDX-License-Identifier: Apache-2.0
 *
 * The key files and the seal. A key is never overwritten: one that cannot be read stops the start, because a
 * fresh one in its place would turn every known user into a stranger without a word.
 */
#include "pipeline/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rand.h"

#define SEAL_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_TAG   crypto_aead_xchacha20poly1305_ietf_ABYTES

static int key_read(uint8_t key[KEY_RAW_BYTES], const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO must not hang the start */
    if (fd < 0)
        return errno == ENOENT ? X_E_NOT_FOUND : err_set(err, -errno, "%s: %s", path, strerror(errno));
    uint8_t got[KEY_RAW_BYTES + 1];
    ssize_t n = read(fd, got, sizeof got);
    close(fd);
    if (n != KEY_RAW_BYTES)
        return err_set(
            err, X_E_INVALID,
            "%s: not a key file of %d bytes; restore it from your backup, or move it away to start "
            "with a new one (known users become strangers)",
            path, KEY_RAW_BYTES);
    memcpy(key, got, KEY_RAW_BYTES);
    sodium_memzero(got, sizeof got);
    return 0;
}

/* Written aside, synced and linked into place, so a kill leaves no key or a whole one; link(2) also
 * lets only one of two first starts win. */
static int key_create(const char *dir, const char *path, struct err *err)
{
    uint8_t fresh[KEY_RAW_BYTES];
    char aside[4096];
    rand_bytes(fresh, sizeof fresh);
    int n = snprintf(aside, sizeof aside, "%s/.key-XXXXXX", dir);
    if (n < 0 || (size_t)n >= sizeof aside)
        return err_set(err, -ENAMETOOLONG, "%s: path too long", dir);
    int fd = mkostemp(aside, O_CLOEXEC);
    if (fd < 0)
        return err_set(err, -errno, "%s: cannot make a key file: %s", dir, strerror(errno));
    int rc = 0;
    if (write(fd, fresh, sizeof fresh) != (ssize_t)sizeof fresh || fsync(fd) < 0)
        rc = err_set(err, errno ? -errno : -EIO, "%s: cannot write: %s", aside, strerror(errno));
    close(fd);
    sodium_memzero(fresh, sizeof fresh);
    if (rc == 0 && link(aside, path) < 0 && errno != EEXIST)
        rc = err_set(err, -errno, "%s: cannot create: %s", path, strerror(errno));
    unlink(aside);
    int dirfd = rc == 0 ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dirfd >= 0) {
        fsync(dirfd);
        close(dirfd);
    }
    return rc;
}

static int key_get(uint8_t key[KEY_RAW_BYTES], const char *dir, const char *name, struct err *err)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: path too long", dir);
    int rc = key_read(key, path, err);
    if (rc == X_E_NOT_FOUND) {
        rc = key_create(dir, path, err);
        if (rc == 0)
            rc = key_read(key, path, err);
    }
    return rc;
}

int keys_load(struct keys *out, const char *state_dir, struct err *err)
{
    rand_init();
    int rc = key_get(out->identity, state_dir, "identity.key", err);
    return rc ? rc : key_get(out->seal, state_dir, "seal.key", err);
}

void keys_wipe(struct keys *k)
{
    sodium_memzero(k, sizeof *k);
}

void *keys_seal(const struct keys *k, const char *context, const char *text, struct arena *a, size_t *len)
{
    size_t n = strlen(text);
    uint8_t *out = arena_alloc(a, SEAL_NONCE + n + SEAL_TAG);
    if (!out)
        return NULL;
    rand_bytes(out, SEAL_NONCE);
    unsigned long long made = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + SEAL_NONCE, &made, (const uint8_t *)text, n,
                                               (const uint8_t *)context, strlen(context), NULL, out, k->seal);
    *len = SEAL_NONCE + (size_t)made;
    return out;
}

char *keys_open(const struct keys *k, const char *context, const void *sealed, size_t len, struct arena *a)
{
    const uint8_t *in = sealed;
    if (len < SEAL_NONCE + SEAL_TAG)
        return NULL;
    uint8_t *out = arena_alloc(a, len - SEAL_NONCE - SEAL_TAG + 1);
    unsigned long long made = 0;
    if (!out || crypto_aead_xchacha20poly1305_ietf_decrypt(out, &made, NULL, in + SEAL_NONCE,
                                                           len - SEAL_NONCE, (const uint8_t *)context,
                                                           strlen(context), in, k->seal) != 0)
        return NULL;
    out[made] = '\0';
    return (char *)out;
}
