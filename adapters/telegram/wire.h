/* SPDX-License-Identifier: Apache-2.0
 *
 * Bot API 10.1 as bytes: updates in, method calls out, what an answer means. Pure; any thread. Ids are 52
 * bits (Bot API, Chat.id): they are read as doubles and written as integers. Unknown members are passed over;
 * an update that cannot be used is TG_OTHER, never an error of its batch.
 */
#ifndef TELEGRAM_WIRE_H
#define TELEGRAM_WIRE_H

#include <parley/arena.h>
#include <parley/status.h>

#include "base/str.h"

#define TG_POLL_S         50         /* longest timeout of getUpdates (tdlib/telegram-bot-api, Client.h) */
#define TG_BATCH_MAX      100        /* updates of one getUpdates */
#define TG_BODY_MAX       (8U << 20) /* bytes of one answer */
#define TG_BATCH_ARENA    (4U << 20) /* bytes that a batch takes of its arena at most */
#define TG_CALLBACK_BYTES 64         /* of callback_data */
#define TG_UPDATE_MAX     (1U << 20) /* bytes of one update brought by a webhook call */
#define TG_HOOK_CALLS     40         /* webhook calls at a time (setWebhook, max_connections) */

/* getMe */
struct tg_me {
    int64_t id;
    char username[40];
    bool reads_groups; /* can_read_all_group_messages: privacy mode is off */
    bool guest;        /* supports_guest_queries: asked where it is no member */
};

enum tg_kind {
    TG_MESSAGE,  /* somebody wrote: text, or media with or without a caption */
    TG_CALLBACK, /* a button was pressed */
    TG_MIGRATED, /* a group became a supergroup: chat_id -> migrated_to */
    TG_BLOCKED,  /* my_chat_member: the bot was blocked or removed */
    TG_OTHER,    /* edits, channel posts, service messages, what is new: counted and passed over */
};

enum tg_chat { TG_PRIVATE, TG_GROUP, TG_SUPERGROUP, TG_CHANNEL };
enum tg_media { TG_NO_MEDIA, TG_PHOTO, TG_VOICE, TG_VIDEO, TG_DOCUMENT, TG_STICKER, TG_OTHER_MEDIA };

struct tg_update {
    int64_t update_id;
    enum tg_kind kind;
    enum tg_chat chat;
    int64_t chat_id, message_id;
    int64_t thread_id; /* forum topic; 0 = none, also for the General one (id 1) */
    int64_t from_id;   /* 0: nobody (channel post, anonymous admin) */
    bool from_bot;
    const char *from_lang; /* "de", "" = unknown */
    const char *text;      /* text or caption without the mention of us and without the command; "" = none */
    const char *command;   /* "ask" of "/ask@thisbot"; "" = none, or one for another bot (see for_other) */
    bool for_other;        /* begins with a command for another bot */
    bool mentions_us, replies_to_us;
    const char *guest; /* TG_MESSAGE: the guest query that it is, "" = none (answerGuestQuery) */
    enum tg_media media;
    int64_t media_bytes;            /* 0 = unknown */
    const char *callback_id, *data; /* TG_CALLBACK */
    int64_t migrated_to;            /* TG_MIGRATED */
    int64_t date_s;
};

/* The result array of getUpdates: its first TG_BATCH_MAX updates (what is more comes again, since the offset
 * stays behind it). `*unreadable` counts elements without an update_id. 0, X_E_INVALID (not JSON, or ok is
 * not true: see tg_reply_read), -ENOMEM. */
int tg_updates_read(const char *json, size_t len, const struct tg_me *me, struct arena *a,
                    struct tg_update **out, size_t *n, size_t *unreadable, struct err *err);
/* One update, the body of a webhook call. 0, X_E_INVALID, -ENOMEM. */
int tg_update_read(const char *json, size_t len, const struct tg_me *me, struct arena *a,
                   struct tg_update *out, struct err *err);
int tg_me_read(const char *json, size_t len, struct tg_me *out, struct err *err);

/* getWebhookInfo */
struct tg_hook {
    char url[512]; /* "" = none is set */
    int64_t pending;
    int64_t error_s;  /* when a call of it failed last; 0 = never */
    char detail[128]; /* what was wrong then */
};
int tg_hook_read(const char *json, size_t len, struct tg_hook *out, struct err *err);

/* ---- what an answer means ---- */
enum tg_end {
    TG_OK,           /* also "message is not modified" */
    TG_RETRY,        /* 5xx, or no answer to a call that may be repeated */
    TG_FLOOD,        /* 429: not before retry_after_ms */
    TG_CONFLICT,     /* 409: another poll or a webhook */
    TG_UNAUTHORIZED, /* 401, 404 on the token */
    TG_MOVED,        /* the group is a supergroup now: migrated_to */
    TG_NO_THREAD,    /* "message thread not found": again without it */
    TG_GONE,         /* 403: blocked, kicked, deactivated; 400 chat not found: never again */
    TG_BAD_ENTITIES, /* 400 about entities or parsing: again as plain text */
    TG_BAD,          /* any other 400: our bug; not to be repeated */
};

struct tg_reply {
    enum tg_end end;
    int status;             /* of HTTP; 0 = no answer */
    int64_t message_id;     /* TG_OK of a send; 0 = none */
    int64_t retry_after_ms; /* TG_FLOOD */
    int64_t migrated_to;    /* TG_MOVED */
    char detail[128];       /* for the operator: Telegram's description, cut; no user words, no token */
};

/* `status` 0 = there was no answer. `retry_after_s` from the HTTP header, -1 = none. */
void tg_reply_read(int status, int64_t retry_after_s, const char *json, size_t len, struct tg_reply *out);

/* ---- calls; the body of POST {api_base}/bot{token}/{method} as JSON ---- */
/* limit: 1 to TG_BATCH_MAX. */
void tg_get_updates(struct buf *out, int64_t offset, int limit, int timeout_s, bool guest);
/* payload: tg_text_json(), its buttons too; one without a text sets out->failed. reply_to 0, thread_id 0 =
 * none. plain: without entities. */
void tg_send_message(struct buf *out, int64_t chat_id, int64_t thread_id, int64_t reply_to,
                     const char *payload, bool plain);
void tg_edit_message(struct buf *out, int64_t chat_id, int64_t message_id, const char *payload, bool plain);
void tg_edit_buttons(struct buf *out, int64_t chat_id, int64_t message_id); /* takes them away */
void tg_send_draft(struct buf *out, int64_t chat_id, int64_t thread_id, int64_t draft_id,
                   const char *payload);
void tg_answer_guest(struct buf *out, const char *query_id, const char *payload, bool plain);
void tg_delete_message(struct buf *out, int64_t chat_id, int64_t message_id);
void tg_chat_action(struct buf *out, int64_t chat_id, int64_t thread_id); /* typing */
void tg_answer_callback(struct buf *out, const char *callback_id, const char *text);
void tg_set_webhook(struct buf *out, const char *url, const char *secret, bool guest);
struct tg_command {
    const char *name, *description;
};
/* scope: "default", "all_private_chats", "all_group_chats"; language "" or two letters. */
void tg_set_commands(struct buf *out, const struct tg_command *command, size_t n, const char *scope,
                     const char *language);

#endif
