/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer cache on disk. Nothing in it is owed to anybody, so every fault ends in "not found".
 */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <parley/log.h>

#include "store/cache_file.h"

#define TIDY_EVERY 256 /* puts */

static const char setup[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
    "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, value TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS answer_until ON answer (until_ms);";

enum { GET, PUT, EXPIRE, BOUND, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT value FROM answer WHERE key = ?1 AND until_ms > ?2",
    [PUT] = "INSERT OR REPLACE INTO answer (key, value, until_ms) VALUES (?1, ?2, ?3)",
    [EXPIRE] = "DELETE FROM answer WHERE until_ms <= ?1",
    [BOUND] = ("DELETE FROM answer WHERE key IN (SELECT key FROM answer ORDER BY until_ms"
               " LIMIT max(0, (SELECT count(*) FROM answer) - ?1))"),
};

struct cache_file {
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *stmt[STATEMENTS];
    unsigned puts;
    bool told;
};

static void disconnect(struct cache_file *c)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(c->stmt[i]);
        c->stmt[i] = NULL;
    }
    sqlite3_close(c->db);
    c->db = NULL;
}

static int connect_to(struct cache_file *c, const char *path)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &c->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(c->db, setup, NULL, NULL, NULL);
    for (size_t i = 0; i < STATEMENTS && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(c->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &c->stmt[i], NULL);
    if (rc != SQLITE_OK)
        disconnect(c);
    return rc;
}

static bool is_damaged(int rc)
{
    return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR;
}

/* Another program's or version's file, or a torn one: begin anew. */
static void discard(const char *path)
{
    static const char *const part[] = { "", "-wal", "-shm" };
    char name[4096];
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        if (snprintf(name, sizeof name, "%s%s", path, part[i]) < (int)sizeof name)
            unlink(name);
    log_warn("cache.discarded", "path=\"%s\"", path);
}

int cache_file_open(struct cache_file **out, const char *dir, struct err *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/cache.db", dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: path too long", dir);
    struct cache_file *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, -ENOMEM, "answer cache: out of memory");
    int rc = connect_to(c, path);
    if (is_damaged(rc)) {
        discard(path);
        rc = connect_to(c, path);
    }
    if (rc != SQLITE_OK) {
        free(c);
        return err_set(err, -EIO, "%s: %s", path, sqlite3_errstr(rc));
    }
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return 0;
}

void cache_file_close(struct cache_file *c)
{
    if (!c)
        return;
    disconnect(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int cache_file_get(struct cache_file *c, const char *key, int64_t now_wall_ms, struct arena *a,
                   const char **value)
{
    pthread_mutex_lock(&c->lock);
    sqlite3_stmt *s = c->stmt[GET];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, now_wall_ms);
    int rc = X_E_NOT_FOUND;
    if (sqlite3_step(s) == SQLITE_ROW) {
        *value = arena_strdup(a, (const char *)sqlite3_column_text(s, 0));
        rc = *value ? 0 : -ENOMEM;
    }
    sqlite3_reset(s);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

static int run(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int tidy(struct cache_file *c, int64_t now_wall_ms)
{
    sqlite3_bind_int64(c->stmt[EXPIRE], 1, now_wall_ms);
    int rc = run(c->stmt[EXPIRE]);
    sqlite3_bind_int64(c->stmt[BOUND], 1, CACHE_FILE_ROWS);
    return rc == SQLITE_OK ? run(c->stmt[BOUND]) : rc;
}

void cache_file_put(struct cache_file *c, const char *key, const char *value, int64_t now_wall_ms,
                    int64_t until_wall_ms)
{
    pthread_mutex_lock(&c->lock);
    sqlite3_stmt *s = c->stmt[PUT];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, value, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, until_wall_ms);
    int rc = run(s);
    sqlite3_clear_bindings(s);
    if (rc == SQLITE_OK && ++c->puts % TIDY_EVERY == 0)
        rc = tidy(c, now_wall_ms);
    bool tell = rc != SQLITE_OK && !c->told;
    c->told |= tell;
    pthread_mutex_unlock(&c->lock);
    if (tell)
        log_warn("cache.not_written", "err=\"%s\"", sqlite3_errstr(rc));
}
