/* SPDX-License-Identifier: Apache-2.0
 *
 * Options and dispatch. Options may stand before or after the command's name.
 */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/config.h"

enum { OPT_CONFIG = 256, OPT_STATE, OPT_SET, OPT_JSON, OPT_JSONL, OPT_EXPLAIN, OPT_QUIET };

static const struct option options[] = {
    { "config", required_argument, NULL, OPT_CONFIG },
    { "state", required_argument, NULL, OPT_STATE },
    { "set", required_argument, NULL, OPT_SET },
    { "json", no_argument, NULL, OPT_JSON },
    { "jsonl", no_argument, NULL, OPT_JSONL },
    { "explain", no_argument, NULL, OPT_EXPLAIN },
    { "quiet", no_argument, NULL, OPT_QUIET },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static const char options_help[] =
    "Options of every command:\n"
    "  --config FILE    configuration (default: ./parley.json, then /etc/parley/parley.json)\n"
    "  --state DIR      state directory: database, index, keys\n"
    "  --set KEY=VALUE  override one setting, e.g. --set server.listen=127.0.0.1:9000\n"
    "  --json           machine-readable output on stdout\n"
    "  --quiet          no progress, no hints\n"
    "Exit codes: 0 done, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal, 73 cannot create,\n"
    "            74 I/O error, 75 busy: try again, 77 not permitted, 78 configuration error\n";

int cli_exit_code(int rc)
{
    switch (rc) {
    case 0:
        return EX_OK;
    case X_E_INVALID:
    case X_E_LIMIT:
        return EX_CONFIG;
    case X_E_NOT_FOUND:
    case -ENOENT:
    case -ENOTDIR:
        return EX_NOINPUT;
    case X_E_BUSY:
    case X_E_FULL:
        return EX_TEMPFAIL;
    case X_E_DENIED:
    case -EACCES:
    case -EPERM:
        return EX_NOPERM;
    case -EADDRINUSE:
    case -EADDRNOTAVAIL:
        return EX_UNAVAILABLE;
    case -ENOSPC:
    case -EROFS:
    case -EEXIST:
        return EX_CANTCREAT;
    case -EIO:
        return EX_IOERR;
    case -EBADMSG:
        return EX_DATAERR;
    default:
        return EX_SOFTWARE;
    }
}

int cli_fail(int rc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("parley: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return cli_exit_code(rc);
}

bool cli_is_terminal(int fd)
{
    const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
    return isatty(fd) && !(plain && plain[0]) && term && strcmp(term, "dumb") != 0;
}

static void print_usage(FILE *to, const struct command *command, size_t commands)
{
    fputs("Usage: parley COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n", to);
    for (size_t i = 0; i < commands; i++)
        fprintf(to, "  %-13s %-18s %s\n", command[i].name, command[i].args, command[i].summary);
    fprintf(to, "\n%s\nparley help COMMAND says more; parley help config lists every setting.\n",
            options_help);
}

static const struct command *command_named(const char *name, const struct command *command, size_t commands)
{
    for (size_t i = 0; i < commands; i++)
        if (strcmp(command[i].name, name) == 0)
            return &command[i];
    return NULL;
}

static int help(const char *topic, const struct command *command, size_t commands)
{
    if (topic && strcmp(topic, "config") == 0) {
        struct buf text = BUF_INIT(1U << 20);
        config_help(&text);
        fputs(buf_text(&text), stdout);
        buf_free(&text);
        return EX_OK;
    }
    const struct command *c = topic ? command_named(topic, command, commands) : NULL;
    if (topic && !c) {
        fprintf(stderr, "parley: no command \"%s\"\n", topic);
        return EX_USAGE;
    }
    if (!c) {
        print_usage(stdout, command, commands);
        return EX_OK;
    }
    printf("Usage: parley %s %s\n\n%s\n", c->name, c->args, c->summary);
    if (c->help)
        printf("\n%s", c->help);
    printf("\n%s", options_help);
    return EX_OK;
}

/* 0, or an exit code + 1000 when the program is to end. */
static int parse_options(struct cli *cli, int argc, char **argv, bool *want_help, bool *want_version)
{
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":hVk:", options, NULL)) != -1) {
        int64_t n;
        switch (c) {
        case OPT_CONFIG:
            cli->source.path = optarg;
            break;
        case OPT_STATE:
            cli->source.state_dir = optarg;
            break;
        case OPT_SET:
            if (cli->source.sets == CLI_SETS_MAX)
                return cli_fail(X_E_LIMIT, "more than %d --set options", CLI_SETS_MAX), EX_USAGE;
            cli->set[cli->source.sets++] = optarg;
            break;
        case OPT_JSON:
            cli->json = true;
            break;
        case OPT_JSONL:
            cli->jsonl = true;
            break;
        case OPT_EXPLAIN:
            cli->explain = true;
            break;
        case OPT_QUIET:
            cli->quiet = true;
            break;
        case 'k':
            if (!str_int(str_of(optarg), 1, TURN_PASSAGES_MAX, &n))
                return cli_fail(0, "-k wants a number from 1 to %d, not \"%s\"", TURN_PASSAGES_MAX, optarg),
                       EX_USAGE;
            cli->top_k = (int)n;
            break;
        case 'h':
            *want_help = true;
            break;
        case 'V':
            *want_version = true;
            break;
        case ':':
            return cli_fail(0, "%s wants a value", argv[optind - 1]), EX_USAGE;
        default:
            return cli_fail(0, "unknown option %s; see parley help", argv[optind - 1]), EX_USAGE;
        }
    }
    return EX_OK;
}

int cli_main(struct cli *cli, const struct command *command, size_t commands, int argc, char **argv,
             const char *const *env)
{
    bool want_help = false, want_version = false;
    cli->source.set = cli->set;
    cli->source.env = env;
    int rc = parse_options(cli, argc, argv, &want_help, &want_version);
    if (rc)
        return rc;
    const char *name = optind < argc ? argv[optind++] : NULL;
    if (want_version || (name && strcmp(name, "version") == 0))
        return cmd_version(cli);
    if (want_help || (name && strcmp(name, "help") == 0))
        return help(name && strcmp(name, "help") != 0 ? name
                    : optind < argc                   ? argv[optind]
                                                      : NULL,
                    command, commands);
    if (!name) {
        print_usage(stderr, command, commands);
        return EX_USAGE;
    }
    const struct command *c = command_named(name, command, commands);
    if (!c)
        return cli_fail(0, "no command \"%s\"; see parley help", name), EX_USAGE;
    cli->arg = (const char **)(void *)&argv[optind];
    cli->args = argc - optind;
    if (cli->args < c->args_min || cli->args > c->args_max)
        return cli_fail(0, "usage: parley %s %s", c->name, c->args), EX_USAGE;
    return c->run(cli);
}
