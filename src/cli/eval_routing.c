/* SPDX-License-Identifier: Apache-2.0
 *
 * parley eval routing DIR: is the score any good? dev.jsonl says for each prompt what a cheap and a dear
 * model made of it: APGR is the area under quality over the share of dear calls, 0 = all cheap, 1 = all dear,
 * 0.5 = by lot; CPT(x) the percentage of dear calls that recovers x percent of the gap. Equal scores are one
 * block, crossed in a straight line. chat.jsonl says what class a message should get and whether it asks for
 * live data; live.jsonl only the latter. Lines marked "fresh" are those that nothing was fitted to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <parley/clock.h>

#include "cli/eval.h"
#include "pipeline/score.h"

#define SOURCES_MAX 32
#define ROWS_MAX    1000000
#define BIG_SOURCE  200 /* rows from which a source counts in the macro mean */

struct row {
    int source;
    double weak, strong, score;
};

/* Lines, those of the right class; of needs_live what was due, what was said, what was both. */
struct live_tally {
    size_t lines, right, due, said, both;
};

struct eval {
    const struct routing *routing;
    int year;
    bool quiet;
    /* dev.jsonl */
    struct row *row;
    size_t rows, room;
    char *source[SOURCES_MAX];
    size_t sources;
    /* chat.jsonl */
    struct live_tally chat, chat_fresh;
    /* live.jsonl */
    struct live_tally live, fresh;
};

struct measure {
    size_t n;
    double weak, strong, apgr, cpt50, cpt80, pgr25, pgr50;
};

/* -1 when there is no room for another. */
static int source_of(struct eval *e, const char *name)
{
    for (size_t i = 0; i < e->sources; i++)
        if (strcmp(e->source[i], name) == 0)
            return (int)i;
    if (e->sources == SOURCES_MAX || !(e->source[e->sources] = strdup(name)))
        return -1;
    return (int)e->sources++;
}

static bool rows_reserve(struct eval *e)
{
    if (e->rows < e->room)
        return true;
    size_t room = e->room ? e->room * 2 : 1024;
    struct row *grown = room <= ROWS_MAX ? realloc(e->row, room * sizeof *grown) : NULL;
    if (!grown)
        return false;
    e->row = grown;
    e->room = room;
    return true;
}

static int take_dev(void *ctx, const cJSON *o)
{
    struct eval *e = ctx;
    const char *prompt = json_text(o, "prompt", NULL);
    int source = source_of(e, json_text(o, "source", ""));
    struct turn_complexity c;
    if (!prompt || source < 0 || !rows_reserve(e))
        return prompt ? X_E_LIMIT : X_E_INVALID;
    score_text(&c, e->routing, prompt, NULL, e->year);
    e->row[e->rows++] =
        (struct row){ source, json_number(o, "weak", 0), json_number(o, "strong", 0), c.score };
    return 0;
}

static void count_live(struct live_tally *t, bool due, bool said)
{
    t->lines++;
    t->due += due;
    t->said += said;
    t->both += due && said;
}

static bool is_fresh(const cJSON *o)
{
    return strcmp(json_text(o, "set", ""), "fresh") == 0;
}

static int take_chat(void *ctx, const cJSON *o)
{
    struct eval *e = ctx;
    const char *prompt = json_text(o, "prompt", NULL), *want = json_text(o, "class", NULL);
    bool live = json_bool(o, "needs_live", false);
    struct turn_complexity c;
    if (!prompt || !want)
        return X_E_INVALID;
    score_text(&c, e->routing, prompt, NULL, e->year);
    bool right = strcmp(route_class_name(c.klass), want) == 0;
    struct live_tally *t = is_fresh(o) ? &e->chat_fresh : &e->chat;
    t->right += right;
    count_live(t, live, c.needs_live);
    if (!e->quiet && (!right || live != c.needs_live))
        fprintf(stderr, "%s: %s%s, expected %s%s; score %.2f\n", json_text(o, "id", "?"),
                route_class_name(c.klass), c.needs_live ? " live" : "", want, live ? " live" : "", c.score);
    return 0;
}

static int take_live(void *ctx, const cJSON *o)
{
    struct eval *e = ctx;
    const char *prompt = json_text(o, "prompt", NULL);
    bool live = json_bool(o, "needs_live", false);
    struct turn_complexity c;
    if (!prompt)
        return X_E_INVALID;
    score_text(&c, e->routing, prompt, NULL, e->year);
    count_live(is_fresh(o) ? &e->fresh : &e->live, live, c.needs_live);
    if (!e->quiet && live != c.needs_live)
        fprintf(stderr, "%s: %s: %s\n", json_text(o, "id", "?"), live ? "live, not seen" : "not live",
                prompt);
    return 0;
}

static int by_score_falling(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->score == y->score ? 0 : x->score > y->score ? -1 : 1;
}

/* The curve as it is walked: a segment from (x0, y0) to (x1, y1), y being the share of the gap. */
struct walk {
    double x0, y0, x1, y1;
};

static double cross_at(const struct walk *w, double share)
{
    return 100 * (w->x0 + (w->x1 - w->x0) * (w->y1 > w->y0 ? (share - w->y0) / (w->y1 - w->y0) : 0));
}

static double value_at(const struct walk *w, double x)
{
    return w->y0 + (w->y1 - w->y0) * (x - w->x0) / (w->x1 - w->x0);
}

static void walk_segment(struct measure *m, const struct walk *w)
{
    const double near = 1e-12;
    m->apgr += (w->x1 - w->x0) * (w->y0 + w->y1) / 2;
    if (m->cpt50 < 0 && w->y1 >= 0.5 - near)
        m->cpt50 = cross_at(w, 0.5);
    if (m->cpt80 < 0 && w->y1 >= 0.8 - near)
        m->cpt80 = cross_at(w, 0.8);
    if (w->x0 < 0.25 && w->x1 >= 0.25)
        m->pgr25 = value_at(w, 0.25);
    if (w->x0 < 0.5 && w->x1 >= 0.5)
        m->pgr50 = value_at(w, 0.5);
}

/* `row` sorted by falling score. False when the dear model is no better. */
static bool measure_rows(struct measure *m, const struct row *row, size_t n)
{
    *m = (struct measure){ .n = n, .cpt50 = -1, .cpt80 = -1 };
    double gap = 0;
    for (size_t i = 0; i < n; i++) {
        m->weak += row[i].weak / (double)n;
        m->strong += row[i].strong / (double)n;
        gap += row[i].strong - row[i].weak;
    }
    if (gap <= 0)
        return false;
    struct walk w = { 0 };
    for (size_t i = 0; i < n;) {
        double score = row[i].score, gained = 0;
        size_t from = i;
        for (; i < n && row[i].score == score; i++)
            gained += row[i].strong - row[i].weak;
        w.x1 = w.x0 + (double)(i - from) / (double)n;
        w.y1 = w.y0 + gained / gap;
        walk_segment(m, &w);
        w.x0 = w.x1;
        w.y0 = w.y1;
    }
    return true;
}

static void print_measure(const char *name, const struct measure *m)
{
    char n[24] = "", weak[24] = "", strong[24] = "";
    if (m->n) {
        (void)snprintf(n, sizeof n, "%zu", m->n);
        (void)snprintf(weak, sizeof weak, "%.3f", m->weak);
        (void)snprintf(strong, sizeof strong, "%.3f", m->strong);
    }
    printf("%-9s %6s %6s %6s  %6.3f %7.1f %7.1f %7.3f %7.3f\n", name, n, weak, strong, m->apgr, m->cpt50,
           m->cpt80, m->pgr25, m->pgr50);
}

static void add_to_mean(struct measure *mean, const struct measure *m, double parts)
{
    mean->apgr += m->apgr / parts;
    mean->cpt50 += m->cpt50 / parts;
    mean->cpt80 += m->cpt80 / parts;
    mean->pgr25 += m->pgr25 / parts;
    mean->pgr50 += m->pgr50 / parts;
}

/* -1 = all sources. `part` has room for every row. */
static bool measure_source(const struct eval *e, int source, struct row *part, struct measure *m)
{
    size_t n = 0;
    for (size_t i = 0; i < e->rows; i++)
        if (source < 0 || e->row[i].source == source)
            part[n++] = e->row[i];
    qsort(part, n, sizeof *part, by_score_falling);
    return measure_rows(m, part, n);
}

/* Indexes of the sources in the order of their names. */
static void order_sources(const struct eval *e, int order[SOURCES_MAX])
{
    for (size_t i = 0; i < e->sources; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(e->source[order[at - 1]], e->source[i]) > 0; at--)
            order[at] = order[at - 1];
        order[at] = (int)i;
    }
}

static int print_dev(const struct eval *e)
{
    struct row *part = calloc(e->rows ? e->rows : 1, sizeof *part);
    struct measure m[SOURCES_MAX] = { { 0 } }, all = { 0 }, mean = { 0 };
    int order[SOURCES_MAX] = { 0 };
    size_t big = 0;
    bool gap = part != NULL;
    order_sources(e, order);
    for (size_t i = 0; i < e->sources && gap; i++) {
        gap = measure_source(e, order[i], part, &m[i]);
        big += m[i].n >= BIG_SOURCE;
    }
    gap = gap && measure_source(e, -1, part, &all);
    free(part);
    if (!gap)
        return cli_fail(0, "dev.jsonl: a source in which the strong model is no better"), EX_DATAERR;
    printf("%-9s %6s %6s %6s  %6s %7s %7s %7s %7s\n", "source", "n", "weak", "strong", "APGR", "CPT50%",
           "CPT80%", "PGR@25", "PGR@50");
    for (size_t i = 0; i < e->sources; i++) {
        print_measure(e->source[order[i]], &m[i]);
        if (m[i].n >= BIG_SOURCE)
            add_to_mean(&mean, &m[i], (double)big);
    }
    if (e->sources > 1)
        print_measure("pooled", &all);
    if (big > 1)
        print_measure("macro", &mean);
    return EX_OK;
}

static double live_f1(const struct live_tally *t)
{
    double all = (double)(t->said + t->due);
    return all > 0 ? 2 * (double)t->both / all : 1;
}

static void print_chat(const char *name, const struct live_tally *t)
{
    if (!t->lines)
        return;
    printf("%-9s %zu lines, class right %.1f %%", name, t->lines, 100 * (double)t->right / (double)t->lines);
    if (t->due)
        printf(", needs_live F1 %.3f", live_f1(t));
    putchar('\n');
}

static void print_live(const char *name, const struct live_tally *t)
{
    if (t->lines)
        printf("%-9s %zu lines, needs_live F1 %.3f\n", name, t->lines, live_f1(t));
}

static int run(struct eval *e, const char *dir)
{
    static const struct {
        const char *name;
        int (*take)(void *ctx, const cJSON *o);
    } file[] = { { "dev.jsonl", take_dev }, { "chat.jsonl", take_chat }, { "live.jsonl", take_live } };
    int got[ARRAY_LEN(file)], rc = EX_OK;
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(file); i++) {
        got[i] = eval_each_line(dir, file[i].name, file[i].take, e);
        if (got[i] < 0)
            return cli_exit_code(got[i]);
        any = any || got[i] == 0;
    }
    if (!any)
        return cli_fail(0, "%s: none of dev.jsonl, chat.jsonl, live.jsonl", dir), EX_NOINPUT;
    if (got[0] == 0)
        rc = print_dev(e);
    if (rc != EX_OK)
        return rc;
    print_chat("chat", &e->chat);
    print_chat("  fresh", &e->chat_fresh);
    print_live("live", &e->live);
    print_live("  fresh", &e->fresh);
    return EX_OK;
}

int eval_routing(const struct cli *cli, const struct snapshot *snap, const char *dir)
{
    struct eval e = { .routing = &snap->policies->routing,
                      .year = score_year(clock_wall_ms()),
                      .quiet = cli->quiet };
    int rc = run(&e, dir);
    for (size_t i = 0; i < e.sources; i++)
        free(e.source[i]);
    free(e.row);
    return rc;
}
