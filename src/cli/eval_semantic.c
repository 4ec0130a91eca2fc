/* SPDX-License-Identifier: Apache-2.0
 *
 * parley eval semantic DIR: does the semantic cache take one question for another? pairs.jsonl holds pairs
 * that ask the same and traps that do not. Beside what the cache does stands what the threshold alone would
 * do, and the best a threshold could: how many pairs it would find at the lowest value that falls for no
 * trap.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/eval.h"
#include "pipeline/semantic.h"

#define KINDS_MAX  64
#define KIND_BYTES 24

struct kind {
    char name[KIND_BYTES];
    bool same;
    size_t pairs, taken, near;
};

struct eval {
    int threshold;
    bool quiet;
    struct kind kind[KINDS_MAX];
    size_t kinds;
    size_t same_at[101]; /* pairs that ask the same, by nearness */
    int nearest_trap;
};

static struct kind *kind_of(struct eval *e, const char *name, bool same)
{
    for (size_t i = 0; i < e->kinds; i++)
        if (e->kind[i].same == same && strcmp(e->kind[i].name, name) == 0)
            return &e->kind[i];
    if (e->kinds == KINDS_MAX || strlen(name) >= KIND_BYTES)
        return NULL;
    struct kind *k = &e->kind[e->kinds++];
    (void)snprintf(k->name, sizeof k->name, "%s", name);
    k->same = same;
    return k;
}

static int take_pair(void *ctx, const cJSON *o)
{
    struct eval *e = ctx;
    const char *a = json_text(o, "a", NULL), *b = json_text(o, "b", NULL), *lang = json_text(o, "lang", "en");
    bool same = json_bool(o, "same", false);
    struct semantic one, other;
    if (!a || !b)
        return X_E_INVALID;
    struct kind *k = kind_of(e, json_text(o, "kind", ""), same);
    if (!k)
        return X_E_LIMIT;
    int near = semantic_nearness(a, b);
    bool alike = semantic_read(&one, a, lang) && semantic_read(&other, b, lang) &&
                 strcmp(one.meaning, other.meaning) == 0;
    bool taken = alike && near >= e->threshold;
    k->pairs++;
    k->taken += taken;
    k->near += near >= e->threshold;
    if (same)
        e->same_at[near > 100 ? 100 : near]++;
    else if (near > e->nearest_trap)
        e->nearest_trap = near;
    if (!e->quiet && taken != same)
        fprintf(stderr, "%s: %s (near %d%s)\n  %s\n  %s\n", k->name, same ? "missed" : "FALSE HIT", near,
                alike ? ", alike" : "", a, b);
    return 0;
}

static void print_kinds(const struct eval *e, bool same)
{
    struct kind all = { .name = "all" };
    printf("%-16s %6s %12s %16s\n", same ? "same" : "trap", "pairs", same ? "found" : "false hits",
           "threshold alone");
    for (size_t i = 0; i < e->kinds; i++) {
        const struct kind *k = &e->kind[i];
        if (k->same != same)
            continue;
        printf("%-16s %6zu %12zu %16zu\n", k->name, k->pairs, k->taken, k->near);
        all.pairs += k->pairs;
        all.taken += k->taken;
        all.near += k->near;
    }
    double of = all.pairs ? 100.0 / (double)all.pairs : 0;
    printf("%-16s %6zu %5zu %5.1f%% %9zu %5.1f%%\n", all.name, all.pairs, all.taken, of * (double)all.taken,
           all.near, of * (double)all.near);
}

int eval_semantic(const struct cli *cli, const struct snapshot *snap, const char *dir)
{
    struct eval e = { .threshold = snap->config->cache.semantic_threshold, .quiet = cli->quiet };
    size_t above = 0;
    int rc = eval_each_line(dir, "pairs.jsonl", take_pair, &e);
    if (rc == X_E_NOT_FOUND)
        return cli_fail(0, "%s: no pairs.jsonl", dir), EX_NOINPUT;
    if (rc)
        return cli_exit_code(rc);
    for (int i = e.nearest_trap + 1; i <= 100; i++)
        above += e.same_at[i];
    printf("threshold %d %%\n", e.threshold);
    print_kinds(&e, true);
    print_kinds(&e, false);
    printf("no threshold below %d %% is free of false hits by itself; that one finds %zu\n",
           e.nearest_trap + 1, above);
    return EX_OK;
}
