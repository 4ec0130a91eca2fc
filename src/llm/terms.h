/* SPDX-License-Identifier: Apache-2.0
 *
 * Text as terms that can be compared across inflection: "staking", "Stakes" and "gestakt"
 * are not one word, "staking", "stakes" and "staker" are. Pure; any thread.
 */
#ifndef LLM_TERMS_H
#define LLM_TERMS_H

#include <parley/base.h>

#define TERM_BYTES 64

struct term_scan {
    const char *text;
    size_t len, pos;
    uint32_t prev; /* scripts without spaces: the character before, 0 = none */
    bool alone;    /* prev has not been in a pair yet */
};

struct term {
    uint64_t hash;         /* of the stem */
    char word[TERM_BYTES]; /* lower case, without accents, cut at the end; not stemmed */
    size_t len;
    bool capital; /* began with a capital letter in the text */
};

void terms_begin(struct term_scan *s, const char *text, size_t len);
/* Words of scripts with spaces; overlapping pairs of characters for Han, katakana, hangul and Thai
 * (hiragana and the commonest Chinese function characters only separate). False at the end. */
bool terms_next(struct term_scan *s, struct term *t);
/* Carries no meaning in a question: articles, pronouns, auxiliaries, question words. */
bool term_is_stop(const struct term *t);
/* Means little by itself: "take", "best", "difference". */
bool term_is_weak(const struct term *t);

#endif
