/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cache's second look costs with a full cache, beside what the usual way costs in the same run: one
 * embedding and its product with that of each entry.
 *
 *   semantic [rounds]      2000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/embedder.h>

#include "base/hash.h"
#include "base/rand.h"
#include "base/str.h"
#include "pipeline/cache.h"
#include "pipeline/semantic.h"

struct bench {
    struct cache *cache;
    struct turn turn;
    struct embedder *embedder;
    size_t dim;
    float *vectors; /* of each entry, and one more row */
    int rounds;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "semantic: %s\n", what);
    exit(1);
}

static const char *question_of(struct arena *a, int n, bool again)
{
    return arena_printf(a,
                        again ? "Could you please tell me how to reset the password of server %d in Berlin?"
                              : "How do I reset the password of server %d in Berlin?",
                        n);
}

static void like_of(char out[KEY_BYTES], const char *question)
{
    static const uint8_t key[32] = { 1 };
    struct semantic s;
    must(semantic_read(&s, question, "en"), "a question without a meaning");
    struct str part[] = { STR("scope"), { s.meaning, s.len } };
    hmac_hex(out, key, part, ARRAY_LEN(part));
}

static void embed(struct bench *b, const char *question, float *out)
{
    struct str text = str_of(question);
    must(embedder_hash.embed(b->embedder, &text, 1, out, NULL) == 0, "out of memory");
}

static void fill(struct bench *b)
{
    struct turn *t = &b->turn;
    for (int n = 0; n < CACHE_ENTRIES; n++) {
        arena_init(&t->arena, TURN_ARENA_BYTES);
        t->redaction.text = question_of(&t->arena, n, false);
        t->answer.code = "ok";
        t->answer.redacted = "An answer.";
        like_of(t->cache.like, t->redaction.text);
        memcpy(t->cache.key, t->cache.like, KEY_BYTES);
        cache_put(b->cache, t->cache.key, t, 0);
        embed(b, t->redaction.text, b->vectors + (size_t)n * b->dim);
        arena_wipe(&t->arena);
    }
}

static bool second_look(struct bench *b, const char *question)
{
    char like[KEY_BYTES], key[KEY_BYTES];
    const char *before;
    like_of(like, question);
    return cache_find_like(b->cache, like, key, &before, &b->turn.arena, 0) == 0 &&
           semantic_nearness(before, question) >= 30;
}

static bool scan(struct bench *b, const char *question)
{
    const float *all = b->vectors;
    float *mine = b->vectors + (size_t)CACHE_ENTRIES * b->dim, best = 0;
    embed(b, question, mine);
    for (size_t n = 0; n < CACHE_ENTRIES; n++) {
        float sum = 0;
        for (size_t i = 0; i < b->dim; i++)
            sum += all[n * b->dim + i] * mine[i];
        best = sum > best ? sum : best;
    }
    return best > 0.3F;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void measure(struct bench *b, const char *name, bool (*look)(struct bench *b, const char *question),
                    int from)
{
    int64_t *took_us = calloc((size_t)b->rounds, sizeof *took_us);
    int hits = 0;
    must(took_us != NULL, "out of memory");
    for (int i = 0; i < b->rounds; i++) {
        arena_init(&b->turn.arena, TURN_ARENA_BYTES);
        const char *question = question_of(&b->turn.arena, from + i % CACHE_ENTRIES, true);
        int64_t start_us = clock_mono_us();
        hits += look(b, question);
        took_us[i] = clock_mono_us() - start_us;
        arena_wipe(&b->turn.arena);
    }
    qsort(took_us, (size_t)b->rounds, sizeof *took_us, by_value);
    printf("%-42s p50 %5lld us, p99 %5lld us, %d of %d hits\n", name, (long long)took_us[b->rounds / 2],
           (long long)took_us[b->rounds - 1 - b->rounds / 100], hits, b->rounds);
    free(took_us);
}

int main(int argc, char **argv)
{
    static struct bench b;
    b.rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
    rand_init();
    must(b.rounds > 0, "how many rounds?");
    must(cache_open(&b.cache, CACHE_ENTRIES, 1000, NULL) == 0, "out of memory");
    must(embedder_hash.open(&b.embedder, NULL) == 0, "out of memory");
    b.dim = embedder_hash.dim(b.embedder);
    b.vectors = calloc((CACHE_ENTRIES + 1) * b.dim, sizeof *b.vectors);
    must(b.vectors != NULL, "out of memory");
    fill(&b);
    printf("semantic cache, %d entries\n", CACHE_ENTRIES);
    measure(&b, "second look, the question is there", second_look, 0);
    measure(&b, "second look, it is not", second_look, 2 * CACHE_ENTRIES);
    measure(&b, "cosine with every entry, for comparison", scan, 2 * CACHE_ENTRIES);
    free(b.vectors);
    embedder_hash.close(b.embedder);
    cache_close(b.cache);
    return 0;
}
