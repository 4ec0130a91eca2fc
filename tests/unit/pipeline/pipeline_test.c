/* SPDX-License-Identifier: Apache-2.0
 *
 * The runner: what it does with each verdict, where a turn goes when there is no room for it, and the order
 * that the table promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <semaphore.h>

#include "tests/support/pipe_rig.h"

static size_t place_of(const char *name)
{
    size_t i = 0;
    while (i < pipeline_stage_count && strcmp(pipeline_stages[i].name, name) != 0)
        i++;
    assert_true(i < pipeline_stage_count);
    return i;
}

static void table__phases_come_in_order_and_waiting_stages_stay_on_the_loop(void **state X_UNUSED)
{
    for (size_t i = 1; i < pipeline_stage_count; i++)
        assert_true(pipeline_stages[i - 1].phase <= pipeline_stages[i].phase);
    assert_int_equal(pipeline_stages[place_of("generate")].where, ON_LOOP);
    assert_int_equal(pipeline_stages[place_of("record")].where, ON_LOOP);
    for (size_t i = 0; i < pipeline_stage_count; i++)
        if (pipeline_stages[i].phase == ADMIT)
            assert_int_equal(pipeline_stages[i].where, ON_LOOP); /* a refusal costs no hop */
}

/* Each of these relies on the one before it. */
static void table__what_protects_comes_before_what_it_protects(void **state X_UNUSED)
{
    static const char *const before[][2] = {
        { "identify", "limit" },  { "limit", "consent" },     { "consent", "redact" },
        { "quota", "generate" },  { "redact", "recall" },     { "redact", "retrieve" },
        { "redact", "generate" }, { "recall", "cache" },      { "screen", "cache" },
        { "route", "generate" },  { "generate", "validate" }, { "validate", "restore" },
        { "restore", "record" },  { "record", "deliver" },
    };
    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        assert_true(place_of(before[i][0]) < place_of(before[i][1]));
}

static void admit__lets_in_and_refuses(void **state)
{
    struct pipe_rig *r = *state;
    struct stage_kit *k = r->kit;
    stage_kit_set(k, "limits.user_per_minute=1");
    pipe_rig_open(r);
    pipeline_admit(&k->turn);
    assert_int_equal(k->admitted, 1);
    assert_null(k->refused.code);
    assert_int_equal(strlen(k->turn.identity.user_key), 64);
    stage_kit_turn(k);
    pipeline_admit(&k->turn);
    assert_int_equal(k->admitted, 0);
    assert_string_equal(k->refused.code, "rate_limited");
    assert_true(k->refused.retry_after_ms > 0);
    assert_non_null(strstr(k->refused.details_json, "\"user\""));
    assert_int_equal(k->finished, 0);
}

static void admit__without_memory_refuses(void **state)
{
    struct pipe_rig *r = *state;
    pipe_rig_open(r);
    r->kit->turn.arena.cap_bytes = 0;
    pipeline_admit(&r->kit->turn);
    assert_string_equal(r->kit->refused.code, "internal");
    assert_int_equal(r->kit->admitted, 0);
}

static void answer__without_memory_gives_the_turn_back(void **state)
{
    struct pipe_rig *r = *state;
    pipe_rig_open(r);
    struct turn *t = pipe_rig_accept(r, "1", "hello");
    t->arena.cap_bytes = 0;
    pipeline_answer(t);
    assert_int_equal(r->kit->finished, 1);
    assert_int_equal(r->kit->finished_as, FAIL);
    assert_non_null(strstr(t->err.text, "memory"));
}

/* A notice of an early stage skips the model and is still recorded and delivered. */
static void answer__done_goes_to_the_final_stages(void **state)
{
    struct pipe_rig *r = *state;
    stage_kit_set(r->kit, "consent.region=eu");
    pipe_rig_open(r);
    pipe_rig_ask(r, "1", "hello");
    assert_int_equal(r->kit->finished_as, NEXT);
    assert_int_equal(r->kit->delivered, 1);
    assert_string_equal(buf_text(&r->kit->progress), ""); /* not even searched */
    stage_kit_notice(r->kit, "consent_required");
}

struct blocker {
    struct job job;
    sem_t begun, go;
};

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        ;
}

static void block(struct job *j, struct worker *w X_UNUSED)
{
    struct blocker *b = CONTAINER_OF(j, struct blocker, job);
    sem_post(&b->begun);
    wait_for(&b->go);
}

static void unblocked(struct job *j X_UNUSED)
{
}

/* The one worker is busy with the first job, the one place in the queue is the second's. */
static void answer__a_full_worker_queue_gives_the_turn_back(void **state)
{
    struct pipe_rig *r = *state;
    struct blocker busy[2] = { 0 };
    pipe_rig_open(r);
    struct turn *t = pipe_rig_accept(r, "1", "hello");
    for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
        busy[i].job.run = block;
        busy[i].job.done = unblocked;
        sem_init(&busy[i].begun, 0, 0);
        sem_init(&busy[i].go, 0, 0);
        assert_int_equal(pool_submit(r->kit->pipe.pool, &busy[i].job), 0);
        if (i == 0)
            wait_for(&busy[0].begun);
    }
    pipeline_answer(t);
    for (size_t i = 0; i < ARRAY_LEN(busy); i++)
        sem_post(&busy[i].go);
    pool_close(r->kit->pipe.pool); /* the jobs end before they go out of scope */
    r->kit->pipe.pool = NULL;
    store_rig_run(r->store, store_rig_ingest(r->store, "2")); /* and so do their done() */
    assert_int_equal(r->kit->finished, 1);
    assert_int_equal(r->kit->finished_as, FAIL);
    assert_non_null(strstr(t->err.text, "worker queue"));
    assert_non_null(strstr(t->err.text, "full"));
}

static int broken_disk(struct store_db *db X_UNUSED, const char *conv_key X_UNUSED, int64_t since_ms X_UNUSED,
                       size_t most X_UNUSED, struct arena *a X_UNUSED, struct store_remark **out X_UNUSED,
                       size_t *n X_UNUSED, struct err *err)
{
    return err_set(err, -EIO, "disk I/O error");
}

static void answer__a_worker_stage_that_fails_gives_the_turn_back(void **state)
{
    struct pipe_rig *r = *state;
    r->ops.memory = broken_disk;
    pipe_rig_open(r);
    pipe_rig_ask(r, "1", "hello");
    assert_int_equal(r->kit->finished_as, FAIL);
    assert_string_equal(r->kit->turn.err.text, "recall: disk I/O error");
    assert_int_equal(r->kit->delivered, 0);
}

/* ---- words ---- */

static void fail__says_what_and_why(void **state)
{
    struct pipe_rig *r = *state;
    struct turn *t = &r->kit->turn;
    assert_int_equal(turn_fail(t, -EIO, "recall"), FAIL);
    assert_string_equal(t->err.text, "recall: EIO");
    err_set(&t->err, -EIO, "parley.db: disk I/O error");
    turn_fail(t, -EIO, "recall");
    assert_string_equal(t->err.text, "recall: parley.db: disk I/O error");
    t->err.text[0] = '\0';
    t->arena.failed = true;
    turn_fail(t, -ENOMEM, "recall");
    assert_string_equal(t->err.text, "recall: turn memory limit");
}

static void notice__is_an_answer_without_model_or_price(void **state)
{
    struct pipe_rig *r = *state;
    assert_int_equal(turn_notice(&r->kit->turn, "blocked", "No."), DONE);
    assert_string_equal(stage_kit_notice(r->kit, "blocked"), "No.");
    assert_string_equal(r->kit->turn.answer.provider, "");
    assert_int_equal(r->kit->turn.answer.cost_nusd, 0);
    assert_true(r->kit->turn.validation.is_safe);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, pipe_rig_setup, pipe_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__phases_come_in_order_and_waiting_stages_stay_on_the_loop),
        cmocka_unit_test(table__what_protects_comes_before_what_it_protects),
        CASE(admit__lets_in_and_refuses),
        CASE(admit__without_memory_refuses),
        CASE(answer__without_memory_gives_the_turn_back),
        CASE(answer__done_goes_to_the_final_stages),
        CASE(answer__a_full_worker_queue_gives_the_turn_back),
        CASE(answer__a_worker_stage_that_fails_gives_the_turn_back),
        CASE(fail__says_what_and_why),
        CASE(notice__is_an_answer_without_model_or_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
