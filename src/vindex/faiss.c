/* SPDX-License-Identifier: Apache-2.0
 *
 * FAISS by its own C API: IDMap over Flat with inner product, exact and searchable from any
 * thread once built. This is the only file that includes FAISS. One thread per query: more
 * make a single query slower under load (measured), so OpenMP is told 1 in every thread that
 * searches (its setting is per thread) and OpenBLAS once. Their headers are not always where
 * the compiler looks (omp.h belongs to gcc, cblas.h to an alternative), so the two functions
 * are declared here.
 */
#include <parley/vindex.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/c_api/IndexFlat_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/MetaIndexes_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/index_io_c.h>
#include <faiss/c_api/utils/distances_c.h>

#include "vindex/vfile.h"

#define FAISS_KIND     "faiss-ip"
#define FAISS_HITS_TOP 128 /* up to here a search needs no heap */

void omp_set_num_threads(int n);
void openblas_set_num_threads(int n);

struct vindex {
    FaissIndex *index;
};

/* A generic FAISS build has a scalar inner product; BLAS, which it otherwise takes from 20 queries on,
 * is 3 times as fast for a single one too. The block size keeps its scratch memory at 4 KiB. */
static void process_setup(void)
{
    openblas_set_num_threads(1);
    faiss_set_distance_compute_blas_threshold(1);
    faiss_set_distance_compute_blas_query_bs(1);
}

static void thread_setup(void)
{
    static pthread_once_t process = PTHREAD_ONCE_INIT;
    static _Thread_local bool done;

    if (done)
        return;
    pthread_once(&process, process_setup);
    omp_set_num_threads(1);
    done = true;
}

static int fault(int code, const char *what, struct err *err)
{
    const char *text = faiss_get_last_error();

    if (code == STD_EXCEPT && text && strstr(text, "bad_alloc"))
        return err_set(err, -ENOMEM, "FAISS: %s: out of memory", what);
    return err_set(err, -EIO, "FAISS: %s: %s", what, text && *text ? text : "unknown error");
}

static void vx_close(struct vindex *v)
{
    if (!v)
        return;
    faiss_Index_free(v->index);
    free(v);
}

/* Takes `index` over, also when it fails. */
static int wrap(struct vindex **out, FaissIndex *index, struct err *err)
{
    struct vindex *v = malloc(sizeof(*v));

    if (!v) {
        faiss_Index_free(index);
        return err_set(err, -ENOMEM, "out of memory");
    }
    v->index = index;
    *out = v;
    return 0;
}

static int vx_create(struct vindex **out, size_t dim, struct err *err)
{
    FaissIndexFlatIP *flat = NULL;
    FaissIndexIDMap *map = NULL;
    int rc;

    if (dim == 0 || dim > UINT16_MAX)
        return err_set(err, X_E_INVALID, "a vector index cannot have %zu dimensions", dim);
    thread_setup();
    rc = faiss_IndexFlatIP_new_with(&flat, (idx_t)dim);
    if (rc)
        return fault(rc, "create", err);
    rc = faiss_IndexIDMap_new(&map, flat);
    if (rc) {
        faiss_Index_free(flat);
        return fault(rc, "create", err);
    }
    faiss_IndexIDMap_set_own_fields(map, 1);
    return wrap(out, map, err);
}

static int vx_add(struct vindex *v, const int64_t *id, const float *vec, size_t n, struct err *err)
{
    int rc;

    if (n == 0)
        return 0;
    thread_setup();
    rc = faiss_Index_add_with_ids(v->index, (idx_t)n, vec, id);
    return rc ? fault(rc, "add", err) : 0;
}

/* FAISS pads with id -1 when it has fewer than k. */
static size_t gather(struct vindex_hit *out, const idx_t *id, const float *score, size_t k)
{
    size_t n = 0;

    for (size_t i = 0; i < k; i++)
        if (id[i] >= 0)
            out[n++] = (struct vindex_hit){ .id = id[i], .score = score[i] };
    return n;
}

static size_t vx_count(const struct vindex *v)
{
    return (size_t)faiss_Index_ntotal(v->index);
}

static int vx_search(const struct vindex *v, const float *query, size_t k, struct vindex_hit *out,
                     size_t *hits, struct err *err)
{
    idx_t id_top[FAISS_HITS_TOP], *id = id_top;
    float score_top[FAISS_HITS_TOP], *score = score_top;
    size_t count = vx_count(v);
    int rc = 0;

    *hits = 0;
    k = k < count ? k : count;
    if (k == 0)
        return 0;
    thread_setup();
    if (k > FAISS_HITS_TOP) {
        id = malloc(k * sizeof(*id));
        score = malloc(k * sizeof(*score));
        if (!id || !score)
            rc = err_set(err, -ENOMEM, "out of memory for %zu hits", k);
    }
    if (!rc) {
        rc = faiss_Index_search(v->index, 1, query, (idx_t)k, score, id);
        rc = rc ? fault(rc, "search", err) : 0;
    }
    if (!rc)
        *hits = gather(out, id, score, k);
    if (k > FAISS_HITS_TOP) {
        free(id);
        free(score);
    }
    return rc;
}

static int vx_body(FILE *f, const void *ctx, struct err *err)
{
    const struct vindex *v = ctx;
    int rc;

    errno = 0;
    rc = faiss_write_index(v->index, f);
    if (!rc)
        return 0;
    return errno ? -errno : fault(rc, "write", err);
}

static int vx_save(const struct vindex *v, const char *path, struct err *err)
{
    return vfile_write(path, FAISS_KIND, (size_t)faiss_Index_d(v->index), vx_count(v), vx_body, v, err);
}

static int vx_load(struct vindex **out, const char *path, size_t dim, struct err *err)
{
    FaissIndex *index = NULL;
    size_t count;
    FILE *f;
    int rc = vfile_open(&f, path, FAISS_KIND, dim, &count, err);

    if (rc)
        return rc;
    thread_setup();
    rc = faiss_read_index(f, 0, &index);
    fclose(f);
    if (rc) {
        fault(rc, "read", err);
        return err_prefix(err, X_E_INVALID, "%s", path);
    }
    if (!faiss_IndexIDMap_cast(index) || faiss_Index_metric_type(index) != METRIC_INNER_PRODUCT ||
        (size_t)faiss_Index_d(index) != dim || (size_t)faiss_Index_ntotal(index) != count) {
        faiss_Index_free(index);
        return err_set(err, X_E_INVALID, "%s: holds another sort of index", path);
    }
    return wrap(out, index, err);
}

const struct vindex_ops vindex_faiss = {
    .name = "faiss",
    .create = vx_create,
    .add = vx_add,
    .search = vx_search,
    .count = vx_count,
    .save = vx_save,
    .load = vx_load,
    .close = vx_close,
};
