/* SPDX-License-Identifier: Apache-2.0
 *
 * Retrieved passages cut into sentences and marked with the question's terms: what the
 * extractive provider chooses from. Fixed-size, so that hostile input costs nothing more:
 * what does not fit is not looked at. Pure; any thread.
 */
#ifndef LLM_PASSAGES_H
#define LLM_PASSAGES_H

#include <parley/turn.h>

#define ASKED_MAX          48 /* different terms of a question */
#define SENTENCES_MAX      192
#define PASSAGE_BYTES_READ 4096 /* of each passage */
#define SENTENCE_CHARS_MAX 450  /* longer ones are tables and logs, not sentences */

struct asked {
    uint64_t hash[ASKED_MAX];
    double weight[ASKED_MAX]; /* 0.5 (in every sentence) .. 1 (rare or absent); weak words less */
    double total, total_named;
    uint64_t weak, name; /* says little by itself; is written like a name */
    size_t n;
};

struct sentence {
    struct str text; /* trimmed, without list and heading marks */
    size_t passage;
    size_t order; /* within the passage, from 0; headings count */
    size_t chars;
    uint64_t hits;   /* bit i: holds asked.hash[i] */
    uint64_t near;   /* hits of the heading, of the title, of a question just before */
    uint64_t sig[4]; /* which words, as a 256-bit set */
    int words;
    bool heading, question;
    bool new_line; /* does not continue the line of the sentence before */
    bool whole;    /* begins and ends like a sentence */
    bool subject;  /* its first word with a meaning is asked for: it is about that */
    bool torn;     /* the passage ends in the middle of it */
    bool leaning;  /* begins with a word that points back ("It", "Diese") */
};

struct passage_set {
    struct asked asked;
    struct sentence at[SENTENCES_MAX];
    size_t n;
    size_t passages;
    uint64_t covers[TURN_PASSAGES_MAX]; /* hits of a passage, its title included */
};

/* Borrows question and passages. Fills and weighs everything. */
void passages_read(struct passage_set *set, const char *question, const struct turn_passages *passages);
/* Share of the question's weight that these hits hold: 0..1. */
double passages_share(const struct passage_set *set, uint64_t hits);
/* The same with names counting more: whether this is about the same thing at all. */
double passages_cover(const struct passage_set *set, uint64_t hits);
/* How far one sentence repeats another: 0..1. */
double passages_overlap(const struct sentence *a, const struct sentence *b);

#endif
