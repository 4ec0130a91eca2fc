/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts and questions as features of the search file: a word gives its stem and its character grams of four,
 * a pair from a script without spaces itself and its characters. Beside these a text has the codes
 * of its words in their order, for the re-ranking (rank.h). Pure; any thread. What is changed here
 * changes what the rows' lengths and the lists mean: give KDB_VERSION a new number.
 */
#ifndef KNOWLEDGE_ANALYSE_H
#define KNOWLEDGE_ANALYSE_H

#include "base/str.h"
#include "lexical/lexical.h"

#define QUESTION_WORDS_MAX 64

struct features { /* { 0 } to begin */
    struct lexical_feature *at;
    size_t n, room;
    double length; /* the sum of tf */
    struct buf codes;
    uint32_t title_codes, heading_codes, body_codes;
    bool failed; /* out of memory: the rest is missing */
};

/* A chunk as it is ranked: title and heading count more than the body, "" not at all. Starts anew. */
void features_of_chunk(struct features *f, const char *title, const char *heading, struct str body);
void features_free(struct features *f);

struct question_word {
    uint16_t code;
    bool function; /* weighs little */
    uint16_t term; /* its stem among the terms */
};

struct question {
    struct lexical_term term[LEXICAL_TERMS_MAX]; /* distinct */
    size_t terms;
    struct question_word word[QUESTION_WORDS_MAX]; /* distinct */
    size_t words;
};

/* What does not fit is not seen. Function words do not make a passage a hit unless there is nothing else. */
void analyse_question(struct question *out, const char *question);

#endif
