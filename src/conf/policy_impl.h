/* SPDX-License-Identifier: Apache-2.0
 *
 * What the policy_*.c files share. A policy is described by a `shape`: a table of fields with type, bounds
 * and place, as parley.json is by its key table. The built-in text is read first and the operator's over it,
 * key by key, so a default is written once: in policies/<name>.json.
 */
#ifndef CONF_POLICY_IMPL_H
#define CONF_POLICY_IMPL_H

#include <parley/arena.h>

#include "base/hash.h"
#include "base/json.h"
#include "conf/policy.h"

#define POLICY_PATH_BYTES    160
#define POLICY_FILE_BYTES    (1U << 20)
#define POLICY_ARENA_BYTES   (32U << 20)
#define POLICY_PATTERN_BYTES 16384
#define POLICY_ITEMS_MAX     2000 /* of one list */

struct policy_doc {
    const char *name; /* as messages show it: "policies/pii.json", "built-in pii.json" */
    const char *text;
    size_t len;
    cJSON *root;
};

struct policy_owned {
    struct matcher *pattern;
    struct policy_owned *next;
};

struct policy_impl {
    struct arena arena;
    struct policy_owned *owned; /* every compiled pattern */
    char version[SHA256_HEX];
};

/* One reading of one document. */
struct policy_reader {
    struct policy_impl *im;
    const struct policy_doc *doc;
    struct match_scratch *scratch;
    struct err *err;
};

enum policy_type {
    POLICY_TEXT,     /* const char * */
    POLICY_WORDS,    /* list of strings -> const char *, separated by blanks */
    POLICY_INT,      /* int */
    POLICY_INT64,    /* int64_t */
    POLICY_NUMBER,   /* double */
    POLICY_NUSD,     /* USD per million -> int64_t billionths per one */
    POLICY_NUSD_1K,  /* USD per thousand -> int64_t billionths per one */
    POLICY_USD,      /* USD -> int64_t billionths; -1 stays -1 */
    POLICY_BOOL,     /* bool */
    POLICY_CHOICE,   /* enum: the index in `choices` */
    POLICY_PATTERN,  /* string, or list of alternatives -> struct matcher * */
    POLICY_EXAMPLES, /* list of strings; not stored, the shape's `check` runs them */
    POLICY_OBJECT,   /* `of`, in place */
    POLICY_LIST,     /* list of `of` -> array and count */
};

struct policy_shape;

struct policy_field {
    const char *key;
    enum policy_type type;
    bool optional; /* inside a list; elsewhere every key has its built-in value */
    unsigned flags;
    size_t at, count_at;
    double lo, hi;
    const char *choices;
    const struct policy_shape *of;
};

struct policy_shape {
    const struct policy_field *field;
    size_t fields;
    size_t bytes; /* of one list element */
    /* After an object was read: what its fields have to do with each other. */
    int (*check)(struct policy_reader *r, const cJSON *obj, const char *path, void *at);
};

/* X_E_INVALID with "policies/pii.json:12:5: rules.3.pattern: " in front. */
int policy_refuse(const struct policy_reader *r, const char *path, bool key, const char *fmt, ...)
    X_PRINTF(4, 5);
/* Reads `obj` into `at`, over what is there. */
int policy_read(struct policy_reader *r, const cJSON *obj, const char *path, const struct policy_shape *shape,
                void *at);
/* Strings, numbers and the rest of one field; policy_value.c. */
int policy_value(struct policy_reader *r, const cJSON *item, const char *path, const struct policy_field *f,
                 void *at);
/* A pattern, alone or as the alternatives of a list; owned by the policies. */
int policy_pattern(struct policy_reader *r, const cJSON *item, const char *path, unsigned flags,
                   struct matcher **out);
/* Runs `find` over the "must" and "must_not" lists of obj. In `must`, «» may mark what has to be found. */
int policy_examples(struct policy_reader *r, const cJSON *obj, const char *path,
                    int (*find)(struct policy_reader *r, const void *rule, const char *text, size_t len,
                                struct match_span *span),
                    const void *rule);

/* One policy file: its name, its built-in text, its shape. */
struct policy_kind {
    const char *name; /* "pii" */
    const char *text, *text_end;
    const struct policy_shape *shape;
};

extern const struct policy_kind policy_kinds[];                               /* policy.c */
extern const struct policy_shape policy_pii, policy_validator, policy_screen; /* policy_rules.c */
extern const struct policy_shape policy_consent, policy_tiers, policy_routing, policy_retention,
    policy_prices, policy_budgets;

/* policy_default.c */
extern const char policy_text_pii[], policy_text_pii_end[];
extern const char policy_text_consent[], policy_text_consent_end[];
extern const char policy_text_tiers[], policy_text_tiers_end[];
extern const char policy_text_routing[], policy_text_routing_end[];
extern const char policy_text_validator[], policy_text_validator_end[];
extern const char policy_text_screen[], policy_text_screen_end[];
extern const char policy_text_retention[], policy_text_retention_end[];
extern const char policy_text_prices[], policy_text_prices_end[];
extern const char policy_text_budgets[], policy_text_budgets_end[];

/* policy_prompt.c: the prompts below dir ("" = the built-in one), their digests one a line. */
int policy_prompts_load(struct policies *p, struct policy_impl *im, const char *dir, struct buf *digests,
                        struct err *err);
extern const char policy_text_prompt[], policy_text_prompt_end[];

#endif
