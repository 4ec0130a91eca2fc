/* SPDX-License-Identifier: Apache-2.0
 *
 * From rows to files, and from files to what a search reads. The order of events decides what a kill leaves:
 * both files synced, then the rows committed, then the index renamed. Killed before the rename,
 * readers have the old generation whole, and the next run sees that the new one was not published.
 */
#include "knowledge/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/log.h>

#include "base/str.h"
#include "knowledge/analyse.h"
#include "vindex/vfile.h"

#define INDEX_FILE "knowledge.index"
#define FILE_HEAD  "vectors-"
#define FILE_TAIL  ".vec"
#define OLD_TAIL   ".faiss" /* of earlier versions */
#define FLAT_MOST  20000
#define BATCH      64 /* vectors handed over at once */

char *generation_path(const char *dir)
{
    char *path;

    return asprintf(&path, "%s/" INDEX_FILE, dir) < 0 ? NULL : path;
}

static char *vectors_path(const char *dir, int64_t generation)
{
    char *path;

    return asprintf(&path, "%s/" FILE_HEAD "%" PRId64 FILE_TAIL, dir, generation) < 0 ? NULL : path;
}

/* Our own pass over all vectors takes half the time of FAISS's (measured); the large ones are left to FAISS,
 * which has indexes that need no full pass. */
static const struct vindex_ops *fitting(const struct vindex_ops *ops, size_t chunks)
{
    return chunks <= FLAT_MOST ? &vindex_flat : ops;
}

/* ---- reading ---- */

static int vectors_load(struct vindex **out, const struct vindex_ops *ops, const char *dir,
                        int64_t generation, size_t dim, size_t count, struct err *err)
{
    char *path = vectors_path(dir, generation);
    int rc;

    if (!path)
        return err_set(err, -ENOMEM, "out of memory");
    ops = fitting(ops, count);
    rc = ops->load(out, path, dim, err);
    if (!rc && ops->count(*out) != count) {
        rc = err_set(err, X_E_INVALID, "%s: holds %zu vectors, not %zu", path, ops->count(*out), count);
        ops->close(*out);
    }
    free(path);
    return rc;
}

int generation_open(struct generation **out, const char *path, const struct vindex_ops *ops, struct err *err)
{
    struct generation *g = calloc(1, sizeof(*g));
    int rc = g ? lexical_open(&g->words, path, err) : err_set(err, -ENOMEM, "out of memory");

    if (rc) {
        free(g);
        return rc;
    }
    atomic_init(&g->refs, 1);
    g->ops = fitting(ops, lexical_chunks(g->words));
    *out = g;
    return 0;
}

int generation_attach(struct generation *g, const char *dir, const char *path, size_t dim)
{
    int64_t generation = lexical_stamp_of(g->words)->generation;
    struct err why = { "" };
    int rc = vectors_load(&g->vectors, g->ops, dir, generation, dim, lexical_chunks(g->words), &why);

    if (rc == 0)
        return 0;
    g->vectors = NULL;
    if (!lexical_is_at(g->words, path))
        return X_E_LOST;
    log_warn("knowledge.vectors", "generation=%" PRId64 " err=\"%s\" use=words-only hint=\"index again\"",
             generation, why.text);
    return 0;
}

struct generation *generation_ref(struct generation *g)
{
    if (g)
        atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void generation_unref(struct generation *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (g->vectors)
        g->ops->close(g->vectors);
    lexical_close(g->words);
    free(g);
}

/* ---- writing ---- */

bool generation_stands(const char *dir, const struct kdb_head *head, const struct vindex_ops *ops)
{
    char *path = generation_path(dir);
    struct lexical *words = NULL;
    struct vindex *vectors = NULL;
    bool stands = path && strcmp(head->vindex, ops->name) == 0 && lexical_open(&words, path, NULL) == 0;

    if (stands) {
        const struct lexical_stamp *s = lexical_stamp_of(words);

        stands = s->incarnation == head->incarnation && s->generation == head->generation &&
                 (head->dim == 0 || vectors_load(&vectors, ops, dir, head->generation, head->dim,
                                                 (size_t)head->chunks, NULL) == 0);
    }
    if (vectors)
        fitting(ops, (size_t)head->chunks)->close(vectors);
    lexical_close(words);
    free(path);
    return stands;
}

struct batch {
    const struct vindex_ops *ops;
    struct vindex *index;
    size_t dim, n;
    int64_t id[BATCH];
    float *vec;
};

static int flush(struct batch *b, struct err *err)
{
    int rc = b->ops->add(b->index, b->id, b->vec, b->n, err);

    b->n = 0;
    return rc;
}

static int on_vector(void *ctx, int64_t id, const float *vec, struct err *err)
{
    struct batch *b = ctx;

    b->id[b->n] = id;
    memcpy(b->vec + b->n * b->dim, vec, b->dim * sizeof(*vec));
    return ++b->n == BATCH ? flush(b, err) : 0;
}

static int vectors_write(const char *dir, struct kdb *db, const struct kdb_head *head,
                         const struct vindex_ops *ops, struct err *err)
{
    struct batch b = { .ops = fitting(ops, (size_t)head->chunks), .dim = head->dim };
    char *path = vectors_path(dir, head->generation);
    int rc;

    b.vec = malloc(BATCH * head->dim * sizeof(*b.vec));
    rc = path && b.vec ? b.ops->create(&b.index, head->dim, err) : err_set(err, -ENOMEM, "out of memory");
    if (!rc)
        rc = kdb_vectors(db, head->dim, on_vector, &b, err);
    if (!rc)
        rc = flush(&b, err);
    if (!rc)
        rc = b.ops->save(b.index, path, err);
    if (b.index)
        b.ops->close(b.index);
    free(b.vec);
    free(path);
    return rc;
}

struct words_job {
    struct lexical_writer *to;
    struct features features;
};

static int on_chunk(void *ctx, const struct kdb_chunk *c, struct err *err)
{
    struct words_job *j = ctx;
    struct features *f = &j->features;
    struct lexical_passage p = { .id = c->id, .title = c->title, .source = c->path, .text = c->body };

    features_of_chunk(f, c->untitled ? "" : c->title, c->heading, (struct str){ c->body, strlen(c->body) });
    if (f->failed)
        return err_set(err, -ENOMEM, "out of memory");
    p.code = (const void *)buf_text(&f->codes);
    p.title_codes = f->title_codes;
    p.heading_codes = f->heading_codes;
    p.body_codes = f->body_codes;
    return lexical_writer_add(j->to, &p, f->at, f->n, err);
}

static int words_write(const char *temp, struct kdb *db, const struct kdb_head *head, struct err *err)
{
    struct lexical_stamp stamp = { .incarnation = head->incarnation,
                                   .generation = head->generation,
                                   .documents = head->documents,
                                   .dim = head->dim };
    struct words_job job = { .to = NULL };
    double mean = 0;
    int rc = kdb_mean_length(db, &mean, err);

    memcpy(stamp.embedder, head->embedder, sizeof(stamp.embedder));
    memcpy(stamp.vindex, head->vindex, sizeof(stamp.vindex));
    if (!rc)
        rc = lexical_writer_open(&job.to, temp, mean, err);
    if (rc)
        return rc;
    rc = kdb_chunks(db, on_chunk, &job, err);
    if (!rc)
        rc = lexical_writer_close(job.to, &stamp, err);
    else
        lexical_writer_drop(job.to);
    features_free(&job.features);
    return rc;
}

static char *temp_path(const char *dir)
{
    char *path;

    return asprintf(&path, "%s/" INDEX_FILE ".tmp", dir) < 0 ? NULL : path;
}

int generation_write(const char *dir, struct kdb *db, const struct kdb_head *head,
                     const struct vindex_ops *ops, struct err *err)
{
    char *temp = temp_path(dir);
    int rc = temp ? words_write(temp, db, head, err) : err_set(err, -ENOMEM, "out of memory");

    if (!rc && head->dim)
        rc = vectors_write(dir, db, head, ops, err);
    free(temp);
    return rc;
}

void generation_discard(const char *dir, int64_t generation)
{
    char *temp = temp_path(dir), *vectors = vectors_path(dir, generation);

    if (temp)
        (void)unlink(temp);
    if (vectors)
        (void)unlink(vectors);
    free(temp);
    free(vectors);
}

/* The generation in a vector file's name, -1 for other files; half-written ones give 0. */
static int64_t generation_of(const char *name)
{
    const char *digits, *tail;
    int64_t n;

    if (!str_starts(str_of(name), FILE_HEAD))
        return -1;
    digits = name + strlen(FILE_HEAD);
    tail = digits + strspn(digits, "0123456789");
    if (!str_int((struct str){ digits, (size_t)(tail - digits) }, 0, INT64_MAX, &n))
        return -1;
    if (strcmp(tail, FILE_TAIL ".tmp") == 0 || strcmp(tail, OLD_TAIL) == 0)
        return 0;
    return strcmp(tail, FILE_TAIL) == 0 ? n : -1;
}

static void sweep(const char *dir, int64_t current)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    if (!d)
        return;
    while ((e = readdir(d))) {
        int64_t n = generation_of(e->d_name);

        if (n < 0 || (n > 0 && (n == current || n == current - 1)))
            continue;
        if (unlinkat(dirfd(d), e->d_name, 0) < 0)
            log_warn("knowledge.sweep", "file=\"%s\" err=\"%s\"", e->d_name, strerror(errno));
    }
    closedir(d);
}

int generation_publish(const char *dir, int64_t generation, struct err *err)
{
    char *temp = temp_path(dir), *path = generation_path(dir);
    int rc = temp && path ? 0 : -ENOMEM;

    if (!rc && rename(temp, path) < 0)
        rc = -errno;
    if (!rc)
        rc = vfile_sync_dir(path);
    if (rc)
        err_set(err, rc, "%s: cannot be published: %s", path ? path : dir, strerror(-rc));
    else
        sweep(dir, generation);
    free(temp);
    free(path);
    return rc;
}
