/* SPDX-License-Identifier: Apache-2.0
 *
 * Question to passages. Each reader has its own SQLite connection and works inside one read
 * transaction per query, so rows and generation belong together; the vectors of that
 * generation are shared and counted. Whoever first meets a new generation loads it under
 * the lock; readers that still work on the old one hold it until their next query.
 */
#include "knowledge/knowledge.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/log.h>

#include "knowledge/kdb.h"
#include "knowledge/query.h"
#include "knowledge/vectors.h"

#define LIST_MAX    50    /* hits taken from each channel */
#define RRF_K       60.0  /* Cormack, Clarke, Buettcher, SIGIR 2009 */
#define HASH_WEIGHT 0.5   /* an embedder that knows only spelling harms BM25 at full weight (measured) */
#define HASH_NEAR   0.14F /* with it, below this cosine are texts that share nothing but letters */
#define TRIES_MAX   4     /* generations that may pass away under one query */

struct knowledge {
    char *dir, *db_path;
    const struct embedder_ops *embedder_ops;
    const struct vindex_ops *vindex_ops;
    struct embedder *embedder;
    size_t dim;
    double vector_weight;
    float vector_near;
    pthread_mutex_t lock;
    struct vectors *current; /* under the lock: the newest seen */
};

struct knowledge_reader {
    struct knowledge *k;
    struct kdb *db; /* NULL while there is no index */
    struct vectors *vectors;
    float *query;
    struct buf fts;
    int64_t mismatch_told; /* generation whose other embedder was logged */
};

struct candidate {
    int64_t id;
    double score;
};

struct candidates {
    struct candidate at[2 * LIST_MAX];
    size_t n;
};

void knowledge_close(struct knowledge *k)
{
    if (!k)
        return;
    vectors_unref(k->current);
    if (k->embedder)
        k->embedder_ops->close(k->embedder);
    pthread_mutex_destroy(&k->lock);
    free(k->db_path);
    free(k->dir);
    free(k);
}

int knowledge_open(struct knowledge **out, const char *state_dir, const struct embedder_ops *embedder,
                   const struct vindex_ops *vindex, struct err *err)
{
    struct knowledge *k = calloc(1, sizeof(*k));
    bool spelling_only = strncmp(embedder->name, "hash-", 5) == 0;
    int rc;

    if (!k)
        return err_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&k->lock, NULL);
    k->embedder_ops = embedder;
    k->vindex_ops = vindex;
    k->vector_weight = spelling_only ? HASH_WEIGHT : 1.0;
    k->vector_near = spelling_only ? HASH_NEAR : 0.0F;
    k->dir = strdup(state_dir);
    if (!k->dir || asprintf(&k->db_path, "%s/knowledge.db", state_dir) < 0) {
        k->db_path = NULL;
        rc = err_set(err, -ENOMEM, "out of memory");
    } else {
        rc = embedder->open(&k->embedder, err);
    }
    if (rc) {
        knowledge_close(k);
        return rc;
    }
    k->dim = embedder->dim(k->embedder);
    *out = k;
    return 0;
}

void knowledge_reader_close(struct knowledge_reader *r)
{
    if (!r)
        return;
    vectors_unref(r->vectors);
    kdb_close(r->db);
    buf_free(&r->fts);
    free(r->query);
    free(r);
}

static void forget_vectors(struct knowledge_reader *r)
{
    vectors_unref(r->vectors);
    r->vectors = NULL;
}

/* The index may have come, gone or been made anew since the last query. X_E_NOT_FOUND: there is none. */
static int follow_file(struct knowledge_reader *r, struct err *err)
{
    if (r->db && kdb_is_at(r->db, r->k->db_path))
        return 0;
    kdb_close(r->db);
    r->db = NULL;
    forget_vectors(r);
    return kdb_open(&r->db, r->k->db_path, false, err);
}

static bool is_of(const struct vectors *v, const struct kdb_head *head)
{
    return v && v->generation == head->generation && v->incarnation == head->incarnation;
}

static bool usable(struct knowledge_reader *r, const struct kdb_head *head)
{
    if (head->generation == 0)
        return false;
    if (head->dim == r->k->dim && strcmp(head->embedder, r->k->embedder_ops->name) == 0)
        return true;
    if (r->mismatch_told != head->generation)
        log_warn("knowledge.embedder", "index=%s configured=%s use=words-only hint=\"index again\"",
                 head->embedder, r->k->embedder_ops->name);
    r->mismatch_told = head->generation;
    return false;
}

/* Under the lock. `rebuild`: the file is known to be gone although its generation stands. */
static int load_current(struct knowledge_reader *r, const struct kdb_head *head, bool rebuild,
                        struct err *err)
{
    struct knowledge *k = r->k;
    struct vindex *index = NULL;
    struct vectors *v;
    int rc = rebuild ? X_E_INVALID : vectors_load(&index, k->vindex_ops, k->dir, head, err);

    if (rc == -ENOENT)
        return X_E_LOST;
    if (rc == X_E_INVALID) {
        log_warn("knowledge.vectors", "generation=%" PRId64 " state=unusable use=rows hint=\"index again\"",
                 head->generation);
        rc = vectors_from_rows(&index, k->vindex_ops, r->db, head->dim, err);
    }
    if (rc)
        return rc;
    v = vectors_new(k->vindex_ops, index, head);
    if (!v)
        return err_set(err, -ENOMEM, "out of memory");
    vectors_unref(k->current);
    k->current = v;
    return 0;
}

/* Gives the reader the vectors of `head`. X_E_LOST: their file has gone, begin again. */
static int attach(struct knowledge_reader *r, const struct kdb_head *head, bool rebuild, struct err *err)
{
    struct knowledge *k = r->k;
    int rc = 0;

    if (is_of(r->vectors, head))
        return 0;
    forget_vectors(r);
    if (!usable(r, head))
        return 0;
    pthread_mutex_lock(&k->lock);
    if (!is_of(k->current, head))
        rc = load_current(r, head, rebuild, err);
    if (!rc)
        r->vectors = vectors_ref(k->current);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

/* Opens the read transaction with the vectors of its generation. On an error there is no transaction. */
static int begin(struct knowledge_reader *r, struct kdb_head *head, struct err *err)
{
    int64_t gone = 0;
    int rc = 0;

    for (int i = 0; i < TRIES_MAX; i++) {
        rc = kdb_begin(r->db, err);
        if (rc)
            return rc;
        rc = kdb_head(r->db, head, err);
        if (!rc)
            rc = attach(r, head, gone == head->generation, err);
        if (!rc)
            return 0;
        kdb_rollback(r->db);
        if (rc != X_E_LOST)
            return rc;
        gone = head->generation;
    }
    return err_set(err, X_E_BUSY, "the index changes faster than it can be read");
}

int knowledge_reader_open(struct knowledge_reader **out, struct knowledge *k, struct err *err)
{
    struct knowledge_reader *r = calloc(1, sizeof(*r));
    struct kdb_head head;
    int rc;

    if (!r)
        return err_set(err, -ENOMEM, "out of memory");
    r->k = k;
    buf_init(&r->fts, 16384);
    r->query = malloc(k->dim * sizeof(*r->query));
    rc = r->query ? follow_file(r, err) : err_set(err, -ENOMEM, "out of memory");
    if (rc == 0 && (rc = begin(r, &head, err)) == 0)
        kdb_rollback(r->db);
    if (rc && rc != X_E_NOT_FOUND) {
        knowledge_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

static void vote(struct candidates *c, int64_t id, size_t rank, double weight)
{
    double score = weight / (RRF_K + (double)rank + 1);

    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].id == id) {
            c->at[i].score += score;
            return;
        }
    c->at[c->n++] = (struct candidate){ .id = id, .score = score };
}

static int vote_words(struct knowledge_reader *r, const char *question, struct candidates *c, struct err *err)
{
    int64_t id[LIST_MAX];
    size_t n;
    int rc;

    buf_clear(&r->fts);
    if (query_fts(&r->fts, question) == 0)
        return 0;
    if (r->fts.failed)
        return err_set(err, -ENOMEM, "out of memory");
    rc = kdb_match(r->db, buf_text(&r->fts), id, LIST_MAX, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        vote(c, id[i], i, 1.0);
    return rc;
}

static int vote_vectors(struct knowledge_reader *r, const char *question, struct candidates *c,
                        struct err *err)
{
    const struct knowledge *k = r->k;
    struct str text = { question, strlen(question) };
    struct vindex_hit hit[LIST_MAX];
    size_t n;
    int rc;

    if (!r->vectors)
        return 0;
    rc = k->embedder_ops->embed(k->embedder, &text, 1, r->query, err);
    if (!rc)
        rc = k->vindex_ops->search(r->vectors->index, r->query, LIST_MAX, hit, &n, err);
    for (size_t i = 0; !rc && i < n && hit[i].score >= k->vector_near; i++)
        vote(c, hit[i].id, i, k->vector_weight);
    return rc;
}

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

static int fetch(struct knowledge_reader *r, const struct candidates *c, size_t top_k, struct arena *a,
                 struct turn_passages *out, struct err *err)
{
    for (size_t i = 0; i < c->n && out->len < top_k; i++) {
        struct passage *p = &out->at[out->len];
        int rc = kdb_passage(r->db, c->at[i].id, a, p, err);

        if (rc == X_E_NOT_FOUND) /* a vector without a row: the files are not of one index */
            continue;
        if (rc)
            return rc;
        p->score = c->at[i].score / c->at[0].score;
        out->len++;
    }
    return 0;
}

int knowledge_search(struct knowledge_reader *r, const char *question, size_t top_k, struct arena *a,
                     struct turn_passages *out, struct err *err)
{
    struct candidates c = { .n = 0 };
    struct kdb_head head;
    int rc;

    *out = (struct turn_passages){ 0 };
    rc = follow_file(r, err);
    if (rc == 0)
        rc = begin(r, &head, err);
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    out->generation = head.generation;
    rc = vote_words(r, question, &c, err);
    if (!rc)
        rc = vote_vectors(r, question, &c, err);
    if (!rc && c.n) {
        qsort(c.at, c.n, sizeof(c.at[0]), by_score);
        rc = fetch(r, &c, top_k < TURN_PASSAGES_MAX ? top_k : TURN_PASSAGES_MAX, a, out, err);
    }
    kdb_rollback(r->db);
    if (rc)
        out->len = 0;
    return rc;
}

int knowledge_stats(struct knowledge_reader *r, struct knowledge_stats *out, struct err *err)
{
    struct kdb_head head;
    int rc = follow_file(r, err);

    *out = (struct knowledge_stats){ 0 };
    if (rc == 0)
        rc = kdb_head(r->db, &head, err);
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    *out = (struct knowledge_stats){
        .documents = head.documents,
        .chunks = head.chunks,
        .generation = head.generation,
    };
    return 0;
}

int knowledge_generation(struct knowledge_reader *r, int64_t *out, struct err *err)
{
    struct knowledge_stats stats;
    int rc = knowledge_stats(r, &stats, err);

    *out = stats.generation;
    return rc;
}
