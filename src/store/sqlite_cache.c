/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer cache on disk. Nothing in it is owed to anybody, so every fault ends in "not found".
 *
 * Most answers are never asked for again, so writing one must cost next to nothing: rows are appended, never
 * put in the middle, and the oldest fall off. Which row holds a key is known in memory only (a fingerprint
 * and a row number in a table of eight places for each), read back at start from the short rows of `known`;
 * a question nobody asked before therefore costs no look at the file.
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

#define TIDY_EVERY  8      /* batches */
#define PLACES      32768U /* a power of two above CACHE_FILE_ROWS */
#define PROBES      8U
#define WAITING_MAX (8 * CACHE_FILE_BATCH) /* more are dropped: the disk does not keep up */

static const char setup[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
    "CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS known (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL) STRICT;";

enum { GET, PUT, PUT_KNOWN, LIVE, BOUND, BOUND_KNOWN, KNOWN, BEGIN, COMMIT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT value FROM answer WHERE id = ?1 AND key = ?2 AND until_ms > ?3",
    [PUT] = "INSERT INTO answer (id, key, value, until_ms) VALUES (?1, ?2, ?3, ?4)",
    [PUT_KNOWN] = "INSERT INTO known (id, hash) VALUES (?1, ?2)",
    [LIVE] = "SELECT id FROM answer WHERE until_ms > ?1 ORDER BY id LIMIT 1",
    [BOUND] = "DELETE FROM answer WHERE id < ?1",
    [BOUND_KNOWN] = "DELETE FROM known WHERE id < ?1",
    [KNOWN] = "SELECT id, hash FROM known ORDER BY id",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

struct waiting {
    struct waiting *next;
    int64_t until_ms, id;
    const char *value; /* in `key`, behind it */
    char key[];
};

struct place {
    uint32_t print, id; /* id 0 = free; rows are numbered from 1, modulo 2^32 */
};

struct cache_file {
    pthread_mutex_t disk; /* guards db, stmt, batches, last, told; taken before `lock` */
    sqlite3 *db;
    sqlite3_stmt *stmt[STATEMENTS];
    unsigned batches;
    int64_t last; /* row */
    bool told;

    pthread_mutex_t lock; /* guards the rest; never held during disk access */
    struct waiting *head, **tail;
    size_t waiting;
    struct place place[PLACES];
};

/* ---- where a key is ---- */

static uint64_t hash_of(const char *key)
{
    return hash_fnv(key, strlen(key));
}

/* Its own place, or a free one, or that of the oldest row among those it may have. */
static struct place *place_for(struct cache_file *c, uint64_t hash)
{
    uint32_t print = (uint32_t)(hash >> 32);
    struct place *best = &c->place[hash % PLACES];
    for (uint32_t i = 0; i < PROBES; i++) {
        struct place *p = &c->place[(hash + i) % PLACES];
        if (p->id && p->print == print)
            return p;
        if (p->id < best->id)
            best = p;
    }
    return best;
}

static void place_put(struct cache_file *c, uint64_t hash, int64_t id)
{
    *place_for(c, hash) = (struct place){ (uint32_t)(hash >> 32), (uint32_t)id };
}

/* The row that may hold the key, 0 = none. */
static int64_t place_get(struct cache_file *c, const char *key)
{
    uint64_t hash = hash_of(key);
    pthread_mutex_lock(&c->lock);
    struct place p = *place_for(c, hash);
    pthread_mutex_unlock(&c->lock);
    return p.print == (uint32_t)(hash >> 32) ? p.id : 0;
}

static void places_read(struct cache_file *c)
{
    sqlite3_stmt *s = c->stmt[KNOWN];
    while (sqlite3_step(s) == SQLITE_ROW) {
        c->last = sqlite3_column_int64(s, 0);
        place_put(c, (uint64_t)sqlite3_column_int64(s, 1), c->last);
    }
    sqlite3_reset(s);
}

/* ---- the oldest fall off ---- */

static int run(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The first row to keep. All live equally long, so what has expired stands in front. */
static int64_t first_live(struct cache_file *c, int64_t now_wall_ms)
{
    sqlite3_stmt *s = c->stmt[LIVE];
    sqlite3_bind_int64(s, 1, now_wall_ms);
    int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : c->last + 1;
    sqlite3_reset(s);
    return id > c->last - CACHE_FILE_ROWS ? id : c->last - CACHE_FILE_ROWS + 1;
}

static int tidy(struct cache_file *c, int64_t now_wall_ms)
{
    int64_t before = first_live(c, now_wall_ms);
    int rc = SQLITE_OK;
    for (int i = BOUND; i <= BOUND_KNOWN && rc == SQLITE_OK; i++) {
        sqlite3_bind_int64(c->stmt[i], 1, before);
        rc = run(c->stmt[i]);
    }
    return rc;
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
    places_read(c);
    tidy(c, clock_wall_ms()); /* what expired meanwhile; a fault shows at the first write */
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
    int64_t id = place_get(c, key);
    int rc = X_E_NOT_FOUND;
    if (!id)
        return rc;
    pthread_mutex_lock(&c->disk);
    sqlite3_stmt *s = c->stmt[GET];
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_text(s, 2, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, now_wall_ms);
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

static int put(struct cache_file *c, struct waiting *w)
{
    sqlite3_stmt *s = c->stmt[PUT];
    w->id = ++c->last;
    sqlite3_bind_int64(s, 1, w->id);
    sqlite3_bind_text(s, 2, w->key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, w->value, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, w->until_ms);
    int rc = run(s);
    sqlite3_clear_bindings(s);
    sqlite3_bind_int64(c->stmt[PUT_KNOWN], 1, w->id);
    sqlite3_bind_int64(c->stmt[PUT_KNOWN], 2, (int64_t)hash_of(w->key));
    return rc == SQLITE_OK ? run(c->stmt[PUT_KNOWN]) : rc;
}

/* A batch that cannot be written is dropped whole. */
static int write_all(struct cache_file *c, struct waiting *first, int64_t now_wall_ms)
{
    int rc = run(c->stmt[BEGIN]);
    if (rc != SQLITE_OK)
        return rc;
    for (struct waiting *w = first; w && rc == SQLITE_OK; w = w->next)
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
static void places_note(struct cache_file *c, const struct waiting *first)
{
    pthread_mutex_lock(&c->lock);
    for (const struct waiting *w = first; w; w = w->next)
        place_put(c, hash_of(w->key), w->id);
    pthread_mutex_unlock(&c->lock);
}

void cache_file_flush(struct cache_file *c, int64_t now_wall_ms)
{
    pthread_mutex_lock(&c->disk);
    struct waiting *first = take_waiting(c);
    int rc = first ? write_all(c, first, now_wall_ms) : SQLITE_OK;
    if (rc == SQLITE_OK)
        places_note(c, first);
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
