/* SPDX-License-Identifier: Apache-2.0
 *
 * What the config_*.c files share. A load is: lay each source over the ones below it (config_store, which
 * knows the table), then resolve what depends on several keys (secrets, providers, folders).
 * Everything a config points to is in its arena, the file's text included, so that a late check
 * can still say line and column.
 */
#ifndef CONF_CONFIG_IMPL_H
#define CONF_CONFIG_IMPL_H

#include <parley/arena.h>

#include "conf/config.h"

#define CONFIG_PATH_BYTES  128 /* of a dotted key */
#define CONFIG_FILE_BYTES  (1U << 20)
#define CONFIG_ARENA_BYTES (8U << 20)
#define CONFIG_DRAFTS_MAX  16 /* "llm.<name>" sections; at most CONFIG_PROVIDERS_MAX are used */
#define CONFIG_SECRETS_MAX                                                                                   \
    (CONFIG_DRAFTS_MAX + 1 + 3 * CONFIG_BOTS_MAX +                                                           \
     15) /* drafts, the built-in one, bots, the table's others */

/* Lowest precedence first. */
enum config_origin { FROM_DEFAULT, FROM_CREDENTIAL, FROM_KNOWN_ENV, FROM_FILE, FROM_ENV, FROM_SET };

/* Where a value came from, for the person who has to correct it. */
struct config_where {
    enum config_origin from;
    const char *name; /* the file, the variable, the --set key, the credential */
    const char *text; /* FROM_FILE */
    size_t len;
};

enum config_type { KEY_TEXT, KEY_INT, KEY_BOOL, KEY_CHOICE, KEY_LIST };
enum config_base { IN_CONFIG, IN_IMPL, IN_PROVIDER, IN_BOT };

struct config_key {
    /* "server.listen"; "llm.*.model": the star is a provider's name; IN_BOT: "telegram.token" is also
     * "telegram.<bot>.token" */
    const char *path;
    enum config_type type;
    enum config_base base;
    bool secret; /* never printed; "<path>_file" is a key too */
    bool lines;  /* line breaks and tabs may stand in it */
    bool own;    /* IN_BOT: a named bot does not take it over from the section */
    size_t at;   /* offset in its base */
    size_t count_at;
    int lo, hi;
    const char *fallback;                               /* as the environment would say it */
    const char *choices;                                /* "text|json": of KEY_CHOICE the index is stored */
    const char *(*check)(const char *text);             /* NULL, or what it must be */
    const char *(*tidy)(struct arena *a, const char *); /* the stored form */
    const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_keys_len;

struct config_secret {
    const char **at; /* where the resolved value goes */
    const char *path, *file, *value;
    struct config_where file_where, value_where;
};

struct config_draft { /* "llm.<name>" as far as it is known */
    struct config_provider p;
    const char *api_key; /* as said: one key or several */
    bool allow_http;
    struct config_where where;
};

#define CONFIG_BOT_KEYS_MAX 64 /* rows of IN_BOT */

struct config_impl {
    struct arena arena;
    const struct config_source *src; /* during the load only */
    struct config *config;
    struct config_secret secret[CONFIG_SECRETS_MAX];
    size_t secrets;
    struct config_draft draft[CONFIG_DRAFTS_MAX + 1]; /* one for the built-in provider */
    size_t drafts;
    const struct config_draft *use[CONFIG_PROVIDERS_MAX];
    size_t used;
    const char *order[CONFIG_LIST_MAX];
    size_t orders;
    struct config_where order_where;
    struct config_where bot_where[CONFIG_BOTS_MAX]; /* of config->telegram.at: where it was first named */
    bool bot_said[CONFIG_BOTS_MAX][CONFIG_BOT_KEYS_MAX];
};

/* A value before its type is known to fit: one text, or the items of a list. */
struct config_value {
    const char *item[CONFIG_LIST_MAX];
    size_t n;
};

/* A key that was looked up: which row, of which provider or bot, and whether its "_file" form. */
struct config_found {
    const struct config_key *key;
    char name[32]; /* "" = of neither, or of the section itself */
    bool file;
};

/* ---- config_table.c ---- */
/* 0, or X_E_NOT_FOUND. */
int config_find(struct config_found *out, const char *path);
bool config_is_section(const char *path);
/* The nearest known key, "" when nothing is near. */
void config_suggest(char out[CONFIG_PATH_BYTES], const char *path);
/* Levenshtein distance with swaps of neighbours; SIZE_MAX when a word has over 32 bytes. */
size_t config_distance(const char *a, const char *b);
/* "server.listen" -> "PARLEY_SERVER__LISTEN" */
void config_env_name(char out[CONFIG_PATH_BYTES], const char *path);
/* "must be a whole number from 1 to 100", ... */
void config_expect(const struct config_key *key, char *out, size_t size);

/* ---- config_check.c: `check` and `tidy` functions ---- */
const char *check_listen(const char *text);
const char *check_base_path(const char *text);
const char *check_path(const char *text);
const char *check_network(const char *text);
const char *check_origin(const char *text);
const char *check_url(const char *text);
const char *check_ws_url(const char *text);
const char *check_public_key(const char *text);
const char *check_digits(const char *text);
const char *check_secret(const char *text);
const char *check_keys(const char *text);
const char *check_webhook_secret(const char *text);
const char *check_chat_id(const char *text);
const char *check_person_id(const char *text);
const char *check_proxy(const char *text);
const char *tidy_slash(struct arena *a, const char *text);
bool config_name_ok(const char *provider);
/* Cuts "a, b" at commas and white space; the parts point into `text`. NULL, or what it must be. */
const char *config_keys_cut(struct str key[CONFIG_KEYS_MAX], size_t *n, const char *text);
/* An http URL whose host is this machine, or any https URL. */
bool config_url_private(const char *url);

/* ---- config_store.c ---- */
/* X_E_INVALID with the place of `path` in front: "parley.json:12:5: path: ...". */
int config_refuse(const struct config_where *w, const char *path, bool key, struct err *err, const char *fmt,
                  ...) X_PRINTF(5, 6);
int config_refuse_key(const struct config_where *w, const char *path, struct err *err);
/* Checks and stores over what is there. */
int config_store(struct config_impl *im, const struct config_found *f, const char *path,
                 const struct config_value *v, const struct config_where *w, struct err *err);
/* The same from text: a list is cut at commas. */
int config_store_text(struct config_impl *im, const char *path, const char *text,
                      const struct config_where *w, struct err *err);

/* ---- config_file.c, config_env.c ---- */
int config_file(struct config_impl *im, const char *path, struct err *err);
int config_env(struct config_impl *im, struct err *err);
int config_sets(struct config_impl *im, struct err *err);
/* NULL when absent or empty. */
const char *config_getenv(const struct config_impl *im, const char *name);

/* ---- config_secret.c ---- */
struct config_secret *config_secret_of(struct config_impl *im, const char **at, const char *path);
int config_secrets_resolve(struct config_impl *im, struct err *err);
/* The value of a systemd credential named after the path; *out NULL when there is none. */
int config_credential(struct config_impl *im, const char **out, const char *path, struct err *err);

/* ---- config_llm.c ---- */
/* Finds or starts the draft of a provider; X_E_LIMIT. */
int config_draft_of(struct config_impl *im, struct config_draft **out, const char *name,
                    const struct config_where *w, struct err *err);
struct config_draft *config_draft_find(struct config_impl *im, const char *name); /* NULL = none */
/* Well-known providers that have a key; before the secrets are resolved. */
int config_llm_known(struct config_impl *im, struct err *err);
/* Which drafts are used, in which order; it may start more. Before the secrets are resolved. */
int config_llm_choose(struct config_impl *im, struct err *err);
/* Fills config->llm. After the secrets are resolved. */
int config_llm_settle(struct config_impl *im, struct err *err);

/* ---- config_bots.c ---- */
/* Finds or starts a bot of Telegram; X_E_LIMIT. */
int config_bot_of(struct config_impl *im, struct config_telegram **out, const char *name,
                  const struct config_where *w, struct err *err);
void config_bot_said(struct config_impl *im, const struct config_telegram *b, const struct config_key *k);
/* What a named bot was not told it takes from the section. After the secrets are resolved. */
int config_bots_settle(struct config_impl *im, struct err *err);

#endif
