/* SPDX-License-Identifier: Apache-2.0
 *
 * Small files read whole, under a cap, into an arena. Blocking.
 */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <parley/arena.h>
#include <parley/status.h>

#define FILE_SECRET_BYTES_MAX 8192

/* The whole file, NUL-terminated, in the arena. `mode` may be NULL. Any readable thing will do,
 * a pipe too. X_E_NOT_FOUND, X_E_LIMIT (over max_bytes), -errno; the text names the file. */
int file_read(char **out, size_t *len, unsigned *mode, const char *path, size_t max_bytes, struct arena *a,
              struct err *err);

/* A secret: the file without the line ends after it. Empty, or with a zero byte in it, is X_E_INVALID; the
 * rest is the caller's to check. `mode` as above. */
int file_secret(char **out, unsigned *mode, const char *path, struct arena *a, struct err *err);

/* True for 1.. printable ASCII bytes without a space. */
bool file_secret_ok(const char *text);

#endif
