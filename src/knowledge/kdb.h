/* SPDX-License-Identifier: Apache-2.0
 *
 * DIR/knowledge.db: documents, chunks with their vectors, and the head row that names the generation.
 * It is the indexer's; searches read the files made from it (generation.h). kdb.c is the only
 * file here that includes SQLite. One connection, one thread.
 * Errors: -ENOSPC, -EROFS, -ENOMEM, -EIO, -EBADMSG (damaged file), X_E_BUSY (locked too long).
 */
#ifndef KNOWLEDGE_KDB_H
#define KNOWLEDGE_KDB_H

#include <parley/status.h>

#include "base/hash.h"

struct kdb;

struct kdb_head {        /* all zero: nothing was ever indexed */
    int64_t incarnation; /* random, of this file: a new file starts at generation 1 again */
    int64_t generation, documents, chunks;
    size_t dim;
    char embedder[64], vindex[32];
};

struct kdb_document {
    int64_t id;
    int64_t size_bytes, mtime_ns;
    char sha256[SHA256_HEX];
};

/* Makes the file and the tables, and makes them anew when another version left them. */
int kdb_open(struct kdb **out, const char *path, struct err *err);
void kdb_close(struct kdb *db);

int kdb_begin(struct kdb *db, struct err *err); /* takes the write lock at once */
int kdb_commit(struct kdb *db, struct err *err);
void kdb_rollback(struct kdb *db); /* a no-op outside a transaction */
int kdb_head(struct kdb *db, struct kdb_head *out, struct err *err);

/* ---- reading ---- */
struct kdb_chunk {
    int64_t id;
    const char *title, *path, *heading, *body; /* until `each` returns */
    bool untitled;                             /* its document, see docs.h */
};
/* Every chunk by ascending id. A non-zero answer of `each` stops and is returned. */
int kdb_chunks(struct kdb *db, int (*each)(void *ctx, const struct kdb_chunk *c, struct err *err), void *ctx,
               struct err *err);
int kdb_mean_length(struct kdb *db, double *out, struct err *err); /* of all chunks; 0 without one */
/* Every chunk's vector by ascending id; one of another length is -EBADMSG. */
int kdb_vectors(struct kdb *db, size_t dim,
                int (*each)(void *ctx, int64_t id, const float *vec, struct err *err), void *ctx,
                struct err *err);

/* ---- writing, inside a transaction ---- */
int kdb_source_is(struct kdb *db, const char *dir, bool *same, struct err *err);
/* Counts documents and chunks itself. */
int kdb_head_set(struct kdb *db, struct kdb_head *head, const char *source, struct err *err);
int kdb_document_get(struct kdb *db, const char *path, struct kdb_document *out,
                     struct err *err); /* X_E_NOT_FOUND */
/* A new row when d->id is 0 (set then), else the row and its chunks are replaced. */
int kdb_document_put(struct kdb *db, const char *path, const char *title, bool untitled,
                     struct kdb_document *d, struct err *err);
int kdb_document_touch(struct kdb *db, const struct kdb_document *d, struct err *err); /* size and mtime */
/* `length`: as features_of_chunk() counts. */
int kdb_chunk_add(struct kdb *db, int64_t document, const char *title, const char *heading, struct str body,
                  double length, const float *vec, size_t dim, struct err *err);
/* What is not kept when sweep comes is removed. By path: that document and all below that folder. */
int kdb_keep(struct kdb *db, int64_t document, struct err *err);
int kdb_keep_path(struct kdb *db, const char *path, struct err *err);
int kdb_sweep(struct kdb *db, size_t *removed, struct err *err);

#endif
