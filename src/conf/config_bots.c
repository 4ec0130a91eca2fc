/* SPDX-License-Identifier: Apache-2.0
 *
 * Bots of Telegram: the section "telegram" is one, and each "telegram.<name>" in it is another. What such a
 * bot is not told it takes from the section, except what can only be its own (token, webhook secret); of the
 * webhook's address and path it takes the section's with its name behind them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/config_impl.h"

#define SECTION "telegram"

static int bot_path(char out[CONFIG_PATH_BYTES], const char *name, const char *key)
{
    return snprintf(out, CONFIG_PATH_BYTES, SECTION "%s%s%s%s", *name ? "." : "", name, *key ? "." : "", key);
}

static int bot_defaults(struct config_impl *im, const char *name, struct err *err)
{
    const struct config_where w = { .from = FROM_DEFAULT };
    char path[CONFIG_PATH_BYTES];
    int rc = 0;

    for (size_t i = 0; i < config_keys_len && !rc; i++) {
        if (config_keys[i].base != IN_BOT)
            continue;
        bot_path(path, name, strrchr(config_keys[i].path, '.') + 1);
        rc = config_store_text(im, path, config_keys[i].fallback, &w, err);
    }
    return rc;
}

int config_bot_of(struct config_impl *im, struct config_telegram **out, const char *name,
                  const struct config_where *w, struct err *err)
{
    struct config *c = im->config;
    char path[CONFIG_PATH_BYTES];

    for (size_t i = 0; i < c->telegram.n; i++) {
        *out = &c->telegram.at[i];
        if (strcmp((*out)->name, name) == 0)
            return 0;
    }
    bot_path(path, name, "");
    if (name[0] && !config_name_ok(name))
        return config_refuse(w, path, true, err,
                             "a bot's name is at most 31 of a-z, 0-9 and _, beginning with a letter");
    if (c->telegram.n == CONFIG_BOTS_MAX)
        return config_refuse(w, path, true, err, "too many bots; at most %d", CONFIG_BOTS_MAX);
    *out = &c->telegram.at[c->telegram.n];
    (*out)->name = arena_strdup(&im->arena, name);
    if (!(*out)->name)
        return err_set(err, -ENOMEM, "out of memory");
    im->bot_where[c->telegram.n++] = *w;
    return name[0] ? bot_defaults(im, name, err) : 0; /* the section's are the table's, like everybody's */
}

static size_t bot_index(const struct config_impl *im, const struct config_telegram *b)
{
    return (size_t)(b - im->config->telegram.at);
}

/* Of a row among those of bots. */
static bool *said(struct config_impl *im, const struct config_telegram *b, const struct config_key *k)
{
    size_t row = 0;

    for (const struct config_key *at = config_keys; at < k; at++)
        row += at->base == IN_BOT;
    return row < CONFIG_BOT_KEYS_MAX ? &im->bot_said[bot_index(im, b)][row] : NULL;
}

void config_bot_said(struct config_impl *im, const struct config_telegram *b, const struct config_key *k)
{
    bool *at = said(im, b, k);

    if (at)
        *at = true;
}

/* ---- what a named bot takes from the section ---- */

static size_t key_bytes(const struct config_key *k)
{
    switch (k->type) {
    case KEY_INT:
    case KEY_CHOICE:
        return sizeof(int);
    case KEY_BOOL:
        return sizeof(bool);
    case KEY_LIST:
        return CONFIG_LIST_MAX * sizeof(const char *);
    case KEY_TEXT:
        break;
    }
    return sizeof(const char *);
}

static void inherit(struct config_impl *im, struct config_telegram *b, const struct config_key *k)
{
    const struct config_telegram *from = &im->config->telegram.at[0];
    const bool *told = said(im, b, k);

    if (k->own || (told && *told))
        return;
    memcpy((char *)b + k->at, (const char *)from + k->at, key_bytes(k));
    if (k->type == KEY_LIST)
        memcpy((char *)b + k->count_at, (const char *)from + k->count_at, sizeof(size_t));
    if (k->at == offsetof(struct config_telegram, webhook_path) ||
        (k->at == offsetof(struct config_telegram, webhook_url) && b->webhook_url[0])) {
        const char **text = (const char **)(void *)((char *)b + k->at);

        *text = arena_printf(&im->arena, "%s/%s", *text, b->name);
    }
}

/* ---- what does not fit together ---- */

static const char *mismatch(const struct config_telegram *b, const char **key)
{
    if (b->name[0] && !b->token[0]) {
        *key = "token";
        return "must be set: a named bot has a token of its own";
    }
    if (b->token[0] && strcmp(b->mode, "webhook") == 0 && !b->webhook_url[0]) {
        *key = "webhook_url";
        return "must be set with mode webhook";
    }
    if (b->token[0] && b->access == ACCESS_PAIRING && !b->admins) {
        *key = "admins";
        return "must name somebody with access pairing: an admin approves the codes";
    }
    return NULL;
}

static int bot_check(struct config_impl *im, const struct config_telegram *b, struct err *err)
{
    const struct config_telegram *at = im->config->telegram.at;
    const struct config_where *w = &im->bot_where[bot_index(im, b)];
    char path[CONFIG_PATH_BYTES];
    const char *key = "token", *wrong = mismatch(b, &key);
    size_t id = strcspn(b->token, ":") + 1;

    for (const struct config_telegram *other = at; other < b && !wrong; other++)
        if (b->token[0] && strncmp(other->token, b->token, id) == 0)
            wrong = "is of the same bot as another token here";
    if (!wrong)
        return 0;
    bot_path(path, b->name, key);
    return config_refuse(w, path, true, err, "%s", wrong);
}

int config_bots_settle(struct config_impl *im, struct err *err)
{
    struct config *c = im->config;
    int rc = 0;

    for (size_t i = 1; i < c->telegram.n; i++)
        for (size_t k = 0; k < config_keys_len; k++)
            if (config_keys[k].base == IN_BOT)
                inherit(im, &c->telegram.at[i], &config_keys[k]);
    if (im->arena.failed)
        return err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < c->telegram.n && !rc; i++)
        rc = bot_check(im, &c->telegram.at[i], err);
    return rc;
}
