/* SPDX-License-Identifier: Apache-2.0
 *
 * An adapter brings one platform's messages in and carries answers out. It sees
 * include/parley, base, io and conf, and reaches the core only through struct host.
 * Everything here runs on the loop thread. The life of one turn:
 *
 *   host->turn_new, fill turn->msg, host->submit
 *     -> refused(turn)                      never stored: rate limit, busy, draining, bad input
 *     -> replay(turn, json)                 seen before and answered: the stored bytes again
 *     -> accepted(turn)                     T1 is on disk: acknowledge the platform NOW
 *          -> progress / sentence / restart (provisional until deliver)
 *          -> deliver(delivery)             T2 is on disk; answer with host->delivered
 *          -> failed(turn)                  will be tried again; tell a waiting client 503
 * The turn is gone after refused, replay, failed, and after deliver returns.
 */
#ifndef PARLEY_ADAPTER_H
#define PARLEY_ADAPTER_H

#include <parley/status.h>
#include <parley/store.h>
#include <parley/turn.h>

struct adapter;
struct host;
struct loop;   /* io/loop.h */
struct server; /* io/server.h */
struct http;   /* io/http.h */
struct buf;    /* base/str.h */

/* Why a message was not taken. `code` is one of the codes in answer.h. */
struct refusal {
    const char *code;
    const char *message;      /* one sentence for the person */
    int64_t retry_after_ms;   /* -1 = do not say */
    const char *details_json; /* a JSON object, or NULL */
};

struct delivery {
    const char *turn_id;
    int part;
    const char *channel, *bot, *address;
    const char *payload;     /* what parts() made, or "" */
    const char *answer_json; /* the whole recorded answer */
    struct turn *turn;       /* NULL after a restart */
    bool possible_duplicate;
};

struct delivered {
    enum outbox_state state; /* SENT, PARKED, UNDELIVERABLE, or PENDING to try again */
    const char *platform_id;
    int64_t retry_after_ms; /* PENDING */
    const char *error;
};

/* Durable words of an adapter (an offset, a menu's hash, a button's meaning). `value` NULL: there is none, or
 * its time is over; borrowed. rc negative: the store failed. Loop thread. */
typedef void state_done(void *ctx, int rc, const char *value);

struct adapter_ops {
    const char *name; /* the channel */
    /* must. Opens routes and sockets; X_E_NOT_FOUND = not configured, stays off. */
    int (*open)(struct adapter **out, struct host *host, struct err *err);
    /* must: back-pressure and drain; off stops taking new messages. */
    void (*intake)(struct adapter *a, bool on);
    void (*close)(struct adapter *a); /* must: no turn of it is left */

    void (*refused)(struct adapter *a, struct turn *t, const struct refusal *why); /* must */
    void (*replay)(struct adapter *a, struct turn *t, const char *answer_json);    /* must */
    void (*accepted)(struct adapter *a, struct turn *t);                           /* must */
    void (*progress)(struct adapter *a, struct turn *t, const char *what); /* may: "searching", "writing" */
    /* may: one validated, restored sentence. X_E_FULL: taken, but no more before host->drained(turn). */
    int (*sentence)(struct adapter *a, struct turn *t, const char *text, size_t len);
    void (*restart)(struct adapter *a, struct turn *t);           /* may: forget the sentences so far */
    void (*deliver)(struct adapter *a, const struct delivery *d); /* must */
    void (*failed)(struct adapter *a, struct turn *t, const struct refusal *why); /* must */
    /* may: the answer as the messages it will be sent as, before it is recorded; each becomes a part with
     * this payload, delivered in order, the next when the one before is settled. At most STORE_PARTS_MAX;
     * strings in `words`. Absent: one part with payload "". 0, -ENOMEM. */
    int (*parts)(struct adapter *a, const struct turn *t, struct arena *words, const char *const **payload,
                 size_t *n);
    /* may: "ok", "degraded" or "down", and in words why and since when. Absent: "ok". */
    const char *(*health)(struct adapter *a, struct buf *detail);
};

/* What the core offers. Functions take the host they came with. */
struct host {
    struct loop *loop;
    struct server *server; /* NULL where nothing listens (parley ask) */
    struct http *http;

    struct turn *(*turn_new)(struct host *h, struct adapter *a); /* NULL: out of memory */
    void (*turn_drop)(struct host *h, struct turn *t);           /* before submit: changed its mind */
    void (*submit)(struct host *h, struct turn *t);       /* answers by the calls above, maybe at once */
    void (*drained)(struct host *h, const char *turn_id); /* after X_E_FULL */
    void (*abandon)(struct host *h, const char *turn_id); /* the client left and cannot come back */
    void (*delivered)(struct host *h, const char *turn_id, int part, const struct delivered *how);
    /* state_put: value NULL forgets; until_wall_ms 0 = for ever. Keys begin with the channel's name. `done`
     * may be NULL for put. */
    void (*state_put)(struct host *h, const char *key, const char *value, int64_t until_wall_ms,
                      state_done *done, void *ctx);
    void (*state_get)(struct host *h, const char *key, state_done *done, void *ctx);
    /* Of `who` channel, bot, user and conversation are read. As JSON: USAGE {"tier","month","used","limit",
     * "consent"}, EXPORT {"messages":[{"at","from","text"}]} of the conversation, FORGET {"forgotten"}: the
     * conversation's turns are gone and a consent is withdrawn. */
    void (*person)(struct host *h, enum person_what what, const struct message *who, state_done *done,
                   void *ctx);
    /* Whether an answer was of use to the one who asked, `who`; the last word counts. done may be NULL; rc
     * X_E_NOT_FOUND: it was not theirs, or it is forgotten. */
    void (*feedback)(struct host *h, const char *turn_id, bool helpful, const struct message *who,
                     state_done *done, void *ctx);
    struct snapshot *(*snapshot)(struct host *h); /* the current one, counted: snapshot_unref it */
    bool (*ready)(struct host *h);
    void (*health)(struct host *h, struct buf *out);  /* JSON components */
    void (*metrics)(struct host *h, struct buf *out); /* Prometheus text 0.0.4 */
};

#endif
