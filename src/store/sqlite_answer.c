/* SPDX-License-Identifier: Apache-2.0
 *
 * T2: the answer, its bill, its place in the conversation and its parts become true together, and
 * only while the lease is ours. Then the parts go out one by one.
 * A bill is counted in the month whose quota was reserved, so that the usage rows of a month and
 * the quota of that month always add up.
 */
#include "store/sqlite.h"

static int turn_insert(struct store_db *db, const struct store_answer *in, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_TURN_INSERT);
    const char *const text[] = { in->turn_id, in->user_key,    in->conv_key, in->channel,  in->question,
                                 in->answer,  in->answer_json, in->code,     in->provider, in->model };
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        query_text(&q, text[i]);
    query_int(&q, in->tokens_in);
    query_int(&q, in->tokens_out);
    query_int(&q, in->cost_nusd);
    query_int(&q, in->now_ms);
    return query_run(&q, err);
}

static int usage_insert(struct store_db *db, const struct store_answer *in, const char *month,
                        struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_USAGE_INSERT);
    const char *const text[] = { in->turn_id, in->user_key, in->channel, month, in->provider, in->model };
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        query_text(&q, text[i]);
    query_int(&q, in->tokens_in);
    query_int(&q, in->tokens_out);
    query_int(&q, in->cost_nusd);
    query_int(&q, in->now_ms);
    return query_run(&q, err);
}

static int quota_settle(struct store_db *db, const struct store_answer *in, const char *month, bool reserved,
                        struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_QUOTA_SETTLE);
    query_text(&q, in->user_key);
    query_text(&q, month);
    query_int(&q, in->billed);
    query_int(&q, reserved);
    return query_run(&q, err);
}

static int bill(struct store_db *db, const struct store_answer *in, const struct held *held, struct err *err)
{
    const char *month = held->reserved ? held->month : in->month;
    int rc = in->billed ? usage_insert(db, in, month, err) : 0;
    return rc || (!in->billed && !held->reserved) ? rc : quota_settle(db, in, month, held->reserved, err);
}

static int pseudonym_insert(struct store_db *db, const struct store_answer *in,
                            const struct store_pseudonym *p, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_PSEUDONYM_INSERT);
    query_text(&q, in->conv_key);
    query_text(&q, p->placeholder);
    query_blob(&q, p->sealed, p->sealed_len);
    query_int(&q, in->now_ms);
    return query_run(&q, err);
}

static int part_insert(struct store_db *db, const struct store_answer *in, size_t part, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_OUTBOX_INSERT);
    query_text(&q, in->turn_id);
    query_int(&q, (int64_t)part);
    query_int(&q, part == 0 ? in->part_state : OUTBOX_PENDING);
    query_text(&q, in->part[part]);
    query_int(&q, in->now_ms);
    return query_run(&q, err);
}

static int answered(struct store_db *db, int64_t inbox_id, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_ANSWERED);
    query_int(&q, inbox_id);
    return query_run(&q, err);
}

static int answer_write(struct store_db *db, const struct store_answer *in, const struct held *held,
                        struct err *err)
{
    int rc = turn_insert(db, in, err);
    if (rc == 0)
        rc = bill(db, in, held, err);
    for (size_t i = 0; rc == 0 && i < in->pseudonyms; i++)
        rc = pseudonym_insert(db, in, &in->pseudonym[i], err);
    for (size_t i = 0; rc == 0 && i < in->parts; i++)
        rc = part_insert(db, in, i, err);
    return rc ? rc : answered(db, held->id, err);
}

int sqlite_answer(struct store_db *db, const struct store_answer *in, struct err *err)
{
    struct held held;
    if (in->parts == 0 || (in->part_state != OUTBOX_PENDING && in->part_state != OUTBOX_SENDING))
        return err_set(err, X_E_INVALID, "answer: at least one part, pending or sending");
    if (in->parts > STORE_PARTS_MAX)
        return err_set(err, X_E_LIMIT, "answer: %zu parts, at most %d", in->parts, STORE_PARTS_MAX);
    int rc = sqlite_fence(db, in->inbox_id, in->lease, in->turn_id, &held, err);
    return rc ? rc : answer_write(db, in, &held, err);
}

static int parts_settled(struct store_db *db, struct store_part *in, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_PARTS_SETTLED);
    query_text(&q, in->turn_id);
    int rc = query_run(&q, err);
    in->more = rc == 0 && db_changes(db) == 0;
    return rc;
}

static int part_update(struct store_db *db, const struct store_part *in, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_PART_SET);
    query_text(&q, in->turn_id);
    query_int(&q, in->part);
    query_int(&q, in->state);
    query_text(&q, in->platform_id);
    query_int(&q, in->state == OUTBOX_PENDING ? in->next_at_ms : 0);
    query_text(&q, in->error);
    query_int(&q, in->now_ms);
    int rc = query_run(&q, err);
    if (rc == 0 && db_changes(db) == 0)
        return err_set(err, X_E_NOT_FOUND, "no open part %d", in->part);
    return rc;
}

int sqlite_part_set(struct store_db *db, struct store_part *in, struct err *err)
{
    in->more = false;
    if (in->state < OUTBOX_PENDING || in->state > OUTBOX_DEAD)
        return err_set(err, X_E_INVALID, "part %d: no such state: %d", in->part, (int)in->state);
    int rc = part_update(db, in, err);
    bool settled = in->state != OUTBOX_PENDING && in->state != OUTBOX_SENDING;
    return rc || !settled ? rc : parts_settled(db, in, err);
}
