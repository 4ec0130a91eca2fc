/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: one table of commands (main.c), one file per command, one set of options. Data goes
 * to stdout, everything else to stderr; exit codes follow sysexits.h.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <parley/adapter.h>

#include "conf/config.h"

#define CLI_SETS_MAX 32

struct cli {
    struct config_source source;
    const char *set[CLI_SETS_MAX];
    bool json, quiet;
    bool jsonl, explain; /* route */
    int top_k;           /* -k, 0 = not said */
    const char **arg;    /* what is left after options and the command's name */
    int args;
    const struct adapter_ops *const *adapter; /* what serve opens */
    size_t adapters;
};

struct command {
    const char *name, *args, *summary;
    int args_min, args_max;
    int (*run)(struct cli *cli); /* a sysexits code */
    const char *help;            /* more than the summary, or NULL */
};

/* Parses argv, finds the command, runs it. `env` as environ. */
int cli_main(struct cli *cli, const struct command *command, size_t commands, int argc, char **argv,
             const char *const *env);
/* "parley: text" on stderr; returns the exit code for `rc` (0, X_E_* or -errno). */
int cli_fail(int rc, const char *fmt, ...) X_PRINTF(2, 3);
int cli_exit_code(int rc);
bool cli_is_terminal(int fd); /* and colours or bars are welcome: NO_COLOR unset, TERM not dumb */

int cmd_serve(struct cli *cli);
int cmd_index(struct cli *cli);
int cmd_search(struct cli *cli);
int cmd_ask(struct cli *cli);
int cmd_route(struct cli *cli);
int cmd_eval(struct cli *cli);
int cmd_check_config(struct cli *cli);
int cmd_doctor(struct cli *cli);
int cmd_providers(struct cli *cli);
int cmd_version(struct cli *cli);

#endif
