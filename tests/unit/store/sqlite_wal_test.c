/* SPDX-License-Identifier: Apache-2.0
 *
 * The gathered log over a file system that counts its writes and can be made to fail them. Commits are read
 * back through SQLite's own file system, as another process would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <parley/base.h>

#include "store/sqlite_wal.h"

#define PAGE_AND_HEAD 4120
#define OS_PIECE_MAX  131071 /* os_unix.c, seekAndWriteFd */

static struct {
    const sqlite3_io_methods *real;
    sqlite3_io_methods methods;
    sqlite3_vfs vfs, *under;
    int writes, fail_after; /* of the log; -1 = none fails */
    int64_t bytes;
} disk;

static int count_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    assert_true(n > 0 && n <= OS_PIECE_MAX);
    if (disk.fail_after == 0)
        return SQLITE_FULL;
    disk.fail_after -= disk.fail_after > 0;
    disk.writes++;
    disk.bytes += n;
    return disk.real->xWrite(f, bytes, n, at);
}

static int count_open(sqlite3_vfs *v X_UNUSED, const char *name, sqlite3_file *f, int flags, int *out)
{
    int rc = disk.under->xOpen(disk.under, name, f, flags, out);
    if (rc == SQLITE_OK && flags & SQLITE_OPEN_WAL) {
        disk.real = f->pMethods;
        disk.methods = *disk.real;
        disk.methods.xWrite = count_write;
        f->pMethods = &disk.methods;
    }
    return rc;
}

struct world {
    char dir[64], path[80];
    sqlite3 *db;
};

static void run(sqlite3 *db, const char *sql, int expected)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != expected)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/parley-wal-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof w->path, "%s/x.db", w->dir);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    disk.fail_after = -1;
    assert_int_equal(sqlite3_open_v2(w->path, &w->db, flags, SQLITE_WAL_VFS), SQLITE_OK);
    run(w->db,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
        "CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)",
        SQLITE_OK);
    disk.writes = 0;
    disk.bytes = 0;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    static const char *const suffix[] = { "", "-wal", "-shm" };
    struct world *w = *state;
    char path[96];
    disk.fail_after = -1;
    sqlite3_close(w->db);
    for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
        snprintf(path, sizeof path, "%s%s", w->path, suffix[i]);
        unlink(path);
    }
    rmdir(w->dir);
    free(w);
    return 0;
}

/* As another process sees it. */
static int64_t rows(const struct world *w)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(w->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM t WHERE length(body) = 3000", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

#define INSERT_100                                                                                           \
    "INSERT INTO t (body) WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100)"    \
    " SELECT randomblob(3000) FROM c"

static void wal__a_commit_goes_out_in_few_pieces(void **state)
{
    struct world *w = *state;
    run(w->db, INSERT_100, SQLITE_OK);
    assert_true(disk.bytes >= 100 * PAGE_AND_HEAD);
    assert_true(disk.writes <= disk.bytes / (31 * PAGE_AND_HEAD) + 2);
    assert_int_equal(rows(w), 100);
}

static void wal__a_small_commit_is_one_write(void **state)
{
    struct world *w = *state;
    run(w->db, INSERT_100, SQLITE_OK);
    disk.writes = 0;
    run(w->db, "UPDATE t SET body = randomblob(3000) WHERE n IN (1, 50, 100)", SQLITE_OK);
    assert_int_equal(disk.writes, 1);
    assert_int_equal(rows(w), 100);
}

/* Pages that do not fit the cache go to the log before the commit, and are read back from there. */
static void wal__what_was_spilled_can_be_read_before_the_commit(void **state)
{
    struct world *w = *state;
    run(w->db, "PRAGMA cache_size = 5; BEGIN; " INSERT_100, SQLITE_OK);
    run(w->db, "UPDATE t SET body = zeroblob(2999) WHERE n % 2 = 0", SQLITE_OK);
    assert_int_equal(rows(w), 0);
    run(w->db, "COMMIT", SQLITE_OK);
    assert_int_equal(rows(w), 50);
}

static void wal__a_write_that_fails_fails_its_commit_only(void **state)
{
    struct world *w = *state;
    run(w->db, INSERT_100, SQLITE_OK);
    for (int after = 0; after < 4; after++) {
        disk.fail_after = after;
        run(w->db, "BEGIN; " INSERT_100, SQLITE_OK);
        run(w->db, "COMMIT", SQLITE_FULL);
        disk.fail_after = -1;
        if (!sqlite3_get_autocommit(w->db))
            run(w->db, "ROLLBACK", SQLITE_OK);
        assert_int_equal(rows(w), 100);
    }
    run(w->db, INSERT_100, SQLITE_OK);
    assert_int_equal(rows(w), 200);
    run(w->db, "PRAGMA integrity_check", SQLITE_OK);
}

static void wal__checkpoints_read_what_was_gathered(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++) {
        run(w->db, INSERT_100, SQLITE_OK);
        run(w->db, "PRAGMA wal_checkpoint(TRUNCATE)", SQLITE_OK);
    }
    assert_int_equal(rows(w), 300);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wal__a_commit_goes_out_in_few_pieces),
        CASE(wal__a_small_commit_is_one_write),
        CASE(wal__what_was_spilled_can_be_read_before_the_commit),
        CASE(wal__a_write_that_fails_fails_its_commit_only),
        CASE(wal__checkpoints_read_what_was_gathered),
    };
    disk.under = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.under;
    disk.vfs.zName = "counting";
    disk.vfs.xOpen = count_open;
    sqlite3_vfs_register(&disk.vfs, 1);
    sqlite_wal_register();
    sqlite3_vfs_register(disk.under, 1); /* NULL means SQLite's own again */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
