/* SPDX-License-Identifier: Apache-2.0
 *
 * The search: what it finds, what it survives, generations that change under it, and the floor for its
 * quality on the sample documents (run from the project's root).
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include <parley/log.h>

#include "base/json.h"
#include "knowledge/knowledge.h"
#include "tests/support/folder.h"

#define READERS 3

struct fixture {
    struct folder source, state;
    struct knowledge_index_conf conf;
    struct knowledge *k;
    struct knowledge_reader *r;
    struct arena a;
    struct turn_passages p;
    char index[300];
};

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
    };
    (void)snprintf(x->index, sizeof x->index, "%s/knowledge.index", x->state.at);
    arena_init(&x->a, TURN_ARENA_BYTES);
    assert_int_equal(knowledge_open(&x->k, x->state.at, &embedder_hash, &vindex_faiss, NULL), 0);
    *state = x;
    return 0;
}

static int erase(void **state)
{
    struct fixture *x = *state;

    knowledge_reader_close(x->r);
    knowledge_close(x->k);
    arena_wipe(&x->a);
    folder_erase(&x->source);
    folder_erase(&x->state);
    free(x);
    return 0;
}

static void animals(const struct fixture *x)
{
    folder_text(&x->source, "walrus.md", "# Walrus\n\nThe walrus has tusks and lives in the cold sea.\n");
    folder_text(&x->source, "penguin.md", "# Penguin\n\nThe penguin swims in the cold sea.\n");
    folder_text(&x->source, "giraffe.md", "# Giraffe\n\nThe giraffe has a long neck.\n");
}

static void reindex(const struct fixture *x)
{
    struct knowledge_report report;
    struct err err = { "" };

    if (knowledge_index(&x->conf, &report, &err) != 0)
        fail_msg("%s", err.text);
}

static void open_reader(struct fixture *x)
{
    assert_int_equal(knowledge_reader_open(&x->r, x->k, NULL), 0);
}

static size_t search(struct fixture *x, const char *question, size_t top_k)
{
    struct err err = { "" };

    arena_wipe(&x->a);
    if (knowledge_search(x->r, question, top_k, &x->a, &x->p, &err) != 0)
        fail_msg("%s", err.text);
    return x->p.len;
}

static const char *best(struct fixture *x, const char *question)
{
    return search(x, question, 5) ? x->p.at[0].source : "";
}

static void search__no_index_finds_nothing_until_there_is_one(void **state)
{
    struct fixture *x = *state;
    struct knowledge_stats s;

    open_reader(x);
    assert_int_equal(search(x, "walrus", 5), 0);
    assert_int_equal(knowledge_stats(x->r, &s, NULL), 0);
    assert_int_equal(s.documents, 0);
    animals(x);
    reindex(x);
    assert_string_equal(best(x, "walrus"), "walrus.md");
    assert_int_equal(x->p.generation, 1);
    assert_int_equal(knowledge_stats(x->r, &s, NULL), 0);
    assert_int_equal(s.documents, 3);
    assert_int_equal(s.chunks, 3);
}

static void search__passages_are_complete_and_scored(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    open_reader(x);
    assert_int_equal(search(x, "Who swims in the cold sea?", 5), 2);
    assert_string_equal(x->p.at[0].title, "Penguin");
    assert_string_equal(x->p.at[0].source, "penguin.md");
    assert_string_equal(x->p.at[0].text, "The penguin swims in the cold sea.");
    assert_true(x->p.at[0].chunk_id > 0);
    assert_true(x->p.at[0].score == 1.0);
    assert_true(x->p.at[1].score > 0 && x->p.at[1].score < 1.0);
}

static void search__typing_errors_are_found(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    open_reader(x);
    assert_string_equal(best(x, "girraffe"), "giraffe.md");
    assert_string_equal(best(x, "penguins"), "penguin.md");
}

static void search__unrelated_questions_find_nothing(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    open_reader(x);
    assert_string_equal(best(x, "Rindfleischetikettierung"), "");
    assert_string_equal(best(x, "?!"), "");
    assert_string_equal(best(x, ""), "");
}

static void search__top_k_is_kept(void **state)
{
    struct fixture *x = *state;
    char name[32];

    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "w%d.md", i);
        folder_text(&x->source, name, "# Walrus\n\nThe walrus.");
    }
    reindex(x);
    open_reader(x);
    assert_int_equal(search(x, "walrus", 3), 3);
    assert_int_equal(search(x, "walrus", 0), 0);
    assert_int_equal(search(x, "walrus", 1000), TURN_PASSAGES_MAX);
    for (size_t i = 1; i < x->p.len; i++) {
        assert_true(x->p.at[i].score <= x->p.at[i - 1].score);
        for (size_t j = 0; j < i; j++)
            assert_true(x->p.at[i].chunk_id != x->p.at[j].chunk_id);
    }
}

static void search__hostile_questions_are_only_words(void **state)
{
    static const char *const question[] = {
        "\"",
        "\"walrus",
        "walrus\" OR \"",
        "NEAR(walrus",
        "walrus AND",
        "NOT walrus",
        "title:walrus",
        "{title}:",
        "^walrus*",
        "-",
        "'; DROP TABLE chunks;--",
        "%s%n",
        "\xf0\x9f\x90\xa7",
        "\xcc\x81\xcc\x81",
        "walrus\x01",
        "\xe2\x80\xaewalrus",
        "or",
        "and not near",
    };
    struct fixture *x = *state;
    size_t len = 32768;
    char *longest = malloc(len + 1);

    animals(x);
    reindex(x);
    open_reader(x);
    for (size_t i = 0; i < ARRAY_LEN(question); i++)
        search(x, question[i], 5);
    assert_non_null(longest);
    for (size_t i = 0; i < len; i++)
        longest[i] = "walrus \"*(:^-"[i % 13];
    longest[len] = '\0';
    assert_string_equal(best(x, longest), "walrus.md");
    free(longest);
}

static void search__arena_that_is_full_fails_the_search_only(void **state)
{
    struct fixture *x = *state;
    struct arena small;

    animals(x);
    reindex(x);
    open_reader(x);
    arena_init(&small, 16);
    assert_int_equal(knowledge_search(x->r, "walrus", 5, &small, &x->p, NULL), -ENOMEM);
    assert_int_equal(x->p.len, 0);
    arena_wipe(&small);
    assert_string_equal(best(x, "walrus"), "walrus.md");
}

static void search__new_generation_is_seen_at_the_next_query(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    open_reader(x);
    assert_string_equal(best(x, "tusks"), "walrus.md");
    folder_text(&x->source, "otter.md", "# Otter\n\nThe otter holds hands.\n");
    assert_int_equal(unlink(folder_path(&x->source, "walrus.md")), 0);
    reindex(x);
    assert_string_equal(best(x, "otters"), "otter.md");
    assert_string_equal(best(x, "hodls"), ""); /* nothing is like it */
    assert_string_equal(best(x, "tusks"), "");
    assert_int_equal(x->p.generation, 2);
}

/* ---- vectors ---- */

/* An embedder that knows what things mean: where they live. */
static int sea_open(struct embedder **out, struct err *err)
{
    (void)err;
    *out = NULL;
    return 0;
}

static size_t sea_dim(const struct embedder *e)
{
    (void)e;
    return 2;
}

static int sea_embed(const struct embedder *e, const struct str *text, size_t n, float *out, struct err *err)
{
    (void)e;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        bool wet = memmem(text[i].at, text[i].len, "sea", 3) || memmem(text[i].at, text[i].len, "ocean", 5);

        out[2 * i] = wet ? 1 : 0;
        out[2 * i + 1] = wet ? 0 : 1;
    }
    return 0;
}

static void sea_close(struct embedder *e)
{
    (void)e;
}

static const struct embedder_ops sea = { "sea-2", sea_open, sea_dim, sea_embed, sea_close, false };

static void with_meaning(struct fixture *x)
{
    x->conf.embedder = &sea;
    knowledge_close(x->k);
    assert_int_equal(knowledge_open(&x->k, x->state.at, &sea, &vindex_faiss, NULL), 0);
    animals(x);
    reindex(x);
}

static size_t warnings;

static void count_warning(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    (void)len;
    warnings += strstr(line, "knowledge.") != NULL;
}

static void search__meaning_is_found_without_a_common_word(void **state)
{
    struct fixture *x = *state;

    with_meaning(x);
    open_reader(x);
    assert_int_equal(search(x, "ocean", 5), 2);
    assert_string_not_equal(x->p.at[0].source, "giraffe.md");
    assert_string_not_equal(x->p.at[1].source, "giraffe.md");
    assert_string_equal(best(x, "ocean with tusks"), "walrus.md");
    assert_int_equal(x->p.len, 2);
}

static void search_with_words_alone(struct fixture *x)
{
    warnings = 0;
    log_capture(count_warning, NULL);
    open_reader(x);
    assert_int_equal(search(x, "ocean", 5), 0);
    assert_string_equal(best(x, "tusks"), "walrus.md");
    log_capture(NULL, NULL);
    assert_int_equal(warnings, 1); /* said once, not per query */
}

static void search__lost_vectors_are_done_without(void **state)
{
    struct fixture *x = *state;

    with_meaning(x);
    assert_int_equal(unlink(folder_path(&x->state, "vectors-1.vec")), 0);
    search_with_words_alone(x);
}

static void search__damaged_vectors_are_done_without(void **state)
{
    struct fixture *x = *state;

    with_meaning(x);
    folder_text(&x->state, "vectors-1.vec", "PARLEYVX but damaged");
    search_with_words_alone(x);
}

static void search__vectors_of_another_embedder_are_not_asked(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    knowledge_close(x->k);
    assert_int_equal(knowledge_open(&x->k, x->state.at, &sea, &vindex_faiss, NULL), 0);
    search_with_words_alone(x);
}

/* ---- the file ---- */

static void remove_state(const struct fixture *x)
{
    static const char *const file[] = { "knowledge.db", "knowledge.db-wal", "knowledge.db-shm",
                                        "knowledge.index" };

    for (size_t i = 0; i < ARRAY_LEN(file); i++)
        (void)unlink(folder_path(&x->state, file[i]));
}

/* The new file's first generation has the old one's number. */
static void search__index_that_was_removed_and_made_anew_is_followed(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    open_reader(x);
    assert_string_equal(best(x, "girraffe"), "giraffe.md");
    remove_state(x);
    assert_int_equal(search(x, "giraffe", 5), 0);
    assert_int_equal(unlink(folder_path(&x->source, "giraffe.md")), 0);
    folder_text(&x->source, "aardvark.md", "# Aardvark\n\nThe aardvark digs.\n");
    reindex(x);
    assert_string_equal(best(x, "ardvark"), "aardvark.md");
    assert_string_equal(best(x, "girraffe"), "");
}

static void search__damaged_index_is_an_error_that_says_what_to_do(void **state)
{
    struct fixture *x = *state;
    struct err err = { "" };

    animals(x);
    reindex(x);
    open_reader(x);
    assert_int_equal(search(x, "walrus", 5), 1);
    folder_text(&x->state, "other", "PARLEYLX no index at all, though it has the name of one");
    assert_int_equal(rename(folder_path(&x->state, "other"), x->index), 0);
    assert_int_equal(knowledge_search(x->r, "walrus", 5, &x->a, &x->p, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "knowledge.index"));
    reindex(x); /* which sees the damage although no document changed */
    assert_string_equal(best(x, "walrus"), "walrus.md");
    assert_int_equal(x->p.generation, 2);
}

/* A reader never needs the rows. */
static void search__goes_on_without_the_database(void **state)
{
    struct fixture *x = *state;

    animals(x);
    reindex(x);
    folder_text(&x->state, "knowledge.db", "gone");
    open_reader(x);
    assert_string_equal(best(x, "walrus"), "walrus.md");
}

/* EFBIG stands for ENOSPC; the rows still fit below it, the files made from them do not. */
static void search__full_disk_under_the_indexer_leaves_the_old_index(void **state)
{
    struct fixture *x = *state;
    struct knowledge_report report;
    struct rlimit before;
    struct err err = { "" };
    int rc;

    animals(x);
    reindex(x);
    open_reader(x);
    x->conf.source_dir = "data/knowledge";
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 250000, before.rlim_max }), 0);
    rc = knowledge_index(&x->conf, &report, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(rc, -EFBIG);
    assert_non_null(strstr(err.text, "knowledge.index"));
    assert_false(folder_has(&x->state, "knowledge.index.tmp"));
    assert_string_equal(best(x, "penguin"), "penguin.md");
    reindex(x);
    assert_string_equal(best(x, "seed phrase"), "wallets/seed-phrases.md");
}

/* ---- threads ---- */

struct searcher {
    struct fixture *x;
    pthread_t thread;
    atomic_int *stop;
    int64_t searches;
    bool failed;
};

static void *search_until_stopped(void *arg)
{
    struct searcher *s = arg;
    struct knowledge_reader *r;
    struct turn_passages p;
    struct arena a;

    arena_init(&a, TURN_ARENA_BYTES);
    if (knowledge_reader_open(&r, s->x->k, NULL) != 0) {
        s->failed = true;
        return NULL;
    }
    while (!atomic_load(s->stop)) {
        /* "walrus" is in every generation, the number of it in one document only */
        if (knowledge_search(r, "walruss tusks", 5, &a, &p, NULL) != 0 || p.len == 0 ||
            strcmp(p.at[0].source, "walrus.md") != 0)
            s->failed = true;
        s->searches++;
        arena_wipe(&a);
    }
    knowledge_reader_close(r);
    return NULL;
}

static void search__many_readers_while_generations_pass(void **state)
{
    struct fixture *x = *state;
    struct searcher s[READERS];
    atomic_int stop = 0;

    animals(x);
    reindex(x);
    for (size_t i = 0; i < READERS; i++) {
        s[i] = (struct searcher){ .x = x, .stop = &stop };
        assert_int_equal(pthread_create(&s[i].thread, NULL, search_until_stopped, &s[i]), 0);
    }
    for (int round = 0; round < 25; round++) {
        char text[80];

        (void)snprintf(text, sizeof text, "# Penguin\n\nNumber %d of the penguins.\n", round);
        folder_text(&x->source, "penguin.md", text);
        reindex(x);
    }
    atomic_store(&stop, 1);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(s[i].thread, NULL), 0);
        assert_false(s[i].failed);
        assert_true(s[i].searches > 0);
    }
}

/* ---- the sample ---- */

static bool found_by(const struct turn_passages *p, const char *document, size_t first)
{
    for (size_t i = 0; i < p->len && i < first; i++)
        if (strcmp(p->at[i].source, document) == 0)
            return true;
    return false;
}

static void search__sample_documents_answer_their_questions(void **state)
{
    struct fixture *x = *state;
    FILE *f = fopen("data/eval/retrieval/questions.jsonl", "re");
    size_t n = 0, first = 0, five = 0, room = 0;
    char *line = NULL;
    ssize_t len;

    if (!f)
        skip();
    x->conf.source_dir = "data/knowledge";
    reindex(x);
    open_reader(x);
    while ((len = getline(&line, &room, f)) > 0) {
        const char *document;
        cJSON *o;

        assert_int_equal(json_parse(&o, line, (size_t)len, NULL), 0);
        document = json_text(o, "document", "");
        assert_int_equal(access(folder_path(&(struct folder){ "data/knowledge" }, document), R_OK), 0);
        search(x, json_text(o, "question", ""), 5);
        n++;
        first += found_by(&x->p, document, 1);
        five += found_by(&x->p, document, 5);
        cJSON_Delete(o);
    }
    free(line);
    assert_int_equal(fclose(f), 0);
    assert_true(n >= 60);
    assert_true(first * 100 >= n * 87); /* 0.891 when this was written */
    assert_true(five * 100 >= n * 93);
    assert_string_equal(best(x, "How do I stake ETH?"), "staking/how-to-stake-eth.md");
    assert_string_equal(best(x, "What is a seed phrase?"), "wallets/seed-phrases.md");
    assert_string_equal(best(x, "What can Parley do?"), "parley/what-parley-can-do.md");
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, make, erase)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(search__no_index_finds_nothing_until_there_is_one),
        TEST(search__passages_are_complete_and_scored),
        TEST(search__typing_errors_are_found),
        TEST(search__unrelated_questions_find_nothing),
        TEST(search__top_k_is_kept),
        TEST(search__hostile_questions_are_only_words),
        TEST(search__arena_that_is_full_fails_the_search_only),
        TEST(search__new_generation_is_seen_at_the_next_query),
        TEST(search__meaning_is_found_without_a_common_word),
        TEST(search__lost_vectors_are_done_without),
        TEST(search__damaged_vectors_are_done_without),
        TEST(search__vectors_of_another_embedder_are_not_asked),
        TEST(search__index_that_was_removed_and_made_anew_is_followed),
        TEST(search__damaged_index_is_an_error_that_says_what_to_do),
        TEST(search__goes_on_without_the_database),
        TEST(search__full_disk_under_the_indexer_leaves_the_old_index),
        TEST(search__many_readers_while_generations_pass),
        TEST(search__sample_documents_answer_their_questions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
