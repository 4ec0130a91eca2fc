/* SPDX-License-Identifier: Apache-2.0
 *
 * REST v10 as bytes: where a call goes, what it says, what the answer means. Pure; any thread. Every message
 * that is built here may mention nobody (allowed_mentions). What is over a limit of Discord's sets
 * out->failed and is not to be sent: cutting is the formatter's work (format.h). Lengths are counted as
 * UTF-16 code units, never fewer than Discord counts.
 */
#ifndef DISCORD_WIRE_REST_H
#define DISCORD_WIRE_REST_H

#include "adapters/discord/wire.h"

#define DC_API                  "https://discord.com/api/v10"
#define DC_CONTENT_MAX          2000
#define DC_NONCE_BYTES          26 /* 25 characters and a NUL */
#define DC_PATH_BYTES           1536
#define DC_MAJOR_BYTES          32
#define DC_HASH_BYTES           64                /* of a bucket's name */
#define DC_WAIT_MAX_MS          INT64_C(86400000) /* longest that we believe */
#define DC_BUTTON_LABEL_MAX     80
#define DC_CUSTOM_ID_CHARS      100
#define DC_TYPING_MS            10000            /* how long one typing call shows */
#define DC_INTERACTION_TOKEN_MS (15 * 60 * 1000) /* how long its token is good */
#define DC_INTERACTION_ACK_MS   3000             /* when its first answer must be there */

/* ---- routes ---- */

/* Behind each the parameters of dc_route, in their order. */
enum dc_call {
    DC_CALL_CALLBACK,           /* interaction, its token */
    DC_CALL_CREATE_MESSAGE,     /* channel */
    DC_CALL_EDIT_MESSAGE,       /* channel, message */
    DC_CALL_DELETE_MESSAGE,     /* channel, message */
    DC_CALL_GET_MESSAGE,        /* channel, message */
    DC_CALL_TYPING,             /* channel */
    DC_CALL_GET_CHANNEL,        /* channel */
    DC_CALL_START_THREAD,       /* channel, message to start it at */
    DC_CALL_CREATE_DM,          /* none */
    DC_CALL_EDIT_ORIGINAL,      /* application, token */
    DC_CALL_DELETE_ORIGINAL,    /* application, token */
    DC_CALL_FOLLOW_UP,          /* application, token */
    DC_CALL_EDIT_FOLLOW_UP,     /* application, token, message */
    DC_CALL_PUT_COMMANDS,       /* application */
    DC_CALL_PUT_GUILD_COMMANDS, /* application, guild */
    DC_CALL_GET_COMMANDS,       /* application */
    DC_CALL_GATEWAY_BOT,        /* none */
    DC_CALL_APPLICATION,        /* none */
    DC_CALLS,
};

struct dc_route {
    enum dc_call call;
    const char *method;         /* "POST" */
    const char *shape;          /* "/channels/{}/messages": for logs and metrics, holds no id and no token */
    char major[DC_MAJOR_BYTES]; /* what Discord keeps limits apart by; "" = nothing */
    char lane[DC_MAJOR_BYTES];  /* what is said in order: the same, but of a token a digest */
    bool authorized;            /* wants the bot's token; a token in the path is enough elsewhere */
    bool body;                  /* has one */
    char path[DC_PATH_BYTES];   /* behind DC_API; may hold a token: never in a log */
};

/* Unused parameters are NULL; every one is percent-encoded. 0, X_E_LIMIT (too long), X_E_INVALID (one is
 * missing or ""): *out is not to be used. */
int dc_route(struct dc_route *out, enum dc_call call, const char *a, const char *b, const char *c);

/* ---- bodies ---- */

struct dc_post {
    const char *content;    /* "" = none; more than DC_CONTENT_MAX fails */
    const char *embeds;     /* a JSON array as the formatter makes it, "" = none */
    const char *components; /* a JSON array as dc_buttons and dc_select make it, "" = none */
    const char *reply_to;   /* message id, "" = none. Only dc_create; goes out also when that one is gone */
    const char *nonce; /* of dc_nonce, "" = none. Only dc_create; the same within minutes makes one message */
    bool ephemeral;    /* only the person sees it. Not for dc_create; dc_edit cannot change it */
};

/* The same for the same part of the same turn, for ever. */
void dc_nonce(char out[DC_NONCE_BYTES], const char *turn_id, int part);

void dc_create(struct buf *out, const struct dc_post *p);
/* Also of @original and of follow-ups. Embeds and components that are not said again go away. */
void dc_edit(struct buf *out, const struct dc_post *p);
void dc_follow_up(struct buf *out, const struct dc_post *p);
void dc_start_thread(struct buf *out, const char *name); /* cut at 100 */
void dc_create_dm(struct buf *out, const char *user_id);

/* First answers to an interaction. */
void dc_pong(struct buf *out);
void dc_defer(struct buf *out, bool ephemeral); /* "is thinking", fixed for all that follows */
void dc_defer_update(struct buf *out);          /* DC_COMPONENT: nothing seen yet */
void dc_answer(struct buf *out, const struct dc_post *p);
void dc_update(struct buf *out, const struct dc_post *p); /* DC_COMPONENT: the message it is in */

struct dc_choice {
    const char *name, *value;
};
/* DC_AUTOCOMPLETE. The first DC_LIST_MAX; names are cut at 100. */
void dc_choices(struct buf *out, const struct dc_choice *choice, size_t n);

enum dc_button_style { DC_PRIMARY = 1, DC_SECONDARY = 2, DC_SUCCESS = 3, DC_DANGER = 4 };

struct dc_button {
    const char *label;     /* cut at DC_BUTTON_LABEL_MAX */
    const char *custom_id; /* 1 to DC_CUSTOM_ID_CHARS */
    enum dc_button_style style;
    bool disabled;
};

/* Components: rows of five, at most 25 in all. */
void dc_buttons(struct buf *out, const struct dc_button *button, size_t n);
/* One menu with 1 to DC_LIST_MAX choices; `chosen` is the value that is marked, "" = none. */
void dc_select(struct buf *out, const char *custom_id, const struct dc_choice *choice, size_t n,
               const char *chosen);

/* ---- definitions of commands ---- */

/* A name and description in another language. */
struct dc_local {
    const char *locale;             /* as Discord spells it: "de", "pt-BR" */
    const char *name, *description; /* "" = as in the default */
};

/* What every definition has. */
struct dc_label {
    const char *name;        /* 1 to 32; lower case of a chat command and an option */
    const char *description; /* 1 to 100; "" of a user or message command, and of a choice */
    const struct dc_local *local;
    size_t locals;
};

struct dc_choice_def {
    struct dc_label label;
    const char *value;
};

struct dc_option_def {
    struct dc_label label;
    enum dc_option_type type;
    bool required;                      /* these come first */
    bool autocomplete;                  /* DC_STRING without choices */
    int length_max;                     /* DC_STRING; 0 = as Discord has it, 6000 */
    const struct dc_choice_def *choice; /* DC_STRING */
    size_t choices;
    const struct dc_option_def *option; /* of a sub-command or group */
    size_t options;
};

#define DC_EVERYBODY     INT64_C(-1)
#define DC_IN(context)   (1U << (context)) /* contexts, of enum dc_context */
#define DC_INSTALL_GUILD 1U
#define DC_INSTALL_USER  2U

struct dc_command_def {
    struct dc_label label;
    enum dc_command_type type;
    int64_t permissions; /* that one needs to see it; 0 = administrators only, DC_EVERYBODY */
    unsigned contexts;   /* DC_IN(..) | ..; 0 = not said */
    unsigned installs;   /* DC_INSTALL_GUILD | ..; 0 = not said */
    const struct dc_option_def *option;
    size_t options;
};

/* The whole list, for DC_CALL_PUT_COMMANDS; `guild` for DC_CALL_PUT_GUILD_COMMANDS, which knows neither
 * contexts nor installs. The bytes are the same for the same table, so a hash of them tells a change. 0,
 * X_E_LIMIT or X_E_INVALID with the command and what is wrong with it, -ENOMEM. */
int dc_commands(struct buf *out, const struct dc_command_def *command, size_t n, bool guild, struct err *err);

/* ---- what an answer means ---- */

enum dc_scope {
    DC_SCOPE_NONE,
    DC_SCOPE_USER,
    DC_SCOPE_GLOBAL,
    DC_SCOPE_SHARED, /* others were too fast: does not count against us */
};

/* What the headers of an answer say of limits. */
struct dc_rate {
    char bucket[DC_HASH_BYTES]; /* "" = not said */
    int limit, remaining;       /* -1 = not said */
    int64_t reset_after_ms;     /* -1 = not said */
    int64_t retry_after_ms;     /* Retry-After, -1 = not said */
    bool global;
    enum dc_scope scope;
};

void dc_rate_init(struct dc_rate *r);
/* For each header of an answer, in any case; those of no concern are passed over. */
void dc_rate_header(struct dc_rate *r, struct str name, struct str value);

enum dc_end {
    DC_OK,
    DC_RETRY,        /* 5xx, no answer, or a page that is not Discord's: again later */
    DC_LIMITED,      /* 429: not before retry_after_ms */
    DC_UNAUTHORIZED, /* the bot's token: stop, a person must act */
    DC_GONE,         /* channel, message, guild or webhook are no more: never again */
    DC_NO_ACCESS,    /* a permission is missing, a DM is closed: never again of itself */
    DC_ARCHIVED,     /* the thread is */
    DC_NO_REPLY,     /* may not read back: again without reply_to */
    DC_REFUSED,      /* by the rules of the server (AutoMod) or a firewall in front of Discord */
    DC_ACKNOWLEDGED, /* the interaction has its first answer already */
    DC_EXPIRED,      /* the interaction is over: say it in the channel */
    DC_SPENT,        /* creations of commands of a day, edits of an old message */
    DC_BAD,          /* any other 4xx: our bug; not to be repeated */
};

struct dc_reply {
    enum dc_end end;
    int status;             /* of HTTP; 0 = no answer */
    int code;               /* Discord's JSON error code, 0 = none */
    char id[DC_ID_BYTES];   /* DC_OK: of the message, thread or channel; "" = none said */
    int64_t retry_after_ms; /* DC_LIMITED: 1 to DC_WAIT_MAX_MS */
    bool global;            /* DC_LIMITED: every call must wait, not this one's bucket alone */
    enum dc_scope scope;    /* DC_LIMITED */
    char detail[160];       /* for the operator: code and sentence; no user words, no token */
};

/* `status` 0 = there was no answer. Limits for the books are in *rate, what became of this call in *out. */
void dc_reply_read(int status, const struct dc_rate *rate, const char *json, size_t len,
                   struct dc_reply *out);

/* GET /gateway/bot */
struct dc_gateway_bot {
    char url[DC_URL_BYTES];
    int shards;           /* recommended */
    int total, remaining; /* of identifies */
    int64_t reset_after_ms;
    int max_concurrency; /* identifies per 5 s */
};

/* 0, X_E_INVALID, -ENOMEM. */
int dc_gateway_bot_read(const char *json, size_t len, struct dc_gateway_bot *out, struct err *err);

#endif
