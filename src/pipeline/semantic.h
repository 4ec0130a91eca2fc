/* SPDX-License-Identifier: Apache-2.0
 *
 * When are two questions one? Each is reduced to what it asks: its form ("how do I", "what is", "is it"), its
 * remaining words in their order, its tense. Only what a table lists as empty, as the same question form or
 * as the same word is taken away; numbers, negation, opposites, names, order, units and every word nobody
 * listed stay, so whatever differs there is another question. Two texts are alike when nothing differs and
 * the embedder finds them near enough.
 */
#ifndef PIPELINE_SEMANTIC_H
#define PIPELINE_SEMANTIC_H

#include <parley/embedder.h>

#define SEMANTIC_TEXT_MAX    512 /* bytes of a question; longer ones are never alike */
#define SEMANTIC_PIECES_MAX  64  /* words and marks of a question */
#define SEMANTIC_MEANING_MAX 4096

struct semantic { /* what a question asks: equal texts ask the same */
    char meaning[SEMANTIC_MEANING_MAX];
    size_t len;
};

/* `language` breaks the tie when the words belong to several languages. False for a text without a word or
 * over a limit. Pure; any thread; no allocation. */
bool semantic_read(struct semantic *out, const char *text, const char *language);
/* Cosine of the two texts under the built-in embedder, in percent, 0 when it cannot be told. Any thread. */
int semantic_nearness(const char *a, const char *b);

#endif
