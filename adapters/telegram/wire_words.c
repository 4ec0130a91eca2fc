/* SPDX-License-Identifier: Apache-2.0
 *
 * What a message says to us. Who is meant stands in the entities, never in a search of the text: "@name" in a
 * link, a code block or as a part of "@name_2" is no mention. Offsets are UTF-16 code units, the text is
 * UTF-8: both are walked once, side by side, since Telegram sends entities in the order of their offsets. An
 * entity that is out of order, out of the text or in the middle of a surrogate pair is passed over.
 */
#include "adapters/telegram/wire_impl.h"

#include <errno.h>
#include <string.h>

#include <parley/message.h>

#include "base/utf.h"

#define COMMAND_MAX 64 /* letters of a command that Telegram marks as one */

struct words {
    const char *text;
    size_t len, pos; /* bytes; `pos` stands at `units` */
    int64_t units;
    char *out; /* the text without what was cut; never longer */
    size_t out_len, taken;
};

static bool seek(struct words *w, int64_t units)
{
    if (units < w->units)
        return false;
    while (w->units < units && w->pos < w->len)
        w->units += utf8_next(w->text, w->len, &w->pos) >= 0x10000 ? 2 : 1;
    return w->units == units;
}

static bool locate(struct words *w, const cJSON *entity, struct str *at)
{
    int64_t offset = json_int(entity, "offset"), length = json_int(entity, "length");
    if (offset < 0 || length <= 0 || !seek(w, offset))
        return false;
    at->at = w->text + w->pos;
    if (!seek(w, offset + length))
        return false;
    at->len = (size_t)(w->text + w->pos - at->at);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void keep(struct words *w, size_t until)
{
    memcpy(w->out + w->out_len, w->text + w->taken, until - w->taken);
    w->out_len += until - w->taken;
    w->taken = until;
}

/* Leaves out `at` and the blanks that would stand doubled or at the beginning of a line without it. */
static void cut(struct words *w, struct str at)
{
    size_t from = (size_t)(at.at - w->text);
    if (from < w->taken)
        return;
    keep(w, from);
    while (w->out_len && is_blank(w->out[w->out_len - 1]))
        w->out_len--;
    w->taken = from + at.len;
    if (w->out_len == 0 || w->out[w->out_len - 1] == '\n')
        while (w->taken < w->len && is_blank(w->text[w->taken]))
            w->taken++;
}

static bool is_our_name(struct str name, const struct tg_me *me)
{
    return me->username[0] && str_ieqs(name, me->username);
}

static bool is_mention(const char *type, const cJSON *entity, struct str at, const struct tg_me *me)
{
    if (strcmp(type, "mention") == 0)
        return at.at[0] == '@' && is_our_name((struct str){ at.at + 1, at.len - 1 }, me);
    return me->id && json_int(cJSON_GetObjectItemCaseSensitive(entity, "user"), "id") == me->id;
}

static bool is_command_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] != '_' &&
            ((unsigned char)name.at[i] >= 0x80 || !utf_is_word((unsigned char)name.at[i])))
            return false;
    return name.len >= 1 && name.len <= COMMAND_MAX;
}

/* "/name" or "/name@bot" at the beginning of the text. Telegram shows capitals as the same command. */
static int command(struct tg_update *u, struct words *w, struct str at, const struct tg_me *me,
                   struct arena *a)
{
    struct str bot = { at.at + 1, at.len - 1 }, name;
    char *copy;
    if (at.at != w->text || at.at[0] != '/' || !str_cut(&bot, '@', &name) || !is_command_name(name))
        return 0;
    if (bot.at && !is_our_name(bot, me)) {
        u->for_other = true;
        return 0;
    }
    copy = arena_strndup(a, name.at, name.len);
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; copy[i]; i++)
        copy[i] = (char)utf_lower((unsigned char)copy[i]);
    u->command = copy;
    cut(w, at);
    return 0;
}

static int entity(struct tg_update *u, struct words *w, const cJSON *e, const struct tg_me *me,
                  struct arena *a)
{
    const char *type = json_text(e, "type", "");
    bool is_command = strcmp(type, "bot_command") == 0;
    struct str at;
    if (!is_command && strcmp(type, "mention") != 0 && strcmp(type, "text_mention") != 0)
        return 0;
    if (!locate(w, e, &at))
        return 0;
    if (is_command)
        return command(u, w, at, me, a);
    if (is_mention(type, e, at, me)) {
        u->mentions_us = true;
        cut(w, at);
    }
    return 0;
}

int wire_words(struct tg_update *u, bool *has, const cJSON *message, const struct tg_me *me, struct arena *a)
{
    const char *text = json_text(message, "text", NULL), *of = text ? "entities" : "caption_entities";
    struct words w = { .text = text ? text : json_text(message, "caption", "") };
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(message, of), *e;
    struct str rest;
    w.len = strlen(w.text);
    *has = w.len > 0;
    if (w.len > MESSAGE_TEXT_MAX)
        return X_E_LIMIT;
    w.out = arena_alloc(a, w.len + 1);
    if (!w.out)
        return -ENOMEM;
    cJSON_ArrayForEach(e, list)
    {
        int rc = entity(u, &w, e, me, a);
        if (rc)
            return rc;
    }
    keep(&w, w.len);
    rest = str_trim((struct str){ w.out, w.out_len });
    u->text = rest.at;
    w.out[(size_t)(rest.at - w.out) + rest.len] = '\0';
    return 0;
}
