/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a text ask for what only the outside world knows: a price, the weather, a score, who holds an office?
 * Signs of the lexicon in, a few of their combinations out, weighed by policies/routing.json. Pure; any
 * thread.
 */
#ifndef PIPELINE_LIVE_H
#define PIPELINE_LIVE_H

#include "conf/routing.h"

/* What was read at either end of a text. */
struct live_signs {
    uint64_t any;     /* LEXICON_BITs of any word */
    uint64_t first;   /* of the first few words */
    uint64_t opening; /* of the very first */
    bool this_year;   /* the present year or one soon after it stands there as a number */
    bool past_year;
    bool pasted; /* lines, quotes or a colon: some of it is not the question itself */
    bool named;  /* a capital letter begins a word in the middle */
    bool going;  /* an English word ends in -ing */
    size_t words, numbers;
};

void live_features(double at[ROUTING_LIVE_COUNT], const struct live_signs *s);
bool live_asked(const struct routing *policy, const double at[ROUTING_LIVE_COUNT]);

#endif
