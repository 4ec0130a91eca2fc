/* SPDX-License-Identifier: Apache-2.0
 *
 * What the bot says by itself, by language. Answers are not here: they come in the language of their turn.
 * Pure; any thread.
 */
#ifndef CHAT_TEXTS_H
#define CHAT_TEXTS_H

#include "base/str.h"

enum text {
    TEXT_START,
    TEXT_HELP,
    TEXT_EMPTY, /* addressed, and nothing asked */
    TEXT_MEDIA,
    TEXT_LANGUAGE,     /* above the buttons */
    TEXT_LANGUAGE_SET, /* said in the new language */
    TEXT_RESET,
    TEXT_USAGE, /* before the numbers */
    TEXT_NOTHING_KEPT,
    TEXT_FORGET_ASK, /* above the button ... */
    TEXT_FORGET_YES, /* ... on it */
    TEXT_FORGOTTEN,
    TEXT_UNKNOWN, /* a command that is none of ours */
    TEXT_BUSY,    /* earlier messages of this chat are still being answered */
    TEXT_LIMITED, /* too many in a minute */
    TEXT_TROUBLE, /* could not be taken */
    TEXT_DENIED,
    TEXT_AGREE,      /* on the button under the consent text */
    TEXT_THANKS,     /* after it was pressed */
    TEXT_BUTTON_OLD, /* used, or its time is over */
    TEXT_BUTTON_NOT_YOURS,
    TEXT_SOURCES, /* above the list of them */
    TEXT_YOU,     /* who speaks, in an export ... */
    TEXT_BOT,     /* ... and the other */
    TEXT_SEARCHING,
    TEXT_WRITING,
    TEXT_RATED,      /* after a feedback button */
    TEXT_QUOTA_NEAR, /* {1} used, {2} in all */
    TEXT_QUOTA_OVER, /* {1} in all, {2} the day on which it begins anew */
    TEXT_PAIR,       /* {1} code */
    TEXT_PAIRED,     /* in the chat that was let in */
    TEXT_APPROVED,   /* to the admin; {1} chat */
    TEXT_REVOKED,
    TEXT_CODE_UNKNOWN,
    /* descriptions of the commands in the menu */
    TEXT_MENU_ASK,
    TEXT_MENU_HELP,
    TEXT_MENU_LANGUAGE,
    TEXT_MENU_PRIVACY,
    TEXT_MENU_RESET,
    TEXT_MENU_USAGE,
    TEXT_MENU_EXPORT,
    TEXT_MENU_FORGET,
    TEXTS
};

struct text_language {
    const char *code; /* ISO 639-1 */
    const char *name; /* in itself */
    const char *text[TEXTS];
};

extern const struct text_language text_languages[];
extern const size_t text_languages_len;

/* NULL: we do not speak it. "pt-br" is "pt". */
const struct text_language *text_language_of(const char *code);
/* In that language, else in English. */
const char *text_in(const char *code, enum text which);
/* The same with its {1}, {2} filled in. */
void text_fill(struct buf *out, const char *code, enum text which, const char *const *arg, size_t args);

#endif
