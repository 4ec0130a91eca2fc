/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer: a thread that owns the write connection and commits in groups of at most
 * STORE_BATCH_MAX. An op is embedded in its owner, who must not touch it, nor the arena of an
 * ingest, between store_submit and done(). After a failed commit every op of the batch gets the
 * error: nothing of it was acknowledged. An op that breaks (negative) fails alone: the rest of its
 * batch is run again without it. done() comes in the order of submission, and no op is touched once
 * done() of it or of a later one has been called. The queue is bounded by what submits to it (turns
 * in flight).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <parley/store.h>

#include "io/loop.h"

#define STORE_BATCH_MAX 64
#define STORE_BUSY_FROM 8 /* a batch of as many had company ... */
#define STORE_LINGER_US 500
#define STORE_BUSY_OPS  24 /* ... and the next one waits until it has so many, or as long as that */

enum store_kind {
    STORE_INGEST,
    STORE_CLAIM,
    STORE_ANSWER,
    STORE_RELEASE,
    STORE_ATTEMPT_BEGIN,
    STORE_ATTEMPT_END,
    STORE_PART_SET,
    STORE_STATE,
    STORE_PERSON,
    STORE_FEEDBACK,
    STORE_REAP,
    STORE_PRUNE,
    STORE_SET_TIER,
    STORE_CONSENT
};

struct store_op {
    enum store_kind kind;
    void (*done)(struct store_op *op); /* loop thread; NULL = nobody waits and the store frees nothing */
    void *ctx;                         /* the submitter's */
    int rc;                            /* 0, X_E_* or -errno */
    struct err err;
    union {
        struct {
            struct store_ingest in;
            struct arena *arena;
            struct store_ingested out;
        } ingest;
        struct store_claim claim;
        struct store_answer answer;
        struct store_release release;
        struct store_attempt attempt;
        struct store_part part;
        struct store_state state;
        struct store_person person;
        struct store_feedback feedback;
        struct {
            int64_t now_ms;
            const char *notice_json;
            int64_t n;
        } reap;
        struct {
            int64_t inbox_before_ms, turn_before_ms;
            int most;
        } prune;
        struct {
            const char *user_key;
            enum tier tier;
            int64_t now_ms;
        } set_tier;
        struct {
            const char *user_key, *version, *channel;
            bool grant;
            int64_t now_ms;
        } consent;
    } u;
    struct task task;
    struct store_op *next;
};

struct store;

/* Takes an exclusive lock on DIR/lock (X_E_BUSY names the pid that holds it), opens, migrates, runs
 * ops->recover, starts the thread. DIR is made with mode 0700 when missing. */
int store_open(struct store **out, const struct store_ops *ops, const char *dir, struct loop *l,
               const char *notice_json, struct err *err);
void store_submit(struct store *s, struct store_op *op); /* loop thread */
size_t store_waiting(const struct store *s);
const struct store_ops *store_ops_of(const struct store *s);
/* A read connection of one's own (worker threads, CLI). Close with ops->close. */
int store_reader(const struct store *s, struct store_db **out, struct err *err);
/* Loop thread: everything submitted is committed and its done() posted, then the thread is joined. */
void store_close(struct store *s);
/* Commits and ops since start, for /metrics. */
void store_stats(const struct store *s, int64_t *commits, int64_t *ops);

#endif
