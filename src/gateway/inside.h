/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway's own parts, private to src/gateway. One thread (the loop) touches all of it.
 */
#ifndef GATEWAY_INSIDE_H
#define GATEWAY_INSIDE_H

#include "base/table.h"
#include "gateway/gateway.h"
#include "io/server.h"
#include "pipeline/pipeline.h"

/* An adapter that opened. */
struct channel {
    const struct adapter_ops *ops;
    struct adapter *adapter;
};

/* The providers of one snapshot; old ones live until their last turn ends. */
struct provider_set {
    struct llm *llm;
    struct snapshot *snap;
    size_t refs;
};

/* One conversation with something in flight. */
struct conversation {
    struct table_link link;
    char key[KEY_BYTES];
    struct ticket *active, *first, *last;
    size_t waiting;
};

/* A turn with what the gateway keeps about it. */
struct ticket {
    struct turn turn;
    struct table_link by_id;
    struct gateway *gateway;
    struct channel *channel;
    struct provider_set *set;
    struct conversation *conv;
    struct ticket *behind; /* next in the conversation */
    bool counted;          /* in flight */
    bool stored;           /* T1 is on disk */
    bool running;          /* the pipeline has it */
    struct store_op op;    /* one at a time: ingest, claim, release */
};

struct gateway {
    struct host host;
    struct gateway_conf conf;
    struct loop loop;
    struct pipeline pipe;
    struct provider_set *set;
    struct channel channel[GATEWAY_ADAPTERS_MAX];
    size_t channels;
    struct table turns, conversations, sendings;
    size_t in_flight;  /* tickets counted */
    size_t parts_open; /* outbox results and adapters' state on their way to the store */
    size_t deliveries; /* handed to an adapter, and its word is not in yet */
    bool started, draining, closing, intake_off;
    struct timer sweep_timer, drain_timer, watchdog_timer;
    uv_signal_t on_term, on_int, on_hup;
    bool signals_open;
    struct sweep *sweep; /* running on a worker, or NULL */
    bool sweep_again;    /* asked for while it ran */
    int64_t next_reap_ms, next_prune_ms;
    bool reaping, pruning;
    struct store_op reap_op, prune_op;
    struct knowledge_reader *reader; /* the loop's own, for health */
    const char *notice_json;         /* what a dead message's sender is told */
    bool store_broken;               /* the last commit failed */
};

/* intake.c: from an adapter's message to a running turn, one at a time per conversation */
struct turn *intake_turn_new(struct host *h, struct adapter *a);
void intake_turn_drop(struct host *h, struct turn *t);
void intake_submit(struct host *h, struct turn *t);
void intake_admitted(struct turn *t);
void intake_refused(struct turn *t, const struct refusal *why);
void intake_recovered(struct gateway *g, const struct store_inbox_row *row);
void intake_finished(struct turn *t, enum verdict how);
void intake_hurry(
    struct gateway *g); /* drain deadline: cancel what waits for a model, drop what waits for its turn */
void intake_pressure(struct gateway *g); /* high/low water: tells adapters to pause or go on */

/* outbox.c: from a recorded answer to a settled part */
void outbox_deliver(struct turn *t);
void outbox_delivered(struct host *h, const char *turn_id, int part, const struct delivered *how);
void outbox_resend(struct gateway *g, const struct store_outbox_row *row);

/* state.c: an adapter's durable words (host->state_*) */
void state_put(struct host *h, const char *key, const char *value, int64_t until_wall_ms, state_done *done,
               void *ctx);
void state_get(struct host *h, const char *key, state_done *done, void *ctx);

/* person.c: host->person */
void person_ask(struct host *h, enum person_what what, const struct message *who, state_done *done,
                void *ctx);

/* person.c: host->feedback */
void person_feedback(struct host *h, const char *turn_id, bool helpful, const struct message *who,
                     state_done *done, void *ctx);

/* sweep.c: what lies in the store and is due (after a restart, a failure, a retry time) */
void sweep_open(struct gateway *g);
void sweep_now(struct gateway *g);

/* health.c */
bool health_ready(struct host *h);
void health_json(struct host *h, struct buf *out);
void health_metrics(struct host *h, struct buf *out);
void health_count_refused(void);
void health_count_accepted(void);
void health_count_turn(const struct turn *t);
void health_count_feedback(bool helpful);

/* gateway.c */
struct ticket *ticket_of(struct turn *t);
struct channel *channel_named(struct gateway *g, const char *name);
void set_release(struct gateway *g, struct provider_set *set);
void gateway_check_drained(struct gateway *g);

#endif
