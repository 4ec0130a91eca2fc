/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is answered. Silence is the rule in groups: a bot that answers what was not meant for it is thrown out.
 */
#include "adapters/telegram/admit.h"

#include <string.h>

static bool listed(const int64_t *ids, size_t n, const struct tg_update *u)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == u->from_id || ids[i] == u->chat_id)
            return true;
    return false;
}

static bool allowed(const struct tg_update *u, const struct admit_lists *l)
{
    return !listed(l->deny, l->denies, u) && (!l->allows || listed(l->allow, l->allows, u));
}

static bool addressed(const struct tg_update *u)
{
    return u->chat == TG_PRIVATE || u->mentions_us || u->replies_to_us || u->command[0];
}

static enum admit admit_message(const struct tg_update *u)
{
    if (u->command[0] && (strcmp(u->command, "ask") != 0 || !u->text[0]))
        return ADMIT_COMMAND;
    if (u->text[0])
        return ADMIT_ASK;
    if (u->media == TG_NO_MEDIA)
        return ADMIT_EMPTY;
    return u->media == TG_STICKER && u->chat != TG_PRIVATE ? ADMIT_PASS : ADMIT_MEDIA;
}

enum admit admit_update(const struct tg_update *u, const struct admit_lists *lists)
{
    if (u->kind == TG_MIGRATED)
        return ADMIT_MIGRATED;
    if (u->kind == TG_CALLBACK)
        return allowed(u, lists) ? ADMIT_BUTTON : ADMIT_DENIED;
    if (u->kind != TG_MESSAGE || u->chat == TG_CHANNEL || u->from_id == 0 || u->from_bot || u->for_other ||
        !addressed(u))
        return ADMIT_PASS;
    return allowed(u, lists) ? admit_message(u) : ADMIT_DENIED;
}
