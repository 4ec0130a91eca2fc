/* SPDX-License-Identifier: Apache-2.0
 *
 * The second look at the best passages: do the question's words stand close together, and are they what the
 * title or heading says? Pure; any thread.
 */
#ifndef KNOWLEDGE_RANK_H
#define KNOWLEDGE_RANK_H

#include "knowledge/analyse.h"

#define RANK_STEP 32 /* codes looked at together */

struct ranker {
    uint64_t bucket[256]; /* by the low bits of a code: the words it may be */
    uint16_t code[QUESTION_WORDS_MAX];
    float near[QUESTION_WORDS_MAX];  /* share of a word in the window's coverage */
    float title[QUESTION_WORDS_MAX]; /* in the title's */
    size_t words;
};

/* After the search that found the rarities of `q`. */
void rank_begin(struct ranker *r, const struct question *q);
/* What is added to the passage's score by features, which is 1 for the best. */
double rank_passage(const struct ranker *r, const struct lexical_passage *p);

/* Which of the RANK_STEP codes from `at` on the question has, as bits; there are `n`. Both say the same. */
uint32_t rank_said(const struct ranker *r, const uint16_t *code, size_t at, size_t n);
uint32_t rank_said_plain(const struct ranker *r, const uint16_t *code, size_t at, size_t n);

#endif
