/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector files: names, loading, building from rows, and the end of old ones.
 */
#include "knowledge/vectors.h"

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

#define FILE_HEAD "vectors-"
#define FILE_TAIL ".faiss"
#define BATCH     64 /* vectors handed over at once */

char *vectors_path(const char *dir, int64_t generation)
{
    char *path;

    return asprintf(&path, "%s/" FILE_HEAD "%" PRId64 FILE_TAIL, dir, generation) < 0 ? NULL : path;
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

static int on_row(void *ctx, int64_t id, const float *vec, struct err *err)
{
    struct batch *b = ctx;

    b->id[b->n] = id;
    memcpy(b->vec + b->n * b->dim, vec, b->dim * sizeof(*vec));
    return ++b->n == BATCH ? flush(b, err) : 0;
}

int vectors_from_rows(struct vindex **out, const struct vindex_ops *ops, struct kdb *db, size_t dim,
                      struct err *err)
{
    struct batch b = { .ops = ops, .dim = dim };
    int rc = ops->create(&b.index, dim, err);

    if (rc)
        return rc;
    b.vec = malloc(BATCH * dim * sizeof(*b.vec));
    rc = b.vec ? kdb_vectors(db, dim, on_row, &b, err) : err_set(err, -ENOMEM, "out of memory");
    if (!rc)
        rc = flush(&b, err);
    free(b.vec);
    if (rc) {
        ops->close(b.index);
        return rc;
    }
    *out = b.index;
    return 0;
}

int vectors_load(struct vindex **out, const struct vindex_ops *ops, const char *dir,
                 const struct kdb_head *head, struct err *err)
{
    char *path = vectors_path(dir, head->generation);
    int rc;

    if (!path)
        return err_set(err, -ENOMEM, "out of memory");
    rc = ops->load(out, path, head->dim, err);
    if (!rc && ops->count(*out) != (size_t)head->chunks) {
        rc = err_set(err, X_E_INVALID, "%s: holds %zu vectors, not %" PRId64, path, ops->count(*out),
                     head->chunks);
        ops->close(*out);
    }
    free(path);
    return rc;
}

struct vectors *vectors_new(const struct vindex_ops *ops, struct vindex *index, const struct kdb_head *head)
{
    struct vectors *v = malloc(sizeof(*v));

    if (!v) {
        ops->close(index);
        return NULL;
    }
    atomic_init(&v->refs, 1);
    v->incarnation = head->incarnation;
    v->generation = head->generation;
    v->index = index;
    v->ops = ops;
    return v;
}

struct vectors *vectors_ref(struct vectors *v)
{
    if (v)
        atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    return v;
}

void vectors_unref(struct vectors *v)
{
    if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
        return;
    v->ops->close(v->index);
    free(v);
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
    if (strcmp(tail, FILE_TAIL ".tmp") == 0)
        return 0;
    return strcmp(tail, FILE_TAIL) == 0 ? n : -1;
}

void vectors_sweep(const char *dir, int64_t current)
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
