/* SPDX-License-Identifier: Apache-2.0
 *
 * parley eval WHAT DIR: quality figures over a folder of JSON lines. One file for each evaluation.
 */
#include "cli/eval.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int (*run)(const struct cli *cli, const struct snapshot *snap, const char *dir);
} evaluations[] = { { "routing", eval_routing }, { "semantic", eval_semantic } };

int eval_each_line(const char *dir, const char *name, int (*take)(void *ctx, const cJSON *o), void *ctx)
{
    char path[4096], *line = NULL;
    size_t room = 0, number = 0;
    struct err err = { "not what this file holds" };
    cJSON *o = NULL;
    int rc = 0;
    ssize_t n;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? X_E_NOT_FOUND : -errno;
    while (rc == 0 && (n = getline(&line, &room, f)) > 0) {
        number++;
        rc = json_parse(&o, line, (size_t)n, &err);
        if (rc == 0)
            rc = take(ctx, o);
        cJSON_Delete(o);
        o = NULL;
    }
    if (rc)
        fprintf(stderr, "parley: %s:%zu: %s\n", path, number, err.text);
    free(line);
    (void)fclose(f);
    return rc ? -EBADMSG : 0;
}

int cmd_eval(struct cli *cli)
{
    struct snapshot *snap = NULL;
    struct err err = { "" };
    size_t i = 0;
    while (i < ARRAY_LEN(evaluations) && strcmp(cli->arg[0], evaluations[i].name) != 0)
        i++;
    if (i == ARRAY_LEN(evaluations)) {
        cli_fail(0, "there is no evaluation called \"%s\"; there are routing and semantic", cli->arg[0]);
        return EX_USAGE;
    }
    int rc = snapshot_load(&snap, &cli->source, &err);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    rc = evaluations[i].run(cli, snap, cli->arg[1]);
    snapshot_unref(snap);
    return rc;
}
