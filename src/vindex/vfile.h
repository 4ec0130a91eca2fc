/* SPDX-License-Identifier: Apache-2.0
 *
 * The envelope of a vector file: a 64-byte header (magic, kind, dim, count, length,
 * checksum) in front of what the back end writes. FAISS trusts the sizes it reads and
 * would allocate whatever a damaged file says, so nothing reaches a back end before the
 * checksum over the whole file has held.
 */
#ifndef VINDEX_VFILE_H
#define VINDEX_VFILE_H

#include <stdio.h>

#include <parley/status.h>

#define VFILE_KIND_BYTES 8

/* Writes PATH.tmp by way of `body`, syncs it, renames it to PATH and syncs the directory: PATH is
 * the old file or the whole new one. On an error PATH.tmp is gone. 0 or -errno. */
int vfile_write(const char *path, const char kind[VFILE_KIND_BYTES], size_t dim, size_t count,
                int (*body)(FILE *f, const void *ctx, struct err *err), const void *ctx, struct err *err);

/* Makes a rename in the directory of `path` last. 0 or -errno. */
int vfile_sync_dir(const char *path);

/* Opens and verifies; *out stands at the first byte of the body and the caller closes it.
 * X_E_INVALID: not such a file, damaged, or of another kind or dim. -ENOENT when absent. */
int vfile_open(FILE **out, const char *path, const char kind[VFILE_KIND_BYTES], size_t dim, size_t *count,
               struct err *err);

#endif
