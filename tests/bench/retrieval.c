/* SPDX-License-Identifier: Apache-2.0
 *
 * Quality and speed of the search over a folder of documents and a file of questions:
 *   retrieval [DOCUMENTS QUESTIONS.jsonl [SECONDS [RUN.tsv [CHUNKS]]]]
 * Prints recall@1, recall@5, MRR over passages' documents, misses, and the time of a search by one
 * thread; with RUN.tsv ("-" for none) writes what evaluate.py scores instead; with CHUNKS measures an index
 * of that many, made of copies. The index is made in a temporary directory.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/json.h"
#include "knowledge/analyse.h"
#include "knowledge/knowledge.h"

#define QUESTIONS_MAX 10000
#define TOP_K         10
#define COPIES_CHUNKS 100000U

struct row {
    char *id, *question, *document;
};

static struct row rows[QUESTIONS_MAX];
static size_t rows_len;

static int load(const char *path)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    FILE *f = fopen(path, "re");

    if (!f)
        return -1;
    while (rows_len < QUESTIONS_MAX && (n = getline(&line, &room, f)) > 0) {
        struct err err;
        cJSON *o;

        if (json_parse(&o, line, (size_t)n, &err) != 0) {
            (void)fprintf(stderr, "%s: %s\n", path, err.text);
            exit(65);
        }
        rows[rows_len].id = strdup(json_text(o, "id", ""));
        rows[rows_len].question = strdup(json_text(o, "question", ""));
        rows[rows_len++].document = strdup(json_text(o, "document", ""));
        cJSON_Delete(o);
    }
    free(line);
    (void)fclose(f);
    return 0;
}

/* Rank of the document among the distinct documents of the passages, 0 = absent. */
static size_t rank_of(const struct turn_passages *p, const char *document)
{
    const char *seen[TURN_PASSAGES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < p->len; i++) {
        size_t j = 0;

        while (j < n && strcmp(seen[j], p->at[i].source) != 0)
            j++;
        if (j < n)
            continue;
        seen[n++] = p->at[i].source;
        if (strcmp(p->at[i].source, document) == 0)
            return n;
    }
    return 0;
}

static void quality(struct knowledge_reader *r, struct arena *a)
{
    double first = 0, five = 0, reciprocal = 0, n = (double)rows_len;
    struct turn_passages p;
    struct err err;

    for (size_t i = 0; i < rows_len; i++) {
        size_t rank = knowledge_search(r, rows[i].question, TOP_K, a, &p, &err) == 0
                          ? rank_of(&p, rows[i].document)
                          : 0;

        first += rank == 1;
        five += rank >= 1 && rank <= 5;
        reciprocal += rank ? 1.0 / (double)rank : 0;
        if (rank != 1)
            printf("  rank %zu: %s (wanted %s, first %s)\n", rank, rows[i].question, rows[i].document,
                   p.len ? p.at[0].source : "nothing");
        arena_wipe(a);
    }
    printf("questions %zu  recall@1 %.3f  recall@5 %.3f  MRR %.3f\n", rows_len, first / n, five / n,
           reciprocal / n);
}

/* For evaluate.py of a retrieval set: question, document (the file's name without its ending), rank, score.
 */
static void write_run(struct knowledge_reader *r, struct arena *a, const char *path)
{
    FILE *f = fopen(path, "we");
    struct turn_passages p;

    if (!f)
        exit(73);
    for (size_t i = 0; i < rows_len; i++) {
        if (knowledge_search(r, rows[i].question, TURN_PASSAGES_MAX, a, &p, NULL) != 0)
            exit(70);
        for (size_t j = 0; j < p.len; j++)
            (void)fprintf(f, "%s\t%.*s\t%zu\t%.5f\n", rows[i].id, (int)strcspn(p.at[j].source, "."),
                          p.at[j].source, j + 1, p.at[j].score);
        arena_wipe(a);
    }
    (void)fclose(f);
}

/* The published index of `state` again and again, until it has `chunks`. Vocabulary does not grow with it. */
static int make_copies(const char *state, uint32_t chunks, struct err *err)
{
    struct features f = { 0 };
    struct lexical_writer *w = NULL;
    struct lexical_passage p;
    struct lexical *l = NULL;
    double mean = 0;
    char path[128], temp[128];
    int rc;

    (void)snprintf(path, sizeof path, "%s/knowledge.index", state);
    (void)snprintf(temp, sizeof temp, "%s/knowledge.index.tmp", state);
    rc = lexical_open(&l, path, err);
    for (uint32_t i = 0; !rc && i < lexical_chunks(l); i++) {
        lexical_passage_at(l, i, &p);
        features_of_chunk(&f, p.title, "", str_of(p.text));
        mean += f.length / (double)lexical_chunks(l);
    }
    if (!rc)
        rc = lexical_writer_open(&w, temp, mean, err);
    for (uint32_t i = 0; !rc && i < chunks; i++) {
        lexical_passage_at(l, i % (uint32_t)lexical_chunks(l), &p);
        features_of_chunk(&f, p.title, "", str_of(p.text));
        p.id = (int64_t)i + 1;
        p.code = (const void *)buf_text(&f.codes);
        p.title_codes = f.title_codes;
        p.heading_codes = f.heading_codes;
        p.body_codes = f.body_codes;
        rc = lexical_writer_add(w, &p, f.at, f.n, err);
    }
    if (!rc)
        rc = lexical_writer_close(w, &(struct lexical_stamp){ .generation = 2 }, err);
    features_free(&f);
    lexical_close(l);
    return rc ? rc : rename(temp, path);
}

static double cpu_seconds(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

#define SAMPLES_MAX 100000

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* In the thread's own time: the figure stands on a busy machine too. */
static void speed(struct knowledge_reader *r, struct arena *a, int64_t seconds)
{
    static double us[SAMPLES_MAX];
    int64_t until = clock_mono_us() + seconds * 1000000;
    struct turn_passages p;
    double sum = 0;
    size_t n = 0;

    do {
        double began = cpu_seconds();

        if (knowledge_search(r, rows[n % rows_len].question, 5, a, &p, NULL) != 0)
            exit(70);
        us[n] = (cpu_seconds() - began) * 1e6;
        sum += us[n++];
        arena_wipe(a);
    } while (clock_mono_us() < until && n < SAMPLES_MAX);
    qsort(us, n, sizeof us[0], by_value);
    printf("search CPU us: mean %.1f  p50 %.1f  p99 %.1f\n", sum / (double)n, us[n / 2], us[n * 99 / 100]);
}

static int erase(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Opens what is published in `state` and asks all questions of it, for quality and then for speed. */
static int measure(const struct knowledge_index_conf *conf, const char *run, bool judge, int64_t seconds,
                   struct err *err)
{
    int64_t opened = clock_mono_us();
    struct knowledge *k = NULL;
    struct knowledge_reader *r = NULL;
    struct knowledge_stats stats;
    struct arena a;
    int rc = knowledge_open(&k, conf->state_dir, conf->embedder, conf->vindex, err);

    if (!rc)
        rc = knowledge_reader_open(&r, k, err);
    opened = clock_mono_us() - opened;
    if (!rc)
        rc = knowledge_stats(r, &stats, err);
    if (rc)
        return rc;
    printf("chunks %lld  opened in %.1f ms\n", (long long)stats.chunks, (double)opened / 1000);
    arena_init(&a, TURN_ARENA_BYTES);
    if (run)
        write_run(r, &a, run);
    else if (judge)
        quality(r, &a);
    speed(r, &a, seconds);
    arena_wipe(&a);
    knowledge_reader_close(r);
    knowledge_close(k);
    return 0;
}

int main(int argc, char **argv)
{
    char state[] = "/tmp/parley-retrieval-XXXXXX";
    struct knowledge_index_conf conf = {
        .state_dir = mkdtemp(state),
        .source_dir = argc > 1 ? argv[1] : "data/knowledge",
        .embedder = &embedder_hash,
        .vindex = &vindex_faiss,
    };
    const char *run = argc > 4 ? argv[4] : NULL;
    int64_t seconds = argc > 3 ? strtol(argv[3], NULL, 10) : 2;
    struct knowledge_report report;
    struct err err = { "no questions" };
    int rc = load(argc > 2 ? argv[2] : "data/eval/retrieval/questions.jsonl");

    if (!rc)
        rc = knowledge_index(&conf, &report, &err);
    if (!rc) {
        printf("documents %zu  indexed in %lld ms\n", report.files, (long long)report.took_ms);
        rc = measure(&conf, run, true, seconds, &err);
    }
    if (!rc && !run)
        rc = make_copies(state, COPIES_CHUNKS, &err);
    if (!rc && !run)
        rc = measure(&conf, NULL, false, seconds, &err);
    if (rc)
        (void)fprintf(stderr, "retrieval: %s\n", err.text);
    return nftw(state, erase, 8, FTW_DEPTH | FTW_PHYS) || rc;
}
