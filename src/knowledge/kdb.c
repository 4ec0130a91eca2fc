/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQL of the knowledge index. All of it is derived data: when the version differs the tables
 * are dropped and made again, there are no migrations. Only the indexer opens it; synchronous=FULL
 * because the head row must not name a generation before it is on disk.
 */
#include "knowledge/kdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/rand.h"

#define KDB_VERSION  2
#define KDB_BUSY_MS  5000
#define KDB_TEXT(x)  KDB_TEXT_(x)
#define KDB_TEXT_(x) #x

static const char schema_sql[] =
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), incarnation INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, documents INTEGER NOT NULL, chunks INTEGER NOT NULL, dim INTEGER NOT NULL,"
    " embedder TEXT NOT NULL, vindex TEXT NOT NULL, source TEXT NOT NULL) STRICT;"
    "CREATE TABLE documents(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, untitled "
    "INTEGER NOT NULL,"
    " size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;"
    "CREATE TABLE chunks(id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL,"
    " title TEXT NOT NULL, heading TEXT NOT NULL, body TEXT NOT NULL, length REAL NOT NULL, vector BLOB NOT "
    "NULL) STRICT;"
    "CREATE INDEX chunks_document ON chunks(document_id);"
    "PRAGMA user_version = " KDB_TEXT(KDB_VERSION);

/* `words` is version 1's. */
static const char drop_sql[] = "DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS chunks;"
                               "DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS head;";

static const char writer_sql[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
    "CREATE TEMP TABLE kept(id INTEGER PRIMARY KEY)";

enum query {
    Q_HEAD,
    Q_HEAD_SET,
    Q_SOURCE,
    Q_CHUNKS,
    Q_MEAN_LENGTH,
    Q_VECTORS,
    Q_DOC_GET,
    Q_DOC_NEW,
    Q_DOC_SET,
    Q_DOC_TOUCH,
    Q_CHUNKS_CLEAR,
    Q_CHUNK_ADD,
    Q_KEEP,
    Q_KEEP_PATH,
    Q_SWEEP_CHUNKS,
    Q_SWEEP_DOCS,
    Q_FORGET,
    Q_COUNT
};

static const char *const query_sql[Q_COUNT] = {
    [Q_HEAD] = "SELECT incarnation, generation, documents, chunks, dim, embedder, vindex FROM head",
    [Q_HEAD_SET] = "INSERT OR REPLACE INTO head SELECT 1, ?1, ?2, (SELECT count(*) FROM documents),"
                   " (SELECT count(*) FROM chunks), ?3, ?4, ?5, ?6 RETURNING documents, chunks",
    [Q_SOURCE] = "SELECT source = ?1 FROM head",
    [Q_CHUNKS] = "SELECT c.id, c.title, d.path, c.heading, c.body, d.untitled FROM chunks c"
                 " JOIN documents d ON d.id = c.document_id ORDER BY c.id",
    [Q_MEAN_LENGTH] = "SELECT avg(length) FROM chunks",
    [Q_VECTORS] = "SELECT id, vector FROM chunks ORDER BY id",
    [Q_DOC_GET] = "SELECT id, size_bytes, mtime_ns, sha256 FROM documents WHERE path = ?1",
    [Q_DOC_NEW] = "INSERT INTO documents(path, title, untitled, size_bytes, mtime_ns, sha256) VALUES(?1, ?2, "
                  "?3, ?4, ?5, ?6)",
    [Q_DOC_SET] = "UPDATE documents SET title = ?2, untitled = ?3, size_bytes = ?4, mtime_ns = ?5, sha256 = "
                  "?6 WHERE path = ?1",
    [Q_DOC_TOUCH] = "UPDATE documents SET size_bytes = ?2, mtime_ns = ?3 WHERE id = ?1",
    [Q_CHUNKS_CLEAR] = "DELETE FROM chunks WHERE document_id = ?1",
    [Q_CHUNK_ADD] = "INSERT INTO chunks(document_id, title, heading, body, length, vector) VALUES(?1, ?2, "
                    "?3, ?4, ?5, ?6)",
    [Q_KEEP] = "INSERT OR IGNORE INTO kept VALUES(?1)",
    [Q_KEEP_PATH] = "INSERT OR IGNORE INTO kept SELECT id FROM documents"
                    " WHERE path = ?1 OR substr(path, 1, length(?1) + 1) = ?1 || '/'",
    [Q_SWEEP_CHUNKS] = "DELETE FROM chunks WHERE document_id NOT IN (SELECT id FROM kept)",
    [Q_SWEEP_DOCS] = "DELETE FROM documents WHERE id NOT IN (SELECT id FROM kept)",
    [Q_FORGET] = "DELETE FROM kept",
};

struct kdb {
    sqlite3 *sql;
    sqlite3_stmt *query[Q_COUNT]; /* prepared at first use */
};

static int fault(const struct kdb *db, int code, struct err *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, X_E_BUSY, "knowledge.db: locked by another process");
    case SQLITE_FULL:
        return err_set(err, -ENOSPC, "knowledge.db: the disk is full");
    case SQLITE_NOMEM:
        return err_set(err, -ENOMEM, "knowledge.db: out of memory");
    case SQLITE_READONLY:
        return err_set(err, -EROFS, "knowledge.db: cannot be written");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, -EBADMSG, "knowledge.db: damaged; remove it and index again");
    default:
        return err_set(err, -EIO, "knowledge.db: %s",
                       db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(code));
    }
}

static int run(struct kdb *db, const char *sql, struct err *err)
{
    int code = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : fault(db, code, err);
}

/* NULL with err set when it cannot be prepared. */
static sqlite3_stmt *query(struct kdb *db, enum query q, struct err *err)
{
    int code;

    if (!db->query[q]) {
        code = sqlite3_prepare_v3(db->sql, query_sql[q], -1, SQLITE_PREPARE_PERSISTENT, &db->query[q], NULL);
        if (code != SQLITE_OK)
            fault(db, code, err);
    }
    return db->query[q];
}

/* After a failed prepare the code is still in the connection. */
static int unprepared(const struct kdb *db)
{
    return fault(db, sqlite3_errcode(db->sql), NULL);
}

/* Steps to the end, discards rows, makes ready for the next use. */
static int finish(struct kdb *db, sqlite3_stmt *s, struct err *err)
{
    int code;

    do
        code = sqlite3_step(s);
    while (code == SQLITE_ROW);
    code = sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return code == SQLITE_OK ? 0 : fault(db, code, err);
}

/* 0 with a row, X_E_NOT_FOUND without; the caller ends it with done(). */
static int first(struct kdb *db, sqlite3_stmt *s, struct err *err)
{
    int code = sqlite3_step(s);

    if (code == SQLITE_ROW)
        return 0;
    return code == SQLITE_DONE ? X_E_NOT_FOUND : fault(db, code, err);
}

static void done(sqlite3_stmt *s)
{
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static void copy_text(char *out, size_t room, sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);

    (void)snprintf(out, room, "%s", text ? (const char *)text : "");
}

/* ---- opening ---- */

static int version(struct kdb *db, int *out, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(db->sql, "PRAGMA user_version", -1, &s, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 0 : fault(db, code, err);
}

static int make_tables(struct kdb *db, struct err *err)
{
    int found = 0, rc = run(db, "BEGIN IMMEDIATE", err);

    if (rc)
        return rc;
    rc = version(db, &found, err);
    if (!rc && found != KDB_VERSION) {
        rc = run(db, drop_sql, err);
        if (!rc)
            rc = run(db, schema_sql, err);
    }
    if (!rc)
        rc = run(db, "COMMIT", err);
    if (rc)
        kdb_rollback(db);
    return rc;
}

static int prepare(struct kdb *db, struct err *err)
{
    int rc = run(db, writer_sql, err);

    return rc ? rc : make_tables(db, err);
}

int kdb_open(struct kdb **out, const char *path, struct err *err)
{
    struct kdb *db = calloc(1, sizeof(*db));
    int code, rc;

    if (!db)
        return err_set(err, -ENOMEM, "out of memory");
    code = sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_CREATE,
                           NULL);
    rc = code == SQLITE_OK ? 0 : fault(db, code, err);
    if (!rc) {
        sqlite3_busy_timeout(db->sql, KDB_BUSY_MS);
        rc = prepare(db, err);
    }
    if (rc) {
        kdb_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

void kdb_close(struct kdb *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < Q_COUNT; i++)
        sqlite3_finalize(db->query[i]);
    sqlite3_close(db->sql);
    free(db);
}

int kdb_begin(struct kdb *db, struct err *err)
{
    return run(db, "BEGIN IMMEDIATE", err);
}

int kdb_commit(struct kdb *db, struct err *err)
{
    return run(db, "COMMIT", err);
}

void kdb_rollback(struct kdb *db)
{
    if (!sqlite3_get_autocommit(db->sql))
        run(db, "ROLLBACK", NULL);
}

int kdb_head(struct kdb *db, struct kdb_head *out, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_HEAD, err);
    int rc;

    *out = (struct kdb_head){ 0 };
    if (!s)
        return unprepared(db);
    rc = first(db, s, err);
    if (rc == 0) {
        out->incarnation = sqlite3_column_int64(s, 0);
        out->generation = sqlite3_column_int64(s, 1);
        out->documents = sqlite3_column_int64(s, 2);
        out->chunks = sqlite3_column_int64(s, 3);
        out->dim = (size_t)sqlite3_column_int64(s, 4);
        copy_text(out->embedder, sizeof(out->embedder), s, 5);
        copy_text(out->vindex, sizeof(out->vindex), s, 6);
    }
    done(s);
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

/* ---- reading ---- */

/* NULL only when out of memory, or in a damaged file. */
static const char *text_of(sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);

    return text ? (const char *)text : "";
}

int kdb_chunks(struct kdb *db, int (*each)(void *ctx, const struct kdb_chunk *c, struct err *err), void *ctx,
               struct err *err)
{
    sqlite3_stmt *s = query(db, Q_CHUNKS, err);
    int rc = 0;

    if (!s)
        return unprepared(db);
    while (rc == 0 && (rc = first(db, s, err)) == 0) {
        const struct kdb_chunk c = {
            .id = sqlite3_column_int64(s, 0),
            .title = text_of(s, 1),
            .path = text_of(s, 2),
            .heading = text_of(s, 3),
            .body = text_of(s, 4),
            .untitled = sqlite3_column_int(s, 5) != 0,
        };

        rc = each(ctx, &c, err);
    }
    done(s);
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

int kdb_mean_length(struct kdb *db, double *out, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_MEAN_LENGTH, err);
    int rc;

    if (!s)
        return unprepared(db);
    rc = first(db, s, err);
    *out = rc == 0 ? sqlite3_column_double(s, 0) : 0;
    done(s);
    return rc;
}

int kdb_vectors(struct kdb *db, size_t dim,
                int (*each)(void *ctx, int64_t id, const float *vec, struct err *err), void *ctx,
                struct err *err)
{
    sqlite3_stmt *s = query(db, Q_VECTORS, err);
    size_t bytes = dim * sizeof(float);
    float *vec = malloc(bytes);
    int rc = 0;

    if (!s || !vec) {
        free(vec);
        return s ? err_set(err, -ENOMEM, "out of memory") : unprepared(db);
    }
    while (rc == 0 && (rc = first(db, s, err)) == 0) {
        const void *blob = sqlite3_column_blob(s, 1);

        if (!blob || (size_t)sqlite3_column_bytes(s, 1) != bytes) {
            rc = err_set(err, -EBADMSG,
                         "knowledge.db: a vector has the wrong length; remove it and index again");
        } else {
            memcpy(vec, blob, bytes); /* a blob has no alignment */
            rc = each(ctx, sqlite3_column_int64(s, 0), vec, err);
        }
    }
    done(s);
    free(vec);
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

/* ---- writing ---- */

int kdb_source_is(struct kdb *db, const char *dir, bool *same, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_SOURCE, err);
    int rc;

    if (!s)
        return unprepared(db);
    bind_text(s, 1, dir);
    rc = first(db, s, err);
    *same = rc == 0 && sqlite3_column_int(s, 0) == 1;
    done(s);
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

int kdb_head_set(struct kdb *db, struct kdb_head *head, const char *source, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_HEAD_SET, err);
    int rc;

    if (!s)
        return unprepared(db);
    if (!head->incarnation)
        rand_bytes(&head->incarnation, sizeof(head->incarnation));
    sqlite3_bind_int64(s, 1, head->incarnation);
    sqlite3_bind_int64(s, 2, head->generation);
    sqlite3_bind_int64(s, 3, (int64_t)head->dim);
    bind_text(s, 4, head->embedder);
    bind_text(s, 5, head->vindex);
    bind_text(s, 6, source);
    rc = first(db, s, err);
    if (rc == 0) {
        head->documents = sqlite3_column_int64(s, 0);
        head->chunks = sqlite3_column_int64(s, 1);
        return finish(db, s, err);
    }
    done(s);
    return rc;
}

int kdb_document_get(struct kdb *db, const char *path, struct kdb_document *out, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_DOC_GET, err);
    int rc;

    *out = (struct kdb_document){ 0 };
    if (!s)
        return unprepared(db);
    bind_text(s, 1, path);
    rc = first(db, s, err);
    if (rc == 0) {
        out->id = sqlite3_column_int64(s, 0);
        out->size_bytes = sqlite3_column_int64(s, 1);
        out->mtime_ns = sqlite3_column_int64(s, 2);
        copy_text(out->sha256, sizeof(out->sha256), s, 3);
    }
    done(s);
    return rc;
}

/* One statement whose only parameter is an id (0: none). */
static int run_id(struct kdb *db, enum query q, int64_t id, struct err *err)
{
    sqlite3_stmt *s = query(db, q, err);

    if (!s)
        return unprepared(db);
    if (id)
        sqlite3_bind_int64(s, 1, id);
    return finish(db, s, err);
}

int kdb_document_put(struct kdb *db, const char *path, const char *title, bool untitled,
                     struct kdb_document *d, struct err *err)
{
    sqlite3_stmt *s = query(db, d->id ? Q_DOC_SET : Q_DOC_NEW, err);
    int rc;

    if (!s)
        return unprepared(db);
    rc = d->id ? run_id(db, Q_CHUNKS_CLEAR, d->id, err) : 0;
    if (rc)
        return rc;
    bind_text(s, 1, path);
    bind_text(s, 2, title);
    sqlite3_bind_int(s, 3, untitled);
    sqlite3_bind_int64(s, 4, d->size_bytes);
    sqlite3_bind_int64(s, 5, d->mtime_ns);
    bind_text(s, 6, d->sha256);
    rc = finish(db, s, err);
    if (!rc && !d->id)
        d->id = sqlite3_last_insert_rowid(db->sql);
    return rc;
}

int kdb_document_touch(struct kdb *db, const struct kdb_document *d, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_DOC_TOUCH, err);

    if (!s)
        return unprepared(db);
    sqlite3_bind_int64(s, 1, d->id);
    sqlite3_bind_int64(s, 2, d->size_bytes);
    sqlite3_bind_int64(s, 3, d->mtime_ns);
    return finish(db, s, err);
}

int kdb_chunk_add(struct kdb *db, int64_t document, const char *title, const char *heading, struct str body,
                  double length, const float *vec, size_t dim, struct err *err)
{
    sqlite3_stmt *row = query(db, Q_CHUNK_ADD, err);

    if (!row)
        return unprepared(db);
    sqlite3_bind_int64(row, 1, document);
    bind_text(row, 2, title);
    bind_text(row, 3, heading);
    sqlite3_bind_text64(row, 4, body.at, body.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_double(row, 5, length);
    sqlite3_bind_blob64(row, 6, dim ? (const void *)vec : "", dim * sizeof(*vec), SQLITE_STATIC);
    return finish(db, row, err);
}

int kdb_keep(struct kdb *db, int64_t document, struct err *err)
{
    return run_id(db, Q_KEEP, document, err);
}

int kdb_keep_path(struct kdb *db, const char *path, struct err *err)
{
    sqlite3_stmt *s = query(db, Q_KEEP_PATH, err);

    if (!s)
        return unprepared(db);
    bind_text(s, 1, path);
    return finish(db, s, err);
}

int kdb_sweep(struct kdb *db, size_t *removed, struct err *err)
{
    int rc = run_id(db, Q_SWEEP_CHUNKS, 0, err);

    if (!rc)
        rc = run_id(db, Q_SWEEP_DOCS, 0, err);
    if (rc)
        return rc;
    *removed = (size_t)sqlite3_changes(db->sql);
    return run_id(db, Q_FORGET, 0, err);
}
