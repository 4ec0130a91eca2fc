/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer cache on disk: what it keeps, what it forgets, and that no damage stops a start.
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

#include <parley/clock.h>

#include "store/cache_file.h"

struct world {
    char dir[64], path[80];
    struct cache_file *file;
    struct arena a;
};

static int make(void **state)
{
    clock_fake(1, 0);
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/parley-cache-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof w->path, "%s/cache.db", w->dir);
    arena_init(&w->a, 1U << 20);
    assert_int_equal(cache_file_open(&w->file, w->dir, NULL), 0);
    *state = w;
    return 0;
}

static int drop(void **state)
{
    clock_real();
    struct world *w = *state;
    static const char *const part[] = { "", "-wal", "-shm" };
    char name[96];
    cache_file_close(w->file);
    for (size_t i = 0; i < ARRAY_LEN(part); i++) {
        snprintf(name, sizeof name, "%s%s", w->path, part[i]);
        unlink(name);
    }
    rmdir(w->dir);
    arena_wipe(&w->a);
    free(w);
    return 0;
}

static const char *get(struct world *w, const char *key, int64_t now)
{
    const char *value = NULL;
    return cache_file_get(w->file, key, now, &w->a, &value) == 0 ? value : NULL;
}

static void put(struct world *w, const char *key, const char *value, int64_t until)
{
    cache_file_put(w->file, key, value, until);
    cache_file_flush(w->file, 0);
}

static int rows(const struct world *w)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM answer", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int n = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void reopen(struct world *w)
{
    cache_file_close(w->file);
    w->file = NULL;
    assert_int_equal(cache_file_open(&w->file, w->dir, NULL), 0);
}

static void cache_file__keeps_until_its_time(void **state)
{
    struct world *w = *state;
    put(w, "k", "one", 2000);
    assert_string_equal(get(w, "k", 1999), "one");
    assert_null(get(w, "k", 2000));
    assert_null(get(w, "other", 1000));
    put(w, "k", "two", 3000);
    assert_string_equal(get(w, "k", 2500), "two");
    reopen(w);
    assert_string_equal(get(w, "k", 2500), "two");
}

static void cache_file__writes_together_and_at_the_end(void **state)
{
    struct world *w = *state;
    char key[32];
    for (int i = 0; i < CACHE_FILE_BATCH; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_int_equal(cache_file_put(w->file, key, "v", 1000), i == CACHE_FILE_BATCH - 1);
        assert_null(get(w, key, 1));
    }
    cache_file_flush(w->file, 0);
    assert_string_equal(get(w, "0", 1), "v");
    cache_file_put(w->file, "last", "v", 1000);
    reopen(w);
    assert_string_equal(get(w, "last", 1), "v");
}

/* The disk stands still: what waits is bounded, and the daemon does not. */
static void cache_file__a_slow_disk_costs_entries_not_memory(void **state)
{
    struct world *w = *state;
    char key[32];
    for (int i = 0; i < 100 * CACHE_FILE_BATCH; i++) {
        snprintf(key, sizeof key, "%d", i);
        cache_file_put(w->file, key, "v", 1000);
    }
    cache_file_flush(w->file, 0);
    assert_string_equal(get(w, "0", 1), "v");
    assert_null(get(w, key, 1));
}

/* Not only not found: gone from the disk, as nobody may be reading there for years. */
static void cache_file__what_expired_is_deleted(void **state)
{
    struct world *w = *state;
    clock_fake(5000, 0);
    put(w, "old", "an answer of old", 4000);
    put(w, "new", "v", 9000);
    assert_int_equal(rows(w), 2);
    reopen(w);
    assert_int_equal(rows(w), 1);
    assert_string_equal(get(w, "new", 5000), "v");
    clock_fake(9001, 0);
    reopen(w);
    assert_int_equal(rows(w), 0);
    put(w, "again", "v", 20000); /* its row is none of an earlier one's */
    assert_string_equal(get(w, "again", 9001), "v");
    assert_null(get(w, "new", 5000));
}

static void cache_file__is_bounded(void **state)
{
    struct world *w = *state;
    char key[32];
    for (int i = 0; i < CACHE_FILE_ROWS + 512; i++) {
        snprintf(key, sizeof key, "%d", i);
        if (cache_file_put(w->file, key, "v", 10000 + i))
            cache_file_flush(w->file, 0);
    }
    cache_file_flush(w->file, 0);
    assert_null(get(w, "0", 1)); /* the oldest went first */
    assert_string_equal(get(w, key, 1), "v");
}

static void cache_file__damage_begins_anew(void **state)
{
    struct world *w = *state;
    put(w, "k", "one", 1000);
    cache_file_close(w->file);
    FILE *f = fopen(w->path, "w");
    for (int i = 0; i < 4096; i++)
        fputc('x', f);
    fclose(f);
    assert_int_equal(cache_file_open(&w->file, w->dir, NULL), 0);
    assert_null(get(w, "k", 1));
    put(w, "k", "two", 1000);
    assert_string_equal(get(w, "k", 1), "two");
}

static void cache_file__without_a_directory_says_so(void **state X_UNUSED)
{
    struct cache_file *file = NULL;
    struct err err = { "" };
    assert_int_equal(cache_file_open(&file, "/nonexistent/dir", &err), -5);
    assert_non_null(strstr(err.text, "/nonexistent/dir/cache.db"));
    assert_null(file);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(cache_file__keeps_until_its_time),
        CASE(cache_file__writes_together_and_at_the_end),
        CASE(cache_file__a_slow_disk_costs_entries_not_memory),
        CASE(cache_file__what_expired_is_deleted),
        CASE(cache_file__is_bounded),
        CASE(cache_file__damage_begins_anew),
        cmocka_unit_test(cache_file__without_a_directory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
