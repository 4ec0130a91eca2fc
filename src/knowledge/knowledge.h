/* SPDX-License-Identifier: Apache-2.0
 *
 * The documents people ask about: a folder becomes rows (DIR/knowledge.db, the indexer's own) and from them
 * the files that are searched (DIR/knowledge.index and, with an embedder that knows meaning,
 * DIR/vectors-GENERATION.vec), and a question becomes passages. A generation is published
 * atomically: its files are written and synced, one SQLite transaction changes the rows, and the index is
 * renamed over the old one; a kill at any point leaves the old or the new index. Readers pick a new
 * generation up at their next query.
 */
#ifndef KNOWLEDGE_KNOWLEDGE_H
#define KNOWLEDGE_KNOWLEDGE_H

#include <parley/embedder.h>
#include <parley/turn.h>
#include <parley/vindex.h>

struct knowledge_progress {
    size_t done, total; /* files */
    const char *path;   /* the one in hand; "" when all are done */
};

struct knowledge_report {
    size_t files, added, changed, unchanged, removed, failed, chunks;
    int64_t generation;
    int64_t took_ms;
};

struct knowledge_index_conf {
    const char *state_dir;
    const char *source_dir;
    const struct embedder_ops *embedder;
    const struct vindex_ops *vindex;
    void (*progress)(void *ctx, const struct knowledge_progress *p); /* may */
    void (*failed)(void *ctx, const char *path, const char *why);    /* may */
    void *ctx;
};

/* Blocking: CLI or a worker. X_E_BUSY when another indexer runs. A broken file is reported and skipped;
 * what was indexed of it before stays. */
int knowledge_index(const struct knowledge_index_conf *conf, struct knowledge_report *out, struct err *err);

/* The shared part (embedder, vectors of the current generation); any thread. */
struct knowledge;
/* One thread's memory for searching. */
struct knowledge_reader;

/* An empty or absent index is not an error: searches find nothing. */
int knowledge_open(struct knowledge **out, const char *state_dir, const struct embedder_ops *embedder,
                   const struct vindex_ops *vindex, struct err *err);
void knowledge_close(struct knowledge *k); /* after every reader */
int knowledge_reader_open(struct knowledge_reader **out, struct knowledge *k, struct err *err);
void knowledge_reader_close(struct knowledge_reader *r);

/* The best by words, looked at again for closeness and title, and by vectors; each score counts by its share
 * of the best. At most TURN_PASSAGES_MAX and `top_k`; strings are put in `a`. Scores: best of the query 1.0.
 */
int knowledge_search(struct knowledge_reader *r, const char *question, size_t top_k, struct arena *a,
                     struct turn_passages *out, struct err *err);

struct knowledge_stats {
    int64_t documents, chunks;
    int64_t incarnation, generation; /* together they name what is found: an index made anew counts from 1 */
};
/* Of what a search would use now; cheap. Zeros = empty. */
int knowledge_stats(struct knowledge_reader *r, struct knowledge_stats *out, struct err *err);

#endif
