/* SPDX-License-Identifier: Apache-2.0
 *
 * Question to passages, from the mapped files of one generation: no SQLite, no lock, and one system call, the
 * stat that tells whether another generation was published. Whoever first meets a new one
 * opens it under the lock; readers that still work on the old one hold it until their next query.
 */
#include "knowledge/knowledge.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/log.h>

#include "knowledge/analyse.h"
#include "knowledge/generation.h"
#include "knowledge/rank.h"

#define LIST_MAX 50 /* hits taken from each channel */
#define WORDS_NEAR                                                                                           \
    0.12F           /* of the best thinkable score: below, a passage shares stray letters with the question */
#define TRIES_MAX 4 /* generations that may pass away under one query */

struct knowledge {
    char *dir, *path;
    const struct embedder_ops *embedder_ops;
    const struct vindex_ops *vindex_ops;
    struct embedder *embedder;
    bool opened; /* the embedder */
    size_t dim;  /* 0: it is not asked */
    pthread_mutex_t lock;
    struct generation *current; /* under the lock: the newest seen */
    int64_t mismatch_told;      /* under the lock: generation whose other embedder was logged */
};

struct knowledge_reader {
    struct knowledge *k;
    struct generation *at; /* NULL while there is no index */
    float *query;
    struct lexical_scratch *scratch;
    struct question question;
    struct ranker ranker;
};

struct candidate {
    uint32_t at;
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
    generation_unref(k->current);
    if (k->opened)
        k->embedder_ops->close(k->embedder);
    pthread_mutex_destroy(&k->lock);
    free(k->path);
    free(k->dir);
    free(k);
}

int knowledge_open(struct knowledge **out, const char *state_dir, const struct embedder_ops *embedder,
                   const struct vindex_ops *vindex, struct err *err)
{
    struct knowledge *k = calloc(1, sizeof(*k));
    int rc;

    if (!k)
        return err_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&k->lock, NULL);
    k->embedder_ops = embedder;
    k->vindex_ops = vindex;
    k->dir = strdup(state_dir);
    k->path = generation_path(state_dir);
    rc = k->dir && k->path ? 0 : err_set(err, -ENOMEM, "out of memory");
    if (!rc && !embedder->spelling_only) {
        rc = embedder->open(&k->embedder, err);
        k->opened = rc == 0;
    }
    if (rc) {
        knowledge_close(k);
        return rc;
    }
    k->dim = k->opened ? embedder->dim(k->embedder) : 0;
    *out = k;
    return 0;
}

void knowledge_reader_close(struct knowledge_reader *r)
{
    if (!r)
        return;
    generation_unref(r->at);
    lexical_scratch_free(r->scratch);
    free(r->query);
    free(r);
}

/* ---- the generation ---- */

/* Under the lock. The dimensions of vectors that can be used, 0 when they are another embedder's. */
static size_t usable_dim(struct knowledge *k, const struct lexical_stamp *s)
{
    if (k->dim == 0)
        return 0;
    if (s->dim == k->dim && strcmp(s->embedder, k->embedder_ops->name) == 0)
        return k->dim;
    if (k->mismatch_told != s->generation)
        log_warn("knowledge.embedder", "index=%s configured=%s use=words-only hint=\"index again\"",
                 s->embedder, k->embedder_ops->name);
    k->mismatch_told = s->generation;
    return 0;
}

static int load_once(struct knowledge *k, struct err *err)
{
    struct generation *g;
    size_t dim;
    int rc = generation_open(&g, k->path, k->vindex_ops, err);

    if (rc)
        return rc;
    dim = usable_dim(k, lexical_stamp_of(g->words));
    if (dim)
        rc = generation_attach(g, k->dir, k->path, dim);
    generation_unref(rc ? g : k->current);
    if (rc == 0)
        k->current = g;
    return rc;
}

/* Under the lock: k->current becomes what is published now. */
static int load_current(struct knowledge *k, struct err *err)
{
    int rc = X_E_LOST;

    if (k->current && lexical_is_at(k->current->words, k->path))
        return 0;
    for (int i = 0; i < TRIES_MAX && rc == X_E_LOST; i++)
        rc = load_once(k, err);
    return rc == X_E_LOST ? err_set(err, X_E_BUSY, "the index changes faster than it can be read") : rc;
}

/* What opening the file said, for those who search. */
static int outcome(int rc)
{
    return rc == -ENOENT ? X_E_NOT_FOUND : rc == X_E_INVALID ? -EBADMSG : rc;
}

/* Gives the reader what is published. X_E_NOT_FOUND: nothing is; -EBADMSG: it is damaged. */
static int follow(struct knowledge_reader *r, struct err *err)
{
    struct knowledge *k = r->k;
    int rc;

    if (r->at && lexical_is_at(r->at->words, k->path))
        return 0;
    generation_unref(r->at);
    r->at = NULL;
    pthread_mutex_lock(&k->lock);
    rc = load_current(k, err);
    if (rc == 0)
        r->at = generation_ref(k->current);
    pthread_mutex_unlock(&k->lock);
    return outcome(rc);
}

int knowledge_reader_open(struct knowledge_reader **out, struct knowledge *k, struct err *err)
{
    struct knowledge_reader *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return err_set(err, -ENOMEM, "out of memory");
    r->k = k;
    r->query = malloc((k->dim + 1) * sizeof(*r->query));
    r->scratch = lexical_scratch_new();
    rc = r->query && r->scratch ? follow(r, err) : err_set(err, -ENOMEM, "out of memory");
    if (rc && rc != X_E_NOT_FOUND) {
        knowledge_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

/* ---- the search ---- */

static void add(struct candidates *c, uint32_t at, double score)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].at == at) {
            c->at[i].score += score;
            return;
        }
    c->at[c->n++] = (struct candidate){ .at = at, .score = score };
}

static void add_words(struct knowledge_reader *r, const char *question, struct candidates *c)
{
    struct question *q = &r->question;
    struct lexical_hit hit[LIST_MAX];
    size_t n;

    analyse_question(q, question);
    n = lexical_search(r->at->words, r->scratch, q->term, q->terms, WORDS_NEAR, hit, LIST_MAX);
    rank_begin(&r->ranker, q);
    for (size_t i = 0; i < n; i++) {
        struct lexical_passage p;

        lexical_passage_at(r->at->words, hit[i].at, &p);
        c->at[c->n++] = (struct candidate){
            .at = hit[i].at,
            .score = (double)(hit[i].score / hit[0].score) + rank_passage(&r->ranker, &p),
        };
    }
}

static int add_vectors(struct knowledge_reader *r, const char *question, struct candidates *c,
                       struct err *err)
{
    const struct knowledge *k = r->k;
    struct str text = { question, strlen(question) };
    struct vindex_hit hit[LIST_MAX];
    uint32_t at;
    size_t n;
    int rc;

    if (!r->at->vectors)
        return 0;
    rc = k->embedder_ops->embed(k->embedder, &text, 1, r->query, err);
    if (!rc)
        rc = r->at->ops->search(r->at->vectors, r->query, LIST_MAX, hit, &n, err);
    for (size_t i = 0; !rc && i < n && hit[i].score > 0; i++)
        if (lexical_find(r->at->words, hit[i].id, &at))
            add(c, at, (double)(hit[i].score / hit[0].score));
    return rc;
}

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static int fetch(struct knowledge_reader *r, const struct candidates *c, size_t top_k, struct arena *a,
                 struct turn_passages *out, struct err *err)
{
    for (; out->len < c->n && out->len < top_k; out->len++) {
        struct passage *p = &out->at[out->len];
        struct lexical_passage from;

        lexical_passage_at(r->at->words, c->at[out->len].at, &from);
        p->title = arena_strdup(a, from.title);
        p->source = arena_strdup(a, from.source);
        p->text = arena_strdup(a, from.text);
        p->chunk_id = from.id;
        p->score = c->at[out->len].score / c->at[0].score;
        if (!p->title || !p->source || !p->text)
            return err_set(err, -ENOMEM, "the passages do not fit the turn's memory");
    }
    return 0;
}

int knowledge_search(struct knowledge_reader *r, const char *question, size_t top_k, struct arena *a,
                     struct turn_passages *out, struct err *err)
{
    struct candidates c = { .n = 0 };
    int rc;

    *out = (struct turn_passages){ 0 };
    rc = follow(r, err);
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    out->generation = lexical_stamp_of(r->at->words)->generation;
    add_words(r, question, &c);
    rc = add_vectors(r, question, &c, err);
    if (!rc && c.n) {
        qsort(c.at, c.n, sizeof(c.at[0]), by_score);
        rc = fetch(r, &c, top_k < TURN_PASSAGES_MAX ? top_k : TURN_PASSAGES_MAX, a, out, err);
    }
    if (rc)
        out->len = 0;
    return rc;
}

/* Never waits for another thread to open a generation: the loop asks this. */
int knowledge_stats(struct knowledge_reader *r, struct knowledge_stats *out, struct err *err)
{
    struct lexical_stamp s;
    size_t chunks;
    int rc = 0;

    *out = (struct knowledge_stats){ 0 };
    if (r->at && lexical_is_at(r->at->words, r->k->path)) {
        s = *lexical_stamp_of(r->at->words);
        chunks = lexical_chunks(r->at->words);
    } else {
        rc = outcome(lexical_peek(r->k->path, &s, &chunks, err));
    }
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    *out = (struct knowledge_stats){
        .documents = s.documents,
        .chunks = (int64_t)chunks,
        .incarnation = s.incarnation,
        .generation = s.generation,
    };
    return 0;
}
