/* SPDX-License-Identifier: Apache-2.0
 *
 * What Telegram, or somebody in its place, may send: an answer to getUpdates, a webhook call, getMe, all from
 * the same bytes. Whatever is taken must keep what wire.h says of it, since it goes on into the store and
 * into calls unchecked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/message.h>

#include "adapters/telegram/wire.h"
#include "base/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tg_me me = { .id = 123456, .username = "parley_test_bot" };

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_text(const char *text, size_t max)
{
    must(text && strlen(text) <= max, "a text is there and within its limit");
    must(utf8_valid(text, strlen(text)), "a text is UTF-8");
}

static void check_message(const struct tg_update *u)
{
    must(u->chat_id != 0 && u->chat != TG_CHANNEL, "a message has a chat to answer in");
    must(!(u->command[0] && u->for_other), "a command is ours or another's");
    must(u->command[strspn(u->command, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0',
         "a command is a name");
    must(!u->text[0] || !strchr(" \t\r\n", u->text[0]), "a text is trimmed");
}

static void check_update(const struct tg_update *u)
{
    must(u->update_id > 0, "an update has an id");
    check_text(u->text, MESSAGE_TEXT_MAX);
    check_text(u->command, 64);
    check_text(u->from_lang, 35);
    check_text(u->callback_id, 128);
    check_text(u->data, TG_CALLBACK_BYTES);
    must(u->from_id >= 0 && u->media_bytes >= 0 && u->thread_id != 1, "numbers are in range");
    must(u->from_id || (!u->from_bot && !u->from_lang[0]), "nobody has no language");
    must(u->kind != TG_CALLBACK || (u->callback_id[0] && u->from_id), "a button was pressed by somebody");
    must(u->kind != TG_MIGRATED || (u->migrated_to && u->chat_id), "a group moves from one id to another");
    must(u->kind != TG_BLOCKED || u->chat_id, "one is removed from a chat");
    if (u->kind == TG_MESSAGE)
        check_message(u);
}

static void check_batch(const char *json, size_t len, struct arena *a)
{
    struct tg_update *u = NULL;
    size_t n, unreadable;
    struct err err = { "" };
    int rc = tg_updates_read(json, len, &me, a, &u, &n, &unreadable, &err);
    must(rc == 0 || rc == X_E_INVALID || rc == -ENOMEM, "a batch is read or refused");
    must(rc == 0 || err.text[0], "a refusal says why");
    for (size_t i = 0; rc == 0 && i < n; i++)
        check_update(&u[i]);
    must(rc || n <= TG_BATCH_MAX, "a batch has its limit");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *json = (const char *)data;
    struct tg_update one;
    struct tg_me who;
    struct arena a;
    arena_init(&a, 8U << 20);
    check_batch(json, size, &a);
    if (tg_update_read(json, size, &me, &a, &one, NULL) == 0)
        check_update(&one);
    if (tg_me_read(json, size, &who, NULL) == 0)
        must(who.id > 0 && strlen(who.username) < sizeof who.username, "a bot has an id and a name");
    arena_wipe(&a);
    return 0;
}
