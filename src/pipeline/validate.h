/* SPDX-License-Identifier: Apache-2.0
 *
 * The response validator. Sentence checks run before a sentence leaves (danger phrases, foreign personal
 * data, dead citations, control characters); answer checks run at the end (grounding, sources, disclaimers).
 * Loop thread.
 */
#ifndef PIPELINE_VALIDATE_H
#define PIPELINE_VALIDATE_H

#include <parley/turn.h>

/* The sentence as it may be shown, in the arena; NULL when the arena is full. Fails closed: what could not
 * be checked comes back as a mark of omission with the warning "sentence_withheld". */
const char *validate_sentence(struct turn *t, const char *text, size_t len);

/* The same for text that is no part of the answer: citations stay as they are. */
const char *validate_text(struct turn *t, const char *text, size_t len);

/* A cut at or before `cut` that leaves every danger phrase, personal datum, placeholder and citation whole,
 * with what its rule looks at around it; 0 = none, or it cannot be told: hold the text. */
size_t validate_safe_cut(struct turn *t, const char *text, size_t len, size_t cut);

/* Length of a citation "[12]" at `at`, its number in *n; 0 = none stands there. */
size_t validate_citation(const char *text, size_t len, size_t at, size_t *n);

/* How well the words of `answer` are covered by the passages, 0..100; citations are no words. */
int validate_confidence(const struct turn_passages *p, const char *answer);

#endif
