/* SPDX-License-Identifier: Apache-2.0
 *
 * Life of the process: open bottom to top, run, drain, close top to bottom. Closing is in steps because
 * libmicrohttpd, libwebsockets and curl each need rounds of the loop to let go; threads are joined only when
 * nothing can submit to them any more.
 */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/answer.h>
#include <parley/clock.h>
#include <parley/log.h>

#include "gateway/inside.h"
#include "io/http.h"
#include "io/notify.h"
#include "pipeline/cost.h"

#define LIMITER_KEYS 65536

struct ticket *ticket_of(struct turn *t)
{
    return CONTAINER_OF(t, struct ticket, turn);
}

struct channel *channel_named(struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->channels; i++)
        if (strcmp(g->channel[i].ops->name, name) == 0)
            return &g->channel[i];
    return NULL;
}

/* ---- hooks of the pipeline: straight to the adapter ---- */

static void on_progress(struct turn *t, const char *what)
{
    const struct adapter_ops *ops = ticket_of(t)->channel->ops;
    if (ops->progress)
        ops->progress(t->adapter, t, what);
}

static int on_sentence(struct turn *t, const char *text, size_t len)
{
    const struct adapter_ops *ops = ticket_of(t)->channel->ops;
    return ops->sentence ? ops->sentence(t->adapter, t, text, len) : 0;
}

static void on_restart(struct turn *t)
{
    const struct adapter_ops *ops = ticket_of(t)->channel->ops;
    if (ops->restart)
        ops->restart(t->adapter, t);
}

static int on_parts(struct turn *t)
{
    static const char *const whole[] = { "" };
    const struct adapter_ops *ops = ticket_of(t)->channel->ops;
    t->parts = (struct turn_parts){ whole, 1 };
    return ops->parts ? ops->parts(t->adapter, t, &t->arena, &t->parts.payload, &t->parts.n) : 0;
}

static const struct pipeline_hooks hooks = {
    .refused = intake_refused,
    .admitted = intake_admitted,
    .progress = on_progress,
    .sentence = on_sentence,
    .restart = on_restart,
    .parts = on_parts,
    .deliver = outbox_deliver,
    .finished = intake_finished,
};

static void host_drained(struct host *h, const char *turn_id)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct table_link *l = table_get(&g->turns, turn_id);
    if (l)
        pipeline_drained(&CONTAINER_OF(l, struct ticket, by_id)->turn);
}

static void host_abandon(struct host *h, const char *turn_id)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct table_link *l = table_get(&g->turns, turn_id);
    if (l)
        pipeline_abandon(&CONTAINER_OF(l, struct ticket, by_id)->turn);
}

static struct snapshot *host_snapshot(struct host *h)
{
    return snapshot_ref(CONTAINER_OF(h, struct gateway, host)->set->snap);
}

/* ---- the provider set of a snapshot ---- */

/* Once for each load: budgets cannot see what such a model costs. */
static void unpriced_say(const struct snapshot *snap, const struct llm *llm)
{
    for (size_t i = 0; i < llm_count(llm); i++) {
        const struct config_provider *c = llm_conf(llm, i);
        const struct price *price = cost_price(snap->policies, c->model);
        if (!price && !cost_is_free(c, price))
            log_warn("llm.unpriced", "provider=%s model=\"%s\" hint=\"policies/prices.json\"", c->name,
                     c->model);
    }
}

static struct provider_set *set_open(struct snapshot *snap, struct http *http, struct err *err)
{
    struct provider_set *set = calloc(1, sizeof *set);
    if (!set) {
        err_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    if (llm_open(&set->llm, snap->config, http, err)) {
        free(set);
        return NULL;
    }
    unpriced_say(snap, set->llm);
    set->snap = snap;
    set->refs = 1;
    return set;
}

void set_release(struct gateway *g X_UNUSED, struct provider_set *set)
{
    if (--set->refs)
        return;
    llm_close(set->llm);
    snapshot_unref(set->snap);
    free(set);
}

int gateway_reload(struct gateway *g, struct err *err)
{
    struct snapshot *snap = NULL;
    int rc = snapshot_load(&snap, &g->conf.source, err);
    if (rc)
        return rc;
    struct provider_set *set = set_open(snap, g->host.http, err);
    if (!set) {
        snapshot_unref(snap);
        return -EINVAL;
    }
    const struct config *was = g->set->snap->config, *is = snap->config;
    if (strcmp(was->server.listen, is->server.listen) != 0 || strcmp(was->state.dir, is->state.dir) != 0)
        log_warn("reload.needs_restart", "keys=\"server.listen, state.dir\"");
    log_setup((enum log_level)is->log.level, (enum log_format)is->log.format);
    set_release(g, g->set);
    g->set = set;
    log_info("reload.done", "policies=%s", policies_version(snap->policies));
    return 0;
}

/* ---- signals ---- */

static void on_stop_signal(uv_signal_t *s, int signum)
{
    struct gateway *g = s->data;
    if (g->draining) {
        log_warn("stop.at_once", "signal=%d", signum);
        _exit(128 + signum);
    }
    gateway_drain(g);
}

static void on_reload_signal(uv_signal_t *s, int signum X_UNUSED)
{
    struct gateway *g = s->data;
    struct err err = { "" };
    notify_reloading();
    if (gateway_reload(g, &err))
        log_error("reload.refused", "err=\"%s\" kept=\"the configuration before\"", err.text);
    notify_send("READY=1");
}

static void signals_open(struct gateway *g)
{
    const struct {
        uv_signal_t *handle;
        int signum;
        uv_signal_cb run;
    } want[] = { { &g->on_term, SIGTERM, on_stop_signal },
                 { &g->on_int, SIGINT, on_stop_signal },
                 { &g->on_hup, SIGHUP, on_reload_signal } };
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        uv_signal_init(&g->loop.uv, want[i].handle);
        want[i].handle->data = g;
        uv_signal_start(want[i].handle, want[i].run, want[i].signum);
    }
    g->signals_open = true;
}

static void on_watchdog(struct timer *t)
{
    notify_send("WATCHDOG=1");
    timer_start(t, notify_watchdog_ms());
}

/* ---- closing ---- */

static void close_threads(void *ctx)
{
    struct gateway *g = ctx;
    g->host.server = NULL;
    if (g->pipe.pool)
        pool_close(g->pipe.pool);
    if (g->pipe.store)
        store_close(g->pipe.store);
    if (g->set)
        set_release(g, g->set);
    if (g->host.http)
        http_close(g->host.http);
    timer_close(&g->sweep_timer, NULL);
    timer_close(&g->drain_timer, NULL);
    timer_close(&g->watchdog_timer, NULL);
    if (g->signals_open) {
        uv_close((uv_handle_t *)&g->on_term, NULL);
        uv_close((uv_handle_t *)&g->on_int, NULL);
        uv_close((uv_handle_t *)&g->on_hup, NULL);
    }
    loop_shut(&g->loop);
}

static void close_all(struct gateway *g)
{
    g->closing = true;
    for (size_t i = 0; i < g->channels; i++)
        g->channel[i].ops->close(g->channel[i].adapter);
    g->channels = 0;
    if (g->host.server)
        server_close(g->host.server, close_threads, g);
    else
        close_threads(g);
}

static void gateway_free(struct gateway *g)
{
    if (g->reader)
        knowledge_reader_close(g->reader);
    if (g->pipe.knowledge)
        knowledge_close(g->pipe.knowledge);
    limiter_close(g->pipe.by_user);
    limiter_close(g->pipe.by_ip);
    cache_close(g->pipe.cache);
    cache_file_close(g->pipe.cache_file);
    match_scratch_free(g->pipe.scratch);
    keys_wipe(&g->pipe.keys);
    table_free(&g->turns);
    table_free(&g->conversations);
    table_free(&g->sendings);
    free(g);
}

static bool drained(const struct gateway *g)
{
    return g->draining && !g->closing && !g->in_flight && !g->parts_open && !g->sweep && !g->reaping &&
           !g->pruning && (!g->deliveries || g->pipe.hurry);
}

/* Closing itself happens from the timer: never inside the callback of something that is about to close. */
void gateway_check_drained(struct gateway *g)
{
    if (drained(g))
        timer_start(&g->drain_timer, 0);
}

static void on_drain_timer(struct timer *t)
{
    struct gateway *g = CONTAINER_OF(t, struct gateway, drain_timer);
    if (drained(g)) {
        close_all(g);
    } else if (!g->pipe.hurry) {
        log_warn("drain.deadline", "in_flight=%zu deliveries=%zu", g->in_flight, g->deliveries);
        intake_hurry(g);
        gateway_check_drained(g); /* where only deliveries are open, nothing else will ask */
    }
}

void gateway_drain(struct gateway *g)
{
    if (g->draining)
        return;
    g->draining = true;
    notify_send("STOPPING=1");
    log_info("drain.begin", "in_flight=%zu", g->in_flight);
    intake_pressure(g);
    if (g->host.server)
        server_stop_listening(g->host.server);
    timer_start(&g->drain_timer, g->set->snap->config->drain_ms);
    gateway_check_drained(g);
}

/* ---- opening ---- */

static int open_services(struct gateway *g, const struct config *c, struct err *err)
{
    struct pipeline *p = &g->pipe;
    const char *store_dir = g->conf.store_dir ? g->conf.store_dir : c->state.dir;
    int rc = http_open(&g->host.http, &g->loop, err);
    if (rc == 0)
        rc = store_open(&p->store, &store_sqlite, store_dir, &g->loop, g->notice_json, err);
    if (rc == 0)
        rc = keys_load(&p->keys, c->state.dir, err);
    if (rc == 0)
        rc = knowledge_open(&p->knowledge, c->state.dir, &embedder_hash, &vindex_faiss, err);
    if (rc == 0)
        rc = knowledge_reader_open(&g->reader, p->knowledge, err);
    if (rc == 0)
        rc = limiter_open(&p->by_user, LIMITER_KEYS, err);
    if (rc == 0)
        rc = limiter_open(&p->by_ip, LIMITER_KEYS, err);
    if (rc == 0)
        rc = cache_open(&p->cache, CACHE_ENTRIES, CACHE_TTL_MS, err);
    if (rc == 0 && cache_file_open(&p->cache_file, store_dir, err))
        log_warn("cache.memory_only", "err=\"%s\"", err->text); /* slower, never wrong */
    if (rc == 0 && !(p->scratch = match_scratch_new()))
        rc = err_set(err, -ENOMEM, "out of memory");
    return rc;
}

static int open_pool(struct gateway *g, const struct config *c, struct err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct pool_conf conf = { .threads = c->workers.threads ? c->workers.threads
                                                                  : (int)(cores > 0 ? cores : 1),
                                    .queue_max = (size_t)c->workers.queue,
                                    .open = pipeline_worker_open,
                                    .close = pipeline_worker_close,
                                    .ctx = &g->pipe };
    return pool_open(&g->pipe.pool, &g->loop, &conf, err);
}

static int open_server(struct gateway *g, const struct config *c, struct err *err)
{
    const struct server_conf conf = { .listen = c->server.listen,
                                      .base_path = c->server.base_path,
                                      .trusted_proxy = c->server.trusted_proxy,
                                      .trusted_proxies = c->server.trusted_proxies,
                                      .connections_max = c->server.connections_max };
    return g->conf.listen ? server_open(&g->host.server, &g->loop, &conf, err) : 0;
}

static int open_adapters(struct gateway *g, struct err *err)
{
    for (size_t i = 0; i < g->conf.adapters; i++) {
        struct channel *c = &g->channel[g->channels];
        c->ops = g->conf.adapter[i];
        int rc = c->ops->open(&c->adapter, &g->host, err);
        if (rc == X_E_NOT_FOUND) {
            log_info("adapter.off", "name=%s why=\"%s\"", c->ops->name, err->text);
            continue;
        }
        if (rc)
            return err_prefix(err, rc, "adapter %s", c->ops->name);
        g->channels++;
    }
    return 0;
}

static void host_fill(struct host *h, struct loop *l)
{
    *h = (struct host){ .loop = l,
                        .turn_new = intake_turn_new,
                        .turn_drop = intake_turn_drop,
                        .submit = intake_submit,
                        .drained = host_drained,
                        .abandon = host_abandon,
                        .delivered = outbox_delivered,
                        .state_put = state_put,
                        .state_get = state_get,
                        .person = person_ask,
                        .feedback = person_feedback,
                        .snapshot = host_snapshot,
                        .ready = health_ready,
                        .health = health_json,
                        .metrics = health_metrics };
}

static int open_all(struct gateway *g, struct err *err)
{
    struct snapshot *snap = NULL;
    int rc = snapshot_load(&snap, &g->conf.source, err);
    if (rc)
        return rc;
    const struct config *c = snap->config;
    log_setup((enum log_level)c->log.level, (enum log_format)c->log.format);
    rc = open_services(g, c, err);
    if (rc == 0 && !(g->set = set_open(snap, g->host.http, err)))
        rc = -EINVAL;
    if (rc) {
        if (!g->set)
            snapshot_unref(snap);
        return rc;
    }
    rc = open_pool(g, c, err);
    if (rc == 0)
        rc = open_server(g, c, err);
    if (rc == 0)
        rc = open_adapters(g, err);
    if (rc == 0 && g->host.server)
        rc = server_listen(g->host.server, err);
    return rc;
}

int gateway_open(struct gateway **out, const struct gateway_conf *conf, struct err *err)
{
    struct gateway *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(err, -ENOMEM, "out of memory");
    g->conf = *conf;
    g->pipe.hooks = &hooks;
    g->pipe.loop = &g->loop;
    g->notice_json =
        "{\"code\":\"unavailable\",\"answer\":\"Your message could not be answered after several "
        "tries. Please ask again.\",\"sources\":[]}";
    int rc = loop_open(&g->loop, err);
    if (rc) {
        free(g);
        return rc;
    }
    host_fill(&g->host, &g->loop);
    timer_open(&g->drain_timer, &g->loop, on_drain_timer);
    timer_open(&g->watchdog_timer, &g->loop, on_watchdog);
    timer_open(&g->sweep_timer, &g->loop, on_watchdog); /* sweep_open sets what it runs */
    rc = open_all(g, err);
    if (rc) {
        g->draining = true;
        close_all(g);
        loop_run(&g->loop);
        loop_close(&g->loop);
        gateway_free(g);
        return rc;
    }
    *out = g;
    return 0;
}

int gateway_run(struct gateway *g)
{
    if (g->conf.signals)
        signals_open(g);
    sweep_open(g);
    g->started = true;
    notify_send("READY=1\nSTATUS=Serving");
    if (notify_watchdog_ms())
        timer_start(&g->watchdog_timer, notify_watchdog_ms());
    if (g->conf.ready)
        g->conf.ready(g->conf.ctx, g);
    loop_run(&g->loop);
    int rc = loop_close(&g->loop);
    log_info("stopped", "clean=%s", rc ? "no" : "yes");
    gateway_free(g);
    return rc ? -EIO : 0;
}

struct host *gateway_host(struct gateway *g)
{
    return &g->host;
}

const struct snapshot *gateway_snapshot(const struct gateway *g)
{
    return g->set->snap;
}

int gateway_port(const struct gateway *g)
{
    return g->host.server ? server_port(g->host.server) : 0;
}

struct adapter *gateway_adapter(struct gateway *g, const char *name)
{
    struct channel *c = channel_named(g, name);
    return c ? c->adapter : NULL;
}
