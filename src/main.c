/* SPDX-License-Identifier: Apache-2.0
 *
 * argv -> the table of commands. The only file, with adapters/adapters.c, that knows every concrete type.
 */
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/adapters.h"
#include "cli/cli.h"

/* A turn takes and gives back some 60 kB; by its own default glibc returns that to the kernel every time. */
#define HEAP_SPARE_BYTES (1 << 20)

static const struct command commands[] = {
    { "serve", "", "run the gateway in the foreground", 0, 0, cmd_serve,
      "SIGTERM or Ctrl-C drains (drain_ms, default 25 s) and exits 0; a second one exits at once.\n"
      "SIGHUP reloads configuration and policies, all or nothing.\n" },
    { "index", "[DIR]", "bring the document index up to date with a folder", 0, 1, cmd_index,
      "Reads .md and .txt below DIR (default: knowledge.dir). Unchanged files are skipped, removed ones "
      "leave.\n"
      "Exit code 65 when a file could not be read; the others are indexed.\n" },
    { "search", "QUESTION [-k N]", "show the passages a question finds", 1, 1, cmd_search, NULL },
    { "ask", "QUESTION", "answer one question through the whole pipeline", 1, 1, cmd_ask, NULL },
    { "route", "[PROMPT]", "say how hard a question is and which providers it would go to", 0, 1, cmd_route,
      "  --explain  the reasons, and the providers in the order they would be tried\n"
      "  --jsonl    reads {\"id\", \"prompt\"} lines from standard input and writes one line for each:\n"
      "             {\"id\", \"score\", \"needs_live\", \"class\", \"reasons\"}\n" },
    { "eval", "WHAT DIR", "measure routing or semantic on the lines of a folder", 2, 2, cmd_eval,
      "routing: DIR/dev.jsonl and DIR/chat.jsonl; semantic (the cache's second look): DIR/pairs.jsonl.\n"
      "dev.jsonl: {\"source\", \"prompt\", \"weak\", \"strong\"}: what a cheap and a dear model scored.\n"
      "chat.jsonl: {\"id\", \"prompt\", \"class\", \"needs_live\"}: what is expected. Either may be "
      "missing.\n"
      "pairs.jsonl: {\"lang\", \"kind\", \"same\", \"a\", \"b\"}: whether one answer serves both "
      "questions.\n" },
    { "check-config", "", "print the effective configuration, secrets masked", 0, 0, cmd_check_config, NULL },
    { "providers", "", "list the configured models, their prices and what was spent", 0, 0, cmd_providers,
      "Days and months are UTC. What running calls have reserved is told apart in --json.\n" },
    { "doctor", "", "say whether this installation can serve", 0, 0, cmd_doctor, NULL },
    { "version", "", "print the version", 0, 0, cmd_version, NULL },
};

int main(int argc, char **argv)
{
    umask(077);               /* everything this program writes is somebody's words */
    signal(SIGPIPE, SIG_IGN); /* a client or a pager may leave */
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of one write, not the end of the process */
    mallopt(M_TRIM_THRESHOLD, HEAP_SPARE_BYTES);
    struct cli cli = { .adapter = adapters_all, .adapters = adapters_count };
    return cli_main(&cli, commands, ARRAY_LEN(commands), argc, argv, (const char *const *)(void *)environ);
}
