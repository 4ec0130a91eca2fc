/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder becomes the next generation. One transaction holds all row changes; before it commits, the
 * files that searches read are made from all rows and synced; after it, they are published. So a kill leaves
 * the old generation or the new one, and at worst files nobody names, which the next run
 * replaces. Nothing changed: no new generation. A file that cannot be read keeps the rows it had.
 */
#include "knowledge/knowledge.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/hash.h"
#include "docs/docs.h"
#include "knowledge/analyse.h"
#include "knowledge/generation.h"
#include "knowledge/kdb.h"

#define EMBED_BATCH    32
#define RACY_NS        2000000000LL /* a file this young may change again without a new mtime */
#define CHUNK_TEXT_MAX 8192

struct indexing {
    const struct knowledge_index_conf *conf;
    struct knowledge_report *report;
    struct docs_tree tree;
    char *source; /* canonical */
    struct kdb *db;
    struct kdb_head head;
    struct embedder *embedder;
    size_t dim;       /* 0: the embedder is not asked */
    bool opened;      /* the embedder */
    bool made;        /* a generation, not published yet */
    bool anew;        /* another embedder made the rows: all of them are made again */
    bool trust_times; /* same folder as last time */
    struct buf bytes;
    struct features features;
    float *vec;
    bool folder_failed; /* while listing */
    struct err *err;
};

/* ---- one at a time ---- */

static int busy(int fd, const char *path, struct err *err)
{
    char pid[24] = "";
    ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

    pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    return err_set(err, X_E_BUSY, "%s: another indexer is at work (pid %s)", path, *pid ? pid : "unknown");
}

static int lock_take(int *out, const char *dir, struct err *err)
{
    char *path;
    int fd, rc = 0;

    if (asprintf(&path, "%s/knowledge.lock", dir) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        rc = err_set(err, -errno, "%s: %s", path, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        rc = errno == EWOULDBLOCK ? busy(fd, path, err)
                                  : err_set(err, -errno, "%s: %s", path, strerror(errno));
    else if (ftruncate(fd, 0) < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        rc = err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (rc && fd >= 0)
        close(fd);
    free(path);
    if (!rc)
        *out = fd;
    return rc;
}

/* ---- one file ---- */

static int keep_failed(struct indexing *x, const char *path, const char *why)
{
    x->report->failed++;
    if (x->conf->failed)
        x->conf->failed(x->conf->ctx, path, why);
    return kdb_keep_path(x->db, path, x->err);
}

struct batch {
    struct indexing *x;
    const struct document *doc;
    int64_t document;
    size_t n;
    const char *heading[EMBED_BATCH];
    struct str body[EMBED_BATCH];
};

static void chunk_text(struct buf *out, const struct batch *b, size_t i)
{
    buf_adds(out, b->doc->title);
    buf_addc(out, '\n');
    buf_adds(out, b->heading[i]);
    buf_addc(out, '\n');
    buf_add(out, b->body[i].at, b->body[i].len);
}

static int batch_embed(struct batch *b)
{
    struct indexing *x = b->x;
    struct buf text[EMBED_BATCH];
    struct str view[EMBED_BATCH];
    int rc = 0;

    for (size_t i = 0; i < b->n; i++) {
        buf_init(&text[i], CHUNK_TEXT_MAX);
        chunk_text(&text[i], b, i);
        view[i] = (struct str){ buf_text(&text[i]), text[i].len };
        if (text[i].failed)
            rc = err_set(x->err, -ENOMEM, "out of memory");
    }
    if (!rc)
        rc = x->conf->embedder->embed(x->embedder, view, b->n, x->vec, x->err);
    for (size_t i = 0; i < b->n; i++)
        buf_free(&text[i]);
    return rc;
}

static int chunk_add(const struct batch *b, size_t i)
{
    struct indexing *x = b->x;

    features_of_chunk(&x->features, b->doc->untitled ? "" : b->doc->title, b->heading[i], b->body[i]);
    if (x->features.failed)
        return err_set(x->err, -ENOMEM, "out of memory");
    return kdb_chunk_add(x->db, b->document, b->doc->title, b->heading[i], b->body[i], x->features.length,
                         x->vec + i * x->dim, x->dim, x->err);
}

static int batch_flush(struct batch *b)
{
    int rc = b->n && b->x->dim ? batch_embed(b) : 0;

    for (size_t i = 0; i < b->n && !rc; i++)
        rc = chunk_add(b, i);
    b->n = 0;
    return rc;
}

static int on_chunk(void *ctx, const char *heading, struct str text)
{
    struct batch *b = ctx;

    b->heading[b->n] = heading;
    b->body[b->n] = text;
    return ++b->n == EMBED_BATCH ? batch_flush(b) : 0;
}

static int store(struct indexing *x, const char *path, const struct document *doc, struct kdb_document *row)
{
    struct batch b = { .x = x, .doc = doc };
    int rc;

    *(row->id ? &x->report->changed : &x->report->added) += 1;
    rc = kdb_document_put(x->db, path, doc->title, doc->untitled, row, x->err);
    b.document = row->id;
    if (!rc)
        rc = chunks_cut(doc, on_chunk, &b);
    if (!rc)
        rc = batch_flush(&b);
    return rc ? rc : kdb_keep(x->db, row->id, x->err);
}

static int unchanged(struct indexing *x, const struct kdb_document *row)
{
    x->report->unchanged++;
    return kdb_keep(x->db, row->id, x->err);
}

static bool same_times(const struct indexing *x, const struct kdb_document *row, const struct docs_file *f)
{
    return row->id && x->trust_times && !x->anew && row->size_bytes == f->size_bytes &&
           row->mtime_ns == f->mtime_ns;
}

static int one_file(struct indexing *x, const struct docs_file *f)
{
    struct kdb_document row;
    struct document doc;
    struct err why = { "" };
    char sha256[SHA256_HEX];
    int rc = kdb_document_get(x->db, f->path, &row, x->err);

    if (rc && rc != X_E_NOT_FOUND)
        return rc;
    if (same_times(x, &row, f))
        return unchanged(x, &row);
    buf_clear(&x->bytes);
    rc = docs_read(&x->tree, f->path, &x->bytes, &why);
    if (rc)
        return rc == -ENOMEM ? err_set(x->err, rc, "%s: out of memory", f->path)
                             : keep_failed(x, f->path, why.text);
    sha256_hex(sha256, buf_text(&x->bytes), x->bytes.len);
    row.size_bytes = f->size_bytes;
    row.mtime_ns = clock_wall_ms() * 1000000 - f->mtime_ns < RACY_NS ? 0 : f->mtime_ns;
    if (row.id && !x->anew && strcmp(row.sha256, sha256) == 0) {
        rc = kdb_document_touch(x->db, &row, x->err);
        return rc ? rc : unchanged(x, &row);
    }
    memcpy(row.sha256, sha256, sizeof(sha256));
    rc = document_parse(&doc, f->path, buf_text(&x->bytes), x->bytes.len, &why);
    if (rc)
        return rc < 0 ? err_set(x->err, rc, "%s: %s", f->path, why.text) : keep_failed(x, f->path, why.text);
    rc = store(x, f->path, &doc, &row);
    document_free(&doc);
    return rc;
}

/* ---- the whole ---- */

static void tell(const struct indexing *x, size_t done, const char *path)
{
    struct knowledge_progress p = { .done = done, .total = x->tree.files, .path = path };

    if (x->conf->progress)
        x->conf->progress(x->conf->ctx, &p);
}

static int all_files(struct indexing *x)
{
    int rc = 0;

    for (size_t i = 0; i < x->tree.files && !rc; i++) {
        tell(x, i, x->tree.file[i].path);
        rc = one_file(x, &x->tree.file[i]);
    }
    if (!rc)
        tell(x, x->tree.files, "");
    return rc;
}

static int next_generation(struct indexing *x)
{
    int rc;

    x->head.generation++;
    x->head.dim = x->dim;
    (void)snprintf(x->head.embedder, sizeof(x->head.embedder), "%s", x->conf->embedder->name);
    (void)snprintf(x->head.vindex, sizeof(x->head.vindex), "%s", x->conf->vindex->name);
    rc = kdb_head_set(x->db, &x->head, x->source, x->err);
    x->made = rc == 0;
    return rc ? rc : generation_write(x->conf->state_dir, x->db, &x->head, x->conf->vindex, x->err);
}

/* A path the listing could not enter: what was known below it stays. */
static void on_listing_failed(void *ctx, const char *path, const char *why)
{
    struct indexing *x = ctx;

    if (keep_failed(x, path, why) != 0)
        x->folder_failed = true;
}

static int fill(struct indexing *x)
{
    struct knowledge_report *report = x->report;
    int rc = kdb_head(x->db, &x->head, x->err);

    if (!rc)
        rc = kdb_source_is(x->db, x->source, &x->trust_times, x->err);
    if (rc)
        return rc;
    x->anew = x->head.dim != x->dim || strcmp(x->head.embedder, x->conf->embedder->name) != 0;
    rc = docs_tree_open(&x->tree, x->source, on_listing_failed, x, x->err);
    if (!rc && x->folder_failed)
        rc = -EIO;
    if (!rc)
        rc = all_files(x);
    if (!rc)
        rc = kdb_sweep(x->db, &report->removed, x->err);
    if (!rc && (x->head.generation == 0 || x->anew || !x->trust_times || report->added || report->changed ||
                report->removed || !generation_stands(x->conf->state_dir, &x->head, x->conf->vindex)))
        rc = next_generation(x);
    return rc;
}

static int transact(struct indexing *x)
{
    int rc = kdb_begin(x->db, x->err);

    if (rc)
        return rc;
    rc = fill(x);
    if (!rc)
        rc = kdb_commit(x->db, x->err);
    if (rc) {
        kdb_rollback(x->db);
        if (x->made)
            generation_discard(x->conf->state_dir, x->head.generation);
    } else if (x->made)
        rc = generation_publish(x->conf->state_dir, x->head.generation, x->err);
    return rc;
}

static int open_parts(struct indexing *x, const char *db_path)
{
    const struct embedder_ops *ops = x->conf->embedder;
    int rc = ops->spelling_only ? 0 : ops->open(&x->embedder, x->err);

    if (rc)
        return rc;
    x->opened = !ops->spelling_only;
    x->dim = x->opened ? ops->dim(x->embedder) : 0;
    x->vec = malloc(EMBED_BATCH * (x->dim + 1) * sizeof(*x->vec));
    if (!x->vec)
        return err_set(x->err, -ENOMEM, "out of memory");
    return kdb_open(&x->db, db_path, x->err);
}

static int run(struct indexing *x)
{
    char *db_path = NULL;
    int rc;

    x->source = realpath(x->conf->source_dir, NULL);
    if (!x->source)
        return err_set(x->err, -errno, "%s: %s", x->conf->source_dir, strerror(errno));
    if (asprintf(&db_path, "%s/knowledge.db", x->conf->state_dir) < 0) {
        free(x->source);
        return err_set(x->err, -ENOMEM, "out of memory");
    }
    rc = open_parts(x, db_path);
    if (!rc)
        rc = transact(x);
    docs_tree_close(&x->tree);
    kdb_close(x->db);
    if (x->opened)
        x->conf->embedder->close(x->embedder);
    buf_free(&x->bytes);
    features_free(&x->features);
    free(x->vec);
    free(x->source);
    free(db_path);
    return rc;
}

int knowledge_index(const struct knowledge_index_conf *conf, struct knowledge_report *out, struct err *err)
{
    struct err mine = { "" };
    struct indexing x = {
        .conf = conf,
        .report = out,
        .tree = { .root = -1 },
        .bytes = BUF_INIT(DOCS_FILE_MAX),
        .err = err ? err : &mine,
    };
    int64_t began = clock_mono_ms();
    int lock = -1, rc;

    *out = (struct knowledge_report){ 0 };
    if (mkdir(conf->state_dir, 0700) < 0 && errno != EEXIST)
        return err_set(err, -errno, "%s: %s", conf->state_dir, strerror(errno));
    rc = lock_take(&lock, conf->state_dir, x.err);
    if (rc)
        return rc;
    rc = run(&x);
    close(lock); /* and with it the lock: the file stays, removing it would race */
    out->files = x.report->added + x.report->changed + x.report->unchanged;
    out->chunks = (size_t)x.head.chunks;
    out->generation = x.head.generation;
    out->took_ms = clock_mono_ms() - began;
    return rc;
}
