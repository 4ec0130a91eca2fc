/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading a configuration: defaults, then the file, the environment and --set over them, then what
 * depends on more than one key. A config that comes out is complete and valid; one that does not
 * leaves nothing behind. The parts: config_table.c (the keys), config_store.c (one value),
 * config_file.c and config_env.c (the sources), config_secret.c, config_llm.c, config_bots.c, config_print.c.
 */
#include "conf/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/log.h>

#include "conf/config_impl.h"

static const char *const file_places[] = { "parley.json", "/etc/parley/parley.json" };

struct config_whole { /* one allocation */
    struct config config;
    struct config_impl impl;
};

static int load_defaults(struct config_impl *im, struct err *err)
{
    const struct config_where w = { .from = FROM_DEFAULT };
    int rc = 0;

    for (size_t i = 0; i < config_keys_len && !rc; i++)
        if (config_keys[i].base != IN_PROVIDER)
            rc = config_store_text(im, config_keys[i].path, config_keys[i].fallback, &w, err);
    return rc;
}

/* A named file must be there; of the usual places the first one counts. */
static int load_file(struct config_impl *im, struct err *err)
{
    if (im->src->path)
        return config_file(im, im->src->path, err);
    for (size_t i = 0; i < ARRAY_LEN(file_places); i++) {
        int rc = config_file(im, file_places[i], err);

        if (rc != X_E_NOT_FOUND)
            return rc;
    }
    return 0;
}

/* systemd's StateDirectory= may name several folders; the first is ours. XDG paths count only when absolute.
 */
static const char *state_default(struct config_impl *im)
{
    const char *systemd = config_getenv(im, "STATE_DIRECTORY");
    const char *xdg = config_getenv(im, "XDG_STATE_HOME");
    const char *home = config_getenv(im, "HOME");

    if (systemd)
        return arena_strndup(&im->arena, systemd, strcspn(systemd, ":"));
    if (xdg && xdg[0] == '/')
        return arena_printf(&im->arena, "%s/parley", xdg);
    if (home)
        return arena_printf(&im->arena, "%s/.local/state/parley", home);
    return "/var/lib/parley";
}

static void warn_plain(const char *key, const char *url)
{
    if (!config_url_private(url))
        log_warn("config.plain_http", "key=%s hint=\"tokens travel unencrypted\"", key);
}

static int discord_check(const struct config *c, struct err *err)
{
    if (!c->discord.token[0])
        return 0;
    if (c->discord.shard >= c->discord.shards)
        return err_set(err, X_E_INVALID, "discord.shard: must be below discord.shards");
    if (strcmp(c->discord.mode, "http") == 0 && (!c->discord.app_id[0] || !c->discord.public_key[0]))
        return err_set(err, X_E_INVALID, "discord.app_id, discord.public_key: must be set with mode http");
    return 0;
}

static int load_finish(struct config_impl *im, struct err *err)
{
    struct config *c = im->config;

    if (!c->state.dir[0])
        c->state.dir = state_default(im);
    if (!c->state.dir)
        return err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < c->telegram.n; i++)
        if (c->telegram.at[i].token[0])
            warn_plain("telegram.api_base", c->telegram.at[i].api_base);
    if (c->discord.token[0])
        warn_plain("discord.api_base", c->discord.api_base);
    return discord_check(c, err);
}

static int load_all(struct config_impl *im, struct err *err)
{
    static int (*const step[])(struct config_impl *, struct err *) = {
        load_defaults,
        load_file,
        config_env,
        config_sets,
        config_llm_known,
        config_llm_choose,
        config_secrets_resolve,
        config_llm_settle,
        config_bots_settle,
        load_finish,
    };

    for (size_t i = 0; i < ARRAY_LEN(step); i++) {
        int rc = step[i](im, err);

        if (rc)
            return rc;
    }
    return 0;
}

int config_load(struct config **out, const struct config_source *src, struct err *err)
{
    struct config_whole *whole = calloc(1, sizeof *whole);
    struct err unasked = { "" };
    int rc;

    err = err ? err : &unasked;
    if (!whole)
        return err_set(err, -ENOMEM, "out of memory");
    whole->config.impl = &whole->impl;
    whole->impl.config = &whole->config;
    whole->impl.src = src;
    arena_init(&whole->impl.arena, CONFIG_ARENA_BYTES);
    rc = load_all(&whole->impl, err);
    whole->impl.src = NULL;
    if (rc)
        config_free(&whole->config);
    else
        *out = &whole->config;
    return rc;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    arena_wipe(&((struct config_impl *)c->impl)->arena);
    free(c); /* the first member of its config_whole */
}
