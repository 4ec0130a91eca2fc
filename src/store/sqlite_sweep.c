/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that come back: released by their worker, expired, or found claimed when a process
 * starts. Each goes back to the queue or, after STORE_TRIES_MAX tries or STORE_CRASHES_MAX crashes,
 * to DEAD: then its quota is given back and a notice takes the place of the answer, so that the
 * person is told. And the other end of life: pruning, which never touches what is still owed.
 */
#include <parley/clock.h>

#include "store/sqlite.h"

struct back { /* how a row goes back */
    int64_t now_ms, next_at_ms;
    const char *error;
    const char *notice_json;
};

static int quota_release(struct store_db *db, int64_t inbox_id, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_QUOTA_RELEASE);
    query_int(&q, inbox_id);
    return query_run(&q, err);
}

static int turn_notice(struct store_db *db, int64_t inbox_id, const struct back *how, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_TURN_NOTICE);
    query_int(&q, inbox_id);
    query_text(&q, how->notice_json);
    query_int(&q, how->now_ms);
    return query_run(&q, err);
}

static int part_notice(struct store_db *db, int64_t inbox_id, const struct back *how, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_OUTBOX_NOTICE);
    query_int(&q, inbox_id);
    query_int(&q, how->now_ms);
    return query_run(&q, err);
}

static int bury(struct store_db *db, const struct held *held, const struct back *how, struct err *err)
{
    int rc = held->reserved ? quota_release(db, held->id, err) : 0;
    if (rc == 0)
        rc = turn_notice(db, held->id, how, err);
    return rc ? rc : part_notice(db, held->id, how, err);
}

static int row_return(struct store_db *db, const struct held *held, const struct back *how,
                      enum inbox_state state, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_RETURNED);
    query_int(&q, held->id);
    query_int(&q, state);
    query_int(&q, held->tries);
    query_int(&q, held->crashes);
    query_int(&q, held->reserved && state != INBOX_DEAD);
    query_int(&q, how->next_at_ms);
    query_text(&q, how->error);
    return query_run(&q, err);
}

static int give_back(struct store_db *db, const struct held *held, const struct back *how,
                     enum inbox_state *state, struct err *err)
{
    bool dead = held->tries >= STORE_TRIES_MAX || held->crashes >= STORE_CRASHES_MAX;
    *state = dead ? INBOX_DEAD : INBOX_RECEIVED;
    int rc = row_return(db, held, how, *state, err);
    return rc || !dead ? rc : bury(db, held, how, err);
}

int sqlite_release(struct store_db *db, struct store_release *r, struct err *err)
{
    struct held held;
    int rc = sqlite_fence(db, r->inbox_id, r->lease, NULL, &held, err);
    if (rc)
        return rc;
    if (r->unattempted)
        held.tries--;
    struct back how = { r->now_ms, r->next_at_ms, r->error, r->notice_json };
    return give_back(db, &held, &how, &r->state, err);
}

/* One row whose lease ended at `until_ms` or before. */
static int claimed_next(struct store_db *db, int64_t until_ms, struct held *out, bool *found, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_CLAIMED_UNTIL);
    query_int(&q, until_ms);
    int rc = query_next(&q, found, err);
    if (rc || !*found)
        return rc;
    out->id = query_get_int(&q);
    out->tries = query_get_int(&q);
    out->crashes = query_get_int(&q);
    out->reserved = query_get_int(&q) != 0;
    return 0;
}

/* Row by row: a cursor over rows that the loop itself moves out of its index is not defined. */
static int claimed_back(struct store_db *db, int64_t until_ms, bool crashed, const struct back *how,
                        int64_t *n, struct err *err)
{
    for (*n = 0;; (*n)++) {
        struct held held = { 0 };
        enum inbox_state state;
        bool found;
        int rc = claimed_next(db, until_ms, &held, &found, err);
        if (rc || !found)
            return rc;
        held.crashes += crashed;
        rc = sqlite_attempts_close(db, held.id, "lost", err);
        if (rc == 0)
            rc = give_back(db, &held, how, &state, err);
        if (rc)
            return rc;
    }
}

int sqlite_reap(struct store_db *db, int64_t now_ms, const char *notice_json, int64_t *n, struct err *err)
{
    struct back how = { now_ms, 0, "lease expired", notice_json };
    return claimed_back(db, now_ms, false, &how, n, err);
}

int sqlite_recover(struct store_db *db, int64_t now_ms, const char *notice_json, struct err *err)
{
    struct back how = { now_ms, 0, "crashed", notice_json };
    int64_t n;
    struct query outbox X_CLEANUP(query_close) = query_open(db, SQL_RECOVER_OUTBOX);
    query_int(&outbox, now_ms);
    int rc = sqlite_attempts_close(db, 0, "crashed", err);
    if (rc == 0)
        rc = query_run(&outbox, err);
    return rc ? rc : claimed_back(db, INT64_MAX, true, &how, &n, err);
}

static int prune_one(struct store_db *db, enum sql_id id, int64_t before_ms, int most, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, id);
    query_int(&q, before_ms);
    query_int(&q, most);
    return query_run(&q, err);
}

int sqlite_prune(struct store_db *db, int64_t inbox_before_ms, int64_t turn_before_ms, int most,
                 struct err *err)
{
    /* Attempts before the turns they are found by, pseudonyms after the turns that may name them. */
    static const enum sql_id of_turn[] = { SQL_PRUNE_ATTEMPTS, SQL_PRUNE_TURNS, SQL_PRUNE_PSEUDONYMS,
                                           SQL_PRUNE_SPEND };
    if (most <= 0)
        return 0; /* SQLite reads a negative LIMIT as none */
    int rc = prune_one(db, SQL_PRUNE_STATE, clock_wall_ms(), most, err);
    if (rc == 0 && inbox_before_ms)
        rc = prune_one(db, SQL_PRUNE_INBOX, inbox_before_ms, most, err);
    for (size_t i = 0; rc == 0 && turn_before_ms && i < ARRAY_LEN(of_turn); i++)
        rc = prune_one(db, of_turn[i], turn_before_ms, most, err);
    return rc;
}
