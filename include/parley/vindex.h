/* SPDX-License-Identifier: Apache-2.0
 *
 * Nearest vectors by inner product. Ids are the caller's, unique, >= 0.
 * Built by one thread; once built, any number of threads may search at once.
 * Every back end passes tests/contract/vindex_contract.c.
 */
#ifndef PARLEY_VINDEX_H
#define PARLEY_VINDEX_H

#include <parley/status.h>

struct vindex;

struct vindex_hit {
    int64_t id;
    float score;
};

struct vindex_ops {
    const char *name;
    int (*create)(struct vindex **out, size_t dim, struct err *err);                    /* must */
    int (*add)(struct vindex *v, const int64_t *id, const float *vec, size_t n, struct err *err);
    /* Best first; *hits <= k. An empty index answers 0 hits. */
    int (*search)(const struct vindex *v, const float *query, size_t k, struct vindex_hit *out,
                  size_t *hits, struct err *err);
    size_t (*count)(const struct vindex *v);
    /* Writes to `path` and syncs it. load refuses another dim with X_E_INVALID, never crashes
     * on a truncated or foreign file. */
    int (*save)(const struct vindex *v, const char *path, struct err *err);
    int (*load)(struct vindex **out, const char *path, size_t dim, struct err *err);
    void (*close)(struct vindex *v);
};

extern const struct vindex_ops vindex_faiss; /* for large indexes */
extern const struct vindex_ops vindex_flat;  /* exact, plain C: small indexes, and the reference in tests */

#endif
