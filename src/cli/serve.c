/* SPDX-License-Identifier: Apache-2.0
 *
 * parley serve: the daemon in the foreground, until SIGTERM.
 */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "conf/snapshot.h"
#include "gateway/gateway.h"

static void say_ready(void *ctx, struct gateway *g)
{
    const struct cli *cli = ctx;
    const struct config *c = gateway_snapshot(g)->config;
    if (cli->quiet)
        return;
    struct str host = str_of(c->server.listen);
    while (host.len && host.at[host.len - 1] != ':')
        host.len--;
    fprintf(stderr, "parley %s listening on http://%.*s%d%s/\n", PARLEY_VERSION, (int)host.len, host.at,
            gateway_port(g), c->server.base_path);
    fprintf(stderr, "  state      %s\n  providers  ", c->state.dir);
    for (size_t i = 0; i < c->llm.n; i++)
        fprintf(stderr, "%s%s", i ? ", " : "", c->llm.at[i].name);
    if (c->llm.n == 1)
        fputs(" (no API key found: answers are quoted from your documents)", stderr);
    fputs("\n  stop       Ctrl-C; a second one stops at once\n", stderr);
}

int cmd_serve(struct cli *cli)
{
    struct gateway *g = NULL;
    struct err err = { "" };
    const struct gateway_conf conf = { .source = cli->source,
                                       .adapter = cli->adapter,
                                       .adapters = cli->adapters,
                                       .listen = true,
                                       .signals = true,
                                       .ready = say_ready,
                                       .ctx = cli };
    int rc = gateway_open(&g, &conf, &err);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    rc = gateway_run(g);
    return rc ? cli_fail(rc, "the loop did not close cleanly") : 0;
}
