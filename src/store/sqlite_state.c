/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of adapters by key. Taking reads and deletes in the writer's transaction, so that what is meant for
 * one (a button's single use) is had by one.
 */
#include "store/sqlite.h"

static int state_put(struct store_db *db, const struct store_state *s, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_STATE_PUT);
    query_text(&q, s->key);
    query_text(&q, s->value);
    query_int(&q, s->until_ms);
    return query_run(&q, err);
}

static int state_get(struct store_db *db, struct store_state *s, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_STATE_GET);
    query_text(&q, s->key);
    query_int(&q, s->now_ms);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc || !row)
        return rc;
    s->got = query_get_text(&q, s->arena);
    return query_check(&q, err);
}

static int state_drop(struct store_db *db, const struct store_state *s, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_STATE_DROP);
    query_text(&q, s->key);
    return query_run(&q, err);
}

int sqlite_state(struct store_db *db, struct store_state *s, struct err *err)
{
    s->got = NULL;
    if (s->what == STATE_PUT)
        return s->value ? state_put(db, s, err) : state_drop(db, s, err);
    return state_get(db, s, err);
}
