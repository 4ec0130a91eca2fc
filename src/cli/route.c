/* SPDX-License-Identifier: Apache-2.0
 *
 * parley route: what the score and route stages would decide, without asking anybody. The breakers are the
 * daemon's own and not known here: every configured provider counts as usable.
 */
#include "pipeline/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <parley/clock.h>

#include "base/json.h"
#include "cli/cli.h"
#include "conf/snapshot.h"
#include "pipeline/score.h"

static int write_json(const struct turn_complexity *c, const char *id)
{
    struct buf out = BUF_INIT(1U << 20);
    struct jsonw w;
    jw_begin(&w, &out);
    jw_obj(&w, NULL);
    if (id)
        jw_text(&w, "id", id);
    jw_num(&w, "score", c->score, 9);
    jw_bool(&w, "needs_live", c->needs_live);
    jw_text(&w, "class", route_class_name(c->klass));
    jw_arr(&w, "reasons");
    for (size_t i = 0; i < c->reasons; i++)
        jw_text(&w, NULL, c->reason[i]);
    jw_end_arr(&w);
    jw_end_obj(&w);
    bool failed = out.failed || puts(buf_text(&out)) == EOF;
    buf_free(&out);
    return failed ? cli_fail(0, "cannot write the result"), EX_IOERR : EX_OK;
}

static void print_providers(const struct snapshot *snap, const struct turn_complexity *c)
{
    const struct config *conf = snap->config;
    fputs("providers  ", stdout);
    for (int rank = 0; rank < ROUTE_RANKS; rank++)
        for (size_t i = 0; i + 1 < conf->llm.n; i++)
            if (route_rank(&snap->policies->routing, "default", conf->tiers.fallback, c->klass,
                           &conf->llm.at[i]) == rank)
                printf("%s, ", conf->llm.at[i].name);
    puts(conf->llm.at[conf->llm.n - 1].name);
    if (conf->llm.balance != BALANCE_ORDER)
        printf("balance    %s, inside a class\n",
               conf->llm.balance == BALANCE_WEIGHT ? "at random by weight" : "the quickest first");
}

static void print_text(const struct cli *cli, const struct snapshot *snap, const struct turn_complexity *c)
{
    printf("%.1f %s%s\n", c->score, route_class_name(c->klass), c->needs_live ? ", needs live data" : "");
    if (!cli->explain)
        return;
    const struct routing *p = &snap->policies->routing;
    fputs("reasons    ", stdout);
    for (size_t i = 0; i < c->reasons; i++)
        printf("%s%s", i ? ", " : "", c->reason[i]);
    printf("\nborders    cheap below %g, research from %g or when live data is needed\n", p->cheap_below,
           p->strong_from);
    print_providers(snap, c);
}

/* A line's id may be a string or a number; it comes back as a string. */
static int route_line(const struct snapshot *snap, const char *line, size_t len, size_t number)
{
    struct turn_complexity c;
    struct err err = { "" };
    cJSON *o = NULL;
    if (json_parse(&o, line, len, &err) != 0)
        return cli_fail(0, "line %zu: %s", number, err.text), EX_DATAERR;
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(o, "id");
    const char *prompt = json_text(o, "prompt", NULL);
    char digits[32] = "";
    if (cJSON_IsNumber(id))
        (void)snprintf(digits, sizeof digits, "%.15g", id->valuedouble);
    int rc = EX_DATAERR;
    if (prompt) {
        score_text(&c, &snap->policies->routing, prompt, NULL, score_year(clock_wall_ms()));
        rc = write_json(&c, digits[0] ? digits : json_text(o, "id", NULL));
    } else {
        cli_fail(0, "line %zu: needs \"prompt\"", number);
    }
    cJSON_Delete(o);
    return rc;
}

static int route_lines(const struct snapshot *snap)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    int rc = EX_OK;
    ssize_t n;
    while (rc == EX_OK && (n = getline(&line, &room, stdin)) > 0) {
        number++;
        if (strspn(line, " \t\r\n") < (size_t)n)
            rc = route_line(snap, line, (size_t)n, number);
    }
    free(line);
    if (rc == EX_OK && (ferror(stdin) || fflush(stdout) != 0))
        return cli_fail(0, "cannot read or write"), EX_IOERR;
    return rc;
}

static int route_one(const struct cli *cli, const struct snapshot *snap)
{
    struct turn_complexity c;
    score_text(&c, &snap->policies->routing, cli->arg[0], NULL, score_year(clock_wall_ms()));
    if (cli->json)
        return write_json(&c, NULL);
    print_text(cli, snap, &c);
    return EX_OK;
}

int cmd_route(struct cli *cli)
{
    struct snapshot *snap = NULL;
    struct err err = { "" };
    if (cli->jsonl == (cli->args == 1))
        return cli_fail(0, "route wants a question, or --jsonl and lines on standard input"), EX_USAGE;
    int rc = snapshot_load(&snap, &cli->source, &err);
    if (rc)
        return cli_fail(rc, "%s", err.text);
    rc = cli->jsonl ? route_lines(snap) : route_one(cli, snap);
    snapshot_unref(snap);
    return rc;
}
