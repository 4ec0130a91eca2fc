/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage kit's turn on the real runner: a store with its writer thread, one worker, a small index, cache
 * and limiters on a loop that the test turns by hand. Between two turns of the loop everything stands still,
 * so a test can look (or cancel) while an op is on its way.
 */
#ifndef TESTS_SUPPORT_PIPE_RIG_H
#define TESTS_SUPPORT_PIPE_RIG_H

#include "tests/support/stage_kit.h"
#include "tests/support/store_rig.h"

struct pipe_rig {
    struct stage_kit *kit;
    struct store_rig *store;
    struct store_ops ops; /* store_sqlite; a test may break an entry before pipe_rig_open */
    bool open;
};

int pipe_rig_setup(void **state); /* *state is the rig; nothing is open yet */
int pipe_rig_teardown(void **state);
void pipe_rig_open(struct pipe_rig *r);
/* A new turn of "alice" in "c1" whose message is ingested and claimed under lease "L". */
struct turn *pipe_rig_accept(struct pipe_rig *r, const char *id, const char *text);
void pipe_rig_settle(struct pipe_rig *r); /* turns the loop until the turn is finished */
void pipe_rig_ask(struct pipe_rig *r, const char *id, const char *text); /* accept, pipeline_answer, settle */
/* One number, or the first column as text ("" = no row), from the database. The text is the rig's. */
int64_t pipe_rig_number(struct pipe_rig *r, const char *sql);
const char *pipe_rig_text(struct pipe_rig *r, const char *sql);

#endif
