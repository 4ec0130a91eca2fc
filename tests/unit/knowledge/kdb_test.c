/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables below the index: versions, full text, keeping and sweeping.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "base/str.h"
#include "knowledge/kdb.h"
#include "tests/support/folder.h"

struct fixture {
    struct folder f;
    struct kdb *db;
};

static const float vec[2] = { 0.6F, 0.8F };

static int make(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);

    assert_non_null(x);
    folder_make(&x->f);
    assert_int_equal(kdb_open(&x->db, folder_path(&x->f, "knowledge.db"), true, NULL), 0);
    *state = x;
    return 0;
}

static int erase(void **state)
{
    struct fixture *x = *state;

    kdb_close(x->db);
    folder_erase(&x->f);
    free(x);
    return 0;
}

static int64_t put(struct kdb *db, const char *path, const char *title, const char *body)
{
    struct kdb_document d = { .size_bytes = 1, .mtime_ns = 2, .sha256 = "ab" };

    if (kdb_document_get(db, path, &d, NULL) == X_E_NOT_FOUND)
        memcpy(d.sha256, "ab", 3);
    assert_int_equal(kdb_document_put(db, path, title, &d, NULL), 0);
    assert_int_equal(kdb_chunk_add(db, d.id, title, "head", str_of(body), vec, 2, NULL), 0);
    return d.id;
}

static size_t matches(struct kdb *db, const char *fts)
{
    int64_t id[10];
    size_t n;

    assert_int_equal(kdb_match(db, fts, id, ARRAY_LEN(id), &n, NULL), 0);
    return n;
}

static void outside(const struct fixture *x, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(folder_path(&x->f, "knowledge.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void kdb__reading_nothing_is_not_found(void **state)
{
    struct fixture *x = *state;
    struct kdb *db;
    struct err err = { "" };

    assert_int_equal(kdb_open(&db, folder_path(&x->f, "absent.db"), false, &err), X_E_NOT_FOUND);
    assert_false(folder_has(&x->f, "absent.db"));
}

static void kdb__another_version_is_not_read_and_is_made_anew(void **state)
{
    struct fixture *x = *state;
    struct kdb_document d;
    struct kdb *db;

    put(x->db, "a.md", "A", "text");
    kdb_close(x->db);
    outside(x, "PRAGMA user_version = 99");
    assert_int_equal(kdb_open(&db, folder_path(&x->f, "knowledge.db"), false, NULL), X_E_NOT_FOUND);
    assert_int_equal(kdb_open(&x->db, folder_path(&x->f, "knowledge.db"), true, NULL), 0);
    assert_int_equal(kdb_document_get(x->db, "a.md", &d, NULL), X_E_NOT_FOUND);
}

static void kdb__a_file_that_is_no_database_is_named(void **state)
{
    struct fixture *x = *state;
    struct err err = { "" };
    struct kdb *db;

    folder_text(&x->f, "other.db",
                "this is not a database, and it is long enough to be looked at by SQLite as one");
    assert_int_equal(kdb_open(&db, folder_path(&x->f, "other.db"), false, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "index again"));
    assert_int_equal(kdb_open(&db, folder_path(&x->f, "other.db"), true, &err), -EBADMSG);
}

static void kdb__finds_stems_without_accents_title_first(void **state)
{
    struct fixture *x = *state;
    int64_t id[3];
    struct passage p;
    struct arena a;
    size_t n;

    put(x->db, "body.md", "Other", "You may stake it, and more about other things that are here.");
    put(x->db, "title.md", "Staking", "Text of the document about that.");
    put(x->db, "accent.md", "Caf\xc3\xa9",
        "\xc3\x9c"
        "ber");
    assert_int_equal(kdb_match(x->db, "\"staked\"", id, 3, &n, NULL), 0);
    assert_int_equal(n, 2);
    arena_init(&a, 1U << 16);
    assert_int_equal(kdb_passage(x->db, id[0], &a, &p, NULL), 0);
    assert_string_equal(p.source, "title.md");
    assert_string_equal(p.title, "Staking");
    assert_int_equal(matches(x->db, "\"cafe\""), 1);
    assert_int_equal(matches(x->db, "\"uber\""), 1);
    assert_int_equal(matches(x->db, "\"\""), 0);
    assert_int_equal(kdb_passage(x->db, 999, &a, &p, NULL), X_E_NOT_FOUND);
    arena_wipe(&a);
}

static void kdb__replaced_and_swept_words_are_not_found(void **state)
{
    struct fixture *x = *state;
    size_t removed;
    int64_t keep;

    put(x->db, "a.md", "A", "walrus");
    put(x->db, "a.md", "A", "penguin");
    assert_int_equal(matches(x->db, "\"walrus\""), 0);
    assert_int_equal(matches(x->db, "\"penguin\""), 1);
    keep = put(x->db, "b.md", "B", "giraffe");
    assert_int_equal(kdb_keep(x->db, keep, NULL), 0);
    assert_int_equal(kdb_sweep(x->db, &removed, NULL), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(matches(x->db, "\"penguin\""), 0);
    assert_int_equal(matches(x->db, "\"giraffe\""), 1);
    outside(x, "INSERT INTO words(words) VALUES('integrity-check')");
}

static void kdb__keeping_a_path_keeps_what_is_below_it_only(void **state)
{
    struct fixture *x = *state;
    struct kdb_document d;
    size_t removed;

    put(x->db, "a_%/x.md", "X", "x");
    put(x->db, "a_%/deep/y.md", "Y", "y");
    put(x->db, "abc/z.md", "Z", "z");
    put(x->db, "a_%.md", "W", "w");
    assert_int_equal(kdb_keep_path(x->db, "a_%", NULL), 0);
    assert_int_equal(kdb_sweep(x->db, &removed, NULL), 0);
    assert_int_equal(removed, 2);
    assert_int_equal(kdb_document_get(x->db, "a_%/x.md", &d, NULL), 0);
    assert_int_equal(kdb_document_get(x->db, "a_%/deep/y.md", &d, NULL), 0);
}

static void kdb__head_counts_and_remembers_the_source(void **state)
{
    struct fixture *x = *state;
    struct kdb_head h = { .generation = 3, .dim = 2, .embedder = "e", .vindex = "v" }, back;
    bool same;

    assert_int_equal(kdb_head(x->db, &back, NULL), 0);
    assert_int_equal(back.generation, 0);
    assert_int_equal(kdb_source_is(x->db, "/src", &same, NULL), 0);
    assert_false(same);
    put(x->db, "a.md", "A", "a");
    put(x->db, "b.md", "B", "b");
    assert_int_equal(kdb_head_set(x->db, &h, "/src", NULL), 0);
    assert_int_equal(h.documents, 2);
    assert_int_equal(kdb_head(x->db, &back, NULL), 0);
    assert_int_equal(back.chunks, 2);
    assert_int_equal(back.generation, 3);
    assert_true(back.incarnation == h.incarnation && h.incarnation != 0);
    assert_string_equal(back.embedder, "e");
    assert_int_equal(kdb_source_is(x->db, "/src", &same, NULL), 0);
    assert_true(same);
}

static int count_vector(void *ctx, int64_t id, const float *v, struct err *err)
{
    (void)id;
    (void)err;
    assert_memory_equal(v, vec, sizeof vec);
    ++*(int *)ctx;
    return 0;
}

static void kdb__vectors_of_another_length_are_refused(void **state)
{
    struct fixture *x = *state;
    int n = 0;

    put(x->db, "a.md", "A", "a");
    put(x->db, "b.md", "B", "b");
    assert_int_equal(kdb_vectors(x->db, 2, count_vector, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_int_equal(kdb_vectors(x->db, 3, count_vector, &n, NULL), -EBADMSG);
}

static void kdb__is_at_tells_a_replaced_file(void **state)
{
    struct fixture *x = *state;
    const char *path = folder_path(&x->f, "knowledge.db");

    assert_true(kdb_is_at(x->db, path));
    assert_int_equal(unlink(path), 0);
    assert_false(kdb_is_at(x->db, path));
    folder_text(&x->f, "knowledge.db", "");
    assert_false(kdb_is_at(x->db, path));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kdb__reading_nothing_is_not_found),
        TEST(kdb__another_version_is_not_read_and_is_made_anew),
        TEST(kdb__a_file_that_is_no_database_is_named),
        TEST(kdb__finds_stems_without_accents_title_first),
        TEST(kdb__replaced_and_swept_words_are_not_found),
        TEST(kdb__keeping_a_path_keeps_what_is_below_it_only),
        TEST(kdb__head_counts_and_remembers_the_source),
        TEST(kdb__vectors_of_another_length_are_refused),
        TEST(kdb__is_at_tells_a_replaced_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
