/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables below the index: versions, chunks, keeping and sweeping.
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
    assert_int_equal(kdb_open(&x->db, folder_path(&x->f, "knowledge.db"), NULL), 0);
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
    assert_int_equal(kdb_document_put(db, path, title, strcmp(title, "untitled") == 0, &d, NULL), 0);
    assert_int_equal(kdb_chunk_add(db, d.id, title, "head", str_of(body), (double)strlen(body), vec, 2, NULL),
                     0);
    return d.id;
}

static int gather_chunk(void *ctx, const struct kdb_chunk *c, struct err *err)
{
    struct buf *out = ctx;

    (void)err;
    buf_printf(out, "%s|%s|%s|%s|%d;", c->path, c->title, c->heading, c->body, c->untitled);
    return 0;
}

static void expect_chunks(struct kdb *db, const char *want)
{
    struct buf out = BUF_INIT(65536);

    assert_int_equal(kdb_chunks(db, gather_chunk, &out, NULL), 0);
    assert_string_equal(buf_text(&out), want);
    buf_free(&out);
}

static void outside(const struct fixture *x, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(folder_path(&x->f, "knowledge.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void kdb__another_version_is_made_anew(void **state)
{
    struct fixture *x = *state;
    struct kdb_document d;

    put(x->db, "a.md", "A", "text");
    kdb_close(x->db);
    outside(x, "PRAGMA user_version = 99");
    assert_int_equal(kdb_open(&x->db, folder_path(&x->f, "knowledge.db"), NULL), 0);
    assert_int_equal(kdb_document_get(x->db, "a.md", &d, NULL), X_E_NOT_FOUND);
}

static void kdb__a_file_that_is_no_database_is_named(void **state)
{
    struct fixture *x = *state;
    struct err err = { "" };
    struct kdb *db;

    folder_text(&x->f, "other.db",
                "this is not a database, and it is long enough to be looked at by SQLite as one");
    assert_int_equal(kdb_open(&db, folder_path(&x->f, "other.db"), &err), -EBADMSG);
    assert_non_null(strstr(err.text, "index again"));
}

static void kdb__chunks_come_in_order_with_their_documents(void **state)
{
    struct fixture *x = *state;
    double mean;

    assert_int_equal(kdb_mean_length(x->db, &mean, NULL), 0);
    assert_true(mean == 0);
    expect_chunks(x->db, "");
    put(x->db, "b.md", "B", "first");
    put(x->db, "a.md", "untitled", "the second");
    expect_chunks(x->db, "b.md|B|head|first|0;a.md|untitled|head|the second|1;");
    assert_int_equal(kdb_mean_length(x->db, &mean, NULL), 0);
    assert_true(mean == 7.5);
}

static int stop_at_once(void *ctx, const struct kdb_chunk *c, struct err *err)
{
    (void)c;
    ++*(int *)ctx;
    return err_set(err, -EPIPE, "enough");
}

static void kdb__chunks_stop_when_told(void **state)
{
    struct fixture *x = *state;
    int calls = 0;

    put(x->db, "a.md", "A", "a");
    put(x->db, "b.md", "B", "b");
    assert_int_equal(kdb_chunks(x->db, stop_at_once, &calls, NULL), -EPIPE);
    assert_int_equal(calls, 1);
}

static void kdb__a_chunk_without_a_vector_is_kept(void **state)
{
    struct fixture *x = *state;
    struct kdb_document d = { .size_bytes = 1, .sha256 = "ab" };

    assert_int_equal(kdb_document_put(x->db, "a.md", "A", false, &d, NULL), 0);
    assert_int_equal(kdb_chunk_add(x->db, d.id, "A", "", str_of("text"), 1, NULL, 0, NULL), 0);
    expect_chunks(x->db, "a.md|A||text|0;");
}

static void kdb__replaced_and_swept_chunks_are_gone(void **state)
{
    struct fixture *x = *state;
    size_t removed;
    int64_t keep;

    put(x->db, "a.md", "A", "walrus");
    put(x->db, "a.md", "A", "penguin");
    expect_chunks(x->db, "a.md|A|head|penguin|0;");
    keep = put(x->db, "b.md", "B", "giraffe");
    assert_int_equal(kdb_keep(x->db, keep, NULL), 0);
    assert_int_equal(kdb_sweep(x->db, &removed, NULL), 0);
    assert_int_equal(removed, 1);
    expect_chunks(x->db, "b.md|B|head|giraffe|0;");
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

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kdb__another_version_is_made_anew),
        TEST(kdb__a_file_that_is_no_database_is_named),
        TEST(kdb__chunks_come_in_order_with_their_documents),
        TEST(kdb__chunks_stop_when_told),
        TEST(kdb__a_chunk_without_a_vector_is_kept),
        TEST(kdb__replaced_and_swept_chunks_are_gone),
        TEST(kdb__keeping_a_path_keeps_what_is_below_it_only),
        TEST(kdb__head_counts_and_remembers_the_source),
        TEST(kdb__vectors_of_another_length_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
