/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer cache on disk. Nothing in it is owed to anybody, so every fault ends in "not found".
 *
 * Most questions are new, so a Bloom filter over the keys (two bits of 2^18 each: 2 % false at 20,000 keys)
 * spares them the file. Keys leave it only when it is made anew, at start and every CACHE_FILE_ROWS puts.
 */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/hash.h"
#include "store/cache_file.h"

#define TIDY_EVERY  8 /* batches */
#define FILTER_BITS (1U << 18)
#define WAITING_MAX (8 * CACHE_FILE_BATCH) /* more are dropped: the disk does not keep up */

static const char setup[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
    "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, value TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS answer_until ON answer (until_ms);";

enum { GET, PUT, EXPIRE, BOUND, KEYS, BEGIN, COMMIT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT value FROM answer WHERE key = ?1 AND until_ms > ?2",
    [PUT] = "INSERT OR REPLACE INTO answer (key, value, until_ms) VALUES (?1, ?2, ?3)",
    [EXPIRE] = "DELETE FROM answer WHERE until_ms <= ?1",
    [BOUND] = ("DELETE FROM answer WHERE key IN (SELECT key FROM answer ORDER BY until_ms"
               " LIMIT max(0, (SELECT count(*) FROM answer) - ?1))"),
    [KEYS] = "SELECT key FROM answer INDEXED BY answer_until",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

struct waiting {
    struct waiting *next;
    int64_t until_ms;
    const char *value; /* in `key`, behind it */
    char key[];
};

struct cache_file {
    pthread_mutex_t disk; /* guards db, stmt, batches, told; taken before `lock` */
    sqlite3 *db;
    sqlite3_stmt *stmt[STATEMENTS];
    unsigned batches;
    bool told;

    pthread_mutex_t lock; /* guards the rest; never held during disk access */
    struct waiting *head, **tail;
    size_t waiting, added; /* added: keys since the filter was made */
    uint64_t filter[FILTER_BITS / 64];
};

/* ---- filter ---- */

static void filter_places(const char *key, uint32_t place[2])
{
    uint64_t h = hash_fnv(key, strlen(key));
    place[0] = (uint32_t)h % FILTER_BITS;
    place[1] = (uint32_t)(h >> 32) % FILTER_BITS;
}

static void filter_add(uint64_t filter[], const char *key)
{
    uint32_t place[2];
    filter_places(key, place);
    for (size_t i = 0; i < ARRAY_LEN(place); i++)
        filter[place[i] / 64] |= 1ULL << (place[i] % 64);
}

static bool filter_has(struct cache_file *c, const char *key)
{
    uint32_t place[2];
    bool has = true;
    filter_places(key, place);
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < ARRAY_LEN(place); i++)
        has &= c->filter[place[i] / 64] >> (place[i] % 64) & 1;
    pthread_mutex_unlock(&c->lock);
    return has;
}

/* Under `disk`, so nothing is written meanwhile; what waits is added when it is. */
static void filter_make(struct cache_file *c)
{
    uint64_t *fresh = calloc(1, sizeof c->filter);
    if (!fresh)
        return; /* the old one is still right, only fuller */
    while (sqlite3_step(c->stmt[KEYS]) == SQLITE_ROW)
        filter_add(fresh, (const char *)sqlite3_column_text(c->stmt[KEYS], 0));
    sqlite3_reset(c->stmt[KEYS]);
    pthread_mutex_lock(&c->lock);
    memcpy(c->filter, fresh, sizeof c->filter);
    c->added = 0;
    pthread_mutex_unlock(&c->lock);
    free(fresh);
}

/* ---- open, close ---- */

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
    pthread_mutex_init(&c->disk, NULL);
    pthread_mutex_init(&c->lock, NULL);
    c->tail = &c->head;
    filter_make(c);
    *out = c;
    return 0;
}

void cache_file_close(struct cache_file *c)
{
    if (!c)
        return;
    cache_file_flush(c, clock_wall_ms());
    disconnect(c);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->disk);
    free(c);
}

/* ---- get, put ---- */

int cache_file_get(struct cache_file *c, const char *key, int64_t now_wall_ms, struct arena *a,
                   const char **value)
{
    if (!filter_has(c, key))
        return X_E_NOT_FOUND;
    pthread_mutex_lock(&c->disk);
    sqlite3_stmt *s = c->stmt[GET];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, now_wall_ms);
    int rc = X_E_NOT_FOUND;
    if (sqlite3_step(s) == SQLITE_ROW) {
        *value = arena_strdup(a, (const char *)sqlite3_column_text(s, 0));
        rc = *value ? 0 : -ENOMEM;
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    pthread_mutex_unlock(&c->disk);
    return rc;
}

bool cache_file_put(struct cache_file *c, const char *key, const char *value, int64_t until_wall_ms)
{
    size_t key_len = strlen(key) + 1, value_len = strlen(value) + 1;
    struct waiting *w = malloc(sizeof *w + key_len + value_len);
    if (!w)
        return false;
    w->next = NULL;
    w->until_ms = until_wall_ms;
    memcpy(w->key, key, key_len);
    w->value = memcpy(w->key + key_len, value, value_len);
    pthread_mutex_lock(&c->lock);
    bool room = c->waiting < WAITING_MAX;
    if (room) {
        *c->tail = w;
        c->tail = &w->next;
        c->waiting++;
    }
    bool due = room && c->waiting % CACHE_FILE_BATCH == 0;
    pthread_mutex_unlock(&c->lock);
    if (!room)
        free(w);
    return due;
}

static int run(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int put(struct cache_file *c, const struct waiting *w)
{
    sqlite3_stmt *s = c->stmt[PUT];
    sqlite3_bind_text(s, 1, w->key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, w->value, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, w->until_ms);
    int rc = run(s);
    sqlite3_clear_bindings(s);
    return rc;
}

static int tidy(struct cache_file *c, int64_t now_wall_ms)
{
    sqlite3_bind_int64(c->stmt[EXPIRE], 1, now_wall_ms);
    int rc = run(c->stmt[EXPIRE]);
    sqlite3_bind_int64(c->stmt[BOUND], 1, CACHE_FILE_ROWS);
    return rc == SQLITE_OK ? run(c->stmt[BOUND]) : rc;
}

/* A batch that cannot be written is dropped whole. */
static int write_all(struct cache_file *c, const struct waiting *first, int64_t now_wall_ms)
{
    int rc = run(c->stmt[BEGIN]);
    if (rc != SQLITE_OK)
        return rc;
    for (const struct waiting *w = first; w && rc == SQLITE_OK; w = w->next)
        rc = put(c, w);
    if (rc == SQLITE_OK && ++c->batches % TIDY_EVERY == 0)
        rc = tidy(c, now_wall_ms);
    if (rc == SQLITE_OK)
        rc = run(c->stmt[COMMIT]);
    if (!sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static struct waiting *take_waiting(struct cache_file *c)
{
    pthread_mutex_lock(&c->lock);
    struct waiting *first = c->head;
    c->head = NULL;
    c->tail = &c->head;
    c->waiting = 0;
    pthread_mutex_unlock(&c->lock);
    return first;
}

/* They can be found from here on. */
static bool note_written(struct cache_file *c, const struct waiting *first)
{
    pthread_mutex_lock(&c->lock);
    for (const struct waiting *w = first; w; w = w->next) {
        filter_add(c->filter, w->key);
        c->added++;
    }
    bool worn = c->added > CACHE_FILE_ROWS;
    pthread_mutex_unlock(&c->lock);
    return worn;
}

void cache_file_flush(struct cache_file *c, int64_t now_wall_ms)
{
    pthread_mutex_lock(&c->disk);
    struct waiting *first = take_waiting(c);
    int rc = first ? write_all(c, first, now_wall_ms) : SQLITE_OK;
    if (rc == SQLITE_OK && note_written(c, first))
        filter_make(c);
    bool tell = rc != SQLITE_OK && !c->told;
    c->told |= tell;
    pthread_mutex_unlock(&c->disk);
    if (tell)
        log_warn("cache.not_written", "err=\"%s\"", sqlite3_errstr(rc));
    while (first) {
        struct waiting *next = first->next;
        free(first);
        first = next;
    }
}
