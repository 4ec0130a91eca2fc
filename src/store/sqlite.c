/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite connection; with sqlite_cache.c and sqlite_wal.c all that includes sqlite3.h here. WAL with
 * synchronous=FULL, so a commit that returned has been flushed; secure_delete, so what was
 * deleted is overwritten; statements prepared once per connection. A connection carries no
 * mutex: it belongs to one thread at a time. SQLite's codes become errnos here and nowhere else,
 * with the statement's name in the text (never its values: they are people's).
 */
#include "store/sqlite.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite_wal.h"

#define DB_FILE "parley.db"
#define BUSY_MS 5000 /* another process (the CLI) may hold the write lock for a moment */

/* The checkpoint runs inside a commit: 4,000 pages (16 MB) keep it rare and short. */
static const char writer_setup[] = "PRAGMA synchronous = FULL;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA secure_delete = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA cache_size = -16000;"
                                   "PRAGMA wal_autocheckpoint = 4000;"
                                   "PRAGMA journal_size_limit = 67108864;";
static const char reader_setup[] = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

/* SQLite keeps the system's error for open and sync, but not for a write inside a commit: there errno,
 * cleared before the step, still has it. */
static int os_errno(struct sqlite3 *conn)
{
    int kept = sqlite3_system_errno(conn);
    return kept ? kept : errno;
}

/* A disk quota or a file size limit is a full disk to the person who must act. */
static int io_errno(struct sqlite3 *conn, int rc)
{
    int os = os_errno(conn);
    if (rc == SQLITE_IOERR_NOMEM)
        return -ENOMEM;
    return os == EDQUOT || os == EFBIG || os == ENOSPC ? -ENOSPC : -EIO;
}

static int errno_of(struct sqlite3 *conn, int rc)
{
    int os = os_errno(conn);
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        return io_errno(conn, rc);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CANTOPEN:
        return os > 0 ? -os : -ENOENT;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_TOOBIG:
        return -EMSGSIZE;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return -EINVAL;
    default:
        return -EPROTO; /* a statement of ours that SQLite does not take */
    }
}

static int db_error(struct store_db *db, int rc, const char *name, struct err *err)
{
    bool latest = sqlite3_extended_errcode(db->conn) == rc;
    const char *why = latest ? sqlite3_errmsg(db->conn) : sqlite3_errstr(rc);
    return err_set(err, errno_of(db->conn, rc), "%s: %s", name, why);
}

/* ---- cursor ---- */

struct query query_open(struct store_db *db, enum sql_id id)
{
    struct query q = { .db = db, .id = id };
    if (!db->stmt[id])
        q.rc = sqlite3_prepare_v3(db->conn, sqlite_sql[id].text, -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[id],
                                  NULL);
    q.stmt = db->stmt[id];
    return q;
}

void query_close(struct query *q)
{
    if (!q->stmt)
        return;
    sqlite3_reset(q->stmt); /* repeats the error of the last step, which was reported */
    sqlite3_clear_bindings(q->stmt);
}

void query_text(struct query *q, const char *text)
{
    query_text_or_null(q, text ? text : "");
}

void query_text_or_null(struct query *q, const char *text)
{
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_text(q->stmt, ++q->bound, text, -1, SQLITE_STATIC);
}

void query_int(struct query *q, int64_t value)
{
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_int64(q->stmt, ++q->bound, value);
}

void query_blob(struct query *q, const void *bytes, size_t len)
{
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_bind_blob64(q->stmt, ++q->bound, len ? bytes : "", len, SQLITE_STATIC);
}

int query_check(struct query *q, struct err *err)
{
    return q->rc == SQLITE_OK ? 0 : db_error(q->db, q->rc, sqlite_sql[q->id].name, err);
}

int query_next(struct query *q, bool *row, struct err *err)
{
    *row = false;
    q->column = 0;
    if (q->rc == SQLITE_OK) {
        errno = 0;
        int rc = sqlite3_step(q->stmt);
        *row = rc == SQLITE_ROW;
        q->rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    return query_check(q, err);
}

int query_run(struct query *q, struct err *err)
{
    bool row;
    int rc;
    do
        rc = query_next(q, &row, err);
    while (rc == 0 && row);
    return rc;
}

/* Copies the column; an arena at its cap is out of memory to the query. */
static void *column_copy(struct query *q, struct arena *a, const void *bytes, size_t len)
{
    char *copy = bytes ? arena_alloc(a, len + 1) : NULL;
    if (!copy) {
        q->rc = SQLITE_NOMEM;
        return NULL;
    }
    memcpy(copy, bytes, len);
    return copy;
}

const char *query_get_text(struct query *q, struct arena *a)
{
    int col = q->column++;
    if (sqlite3_column_type(q->stmt, col) == SQLITE_NULL)
        return NULL;
    const void *text = sqlite3_column_text(q->stmt, col);
    return column_copy(q, a, text, (size_t)sqlite3_column_bytes(q->stmt, col));
}

const void *query_get_blob(struct query *q, struct arena *a, size_t *len)
{
    int col = q->column++;
    const void *blob = sqlite3_column_blob(q->stmt, col);
    *len = (size_t)sqlite3_column_bytes(q->stmt, col);
    return column_copy(q, a, *len ? blob : "", *len);
}

void query_get_into(struct query *q, char *out, size_t size)
{
    int col = q->column++;
    const void *text = sqlite3_column_text(q->stmt, col);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, col);
    out[0] = '\0';
    if (!text || len >= size)
        q->rc = text ? SQLITE_TOOBIG : SQLITE_NOMEM;
    else
        memcpy(out, text, len + 1);
}

int64_t query_get_int(struct query *q)
{
    return sqlite3_column_int64(q->stmt, q->column++);
}

/* ---- connection ---- */

int64_t db_changes(const struct store_db *db)
{
    return sqlite3_changes64(db->conn);
}

int64_t db_last_id(const struct store_db *db)
{
    return sqlite3_last_insert_rowid(db->conn);
}

int db_script(struct store_db *db, const char *name, const char *script, struct err *err)
{
    int rc = sqlite3_exec(db->conn, script, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : db_error(db, rc, name, err);
}

int db_pragma(struct store_db *db, const char *pragma, int64_t *value, struct err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->conn, pragma, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(st, 0);
    int failed = rc == SQLITE_ROW ? 0 : db_error(db, rc, pragma, err);
    sqlite3_finalize(st);
    return failed;
}

/* WAL needs shared memory, which some network file systems do not give: SQLite then silently stays
 * with a rollback journal, under which readers and the writer would block each other. */
static int wal_on(struct store_db *db, struct err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->conn, "PRAGMA journal_mode = WAL", -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    int failed = 0;
    if (rc != SQLITE_ROW)
        failed = db_error(db, rc, "journal_mode", err);
    else if (strcmp((const char *)sqlite3_column_text(st, 0), "wal") != 0)
        failed = err_set(err, -ENOTSUP, "this file system cannot hold a write-ahead log");
    sqlite3_finalize(st);
    return failed;
}

/* SQLite would create it 0644 & ~umask; its -wal and -shm take the mode of the file. An existing
 * file is not opened here: closing it again would drop the locks of this process on it. */
static int file_create(const char *path, struct err *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : err_set(err, -errno, "%s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

static int setup(struct store_db *db, bool read_only, struct err *err)
{
    sqlite3_extended_result_codes(db->conn, 1);
    sqlite3_busy_timeout(db->conn, BUSY_MS);
    sqlite3_db_config(db->conn, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->conn, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    int rc = read_only ? 0 : wal_on(db, err);
    if (rc == 0)
        rc = db_script(db, "setup", read_only ? reader_setup : writer_setup, err);
    return rc ? rc : schema_apply(db, read_only, err);
}

static void sqlite_close(struct store_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->stmt[i]);
    sqlite3_close(db->conn);
    free(db);
}

/* SQLite counts its memory under a global mutex, for a limit nobody sets. Refused, harmlessly, once a
 * connection exists. */
static void process_setup(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite_wal_register();
}

static int sqlite_open(struct store_db **out, const char *dir, bool read_only, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char path[PATH_MAX];
    pthread_once(&once, process_setup);
    if (snprintf(path, sizeof path, "%s/" DB_FILE, dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: name too long", dir);
    int rc = read_only ? 0 : file_create(path, err);
    struct store_db *db = rc ? NULL : calloc(1, sizeof *db);
    if (!db)
        return rc ? rc : err_set(err, -ENOMEM, "%s: out of memory", path);
    int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &db->conn, flags, read_only ? NULL : SQLITE_WAL_VFS);
    rc = code == SQLITE_OK ? setup(db, read_only, err) : db_error(db, code, "open", err);
    if (rc) {
        sqlite_close(db);
        return err_prefix(err, rc, "%s", path);
    }
    *out = db;
    return 0;
}

static int sqlite_begin(struct store_db *db, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_BEGIN);
    return query_run(&q, err);
}

static int sqlite_commit(struct store_db *db, struct err *err)
{
    int rc = charges_write(db, err);
    if (rc)
        return rc;
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_COMMIT);
    return query_run(&q, err);
}

/* A full disk or an I/O error may already have rolled the transaction back. */
static void sqlite_rollback(struct store_db *db)
{
    charges_drop(db);
    if (sqlite3_get_autocommit(db->conn))
        return;
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_ROLLBACK);
    query_run(&q, NULL);
}

const struct store_ops store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .ingest = sqlite_ingest,
    .claim = sqlite_claim,
    .answer = sqlite_answer,
    .release = sqlite_release,
    .attempt_begin = sqlite_attempt_begin,
    .attempt_end = sqlite_attempt_end,
    .part_set = sqlite_part_set,
    .state = sqlite_state,
    .person = sqlite_person,
    .feedback = sqlite_feedback,
    .recover = sqlite_recover,
    .reap = sqlite_reap,
    .prune = sqlite_prune,
    .set_tier = sqlite_set_tier,
    .consent = sqlite_consent,
    .inbox_due = sqlite_inbox_due,
    .outbox_due = sqlite_outbox_due,
    .memory = sqlite_memory,
    .pseudonyms = sqlite_pseudonyms,
    .answer_of = sqlite_answer_of,
    .spent = sqlite_spent,
    .counts = sqlite_counts,
};
