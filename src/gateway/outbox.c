/* SPDX-License-Identifier: Apache-2.0
 *
 * outbox: from a recorded answer to a settled part. A live turn's part is SENDING since T2 and goes to
 * its adapter at once; a part found PENDING (restart, retry) is marked SENDING on disk first, then sent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "gateway/inside.h"

#define ABSENT_RETRY_MS 60000 /* its adapter is off */

/* A result on its way to the store; owns copies, because turns do not wait for it. */
struct settling {
    struct store_op op;
    struct gateway *gateway;
    char turn_id[TURN_ID_BYTES];
    char platform_id[64];
    char error[128];
};

/* A part sent again after a restart; lives until its result is on disk. */
struct sending {
    struct table_link link;
    char key[TURN_ID_BYTES + 12]; /* "turn/part" */
    struct arena words;
    struct gateway *gateway;
    struct delivery d;
    struct store_op op;
};

static void sending_key(char out[TURN_ID_BYTES + 12], const char *turn_id, int part)
{
    snprintf(out, TURN_ID_BYTES + 12, "%s/%d", turn_id, part);
}

static void sending_free(struct sending *s)
{
    table_drop(&s->gateway->sendings, &s->link);
    arena_wipe(&s->words);
    free(s);
}

static void settled(struct store_op *op)
{
    struct settling *s = op->ctx;
    struct gateway *g = s->gateway;
    if (op->rc)
        log_error("outbox.settle_failed", "turn=%s part=%d err=\"%s\"", s->turn_id, op->u.part.part,
                  op->err.text);
    char key[TURN_ID_BYTES + 12];
    sending_key(key, s->turn_id, op->u.part.part);
    struct table_link *l = table_get(&g->sendings, key);
    bool next = op->rc == 0 && op->u.part.more;
    if (l)
        sending_free(CONTAINER_OF(l, struct sending, link));
    free(s);
    g->parts_open--;
    if (next)
        sweep_now(g); /* the turn's next part */
    gateway_check_drained(g);
}

static void settle(struct gateway *g, const char *turn_id, int part, const struct delivered *how)
{
    struct settling *s = calloc(1, sizeof *s);
    if (!s) {
        log_error("outbox.settle_failed", "turn=%s part=%d err=\"out of memory\"", turn_id, part);
        return; /* still SENDING on disk: the next start sends it again */
    }
    int64_t now = clock_wall_ms();
    s->gateway = g;
    snprintf(s->turn_id, sizeof s->turn_id, "%s", turn_id);
    snprintf(s->platform_id, sizeof s->platform_id, "%s", how->platform_id ? how->platform_id : "");
    snprintf(s->error, sizeof s->error, "%s", how->error ? how->error : "");
    s->op.kind = STORE_PART_SET;
    s->op.done = settled;
    s->op.ctx = s;
    s->op.u.part = (struct store_part){ .turn_id = s->turn_id,
                                        .part = part,
                                        .state = how->state,
                                        .platform_id = s->platform_id,
                                        .next_at_ms = now + how->retry_after_ms,
                                        .error = s->error,
                                        .now_ms = now };
    g->parts_open++;
    store_submit(g->pipe.store, &s->op);
}

void outbox_delivered(struct host *h, const char *turn_id, int part, const struct delivered *how)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    g->deliveries--;
    settle(g, turn_id, part, how);
}

void outbox_deliver(struct turn *t)
{
    struct ticket *k = ticket_of(t);
    const struct delivery d = { .turn_id = t->id,
                                .part = 0,
                                .channel = t->msg.channel,
                                .bot = t->msg.bot,
                                .address = t->msg.address,
                                .payload = t->parts.payload[0],
                                .answer_json = t->answer_json,
                                .turn = t };
    k->gateway->deliveries++;
    k->channel->ops->deliver(t->adapter, &d);
}

static void marked(struct store_op *op)
{
    struct sending *s = op->ctx;
    struct gateway *g = s->gateway;
    struct channel *c = channel_named(g, s->d.channel);
    g->parts_open--;
    if (op->rc || !c) {
        log_error("outbox.mark_failed", "turn=%s part=%d err=\"%s\"", s->d.turn_id, s->d.part, op->err.text);
        sending_free(s);
    } else {
        g->deliveries++;
        c->ops->deliver(c->adapter, &s->d);
    }
    gateway_check_drained(g);
}

static bool sending_copy(struct sending *s, const struct store_outbox_row *row)
{
    struct arena *a = &s->words;
    sending_key(s->key, row->turn_id, row->part);
    s->d = (struct delivery){ .turn_id = arena_strdup(a, row->turn_id),
                              .part = row->part,
                              .channel = arena_strdup(a, row->channel),
                              .bot = arena_strdup(a, row->bot),
                              .address = arena_strdup(a, row->address),
                              .payload = arena_strdup(a, row->payload),
                              .answer_json = arena_strdup(a, row->answer_json),
                              .possible_duplicate = row->possible_duplicate };
    return !a->failed;
}

void outbox_resend(struct gateway *g, const struct store_outbox_row *row)
{
    char key[TURN_ID_BYTES + 12];
    sending_key(key, row->turn_id, row->part);
    if (table_get(&g->sendings, key))
        return;
    struct sending *s = calloc(1, sizeof *s);
    if (!s)
        return;
    s->gateway = g;
    arena_init(&s->words, TURN_ARENA_BYTES);
    if (!sending_copy(s, row) || table_put(&g->sendings, &s->link, s->key)) {
        arena_wipe(&s->words);
        free(s);
        return;
    }
    if (!channel_named(g, row->channel)) {
        const struct delivered later = { .state = OUTBOX_PENDING,
                                         .retry_after_ms = ABSENT_RETRY_MS,
                                         .error = "adapter is off" };
        settle(g, s->d.turn_id, s->d.part, &later);
        return;
    }
    s->op.kind = STORE_PART_SET;
    s->op.done = marked;
    s->op.ctx = s;
    s->op.u.part = (struct store_part){ .turn_id = s->d.turn_id,
                                        .part = s->d.part,
                                        .state = OUTBOX_SENDING,
                                        .platform_id = "",
                                        .error = "",
                                        .now_ms = clock_wall_ms() };
    g->parts_open++;
    store_submit(g->pipe.store, &s->op);
}
