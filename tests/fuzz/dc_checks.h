/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of every message that adapters/discord/wire.h reads, from the gateway or as the target of a
 * command.
 */
#ifndef DC_CHECKS_H
#define DC_CHECKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/message.h>

#include "adapters/discord/wire.h"
#include "base/utf.h"

static inline void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static inline void check_id(const char *id)
{
    must(id && (!id[0] || dc_id_ok(id)), "an id is digits or nothing");
}

static inline void check_text(const char *text, size_t max)
{
    must(text && strlen(text) <= max, "a text is there and within its limit");
    must(utf8_valid(text, strlen(text)), "a text is UTF-8");
}

static inline void check_trimmed(const char *text, size_t max)
{
    check_text(text, max);
    must(!text[0] || (!strchr(" \t\r\n", text[0]) && !strchr(" \t\r\n", text[strlen(text) - 1])),
         "a text is trimmed");
}

static inline void check_roles(const char *const *role, size_t n)
{
    must(n <= DC_ROLES_MAX, "roles have a limit");
    for (size_t i = 0; i < n; i++)
        must(dc_id_ok(role[i]), "a role is an id");
}

static inline void check_message(const struct dc_message *m, bool too_long)
{
    must(dc_id_ok(m->id) && dc_id_ok(m->author_id), "a message has an id and an author");
    check_id(m->channel_id);
    check_id(m->guild_id);
    check_id(m->reply_to);
    check_id(m->parent_id);
    check_trimmed(m->text, MESSAGE_TEXT_MAX);
    check_roles(m->role, m->roles);
    must(!too_long || !m->text[0], "of what is too long there is no text");
    must(m->dm == !m->guild_id[0], "what is in no guild is a DM");
    must(m->attachments <= DC_LIST_MAX, "attachments have a limit");
    for (size_t i = 0; i < m->attachments; i++)
        must(m->attachment[i].bytes >= 0 && m->attachment[i].media <= DC_STICKER, "an attachment is one");
}

#endif
