/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage is the share of the question's words, weighed by rarity, that a stretch of text has. The window
 * moves by half its length, so a stretch is the union of two neighbouring blocks and each word of the text is
 * looked at once. A title is compared both ways: a title of which the question says half is about more.
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

static uint64_t bits_of(const struct ranker *r, const uint16_t *code, size_t n)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < n; i++)
        bits |= bit_of(r, code[i]);
    return bits;
}

static float coverage(const float *share, uint64_t bits)
{
    float sum = 0;

    for (; bits; bits &= bits - 1)
        sum += share[__builtin_ctzll(bits)];
    return sum;
}

static float best_window(const struct ranker *r, const uint16_t *code, size_t n)
{
    uint64_t last = 0, seen = 0;
    float best = 0;

    for (size_t at = 0; at < n; at += BLOCK) {
        uint64_t block = bits_of(r, code + at, n - at < BLOCK ? n - at : BLOCK);
        uint64_t window = last | block;

        last = block;
        if ((window & ~seen) == 0 && (window & (window - 1)) == 0) /* nothing new, and no two together */
            continue;
        seen |= window;
        float covered = coverage(r->near, window);
        best = covered > best ? covered : best;
    }
    return best;
}

static float likeness(const struct ranker *r, const uint16_t *code, size_t n)
{
    size_t said = 0;
    uint64_t bits = 0;
    float here, back;

    for (size_t i = 0; i < n; i++) {
        uint64_t bit = bit_of(r, code[i]);

        said += bit != 0;
        bits |= bit;
    }
    if (!bits)
        return 0;
    here = coverage(r->title, bits);
    back = (float)said / (float)n;
    return 2 * here * back / (here + back);
}

double rank_passage(const struct ranker *r, const struct lexical_passage *p)
{
    const uint16_t *heading = p->code + p->title_codes, *body = heading + p->heading_codes;
    float title = likeness(r, p->code, p->title_codes);
    float under = likeness(r, heading, p->heading_codes);
    float both = likeness(r, p->code, p->title_codes + p->heading_codes);

    title = under > title ? under : title;
    title = both > title ? both : title;
    return WINDOW_WEIGHT * (double)best_window(r, body, p->body_codes) + TITLE_WEIGHT * (double)title;
}
