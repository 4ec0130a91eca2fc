/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector files: which may go, which may not, and what is believed of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knowledge/vectors.h"
#include "tests/support/folder.h"

static void save(const struct folder *f, int64_t generation, size_t n)
{
    const float vec[2] = { 1, 0 };
    char *path = vectors_path(f->at, generation);
    struct vindex *v;

    assert_non_null(path);
    assert_int_equal(vindex_flat.create(&v, 2, NULL), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(vindex_flat.add(v, &(int64_t){ (int64_t)i }, vec, 1, NULL), 0);
    assert_int_equal(vindex_flat.save(v, path, NULL), 0);
    vindex_flat.close(v);
    free(path);
}

static void vectors__sweep_leaves_the_current_the_one_before_and_strangers(void **state)
{
    static const char *const stays[] = { "vectors-9.faiss",
                                         "vectors-10.faiss",
                                         "vectors-x.faiss",
                                         "vectors-.faiss",
                                         "vectors-3.faiss.bak",
                                         "knowledge.db",
                                         "vectors--4.faiss",
                                         "vectors-+4.faiss",
                                         "vectors- 4.faiss",
                                         "vectors",
                                         "vectors-99999999999999999999.faiss" };
    static const char *const goes[] = { "vectors-1.faiss", "vectors-8.faiss", "vectors-11.faiss",
                                        "vectors-10.faiss.tmp" };
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < ARRAY_LEN(stays); i++)
        folder_text(&f, stays[i], "");
    for (size_t i = 0; i < ARRAY_LEN(goes); i++)
        folder_text(&f, goes[i], "");
    vectors_sweep(f.at, 10);
    for (size_t i = 0; i < ARRAY_LEN(stays); i++)
        assert_true(folder_has(&f, stays[i]));
    for (size_t i = 0; i < ARRAY_LEN(goes); i++)
        assert_false(folder_has(&f, goes[i]));
    vectors_sweep("/nonexistent", 10);
    folder_erase(&f);
}

static void vectors__load_checks_the_count(void **state)
{
    struct kdb_head head = { .generation = 1, .chunks = 3, .dim = 2 };
    struct vindex *v;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(vectors_load(&v, &vindex_flat, f.at, &head, NULL), -ENOENT);
    save(&f, 1, 2);
    assert_int_equal(vectors_load(&v, &vindex_flat, f.at, &head, NULL), X_E_INVALID);
    assert_int_equal(vectors_load(&v, &vindex_faiss, f.at, &head, NULL), X_E_INVALID);
    save(&f, 1, 3);
    assert_int_equal(vectors_load(&v, &vindex_flat, f.at, &head, NULL), 0);
    vindex_flat.close(v);
    folder_erase(&f);
}

static void vectors__last_reference_closes(void **state)
{
    struct kdb_head head = { .generation = 7, .incarnation = 8 };
    struct vindex *index;
    struct vectors *v;

    (void)state;
    assert_int_equal(vindex_flat.create(&index, 2, NULL), 0);
    v = vectors_new(&vindex_flat, index, &head);
    assert_non_null(v);
    assert_int_equal(v->generation, 7);
    assert_ptr_equal(vectors_ref(v), v);
    vectors_unref(v);
    assert_int_equal(v->ops->count(v->index), 0);
    vectors_unref(v);
    vectors_unref(NULL);
    assert_null(vectors_ref(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors__sweep_leaves_the_current_the_one_before_and_strangers),
        cmocka_unit_test(vectors__load_checks_the_count),
        cmocka_unit_test(vectors__last_reference_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
