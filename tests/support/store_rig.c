/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig of the store tests.
 */
#include "tests/support/store_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <parley/clock.h>

void store_rig_open(struct store_rig *r, const struct store_ops *ops)
{
    assert_int_equal(loop_open(&r->loop, &r->err), 0);
    if (store_open(&r->store, ops, r->dir, &r->loop, STORE_KIT_NOTICE, &r->err) != 0)
        fail_msg("store_open: %s", r->err.text);
}

void store_rig_close(struct store_rig *r)
{
    if (r->store)
        store_close(r->store);
    r->store = NULL;
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(loop_close(&r->loop), 0);
}

int store_rig_setup(void **state)
{
    struct store_rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    store_kit_dir_make(r->dir);
    arena_init(&r->a, 64U << 20);
    arena_init(&r->written, 64U << 20);
    *state = r;
    return 0;
}

int store_rig_teardown(void **state)
{
    struct store_rig *r = *state;
    clock_real();
    arena_wipe(&r->a);
    arena_wipe(&r->written);
    store_kit_dir_remove(r->dir);
    free(r);
    return 0;
}

void store_rig_reported(struct store_op *op)
{
    struct store_rig *r = op->ctx;
    r->open--;
    r->reported++;
}

struct store_op *store_rig_op(struct store_rig *r, enum store_kind kind)
{
    struct store_op *op = arena_alloc(&r->a, sizeof *op);
    assert_non_null(op);
    op->kind = kind;
    op->ctx = r;
    op->done = store_rig_reported;
    op->rc = -EINPROGRESS;
    return op;
}

struct store_op *store_rig_ingest(struct store_rig *r, const char *id)
{
    struct store_op *op = store_rig_op(r, STORE_INGEST);
    op->u.ingest.in = store_kit_message(&r->a, id);
    op->u.ingest.arena = &r->written;
    return op;
}

struct store_op *store_rig_ingest_n(struct store_rig *r, int n)
{
    char id[16];
    snprintf(id, sizeof id, "%d", n);
    return store_rig_ingest(r, id);
}

void store_rig_submit(struct store_rig *r, struct store_op *op)
{
    r->open++;
    store_submit(r->store, op);
}

void store_rig_settle(struct store_rig *r)
{
    while (r->open)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

int store_rig_run(struct store_rig *r, struct store_op *op)
{
    store_rig_submit(r, op);
    store_rig_settle(r);
    return op->rc;
}

struct store_counts store_rig_counts(struct store_rig *r)
{
    struct store_db *db;
    struct store_counts c;
    const struct store_ops *ops = store_ops_of(r->store);
    assert_int_equal(store_reader(r->store, &db, &r->err), 0);
    assert_int_equal(ops->counts(db, &c, &r->err), 0);
    ops->close(db);
    return c;
}
