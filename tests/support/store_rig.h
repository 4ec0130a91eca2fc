/* SPDX-License-Identifier: Apache-2.0
 *
 * A store over a directory of its own with its loop, for tests of the writer thread: ops are made
 * in the rig's arena, submitted, and waited for by running the loop.
 */
#ifndef TESTS_STORE_RIG_H
#define TESTS_STORE_RIG_H

#include "store/store.h"
#include "tests/contract/store_contract.h"

struct store_rig {
    char dir[64];
    struct loop loop;
    struct store *store;
    struct arena a;       /* of the test */
    struct arena written; /* of the writer thread: what ingests answer */
    struct err err;
    size_t open; /* ops whose done() has not come */
    size_t reported;
};

int store_rig_setup(void **state); /* the directory and the rig; nothing is open yet */
int store_rig_teardown(void **state);
void store_rig_open(struct store_rig *r, const struct store_ops *ops); /* must succeed */
void store_rig_close(struct store_rig *r);

struct store_op *store_rig_op(struct store_rig *r, enum store_kind kind); /* done() = store_rig_reported */
struct store_op *store_rig_ingest(struct store_rig *r, const char *id);   /* store_kit_message(id) */
struct store_op *store_rig_ingest_n(struct store_rig *r, int n);
void store_rig_reported(struct store_op *op);
void store_rig_submit(struct store_rig *r, struct store_op *op);
void store_rig_settle(struct store_rig *r);                  /* until every done() has come */
int store_rig_run(struct store_rig *r, struct store_op *op); /* submit, settle, rc */
struct store_counts store_rig_counts(struct store_rig *r);   /* through a reader */

#endif
