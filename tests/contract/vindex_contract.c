/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of vector indexes; see vindex_contract.h.
 */
#include "tests/contract/vindex_contract.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/support/folder.h"

#define CONTRACT_DIM  33 /* no multiple of any lane count */
#define CONTRACT_ROWS 200

static const struct vindex_ops *contract;
static float contract_vec[CONTRACT_ROWS][CONTRACT_DIM];
static int64_t contract_id[CONTRACT_ROWS];

/* Fixed numbers in [-1, 1): the same rows in every run. */
static float contract_number(void)
{
    static uint32_t state = 12345;

    state = state * 1664525U + 1013904223U;
    return (float)(state >> 8) / 8388608.0F - 1.0F;
}

static int contract_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONTRACT_ROWS; i++) {
        double sum = 0;

        contract_id[i] = (int64_t)i * 7 + INT64_C(5000000000); /* beyond 32 bits, with gaps */
        for (size_t j = 0; j < CONTRACT_DIM; j++) {
            contract_vec[i][j] = contract_number();
            sum += (double)contract_vec[i][j] * (double)contract_vec[i][j];
        }
        for (size_t j = 0; j < CONTRACT_DIM; j++)
            contract_vec[i][j] = (float)((double)contract_vec[i][j] / sqrt(sum));
    }
    return 0;
}

static struct vindex *contract_filled(void)
{
    struct vindex *v;

    assert_int_equal(contract->create(&v, CONTRACT_DIM, NULL), 0);
    assert_int_equal(contract->add(v, contract_id, contract_vec[0], CONTRACT_ROWS, NULL), 0);
    return v;
}

static double contract_dot(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < CONTRACT_DIM; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* How many rows are strictly nearer than `score`. */
static size_t contract_nearer(const float *query, double score)
{
    size_t n = 0;

    for (size_t i = 0; i < CONTRACT_ROWS; i++)
        n += contract_dot(query, contract_vec[i]) > score + 1e-5;
    return n;
}

static void vindex__nearest_come_first_with_their_scores(void **state)
{
    struct vindex *v = contract_filled();
    struct vindex_hit hit[10];
    size_t n;

    (void)state;
    for (size_t q = 0; q < CONTRACT_ROWS; q++) {
        assert_int_equal(contract->search(v, contract_vec[q], 10, hit, &n, NULL), 0);
        assert_int_equal(n, 10);
        assert_true(hit[0].id == contract_id[q]);
        for (size_t i = 0; i < n; i++) {
            size_t row = (size_t)(hit[i].id - contract_id[0]) / 7;

            assert_true(fabs((double)hit[i].score - contract_dot(contract_vec[q], contract_vec[row])) < 1e-4);
            assert_true(i == 0 || hit[i].score <= hit[i - 1].score);
            assert_true(contract_nearer(contract_vec[q], (double)hit[i].score) <= i);
        }
    }
    contract->close(v);
}

static void vindex__k_above_the_count_gives_all_once(void **state)
{
    struct vindex *v = contract_filled();
    struct vindex_hit hit[CONTRACT_ROWS + 100];
    bool seen[CONTRACT_ROWS] = { false };
    size_t n;

    (void)state;
    assert_int_equal(contract->search(v, contract_vec[3], ARRAY_LEN(hit), hit, &n, NULL), 0);
    assert_int_equal(n, CONTRACT_ROWS);
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)(hit[i].id - contract_id[0]) / 7;

        assert_false(seen[row]);
        seen[row] = true;
    }
    assert_int_equal(contract->search(v, contract_vec[3], 0, hit, &n, NULL), 0);
    assert_int_equal(n, 0);
    contract->close(v);
}

static void vindex__empty_answers_nothing(void **state)
{
    struct folder f;
    struct vindex *v;
    struct vindex_hit hit[3];
    size_t n = 9;

    (void)state;
    folder_make(&f);
    assert_int_equal(contract->create(&v, CONTRACT_DIM, NULL), 0);
    assert_int_equal(contract->add(v, contract_id, contract_vec[0], 0, NULL), 0);
    assert_int_equal(contract->count(v), 0);
    assert_int_equal(contract->search(v, contract_vec[0], 3, hit, &n, NULL), 0);
    assert_int_equal(n, 0);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0);
    contract->close(v);
    assert_int_equal(contract->load(&v, folder_path(&f, "v"), CONTRACT_DIM, NULL), 0);
    assert_int_equal(contract->count(v), 0);
    contract->close(v);
    folder_erase(&f);
}

static void vindex__zero_and_nan_queries_do_no_harm(void **state)
{
    struct vindex *v = contract_filled();
    float zero[CONTRACT_DIM] = { 0 }, nan_query[CONTRACT_DIM];
    struct vindex_hit hit[5];
    size_t n;

    (void)state;
    for (size_t i = 0; i < CONTRACT_DIM; i++)
        nan_query[i] = NAN;
    assert_int_equal(contract->search(v, zero, 5, hit, &n, NULL), 0);
    assert_true(n <= 5);
    assert_int_equal(contract->search(v, nan_query, 5, hit, &n, NULL), 0);
    assert_true(n <= 5);
    contract->close(v);
}

static void vindex__a_senseless_dimension_is_refused(void **state)
{
    struct vindex *v;
    struct err err = { "" };

    (void)state;
    assert_int_equal(contract->create(&v, 0, &err), X_E_INVALID);
    assert_string_not_equal(err.text, "");
    assert_int_equal(contract->create(&v, SIZE_MAX, &err), X_E_INVALID);
}

static void vindex__saved_and_loaded_answers_the_same(void **state)
{
    struct vindex *v = contract_filled(), *w;
    struct vindex_hit a[7], b[7];
    struct folder f;
    size_t n, m;

    (void)state;
    folder_make(&f);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0); /* over itself */
    assert_false(folder_has(&f, "v.tmp"));
    assert_int_equal(contract->load(&w, folder_path(&f, "v"), CONTRACT_DIM, NULL), 0);
    assert_int_equal(contract->count(w), CONTRACT_ROWS);
    assert_int_equal(contract->search(v, contract_vec[9], 7, a, &n, NULL), 0);
    assert_int_equal(contract->search(w, contract_vec[9], 7, b, &m, NULL), 0);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_true(a[i].id == b[i].id);
        assert_true(a[i].score == b[i].score);
    }
    contract->close(v);
    contract->close(w);
    folder_erase(&f);
}

static void vindex__load_refuses_absent_foreign_and_other_dim(void **state)
{
    struct vindex *v = contract_filled(), *w;
    struct err err = { "" };
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(contract->load(&w, folder_path(&f, "none"), CONTRACT_DIM, &err), -ENOENT);
    assert_int_equal(contract->load(&w, f.at, CONTRACT_DIM, &err), X_E_INVALID);
    folder_text(&f, "foreign",
                "IxMp this is not a vector file but long enough to hold a header of 64 bytes ......");
    assert_int_equal(contract->load(&w, folder_path(&f, "foreign"), CONTRACT_DIM, &err), X_E_INVALID);
    folder_text(&f, "empty", "");
    assert_int_equal(contract->load(&w, folder_path(&f, "empty"), CONTRACT_DIM, &err), X_E_INVALID);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0);
    assert_int_equal(contract->load(&w, folder_path(&f, "v"), CONTRACT_DIM + 1, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "33"));
    contract->close(v);
    folder_erase(&f);
}

/* Every length, and a flipped bit in every 13th byte. */
static void vindex__load_survives_every_truncation_and_damage(void **state)
{
    struct vindex *v, *w;
    struct folder f;
    char *bytes;
    size_t len;

    (void)state;
    folder_make(&f);
    assert_int_equal(contract->create(&v, CONTRACT_DIM, NULL), 0);
    assert_int_equal(contract->add(v, contract_id, contract_vec[0], 3, NULL), 0);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0);
    contract->close(v);
    bytes = folder_get(&f, "v", &len);
    for (size_t cut = 0; cut < len; cut++) {
        folder_put(&f, "bad", bytes, cut);
        assert_int_equal(contract->load(&w, folder_path(&f, "bad"), CONTRACT_DIM, NULL), X_E_INVALID);
    }
    for (size_t at = 0; at < len; at += at < 64 ? 1 : 13) {
        bytes[at] = (char)(bytes[at] ^ 0x10);
        folder_put(&f, "bad", bytes, len);
        assert_int_equal(contract->load(&w, folder_path(&f, "bad"), CONTRACT_DIM, NULL), X_E_INVALID);
        bytes[at] = (char)(bytes[at] ^ 0x10);
    }
    folder_put(&f, "bad", bytes, len + 1); /* one byte (the NUL) too many */
    assert_int_equal(contract->load(&w, folder_path(&f, "bad"), CONTRACT_DIM, NULL), X_E_INVALID);
    free(bytes);
    folder_erase(&f);
}

static void vindex__save_says_when_it_cannot_and_leaves_the_old_file(void **state)
{
    struct rlimit old, low = { 0 };
    struct vindex *v = contract_filled(), *w;
    struct err err = { "" };
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(contract->save(v, folder_path(&f, "no/such/folder"), &err), -ENOENT);
    assert_int_equal(contract->save(v, folder_path(&f, "v"), NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = (struct rlimit){ .rlim_cur = 8192, .rlim_max = old.rlim_max }; /* a disk that fills up */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_true(contract->save(v, folder_path(&f, "v"), &err) < 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_string_not_equal(err.text, "");
    assert_false(folder_has(&f, "v.tmp"));
    assert_int_equal(contract->load(&w, folder_path(&f, "v"), CONTRACT_DIM, NULL), 0);
    contract->close(v);
    contract->close(w);
    folder_erase(&f);
}

struct contract_thread {
    const struct vindex *index;
    pthread_t thread;
    bool failed;
};

static void *contract_searcher(void *arg)
{
    struct contract_thread *t = arg;
    struct vindex_hit hit[5];
    size_t n;

    for (size_t q = 0; q < CONTRACT_ROWS; q++)
        t->failed |= contract->search(t->index, contract_vec[q], 5, hit, &n, NULL) != 0 || n != 5 ||
                     hit[0].id != contract_id[q];
    return NULL;
}

static void vindex__many_threads_search_at_once(void **state)
{
    struct vindex *v = contract_filled();
    struct contract_thread t[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        t[i] = (struct contract_thread){ .index = v };
        assert_int_equal(pthread_create(&t[i].thread, NULL, contract_searcher, &t[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        assert_int_equal(pthread_join(t[i].thread, NULL), 0);
        assert_false(t[i].failed);
    }
    contract->close(v);
}

int vindex_contract_run(const struct vindex_ops *ops)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vindex__nearest_come_first_with_their_scores),
        cmocka_unit_test(vindex__k_above_the_count_gives_all_once),
        cmocka_unit_test(vindex__empty_answers_nothing),
        cmocka_unit_test(vindex__zero_and_nan_queries_do_no_harm),
        cmocka_unit_test(vindex__a_senseless_dimension_is_refused),
        cmocka_unit_test(vindex__saved_and_loaded_answers_the_same),
        cmocka_unit_test(vindex__load_refuses_absent_foreign_and_other_dim),
        cmocka_unit_test(vindex__load_survives_every_truncation_and_damage),
        cmocka_unit_test(vindex__save_says_when_it_cannot_and_leaves_the_old_file),
        cmocka_unit_test(vindex__many_threads_search_at_once),
    };

    contract = ops;
    return cmocka_run_group_tests_name(ops->name, tests, contract_rows, NULL);
}
