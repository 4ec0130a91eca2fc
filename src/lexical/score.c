/* SPDX-License-Identifier: Apache-2.0
 *
 * The scorer: term at a time into one array of 32-bit sums per shard, which stays in the second-level cache.
 * A posting costs a multiplication and an addition, about a nanosecond; one of a common word, whose list is
 * dense, a tenth of that. Nothing is left out, so the best k are the best k.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lexical/reader.h"

#define TELLS   0x80000000U /* of a sum: a term that tells is in it */
#define SUM_MAX 0x7fff0000U /* what all weights of a query may add up to */

struct term {
    uint64_t key;
    uint32_t weight; /* of one part of impact */
    uint32_t tells;
};

struct lexical_scratch {
    uint32_t sum[LEXICAL_SHARD];
    struct term term[LEXICAL_TERMS_MAX];
};

struct best {
    struct lexical_hit *hit;
    size_t n, k;
    float least; /* a hit must be better */
};

struct lexical_scratch *lexical_scratch_new(void)
{
    return malloc(sizeof(struct lexical_scratch));
}

void lexical_scratch_free(struct lexical_scratch *s)
{
    free(s);
}

static const struct lex_slot *find(const struct shard *s, uint64_t key)
{
    uint32_t i = (uint32_t)lex_mix(key) & s->slot_mask;

    while (s->slot[i].n && s->slot[i].key != key)
        i = (i + 1) & s->slot_mask;
    return &s->slot[i];
}

/* ---- weights ---- */

static double rarity(const struct lexical *l, uint64_t key)
{
    double df = 0, n = l->chunks;

    for (size_t i = 0; i < l->shards; i++)
        df += find(&l->shard[i], key)->n & ~LEX_DENSE;
    return log(1 + (n - df + 0.5) / (df + 0.5));
}

/* Whole-number weights for the inner loop; the score of one part of it comes back. */
static double weigh(const struct lexical *l, struct lexical_scratch *s, struct lexical_term *term, size_t n)
{
    double all = 0, unit;

    for (size_t i = 0; i < n; i++) {
        term[i].rarity = (float)rarity(l, term[i].key);
        all += (double)(term[i].weight * term[i].rarity);
    }
    unit = all * LEX_IMPACT_MAX / SUM_MAX;
    for (size_t i = 0; i < n; i++)
        s->term[i] = (struct term){
            .key = term[i].key,
            .weight = (uint32_t)((double)(term[i].weight * term[i].rarity) / unit),
            .tells = term[i].tells ? TELLS : 0,
        };
    return unit / LEX_IMPACT_MAX;
}

/* ---- scores ---- */

static void add_list(uint32_t *sum, const struct shard *s, const struct lex_slot *slot, const struct term *t)
{
    const uint16_t *position = s->position + slot->from;
    const uint8_t *impact = s->impact + slot->from;

    if (slot->n & LEX_DENSE) {
        lex_add_dense(sum, s->dense + (uint64_t)slot->from * s->chunks, s->chunks, t->weight, t->tells);
        return;
    }
    for (uint32_t i = 0; i < slot->n; i++)
        sum[position[i]] = (sum[position[i]] + t->weight * impact[i]) | t->tells;
}

static void keep(struct best *b, uint32_t at, float score)
{
    size_t i = b->n < b->k ? b->n++ : b->k - 1;

    for (; i > 0 && b->hit[i - 1].score < score; i--)
        b->hit[i] = b->hit[i - 1];
    b->hit[i] = (struct lexical_hit){ .at = at, .score = score };
    if (b->n == b->k)
        b->least = b->hit[b->k - 1].score;
}

/* `near`: what a sum without a telling term must reach. */
static void pick(struct best *b, const uint32_t *sum, uint32_t chunks, uint32_t first, uint32_t near,
                 double unit)
{
    uint32_t least = (uint32_t)((double)b->least / unit);

    for (uint32_t i = 0; i < chunks; i++) {
        uint32_t value = sum[i] & ~TELLS;
        float score;

        if (value <= least || (!(sum[i] & TELLS) && value < near))
            continue;
        score = (float)(value * unit);
        if (score <= b->least)
            continue;
        keep(b, first + i, score);
        least = (uint32_t)((double)b->least / unit);
    }
}

size_t lexical_search(const struct lexical *l, struct lexical_scratch *s, struct lexical_term *term,
                      size_t terms, float near, struct lexical_hit *out, size_t k)
{
    struct best b = { .hit = out, .k = k };
    uint32_t least;
    double unit;

    if (terms > LEXICAL_TERMS_MAX)
        terms = LEXICAL_TERMS_MAX;
    if (terms == 0 || k == 0 || l->chunks == 0)
        return 0;
    unit = weigh(l, s, term, terms);
    least = (uint32_t)((double)near * SUM_MAX);
    for (size_t i = 0; i < l->shards; i++) {
        const struct shard *shard = &l->shard[i];

        memset(s->sum, 0, shard->chunks * sizeof(s->sum[0]));
        for (size_t j = 0; j < terms; j++)
            add_list(s->sum, shard, find(shard, s->term[j].key), &s->term[j]);
        pick(&b, s->sum, shard->chunks, (uint32_t)i * LEXICAL_SHARD, least, unit);
    }
    return b.n;
}
