/* SPDX-License-Identifier: Apache-2.0
 *
 * An embedder that needs no download: each stem and each 3- to 5-gram inside a word falls
 * by its hash on one of 1024 dimensions with a sign, weighted by 1 + ln(frequency), and the sum is
 * brought to length 1. It sees spelling, not meaning: other forms of a word, typing errors, scripts
 * without spaces. Fewer dimensions were measurably worse.
 * Changing anything here changes every vector: give `name` a new number.
 */
#include <parley/embedder.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf.h"
#include "embed/words.h"

#define HASH_DIMS    1024U
#define GRAM_MIN     3
#define GRAM_MAX     5
#define GRAM_WEIGHT  0.3F
#define STOP_WEIGHT  0.2F
#define FEATURES_MAX (1U << 16) /* what a text of ~30 KB has; the rest of a longer one is not seen */

struct feature {
    uint64_t hash;
    float weight;
};

struct features {
    struct feature *at;
    size_t n, room;
};

struct embedder {
    size_t dim;
};

static int hash_open(struct embedder **out, struct err *err)
{
    struct embedder *e = malloc(sizeof(*e));

    if (!e)
        return err_set(err, -ENOMEM, "out of memory");
    e->dim = HASH_DIMS;
    *out = e;
    return 0;
}

static size_t hash_dim(const struct embedder *e)
{
    return e->dim;
}

static void hash_close(struct embedder *e)
{
    free(e);
}

static int push(struct features *f, char kind, const char *at, size_t len, float weight)
{
    char key[1 + WORD_BYTES_MAX + 2];

    if (f->n == FEATURES_MAX)
        return 0;
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 512;
        struct feature *more = realloc(f->at, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        f->at = more;
        f->room = room;
    }
    key[0] = kind;
    memcpy(key + 1, at, len);
    f->at[f->n++] = (struct feature){ .hash = hash_fnv(key, len + 1), .weight = weight };
    return 0;
}

static int push_grams(struct features *f, const struct word *w, float weight)
{
    struct word_marked m;
    int rc = 0;

    word_mark(w, &m);
    for (size_t n = GRAM_MIN; n <= GRAM_MAX && n <= m.chars; n++)
        for (size_t i = 0; i + n <= m.chars && !rc; i++)
            rc = push(f, 'g', m.at + m.start[i], (size_t)(m.start[i + n] - m.start[i]), weight);
    return rc;
}

static int collect(struct features *f, struct str text)
{
    struct words all = { .text = text.at, .len = text.len };
    struct word w;
    int rc = 0;

    while (!rc && words_next(&all, &w)) {
        float weight = word_is_stop(&w) ? STOP_WEIGHT : 1.0F;

        if (!w.wide) {
            word_stem(&w);
            rc = push_grams(f, &w, weight * GRAM_WEIGHT);
        }
        if (!rc)
            rc = push(f, 'w', w.at, w.len, weight);
    }
    return rc;
}

static int by_hash(const void *a, const void *b)
{
    const struct feature *x = a, *y = b;

    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* FNV leaves its low bits close to the last bytes: mix before cutting the dimension out. */
static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 29);
}

static void sum_up(const struct features *f, float *out)
{
    for (size_t i = 0, run; i < f->n; i += run) {
        uint64_t h = mix(f->at[i].hash);
        float value;

        for (run = 1; i + run < f->n && f->at[i + run].hash == f->at[i].hash; run++)
            ;
        value = f->at[i].weight * (1.0F + logf((float)run));
        out[h % HASH_DIMS] += (h >> 63) ? value : -value;
    }
}

static void normalise(float *v)
{
    double sum = 0;
    float scale;

    for (size_t i = 0; i < HASH_DIMS; i++)
        sum += (double)v[i] * (double)v[i];
    if (sum <= 0)
        return;
    scale = (float)(1.0 / sqrt(sum));
    for (size_t i = 0; i < HASH_DIMS; i++)
        v[i] *= scale;
}

static int hash_embed(const struct embedder *e, const struct str *text, size_t n, float *out, struct err *err)
{
    struct features f = { 0 };
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++) {
        float *row = out + i * e->dim;

        memset(row, 0, e->dim * sizeof(*row));
        f.n = 0;
        rc = collect(&f, text[i]);
        if (f.n)
            qsort(f.at, f.n, sizeof(*f.at), by_hash);
        sum_up(&f, row);
        normalise(row);
    }
    free(f.at);
    return rc ? err_set(err, rc, "out of memory while embedding") : 0;
}

const struct embedder_ops embedder_hash = {
    .name = "hash-1024-v2",
    .open = hash_open,
    .dim = hash_dim,
    .embed = hash_embed,
    .close = hash_close,
    .spelling_only = true,
};
