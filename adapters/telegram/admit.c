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

bool admit_is_admin(const struct tg_update *u, const struct admit_lists *l)
{
    for (size_t i = 0; i < l->admins; i++)
        if (l->admin[i] == u->from_id)
            return true;
    return false;
}

/* ADMIT_PASS: nothing is against it. A guest query's chat is none of ours, so it cannot be let in. */
static enum admit access_of(const struct tg_update *u, const struct admit_lists *l, bool paired)
{
    if (listed(l->deny, l->denies, u))
        return ADMIT_DENIED;
    if (admit_is_admin(u, l) || listed(l->allow, l->allows, u))
        return ADMIT_PASS;
    if (l->pairing)
        return paired ? ADMIT_PASS : u->guest[0] ? ADMIT_DENIED : ADMIT_STRANGER;
    return l->allows ? ADMIT_DENIED : ADMIT_PASS;
}

static bool addressed(const struct tg_update *u)
{
    return u->chat == TG_PRIVATE || u->guest[0] || u->mentions_us || u->replies_to_us || u->command[0];
}

static enum admit admit_message(const struct tg_update *u)
{
    if (u->guest[0])
        return u->text[0] ? ADMIT_ASK : ADMIT_PASS;
    if (u->command[0] && (strcmp(u->command, "ask") != 0 || !u->text[0]))
        return ADMIT_COMMAND;
    if (u->text[0])
        return ADMIT_ASK;
    if (u->media == TG_NO_MEDIA)
        return ADMIT_EMPTY;
    return u->media == TG_STICKER && u->chat != TG_PRIVATE ? ADMIT_PASS : ADMIT_MEDIA;
}

enum admit admit_update(const struct tg_update *u, const struct admit_lists *lists, bool paired)
{
    enum admit access;
    if (u->kind == TG_MIGRATED)
        return ADMIT_MIGRATED;
    if (u->kind == TG_CALLBACK)
        return (access = access_of(u, lists, paired)) == ADMIT_PASS ? ADMIT_BUTTON : access;
    if (u->kind != TG_MESSAGE || u->chat == TG_CHANNEL || u->from_id == 0 || u->from_bot || u->for_other ||
        !addressed(u))
        return ADMIT_PASS;
    return (access = access_of(u, lists, paired)) == ADMIT_PASS ? admit_message(u) : access;
}
