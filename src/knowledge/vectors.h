/* SPDX-License-Identifier: Apache-2.0
 *
 * The vector file of a generation. It is a cache of what the chunk rows hold: a file that is
 * missing or damaged is made again from them.
 */
#ifndef KNOWLEDGE_VECTORS_H
#define KNOWLEDGE_VECTORS_H

#include <stdatomic.h>

#include <parley/vindex.h>

#include "knowledge/kdb.h"

/* The vectors of one generation, shared by readers; immutable. */
struct vectors {
    atomic_int refs;
    int64_t incarnation, generation;
    struct vindex *index;
    const struct vindex_ops *ops;
};

/* DIR/vectors-GENERATION.faiss; the caller frees. NULL: out of memory. */
char *vectors_path(const char *dir, int64_t generation);
/* Inside a transaction of `db`. */
int vectors_from_rows(struct vindex **out, const struct vindex_ops *ops, struct kdb *db, size_t dim,
                      struct err *err);
/* Loads the file of head's generation. -ENOENT: gone; X_E_INVALID: damaged or another number of vectors. */
int vectors_load(struct vindex **out, const struct vindex_ops *ops, const char *dir,
                 const struct kdb_head *head, struct err *err);
/* Takes `index` over. One reference; NULL: out of memory, index closed. */
struct vectors *vectors_new(const struct vindex_ops *ops, struct vindex *index, const struct kdb_head *head);
struct vectors *vectors_ref(struct vectors *v); /* NULL gives NULL */
void vectors_unref(struct vectors *v);
/* Removes vector files no reader can need: all but those of `current` and the generation before. A reader
 * that has begun earlier still finds its file gone and begins again. */
void vectors_sweep(const char *dir, int64_t current);

#endif
