/* SPDX-License-Identifier: Apache-2.0
 *
 * Common words: the quick sum is the plain one at every length, and a dense list scores as any other.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lexical/lexical_impl.h"
#include "tests/support/folder.h"

#define MOST 67
#define ROWS 300
#define HITS 128

static void dense__is_the_plain_sum(void **state)
{
    const uint32_t flag[] = { 0, 0x80000000U }, weight[] = { 1, 8000000 };
    uint32_t a[MOST], b[MOST];
    uint8_t impact[MOST];

    (void)state;
    for (uint32_t n = 0; n <= MOST; n++)
        for (size_t k = 0; k < 4; k++) {
            for (uint32_t i = 0; i < MOST; i++) {
                a[i] = b[i] = i * 1000003U & 0x3fffffffU;
                impact[i] = i % 3 ? (uint8_t)(i * 37) : 0;
            }
            lex_add_dense(a, impact, n, weight[k / 2], flag[k % 2]);
            lex_add_dense_plain(b, impact, n, weight[k / 2], flag[k % 2]);
            assert_memory_equal(a, b, sizeof a);
            assert_true(n == MOST || a[n] == (n * 1000003U & 0x3fffffffU)); /* nothing behind the end */
        }
}

/* Key 1 is in all passages but each seventh, twice in each tenth; key 2 in each seventh. */
static void write_rows(const char *path)
{
    struct lexical_writer *w;

    assert_int_equal(lexical_writer_open(&w, path, 2, NULL), 0);
    for (int64_t i = 0; i < ROWS; i++) {
        struct lexical_feature f[] = { { i % 7 ? 1 : 2, i % 10 ? 1 : 2 },
                                       { 1000 + (uint64_t)i, i % 10 ? 1 : 0.0F } };
        struct lexical_passage p = { .id = i, .title = "", .source = "", .text = "" };

        assert_int_equal(lexical_writer_add(w, &p, f, ARRAY_LEN(f), NULL), 0);
    }
    assert_int_equal(lexical_writer_close(w, &(struct lexical_stamp){ .generation = 1 }, NULL), 0);
}

static void dense__a_common_word_scores_as_any_other(void **state)
{
    struct lexical_scratch *s = lexical_scratch_new();
    struct lexical_term both[] = { { .key = 1, .weight = 1, .tells = true }, { .key = 2, .weight = 1 } };
    struct lexical_hit hit[HITS];
    struct lexical *l;
    struct folder f;
    size_t n;

    (void)state;
    assert_non_null(s);
    folder_make(&f);
    write_rows(folder_path(&f, "index"));
    assert_int_equal(lexical_open(&l, folder_path(&f, "index"), NULL), 0);
    n = lexical_search(l, s, both, 1, 0, hit, HITS);
    assert_int_equal(n, HITS);
    for (size_t i = 0; i < n; i++) {
        double tf = hit[i].at % 10 ? 1 : 2, rarity = log(1 + (ROWS - 257 + 0.5) / (257 + 0.5));

        assert_true(hit[i].at % 7 != 0);
        assert_true((i < 25) == (tf > 1)); /* 30 of 300, less those that are a seventh */
        assert_true(fabs((double)hit[i].score - rarity * tf / (tf + LEX_K1)) < 0.003);
    }
    n = lexical_search(l, s, both, 2, 1, hit, HITS); /* key 2 does not tell: key 1 must be there */
    for (size_t i = 0; i < n; i++)
        assert_true(hit[i].at % 7 != 0);
    lexical_close(l);
    lexical_scratch_free(s);
    folder_erase(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense__is_the_plain_sum),
        cmocka_unit_test(dense__a_common_word_scores_as_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
