/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage is the share of the question's words, weighed by rarity, that a stretch of text has. The window
 * moves by half its length, so a stretch is the union of two neighbouring blocks and each word of the text is
 * looked at once. A title is compared both ways: a title of which the question says half is about more.
 * Few codes of a passage are the question's, so those are found first: with AVX2 where the processor has it.
 * The weights ranked best on the development sets (facts/retrieval.md, R).
 */
#include "knowledge/rank.h"

#include <string.h>

#define BLOCK          6 /* words; two are a window */
#define WINDOW_WEIGHT  0.5
#define TITLE_WEIGHT   0.8
#define TITLE_FUNCTION 0.6F /* what a function word weighs in a title */

void rank_begin(struct ranker *r, const struct question *q)
{
    float near = 0, title = 0;

    memset(r->bucket, 0, sizeof(r->bucket));
    r->words = q->words;
    for (size_t i = 0; i < q->words; i++) {
        const struct question_word *w = &q->word[i];

        r->code[i] = w->code;
        r->near[i] = q->term[w->term].rarity;
        r->title[i] = w->function ? r->near[i] * TITLE_FUNCTION : r->near[i];
        near += r->near[i];
        title += r->title[i];
        r->bucket[w->code & 0xff] |= UINT64_C(1) << i;
    }
    for (size_t i = 0; i < q->words; i++) {
        r->near[i] /= near;
        r->title[i] /= title;
    }
}

/* The word of the question a code is, as a bit. */
static uint64_t bit_of(const struct ranker *r, uint16_t code)
{
    for (uint64_t left = r->bucket[code & 0xff]; left; left &= left - 1)
        if (r->code[__builtin_ctzll(left)] == code)
            return left & -left;
    return 0;
}

uint32_t rank_said_plain(const struct ranker *r, const uint16_t *code, size_t at, size_t n)
{
    uint32_t said = 0;

    for (size_t i = 0; i < n - at && i < RANK_STEP; i++)
        said |= (uint32_t)(bit_of(r, code[at + i]) != 0) << i;
    return said;
}

#ifdef __x86_64__
#include <immintrin.h>

_Static_assert(RANK_STEP == 32, "two vectors, and a bit for each code");

/* RANK_STEP codes beside each word of the question. */
__attribute__((target("avx2"))) static uint32_t said_avx2(const struct ranker *r, const uint16_t *code)
{
    const __m256i low = _mm256_loadu_si256((const void *)code);
    const __m256i high = _mm256_loadu_si256((const void *)(code + RANK_STEP / 2));
    __m256i in_low = _mm256_setzero_si256(), in_high = in_low;

    for (size_t i = 0; i < r->words; i++) {
        __m256i word = _mm256_set1_epi16((short)r->code[i]);

        in_low = _mm256_or_si256(in_low, _mm256_cmpeq_epi16(low, word));
        in_high = _mm256_or_si256(in_high, _mm256_cmpeq_epi16(high, word));
    }
    /* to a byte for each code; packs takes its two sources by turns, in halves */
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_permute4x64_epi64(_mm256_packs_epi16(in_low, in_high), _MM_SHUFFLE(3, 1, 2, 0)));
}

uint32_t rank_said(const struct ranker *r, const uint16_t *code, size_t at, size_t n)
{
    if (n < RANK_STEP || !__builtin_cpu_supports("avx2"))
        return rank_said_plain(r, code, at, n);
    if (at + RANK_STEP <= n)
        return said_avx2(r, code + at);
    return said_avx2(r, code + n - RANK_STEP) >> (at + RANK_STEP - n); /* the last ones, some seen before */
}
#else
uint32_t rank_said(const struct ranker *r, const uint16_t *code, size_t at, size_t n)
{
    return rank_said_plain(r, code, at, n);
}
#endif

static float coverage(const float *share, uint64_t bits)
{
    float sum = 0;

    for (; bits; bits &= bits - 1)
        sum += share[__builtin_ctzll(bits)];
    return sum;
}

/* ---- the body ---- */

struct window {
    size_t block;        /* the one in hand */
    uint64_t last, here; /* the words of the block before, of this */
    uint64_t seen;
    float best;
};

static void window_look(struct window *w, const struct ranker *r)
{
    uint64_t words = w->last | w->here;

    if ((words & ~w->seen) == 0 && (words & (words - 1)) == 0) /* nothing new, and no two together */
        return;
    w->seen |= words;
    float covered = coverage(r->near, words);
    w->best = covered > w->best ? covered : w->best;
}

/* Blocks come in their order; one without a word of the question need not, it adds nothing to the last. */
static void window_add(struct window *w, const struct ranker *r, size_t block, uint64_t bit)
{
    if (block != w->block) {
        window_look(w, r);
        w->last = block == w->block + 1 ? w->here : 0;
        w->here = 0;
        w->block = block;
    }
    w->here |= bit;
}

/* ---- title and heading ---- */

struct said {
    uint64_t words;
    size_t times;
};

static float likeness(const struct ranker *r, struct said s, size_t n)
{
    float here, back;

    if (!s.words)
        return 0;
    here = coverage(r->title, s.words);
    back = (float)s.times / (float)n;
    return 2 * here * back / (here + back);
}

static float best_likeness(const struct ranker *r, const struct lexical_passage *p, const struct said said[2])
{
    struct said both = { said[0].words | said[1].words, said[0].times + said[1].times };
    float title = likeness(r, said[0], p->title_codes);
    float under = likeness(r, said[1], p->heading_codes);
    float all = likeness(r, both, (size_t)p->title_codes + p->heading_codes);

    title = under > title ? under : title;
    return all > title ? all : title;
}

double rank_passage(const struct ranker *r, const struct lexical_passage *p)
{
    size_t body = (size_t)p->title_codes + p->heading_codes, n = body + p->body_codes;
    struct said said[2] = { { 0 } };
    struct window w = { 0 };

    for (size_t from = 0; from < n; from += RANK_STEP)
        for (uint32_t found = rank_said(r, p->code, from, n); found; found &= found - 1) {
            size_t at = from + (size_t)__builtin_ctz(found);
            uint64_t bit = bit_of(r, p->code[at]);

            if (at >= body) {
                window_add(&w, r, (at - body) / BLOCK, bit);
            } else {
                said[at >= p->title_codes].words |= bit;
                said[at >= p->title_codes].times++;
            }
        }
    window_look(&w, r);
    return WINDOW_WEIGHT * (double)w.best + TITLE_WEIGHT * (double)best_likeness(r, p, said);
}
