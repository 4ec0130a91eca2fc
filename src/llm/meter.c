/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain numbers in a fixed table: the loop thread counts and the loop thread renders. Every outcome is shown
 * from the start, at 0, so that a first failure is an increase and not a new series.
 */
#include "llm/meter.h"

#include <stdio.h>
#include <string.h>

#include "base/metric.h"
#include "llm/llm.h"

#define OUTCOMES (LLM_END_COUNT + 1) /* the last one: cancelled */

struct meter {
    char name[32];
    char label[48]; /* provider="..." */
    int64_t attempts[OUTCOMES];
    int64_t cost_nusd, tokens_in, tokens_out, skipped, hedges, hedges_won, rotations;
    struct metric first_text;
};

static struct {
    struct meter at[METER_NAMES_MAX];
    size_t n;
} meters;

static struct meter *meter_new(const char *name)
{
    struct meter *m = &meters.at[meters.n++];
    (void)snprintf(m->name, sizeof m->name, "%s", name);
    (void)snprintf(m->label, sizeof m->label, "provider=\"%.*s\"", (int)sizeof m->name - 1, name);
    m->first_text.kind = METRIC_HISTOGRAM;
    m->first_text.name = "parley_provider_first_text_seconds";
    m->first_text.help = "From the start of a call to the first text of its answer";
    m->first_text.labels = m->label;
    return m;
}

struct meter *meter_of(const char *provider)
{
    for (size_t i = 0; i < meters.n; i++)
        if (strcmp(meters.at[i].name, provider) == 0)
            return &meters.at[i];
    if (meters.n == METER_NAMES_MAX)
        return &meters.at[METER_NAMES_MAX - 1];
    return meter_new(meters.n == METER_NAMES_MAX - 1 ? "other" : provider);
}

static const char *outcome_name(size_t i)
{
    return i < LLM_END_COUNT ? llm_end_name((enum llm_end)i) : LLM_CANCELLED;
}

static size_t outcome_of(const char *name)
{
    size_t i = 0;
    while (i < LLM_END_COUNT && strcmp(outcome_name(i), name) != 0)
        i++;
    return i;
}

void meter_call(struct meter *m, const struct meter_call *c)
{
    m->attempts[outcome_of(c->outcome)]++;
    m->tokens_in += c->tokens_in;
    m->tokens_out += c->tokens_out;
    m->cost_nusd += c->cost_nusd > 0 ? c->cost_nusd : 0;
    m->skipped += c->skipped_events;
    m->hedges += c->hedge;
    m->hedges_won += c->hedge && c->won;
    if (c->first_text_us >= 0)
        metric_observe_us(&m->first_text, c->first_text_us);
}

void meter_rotation(struct meter *m)
{
    m->rotations++;
}

/* ---- text ---- */

static void attempts_render(struct buf *out)
{
    static const char name[] = "parley_provider_attempts_total";
    metric_head(METRIC_COUNTER, name, "Calls to providers by how they ended", out);
    for (size_t i = 0; i < meters.n; i++) {
        for (size_t o = 0; o < OUTCOMES; o++) {
            char label[96];
            (void)snprintf(label, sizeof label, "%s,outcome=\"%s\"", meters.at[i].label, outcome_name(o));
            metric_sample(name, label, meters.at[i].attempts[o], out);
        }
    }
}

static void tokens_render(struct buf *out)
{
    static const char name[] = "parley_provider_tokens_total";
    metric_head(METRIC_COUNTER, name, "Tokens of calls to providers, those without an answer included", out);
    for (size_t i = 0; i < meters.n; i++) {
        char label[80];
        (void)snprintf(label, sizeof label, "%s,direction=\"in\"", meters.at[i].label);
        metric_sample(name, label, meters.at[i].tokens_in, out);
        (void)snprintf(label, sizeof label, "%s,direction=\"out\"", meters.at[i].label);
        metric_sample(name, label, meters.at[i].tokens_out, out);
    }
}

static const struct {
    const char *name, *help;
    size_t at;
} plain[] = {
    { "parley_provider_cost_nanousd_total", "Cost of calls to providers, 1e-9 USD",
      offsetof(struct meter, cost_nusd) },
    { "parley_provider_skipped_events_total", "Events of a stream that could not be parsed",
      offsetof(struct meter, skipped) },
    { "parley_provider_key_rotations_total", "Calls with another key because one failed",
      offsetof(struct meter, rotations) },
    { "parley_hedges_total", "Calls started beside a slow one", offsetof(struct meter, hedges) },
    { "parley_hedges_won_total", "Those of them that gave the answer", offsetof(struct meter, hedges_won) },
};

void meter_render(struct buf *out)
{
    struct metric *first[METER_NAMES_MAX];
    attempts_render(out);
    tokens_render(out);
    for (size_t p = 0; p < ARRAY_LEN(plain); p++) {
        metric_head(METRIC_COUNTER, plain[p].name, plain[p].help, out);
        for (size_t i = 0; i < meters.n; i++) {
            const char *at = (const char *)&meters.at[i] + plain[p].at;
            metric_sample(plain[p].name, meters.at[i].label, *(const int64_t *)(const void *)at, out);
        }
    }
    for (size_t i = 0; i < meters.n; i++)
        first[i] = &meters.at[i].first_text;
    metric_render(first, meters.n, out);
}
