/* SPDX-License-Identifier: Apache-2.0
 *
 * What an update wants of us, and whether it may. In groups the bot is one of many: it answers who mentions
 * it, replies to it or gives it a command, and nobody else. Pure; any thread.
 */
#ifndef TELEGRAM_ADMIT_H
#define TELEGRAM_ADMIT_H

#include "adapters/telegram/wire.h"

#define ADMIT_IDS_MAX 16

enum admit {
    ADMIT_PASS,     /* not for us: nothing happens */
    ADMIT_ASK,      /* a question: a turn */
    ADMIT_EMPTY,    /* addressed to us, and says nothing */
    ADMIT_MEDIA,    /* something we cannot read, without a caption */
    ADMIT_COMMAND,  /* any but /ask with a question, which is ADMIT_ASK */
    ADMIT_BUTTON,   /* a button of ours */
    ADMIT_MIGRATED, /* the group has a new id */
    ADMIT_DENIED,   /* a person or a chat that may not ask */
    ADMIT_STRANGER, /* one that may not ask yet: an admin has to let it in */
};

/* Ids of people (above 0) and chats (groups: below 0). Deny wins, then admins may. Without pairing an empty
 * allow list allows all; with it only who is listed, or whose chat was let in. */
struct admit_lists {
    int64_t allow[ADMIT_IDS_MAX], deny[ADMIT_IDS_MAX], admin[ADMIT_IDS_MAX];
    size_t allows, denies, admins;
    bool pairing;
};

/* paired: an admin has let the chat in. */
enum admit admit_update(const struct tg_update *u, const struct admit_lists *lists, bool paired);
bool admit_is_admin(const struct tg_update *u, const struct admit_lists *lists);

#endif
