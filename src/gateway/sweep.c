/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep: what lies in the store and is due: messages from before a restart, released ones whose time has
 * come, parts to send again. Read on a worker, acted on here. The same timer lets the store take back
 * expired leases and drop what is past its retention.
 */
#include <errno.h>
#include <stdlib.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "gateway/inside.h"

#define SWEEP_MS    1000
#define SWEEP_ROWS  256
#define SWEEP_BYTES (64U << 20) /* rows carry whole messages and answers */
#define REAP_MS     10000
#define PRUNE_MS    3600000
#define PRUNE_ROWS  2000
#define DAY_MS      86400000LL

struct sweep {
    struct job job;
    struct gateway *gateway;
    struct arena words;
    int64_t now_ms;
    int rc;
    struct err err;
    struct store_inbox_row *inbox;
    struct store_outbox_row *outbox;
    size_t inboxes, outboxes;
};

static void sweep_read(struct job *j, struct worker *w)
{
    struct sweep *s = CONTAINER_OF(j, struct sweep, job);
    const struct worker_kit *kit = w->state;
    s->rc = kit->store->inbox_due(kit->reader, s->now_ms, 0, SWEEP_ROWS, &s->words, &s->inbox, &s->inboxes,
                                  &s->err);
    if (s->rc == 0)
        s->rc = kit->store->outbox_due(kit->reader, s->now_ms, SWEEP_ROWS, &s->words, &s->outbox,
                                       &s->outboxes, &s->err);
}

static void sweep_free(struct sweep *s)
{
    struct gateway *g = s->gateway;
    g->sweep = NULL;
    arena_wipe(&s->words);
    free(s);
    if (g->sweep_again)
        sweep_now(g);
}

static void sweep_act(struct job *j)
{
    struct sweep *s = CONTAINER_OF(j, struct sweep, job);
    struct gateway *g = s->gateway;
    size_t most = (size_t)g->set->snap->config->workers.turns_max;
    if (s->rc)
        log_error("sweep.failed", "err=\"%s\"", s->err.text);
    for (size_t i = 0; i < s->outboxes && s->rc == 0 && !g->draining; i++)
        outbox_resend(g, &s->outbox[i]);
    for (size_t i = 0; i < s->inboxes && s->rc == 0 && !g->draining && g->in_flight < most; i++)
        intake_recovered(g, &s->inbox[i]);
    sweep_free(s);
    gateway_check_drained(g);
}

void sweep_now(struct gateway *g)
{
    g->sweep_again = g->sweep != NULL;
    if (g->sweep || g->draining)
        return;
    struct sweep *s = calloc(1, sizeof *s);
    if (!s)
        return;
    s->gateway = g;
    s->now_ms = clock_wall_ms();
    arena_init(&s->words, SWEEP_BYTES);
    s->job.run = sweep_read;
    s->job.done = sweep_act;
    g->sweep = s;
    if (pool_submit(g->pipe.pool, &s->job))
        sweep_free(s); /* busy: the next tick */
}

static void reaped(struct store_op *op)
{
    struct gateway *g = op->ctx;
    g->reaping = false;
    g->store_broken = op->rc < 0;
    if (op->rc)
        log_error("store.reap_failed", "err=\"%s\"", op->err.text);
    else if (op->u.reap.n)
        log_warn("store.leases_expired", "n=%lld", (long long)op->u.reap.n);
    gateway_check_drained(g);
}

static void pruned(struct store_op *op)
{
    struct gateway *g = op->ctx;
    g->pruning = false;
    if (op->rc)
        log_error("store.prune_failed", "err=\"%s\"", op->err.text);
    gateway_check_drained(g);
}

static int64_t before(int64_t now_ms, int days)
{
    return days > 0 ? now_ms - days * DAY_MS : 0;
}

static void keep_house(struct gateway *g)
{
    int64_t mono = clock_mono_ms(), now = clock_wall_ms();
    const struct policies *p = g->set->snap->policies;
    if (mono >= g->next_reap_ms && !g->reaping) {
        g->next_reap_ms = mono + REAP_MS;
        g->reaping = true;
        g->reap_op = (struct store_op){ .kind = STORE_REAP, .done = reaped, .ctx = g };
        g->reap_op.u.reap.now_ms = now;
        g->reap_op.u.reap.notice_json = g->notice_json;
        store_submit(g->pipe.store, &g->reap_op);
    }
    if (mono >= g->next_prune_ms && !g->pruning) {
        g->next_prune_ms = mono + PRUNE_MS;
        g->pruning = true;
        g->prune_op = (struct store_op){ .kind = STORE_PRUNE, .done = pruned, .ctx = g };
        g->prune_op.u.prune.inbox_before_ms = before(now, p->retention.inbox_days);
        g->prune_op.u.prune.turn_before_ms = before(now, p->retention.turn_days);
        g->prune_op.u.prune.most = PRUNE_ROWS;
        store_submit(g->pipe.store, &g->prune_op);
    }
}

static void tick(struct timer *timer)
{
    struct gateway *g = CONTAINER_OF(timer, struct gateway, sweep_timer);
    if (g->draining)
        return;
    keep_house(g);
    sweep_now(g);
    timer_start(timer, SWEEP_MS);
}

void sweep_open(struct gateway *g)
{
    g->sweep_timer.run = tick;
    g->next_reap_ms = clock_mono_ms() + REAP_MS;
    g->next_prune_ms = clock_mono_ms() + REAP_MS; /* soon, but not during recovery */
    timer_start(&g->sweep_timer, SWEEP_MS);
    sweep_now(g);
}
