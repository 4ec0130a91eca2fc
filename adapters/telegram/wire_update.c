/* SPDX-License-Identifier: Apache-2.0
 *
 * Updates as they come in a batch or in a webhook call. Whatever has an update_id is an update, be it of a
 * kind that nobody knows yet, so that it can be confirmed; only what we can answer is more than TG_OTHER.
 * Somebody who writes in the name of a chat is nobody: Telegram fills `from` with an account of its own
 * there, and a quota or a consent would be everybody's.
 */
#include "adapters/telegram/wire_impl.h"

#include <errno.h>
#include <string.h>

#define LANGUAGE_MAX    35  /* RFC 5646, section 4.4.1 */
#define CALLBACK_ID_MAX 128 /* bytes, of a callback or guest query; Telegram's have about 20 */

#define ID_MAX (INT64_C(1) << 53)

static const int64_t nobody[] = {
    1087968824, /* GroupAnonymousBot */
    136817688,  /* Channel_Bot */
    777000,     /* Telegram, for posts of a linked channel */
};

static const struct {
    const char *member;
    enum tg_media media;
} media_table[] = {
    { "photo", TG_PHOTO },
    { "voice", TG_VOICE },
    { "video", TG_VIDEO },
    { "video_note", TG_VIDEO },
    { "sticker", TG_STICKER },
    { "animation", TG_OTHER_MEDIA }, /* stands before the document that it also is */
    { "document", TG_DOCUMENT },
    { "audio", TG_OTHER_MEDIA },
    { "live_photo", TG_OTHER_MEDIA },
    { "paid_media", TG_OTHER_MEDIA },
    { "rich_message", TG_OTHER_MEDIA },
    { "story", TG_OTHER_MEDIA },
    { "checklist", TG_OTHER_MEDIA },
    { "contact", TG_OTHER_MEDIA },
    { "dice", TG_OTHER_MEDIA },
    { "game", TG_OTHER_MEDIA },
    { "poll", TG_OTHER_MEDIA },
    { "venue", TG_OTHER_MEDIA },
    { "location", TG_OTHER_MEDIA },
};

static int copy_text(const char **out, const char *text, size_t max, struct arena *a)
{
    if (strlen(text) > max)
        return 0; /* nothing that Telegram sends: it stays empty */
    *out = arena_strdup(a, text);
    return *out ? 0 : -ENOMEM;
}

/* False when this is no chat that can be answered. */
static bool read_chat(struct tg_update *u, const cJSON *chat)
{
    static const char *const type[] = { "private", "group", "supergroup", "channel" };
    const char *is = json_text(chat, "type", "");
    u->chat_id = json_int(chat, "id");
    for (size_t i = 0; i < ARRAY_LEN(type); i++)
        if (strcmp(is, type[i]) == 0) {
            u->chat = (enum tg_chat)i;
            return u->chat_id != 0 && !json_bool(chat, "is_direct_messages", false);
        }
    return false;
}

static int read_from(struct tg_update *u, const cJSON *of, struct arena *a)
{
    const cJSON *from = json_object(of, "from");
    u->from_id = json_int(from, "id");
    for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
        if (u->from_id == nobody[i])
            u->from_id = 0;
    if (u->from_id <= 0 || json_object(of, "sender_chat")) {
        u->from_id = 0;
        return 0;
    }
    u->from_bot = json_bool(from, "is_bot", false);
    return copy_text(&u->from_lang, json_text(from, "language_code", ""), LANGUAGE_MAX, a);
}

/* A topic of its own; the General one (id 1) is spoken to without a thread, and threads of replies are none.
 */
static int64_t topic_of(const cJSON *message)
{
    int64_t id = json_bool(message, "is_topic_message", false) ? json_int(message, "message_thread_id") : 0;
    return id > 1 ? id : 0;
}

/* In a topic every message is a reply to the one that made the topic, which may be ours. */
static bool replies_to(const cJSON *message, int64_t id)
{
    const cJSON *to = json_object(message, "reply_to_message");
    return id && to && !cJSON_GetObjectItemCaseSensitive(to, "forum_topic_created") &&
           json_int(json_object(to, "from"), "id") == id;
}

static int64_t bytes_of(const cJSON *media)
{
    int64_t most = cJSON_IsObject(media) ? json_int(media, "file_size") : 0;
    const cJSON *size;
    if (cJSON_IsArray(media)) /* a photo, in several sizes */
        cJSON_ArrayForEach(size, media)
        {
            int64_t bytes = json_int(size, "file_size");
            most = bytes > most ? bytes : most;
        }
    return most > 0 ? most : 0;
}

static void read_media(struct tg_update *u, const cJSON *message)
{
    for (size_t i = 0; i < ARRAY_LEN(media_table); i++) {
        const cJSON *m = cJSON_GetObjectItemCaseSensitive(message, media_table[i].member);
        if (!cJSON_IsObject(m) && !cJSON_IsArray(m))
            continue;
        u->media = media_table[i].media;
        u->media_bytes = bytes_of(m);
        return;
    }
}

static int read_message(struct tg_update *u, const cJSON *m, const struct tg_me *me, struct arena *a)
{
    bool words = false, usable = read_chat(u, json_object(m, "chat"));
    int rc = read_from(u, m, a);
    if (rc)
        return rc;
    u->message_id = json_int(m, "message_id");
    u->date_s = json_int(m, "date");
    u->migrated_to = json_int(m, "migrate_to_chat_id");
    if (!usable || u->migrated_to) {
        u->kind = usable ? TG_MIGRATED : TG_OTHER;
        return 0;
    }
    if (u->chat == TG_CHANNEL || json_bool(m, "is_automatic_forward", false))
        return 0;
    read_media(u, m);
    rc = wire_words(u, &words, m, me, a);
    if (rc)
        return rc < 0 ? rc : 0;
    u->thread_id = topic_of(m);
    u->replies_to_us = replies_to(m, me->id);
    if (words || u->media != TG_NO_MEDIA)
        u->kind = TG_MESSAGE;
    return 0;
}

/* A question where the bot is no member. Its chat is not one that we can write to; the one answer goes to the
 * query. */
static int read_guest(struct tg_update *u, const cJSON *m, const struct tg_me *me, struct arena *a)
{
    int rc = read_message(u, m, me, a);
    if (rc == 0)
        rc = copy_text(&u->guest, json_text(m, "guest_query_id", ""), CALLBACK_ID_MAX, a);
    if (!u->guest[0] || u->kind != TG_MESSAGE)
        u->kind = TG_OTHER;
    u->thread_id = 0;
    return rc;
}

/* The message may be missing (inline mode) or inaccessible: chat and id alone. The query wants an answer
 * anyway. */
static int read_callback(struct tg_update *u, const cJSON *query, const struct tg_me *me, struct arena *a)
{
    const cJSON *m = json_object(query, "message");
    int rc = read_from(u, query, a);
    (void)me;
    if (rc == 0)
        rc = copy_text(&u->callback_id, json_text(query, "id", ""), CALLBACK_ID_MAX, a);
    if (rc == 0)
        rc = copy_text(&u->data, json_text(query, "data", ""), TG_CALLBACK_BYTES, a);
    if (rc)
        return rc;
    if (read_chat(u, json_object(m, "chat"))) {
        u->message_id = json_int(m, "message_id");
        u->thread_id = topic_of(m);
    } else {
        u->chat_id = 0;
    }
    if (u->callback_id[0] && u->from_id)
        u->kind = TG_CALLBACK;
    return 0;
}

static int read_member(struct tg_update *u, const cJSON *change, const struct tg_me *me, struct arena *a)
{
    const cJSON *now = json_object(change, "new_chat_member");
    const char *status = json_text(now, "status", "");
    bool gone = strcmp(status, "kicked") == 0 || strcmp(status, "left") == 0 ||
                (strcmp(status, "restricted") == 0 && !json_bool(now, "is_member", true));
    int rc = read_from(u, change, a);
    (void)me;
    u->date_s = json_int(change, "date");
    if (rc == 0 && read_chat(u, json_object(change, "chat")) && gone)
        u->kind = TG_BLOCKED;
    return rc;
}

static const struct {
    const char *member;
    int (*read)(struct tg_update *u, const cJSON *value, const struct tg_me *me, struct arena *a);
} kind_table[] = {
    { "message", read_message },
    { "guest_message", read_guest },
    { "callback_query", read_callback },
    { "my_chat_member", read_member },
};

static int read_kind(struct tg_update *u, const cJSON *tree, const struct tg_me *me, struct arena *a)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_table); i++) {
        const cJSON *value = json_object(tree, kind_table[i].member);
        if (value)
            return kind_table[i].read(u, value, me, a);
    }
    return 0;
}

static struct tg_update empty_update(int64_t id)
{
    return (struct tg_update){ .update_id = id,
                               .kind = TG_OTHER,
                               .from_lang = "",
                               .text = "",
                               .command = "",
                               .guest = "",
                               .callback_id = "",
                               .data = "" };
}

/* 0, X_E_INVALID (nothing with an update_id), -ENOMEM. */
static int read_update(struct tg_update *u, struct str json, const struct tg_me *me, struct arena *a)
{
    cJSON *tree = NULL;
    int64_t id;
    int rc;
    if (!str_int(span_member(json, "update_id"), 1, ID_MAX, &id))
        return X_E_INVALID;
    *u = empty_update(id);
    rc = json_parse(&tree, json.at, json.len, NULL);
    if (rc == 0)
        rc = read_kind(u, tree, me, a);
    cJSON_Delete(tree);
    return rc < 0 ? rc : 0;
}

int tg_update_read(const char *json, size_t len, const struct tg_me *me, struct arena *a,
                   struct tg_update *out, struct err *err)
{
    int rc = read_update(out, (struct str){ json, len }, me, a);
    if (rc > 0)
        return err_set(err, rc, "not an object with an update_id");
    return rc ? err_set(err, rc, "out of memory") : 0;
}

int tg_updates_read(const char *json, size_t len, const struct tg_me *me, struct arena *a,
                    struct tg_update **out, size_t *n, size_t *unreadable, struct err *err)
{
    struct str body = { json, len }, result = span_member(body, "result"), key, item;
    struct span list;
    *n = *unreadable = 0;
    if (!str_eqs(span_member(body, "ok"), "true"))
        return err_set(err, X_E_INVALID, "the answer is not whole JSON with \"ok\":true");
    span_open(&list, result, '[');
    *out = arena_array(a, TG_BATCH_MAX, sizeof **out);
    if (!*out)
        return err_set(err, -ENOMEM, "out of memory");
    while (*n < TG_BATCH_MAX && span_next(&list, &key, &item)) {
        int rc = read_update(&(*out)[*n], item, me, a);
        if (rc < 0)
            return err_set(err, rc, "out of memory");
        *n += rc == 0;
        *unreadable += rc > 0;
    }
    if (!list.whole && *n < TG_BATCH_MAX)
        return err_set(err, X_E_INVALID, "the result is not a whole array");
    return 0;
}
