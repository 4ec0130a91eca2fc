/* SPDX-License-Identifier: Apache-2.0
 *
 * policies/<name>.json, parsed and compiled once (an invalid pattern fails the load with
 * file:line:column). Immutable. A missing file means the defaults compiled in from the
 * same files at build time; an unknown key is an error. policies/README.md lists every key.
 */
#ifndef CONF_POLICY_H
#define CONF_POLICY_H

#include <parley/status.h>
#include <parley/turn.h>

#include "base/match.h"
#include "conf/routing.h"

enum pii_check { PII_NONE, PII_LUHN, PII_IP, PII_PHONE };
struct pii_rule {
    const char *type; /* "EMAIL": placeholder <EMAIL_1> */
    struct matcher *pattern;
    enum pii_check check;
    int priority;     /* overlap: higher wins, then longer */
    const char *need; /* a byte set of which the text must hold at least one, "" = none: the prefilter */
};

/* The next value of this rule at or after `from`: prefilter, pattern and check in one. span->from and
 * span->to are set, groups are not. 0, X_E_NOT_FOUND, else as matcher_find (X_E_LIMIT: fail closed). The
 * next search starts at span->to. */
int pii_rule_find(const struct pii_rule *r, struct match_scratch *s, const char *text, size_t len,
                  size_t from, struct match_span *span);
/* Whether text[*from, *to) passes the check; PII_LUHN may narrow it to the card number inside. */
bool pii_check_ok(enum pii_check check, const char *text, size_t *from, size_t *to);

struct danger_rule {
    const char *id;
    struct matcher *pattern; /* search with danger_rule_find */
    const struct matcher
        *unless; /* what, right before the phrase, makes it harmless: "no ..."; NULL = nothing */
    bool unless_negated;
    const char *replacement; /* toned-down wording */
};

/* The next phrase of this rule at or after `from` that is not denied just before it, in the same sentence. As
 * matcher_find, and X_E_LIMIT for a rule that matches nothing at all; when the look at the words before gives
 * up, the phrase counts. */
int danger_rule_find(const struct danger_rule *r, struct match_scratch *s, const char *text, size_t len,
                     size_t from, struct match_span *span);

struct disclaimer_rule {
    const char *id;
    struct matcher *topic; /* on question or answer */
    const char *text;      /* appended once */
};

struct screen_rule {
    const char *id;
    struct matcher *pattern;
    double weight; /* the score is 1 - prod(1 - weight) */
};

struct price { /* billionths of a USD */
    const char *model;
    int64_t in_nusd, out_nusd, cached_nusd; /* per token; cached: of the input, read from a cache */
    int64_t request_nusd, search_nusd;      /* each */
};

struct budget_limit {
    int64_t soft_nusd, hard_nusd; /* -1 = none */
};
struct budget {
    struct budget_limit day, month; /* UTC */
};

#define PROMPTS_MAX       64
#define PROMPT_FILE_BYTES 16384
#define PROMPT_LANGUAGE   "{{language}}" /* where the answer's language code goes */

struct policy_prompt {
    const char *bot, *text;
};

struct policies {
    struct {
        struct policy_prompt at[PROMPTS_MAX];
        size_t n;
    } prompt; /* policies/prompts/<bot>.md */
    struct {
        struct pii_rule *rule;
        size_t n;
        size_t max_bytes;
    } pii;
    struct {
        const char *version, *text, *notice;
        const char *eu_country; /* space separated */
    } consent;
    struct {
        int64_t monthly[TIER_COUNT];
    } tiers; /* -1 = unlimited */
    struct routing routing;
    struct {
        struct danger_rule *danger;
        size_t dangers;
        struct disclaimer_rule *disclaimer;
        size_t disclaimers;
        struct matcher *negation;
        const char *ungrounded_notice;
        int grounded_from; /* confidence under this = ungrounded */
    } validator;
    struct {
        struct screen_rule *rule;
        size_t n;
        double flag_from;
        bool block;
    } screen; /* policies/screen.json */
    struct {
        int inbox_days, turn_days;
        int memory_minutes, memory_messages, memory_tokens;
    } retention;
    struct {
        struct price *at;
        size_t n;
        const char *dated;
    } prices;
    struct {
        struct budget bot, tier[TIER_COUNT], user; /* user: each one */
    } budgets;
    void *impl;
};

/* dir "" = the built-in defaults only; a folder that is not there is X_E_NOT_FOUND. A file gives the keys it
 * holds; those it leaves out keep the built-in value. The text names file, line and column. */
int policies_load(struct policies **out, const char *dir, struct err *err);
void policies_free(struct policies *p);
/* A digest over everything loaded: part of cache keys. */
/* The bot's own, else the default one; never NULL after a load. */
const char *policies_prompt(const struct policies *p, const char *bot);
const char *policies_version(const struct policies *p);

#endif
