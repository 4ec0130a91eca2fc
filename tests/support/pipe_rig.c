/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig of the runner's tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/support/pipe_rig.h"

int pipe_rig_setup(void **state)
{
    struct pipe_rig *r = calloc(1, sizeof *r);
    void *part;
    assert_non_null(r);
    stage_kit_setup(&part);
    r->kit = part;
    store_rig_setup(&part);
    r->store = part;
    r->ops = store_sqlite;
    *state = r;
    return 0;
}

void pipe_rig_open(struct pipe_rig *r)
{
    struct pipeline *p = &r->kit->pipe;
    struct err err = { "" };
    store_rig_open(r->store, &r->ops);
    p->loop = &r->store->loop;
    p->store = r->store->store;
    stage_kit_index(r->kit, "gas.md", "# Gas fees\n\nGas is the fee for a transaction on Ethereum.\n");
    const struct pool_conf conf = {
        .threads = 1, .queue_max = 1, .open = pipeline_worker_open, .close = pipeline_worker_close, .ctx = p
    };
    if (cache_open(&p->cache, 16, CACHE_TTL_MS, &err) || limiter_open(&p->by_user, 16, &err) ||
        limiter_open(&p->by_ip, 16, &err) || pool_open(&p->pool, p->loop, &conf, &err))
        fail_msg("%s", err.text);
    r->open = true;
}

int pipe_rig_teardown(void **state)
{
    struct pipe_rig *r = *state;
    struct pipeline *p = &r->kit->pipe;
    void *kit = r->kit, *store = r->store;
    if (r->open) {
        if (p->pool)
            pool_close(p->pool);
        store_rig_close(r->store);
        cache_close(p->cache);
        limiter_close(p->by_user);
        limiter_close(p->by_ip);
    }
    stage_kit_teardown(&kit);
    store_rig_teardown(&store);
    free(r);
    return 0;
}

struct turn *pipe_rig_accept(struct pipe_rig *r, const char *id, const char *text)
{
    struct turn *t = &r->kit->turn;
    struct store_op *op = store_rig_ingest(r->store, id);
    assert_int_equal(store_rig_run(r->store, op), 0);
    stage_kit_turn(r->kit);
    t->msg.text = text;
    memset(t->id, 0, sizeof t->id);
    strncat(t->id, op->u.ingest.out.turn_id, sizeof t->id - 1);
    memcpy(t->lease, "L", sizeof "L");
    memcpy(t->identity.user_key, "alice", sizeof "alice");
    memcpy(t->identity.conv_key, "c1", sizeof "c1");
    t->inbox_id = op->u.ingest.out.inbox_id;
    t->quota = op->u.ingest.out.quota;
    return t;
}

void pipe_rig_settle(struct pipe_rig *r)
{
    while (!r->kit->finished)
        uv_run(&r->store->loop.uv, UV_RUN_ONCE);
}

void pipe_rig_ask(struct pipe_rig *r, const char *id, const char *text)
{
    pipeline_answer(pipe_rig_accept(r, id, text));
    pipe_rig_settle(r);
}

const char *pipe_rig_text(struct pipe_rig *r, const char *sql)
{
    char path[96];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    snprintf(path, sizeof path, "%s/parley.db", r->store->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const unsigned char *text = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_text(stmt, 0) : NULL;
    const char *copy = arena_strdup(&r->store->a, (const char *)text);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    assert_non_null(copy);
    return copy;
}

int64_t pipe_rig_number(struct pipe_rig *r, const char *sql)
{
    const char *text = pipe_rig_text(r, sql);
    assert_true(text[0]);
    return strtoll(text, NULL, 10);
}
