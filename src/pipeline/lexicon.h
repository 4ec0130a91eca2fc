/* SPDX-License-Identifier: Apache-2.0
 *
 * Words and phrases as signs of what a message wants. Pure; any thread.
 */
#ifndef PIPELINE_LEXICON_H
#define PIPELINE_LEXICON_H

#include <parley/base.h>

enum lexicon_sign {
    LEX_QUESTION = 1 << 0,
    LEX_NEGATION = 1 << 1,
    LEX_FUNCTION = 1 << 2,
    LEX_CONDITION = 1 << 3,
    LEX_COMPARISON = 1 << 4,
    LEX_QUANTITY = 1 << 5,
    LEX_PERSON = 1 << 6,
    LEX_WHY = 1 << 7,
    LEX_HOW = 1 << 8,
    LEX_WHICH = 1 << 9,
    LEX_HOW_MANY = 1 << 10,
    LEX_HELLO = 1 << 11, /* greeting, thanks, one-word reply */
    LEX_TASK = 1 << 12,  /* asks for an analysis, a design, a proof */
    LEX_WORK = 1 << 13,  /* asks for some work: explain, write, how do I */
    LEX_CODE = 1 << 14,
    LEX_FOLLOW = 1 << 15,    /* what a follow-up begins with */
    LEX_LIVE = 1 << 16,      /* only the outside world knows */
    LEX_LIVE_WEAK = 1 << 17, /* live together with another */
    LEX_TIMELESS = 1 << 18,  /* a definition, a story: takes one live sign back */
};

/* The signs of every entry that stands at text[0]. `text` is NUL-terminated, in lower case, one blank between
 * words; its first word has word_len bytes. */
unsigned lexicon_signs(const char *text, size_t word_len);
bool lexicon_sorted(void);

#endif
