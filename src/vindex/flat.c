/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact nearest vectors in plain C: one array of ids, one of floats, one pass per query.
 * It is what the FAISS back end is checked against, what small indexes use because nothing is quicker
 * there, and what a build without FAISS can use;
 * the k best are kept sorted by insertion, so a k near the count costs count * k.
 */
#include <parley/vindex.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vindex/dot.h"
#include "vindex/vfile.h"

#define FLAT_KIND "flat-f32"

struct vindex {
    size_t dim, count, room;
    int64_t *id;
    float *vec;
};

static void flat_close(struct vindex *v)
{
    if (!v)
        return;
    free(v->id);
    free(v->vec);
    free(v);
}

static int flat_create(struct vindex **out, size_t dim, struct err *err)
{
    struct vindex *v;

    if (dim == 0 || dim > UINT16_MAX)
        return err_set(err, X_E_INVALID, "a vector index cannot have %zu dimensions", dim);
    v = calloc(1, sizeof(*v));
    if (!v)
        return err_set(err, -ENOMEM, "out of memory");
    v->dim = dim;
    *out = v;
    return 0;
}

static int flat_reserve(struct vindex *v, size_t more)
{
    size_t room = v->room ? v->room : 64;
    int64_t *id;
    float *vec;

    if (more > SIZE_MAX / sizeof(float) / v->dim / 4 - v->count)
        return -ENOMEM;
    while (room < v->count + more)
        room *= 2;
    if (room == v->room)
        return 0;
    id = realloc(v->id, room * sizeof(*id));
    if (!id)
        return -ENOMEM;
    v->id = id;
    vec = realloc(v->vec, room * v->dim * sizeof(*vec));
    if (!vec)
        return -ENOMEM;
    v->vec = vec;
    v->room = room;
    return 0;
}

static int flat_add(struct vindex *v, const int64_t *id, const float *vec, size_t n, struct err *err)
{
    if (n == 0)
        return 0;
    if (flat_reserve(v, n) < 0)
        return err_set(err, -ENOMEM, "out of memory for %zu vectors", v->count + n);
    memcpy(v->id + v->count, id, n * sizeof(*id));
    memcpy(v->vec + v->count * v->dim, vec, n * v->dim * sizeof(*vec));
    v->count += n;
    return 0;
}

static int flat_search(const struct vindex *v, const float *query, size_t k, struct vindex_hit *out,
                       size_t *hits, struct err *err)
{
    size_t n = 0;

    (void)err;
    for (size_t i = 0; k > 0 && i < v->count; i++) {
        float score = dot_product(query, v->vec + i * v->dim, v->dim);
        size_t at = n;

        if (score != score) /* NaN has no rank */
            continue;
        while (at > 0 && score > out[at - 1].score)
            at--;
        if (at == k)
            continue;
        n += n < k;
        memmove(out + at + 1, out + at, (n - at - 1) * sizeof(*out));
        out[at] = (struct vindex_hit){ .id = v->id[i], .score = score };
    }
    *hits = n;
    return 0;
}

static size_t flat_count(const struct vindex *v)
{
    return v->count;
}

static int flat_body(FILE *f, const void *ctx, struct err *err)
{
    const struct vindex *v = ctx;

    (void)err;
    if (v->count == 0)
        return 0;
    if (fwrite(v->id, sizeof(*v->id), v->count, f) != v->count)
        return -errno;
    if (fwrite(v->vec, v->dim * sizeof(*v->vec), v->count, f) != v->count)
        return -errno;
    return 0;
}

static int flat_save(const struct vindex *v, const char *path, struct err *err)
{
    return vfile_write(path, FLAT_KIND, v->dim, v->count, flat_body, v, err);
}

static int flat_fill(struct vindex *v, FILE *f, size_t count, const char *path, struct err *err)
{
    if (count == 0)
        return 0;
    if (flat_reserve(v, count) < 0)
        return err_set(err, -ENOMEM, "%s: out of memory for %zu vectors", path, count);
    if (fread(v->id, sizeof(*v->id), count, f) != count ||
        fread(v->vec, v->dim * sizeof(*v->vec), count, f) != count || fgetc(f) != EOF)
        return err_set(err, X_E_INVALID, "%s: its length does not fit its count", path);
    v->count = count;
    return 0;
}

static int flat_load(struct vindex **out, const char *path, size_t dim, struct err *err)
{
    struct vindex *v = NULL;
    size_t count;
    FILE *f;
    int rc = vfile_open(&f, path, FLAT_KIND, dim, &count, err);

    if (rc)
        return rc;
    rc = flat_create(&v, dim, err);
    if (!rc)
        rc = flat_fill(v, f, count, path, err);
    fclose(f);
    if (rc) {
        flat_close(v);
        return rc;
    }
    *out = v;
    return 0;
}

const struct vindex_ops vindex_flat = {
    .name = "flat",
    .create = flat_create,
    .add = flat_add,
    .search = flat_search,
    .count = flat_count,
    .save = flat_save,
    .load = flat_load,
    .close = flat_close,
};
