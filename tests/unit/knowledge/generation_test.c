/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a generation: which may go, which may not, and what is believed of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "knowledge/generation.h"
#include "tests/support/folder.h"

struct fixture {
    struct folder f;
    struct kdb *db;
    struct kdb_head head;
    char path[300];
};

static int make(void **state)
{
    static const float vec[2] = { 0.6F, 0.8F };
    struct kdb_document d = { .size_bytes = 1, .sha256 = "ab" };
    struct fixture *x = calloc(1, sizeof *x);

    assert_non_null(x);
    folder_make(&x->f);
    (void)snprintf(x->path, sizeof x->path, "%s", folder_path(&x->f, "knowledge.index"));
    assert_int_equal(kdb_open(&x->db, folder_path(&x->f, "knowledge.db"), NULL), 0);
    assert_int_equal(kdb_document_put(x->db, "a.md", "Walrus", false, &d, NULL), 0);
    assert_int_equal(kdb_chunk_add(x->db, d.id, "Walrus", "", str_of("It has tusks."), 20, vec, 2, NULL), 0);
    x->head = (struct kdb_head){ .generation = 10, .dim = 2, .embedder = "e", .vindex = "faiss" };
    assert_int_equal(kdb_head_set(x->db, &x->head, "/src", NULL), 0);
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

static void publish(struct fixture *x)
{
    assert_int_equal(generation_write(x->f.at, x->db, &x->head, &vindex_faiss, NULL), 0);
    assert_int_equal(generation_publish(x->f.at, x->head.generation, NULL), 0);
}

static void generation__is_read_as_it_was_written(void **state)
{
    struct fixture *x = *state;
    struct lexical_passage p;
    struct generation *g;

    assert_int_equal(generation_open(&g, x->path, &vindex_faiss, NULL), -ENOENT);
    publish(x);
    assert_int_equal(generation_open(&g, x->path, &vindex_faiss, NULL), 0);
    assert_int_equal(generation_attach(g, x->f.at, x->path, 2), 0);
    assert_int_equal(g->ops->count(g->vectors), 1);
    assert_int_equal(lexical_chunks(g->words), 1);
    assert_true(lexical_stamp_of(g->words)->incarnation == x->head.incarnation);
    assert_string_equal(lexical_stamp_of(g->words)->embedder, "e");
    lexical_passage_at(g->words, 0, &p);
    assert_string_equal(p.title, "Walrus");
    assert_string_equal(p.source, "a.md");
    assert_string_equal(p.text, "It has tusks.");
    assert_int_equal(p.title_codes, 1);
    assert_int_equal(p.body_codes, 3);
    assert_ptr_equal(generation_ref(g), g);
    generation_unref(g);
    assert_int_equal(lexical_chunks(g->words), 1);
    generation_unref(g);
    generation_unref(NULL);
    assert_null(generation_ref(NULL));
}

static void generation__stands_only_whole(void **state)
{
    struct fixture *x = *state;
    struct kdb_head other = x->head;

    assert_false(generation_stands(x->f.at, &x->head, &vindex_faiss));
    publish(x);
    assert_true(generation_stands(x->f.at, &x->head, &vindex_faiss));
    assert_false(generation_stands(x->f.at, &x->head, &vindex_flat)); /* the head names another */
    other.generation++;
    assert_false(generation_stands(x->f.at, &other, &vindex_faiss));
    other.generation--;
    other.incarnation++;
    assert_false(generation_stands(x->f.at, &other, &vindex_faiss));
    folder_text(&x->f, "vectors-10.vec", "damaged");
    assert_false(generation_stands(x->f.at, &x->head, &vindex_faiss));
}

static void generation__discarded_leaves_nothing(void **state)
{
    struct fixture *x = *state;

    assert_int_equal(generation_write(x->f.at, x->db, &x->head, &vindex_faiss, NULL), 0);
    assert_true(folder_has(&x->f, "knowledge.index.tmp"));
    assert_true(folder_has(&x->f, "vectors-10.vec"));
    generation_discard(x->f.at, 10);
    assert_false(folder_has(&x->f, "knowledge.index.tmp"));
    assert_false(folder_has(&x->f, "vectors-10.vec"));
    assert_false(folder_has(&x->f, "knowledge.index"));
}

static void generation__another_published_meanwhile_is_told(void **state)
{
    struct fixture *x = *state;
    struct generation *g;

    publish(x);
    assert_int_equal(generation_open(&g, x->path, &vindex_faiss, NULL), 0);
    x->head.generation = 12;
    publish(x);
    assert_false(folder_has(&x->f, "vectors-10.vec"));
    assert_int_equal(generation_attach(g, x->f.at, x->path, 2), X_E_LOST);
    generation_unref(g);
}

static void generation__sweep_leaves_the_current_the_one_before_and_strangers(void **state)
{
    static const char *const stays[] = { "vectors-9.vec",  "vectors-x.vec",
                                         "vectors-.vec",   "vectors-3.vec.bak",
                                         "knowledge.db",   "vectors--4.vec",
                                         "vectors-+4.vec", "vectors- 4.vec",
                                         "vectors",        "vectors-99999999999999999999.vec" };
    static const char *const goes[] = { "vectors-1.vec", "vectors-8.vec", "vectors-11.vec",
                                        "vectors-10.vec.tmp", "vectors-10.faiss" };
    struct fixture *x = *state;

    for (size_t i = 0; i < ARRAY_LEN(stays); i++)
        if (strcmp(stays[i], "knowledge.db") != 0)
            folder_text(&x->f, stays[i], "");
    for (size_t i = 0; i < ARRAY_LEN(goes); i++)
        folder_text(&x->f, goes[i], "");
    publish(x);
    for (size_t i = 0; i < ARRAY_LEN(stays); i++)
        assert_true(folder_has(&x->f, stays[i]));
    for (size_t i = 0; i < ARRAY_LEN(goes); i++)
        assert_false(folder_has(&x->f, goes[i]));
    assert_true(folder_has(&x->f, "vectors-10.vec"));
}

static void generation__publishing_nothing_is_an_error(void **state)
{
    struct fixture *x = *state;
    struct err err = { "" };

    assert_int_equal(generation_publish(x->f.at, 1, &err), -ENOENT);
    assert_non_null(strstr(err.text, "knowledge.index"));
    assert_true(generation_write("/nonexistent", x->db, &x->head, &vindex_faiss, &err) < 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(generation__is_read_as_it_was_written),
        TEST(generation__stands_only_whole),
        TEST(generation__discarded_leaves_nothing),
        TEST(generation__another_published_meanwhile_is_told),
        TEST(generation__sweep_leaves_the_current_the_one_before_and_strangers),
        TEST(generation__publishing_nothing_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
