/* SPDX-License-Identifier: Apache-2.0
 *
 * A message as it concerns us. Whether we are meant stands in its list of mentions, never in a search of the
 * text: "<@our id>" in a block of code is none. Where it is a mention, "<@id>" and "<@!id>" are cut out of
 * the text, wherever they stand. That a message stands in a thread is told by `position`; its parent only by
 * the adapter's table of threads, or by the channel that some events carry along.
 */
#include "adapters/discord/wire_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <parley/message.h>

/* Types of messages (Discord, Message Types) that somebody wrote. */
#define TYPE_DEFAULT 0
#define TYPE_REPLY   19

#define FLAG_VOICE (1 << 13) /* IS_VOICE_MESSAGE */

#define TYPE_NAME_MAX 127 /* bytes of a content_type that we look at (RFC 6838, section 4.2) */

static const struct {
    const char *prefix;
    enum dc_media media;
} media_table[] = {
    { "image/", DC_IMAGE },
    { "audio/", DC_AUDIO },
    { "video/", DC_VIDEO },
    { "text/", DC_TEXT_FILE },
};

/* ---- text ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The bytes of a mention of us at the beginning; 0 = there is none. */
static size_t mention_len(struct str s, const char *user_id)
{
    size_t n = strlen(user_id), at = s.len > 2 && s.at[2] == '!' ? 3 : 2;

    if (s.len < at + n + 1 || s.at[0] != '<' || s.at[1] != '@')
        return 0;
    return memcmp(s.at + at, user_id, n) == 0 && s.at[at + n] == '>' ? at + n + 1 : 0;
}

/* Leaves the mentions out, and the blanks that would stand doubled or begin a line without them. */
static size_t without_mentions(char *out, struct str text, const char *user_id)
{
    size_t n = 0, pos = 0;

    while (pos < text.len) {
        size_t mention = mention_len((struct str){ text.at + pos, text.len - pos }, user_id);

        if (!mention) {
            out[n++] = text.at[pos++];
            continue;
        }
        pos += mention;
        while (n && is_blank(out[n - 1]))
            n--;
        while ((n == 0 || out[n - 1] == '\n') && pos < text.len && is_blank(text.at[pos]))
            pos++;
    }
    return n;
}

/* 0, X_E_LIMIT, -ENOMEM. */
static int read_text(struct dc_message *m, const cJSON *tree, const struct dc_me *me, struct arena *a,
                     struct err *err)
{
    struct str text = str_of(json_text(tree, "content", ""));
    char *out;

    if (text.len > MESSAGE_TEXT_MAX)
        return err_set(err, X_E_LIMIT, "the text of the message has %zu bytes, %d are taken", text.len,
                       MESSAGE_TEXT_MAX);
    out = arena_alloc(a, text.len + 1);
    if (!out)
        return -ENOMEM;
    if (m->mentions_us)
        text.len = without_mentions(out, text, me->user_id);
    else
        memcpy(out, text.at, text.len);
    text = str_trim((struct str){ out, text.len });
    m->text = text.at;
    out[(size_t)(text.at - out) + text.len] = '\0';
    return 0;
}

/* ---- who, and to whom ---- */

static bool lists_user(const cJSON *tree, const char *key, const char *user_id)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, key), *user;

    if (!user_id[0] || !cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(user, list)
    {
        if (strcmp(json_text(user, "id", ""), user_id) == 0)
            return true;
    }
    return false;
}

static int read_author(struct dc_message *m, const cJSON *tree, struct arena *a)
{
    const cJSON *author = json_object(tree, "author");

    m->author_bot = json_bool(author, "bot", false) || json_bool(author, "system", false);
    m->webhook = json_text(tree, "webhook_id", "")[0] != '\0';
    return wire_id(&m->author_id, author, "id", a);
}

static int read_reply(struct dc_message *m, const cJSON *tree, const struct dc_me *me, struct arena *a)
{
    const cJSON *to = json_object(tree, "referenced_message");
    const char *author = json_text(json_object(to, "author"), "id", "");

    if (json_int(tree, "type") != TYPE_REPLY)
        return 0;
    m->replies_to_us = me->user_id[0] && strcmp(author, me->user_id) == 0;
    return wire_id(&m->reply_to, json_object(tree, "message_reference"), "message_id", a);
}

/* ---- attachments ---- */

static enum dc_media media_of(const cJSON *file, bool voice)
{
    const char *type = json_text(file, "content_type", "");
    struct str name = { type, strnlen(type, TYPE_NAME_MAX) };

    for (size_t i = 0; i < ARRAY_LEN(media_table); i++)
        if (str_starts(name, media_table[i].prefix))
            return media_table[i].media == DC_AUDIO && voice ? DC_VOICE : media_table[i].media;
    return DC_FILE;
}

static int read_attachments(struct dc_message *m, const cJSON *tree, struct arena *a)
{
    struct wire_list files = wire_list(tree, "attachments", DC_LIST_MAX);
    struct wire_list stickers = wire_list(tree, "sticker_items", DC_LIST_MAX - files.n);
    bool voice = json_int(tree, "flags") & FLAG_VOICE;
    size_t n = files.n + stickers.n;

    m->attachment = arena_array(a, n, sizeof *m->attachment);
    if (n && !m->attachment)
        return -ENOMEM;
    for (size_t i = 0; i < files.n; i++, files.item = files.item->next) {
        int64_t bytes = json_int(files.item, "size");

        m->attachment[i] = (struct dc_attachment){ media_of(files.item, voice), bytes > 0 ? bytes : 0 };
    }
    for (size_t i = 0; i < stickers.n; i++)
        m->attachment[files.n + i] = (struct dc_attachment){ DC_STICKER, 0 };
    m->attachments = n;
    return 0;
}

/* ---- the message ---- */

static int read_place(struct dc_message *m, const cJSON *tree, struct arena *a)
{
    const cJSON *channel = json_object(tree, "channel");
    int rc = wire_id(&m->id, tree, "id", a);

    if (!rc)
        rc = wire_id(&m->channel_id, tree, "channel_id", a);
    if (!rc)
        rc = wire_id(&m->guild_id, tree, "guild_id", a);
    m->in_thread =
        cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(tree, "position")) || wire_is_thread(channel);
    if (!rc && wire_is_thread(channel))
        rc = wire_id(&m->parent_id, channel, "parent_id", a);
    m->dm = m->guild_id[0] == '\0';
    return rc;
}

int wire_message(struct dc_message *out, const cJSON *tree, const struct dc_me *me, struct arena *a,
                 struct err *err)
{
    int64_t type = json_int(tree, "type");
    int rc;

    *out = (struct dc_message){ .id = "",
                                .channel_id = "",
                                .guild_id = "",
                                .author_id = "",
                                .text = "",
                                .reply_to = "",
                                .parent_id = "",
                                .speaks = type == TYPE_DEFAULT || type == TYPE_REPLY };
    rc = read_place(out, tree, a);
    if (!rc)
        rc = read_author(out, tree, a);
    if (!rc)
        rc = wire_ids(&out->role, &out->roles, json_object(tree, "member"), "roles", DC_ROLES_MAX, a);
    if (!rc)
        rc = read_reply(out, tree, me, a);
    if (!rc)
        rc = read_attachments(out, tree, a);
    out->mentions_us = lists_user(tree, "mentions", me->user_id);
    if (!rc && (!out->id[0] || !out->author_id[0]))
        return err_set(err, X_E_INVALID, "a message without id or author");
    if (!rc)
        rc = read_text(out, tree, me, a, err);
    return rc < 0 ? err_set(err, rc, "out of memory") : rc;
}

int dc_message_read(struct str data, const struct dc_me *me, struct arena *a, struct dc_message *out,
                    struct err *err)
{
    cJSON *tree;
    int rc = wire_parse(&tree, data, err);

    if (rc)
        return rc;
    rc = wire_message(out, tree, me, a, err);
    if (rc >= 0 && rc != X_E_INVALID && !out->channel_id[0])
        rc = err_set(err, X_E_INVALID, "a message without a channel");
    cJSON_Delete(tree);
    return rc;
}
