/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop thread: one libuv loop that owns all sockets and timers, and the only door
 * into it from other threads (loop_post).
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <uv.h>

#include <parley/status.h>

/* Something to run on the loop thread; embedded in its owner, which must outlive the run. */
struct task {
    void (*run)(struct task *t);
    struct task *next;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_mutex_t lock;
    struct task *head, **tail;
    bool shut;
};

int loop_open(struct loop *l, struct err *err);
/* Any thread, until loop_run returns after loop_shut. FIFO. Runs in a later loop round, also when
 * posted by the loop thread itself. Wakes the loop only when the list was empty. */
void loop_post(struct loop *l, struct task *t);
void loop_run(struct loop *l); /* until every handle is closed */
/* Loop thread: closes the door (posted tasks still pending are run first); loop_run then returns once
 * the others closed too. What a closing owner on the loop thread posts meanwhile still runs. */
void loop_shut(struct loop *l);
int loop_close(struct loop *l); /* after loop_run returned: 0, or -EBUSY when a handle leaked */

/* A one-shot timer with a safe stop: loop thread only. */
struct timer {
    uv_timer_t uv;
    void (*run)(struct timer *t);
    void (*closed)(struct timer *t);
};
void timer_open(struct timer *t, struct loop *l, void (*run)(struct timer *t));
void timer_start(struct timer *t, int64_t after_ms); /* restarts */
void timer_stop(struct timer *t);
/* The memory may go only in `closed` (NULL: static owner that outlives the loop). */
void timer_close(struct timer *t, void (*closed)(struct timer *t));

#endif
