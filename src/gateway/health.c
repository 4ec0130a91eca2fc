/* SPDX-License-Identifier: Apache-2.0
 *
 * What the gateway says about itself: readiness, components, metrics. No per-user labels.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>

#include "base/json.h"
#include "base/metric.h"
#include "gateway/inside.h"

static struct metric accepted =
    METRIC(METRIC_COUNTER, "parley_messages_accepted_total", "Messages stored (T1 committed)", NULL);
static struct metric refused =
    METRIC(METRIC_COUNTER, "parley_messages_refused_total", "Messages refused before storing", NULL);
static struct metric turns_ok = METRIC(METRIC_COUNTER, "parley_turns_total",
                                       "Turns recorded and handed to delivery", "outcome=\"answer\"");
static struct metric turns_notice = METRIC(METRIC_COUNTER, "parley_turns_total",
                                           "Turns recorded and handed to delivery", "outcome=\"notice\"");
static struct metric helpful =
    METRIC(METRIC_COUNTER, "parley_feedback_total", "What people said of answers", "helpful=\"yes\"");
static struct metric unhelpful =
    METRIC(METRIC_COUNTER, "parley_feedback_total", "What people said of answers", "helpful=\"no\"");
static struct metric cache_hits =
    METRIC(METRIC_COUNTER, "parley_cache_hits_total", "Answers from the cache", NULL);
static struct metric unsafe = METRIC(METRIC_COUNTER, "parley_unsafe_answers_total",
                                     "Answers in which the validator changed or withheld something", NULL);
static struct metric tokens_in =
    METRIC(METRIC_COUNTER, "parley_tokens_total", "Tokens of recorded answers", "direction=\"in\"");
static struct metric tokens_out =
    METRIC(METRIC_COUNTER, "parley_tokens_total", "Tokens of recorded answers", "direction=\"out\"");
static struct metric cost =
    METRIC(METRIC_COUNTER, "parley_cost_nanousd_total", "Cost of recorded answers, 1e-9 USD", NULL);
static struct metric unpriced = METRIC(METRIC_COUNTER, "parley_unpriced_answers_total",
                                       "Answers of models that prices.json does not list", NULL);
static struct metric whole =
    METRIC(METRIC_HISTOGRAM, "parley_turn_seconds", "Message in to answer out", NULL);
static struct metric overhead =
    METRIC(METRIC_HISTOGRAM, "parley_overhead_seconds", "Turn time without waiting for providers", NULL);
static struct metric in_flight = METRIC(METRIC_GAUGE, "parley_turns_in_flight", "Turns in memory", NULL);
static struct metric waiting =
    METRIC(METRIC_GAUGE, "parley_workers_waiting", "Jobs waiting for a worker", NULL);
static struct metric connections =
    METRIC(METRIC_GAUGE, "parley_connections", "Open client connections", NULL);
static struct metric commits = METRIC(METRIC_COUNTER, "parley_store_commits_total", "Group commits", NULL);
static struct metric ops =
    METRIC(METRIC_COUNTER, "parley_store_ops_total", "Operations in group commits", NULL);
static struct metric up = METRIC(METRIC_GAUGE, "parley_ready", "1 while messages are taken", NULL);

static struct metric *const all[] = {
    &accepted,    &refused, &turns_ok, &turns_notice, &cache_hits, &unsafe,    &tokens_in,
    &tokens_out,  &cost,    &unpriced, &whole,        &overhead,   &in_flight, &waiting,
    &connections, &commits, &ops,      &up,           &helpful,    &unhelpful,
};

void health_count_refused(void)
{
    metric_add(&refused, 1);
}

void health_count_accepted(void)
{
    metric_add(&accepted, 1);
}

void health_count_turn(const struct turn *t)
{
    int64_t us = clock_mono_us() - t->started_mono_us;
    bool ok = strcmp(t->answer.code, "ok") == 0;
    metric_add(ok ? &turns_ok : &turns_notice, 1);
    metric_observe_us(&whole, us);
    metric_observe_us(&overhead, us - t->upstream_us);
    metric_add(&tokens_in, t->answer.tokens_in);
    metric_add(&tokens_out, t->answer.tokens_out);
    metric_add(&cost, t->answer.cost_nusd > 0 ? t->answer.cost_nusd : 0);
    metric_add(&unpriced, ok && t->answer.cost_nusd < 0);
    metric_add(&cache_hits, t->answer.cached);
    metric_add(&unsafe, ok && !t->validation.is_safe);
}

void health_count_feedback(bool yes)
{
    metric_add(yes ? &helpful : &unhelpful, 1);
}

bool health_ready(struct host *h)
{
    const struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    return g->started && !g->draining && !g->store_broken;
}

static void component(struct jsonw *w, const char *name, const char *status, const char *detail)
{
    jw_obj(w, NULL);
    jw_text(w, "name", name);
    jw_text(w, "status", status);
    jw_text(w, "detail", detail);
    jw_end_obj(w);
}

static void say_knowledge(struct gateway *g, struct jsonw *w)
{
    struct knowledge_stats s = { 0 };
    struct err err = { "" };
    struct buf text = BUF_INIT(512);
    int rc = knowledge_stats(g->reader, &s, &err);
    if (rc)
        buf_adds(&text, err.text);
    else if (s.chunks)
        buf_printf(&text, "%lld documents, %lld chunks, generation %lld", (long long)s.documents,
                   (long long)s.chunks, (long long)s.generation);
    else
        buf_adds(&text, "no documents: run parley index DIR");
    component(w, "knowledge", rc ? "down" : s.chunks ? "ok" : "degraded", buf_text(&text));
    buf_free(&text);
}

static void say_providers(struct gateway *g, struct jsonw *w)
{
    struct llm *llm = g->set->llm;
    for (size_t i = 0; i < llm_count(llm); i++) {
        char name[80];
        snprintf(name, sizeof name, "llm.%s", llm_conf(llm, i)->name);
        struct buf why = BUF_INIT(512);
        int64_t now = clock_mono_ms();
        llm_describe(llm, i, now, &why);
        component(w, name,
                  !llm_usable(llm, i, now) ? "down"
                  : why.len                ? "degraded"
                                           : "ok",
                  why.len ? buf_text(&why) : llm_conf(llm, i)->model);
        buf_free(&why);
    }
}

static void say_adapter(const struct channel *c, struct jsonw *w)
{
    char name[80];
    struct buf why = BUF_INIT(512);
    const char *status = c->ops->health ? c->ops->health(c->adapter, &why) : "ok";
    snprintf(name, sizeof name, "adapter.%s", c->ops->name);
    component(w, name, status, buf_text(&why));
    buf_free(&why);
}

void health_json(struct host *h, struct buf *out)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct jsonw w;
    char detail[64];
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "status", g->draining ? "draining" : health_ready(h) ? "ok" : "down");
    jw_text(&w, "version", PARLEY_VERSION);
    jw_arr(&w, "components");
    component(&w, "store", g->store_broken ? "down" : "ok", g->store_broken ? "the last commit failed" : "");
    snprintf(detail, sizeof detail, "%zu waiting, %zu turns in flight", pool_waiting(g->pipe.pool),
             g->in_flight);
    component(&w, "workers", g->intake_off ? "degraded" : "ok", detail);
    say_knowledge(g, &w);
    say_providers(g, &w);
    for (size_t i = 0; i < g->channels; i++)
        say_adapter(&g->channel[i], &w);
    jw_end_arr(&w);
    jw_end_obj(&w);
}

void health_metrics(struct host *h, struct buf *out)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    int64_t n_commits, n_ops;
    store_stats(g->pipe.store, &n_commits, &n_ops);
    metric_set(&commits, n_commits);
    metric_set(&ops, n_ops);
    metric_set(&in_flight, (int64_t)g->in_flight);
    metric_set(&waiting, (int64_t)pool_waiting(g->pipe.pool));
    metric_set(&connections, g->host.server ? (int64_t)server_connections(g->host.server) : 0);
    metric_set(&up, health_ready(h));
    buf_printf(out,
               "# HELP parley_build_info Version of this binary\n# TYPE parley_build_info gauge\n"
               "parley_build_info{version=\"%s\"} 1\n",
               PARLEY_VERSION);
    metric_render(all, ARRAY_LEN(all), out);
    llm_metrics(g->set->llm, clock_mono_ms(), out);
}
