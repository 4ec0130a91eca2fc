/* SPDX-License-Identifier: Apache-2.0
 *
 * Gateway and interactions v10 as bytes: frames and signed calls in, frames out, what a close means. Pure;
 * any thread. A frame is walked by span and only the part that is asked for is parsed, so one broken event
 * costs neither the connection nor its place in the sequence. Snowflakes stay the strings they come as: 1 to
 * 20 digits, "" = none. Strings of messages and interactions are UTF-8, never NULL, and live in the given
 * arena. Members that nobody knows are passed over. REST is in wire_rest.h.
 */
#ifndef DISCORD_WIRE_H
#define DISCORD_WIRE_H

#include <parley/arena.h>
#include <parley/status.h>

#include "base/str.h"

#define DC_ID_BYTES                 21            /* of a snowflake, with its NUL */
#define DC_EPOCH_MS                 1420070400000 /* what snowflakes count from */
#define DC_URL_BYTES                256           /* of a gateway's address, with its NUL */
#define DC_SESSION_BYTES            128           /* of a session id, with its NUL */
#define DC_TOKEN_MAX                1024   /* bytes of an interaction's token; Discord's have about 250 */
#define DC_FRAME_MAX                4096   /* bytes of one frame to Discord: more is a close with 4002 */
#define DC_INTERVAL_MAX             600000 /* ms between heartbeats that we believe */
#define DC_ROLES_MAX                250    /* read of a member */
#define DC_LIST_MAX                 25     /* read of attachments, options of a command, values of a select */
#define DC_THREADS_MAX              1000   /* read of a guild */
#define DC_PERMISSION_ADMINISTRATOR (INT64_C(1) << 3)
#define DC_PERMISSION_MANAGE_GUILD  (INT64_C(1) << 5)

/* Who we are: of READY; where interactions come by HTTP, application_id alone. */
struct dc_me {
    char user_id[DC_ID_BYTES];
    char application_id[DC_ID_BYTES];
};

bool dc_id_ok(const char *id);
int64_t dc_id_ms(const char *id); /* when it was made, Unix ms; 0 when it is no id */
/* The shard that gets the events of a guild; 0 for "": direct messages. */
int dc_shard_of(const char *guild_id, int shards);

/* ---- frames in ---- */

enum dc_kind {
    DC_HELLO,           /* op 10: interval_ms */
    DC_ACK,             /* op 11 */
    DC_BEAT_ASKED,      /* op 1: a heartbeat at once */
    DC_RECONNECT,       /* op 7: connect anew and resume */
    DC_INVALID_SESSION, /* op 9: resumable */
    /* op 0, by name: */
    DC_READY,
    DC_RESUMED,
    DC_MESSAGE,     /* MESSAGE_CREATE */
    DC_INTERACTION, /* INTERACTION_CREATE */
    DC_GUILD,       /* GUILD_CREATE */
    DC_GUILD_GONE,  /* GUILD_DELETE: see unavailable */
    DC_THREAD,      /* THREAD_CREATE */
    DC_OTHER,       /* edits, deletions, what is new: counted and passed over */
};

struct dc_frame {
    enum dc_kind kind;
    int64_t seq;         /* s; -1 = none */
    struct str event;    /* t; empty = none. Borrowed, for the log */
    struct str data;     /* d, unread and perhaps broken; for the readers below. Borrowed */
    int64_t interval_ms; /* DC_HELLO: 1 to DC_INTERVAL_MAX */
    bool resumable;      /* DC_INVALID_SESSION */
};

/* 0, or X_E_INVALID: no whole object with an op, or a hello without an interval. Allocates nothing. */
int dc_frame_read(const char *json, size_t len, struct dc_frame *out, struct err *err);

struct dc_ready {
    struct dc_me me;
    char session_id[DC_SESSION_BYTES];
    char resume_url[DC_URL_BYTES]; /* resume_gateway_url */
};

/* 0, X_E_INVALID (something is missing or too long), -ENOMEM. */
int dc_ready_read(struct str data, struct dc_ready *out, struct err *err);

struct dc_thread {
    const char *id, *guild_id, *parent_id;
    const char *owner_id; /* who started it */
};

/* 0, X_E_INVALID (no thread), -ENOMEM. */
int dc_thread_read(struct str data, struct arena *a, struct dc_thread *out);

struct dc_guild {
    const char *id;
    bool unavailable;         /* an outage: of a DC_GUILD_GONE, we are still in it */
    struct dc_thread *thread; /* the active ones that we may see; those past DC_THREADS_MAX are left out */
    size_t threads;
};

/* DC_GUILD and DC_GUILD_GONE. Of megabytes only what is here is parsed. 0, X_E_INVALID, -ENOMEM. */
int dc_guild_read(struct str data, struct arena *a, struct dc_guild *out);

/* ---- a message ---- */

enum dc_media { DC_FILE, DC_IMAGE, DC_AUDIO, DC_VIDEO, DC_TEXT_FILE, DC_VOICE, DC_STICKER };

struct dc_attachment {
    enum dc_media media;
    int64_t bytes; /* 0 = unknown */
};

struct dc_message {
    const char *id, *channel_id;
    const char *guild_id; /* "" in a DM, and where a message is the target of a command */
    const char *author_id;
    bool author_bot, webhook; /* not to be answered */
    bool speaks;              /* somebody wrote or replied; else a notice of Discord's, such as a pin */
    bool dm;
    const char *text; /* without the mentions of us, trimmed; "" also where the intent is missing */
    bool mentions_us, replies_to_us;
    const char *reply_to;    /* the message it replies to */
    bool in_thread;          /* as far as the message tells: the adapter's table of threads knows more */
    const char *parent_id;   /* of the thread, where it is told; else "" */
    const char *const *role; /* of the author, ids */
    size_t roles;
    struct dc_attachment *attachment; /* with stickers; those past DC_LIST_MAX are left out */
    size_t attachments;
};

/* 0; X_E_INVALID (no JSON, or no message with id, channel and author); X_E_LIMIT: longer than
 * MESSAGE_TEXT_MAX, all but the text is there so that it can be said; -ENOMEM. */
int dc_message_read(struct str data, const struct dc_me *me, struct arena *a, struct dc_message *out,
                    struct err *err);

/* ---- an interaction ---- */

enum dc_interaction_type {
    DC_PING = 1,
    DC_COMMAND = 2,
    DC_COMPONENT = 3,
    DC_AUTOCOMPLETE = 4,
    DC_MODAL = 5,
};

enum dc_command_type { DC_CHAT_COMMAND = 1, DC_USER_COMMAND = 2, DC_MESSAGE_COMMAND = 3 };

enum dc_option_type {
    DC_SUB_COMMAND = 1,
    DC_SUB_GROUP = 2,
    DC_STRING = 3,
    DC_INTEGER = 4,
    DC_BOOLEAN = 5,
    DC_USER = 6, /* this and the next three: an id in `text` */
    DC_CHANNEL = 7,
    DC_ROLE = 8,
    DC_MENTIONABLE = 9,
    DC_NUMBER = 10,
    DC_ATTACHMENT = 11,
};

enum dc_context {
    DC_CONTEXT_UNKNOWN = -1,
    DC_CONTEXT_GUILD = 0,
    DC_CONTEXT_BOT_DM = 1,
    DC_CONTEXT_PRIVATE = 2
};

struct dc_option {
    const char *name;
    enum dc_option_type type;
    const char *text; /* trimmed; what was typed so far of one that is focused, of any type */
    double number;    /* DC_INTEGER, DC_NUMBER */
    bool yes;         /* DC_BOOLEAN */
    bool focused;     /* DC_AUTOCOMPLETE: asked about this one */
};

struct dc_interaction {
    enum dc_interaction_type type;
    const char *id, *application_id;
    const char *token;   /* good for 15 minutes; a secret: never in a log */
    const char *user_id; /* who did it, in a guild or not; "" of a DC_PING */
    const char *guild_id, *channel_id;
    bool in_thread;
    const char *parent_id;             /* of the thread */
    const char *locale, *guild_locale; /* "de", "pt-BR"; "" = unknown */
    enum dc_context context;
    bool user_install;       /* installed by the person alone: 5 follow-ups at most */
    int64_t permissions;     /* of the member in the channel, bits; 0 outside a guild */
    const char *const *role; /* of the member */
    size_t roles;
    /* DC_COMMAND, DC_AUTOCOMPLETE */
    enum dc_command_type command_type;
    const char *command, *group, *sub; /* "parley", "", "status" */
    struct dc_option *option;          /* of the innermost */
    size_t options;
    bool has_target; /* DC_MESSAGE_COMMAND */
    struct dc_message target;
    /* DC_COMPONENT, DC_MODAL */
    const char *custom_id;
    const char *const *value; /* of a select */
    size_t values;
    const char *message_id;    /* the component's message, "" = none */
    const char *message_owner; /* who called for that message by an interaction, "" = unknown */
};

/* 0; X_E_INVALID (no JSON, or without what every interaction has); X_E_LIMIT: a text or target is longer than
 * MESSAGE_TEXT_MAX, that text is "" and the rest is there; -ENOMEM. A type that nobody knows is X_E_INVALID.
 */
int dc_interaction_read(struct str data, const struct dc_me *me, struct arena *a, struct dc_interaction *out,
                        struct err *err);
/* NULL = not given. */
const struct dc_option *dc_option_of(const struct dc_interaction *i, const char *name);

/* ---- signed calls of an interactions endpoint ---- */

struct dc_signature {
    const char *key_hex;   /* public key of the application: 64 hex digits */
    const char *signature; /* X-Signature-Ed25519, 128 hex digits */
    const char *timestamp; /* X-Signature-Timestamp, Unix seconds */
};

/* Before anything of the body is read. The clock may be off by window_s either way; a signature that was seen
 * within that time is the caller's to refuse. NULL headers count as missing. 0, X_E_DENIED: answer 401;
 * -ENOMEM. */
int dc_signature_check(const struct dc_signature *s, const void *body, size_t len, int64_t now_s,
                       int64_t window_s, struct err *err);

/* ---- frames out; one that would be longer than DC_FRAME_MAX sets out->failed ---- */

enum dc_intent {
    DC_INTENT_GUILDS = 1 << 0,
    DC_INTENT_GUILD_MESSAGES = 1 << 9,
    DC_INTENT_DIRECT_MESSAGES = 1 << 12,
    DC_INTENT_MESSAGE_CONTENT = 1 << 15, /* privileged */
};
/* Enough for mentions, DMs, commands and the context menu, whose content comes without the privileged one. */
#define DC_INTENTS_LEAST (DC_INTENT_GUILDS | DC_INTENT_GUILD_MESSAGES | DC_INTENT_DIRECT_MESSAGES)

enum dc_status { DC_ONLINE, DC_IDLE, DC_DND, DC_INVISIBLE };

struct dc_presence {
    enum dc_status status;
    const char *text; /* shown beside the name, cut at 128; "" = nothing */
};

struct dc_identify {
    const char *token; /* without "Bot " */
    unsigned intents;
    int shard, shards; /* shards 0 or 1: not said */
    struct dc_presence presence;
};

void dc_identify(struct buf *out, const struct dc_identify *i);
void dc_resume(struct buf *out, const char *token, const char *session_id, int64_t seq);
void dc_heartbeat(struct buf *out, int64_t seq); /* -1 = nothing received yet */
void dc_presence(struct buf *out, const struct dc_presence *p);
/* `base` as /gateway/bot or READY gave it, with what every connection asks for behind it. */
void dc_gateway_url(struct buf *out, const char *base, bool compressed);

/* ---- closes ---- */

/* What we close with: the session stays. With 1000 or 1001 Discord would end it. */
#define DC_CLOSE_OURS 4000

enum dc_then {
    DC_THEN_RESUME,
    DC_THEN_IDENTIFY, /* the session is over */
    DC_THEN_STOP,     /* the same again would fail the same way: a person must act */
};

struct dc_close {
    int code;
    enum dc_then then;
    const char *hint; /* for the operator, one sentence; never NULL */
};

/* Of any code, and of 0 or 1006: the line was cut. */
const struct dc_close *dc_close_of(int code);

#endif
