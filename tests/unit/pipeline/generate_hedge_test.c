/* SPDX-License-Identifier: Apache-2.0
 *
 * A second model beside a slow one: who wins, what the loser costs, and every way in which either can end
 * while the other is asked, speaks, or has its intent on the way to the disk. A gate in the store stops the
 * writer thread at a chosen intent, so that what happens meanwhile happens surely.
 */
#include <semaphore.h>

#include "generate_talk.h"
#include "pipeline/retry.h"

static struct {
    sem_t entered, go;
    int n;  /* intents so far; writer thread */
    int at; /* the one that is held; 0 = none */
    int rc; /* what it then answers instead; 0 = what the store says */
} gate;

static int gated_begin(struct store_db *db, struct store_attempt *in, struct err *err)
{
    bool held = ++gate.n == gate.at;
    bool broken = gate.at && gate.n >= gate.at && gate.rc < 0; /* the writer tries such an op once more */
    if (held) {
        sem_post(&gate.entered);
        sem_wait(&gate.go);
    }
    if (held && gate.rc == X_E_LIMIT) {
        in->budget = BUDGET_HARD;
        in->limited_scope = 0;
        return err_set(err, X_E_LIMIT, "the test says so");
    }
    return broken ? err_set(err, gate.rc, "the test says so") : store_sqlite.attempt_begin(db, in, err);
}

static void set(void *ctx)
{
    *(bool *)ctx = true;
}

/* A timer that was started before would have run by now. */
static void patience_passes(struct pipe_rig *r)
{
    struct pause *p;
    bool over = false;
    assert_int_equal(pause_begin(&p, &r->store->loop, 3, set, &over), 0);
    while (!over)
        uv_run(&r->store->loop.uv, UV_RUN_ONCE);
}

static int hedge_setup(void **state)
{
    setup(state);
    struct pipe_rig *r = *state;
    gate.n = gate.at = gate.rc = 0;
    sem_init(&gate.entered, 0, 0);
    sem_init(&gate.go, 0, 0);
    r->ops.attempt_begin = gated_begin;
    stage_kit_set(r->kit, "llm.hedge_ms=1");
    return 0;
}

/* Two models and the built-in one; the first is asked and says nothing. */
static struct fake_slot *begin_slow(struct pipe_rig *r)
{
    struct fake_slot *one = fake_slot_add("one", "gpt-4o-mini");
    fake_slot_add("two", "gpt-4o-mini");
    builtin("Not me.");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    return one;
}

/* The same with the second one's intent held at the gate. */
static struct fake_slot *begin_held(struct pipe_rig *r, int rc)
{
    gate.at = 2;
    gate.rc = rc;
    struct fake_slot *one = begin_slow(r);
    while (sem_trywait(&gate.entered) != 0)
        uv_run(&r->store->loop.uv, UV_RUN_NOWAIT);
    return one;
}

/* The same with both models asked. */
static struct fake_slot *begin_both(struct pipe_rig *r)
{
    struct fake_slot *one = begin_slow(r);
    until_started(r, &fake.slot[1]);
    assert_true(one->running);
    return one;
}

static void says_all(struct fake_slot *s)
{
    fake_say(s, ANSWER);
    fake_end(s, fake_result(LLM_OK));
}

static int64_t rows(struct pipe_rig *r, const char *outcome)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "select count(*) from llm_attempt where outcome = '%s'", outcome);
    return pipe_rig_number(r, sql);
}

/* ---- who wins ---- */

static void hedge__the_second_answers_and_the_first_is_paid_too(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    clock_fake(STAGE_KIT_WALL_MS + 3000, 1000000 + 3000);
    says_all(two);
    answered(r, "two");
    assert_int_equal(one->lost, 1);
    assert_int_equal(one->waited_us, 3000000);
    assert_int_equal(one->reports, 0);
    assert_true(stage_kit_warned(r->kit, "provider_fallback"));
    assert_string_equal(tried(r), "one:cancelled two:ok");
    assert_int_equal(r->kit->turn.upstream_us, 3000000); /* not twice */
    assert_true(pipe_rig_number(r, "select cost_nusd from llm_attempt where outcome = 'cancelled'") > 0);
    assert_int_equal(pipe_rig_number(r, "select tokens_out from llm_attempt where outcome = 'cancelled'"), 0);
    assert_int_equal(pipe_rig_number(r, "select count(*) from usage"), 1);
    assert_int_equal(pipe_rig_number(r, "select cost_nusd from usage"), r->kit->turn.answer.cost_nusd);
    assert_int_equal(pipe_rig_number(r, "select sum(reserved_nusd) from spend"), 0);
}

static void hedge__the_first_speaks_after_all(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    says_all(one);
    answered(r, "one");
    assert_int_equal(two->lost, 1);
    assert_false(stage_kit_warned(r->kit, "provider_fallback"));
    assert_int_equal(r->kit->restarts, 0);
    assert_int_equal(rows(r, "cancelled"), 1);
}

static void hedge__none_beside_one_that_has_spoken(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_slow(r);
    fake_say(one, "Gas is ");
    patience_passes(r);
    fake_say(one, "the fee for a transaction [1].");
    fake_end(one, fake_result(LLM_OK));
    answered(r, "one");
    assert_int_equal(fake.slot[1].starts, 0);
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt"), 1);
}

static void hedge__a_source_is_a_sign_of_life(void **state)
{
    static const struct llm_citation c = { 1, "https://example.org/a", "A", "" };
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    two->cites = true;
    two->sink.citation(two->sink.ctx, &c);
    assert_int_equal(one->lost, 1);
    assert_true(r->kit->turn.citations.own);
    says_all(two);
    answered(r, "two");
    assert_int_equal(r->kit->turn.citations.len, 1);
}

static void hedge__the_winner_breaks_off_and_the_loser_is_asked_anew(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    fake_say(one, "It brings guaranteed returns. And it");
    fake_end(one, fake_result(LLM_CUT));
    until_started(r, two);
    says_all(two);
    answered(r, "two");
    assert_int_equal(r->kit->restarts, 1);
    assert_false(stage_kit_warned(r->kit, "danger_phrase"));
    assert_string_equal(tried(r), "two:cancelled one:cut two:ok");
}

static void hedge__is_never_the_built_in_one(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *last = builtin("Not me.");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    patience_passes(r);
    says_all(one);
    answered(r, "one");
    assert_int_equal(last->starts, 0);
}

/* ---- one of them fails ---- */

static void hedge__fails_and_the_first_goes_on(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    fake_end(two, fake_result(LLM_TRANSIENT));
    assert_true(one->running);
    says_all(one);
    answered(r, "one");
    assert_int_equal(one->starts, 1);
    assert_int_equal(two->reports, 1);
    assert_string_equal(tried(r), "two:failed one:ok");
}

static void hedge__goes_on_when_the_first_fails(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    fake_end(one, fake_result(LLM_TRANSIENT));
    says_all(two);
    answered(r, "two");
    assert_int_equal(one->starts, 1);
}

static void hedge__both_fail_in_one_round(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    fake_end(two, fake_result(LLM_CUT));
    fake_end(one, fake_result(LLM_CUT));
    answered(r, "extractive");
    assert_string_equal(tried(r), "two:cut one:cut extractive:ok");
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt where outcome = 'cut'"), 2);
}

static void hedge__a_failed_one_is_followed_by_a_third(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m"),
                     *three = fake_slot_add("three", "m");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    until_started(r, two);
    patience_passes(r);
    assert_int_equal(three->starts, 0); /* two at a time */
    fake_end(two, fake_result(LLM_CUT));
    until_started(r, three);
    assert_true(one->running);
    says_all(three);
    answered(r, "three");
    assert_int_equal(one->lost, 1);
}

static void hedge__the_first_takes_another_key_beside_it(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    one->keys = 2;
    fake_end(one, fake_result(LLM_RATE));
    until_started(r, one);
    assert_true(two->running);
    says_all(one);
    answered(r, "one");
    assert_int_equal(two->lost, 1);
}

/* ---- while its intent is written ---- */

static void intent__the_first_fails_meanwhile(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, 0), *two = &fake.slot[1];
    fake_end(one, fake_result(LLM_TRANSIENT));
    assert_int_equal(two->starts, 0);
    sem_post(&gate.go);
    until_started(r, two);
    says_all(two);
    answered(r, "two");
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt"), 2);
}

static void intent__the_first_speaks_meanwhile(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, 0), *two = &fake.slot[1];
    fake_say(one, "Gas is ");
    sem_post(&gate.go);
    while (pipe_rig_number(r, "select count(*) from llm_attempt where outcome = 'cancelled'") == 0)
        uv_run(&r->store->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(two->starts, 0);
    fake_say(one, "half");
    fake_end(one, fake_result(LLM_CUT));
    until_started(r, two); /* it was never asked, so it still may be */
    says_all(two);
    answered(r, "two");
    assert_string_equal(tried(r), "one:cut two:ok");
}

static void intent__the_first_is_done_meanwhile_and_waits_for_the_disk(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, 0);
    says_all(one);
    patience_passes(r);
    assert_int_equal(r->kit->finished, 0);
    sem_post(&gate.go);
    answered(r, "one");
    assert_int_equal(fake.slot[1].starts, 0);
    assert_int_equal(rows(r, "cancelled"), 1);
    assert_int_equal(pipe_rig_number(r, "select tokens_in + cost_nusd from llm_attempt where n = 2"), 0);
    assert_int_equal(pipe_rig_number(r, "select sum(reserved_nusd) from spend"), 0);
}

static void intent__a_budget_forbids_it_and_nobody_is_told(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, X_E_LIMIT);
    sem_post(&gate.go);
    flush(r); /* its answer was before this one's */
    assert_true(one->running);
    says_all(one);
    answered(r, "one");
    assert_false(stage_kit_warned(r->kit, "budget_hard"));
    assert_int_equal(fake.slot[1].starts, 0);
}

static void intent__a_budget_forbids_it_when_the_first_has_failed(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, X_E_LIMIT);
    fake_end(one, fake_result(LLM_CUT));
    sem_post(&gate.go);
    answered(r, "extractive");
    assert_int_equal(fake.slot[1].starts, 0);
}

static void intent__a_broken_disk_leaves_the_first_alone(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, -ENOSPC);
    sem_post(&gate.go);
    flush(r); /* its answer was before this one's */
    says_all(one);
    answered(r, "one");
    assert_int_equal(fake.slot[1].starts, 0);
}

static void intent__a_broken_disk_and_nobody_else_fails_the_turn(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, -ENOSPC);
    fake_end(one, fake_result(LLM_CUT));
    sem_post(&gate.go);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "attempt ledger"));
}

/* ---- cancel ---- */

static void drained_from(struct pipe_rig *r, int64_t cancelled)
{
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "draining"));
    assert_int_equal(r->kit->delivered, 0);
    flush(r);
    assert_int_equal(rows(r, "cancelled"), cancelled);
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt where outcome = ''"), 0);
    assert_int_equal(pipe_rig_number(r, "select sum(reserved_nusd) from spend"), 0);
}

static void cancel__before_the_hedge(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_slow(r); /* the patience is running */
    pipeline_cancel(&r->kit->turn);
    assert_int_equal(r->kit->finished, 1);
    patience_passes(r);
    drained_from(r, 1);
    assert_int_equal(one->cancels, 1);
    assert_int_equal(fake.slot[1].starts, 0);
}

static void cancel__while_the_intent_of_the_hedge_is_written(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_held(r, 0);
    pipeline_cancel(&r->kit->turn);
    assert_int_equal(one->cancels, 1);
    assert_int_equal(r->kit->finished, 0); /* the row is in the turn's memory */
    pipeline_cancel(&r->kit->turn);        /* twice is once */
    sem_post(&gate.go);
    drained_from(r, 2);
    assert_int_equal(fake.slot[1].starts, 0);
}

static void cancel__while_both_are_asked(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r);
    pipeline_cancel(&r->kit->turn);
    drained_from(r, 2);
    assert_int_equal(one->cancels + fake.slot[1].cancels, 2);
    assert_int_equal(one->lost + fake.slot[1].lost, 0); /* neither was slow */
    assert_true(pipe_rig_number(r, "select min(tokens_in) from llm_attempt") > 100);
}

static void cancel__after_the_hedge_has_won(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *two = &fake.slot[1];
    begin_both(r);
    fake_say(two, "One is out. Two");
    pipeline_cancel(&r->kit->turn);
    drained_from(r, 2);
    assert_int_equal(pipe_rig_number(r, "select tokens_out from llm_attempt where provider = 'two'"), 4);
    assert_int_equal(pipe_rig_number(r, "select tokens_out from llm_attempt where provider = 'one'"), 0);
}

static void cancel__of_a_turn_whose_client_left_bills_nobody(void **state)
{
    struct pipe_rig *r = *state;
    begin_both(r);
    pipeline_abandon(&r->kit->turn);
    finished(r, NEXT);
    stage_kit_notice(r->kit, "cancelled");
    assert_int_equal(rows(r, "cancelled"), 2);
    assert_int_equal(pipe_rig_number(r, "select count(*) from usage"), 0);
}

static void hurry__ends_both_when_one_fails(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = begin_both(r), *two = &fake.slot[1];
    r->kit->pipe.hurry = true;
    fake_end(one, fake_result(LLM_CUT));
    drained_from(r, 1);
    assert_int_equal(two->cancels, 1);
}

static void drained__reaches_the_winner(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *two = &fake.slot[1];
    begin_both(r);
    r->kit->full = 1;
    assert_int_equal(fake_say(two, "One is out. Two"), X_E_FULL);
    pipeline_drained(&r->kit->turn);
    assert_int_equal(two->resumes, 1);
    assert_int_equal(fake.slot[0].resumes, 0);
    fake_say(two, " is out.");
    fake_end(two, fake_result(LLM_OK));
    answered(r, "two");
}

#define HEDGE(f) cmocka_unit_test_setup_teardown(f, hedge_setup, pipe_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEDGE(hedge__the_second_answers_and_the_first_is_paid_too),
        HEDGE(hedge__the_first_speaks_after_all),
        HEDGE(hedge__none_beside_one_that_has_spoken),
        HEDGE(hedge__a_source_is_a_sign_of_life),
        HEDGE(hedge__the_winner_breaks_off_and_the_loser_is_asked_anew),
        HEDGE(hedge__is_never_the_built_in_one),
        HEDGE(hedge__fails_and_the_first_goes_on),
        HEDGE(hedge__goes_on_when_the_first_fails),
        HEDGE(hedge__both_fail_in_one_round),
        HEDGE(hedge__a_failed_one_is_followed_by_a_third),
        HEDGE(hedge__the_first_takes_another_key_beside_it),
        HEDGE(intent__the_first_fails_meanwhile),
        HEDGE(intent__the_first_speaks_meanwhile),
        HEDGE(intent__the_first_is_done_meanwhile_and_waits_for_the_disk),
        HEDGE(intent__a_budget_forbids_it_and_nobody_is_told),
        HEDGE(intent__a_budget_forbids_it_when_the_first_has_failed),
        HEDGE(intent__a_broken_disk_leaves_the_first_alone),
        HEDGE(intent__a_broken_disk_and_nobody_else_fails_the_turn),
        HEDGE(cancel__before_the_hedge),
        HEDGE(cancel__while_the_intent_of_the_hedge_is_written),
        HEDGE(cancel__while_both_are_asked),
        HEDGE(cancel__after_the_hedge_has_won),
        HEDGE(cancel__of_a_turn_whose_client_left_bills_nobody),
        HEDGE(hurry__ends_both_when_one_fails),
        HEDGE(drained__reaches_the_winner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
