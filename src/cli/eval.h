/* SPDX-License-Identifier: Apache-2.0
 *
 * What the evaluations share. Each prints its figures to stdout, what went wrong to stderr (not when quiet),
 * and returns a sysexits code.
 */
#ifndef CLI_EVAL_H
#define CLI_EVAL_H

#include "base/json.h"
#include "cli/cli.h"
#include "conf/snapshot.h"

/* Calls `take` for each line of dir/name, one JSON object each; it answers 0, or an error that ends the
 * reading. 0; X_E_NOT_FOUND when the file is not there; else negative, and it has been said. */
int eval_each_line(const char *dir, const char *name, int (*take)(void *ctx, const cJSON *o), void *ctx);

int eval_routing(const struct cli *cli, const struct snapshot *snap, const char *dir);
int eval_semantic(const struct cli *cli, const struct snapshot *snap, const char *dir);

#endif
