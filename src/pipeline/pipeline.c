/* SPDX-License-Identifier: Apache-2.0
 *
 * The runner. A turn is on exactly one side at a time: the loop walks ON_LOOP stages until it meets an
 * ON_WORKER one, then hands the turn over; the worker runs its neighbouring stages and hands it back.
 * A stage that answers WAIT has arranged for turn_resume(); until then nobody touches the turn.
 */
#include "pipeline/pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/generate.h"
#include "pipeline/stages.h"

struct run {
    struct job job;
    struct turn *turn;
    size_t at;        /* index into pipeline_stages */
    enum verdict hop; /* what the last stage on the worker said */
};

static void run_on(struct turn *t);

static size_t first_of(enum stage_phase phase)
{
    size_t i = 0;
    while (i < pipeline_stage_count && pipeline_stages[i].phase != phase)
        i++;
    return i;
}

static void refuse(struct turn *t)
{
    struct refusal why = { .code = t->answer.code ? t->answer.code : "internal",
                           .message = t->answer.text ? t->answer.text : "",
                           .retry_after_ms = t->answer.retry_after_ms,
                           .details_json = t->answer.details_json };
    t->pipeline->hooks->refused(t, &why);
}

/* Where the turn goes after its current stage said `v`; false = it has left the runner. */
static bool advance(struct turn *t, enum verdict v)
{
    struct run *run = t->run;
    const struct stage *s = &pipeline_stages[run->at];
    t->stage_state = NULL;
    if (v != FAIL)
        t->err.text[0] = '\0'; /* what a stage coped with is not why a later one fails */
    if (s->phase == ADMIT && (v == DONE || v == FAIL)) {
        if (v == FAIL)
            turn_notice(t, "internal", "Something went wrong on our side. Please try again.");
        refuse(t);
        return false;
    }
    if (v == FAIL || (v == DONE && s->phase == FINAL)) {
        t->pipeline->hooks->finished(t, v);
        return false;
    }
    run->at = v == DONE ? first_of(FINAL) : run->at + 1;
    if (s->phase == ADMIT && pipeline_stages[run->at].phase != ADMIT) {
        t->pipeline->hooks->admitted(t);
        return false;
    }
    if (run->at == pipeline_stage_count) {
        t->pipeline->hooks->finished(t, NEXT);
        return false;
    }
    return true;
}

static void hop_run(struct job *j, struct worker *w)
{
    struct run *run = CONTAINER_OF(j, struct run, job);
    for (;;) {
        run->hop = pipeline_stages[run->at].run(run->turn, w);
        if (run->hop != NEXT || run->at + 1 >= pipeline_stage_count ||
            pipeline_stages[run->at + 1].where != ON_WORKER)
            return;
        run->at++;
    }
}

static void hop_done(struct job *j)
{
    struct run *run = CONTAINER_OF(j, struct run, job);
    if (advance(run->turn, run->hop))
        run_on(run->turn);
}

static void run_on(struct turn *t)
{
    struct run *run = t->run;
    for (;;) {
        const struct stage *s = &pipeline_stages[run->at];
        if (s->where == ON_WORKER) {
            int rc = pool_submit(t->pipeline->pool, &run->job);
            if (rc && advance(t, turn_fail(t, rc, "worker queue")))
                continue;
            return;
        }
        enum verdict v = s->run(t, NULL);
        if (v == WAIT || !advance(t, v))
            return;
    }
}

void turn_resume(struct turn *t, enum verdict v)
{
    if (advance(t, v))
        run_on(t);
}

static bool run_begin(struct turn *t, enum stage_phase phase)
{
    struct run *run = arena_alloc(&t->arena, sizeof *run);
    if (!run)
        return false;
    run->turn = t;
    run->at = first_of(phase);
    run->job.run = hop_run;
    run->job.done = hop_done;
    t->run = run;
    t->answer.retry_after_ms = -1;
    return true;
}

void pipeline_admit(struct turn *t)
{
    if (run_begin(t, ADMIT)) {
        run_on(t);
        return;
    }
    turn_notice(t, "internal", "Out of memory.");
    refuse(t);
}

void pipeline_answer(struct turn *t)
{
    if (run_begin(t, ANSWER))
        run_on(t);
    else
        t->pipeline->hooks->finished(t, turn_fail(t, -ENOMEM, "turn memory"));
}

static bool generating(const struct turn *t)
{
    return t->stage_state != NULL; /* only generate waits with state, and only the loop writes it */
}

void pipeline_drained(struct turn *t)
{
    if (generating(t))
        generate_drained(t);
}

void pipeline_abandon(struct turn *t)
{
    t->abandoned = true;
    pipeline_cancel(t);
}

void pipeline_cancel(struct turn *t)
{
    if (generating(t))
        generate_cancel(t);
}

enum verdict turn_fail(struct turn *t, int rc, const char *what)
{
    if (!t->err.text[0])
        err_set(&t->err, rc, "%s: %s", what, t->arena.failed ? "turn memory limit" : status_name(rc));
    else
        err_prefix(&t->err, rc, "%s", what);
    return FAIL;
}

enum verdict turn_notice(struct turn *t, const char *code, const char *text)
{
    t->answer.code = code;
    t->answer.text = t->answer.redacted = text;
    t->answer.provider = t->answer.model = "";
    t->answer.cost_nusd = 0;
    t->validation.is_safe = true;
    t->validation.confidence = 100;
    return DONE;
}

int pipeline_worker_open(struct worker *w, void *pipeline, struct err *err)
{
    struct pipeline *p = pipeline;
    struct worker_kit *kit = calloc(1, sizeof *kit);
    if (!kit)
        return err_set(err, -ENOMEM, "worker %d: out of memory", w->index);
    w->state = kit;
    kit->store = store_ops_of(p->store);
    int rc = store_reader(p->store, &kit->reader, err);
    if (rc == 0)
        rc = knowledge_reader_open(&kit->knowledge, p->knowledge, err);
    if (rc == 0 && !(kit->scratch = match_scratch_new()))
        rc = err_set(err, -ENOMEM, "worker %d: out of memory", w->index);
    if (rc)
        pipeline_worker_close(w, pipeline);
    return rc;
}

void pipeline_worker_close(struct worker *w, void *pipeline X_UNUSED)
{
    struct worker_kit *kit = w->state;
    if (!kit)
        return;
    match_scratch_free(kit->scratch);
    if (kit->knowledge)
        knowledge_reader_close(kit->knowledge);
    if (kit->reader)
        kit->store->close(kit->reader);
    free(kit);
    w->state = NULL;
}
