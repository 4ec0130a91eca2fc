/* SPDX-License-Identifier: Apache-2.0
 *
 * PARLEY_SECTION__KEY variables and --set. A variable with "__" is meant for us, so an unknown one is
 * an error; without it only the keys outside sections (PARLEY_DRAIN_MS) are ours: a container platform
 * may well set PARLEY_PORT or PARLEY_SERVICE_HOST for a service of that name.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/config_impl.h"

#define ENV_PREFIX "PARLEY_"

const char *config_getenv(const struct config_impl *im, const char *name)
{
    size_t len = strlen(name);

    for (const char *const *e = im->src->env; e && *e; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
            return (*e)[len + 1] ? *e + len + 1 : NULL;
    return NULL;
}

/* "SERVER__LISTEN" -> "server.listen"; false when it is too long to be a key. */
static bool env_path(char out[CONFIG_PATH_BYTES], struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < name.len; i++) {
        bool dot = i > 0 && i + 2 < name.len && name.at[i] == '_' && name.at[i + 1] == '_';

        if (n + 1 >= CONFIG_PATH_BYTES)
            return false;
        out[n++] = dot ? '.' : (char)tolower((unsigned char)name.at[i]);
        i += dot;
    }
    out[n] = '\0';
    return true;
}

static int env_one(struct config_impl *im, struct str name, const char *value, struct err *err)
{
    struct config_where w = { .from = FROM_ENV };
    char path[CONFIG_PATH_BYTES];
    struct config_found f;

    w.name = arena_strndup(&im->arena, name.at, name.len);
    name.at += strlen(ENV_PREFIX);
    name.len -= strlen(ENV_PREFIX);
    if (!w.name || !env_path(path, name))
        return 0;
    if (!strchr(path, '.') && config_find(&f, path) != 0)
        return 0;
    return config_store_text(im, path, value, &w, err);
}

int config_env(struct config_impl *im, struct err *err)
{
    for (const char *const *e = im->src->env; e && *e; e++) {
        const char *eq = strchr(*e, '=');
        int rc;

        if (!eq || strncmp(*e, ENV_PREFIX, strlen(ENV_PREFIX)) != 0)
            continue;
        rc = env_one(im, (struct str){ *e, (size_t)(eq - *e) }, eq + 1, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int set_one(struct config_impl *im, const char *set, struct err *err)
{
    struct config_where w = { .from = FROM_SET };
    const char *eq = strchr(set, '=');
    char path[CONFIG_PATH_BYTES];

    if (!eq || eq == set || (size_t)(eq - set) >= sizeof path)
        return err_set(err, X_E_INVALID, "--set: must be written section.key=value");
    memcpy(path, set, (size_t)(eq - set));
    path[eq - set] = '\0';
    return config_store_text(im, path, eq + 1, &w, err);
}

int config_sets(struct config_impl *im, struct err *err)
{
    for (size_t i = 0; i < im->src->sets; i++) {
        int rc = set_one(im, im->src->set[i], err);

        if (rc)
            return rc;
    }
    if (im->src->state_dir)
        return config_store_text(im, "state.dir", im->src->state_dir,
                                 &(struct config_where){ .from = FROM_SET }, err);
    return 0;
}
