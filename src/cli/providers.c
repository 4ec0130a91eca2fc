/* SPDX-License-Identifier: Apache-2.0
 *
 * parley providers: which models are configured, whether they work, what they cost, and what was spent on
 * them. Money is read from the database, beside a running daemon or without one; breakers and refused keys
 * are asked of the daemon.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/store.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "conf/snapshot.h"
#include "pipeline/budget.h"
#include "pipeline/cost.h"

#define KEY_TEXT_BYTES 32
#define KEY_BYTES_LONG 20

struct spent {
    bool known;
    struct store_spent day, month;
};

struct report {
    const struct snapshot *snap;
    struct store_db *db; /* NULL: nothing was ever stored */
    cJSON *health;       /* NULL: no daemon is running */
    char day[11], month[8];
    struct err err;
};

/* A call in flight may cost what it has reserved, so that is told apart and not added. */
static int spent_read(struct report *r, const char *scope, struct spent *out)
{
    *out = (struct spent){ .known = r->db != NULL };
    if (!r->db)
        return 0;
    int rc = store_sqlite.spent(r->db, scope, r->day, &out->day, &r->err);
    return rc ? rc : store_sqlite.spent(r->db, scope, r->month, &out->month, &r->err);
}

struct state {
    const char *name,
        *detail; /* "ok", "degraded", "down"; "-" = no daemon to ask; "off" = it does not use it */
};

/* The model's name is what a provider that is well has to say; the table shows that already. */
static struct state state_of(const struct report *r, const struct config_provider *c)
{
    char name[80];
    (void)snprintf(name, sizeof name, "llm.%s", c->name);
    const cJSON *found = daemon_component(r->health, name);
    if (!found)
        return (struct state){ r->health ? "off" : "-", "" };
    const char *detail = json_text(found, "detail", "");
    return (struct state){ json_text(found, "status", "-"), strcmp(detail, c->model) ? detail : "" };
}

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

static void json_spent(struct jsonw *w, const struct spent *s)
{
    double day = s->known ? usd(s->day.spent_nusd) : NAN, month = s->known ? usd(s->month.spent_nusd) : NAN;
    jw_num(w, "spent_today_usd", day, 9);
    jw_num(w, "spent_month_usd", month, 9);
    jw_num(w, "reserved_usd", s->known ? usd(s->month.reserved_nusd) : NAN, 9);
}

static void json_price(struct jsonw *w, const struct config_provider *c, const struct price *price)
{
    jw_bool(w, "priced", price || cost_is_free(c, price));
    if (!price) {
        jw_raw(w, "price", "null");
        return;
    }
    jw_obj(w, "price");
    jw_text(w, "listed_as", price->model);
    jw_num(w, "in_usd_per_million", (double)price->in_nusd / 1e3, 3);
    jw_num(w, "cached_in_usd_per_million", (double)price->cached_nusd / 1e3, 3);
    jw_num(w, "out_usd_per_million", (double)price->out_nusd / 1e3, 3);
    jw_num(w, "usd_per_thousand_requests", (double)price->request_nusd / 1e6, 6);
    jw_num(w, "usd_per_thousand_searches", (double)price->search_nusd / 1e6, 6);
    jw_end_obj(w);
}

/* The end of a long key tells it from its neighbours, as providers' own pages do; a short one is all secret.
 */
static void key_text(char out[KEY_TEXT_BYTES], const char *key)
{
    size_t len = strlen(key);
    (void)snprintf(out, KEY_TEXT_BYTES, "***%s", len >= KEY_BYTES_LONG ? key + len - 4 : "");
}

static void json_keys(struct jsonw *w, const struct config_provider *c)
{
    char text[KEY_TEXT_BYTES];
    jw_arr(w, "api_keys");
    for (size_t i = 0; i < c->keys; i++) {
        key_text(text, c->key[i]);
        jw_text(w, NULL, text);
    }
    jw_end_arr(w);
}

static int json_provider(struct report *r, struct jsonw *w, const struct config_provider *c)
{
    char scope[STORE_SCOPE_BYTES];
    struct spent s;
    budget_provider_scope(scope, c->name);
    int rc = spent_read(r, scope, &s);
    jw_obj(w, NULL);
    jw_text(w, "name", c->name);
    jw_text(w, "format", c->format);
    jw_text(w, "model", c->model);
    jw_text(w, "base_url", c->base_url);
    const struct state state = state_of(r, c);
    jw_text(w, "state", state.name[0] == '-' ? NULL : state.name);
    jw_text(w, "state_detail", state.detail);
    json_keys(w, c);
    json_price(w, c, cost_price(r->snap->policies, c->model));
    json_spent(w, &s);
    jw_end_obj(w);
    return rc;
}

static int print_json(struct report *r)
{
    const struct config *conf = r->snap->config;
    struct buf out = BUF_INIT(1U << 20);
    struct jsonw w;
    struct spent all;
    int rc = spent_read(r, STORE_SCOPE_BOT, &all);
    jw_begin(&w, &out);
    jw_obj(&w, NULL);
    jw_text(&w, "prices_dated", r->snap->policies->prices.dated);
    json_spent(&w, &all);
    jw_arr(&w, "providers");
    for (size_t i = 0; rc == 0 && i < conf->llm.n; i++)
        rc = json_provider(r, &w, &conf->llm.at[i]);
    jw_end_arr(&w);
    jw_end_obj(&w);
    if (rc == 0 && out.failed)
        rc = err_set(&r->err, -ENOMEM, "out of memory");
    if (rc == 0)
        puts(buf_text(&out));
    buf_free(&out);
    return rc;
}

static void price_text(char out[32], const struct config_provider *c, const struct price *price)
{
    if (price)
        (void)snprintf(out, 32, "%.6g/%.6g", (double)price->in_nusd / 1e3, (double)price->out_nusd / 1e3);
    else
        (void)snprintf(out, 32, "%s", cost_is_free(c, price) ? "free" : "unpriced");
}

static void print_spent(const struct spent *s)
{
    if (s->known)
        printf(" %12.6f %12.6f", usd(s->day.spent_nusd), usd(s->month.spent_nusd));
    else
        printf(" %12s %12s", "-", "-");
}

/* Several keys each have a line, numbered as in the metrics. */
static void print_keys(const struct config_provider *c)
{
    char text[KEY_TEXT_BYTES];
    for (size_t i = 0; c->keys > 1 && i < c->keys; i++) {
        key_text(text, c->key[i]);
        printf("%-62s %zu %s\n", "", i + 1, text);
    }
}

static void keys_text(char out[KEY_TEXT_BYTES], const struct config_provider *c)
{
    if (c->keys == 1)
        key_text(out, c->key[0]);
    else if (c->keys)
        (void)snprintf(out, KEY_TEXT_BYTES, "%zu keys", c->keys);
    else
        (void)snprintf(out, KEY_TEXT_BYTES, "-");
}

static int print_provider(struct report *r, const struct config_provider *c)
{
    char scope[STORE_SCOPE_BYTES], price[32], keys[KEY_TEXT_BYTES];
    struct spent s;
    budget_provider_scope(scope, c->name);
    int rc = spent_read(r, scope, &s);
    if (rc)
        return rc;
    price_text(price, c, cost_price(r->snap->policies, c->model));
    keys_text(keys, c);
    const struct state state = state_of(r, c);
    printf("%-12s %-8s %-11s %-28s %-8s %-14s", c->name, state.name, c->format, c->model, keys, price);
    print_spent(&s);
    printf("  %s\n", c->base_url);
    if (state.detail[0])
        printf("%-12s %s\n", "", state.detail);
    print_keys(c);
    return 0;
}

static int print_table(struct report *r)
{
    const struct config *conf = r->snap->config;
    struct spent all;
    int rc = spent_read(r, STORE_SCOPE_BOT, &all);
    printf("%-12s %-8s %-11s %-28s %-8s %-14s %12s %12s  %s\n", "NAME", "STATE", "FORMAT", "MODEL", "KEY",
           "USD/1M IN/OUT", "USD TODAY", "USD MONTH", "BASE URL");
    for (size_t i = 0; rc == 0 && i < conf->llm.n; i++)
        rc = print_provider(r, &conf->llm.at[i]);
    if (rc)
        return rc;
    printf("%-86s", "all, also providers that are no longer configured");
    print_spent(&all);
    printf("\n");
    return 0;
}

/* A state directory that was never served from has nothing to tell, which is not an error. */
static int report_open(struct report *r)
{
    char text[CLOCK_TEXT_BYTES];
    clock_text(text, clock_wall_ms());
    (void)snprintf(r->day, sizeof r->day, "%.10s", text);
    (void)snprintf(r->month, sizeof r->month, "%.7s", text);
    int rc = store_sqlite.open(&r->db, r->snap->config->state.dir, true, &r->err);
    return rc == -ENOENT ? 0 : rc;
}

int cmd_providers(struct cli *cli)
{
    struct snapshot *snap = NULL;
    struct report r = { .err = { "" } };
    int rc = snapshot_load(&snap, &cli->source, &r.err);
    if (rc)
        return cli_fail(rc, "%s", r.err.text);
    r.snap = snap;
    r.health = daemon_health(snap->config);
    rc = report_open(&r);
    if (rc == 0)
        rc = cli->json ? print_json(&r) : print_table(&r);
    if (r.db)
        store_sqlite.close(r.db);
    cJSON_Delete(r.health);
    snapshot_unref(snap);
    return rc ? cli_fail(rc, "%s", r.err.text) : 0;
}
