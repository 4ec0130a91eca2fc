/* SPDX-License-Identifier: Apache-2.0
 *
 * Search files: what is written is found with the score the formula says, and what is not such a file, or is
 * one no longer, is refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "lexical/lexical_impl.h"
#include "tests/support/folder.h"

struct fixture {
    struct folder f;
    char path[300];
    struct lexical *l;
    struct lexical_scratch *s;
};

static int make(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);

    assert_non_null(x);
    folder_make(&x->f);
    (void)snprintf(x->path, sizeof x->path, "%s", folder_path(&x->f, "index"));
    x->s = lexical_scratch_new();
    assert_non_null(x->s);
    *state = x;
    return 0;
}

static int erase(void **state)
{
    struct fixture *x = *state;

    lexical_close(x->l);
    lexical_scratch_free(x->s);
    folder_erase(&x->f);
    free(x);
    return 0;
}

static struct lexical_writer *writer(const struct fixture *x, double mean)
{
    struct lexical_writer *w;

    assert_int_equal(lexical_writer_open(&w, x->path, mean, NULL), 0);
    return w;
}

static void add(struct lexical_writer *w, int64_t id, const uint64_t *key, size_t n)
{
    const uint16_t code[] = { 1, 2, 3 };
    struct lexical_feature f[16];
    char text[40];
    struct lexical_passage p = { .id = id, .title = "Title", .source = "a.md", .text = text };

    assert_true(n <= ARRAY_LEN(f));
    (void)snprintf(text, sizeof text, "passage %lld", (long long)id);
    for (size_t i = 0; i < n; i++)
        f[i] = (struct lexical_feature){ .key = key[i], .tf = 1 };
    p.code = code;
    p.title_codes = p.heading_codes = p.body_codes = 1;
    assert_int_equal(lexical_writer_add(w, &p, f, n, NULL), 0);
}

#define ADD(w, id, ...) add(w, id, (uint64_t[]){ __VA_ARGS__ }, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8)

static void end(struct fixture *x, struct lexical_writer *w)
{
    const struct lexical_stamp stamp = {
        .incarnation = 7, .generation = 3, .documents = 2, .dim = 5, .embedder = "e", .vindex = "v"
    };

    assert_int_equal(lexical_writer_close(w, &stamp, NULL), 0);
    assert_int_equal(lexical_open(&x->l, x->path, NULL), 0);
}

static void three(struct fixture *x)
{
    struct lexical_writer *w = writer(x, 2);

    ADD(w, 10, 100, 200);
    ADD(w, 20, 100, 100);
    ADD(w, 35, 300, 200);
    end(x, w);
}

static size_t search(struct fixture *x, uint64_t key, struct lexical_hit *hit, size_t k)
{
    struct lexical_term t = { .key = key, .weight = 1, .tells = true };

    return lexical_search(x->l, x->s, &t, 1, 0.1F, hit, k);
}

static void lexical__passages_come_back(void **state)
{
    struct fixture *x = *state;
    struct lexical_passage p;
    uint32_t at;

    three(x);
    assert_int_equal(lexical_chunks(x->l), 3);
    assert_int_equal(lexical_stamp_of(x->l)->generation, 3);
    assert_string_equal(lexical_stamp_of(x->l)->embedder, "e");
    lexical_passage_at(x->l, 1, &p);
    assert_int_equal(p.id, 20);
    assert_string_equal(p.title, "Title");
    assert_string_equal(p.source, "a.md");
    assert_string_equal(p.text, "passage 20");
    assert_int_equal(p.code[0], 1);
    assert_int_equal(p.code[2], 3);
    assert_int_equal(p.body_codes, 1);
    assert_true(lexical_find(x->l, 35, &at));
    assert_int_equal(at, 2);
    assert_false(lexical_find(x->l, 34, &at));
    assert_false(lexical_find(x->l, -1, &at));
    assert_true(lexical_is_at(x->l, x->path));
    assert_int_equal(unlink(x->path), 0);
    assert_false(lexical_is_at(x->l, x->path));
    lexical_passage_at(x->l, 2, &p); /* the pages stay */
    assert_string_equal(p.text, "passage 35");
}

/* BM25 within what 8 bits can say. */
static void lexical__scores_are_the_formulas(void **state)
{
    struct fixture *x = *state;
    struct lexical_hit hit[4];
    double once = 1 / (1 + LEX_K1), twice = 2 / (2 + LEX_K1);
    double rarity = log(1 + (3 - 2 + 0.5) / (2 + 0.5));

    three(x);
    assert_int_equal(search(x, 100, hit, 4), 2);
    assert_int_equal(hit[0].at, 1);
    assert_int_equal(hit[1].at, 0);
    assert_true(fabs((double)hit[0].score - twice * rarity) < 0.005);
    assert_true(fabs((double)hit[1].score - once * rarity) < 0.005);
    assert_int_equal(search(x, 100, hit, 1), 1);
    assert_int_equal(hit[0].at, 1);
    assert_int_equal(search(x, 100, hit, 0), 0);
    assert_int_equal(search(x, 999, hit, 4), 0);
}

static void lexical__equal_scores_keep_their_order(void **state)
{
    struct fixture *x = *state;
    struct lexical_writer *w = writer(x, 1);
    struct lexical_hit hit[5];

    for (int64_t i = 1; i <= 9; i++)
        ADD(w, i, 42);
    end(x, w);
    assert_int_equal(search(x, 42, hit, 5), 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(hit[i].at, i);
}

static void lexical__a_term_that_does_not_tell_needs_a_share(void **state)
{
    struct fixture *x = *state;
    struct lexical_hit hit[4];
    struct lexical_term t[] = { { .key = 300, .weight = 0.1F }, { .key = 555, .weight = 1, .tells = true } };

    three(x);
    assert_int_equal(lexical_search(x->l, x->s, t, 2, 0.5F, hit, 4), 0);
    assert_int_equal(lexical_search(x->l, x->s, t, 2, 0.01F, hit, 4), 1);
    t[0].tells = true;
    assert_int_equal(lexical_search(x->l, x->s, t, 2, 0.5F, hit, 4), 1);
    assert_int_equal(hit[0].at, 2);
}

static void lexical__nothing_in_it_is_a_file_too(void **state)
{
    struct fixture *x = *state;
    struct lexical_hit hit[1];
    uint32_t at;

    end(x, writer(x, 0));
    assert_int_equal(lexical_chunks(x->l), 0);
    assert_int_equal(search(x, 100, hit, 1), 0);
    assert_false(lexical_find(x->l, 1, &at));
}

static void lexical__passages_without_features_are_only_carried(void **state)
{
    struct fixture *x = *state;
    struct lexical_writer *w = writer(x, 0);
    struct lexical_hit hit[1];
    struct lexical_passage p;

    add(w, 1, NULL, 0);
    end(x, w);
    assert_int_equal(search(x, 100, hit, 1), 0);
    lexical_passage_at(x->l, 0, &p);
    assert_string_equal(p.text, "passage 1");
}

static void lexical__more_than_one_shard(void **state)
{
    struct fixture *x = *state;
    struct lexical_writer *w = writer(x, 2);
    struct lexical_passage p;
    struct lexical_hit hit[3];
    uint32_t at, n = LEXICAL_SHARD + 5;

    for (uint32_t i = 0; i < n; i++)
        ADD(w, (int64_t)i * 2, 1, i % 1000 == 7 ? 77 : 2, 1000 + i);
    end(x, w);
    assert_int_equal(lexical_chunks(x->l), n);
    assert_int_equal(search(x, 1000 + n - 1, hit, 3), 1);
    assert_int_equal(hit[0].at, n - 1);
    assert_int_equal(search(x, 77, hit, 3), 3);
    assert_int_equal(hit[2].at, 2007);
    assert_true(lexical_find(x->l, (int64_t)(n - 1) * 2, &at));
    assert_int_equal(at, n - 1);
    lexical_passage_at(x->l, at, &p);
    assert_string_equal(p.text, "passage 131080");
    assert_string_equal(p.title, "Title");
}

static void lexical__too_many_terms_are_cut(void **state)
{
    struct fixture *x = *state;
    struct lexical_term t[LEXICAL_TERMS_MAX + 1];
    struct lexical_hit hit[3];

    three(x);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        t[i] = (struct lexical_term){ .key = i < LEXICAL_TERMS_MAX ? 5000 + i : 100,
                                      .weight = 1,
                                      .tells = true };
    assert_int_equal(lexical_search(x->l, x->s, t, ARRAY_LEN(t), 0, hit, 3), 0);
    t[17].key = 100;
    assert_int_equal(lexical_search(x->l, x->s, t, ARRAY_LEN(t), 0, hit, 3), 2);
}

static void lexical__passages_out_of_order_are_refused(void **state)
{
    struct fixture *x = *state;
    struct lexical_writer *w = writer(x, 1);
    struct lexical_passage p = { .id = 5, .title = "", .source = "", .text = "" };

    ADD(w, 5, 1);
    assert_int_equal(lexical_writer_add(w, &p, NULL, 0, NULL), -EINVAL);
    lexical_writer_drop(w);
    assert_false(folder_has(&x->f, "index"));
    lexical_writer_drop(NULL);
}

static void lexical__what_cannot_be_written_is_named(void **state)
{
    struct err err = { "" };
    struct lexical_writer *w;

    (void)state;
    assert_int_equal(lexical_writer_open(&w, "/nonexistent/index", 1, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/index"));
}

/* EFBIG stands for ENOSPC: the same calls fail at the same places. */
static void lexical__a_full_disk_leaves_no_file(void **state)
{
    struct fixture *x = *state;
    struct rlimit before, small;
    struct err err = { "" };

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes < 2048; bytes += 256) {
        struct lexical_writer *w = NULL;
        int rc;

        small = (struct rlimit){ .rlim_cur = bytes, .rlim_max = before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        rc = lexical_writer_open(&w, x->path, 1, &err);
        for (int64_t i = 1; !rc && i < 200; i++)
            ADD(w, i, (uint64_t)i, 1);
        if (!rc)
            rc = lexical_writer_close(w, &(struct lexical_stamp){ .generation = 1 }, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(rc, -EFBIG);
        assert_non_null(strstr(err.text, "large"));
        assert_false(folder_has(&x->f, "index"));
    }
    (void)signal(SIGXFSZ, SIG_DFL);
}

/* ---- files that are none ---- */

static int open_bytes(struct fixture *x, const char *bytes, size_t len, struct err *err)
{
    struct lexical *l = NULL;
    int rc;

    folder_put(&x->f, "other", bytes, len);
    rc = lexical_open(&l, folder_path(&x->f, "other"), err);
    lexical_close(l);
    return rc;
}

static void lexical__peek_says_who_it_is(void **state)
{
    struct fixture *x = *state;
    struct lexical_stamp s;
    size_t chunks;

    assert_int_equal(lexical_peek(x->path, &s, &chunks, NULL), -ENOENT);
    three(x);
    assert_int_equal(lexical_peek(x->path, &s, &chunks, NULL), 0);
    assert_int_equal(chunks, 3);
    assert_int_equal(s.generation, 3);
    assert_string_equal(s.embedder, "e");
    assert_int_equal(truncate(x->path, 400), 0);
    assert_int_equal(lexical_peek(x->path, &s, &chunks, NULL), X_E_INVALID);
    assert_int_equal(lexical_peek(x->f.at, &s, &chunks, NULL), X_E_INVALID); /* a folder */
    lexical_close(x->l); /* mapped beyond its end now: must not be read */
    x->l = NULL;
}

static void lexical__foreign_files_are_refused(void **state)
{
    struct fixture *x = *state;
    struct err err = { "" };
    char big[4096] = "PARLEYVX";

    assert_int_equal(lexical_open(&x->l, x->path, &err), -ENOENT);
    assert_int_equal(open_bytes(x, "", 0, &err), X_E_INVALID);
    assert_int_equal(open_bytes(x, big, sizeof big, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "not a search file"));
    assert_int_equal(lexical_open(&x->l, x->f.at, &err), X_E_INVALID);
    assert_null(x->l);
}

/* In place, which nothing but a test may do: no reader has it open. */
static int open_file(const struct fixture *x)
{
    int fd = open(x->path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static bool opens(const struct fixture *x)
{
    struct lexical *l = NULL;
    int rc = lexical_open(&l, x->path, NULL);

    assert_true(rc == 0 || rc == X_E_INVALID);
    lexical_close(l);
    return rc == 0;
}

static void lexical__every_truncation_is_seen(void **state)
{
    struct fixture *x = *state;
    off_t len;
    int fd;

    three(x);
    lexical_close(x->l);
    x->l = NULL;
    fd = open_file(x);
    len = lseek(fd, 0, SEEK_END);
    assert_true(opens(x));
    for (off_t n = len - 1; n >= 0; n--) {
        assert_int_equal(ftruncate(fd, n), 0);
        assert_false(opens(x));
    }
    close(fd);
}

/* Padding apart, no bit may flip unseen. */
static void lexical__damage_is_seen(void **state)
{
    struct fixture *x = *state;
    size_t len, unseen = 0;
    char *good;
    int fd;

    three(x);
    lexical_close(x->l);
    x->l = NULL;
    good = folder_get(&x->f, "index", &len);
    fd = open_file(x);
    for (size_t i = 0; i < len; i++) {
        char bad = (char)(good[i] ^ 0x10);

        assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
        unseen += opens(x);
        assert_int_equal(pwrite(fd, &good[i], 1, (off_t)i), 1);
    }
    assert_true(opens(x));
    assert_true(unseen < 50); /* seven parts, up to seven bytes behind each */
    close(fd);
    free(good);
}

static void lexical__a_writer_that_died_leaves_no_index(void **state)
{
    struct fixture *x = *state;
    struct lexical_writer *w = writer(x, 1);
    struct err err = { "" };

    for (int64_t i = 1; i <= (int64_t)LEXICAL_SHARD + 1; i++)
        ADD(w, i, 1, 2);
    assert_int_equal(lexical_open(&x->l, x->path, &err), X_E_INVALID); /* a shard is there, the head is not */
    lexical_writer_drop(w);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lexical__passages_come_back),
        TEST(lexical__scores_are_the_formulas),
        TEST(lexical__equal_scores_keep_their_order),
        TEST(lexical__a_term_that_does_not_tell_needs_a_share),
        TEST(lexical__nothing_in_it_is_a_file_too),
        TEST(lexical__passages_without_features_are_only_carried),
        TEST(lexical__more_than_one_shard),
        TEST(lexical__too_many_terms_are_cut),
        TEST(lexical__passages_out_of_order_are_refused),
        TEST(lexical__what_cannot_be_written_is_named),
        TEST(lexical__a_full_disk_leaves_no_file),
        TEST(lexical__peek_says_who_it_is),
        TEST(lexical__foreign_files_are_refused),
        TEST(lexical__every_truncation_is_seen),
        TEST(lexical__damage_is_seen),
        TEST(lexical__a_writer_that_died_leaves_no_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
