/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline: a table of stages and the runner that walks it. A turn goes
 *   pipeline_admit -> hooks.admitted (the gateway stores it: T1) -> pipeline_answer -> hooks.finished
 * and hops to a worker and back where the table says so. Loop thread, unless a stage's place says otherwise.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include <parley/adapter.h>
#include <parley/stage.h>

#include "base/match.h"
#include "conf/snapshot.h"
#include "io/limiter.h"
#include "io/pool.h"
#include "knowledge/knowledge.h"
#include "llm/llm.h"
#include "pipeline/budget.h"
#include "pipeline/cache.h"
#include "pipeline/keys.h"
#include "store/cache_file.h"
#include "store/store.h"

/* What each worker thread has of its own: worker->state. */
struct worker_kit {
    struct store_db *reader;
    const struct store_ops *store;
    struct knowledge_reader *knowledge;
    struct match_scratch *scratch;
};

/* What happens around the stages: the gateway's side. All must. */
struct pipeline_hooks {
    void (*refused)(struct turn *t,
                    const struct refusal *why); /* ADMIT answered DONE; the turn is the gateway's */
    void (*admitted)(struct turn *t);
    void (*progress)(struct turn *t, const char *what);
    int (*sentence)(struct turn *t, const char *text, size_t len); /* validated and restored */
    void (*restart)(struct turn *t);
    int (*parts)(struct turn *t);    /* fills turn->parts; 0, -ENOMEM */
    void (*deliver)(struct turn *t); /* T2 is on disk */
    void (*finished)(struct turn *t,
                     enum verdict how); /* NEXT = delivered, FAIL = release it, DONE = lease lost */
};

struct pipeline {
    const struct pipeline_hooks *hooks;
    struct loop *loop;
    struct pool *pool;
    struct store *store;
    struct knowledge *knowledge;
    struct limiter *by_user, *by_ip;
    struct cache *cache;
    struct cache_file *cache_file; /* NULL: memory only */
    struct keys keys;
    struct match_scratch *scratch; /* the loop thread's */
    struct budget_said budget_said;
    bool hurry; /* drain deadline passed: stages that would wait for a model fail */
};

extern const struct stage pipeline_stages[];
extern const size_t pipeline_stage_count;

int pipeline_worker_open(struct worker *w, void *pipeline, struct err *err); /* pool_conf.open */
void pipeline_worker_close(struct worker *w, void *pipeline);

void pipeline_admit(struct turn *t);
void pipeline_answer(struct turn *t);
/* The adapter's slow reader has caught up: the model may go on. */
void pipeline_drained(struct turn *t);
/* Nobody will ever read the answer: what was spent is booked, nothing more is, and the person is not billed.
 */
void pipeline_abandon(struct turn *t);
/* Ends the wait for a model, if the turn is in one: it FAILs with "draining". */
void pipeline_cancel(struct turn *t);

/* Stage helpers. */
enum verdict turn_fail(struct turn *t, int rc, const char *what); /* FAIL with turn->err prefixed */
enum verdict turn_notice(struct turn *t, const char *code,
                         const char *text); /* DONE with this as the answer */

#endif
