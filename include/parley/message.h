/* SPDX-License-Identifier: Apache-2.0
 *
 * What an adapter hands in: one person's message, in the platform's own terms.
 * All pointers are NUL-terminated, valid UTF-8 (the adapter has checked), never
 * NULL ("" when absent), and live in the arena of the turn that holds the message.
 * `user`, `conversation` and `peer_ip` are raw platform ids: the identify stage
 * turns them into keyed hashes and nothing after it reads them.
 */
#ifndef PARLEY_MESSAGE_H
#define PARLEY_MESSAGE_H

#include <parley/base.h>

#define MESSAGE_TEXT_MAX 32768     /* bytes of text; an adapter refuses more with a clear error */
#define MESSAGE_ID_MAX 200         /* bytes of external_id */
#define MESSAGE_ADDRESS_MAX 1024   /* bytes of address */

struct message {
    const char *channel;      /* the adapter's name: "web", "telegram", ... */
    const char *bot;          /* the account within the channel; "default" */
    const char *external_id;  /* (channel, bot, external_id) is the dedup key */
    const char *user;         /* platform user id */
    const char *conversation; /* platform conversation id: one active turn each, FIFO */
    const char *address;      /* where the answer goes; opaque to the core, stored in the outbox */
    const char *text;
    const char *locale;       /* BCP 47, "" = unknown */
    const char *country;      /* ISO 3166 alpha-2 from a trusted proxy, "" = unknown */
    const char *consent;      /* version of the consent text accepted with this message, "" = says nothing */
    const char *peer_ip;      /* canonical address for the per-IP limit; "" when the platform vouches */
    /* What the adapter answers by itself, in its own form (its parts() reads it): no quota, no stage looks at
     * `text`, no model is asked. NULL or "" = it is a question. */
    const char *reply;
    char body_hash[65];       /* hex SHA-256 of what was sent; tells a replay from a reuse of its key */
    int64_t received_ms;      /* wall clock */
    bool fresh;               /* `conversation` was made up with this message: nothing is stored under it */
    bool interactive;         /* somebody waits on an open connection: deliver goes there first */
};

#endif
