/* SPDX-License-Identifier: Apache-2.0
 *
 * parley.json: one table (config.c) says for each key its type, default, bounds,
 * environment name, whether it is a secret, and its one line of help. Order of
 * precedence: --set, environment PARLEY_SECTION__KEY, the file, well-known environment names
 * (OPENAI_API_KEY, ...: only where nothing else was said), systemd credentials, the default.
 * A parsed config is immutable.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include <parley/status.h>
#include <parley/turn.h>

#include "base/str.h"

#define CONFIG_PROVIDERS_MAX 8
#define CONFIG_LIST_MAX      16
#define CONFIG_KEYS_MAX      8 /* of one provider */
#define CONFIG_BOTS_MAX      8 /* of Telegram */

enum consent_region { REGION_AUTO, REGION_EU, REGION_UK, REGION_US, REGION_NONE };
/* Which questions a provider is meant for: an enum route_class, or all of them. */
enum provider_class { PROVIDER_CHEAP, PROVIDER_BALANCED, PROVIDER_RESEARCH, PROVIDER_ANY };
/* Who of a class is asked first: as in llm.order, at random by weight, the quickest to a first text. */
enum llm_balance { BALANCE_ORDER, BALANCE_WEIGHT, BALANCE_LATENCY };
/* Who may ask a bot: whom its lists let in, or also whom an admin let in with a code. */
enum access { ACCESS_LISTS, ACCESS_PAIRING };
/* What a person sees while a turn runs. */
enum progress { PROGRESS_TYPING, PROGRESS_EDIT, PROGRESS_DRAFT };
enum grounding { GROUNDING_ANNOTATE, GROUNDING_STRICT };

struct config_provider { /* one "llm.<name>" */
    const char *name;
    const char *format; /* "openai", "gemini", ...; "extractive" for the built-in one */
    const char *base_url, *model;
    const char *key[CONFIG_KEYS_MAX]; /* resolved: key, key file, environment; each once */
    size_t keys;
    int timeout_ms; /* total of one call */
    int connect_ms, first_byte_ms, idle_ms;
    int max_tokens;
    enum provider_class klass;
    int weight;
};

struct config_telegram { /* one bot: "telegram" itself, or one "telegram.<name>" */
    const char *name;    /* "" = the section itself */
    const char *token, *api_base, *mode, *webhook_url, *webhook_secret, *webhook_path;
    const char *proxy; /* "" = none */
    bool ipv4;
    int poll_s;
    enum access access;
    enum progress progress;
    bool feedback;
    const char *allow[CONFIG_LIST_MAX], *deny[CONFIG_LIST_MAX]; /* ids of people and chats */
    size_t allows, denies;
    const char *admin[CONFIG_LIST_MAX];
    size_t admins;
};

/* All strings live as long as the config and are never NULL. */
struct config {
    struct {
        const char *listen, *base_path;
        const char *trusted_proxy[CONFIG_LIST_MAX];
        size_t trusted_proxies;
        const char *cors_origin[CONFIG_LIST_MAX];
        size_t cors_origins;
        const char *api_key;
        int connections_max;
    } server;
    struct {
        const char *dir;
    } state;
    struct {
        const char *dir;
    } policies;
    struct {
        const char *dir;
        int top_k;
    } knowledge;
    struct {
        int format;
        int level;
    } log; /* enum log_format, enum log_level */
    int drain_ms;
    struct {
        int threads;
        int queue;
        int turns_max;
    } workers; /* 0 threads = number of cores */
    struct {   /* in llm.order, extractive always last */
        struct config_provider at[CONFIG_PROVIDERS_MAX];
        size_t n;
        enum llm_balance balance;
        int hedge_ms; /* 0 = never */
    } llm;
    struct {
        bool footer;
        enum grounding grounding;
        int deadline_ms;
    } answer;
    struct {
        bool semantic;
        int semantic_threshold; /* percent */
    } cache;
    struct {
        int user_per_minute, ip_per_minute;
    } limits;
    struct {
        enum tier fallback;
    } tiers; /* "tiers.default" */
    struct {
        enum consent_region region;
        bool strict;
    } consent;
    struct { /* the section itself first, then its named bots, each with a token */
        struct config_telegram at[CONFIG_BOTS_MAX];
        size_t n;
    } telegram;
    struct {
        const char *token, *app_id, *public_key, *api_base, *gateway_url, *mode, *interactions_path,
            *progress;
        const char *dev_guild; /* "" = commands are global */
        const char *guild[CONFIG_LIST_MAX], *channel[CONFIG_LIST_MAX], *role[CONFIG_LIST_MAX];
        const char *deny[CONFIG_LIST_MAX];
        size_t guilds, channels, roles, denies;
        bool direct_messages, message_content, auto_thread, feedback, compress;
        int shard, shards;
    } discord;
    void *impl;
};

struct config_source {
    const char *path;       /* NULL: ./parley.json, /etc/parley/parley.json, or just the defaults */
    const char *state_dir;  /* --state; NULL = not said */
    const char *const *set; /* "section.key=value" */
    size_t sets;
    const char *const *env; /* environ, or a test's */
};

/* 0; X_E_INVALID ("parley.json:12:5: telegram.tokn: unknown key; did you mean telegram.token?"),
 * X_E_NOT_FOUND (a named file that is not there), X_E_LIMIT, -errno. */
int config_load(struct config **out, const struct config_source *src, struct err *err);
void config_free(struct config *c);
/* Configured, or one of the well-known names. `config` is a struct config. */
bool config_provider_known(const void *config, struct str name);
/* The effective configuration as JSON, each key; secrets as "***" when set, "" when not. */
void config_print(const struct config *c, struct buf *out);
/* The help table as text, for `parley help config` and the example file. */
void config_help(struct buf *out);

#endif
