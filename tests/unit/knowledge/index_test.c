/* SPDX-License-Identifier: Apache-2.0
 *
 * The indexer: what a run adds, changes and removes, and what every way of failing leaves behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/file.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "knowledge/knowledge.h"
#include "tests/support/folder.h"

struct fixture {
    struct folder source, state;
    struct knowledge_index_conf conf;
    struct knowledge_report report;
    struct err err;
    size_t progress, last_done, failures;
    char failed[300];
};

static void on_progress(void *ctx, const struct knowledge_progress *p)
{
    struct fixture *x = ctx;

    assert_true(p->done <= p->total);
    assert_true((p->done == p->total) == (*p->path == '\0'));
    x->progress++;
    x->last_done = p->done;
}

static void on_failed(void *ctx, const char *path, const char *why)
{
    struct fixture *x = ctx;

    x->failures++;
    (void)snprintf(x->failed, sizeof x->failed, "%s: %s", path, why);
}

static int make(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);

    assert_non_null(x);
    folder_make(&x->source);
    folder_make(&x->state);
    x->conf = (struct knowledge_index_conf){
        .state_dir = x->state.at,
        .source_dir = x->source.at,
        .embedder = &embedder_hash,
        .vindex = &vindex_faiss,
        .progress = on_progress,
        .failed = on_failed,
        .ctx = x,
    };
    *state = x;
    return 0;
}

static int erase(void **state)
{
    struct fixture *x = *state;

    folder_erase(&x->source);
    folder_erase(&x->state);
    free(x);
    return 0;
}

static int run(struct fixture *x)
{
    x->progress = x->failures = 0;
    x->failed[0] = '\0';
    return knowledge_index(&x->conf, &x->report, &x->err);
}

static void expect(const struct fixture *x, size_t added, size_t changed, size_t unchanged, size_t removed)
{
    assert_int_equal(x->report.added, added);
    assert_int_equal(x->report.changed, changed);
    assert_int_equal(x->report.unchanged, unchanged);
    assert_int_equal(x->report.removed, removed);
    assert_int_equal(x->report.files, added + changed + unchanged);
}

/* The path of the best passage, "" when nothing is found. */
static const char *best(const struct fixture *x, const char *question)
{
    static char source[300];
    struct knowledge_reader *r;
    struct turn_passages p;
    struct knowledge *k;
    struct arena a;

    arena_init(&a, TURN_ARENA_BYTES);
    assert_int_equal(knowledge_open(&k, x->state.at, &embedder_hash, &vindex_faiss, NULL), 0);
    assert_int_equal(knowledge_reader_open(&r, k, NULL), 0);
    assert_int_equal(knowledge_search(r, question, 5, &a, &p, NULL), 0);
    (void)snprintf(source, sizeof source, "%s", p.len ? p.at[0].source : "");
    arena_wipe(&a);
    knowledge_reader_close(r);
    knowledge_close(k);
    return source;
}

/* Old enough that its time is trusted. */
static void age(const struct fixture *x, const char *name, time_t seconds)
{
    struct timespec now, t[2];

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    t[0] = t[1] = (struct timespec){ .tv_sec = now.tv_sec - seconds };
    assert_int_equal(utimensat(AT_FDCWD, folder_path(&x->source, name), t, 0), 0);
}

static void animals(const struct fixture *x)
{
    folder_text(&x->source, "walrus.md", "# Walrus\n\nThe walrus has tusks.\n");
    folder_text(&x->source, "birds/penguin.md", "# Penguin\n\nThe penguin swims.\n");
    folder_text(&x->source, "giraffe.txt", "Giraffe\n\nThe giraffe has a long neck.\n");
}

static void index__first_run_adds_everything(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    expect(x, 3, 0, 0, 0);
    assert_int_equal(x->report.chunks, 3);
    assert_int_equal(x->report.generation, 1);
    assert_int_equal(x->progress, 4);
    assert_int_equal(x->last_done, 3);
    assert_true(folder_has(&x->state, "knowledge.index"));
    assert_false(folder_has(&x->state, "knowledge.index.tmp"));
    assert_false(folder_has(&x->state, "vectors-1.vec")); /* nobody would ask for them */
    assert_string_equal(best(x, "penguin"), "birds/penguin.md");
    assert_string_equal(best(x, "girafe"), "giraffe.txt");
}

static void index__nothing_changed_makes_no_generation(void **state)
{
    struct fixture *x = *state;

    animals(x);
    age(x, "walrus.md", 100);
    assert_int_equal(run(x), 0);
    assert_int_equal(run(x), 0);
    expect(x, 0, 0, 3, 0);
    assert_int_equal(x->report.generation, 1);
    assert_int_equal(x->report.chunks, 3);
    age(x, "walrus.md", 50); /* other time, same content */
    assert_int_equal(run(x), 0);
    expect(x, 0, 0, 3, 0);
    assert_int_equal(x->report.generation, 1);
}

static void index__follows_added_changed_and_removed_files(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    folder_text(&x->source, "walrus.md", "# Walrus\n\nNow about moustaches.\n");
    folder_text(&x->source, "otter.md", "# Otter\n\nThe otter holds hands.\n");
    assert_int_equal(unlink(folder_path(&x->source, "giraffe.txt")), 0);
    assert_int_equal(run(x), 0);
    expect(x, 1, 1, 1, 1);
    assert_int_equal(x->report.chunks, 3);
    assert_int_equal(x->report.generation, 2);
    assert_string_equal(best(x, "moustaches"), "walrus.md");
    assert_string_equal(best(x, "otter"), "otter.md");
    assert_string_equal(best(x, "tusks"), "");
    assert_string_equal(best(x, "giraffe"), "");
}

/* An editor may save twice within a clock tick. */
static void index__same_size_and_time_do_not_hide_a_change(void **state)
{
    struct fixture *x = *state;
    struct stat st;
    struct timespec t[2];

    folder_text(&x->source, "a.md", "# A\n\nwalrus");
    assert_int_equal(stat(folder_path(&x->source, "a.md"), &st), 0);
    assert_int_equal(run(x), 0);
    folder_text(&x->source, "a.md", "# A\n\nbadger");
    t[0] = t[1] = st.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, folder_path(&x->source, "a.md"), t, 0), 0);
    assert_int_equal(run(x), 0);
    expect(x, 0, 1, 0, 0);
    assert_string_equal(best(x, "badger"), "a.md");
}

static void index__broken_file_is_reported_and_keeps_what_it_had(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    folder_text(&x->source, "walrus.md", "# Walrus\n\nThe \xff\xfe.\n");
    folder_text(&x->source, "new.md", "\xc0\xaf");
    assert_int_equal(run(x), 0);
    assert_int_equal(x->report.failed, 2);
    assert_int_equal(x->failures, 2);
    assert_non_null(strstr(x->failed, "walrus.md: line 3"));
    expect(x, 0, 0, 2, 0);
    assert_string_equal(best(x, "tusks"), "walrus.md");
}

static void index__folder_that_cannot_be_entered_keeps_its_documents(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    assert_int_equal(rename(folder_path(&x->source, "birds"), folder_path(&x->source, ".away")), 0);
    assert_int_equal(symlink("/usr", folder_path(&x->source, "birds")), 0); /* refused, as EACCES would be */
    assert_int_equal(run(x), 0);
    assert_int_equal(x->report.failed, 1);
    assert_int_equal(x->report.removed, 0);
    assert_string_equal(best(x, "penguin"), "birds/penguin.md");
}

static void index__absent_source_changes_nothing(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    x->conf.source_dir = "/nonexistent/folder";
    assert_int_equal(run(x), -ENOENT);
    assert_non_null(strstr(x->err.text, "/nonexistent/folder"));
    assert_string_equal(best(x, "walrus"), "walrus.md");
}

static void index__another_source_replaces_all(void **state)
{
    struct fixture *x = *state;
    struct folder other;

    animals(x);
    assert_int_equal(run(x), 0);
    folder_make(&other);
    folder_text(&other, "walrus.md", "# Walrus\n\nAnother book.\n");
    x->conf.source_dir = other.at;
    assert_int_equal(run(x), 0);
    expect(x, 0, 1, 0, 2);
    assert_string_equal(best(x, "penguin"), "");
    folder_erase(&other);
}

static void index__an_empty_folder_empties_the_index(void **state)
{
    struct fixture *x = *state;

    assert_int_equal(run(x), 0);
    assert_int_equal(x->report.chunks, 0);
    animals(x);
    assert_int_equal(run(x), 0);
    assert_int_equal(unlink(folder_path(&x->source, "walrus.md")), 0);
    assert_int_equal(unlink(folder_path(&x->source, "giraffe.txt")), 0);
    assert_int_equal(unlink(folder_path(&x->source, "birds/penguin.md")), 0);
    assert_int_equal(run(x), 0);
    expect(x, 0, 0, 0, 3);
    assert_int_equal(x->report.chunks, 0);
    assert_string_equal(best(x, "walrus"), "");
}

static void index__second_indexer_is_told_who_is_at_work(void **state)
{
    struct fixture *x = *state;
    int fd = open(folder_path(&x->state, "knowledge.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    animals(x);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_true(dprintf(fd, "4711\n") > 0);
    assert_int_equal(run(x), X_E_BUSY);
    assert_non_null(strstr(x->err.text, "4711"));
    assert_false(folder_has(&x->state, "knowledge.db"));
    close(fd);
    assert_int_equal(run(x), 0);
}

/* ---- another embedder ---- */

static int fake_code;

static int fake_open(struct embedder **out, struct err *err)
{
    (void)err;
    *out = NULL;
    return 0;
}

static size_t fake_dim(const struct embedder *e)
{
    (void)e;
    return 4;
}

static int fake_embed(const struct embedder *e, const struct str *text, size_t n, float *out, struct err *err)
{
    (void)e;
    (void)text;
    if (fake_code)
        return err_set(err, fake_code, "the model is not at home");
    for (size_t i = 0; i < 4 * n; i++)
        out[i] = 0.5F;
    return 0;
}

static void fake_close(struct embedder *e)
{
    (void)e;
}

static const struct embedder_ops fake = { "fake-4", fake_open, fake_dim, fake_embed, fake_close, false };

static void index__another_embedder_makes_all_vectors_anew(void **state)
{
    struct fixture *x = *state;

    animals(x);
    age(x, "walrus.md", 100);
    age(x, "birds/penguin.md", 100);
    age(x, "giraffe.txt", 100);
    assert_int_equal(run(x), 0);
    x->conf.embedder = &fake;
    fake_code = 0;
    assert_int_equal(run(x), 0);
    expect(x, 0, 3, 0, 0);
    assert_int_equal(x->report.generation, 2);
    assert_true(folder_has(&x->state, "vectors-2.vec"));
    assert_string_equal(best(x, "penguin"), "birds/penguin.md"); /* the reader has the other embedder */
}

static void index__failing_embedder_leaves_the_old_index(void **state)
{
    struct fixture *x = *state;

    animals(x);
    assert_int_equal(run(x), 0);
    folder_text(&x->source, "otter.md", "# Otter\n");
    x->conf.embedder = &fake;
    fake_code = -EHOSTDOWN;
    assert_int_equal(run(x), -EHOSTDOWN);
    assert_string_equal(x->err.text, "the model is not at home");
    assert_string_equal(best(x, "penguin"), "birds/penguin.md");
    assert_string_equal(best(x, "girafe"), "giraffe.txt");
    assert_false(folder_has(&x->state, "knowledge.index.tmp"));
}

static void index__another_back_end_makes_its_own_file(void **state)
{
    struct fixture *x = *state;

    animals(x);
    x->conf.embedder = &fake;
    fake_code = 0;
    assert_int_equal(run(x), 0);
    x->conf.vindex = &vindex_flat;
    assert_int_equal(run(x), 0);
    assert_int_equal(x->report.generation, 2);
}

/* ---- files that are lost ---- */

static void index__lost_or_damaged_files_are_made_again(void **state)
{
    struct fixture *x = *state;
    char name[40];
    int generation = 1;

    animals(x);
    x->conf.embedder = &fake;
    fake_code = 0;
    assert_int_equal(run(x), 0);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof name, i ? "vectors-%d.vec" : "knowledge.index", generation);
        assert_int_equal(unlink(folder_path(&x->state, name)), 0);
        assert_int_equal(run(x), 0);
        expect(x, 0, 0, 3, 0);
        assert_int_equal(x->report.generation, ++generation);
        (void)snprintf(name, sizeof name, i ? "vectors-%d.vec" : "knowledge.index", generation);
        assert_int_equal(truncate(folder_path(&x->state, name), 100), 0);
        assert_int_equal(run(x), 0);
        assert_int_equal(x->report.generation, ++generation);
    }
    assert_string_equal(best(x, "girafe"), "giraffe.txt");
}

/* As after a kill between the commit of the rows and the rename. */
static void index__generation_that_was_not_published_is_made_again(void **state)
{
    struct fixture *x = *state;
    size_t len;
    char *old;

    animals(x);
    assert_int_equal(run(x), 0);
    old = folder_get(&x->state, "knowledge.index", &len);
    folder_text(&x->source, "otter.md", "# Otter\n\nThe otter holds hands.\n");
    assert_int_equal(run(x), 0);
    folder_put(&x->state, "knowledge.index", old, len);
    free(old);
    assert_string_equal(best(x, "otter"), "");
    assert_string_equal(best(x, "penguin"), "birds/penguin.md");
    assert_int_equal(run(x), 0);
    expect(x, 0, 0, 4, 0);
    assert_string_equal(best(x, "otter"), "otter.md");
}

static void index__state_that_cannot_be_written_is_named(void **state)
{
    struct fixture *x = *state;

    folder_text(&x->state, "file", "");
    x->conf.state_dir = folder_path(&x->state, "file");
    assert_true(run(x) < 0);
    assert_string_not_equal(x->err.text, "");
    x->conf.state_dir = folder_path(&x->state, "no/such/parent");
    assert_int_equal(run(x), -ENOENT);
}

static void index__hostile_names_and_contents_are_only_data(void **state)
{
    struct fixture *x = *state;
    char *big = malloc(300000);

    assert_non_null(big);
    for (size_t i = 0; i < 300000; i++)
        big[i] = "[*`>-# <"[i * i % 8];
    folder_put(&x->source, "big.md", big, 300000);
    free(big);
    folder_text(&x->source, "x'); DROP TABLE chunks;--.md",
                "# '\"; DROP TABLE documents;\n\nRobert'); OR 1=1");
    folder_text(&x->source, "%s%n%d.md", "# %s%n\n\nzebra %s%n%x");
    folder_text(&x->source, "\xf0\x9f\x90\xa7.md", "# \xf0\x9f\x90\xa7\n\nAn emoji \xe2\x80\xae bidi");
    folder_text(&x->source, "e\nvil.md", "x");
    assert_int_equal(run(x), 0);
    assert_int_equal(x->report.failed, 1);
    assert_int_equal(x->report.added, 4);
    assert_string_equal(best(x, "zebra"), "%s%n%d.md");
    assert_string_equal(best(x, "Robert"), "x'); DROP TABLE chunks;--.md");
}

/* ---- kill -9 ---- */

/* One version of the folder: every document says the round, so a mixture would be seen. */
static void write_round(const struct fixture *x, int round)
{
    char name[32], text[600];

    for (int i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof name, "doc%02d.md", i);
        (void)snprintf(text, sizeof text,
                       "# Document %d\n\nround%d walrus.\n\n## More\n\nSection of round%d.\n", i, round,
                       round);
        folder_text(&x->source, name, text);
    }
    (void)snprintf(name, sizeof name, "extra%d.md", round); /* one comes, one goes */
    folder_text(&x->source, name, "# Extra\n\nwalrus");
    (void)snprintf(name, sizeof name, "extra%d.md", round - 1);
    (void)unlink(folder_path(&x->source, name));
}

static pid_t start_child(const struct fixture *x)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct knowledge_index_conf conf = x->conf;
        struct knowledge_report report;

        conf.progress = NULL;
        conf.failed = NULL;
        _exit(knowledge_index(&conf, &report, NULL) == 0 ? 0 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

/* All passages are of one round, and there are as many vectors and rows as the head says. */
static int64_t check_whole(const struct fixture *x, int round)
{
    struct knowledge_reader *r;
    struct knowledge_stats s;
    struct turn_passages p;
    struct knowledge *k;
    struct arena a;
    char old_word[20], new_word[20];
    int olds = 0, news = 0;

    (void)snprintf(old_word, sizeof old_word, "round%d ", round - 1);
    (void)snprintf(new_word, sizeof new_word, "round%d ", round);
    arena_init(&a, TURN_ARENA_BYTES);
    assert_int_equal(knowledge_open(&k, x->state.at, &embedder_hash, &vindex_faiss, NULL), 0);
    assert_int_equal(knowledge_reader_open(&r, k, NULL), 0);
    assert_int_equal(knowledge_search(r, "walrus", TURN_PASSAGES_MAX, &a, &p, NULL), 0);
    assert_true(p.len >= 12);
    for (size_t i = 0; i < p.len; i++) {
        olds += strstr(p.at[i].text, old_word) != NULL;
        news += strstr(p.at[i].text, new_word) != NULL;
    }
    assert_int_equal(olds + news, 12);
    assert_true(olds == 0 || news == 0);
    assert_int_equal(knowledge_stats(r, &s, NULL), 0);
    assert_int_equal(s.documents, 13);
    assert_int_equal(s.chunks, 25);
    arena_wipe(&a);
    knowledge_reader_close(r);
    knowledge_close(k);
    return s.generation;
}

/* The moments of death are spread over the run, whose length is followed as it changes with the machine's
 * load. */
static void index__kill_9_leaves_the_old_or_the_new_index(void **state)
{
    struct fixture *x = *state;
    int64_t span_us = 20000;
    int status, round = 0, killed = 0, finished = 0;

    write_round(x, round);
    assert_int_equal(run(x), 0);
    while (killed < 20 || finished < 2) {
        int part = ++round % 20 + 1;
        int64_t wait_ns = span_us * part * 50;
        struct timespec until = { .tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000 };
        pid_t pid;

        assert_true(round < 400);
        write_round(x, round);
        pid = start_child(x);
        (void)ppoll(NULL, 0, &until, NULL);
        (void)kill(pid, SIGKILL);
        assert_true(waitpid(pid, &status, 0) == pid);
        killed += WIFSIGNALED(status) != 0;
        finished += !WIFSIGNALED(status);
        span_us = WIFSIGNALED(status) ? span_us + (part == 20 ? span_us / 4 : 0) : span_us * 19 / 20;
        check_whole(x, round);
        assert_int_equal(run(x), 0); /* nothing of it is in the way of the next run */
        assert_true(check_whole(x, round) == x->report.generation);
    }
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(index__first_run_adds_everything),
        TEST(index__nothing_changed_makes_no_generation),
        TEST(index__follows_added_changed_and_removed_files),
        TEST(index__same_size_and_time_do_not_hide_a_change),
        TEST(index__broken_file_is_reported_and_keeps_what_it_had),
        TEST(index__folder_that_cannot_be_entered_keeps_its_documents),
        TEST(index__absent_source_changes_nothing),
        TEST(index__another_source_replaces_all),
        TEST(index__an_empty_folder_empties_the_index),
        TEST(index__second_indexer_is_told_who_is_at_work),
        TEST(index__another_embedder_makes_all_vectors_anew),
        TEST(index__failing_embedder_leaves_the_old_index),
        TEST(index__another_back_end_makes_its_own_file),
        TEST(index__lost_or_damaged_files_are_made_again),
        TEST(index__generation_that_was_not_published_is_made_again),
        TEST(index__state_that_cannot_be_written_is_named),
        TEST(index__hostile_names_and_contents_are_only_data),
        TEST(index__kill_9_leaves_the_old_or_the_new_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
