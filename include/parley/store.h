/* SPDX-License-Identifier: Apache-2.0
 *
 * The durable state and its state machine: inbox, outbox, usage, llm_attempt, quota,
 * consent, memory. Two contracts:
 *   store_ops   what a back end does, synchronously, inside a batch (tests/contract/store_contract.c)
 *   store_*     (src/store/store.h) the one writer thread with group commit on top of it
 * States are stored as these numbers; never renumber.
 *
 *   inbox : RECEIVED -claim-> CLAIMED -answer-> ANSWERED -all parts settled-> DONE
 *           CLAIMED -release / lease expired / restart-> RECEIVED; STORE_TRIES_MAX tries or
 *           STORE_CRASHES_MAX crashes -> DEAD, with a notice in the outbox
 *   outbox: PENDING -> SENDING -> SENT | PARKED (waits for its client) | UNDELIVERABLE | DEAD
 */
#ifndef PARLEY_STORE_H
#define PARLEY_STORE_H

#include <parley/status.h>
#include <parley/turn.h>

#define STORE_TRIES_MAX   5
#define STORE_CRASHES_MAX 3
#define STORE_PARTS_MAX   64

enum inbox_state { INBOX_RECEIVED = 1, INBOX_CLAIMED, INBOX_ANSWERED, INBOX_DONE, INBOX_DEAD };
enum outbox_state {
    OUTBOX_PENDING = 1,
    OUTBOX_SENDING,
    OUTBOX_SENT,
    OUTBOX_PARKED,
    OUTBOX_UNDELIVERABLE,
    OUTBOX_DEAD
};

/* ---- T1: one message accepted. Borrowed until the op is done. ---- */
struct store_ingest {
    const char *turn_id; /* becomes the turn's id when the message is new */
    const char *channel, *bot, *external_id;
    const char *user_key, *conv_key;
    const char *address;
    const char *payload; /* JSON of the message, for a run after a restart */
    const char *body_hash;
    int64_t now_ms;
    const char *month; /* "2026-11" */
    enum tier default_tier;
    int64_t tier_limit[TIER_COUNT]; /* -1 = unlimited */
    bool unmetered;                 /* takes nothing of the quota; granted is false then */
    const char *consent_version;    /* accepted with this message: recorded as a grant; "" = none */
    const char *lease;              /* non-NULL: claim at once under this token */
    int64_t lease_until_ms;
};

struct store_ingested { /* strings are in the arena given */
    int64_t inbox_id;
    const char *turn_id; /* of the earlier message when it was a duplicate */
    enum inbox_state state;
    bool same_body;          /* duplicate: body_hash equal */
    const char *answer_json; /* duplicate: the stored answer, NULL while there is none */
    struct turn_quota quota;
    const char *consent_given; /* latest granted and not withdrawn version, "" = none */
};

/* ---- T2: the answer, its bill and its parts, or nothing ---- */
struct store_pseudonym {
    const char *placeholder;
    const void *sealed; /* encrypted by the caller */
    size_t sealed_len;
};
struct store_answer {
    int64_t inbox_id;
    const char *lease;
    const char *turn_id, *user_key, *conv_key, *channel;
    const char *question, *answer; /* redacted: conversation memory; "" = do not remember */
    const char *answer_json;       /* what a replay returns */
    const char *code;              /* "ok", "quota_exceeded", ... */
    const char *provider, *model;
    int64_t tokens_in, tokens_out, cost_nusd;
    bool billed; /* counts against the quota and gets a usage row */
    const char *month;
    int64_t now_ms;
    const struct store_pseudonym *pseudonym;
    size_t pseudonyms;
    const char *const *part; /* payloads in order; at least one */
    size_t parts;
    enum outbox_state part_state; /* of the first: SENDING when the caller delivers at once, else PENDING */
};

/* ---- the ledger of provider calls, and what they may cost ---- */
#define STORE_SCOPES_MAX      8
#define STORE_SCOPE_BYTES     96 /* of a name, with its NUL */
#define STORE_PROVIDER_PREFIX "provider:"
#define STORE_SCOPE_BOT       "bot"

struct store_limit {
    int64_t soft_nusd, hard_nusd; /* -1 = none */
};
struct store_scope {
    const char *name; /* "bot", "provider:openai", "tier:FREE", "user:<key>"; no line break in it */
    struct store_limit day, month; /* UTC, of now_ms */
};
enum store_budget { BUDGET_WITHIN, BUDGET_SOFT, BUDGET_HARD };

struct store_attempt {
    const char *turn_id;
    int turn_attempt; /* turn->attempt: a re-run is its own row */
    int n;            /* 1.. within the run */
    const char *provider, *model;
    int64_t now_ms;
    /* begin only */
    const struct store_scope *scope; /* what the call is charged to, for its day and its month */
    size_t scopes;
    int64_t estimate_nusd; /* the most it may cost; -1 = nobody knows: fits no hard limit */
    bool past_soft;        /* may go on where a soft limit is reached */
    /* out of begin: the limit met, and whose; limited_scope is an index into `scope`, -1 = none */
    enum store_budget budget;
    int limited_scope;
    bool limited_month;
    /* end only */
    const char *outcome; /* "ok", "timeout_idle", ... */
    int64_t tokens_in, tokens_out, cost_nusd;
    int64_t took_ms;
};

/* ---- outbox results ---- */
struct store_part {
    const char *turn_id;
    int part;                /* 0.. */
    enum outbox_state state; /* the new state */
    const char *platform_id; /* SENT: the platform's message id or "" */
    int64_t next_at_ms;      /* PENDING: not before */
    const char *error;       /* why not, "" = fine; no user words */
    int64_t now_ms;
    bool more; /* out, after a final state: another part of the turn may be open */
};

/* ---- what adapters keep ---- */
enum store_state_do { STATE_PUT, STATE_GET };
struct store_state {
    enum store_state_do what;
    const char *key;
    const char *value; /* PUT; NULL = forget it */
    int64_t until_ms;  /* PUT: wall clock, 0 = for ever */
    int64_t now_ms;
    struct arena *arena;
    const char *got; /* out, in the arena: NULL = nothing, or its time is over */
};

struct store_remark {
    bool from_user;
    const char *text;
    int64_t at_ms;
};

/* ---- what a person asks about themselves ---- */
#define STORE_EXPORT_MAX 2000 /* remarks, the latest */
enum person_what { PERSON_USAGE, PERSON_EXPORT, PERSON_FORGET };
struct store_person {
    enum person_what what;
    const char *user_key, *conv_key, *channel;
    const char *month; /* "2026-11" */
    int64_t now_ms;
    struct arena *arena;
    enum tier tier;              /* in: of a person without one; out */
    int64_t used;                /* out: messages of the month, reserved ones included */
    const char *consent;         /* out: version given, "" = none */
    struct store_remark *remark; /* out of EXPORT, oldest first; redacted */
    size_t remarks;
    int64_t forgotten; /* out of FORGET: turns */
};

struct store_feedback {
    const char *turn_id, *user_key;
    bool helpful;
    int64_t now_ms;
};

/* ---- giving a message back ---- */
struct store_release {
    int64_t inbox_id;
    const char *lease;
    int64_t now_ms, next_at_ms;
    const char *error;
    bool unattempted;        /* drain: the try does not count */
    const char *notice_json; /* what DEAD delivers */
    enum inbox_state state;  /* out: RECEIVED or DEAD */
};

struct store_claim {
    int64_t inbox_id;
    const char *lease;
    int64_t now_ms, lease_until_ms;
    int attempt; /* out */
};

/* One stored message or part, as the recovery reads it; strings in the arena given. */
struct store_inbox_row {
    int64_t id;
    const char *turn_id, *channel, *bot, *external_id, *user_key, *conv_key, *address, *payload;
    enum inbox_state state;
    int tries, crashes;
    int64_t next_at_ms, received_ms;
    struct turn_quota quota; /* tier and whether the reservation stands */
    const char *consent_given;
};
struct store_outbox_row {
    const char *turn_id, *channel, *bot, *address, *payload, *answer_json;
    int part, tries;
    bool possible_duplicate; /* was SENDING when a process died */
    enum outbox_state state;
    int64_t next_at_ms;
};

struct store_counts { /* for /metrics, doctor and tests */
    int64_t inbox[INBOX_DEAD + 1];
    int64_t outbox[OUTBOX_DEAD + 1];
    int64_t turns, usage, attempts, attempts_open;
};

struct store_spent {
    int64_t spent_nusd, reserved_nusd; /* reserved: by calls that are running */
};

struct store_db; /* one connection: one thread at a time */

/* Writes: call inside begin .. commit. Each op is all or nothing by itself: when it answers
 * X_E_*, it has changed nothing and the batch goes on; when it answers negative, the caller
 * rolls the whole batch back. All `must`. */
struct store_ops {
    const char *name;
    int (*open)(struct store_db **out, const char *dir, bool read_only, struct err *err);
    void (*close)(struct store_db *db);
    int (*begin)(struct store_db *db, struct err *err);
    int (*commit)(struct store_db *db, struct err *err);
    void (*rollback)(struct store_db *db);

    /* 0, or X_E_DUPLICATE with `out` telling of the earlier one. Quota not granted is not an error. */
    int (*ingest)(struct store_db *db, const struct store_ingest *in, struct arena *a,
                  struct store_ingested *out, struct err *err);
    int (*claim)(struct store_db *db, struct store_claim *c, struct err *err); /* X_E_LOST */
    /* X_E_LOST; X_E_INVALID without parts, X_E_LIMIT over STORE_PARTS_MAX. Billed in the month whose quota
     * was reserved, else in->month. The inbox payload is blanked: nothing runs it again. */
    int (*answer)(struct store_db *db, const struct store_answer *in, struct err *err);
    int (*release)(struct store_db *db, struct store_release *r, struct err *err); /* X_E_LOST */
    /* Reserves the estimate in every scope. X_E_LIMIT: spent + reserved + estimate would pass a hard limit,
     * or a soft one without past_soft. What costs nothing fits any. X_E_DUPLICATE; X_E_INVALID: scopes. */
    int (*attempt_begin)(struct store_db *db, struct store_attempt *in, struct err *err);
    /* The reservation becomes what was spent (cost -1 = nothing known), in the day and month of the begin.
     * X_E_NOT_FOUND: not begun, or closed already. */
    int (*attempt_end)(struct store_db *db, const struct store_attempt *in, struct err *err);
    /* X_E_NOT_FOUND: no such part, or it is final (SENT, UNDELIVERABLE, DEAD). SENDING counts a try. */
    int (*part_set)(struct store_db *db, struct store_part *in, struct err *err);
    int (*state)(struct store_db *db, struct store_state *s, struct err *err);
    int (*person)(struct store_db *db, struct store_person *p, struct err *err);
    /* The latest word of the one who asked; X_E_NOT_FOUND: no such answer to them. */
    int (*feedback)(struct store_db *db, const struct store_feedback *f, struct err *err);
    /* At start, before anything else: CLAIMED -> RECEIVED with crashes + 1 (or DEAD with the notice),
     * SENDING -> PENDING marked possible_duplicate, open attempts closed as "crashed": what they really cost
     * is unknown, so their estimates count as spent. */
    int (*recover)(struct store_db *db, int64_t now_ms, const char *notice_json, struct err *err);
    /* Expired leases -> RECEIVED or DEAD, their open attempts closed as "lost" like crashed ones.
     * *n = how many leases. */
    int (*reap)(struct store_db *db, int64_t now_ms, const char *notice_json, int64_t *n, struct err *err);
    /* Deletes at most `most` rows of each kind older than the given wall times; 0 = keep that kind. */
    int (*prune)(struct store_db *db, int64_t inbox_before_ms, int64_t turn_before_ms, int most,
                 struct err *err);
    int (*set_tier)(struct store_db *db, const char *user_key, enum tier tier, int64_t now_ms,
                    struct err *err);
    /* Append-only. A withdrawal ends every earlier grant, whatever its version. */
    int (*consent)(struct store_db *db, const char *user_key, const char *version, bool grant,
                   const char *channel, int64_t now_ms, struct err *err);

    /* Reads: any connection, also outside a batch. */
    int (*inbox_due)(struct store_db *db, int64_t now_ms, int64_t after_id, size_t most, struct arena *a,
                     struct store_inbox_row **rows, size_t *n, struct err *err); /* RECEIVED, by id */
    /* PENDING, longest due first; of each turn only the first open part, so that parts keep their order. */
    int (*outbox_due)(struct store_db *db, int64_t now_ms, size_t most, struct arena *a,
                      struct store_outbox_row **rows, size_t *n, struct err *err);
    int (*memory)(struct store_db *db, const char *conv_key, int64_t since_ms, size_t most, struct arena *a,
                  struct store_remark **out, size_t *n,
                  struct err *err); /* the latest `most`, oldest first */
    int (*pseudonyms)(struct store_db *db, const char *conv_key, struct arena *a,
                      struct store_pseudonym **out, size_t *n, struct err *err);
    int (*answer_of)(struct store_db *db, const char *turn_id, struct arena *a, const char **json,
                     struct err *err); /* X_E_NOT_FOUND */
    /* Zeros when nothing was ever charged to it. */
    int (*spent)(struct store_db *db, const char *scope, const char *period, struct store_spent *out,
                 struct err *err);
    /* Counts rows: the larger the tables the longer it takes. Not on the loop. */
    int (*counts)(struct store_db *db, struct store_counts *out, struct err *err);
};

extern const struct store_ops store_sqlite;

#endif
