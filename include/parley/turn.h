/* SPDX-License-Identifier: Apache-2.0
 *
 * A turn: one message on its way to one answer. It belongs to exactly one thread at
 * a time and is handed over whole, so nothing in it is locked. Each stage reads what
 * stages before it wrote and writes its own part, named after it. Everything a
 * pointer here leads to lives in `arena`, except `snap` (counted) and `owner`.
 */
#ifndef PARLEY_TURN_H
#define PARLEY_TURN_H

#include <parley/arena.h>
#include <parley/message.h>
#include <parley/status.h>

#define TURN_ARENA_BYTES (2U << 20) /* cap of a turn's memory */
#define TURN_ID_BYTES 27            /* ULID text + NUL (github.com/ulid/spec) */
#define KEY_BYTES 65                /* hex HMAC-SHA-256 + NUL */

#define TURN_PASSAGES_MAX 16
#define TURN_HISTORY_MAX 10   /* messages */
#define TURN_WARNINGS_MAX 16
#define TURN_CANDIDATES_MAX 8 /* providers tried in one turn */
#define TURN_TRIES_MAX 16     /* calls remembered for the answer's metadata; the ledger has all */

struct snapshot;
struct adapter;
struct pipeline;
struct llm;

enum tier { TIER_FREE, TIER_PRO, TIER_ENTERPRISE, TIER_COUNT };
const char *tier_name(enum tier t); /* "FREE", "PRO", "ENTERPRISE" */

/* identify */
struct turn_identity {
    char user_key[KEY_BYTES]; /* HMAC(key, "user" channel bot user) */
    char conv_key[KEY_BYTES]; /* HMAC(key, "conv" channel bot conversation) */
    char ip_key[KEY_BYTES];   /* HMAC(key, "ip" address or /64); "" without peer_ip */
    const char *language;     /* primary subtag the answer should be in: "en" */
};

/* quota (filled from the ingest transaction) */
struct turn_quota {
    enum tier tier;
    bool granted;
    int64_t limit; /* messages this month, -1 = unlimited */
    int64_t used;  /* with reservations, this one included when granted */
};

/* screen */
struct turn_screen {
    double score;    /* 0..1 */
    bool flagged;
};

/* One pseudonym: `<EMAIL_1>` <-> the value. Never leaves the turn in the clear. */
struct pseudonym {
    const char *placeholder;
    const char *value;
    bool fresh; /* made in this turn: record stores it sealed */
};

/* redact */
struct turn_redaction {
    const char *text; /* what every later stage and every model sees */
    struct pseudonym *map;
    size_t map_len;
    size_t found; /* values replaced in this message */
};

/* recall */
struct turn_remark {
    bool from_user;
    const char *text; /* redacted */
};
struct turn_memory {
    struct turn_remark remark[TURN_HISTORY_MAX]; /* oldest first */
    size_t len;
};

/* cache */
struct turn_cache {
    char key[KEY_BYTES];  /* "" = this turn may not use the cache */
    char like[KEY_BYTES]; /* of what is asked, in whatever words; "" = only the same words do */
};

/* retrieve */
struct passage {
    const char *title;
    const char *source;  /* path or URL as indexed */
    const char *text;
    double score;        /* 0..1, best of this query = highest */
    int64_t chunk_id;
};
struct turn_passages {
    struct passage at[TURN_PASSAGES_MAX]; /* best first; citation [n] is at[n-1] */
    size_t len;
    int64_t generation; /* of the knowledge index that answered */
};

/* score */
enum route_class { ROUTE_CHEAP, ROUTE_BALANCED, ROUTE_RESEARCH };
#define ROUTE_CLASSES 3
const char *route_class_name(enum route_class c); /* "cheap", "balanced", "research" */
#define TURN_REASONS_MAX 8
struct turn_complexity {
    double score; /* 1..10 */
    bool needs_live;
    enum route_class klass;
    const char *reason[TURN_REASONS_MAX]; /* stable codes: "long", "numbers", "live", ... */
    size_t reasons;
};

/* route: provider slots in the order to try, ending with the built-in one; generate: the calls that ended */
struct turn_try {
    const char *provider; /* the key under "llm" */
    const char *outcome;  /* as in the ledger: "ok", "rate", "timeout_first", "cancelled", ... */
};
struct turn_route {
    int slot[TURN_CANDIDATES_MAX];
    size_t len;
    struct turn_try tried[TURN_TRIES_MAX]; /* in the order they ended */
    size_t tries;
};

#define CITATIONS_MAX 50 /* a higher [n] of a provider that cites by itself is dropped */

/* generate: sources that the provider itself cites; untrusted text, as it came */
struct citation {
    int n;
    const char *url, *title, *snippet;
};
struct turn_citations {
    bool own;                     /* [n] in the answer are these, not our passages */
    bool used[CITATIONS_MAX + 1]; /* own: [n] stands in the answer */
    struct citation *at;          /* CITATIONS_MAX of them, once there is one */
    size_t len;
};

/* A source as the answer shows it. */
struct source {
    int n; /* the number in [n] */
    const char *title, *source, *excerpt;
    double score;
};

/* generate .. restore: the answer as it will be recorded and delivered */
struct turn_answer {
    const char *code;     /* "ok", or why not: "quota_exceeded", "consent_required", ... (see answer.h) */
    const char *redacted; /* validated, pseudonyms still in: what memory and caches keep */
    const char *text;     /* validated and restored: what the person reads */
    int cite[TURN_PASSAGES_MAX]; /* passage -> number shown, in order of first use; 0 = not cited */
    int cites;
    struct source source[TURN_PASSAGES_MAX];
    size_t sources;
    const char *provider, *model;
    int64_t tokens_in, tokens_out;
    int64_t cost_nusd;    /* billionths of a US dollar; -1 = unpriced */
    bool cached;
    int64_t retry_after_ms; /* of a refusal or notice; -1 = do not say */
    const char *details_json; /* of a refusal or notice: a JSON object, or NULL */
};

/* record: the answer as its channel sends it */
struct turn_parts {
    const char *const *payload; /* one for each message; "" = the adapter renders the recorded answer */
    size_t n;
};

/* validate */
struct turn_validation {
    bool is_safe;
    const char *warning[TURN_WARNINGS_MAX]; /* stable codes */
    size_t warnings;
    int confidence; /* 0..100 */
};

struct turn {
    struct arena arena;
    struct message msg;
    char id[TURN_ID_BYTES];     /* also the message_id shown to clients */
    char request_id[65];        /* the client's X-Request-ID, or the turn id */
    struct snapshot *snap;      /* counted reference, taken at submit */
    struct llm *llm;            /* the provider set of `snap`; kept by the gateway while the turn lives */
    struct adapter *adapter;    /* where it came from and where it goes */
    void *adapter_ctx;          /* the adapter's own handle (slot + generation, never a raw pointer) */

    int64_t inbox_id;
    char lease[TURN_ID_BYTES];
    int attempt;                /* 1 = first */
    int64_t started_mono_us;
    int64_t upstream_us;        /* spent waiting for providers: the rest is ours */

    struct turn_identity identity;
    struct turn_quota quota;
    const char *consent_given;  /* version on record, "" = none */
    struct turn_screen screen;
    struct turn_redaction redaction;
    struct turn_memory memory;
    struct turn_cache cache;
    struct turn_passages passages;
    struct turn_complexity complexity;
    struct turn_route route;
    struct turn_citations citations;
    struct turn_answer answer;
    struct turn_validation validation;
    struct turn_parts parts;
    const char *answer_json;    /* the recorded body, rendered once; replays are the same bytes */

    struct err err;             /* why a stage failed */
    bool abandoned;             /* its client left and cannot come back for the answer; loop thread only */
    void *run;                  /* of the runner (pipeline.c) */
    void *output;               /* of the sink chain (output.c) */
    void *stage_state;          /* of generate while it waits for a model; NULL otherwise */
    struct pipeline *pipeline;  /* the services stages use; outlives every turn */
};

/* Adds a stable warning code once; over TURN_WARNINGS_MAX it is dropped. */
void turn_warn(struct turn *t, const char *code);

#endif
