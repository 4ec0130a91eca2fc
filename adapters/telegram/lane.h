/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may send next: a lane for each chat, served in order, one call of it on its way at a time. No clock and
 * no I/O in here: the sender says what time it is and what became of a call. A lane that has nothing to send
 * is kept only as long as its past still limits its future.
 */
#ifndef TELEGRAM_LANE_H
#define TELEGRAM_LANE_H

#include "adapters/telegram/due.h"
#include "adapters/telegram/send.h"
#include "base/pace.h"
#include "base/str.h"
#include "base/table.h"
#include "io/backoff.h"

#define TG_ALL_MAX        10000 /* calls, those on their way among them */
#define TG_CHAT_MAX       1000  /* calls waiting for one chat */
#define TG_LANES_MAX      20000
#define TG_CHAT_STEP_MS   1000 /* a message a second (Bot FAQ), */
#define TG_CHAT_BURST     5    /* with bursts */
#define TG_GROUP_MOST     20   /* messages in a group (Bot FAQ) */
#define TG_GROUP_SPAN_MS  60000
#define TG_GLOBAL_MOST    30 /* messages of the bot (Bot FAQ) */
#define TG_GLOBAL_SPAN_MS 1000
#define TG_LATE_MS        2000 /* what is droppable is of no use after that */

struct tg_lane;

/* A call as it is kept. */
struct tg_item {
    struct tg_item *next;
    struct tg_lane *lane; /* while it is on its way */
    struct tg_call call;  /* its body is ours */
    int64_t queued_ms;
    struct tg_reply reply; /* of tg_lanes_over */
    /* the sender's, zeroed in the beginning */
    struct tg_sender *sender;
    struct http_call *http;
    struct buf answer;
    struct backoff backoff; /* of tries that were never sent */
    char body[];
};

struct tg_lanes {
    struct table by_chat;
    struct tg_lane *all;
    size_t lanes;
    struct tg_dues dues;
    struct tg_item *over, **over_end;
    struct window global;
    size_t items; /* queued, on their way or over */
};

void tg_lanes_init(struct tg_lanes *l);
/* 0, X_E_FULL, -ENOMEM. */
int tg_lanes_put(struct tg_lanes *l, const struct tg_call *call, int64_t now_ms);
/* A call that goes now; its lane waits for settle or again. NULL: *due_ms is when to ask again, INT64_MAX =
 * not before something happens. */
struct tg_item *tg_lanes_take(struct tg_lanes *l, int64_t now_ms, int64_t *due_ms);
/* A call that was given up without having been sent, and why; the caller's now. NULL = none. */
struct tg_item *tg_lanes_over(struct tg_lanes *l);
/* Nothing of the lane of this call before `until_ms`; what is droppable there is given up. Before one of: */
void tg_lanes_hold(struct tg_lanes *l, struct tg_item *item, int64_t until_ms, int64_t now_ms);
void tg_lanes_again(struct tg_lanes *l, struct tg_item *item, int64_t now_ms);  /* first in its lane */
void tg_lanes_settle(struct tg_lanes *l, struct tg_item *item, int64_t now_ms); /* the caller's now */
void tg_lanes_move(struct tg_lanes *l, int64_t from, int64_t to, int64_t now_ms);
/* All calls, those on their way too, each lane's in order, for the caller; nothing is left, no memory either.
 */
struct tg_item *tg_lanes_clear(struct tg_lanes *l);

#endif
