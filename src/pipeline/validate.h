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

/* A cut at or before `cut` that goes through no danger phrase and no personal data; 0 = none. */
size_t validate_safe_cut(struct turn *t, const char *text, size_t len, size_t cut);

/* How well the words of `answer` are covered by the passages, 0..100. */
int validate_confidence(const struct turn_passages *p, const char *answer);

#endif
