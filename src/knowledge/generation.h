/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of one generation, shared by readers and immutable: DIR/knowledge.index, which is what is
 * published (renamed over the one before), and DIR/vectors-GENERATION.vec, which it names when
 * the embedder is one that is asked.
 * Both are made from the rows of knowledge.db; no reader opens that.
 */
#ifndef KNOWLEDGE_GENERATION_H
#define KNOWLEDGE_GENERATION_H

#include <stdatomic.h>

#include <parley/vindex.h>

#include "knowledge/kdb.h"
#include "lexical/lexical.h"

struct generation {
    atomic_int refs;
    struct lexical *words;
    struct vindex *vectors; /* NULL: none that can be used */
    const struct vindex_ops *ops;
};

/* DIR/knowledge.index; the caller frees. NULL: out of memory. */
char *generation_path(const char *dir);

/* ---- reading ---- */
/* One reference, to words alone. -ENOENT: nothing is published; X_E_INVALID: damaged. */
int generation_open(struct generation **out, const char *path, const struct vindex_ops *ops, struct err *err);
/* Before it is shared. Words alone are better than no answer: vectors that are missing or damaged are logged
 * and done without. X_E_LOST: gone because another generation was published at `path`. */
int generation_attach(struct generation *g, const char *dir, const char *path, size_t dim);
struct generation *generation_ref(struct generation *g); /* NULL gives NULL */
void generation_unref(struct generation *g);

/* ---- writing, inside a transaction of `db` that has set `head` ---- */
/* Is what the head names published and whole? */
bool generation_stands(const char *dir, const struct kdb_head *head, const struct vindex_ops *ops);
/* Writes and syncs both files; nothing is published yet. */
int generation_write(const char *dir, struct kdb *db, const struct kdb_head *head,
                     const struct vindex_ops *ops, struct err *err);
void generation_discard(const char *dir, int64_t generation); /* what was written and will not be published */
/* After the commit: readers take it from now on. Removes vector files none of them can need, all but
 * those of this generation and the one before. */
int generation_publish(const char *dir, int64_t generation, struct err *err);

#endif
