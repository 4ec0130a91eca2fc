/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reader of questions (semantic.h) may take off or put for another word, by language. Data. A phrase
 * may be here only if no two questions that want different answers become equal by it: "remove" is not
 * "delete", "you" is not "I". The order of rows means nothing: the longest phrase that fits is taken.
 */
#ifndef PIPELINE_SEMANTIC_WORDS_H
#define PIPELINE_SEMANTIC_WORDS_H

#include <parley/base.h>

enum semantic_where {
    ANY,
    START, /* nothing that asks stands before it */
    AFTER, /* right after an ASKED opener */
    ASKED, /* START, and an asking word follows: "tell me" in "tell me how" */
    END,
    FORM, /* right after a form: "do" in "what do I" */
    VERB, /* where only a verb can stand: "purchase" in "how do I purchase", not in "a purchase order" */
    TASK, /* in a question of the form TO: "my" in "how do I reset my" */
};

/* `words`: phrases parted by bars, lower case, one blank between words. `to`, cut at blanks: UPPER case is a
 * form,
 * "+X" joins the tense and mood beside the words, "@a" and "@t" are an indefinite and a definite article,
 * anything else is a word. */
struct semantic_row {
    const char *to;
    enum semantic_where where;
    const char *words;
};

struct semantic_language {
    const char *code;
    const char *marks; /* " the is " : frequent words that tell the language */
    const char *asks;  /* words that an ASKED opener may stand before */
    const struct semantic_row *row;
    size_t rows;
    const char
        *task_words; /* " how " that is the form TO before a word with one of the endings: an infinitive */
    const char *task_ends;
    bool plural_s;      /* -s is a plural */
    bool english;       /* possessives, verb endings, compounds */
    bool articles_tell; /* "Apple" is not "an apple" */
};

#define SEMANTIC_ROWS(rows_of) .row = (rows_of), .rows = ARRAY_LEN(rows_of)
#define SEMANTIC_LANGUAGES     7

extern const struct semantic_language semantic_en, semantic_de, semantic_es, semantic_fr, semantic_it,
    semantic_pt, semantic_ru;
extern const struct semantic_language *const semantic_language[SEMANTIC_LANGUAGES];

#endif
