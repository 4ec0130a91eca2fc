/* SPDX-License-Identifier: Apache-2.0
 *
 * The pair of configuration and policies, counted. A load that fails leaves nothing, so whoever holds the old
 * snapshot goes on with it. An empty policies.dir is searched here: ./policies (a checkout), the installed
 * folder, and when neither is there the built-in texts.
 */
#include "conf/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *policies_dir(const struct config *c)
{
    if (c->policies.dir[0])
        return c->policies.dir;
    if (is_dir("policies"))
        return "policies";
    return is_dir(PARLEY_SHARE "/policies") ? PARLEY_SHARE "/policies" : "";
}

/* What the snapshot shows as const, as its owner holds it. One allocation. */
struct snapshot_whole {
    struct snapshot shown;
    struct config *config;
    struct policies *policies;
};

static void whole_free(struct snapshot_whole *w)
{
    policies_free(w->policies);
    config_free(w->config);
    free(w);
}

int snapshot_load(struct snapshot **out, const struct config_source *src, struct err *err)
{
    struct snapshot_whole *w = calloc(1, sizeof *w);
    int rc;

    if (!w)
        return err_set(err, -ENOMEM, "out of memory");
    rc = config_load(&w->config, src, err);
    if (!rc)
        rc = policies_load(&w->policies, policies_dir(w->config), err);
    if (!rc)
        rc = routing_check_names(&w->policies->routing, config_provider_known, w->config, err);
    if (rc) {
        whole_free(w);
        return rc;
    }
    w->shown = (struct snapshot){ .config = w->config, .policies = w->policies, .refs = 1 };
    *out = &w->shown;
    return 0;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void snapshot_unref(struct snapshot *s)
{
    /* release: our reads come before; acquire: the last one frees after everybody's */
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    whole_free(CONTAINER_OF(s, struct snapshot_whole, shown));
}
