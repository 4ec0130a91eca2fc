/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a text as the index and the embedder see them: folded (fold.h), punctuation gone,
 * English endings cut, scripts without spaces as overlapping pairs of characters. Pure; any thread.
 * A change here changes what an index holds: KDB_VERSION and the name of the hash embedder follow it.
 */
#ifndef EMBED_WORDS_H
#define EMBED_WORDS_H

#include <parley/base.h>

#define WORD_BYTES_MAX 64 /* the rest of a longer word is dropped */

struct words { /* { .text = ..., .len = ... } to begin */
    const char *text;
    size_t len, pos;
};

struct word {
    char at[WORD_BYTES_MAX + 1]; /* UTF-8, NUL-terminated */
    size_t len;
    bool wide;    /* from a script without spaces: one or two characters of a run */
    bool run_end; /* wide: the last of its run */
};

struct word_marked { /* "<word>": the marks tell beginning and end from middle */
    char at[WORD_BYTES_MAX + 2];
    uint8_t start[WORD_BYTES_MAX + 3]; /* where each character begins, and the end */
    size_t chars;
};

bool words_next(struct words *w, struct word *out); /* false at the end */
/* Cuts plural, -ing, -ed and a final e off ASCII words: "staking", "stakes" and "stake" meet. */
void word_stem(struct word *w);
/* A function or question word (not stemmed). In stop_words.c. */
bool word_is_stop(const struct word *w);
void word_mark(const struct word *w, struct word_marked *out);

#endif
