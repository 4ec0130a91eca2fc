/* SPDX-License-Identifier: Apache-2.0
 *
 * What a button means. It stays here, in `state`, under a random token; the button carries "token:word". A
 * token is for one person, and not for ever; it is dropped when what it meant is done and not before: what a
 * crash comes between is done again, so each of these things may be. Pure; any thread.
 */
#ifndef CHAT_BUTTON_H
#define CHAT_BUTTON_H

#include <parley/arena.h>

#include "base/str.h"

#define CHAT_TOKEN     32                      /* characters */
#define CHAT_PRESS_MAX (CHAT_TOKEN + 1 + 16)   /* of "token:word" */
#define CHAT_AGREE_MS  INT64_C(3600000)        /* a consent button keeps the question so long */
#define CHAT_RATE_MS   (7 * INT64_C(86400000)) /* what a feedback button is good for */
#define CHAT_FORGET_MS INT64_C(600000)
#define CHAT_CHOOSE_MS INT64_C(86400000) /* of a language */

struct chat_button {
    const char *user; /* whose it is, in the platform's own id */
    const char *what; /* "agree", "rate", "lang", "forget" */
    const char *note; /* kept along: a question, a turn's id */
};

void chat_token_new(char out[CHAT_TOKEN + 1]);
/* "0123..ef:word", as a platform brings it back. *word points into `press`. */
bool chat_press_read(const char *press, char token[CHAT_TOKEN + 1], const char **word);
/* The value for `state`. */
void chat_button_write(struct buf *out, const struct chat_button *b);
/* False: it is none. Strings are in `words`. */
bool chat_button_read(struct chat_button *out, const char *value, struct arena *words);

/* The note of "agree": the consent text's version and the question it was asked for. NULL = out of memory. */
const char *chat_agree_note(const char *version, const char *question, struct arena *words);
bool chat_agree_read(const char *note, const char **version, const char **question, struct arena *words);

#endif
