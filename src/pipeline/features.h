/* SPDX-License-Identifier: Apache-2.0
 *
 * What the surface of a text shows, as numbers. Pure; any thread; linear in the text, no allocation.
 */
#ifndef PIPELINE_FEATURES_H
#define PIPELINE_FEATURES_H

#include "conf/routing.h"

#define FEATURES_BYTES_MAX                                                                                   \
    8192 /* of a longer text the words are read up to here; its length counts whole                          \
          */

struct features {
    double at[ROUTING_FEATURE_COUNT]; /* what the fitted weights are for */
    size_t words;
    size_t long_words, numbers, question_marks, code_marks;
    size_t tasks, works, codes, hellos; /* words of the lexicon */
    size_t known;                       /* words that are in the lexicon at all */
    bool follows;                       /* begins as a follow-up does */
    bool wide;                          /* a script written without blanks: its words cannot be counted */
    double live_at[ROUTING_LIVE_COUNT]; /* of needs_live, likewise */
};

/* `text` need not be UTF-8. `year` is the present one. */
void features_of(struct features *f, const char *text, size_t len, int year);

#endif
