/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded pool of worker threads for what blocks or costs CPU. run() happens on a
 * worker, done() back on the loop thread.
 */
#ifndef IO_POOL_H
#define IO_POOL_H

#include "io/loop.h"

/* One per thread, made by `open` on that thread, so that its parts need no lock. */
struct worker {
    int index;
    void *state; /* what pool_conf.open made: store reader, regex scratch, ... */
};

struct job {
    void (*run)(struct job *j, struct worker *w);
    void (*done)(struct job *j);
    struct task task; /* of the pool */
    struct job *next;
};

struct pool_conf {
    int threads;
    size_t queue_max; /* jobs waiting, not running */
    int (*open)(struct worker *w, void *ctx, struct err *err);
    void (*close)(struct worker *w, void *ctx);
    void *ctx;
};

struct pool;

int pool_open(struct pool **out, struct loop *l, const struct pool_conf *conf,
              struct err *err);                 /* waits for every open */
int pool_submit(struct pool *p, struct job *j); /* loop thread: 0 or X_E_FULL */
size_t pool_waiting(const struct pool *p);
/* Loop thread, before loop_shut: finishes what is queued, joins. done() of finished jobs still runs on the
 * loop. */
void pool_close(struct pool *p);

#endif
