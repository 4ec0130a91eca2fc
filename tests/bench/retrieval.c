/* SPDX-License-Identifier: Apache-2.0
 *
 * Quality and speed of the search over a folder of documents and a file of questions:
 *   retrieval [DOCUMENTS QUESTIONS.jsonl [SECONDS [RUN.tsv]]]
 * Prints recall@1, recall@5, MRR over passages' documents, misses, and searches per second of one
 * thread. The index is made in a temporary directory.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/json.h"
#include "knowledge/knowledge.h"

#define QUESTIONS_MAX 10000
#define TOP_K         10

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

static double cpu_seconds(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

/* By the thread's own time as well: that figure stands on a busy machine too. */
static void speed(struct knowledge_reader *r, struct arena *a, int64_t seconds)
{
    int64_t began = clock_mono_us(), until = began + seconds * 1000000, n = 0;
    double cpu = cpu_seconds();
    struct turn_passages p;
    struct err err;

    do {
        if (knowledge_search(r, rows[(size_t)n % rows_len].question, 5, a, &p, &err) != 0)
            exit(70);
        arena_wipe(a);
        n++;
    } while (clock_mono_us() < until);
    printf("searches/s %.0f by the clock, %.0f by CPU time\n",
           (double)n * 1e6 / (double)(clock_mono_us() - began), (double)n / (cpu_seconds() - cpu));
}

static int erase(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
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
    struct knowledge_report report;
    struct knowledge *k = NULL;
    struct knowledge_reader *r = NULL;
    struct arena a;
    struct err err = { "no questions" };
    int64_t opened;
    int rc = load(argc > 2 ? argv[2] : "data/eval/retrieval/questions.jsonl");

    if (!rc)
        rc = knowledge_index(&conf, &report, &err);
    opened = clock_mono_us();
    if (!rc)
        rc = knowledge_open(&k, state, conf.embedder, conf.vindex, &err);
    if (!rc)
        rc = knowledge_reader_open(&r, k, &err);
    if (rc) {
        (void)fprintf(stderr, "retrieval: %s\n", err.text);
        return 1;
    }
    printf("documents %zu  chunks %zu  indexed in %lld ms  opened in %.1f ms\n", report.files, report.chunks,
           (long long)report.took_ms, (double)(clock_mono_us() - opened) / 1000);
    arena_init(&a, TURN_ARENA_BYTES);
    if (argc > 4)
        write_run(r, &a, argv[4]);
    else
        quality(r, &a);
    speed(r, &a, argc > 3 ? strtol(argv[3], NULL, 10) : 2);
    arena_wipe(&a);
    knowledge_reader_close(r);
    knowledge_close(k);
    return nftw(state, erase, 8, FTW_DEPTH | FTW_PHYS);
}
