/* SPDX-License-Identifier: Apache-2.0
 *
 * What the semantic*.c files share: a question on its way from text to meaning. All text is borrowed from
 * `low`, from the rows, or static.
 */
#ifndef PIPELINE_SEMANTIC_IMPL_H
#define PIPELINE_SEMANTIC_IMPL_H

#include "base/str.h"
#include "pipeline/semantic.h"
#include "pipeline/semantic_words.h"

#define UNITS_MAX   (2 * SEMANTIC_PIECES_MAX)
#define PHRASES_MAX 512 /* more than a language has */
#define BAG_MAX     16
#define LOW_BYTES                                                                                            \
    (3 * SEMANTIC_TEXT_MAX + 2 * SEMANTIC_PIECES_MAX) /* an invalid byte becomes U+FFFD: three */

struct piece {
    struct str text;
    bool quoted;  /* stays as it is */
    bool capital; /* inside the text: a name, perhaps */
};

struct unit {
    struct str text;
    char article; /* 'a', 't' or 0, as it stood before */
    bool plural;
    bool opens; /* something was taken off before it */
    bool form;
};

struct phrase {
    struct str words;
    const struct semantic_row *row;
};

struct reading {
    char low[LOW_BYTES];
    size_t low_len;
    struct piece piece[SEMANTIC_PIECES_MAX];
    size_t pieces;
    bool begins[256]; /* the first bytes of the pieces */
    struct phrase phrase[PHRASES_MAX];
    size_t phrases;
    struct unit unit[UNITS_MAX];
    size_t units;
    struct str bag[BAG_MAX]; /* tense and mood: they move with the form of a sentence */
    size_t bags;
    const struct semantic_language *lang; /* NULL: none told */
    char article;
    bool opens, asked, full;
};

/* ---- semantic_cut.c ---- */
/* Fills piece[] and low[] from a text of at most SEMANTIC_TEXT_MAX bytes; need not be UTF-8. */
void semantic_cut(struct reading *r, const char *text, size_t len);

/* ---- semantic.c ---- */
bool semantic_listed(const char *list, struct str word);  /* `list` is " one two " */
bool semantic_ends_in(struct str word, const char *ends); /* `ends` is "one two"; and is longer than it */
bool semantic_unit_is(const struct reading *r, size_t at, const char *text);
void semantic_mood(struct reading *r, struct str text); /* into the bag */

/* ---- semantic_english.c ---- */
/* Turns what English says in several orders into one. */
void semantic_english(struct reading *r);
/* "stake" is "staking", "plan" is "planning", "plane" is "planing": what "how do I" and "the process of"
 * share. */
void semantic_gerund(struct reading *r, struct str *verb);

#endif
