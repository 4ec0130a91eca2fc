/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking models in turn: what is on disk before and after each call, who is asked next, what a drain does at
 * each point. The turn walks the whole table; the models are fakes that speak when told to.
 */
#include "generate_talk.h"

/* ---- who answers ---- */

static void generate__the_built_in_one_answers_inside_its_start_for_nothing(void **state)
{
    struct pipe_rig *r = *state;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    assert_int_equal(answered(r, "extractive")->cost_nusd, 0);
    assert_string_equal(buf_text(&r->kit->progress), "searching;writing;");
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt"), 0);
    assert_int_equal(fake.slot[0].reports, 0); /* it has no breaker */
}

struct look {
    struct pipe_rig *r;
    int64_t open_rows;
};

static void look(void *ctx)
{
    struct look *l = ctx;
    l->open_rows =
        pipe_rig_number(l->r, "select count(*) from llm_attempt where outcome is null or outcome = ''");
}

static void generate__the_intent_is_on_disk_before_the_call(void **state)
{
    struct pipe_rig *r = *state;
    struct look at_start = { .r = r, .open_rows = -1 };
    struct fake_slot *s = fake_slot_add("openai", "gpt-4o-mini");
    s->on_start = look;
    s->ctx = &at_start;
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, s);
    assert_int_equal(at_start.open_rows, 1);
    assert_int_equal(fake_say(s, ANSWER), 0);
    fake_end(s, fake_result(LLM_OK));
    answered(r, "openai");
    assert_string_equal(pipe_rig_text(r, "select outcome from llm_attempt"), "ok");
    assert_int_equal(s->reports, 1);
}

static void generate__the_model_gets_prompt_question_and_time(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "m");
    stage_kit_set(r->kit, "answer.deadline_ms=5000");
    pipe_rig_open(r);
    begin(r, "Is a@example.org the address for gas?");
    until_started(r, s);
    assert_int_equal(s->req.total_ms, 5000);
    assert_string_equal(s->req.question, "Is <EMAIL_1> the address for gas?");
    assert_int_equal(s->req.messages, 2);
    assert_string_equal(s->req.message[1].text, s->req.question);
    assert_true(s->req.passages->len > 0);
    assert_string_equal(s->req.language, "en");
    fake_say(s, ANSWER);
    fake_end(s, fake_result(LLM_OK));
    answered(r, "openai");
}

static void generate__a_failed_one_is_followed_by_the_next(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m");
    builtin("Not me.");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    fake_say(one, "It brings guaranteed returns. And it");
    fake_end(one, fake_result(LLM_CUT));
    until_started(r, two);
    assert_int_equal(r->kit->restarts, 1);
    fake_say(two, ANSWER);
    fake_end(two, fake_result(LLM_OK));
    assert_string_equal(answered(r, "two")->text, buf_text(&r->kit->heard));
    assert_null(strstr(r->kit->turn.answer.text, "returns")); /* half an answer is no answer */
    assert_true(stage_kit_warned(r->kit, "provider_fallback"));
    assert_false(stage_kit_warned(r->kit, "danger_phrase")); /* nobody reads that any more */
    assert_true(r->kit->turn.validation.is_safe);
    assert_int_equal(one->reported, LLM_CUT);
    assert_int_equal(fake.slot[2].starts, 0);
    assert_string_equal(tried(r), "one:cut two:ok");
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt where outcome <> ''"), 2);
    assert_int_equal(pipe_rig_number(r, "select count(*) from usage"), 1);
}

static void generate__another_key_is_taken_at_once_and_each_once(void **state)
{
    static const enum llm_end end[] = { LLM_RATE, LLM_KEY, LLM_MONEY };
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->keys = ARRAY_LEN(end);
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    for (size_t i = 0; i < ARRAY_LEN(end); i++) {
        until_started(r, one);
        fake_end(one, fake_result(end[i]));
    }
    answered(r, "extractive");
    assert_int_equal(one->starts, 3); /* more than RETRY_MAX would allow in time, and no pause between */
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt"), 3);
    assert_int_equal(pipe_rig_number(r, "select max(n) from llm_attempt"), 3);
}

/* The clock of the test stands still; in the pause it moves on. */
static void pass(struct pipe_rig *r, int64_t ms)
{
    while (!strstr(buf_text(&r->kit->progress), "writing"))
        uv_run(&r->store->loop.uv, UV_RUN_ONCE);
    clock_fake(STAGE_KIT_WALL_MS + ms, 1000000 + ms);
}

static void generate__a_key_that_waits_a_moment_is_waited_for(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *last = builtin("Not me.");
    one->usable_at_ms = 1000000 + 5;
    pipe_rig_open(r);
    begin(r, QUESTION);
    pass(r, 5);
    until_started(r, one);
    fake_say(one, ANSWER);
    fake_end(one, fake_result(LLM_OK));
    answered(r, "one");
    assert_false(stage_kit_warned(r->kit, "provider_fallback"));
    assert_int_equal(last->starts, 0);
}

static void generate__a_key_is_waited_for_once(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->usable_at_ms = 1000000 + 5;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION); /* the clock does not move: another turn was told to wait again */
    answered(r, "extractive");
    assert_int_equal(one->starts, 0);
}

static void generate__who_can_answer_now_is_asked_before_one_that_waits(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m");
    one->usable_at_ms = 1000000 + 4000;
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, two);
    fake_say(two, ANSWER);
    fake_end(two, fake_result(LLM_OK));
    answered(r, "two");
    assert_false(stage_kit_warned(r->kit, "provider_fallback"));
}

static void cancel__while_a_key_is_waited_for(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->usable_at_ms = 1000000 + 4000;
    pipe_rig_open(r);
    begin(r, QUESTION);
    pass(r, 0);
    pipeline_cancel(&r->kit->turn);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "draining"));
    assert_int_equal(one->starts, 0);
}

static void generate__the_turn_remembers_so_many_calls(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->keys = TURN_TRIES_MAX + 3;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    for (unsigned i = 0; i < one->keys; i++) {
        until_started(r, one);
        fake_end(one, fake_result(LLM_KEY));
    }
    answered(r, "extractive");
    assert_int_equal(r->kit->turn.route.tries, TURN_TRIES_MAX);
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt"), TURN_TRIES_MAX + 3);
}

static void generate__no_other_key_helps_against_an_outage(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m");
    one->keys = 3;
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    fake_end(one, fake_result(LLM_TRANSIENT));
    until_started(r, two);
    fake_say(two, ANSWER);
    fake_end(two, fake_result(LLM_OK));
    answered(r, "two");
    assert_int_equal(one->starts, 1);
}

static void generate__keys_do_not_outlive_the_deadline(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->keys = 3;
    builtin(ANSWER);
    stage_kit_set(r->kit, "answer.deadline_ms=5000");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    clock_fake(STAGE_KIT_WALL_MS + 5000, 1000000 + 5000);
    fake_end(one, fake_result(LLM_KEY));
    answered(r, "extractive");
    assert_int_equal(one->starts, 1);
}

static void generate__one_that_does_not_even_start_is_followed_by_the_next(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    one->start_rc = -ECONNREFUSED;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    answered(r, "extractive");
    assert_int_equal(one->reported, LLM_TRANSIENT);
    assert_int_equal(pipe_rig_number(r, "select tokens_in + cost_nusd from llm_attempt"), 0);
}

static void generate__one_that_became_unusable_since_routing_is_left_out(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m");
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    two->unusable = true; /* another turn's failure opened its breaker */
    fake_end(one, fake_result(LLM_CUT));
    answered(r, "extractive");
    assert_int_equal(two->starts, 0);
}

static void generate__when_nobody_can_answer_it_says_so_and_bills_nothing(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    fake_end(one, fake_result(LLM_KEY));
    finished(r, NEXT);
    stage_kit_notice(r->kit, "unavailable");
    assert_int_equal(pipe_rig_number(r, "select count(*) from usage"), 0);
    assert_string_equal(pipe_rig_text(r, "select code from turn"), "unavailable");
}

static void generate__an_endless_answer_is_cut_and_another_is_asked(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m");
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    size_t said = 0;
    for (; one->running && said < 2 * OUTPUT_MAX; said += 64)
        fake_say(one, "A sentence of exactly sixty-four bytes goes on and on and on. . ");
    assert_true(said <= OUTPUT_MAX + 64); /* the rest is neither read nor paid for */
    answered(r, "extractive");
    assert_int_equal(one->cancels, 1);
    assert_int_equal(one->reported, LLM_CUT);
    assert_string_equal(pipe_rig_text(r, "select outcome from llm_attempt"), "cut");
}

static void generate__after_the_deadline_only_the_built_in_one_is_asked(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "m"), *two = fake_slot_add("two", "m");
    builtin(ANSWER);
    stage_kit_set(r->kit, "answer.deadline_ms=5000");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    clock_fake(STAGE_KIT_WALL_MS + 5000, 1000000 + 5000);
    fake_end(one, fake_result(LLM_TIMEOUT_TOTAL));
    answered(r, "extractive");
    assert_int_equal(two->starts, 0);
    assert_int_equal(r->kit->turn.upstream_us, 5000000);
}

/* ---- what it costs ---- */

static struct turn_answer *cost_of(struct pipe_rig *r, const char *model, struct llm_result result)
{
    struct fake_slot *s = fake_slot_add("openai", model);
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, s);
    fake_say(s, ANSWER);
    fake_end(s, result);
    return answered(r, "openai");
}

static void cost__is_usage_times_price(void **state)
{
    struct pipe_rig *r = *state;
    struct llm_result used = fake_result(LLM_OK);
    used.tokens_in = 1000;
    used.tokens_out = 100;
    struct turn_answer *a =
        cost_of(r, "gpt-4o-mini", used); /* policies/prices.json: 0.15 and 0.60 a million */
    assert_int_equal(a->tokens_in, 1000);
    assert_int_equal(a->tokens_out, 100);
    assert_int_equal(a->cost_nusd, 1000 * 150 + 100 * 600);
    assert_int_equal(pipe_rig_number(r, "select cost_nusd from usage"), a->cost_nusd);
    assert_int_equal(pipe_rig_number(r, "select cost_nusd from llm_attempt"), a->cost_nusd);
}

static void cost__a_provider_that_names_it_is_believed(void **state)
{
    struct llm_result used = fake_result(LLM_OK);
    used.cost_nusd = 4711;
    assert_int_equal(cost_of(*state, "gpt-4o-mini", used)->cost_nusd, 4711);
}

static void cost__of_an_unknown_model_is_unknown(void **state)
{
    assert_int_equal(cost_of(*state, "nobody-knows-it", fake_result(LLM_OK))->cost_nusd, -1);
}

static void cost__without_usage_is_estimated(void **state)
{
    struct turn_answer *a = cost_of(*state, "gpt-4o-mini", fake_result(LLM_OK));
    assert_int_equal(a->tokens_out, (int64_t)(sizeof ANSWER - 1 + 3) / 4);
    assert_true(a->tokens_in > 100); /* rules, passage, question */
    assert_int_equal(a->cost_nusd, a->tokens_in * 150 + a->tokens_out * 600);
}

static void cost__refused_before_any_work_is_nothing(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "gpt-4o-mini");
    struct llm_result refused = fake_result(LLM_MONEY);
    refused.status = 429;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    fake_end(one, refused);
    answered(r, "extractive");
    assert_int_equal(pipe_rig_number(r, "select tokens_in + tokens_out + cost_nusd from llm_attempt"), 0);
}

/* ---- slow readers ---- */

static void drained__reaches_the_model_that_runs_and_nobody_else(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "m");
    pipe_rig_open(r);
    begin(r, QUESTION);
    pipeline_drained(&r->kit->turn); /* still searching */
    until_started(r, s);
    r->kit->full = 1;
    assert_int_equal(fake_say(s, "One is out. Two"), X_E_FULL);
    assert_int_equal(s->resumes, 0);
    pipeline_drained(&r->kit->turn);
    assert_int_equal(s->resumes, 1);
    fake_say(s, " is out.");
    fake_end(s, fake_result(LLM_OK));
    pipeline_drained(&r->kit->turn); /* the stage is over */
    assert_int_equal(s->resumes, 1);
    answered(r, "openai");
    assert_non_null(strstr(r->kit->turn.answer.text, "One is out. Two is out."));
}

/* ---- the end of the process ---- */

static void cancel__while_the_intent_is_written_starts_no_call(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "gpt-4o-mini");
    pipe_rig_open(r);
    begin(r, QUESTION);
    while (!strstr(buf_text(&r->kit->progress), "writing"))
        uv_run(&r->store->loop.uv, UV_RUN_ONCE);
    assert_int_equal(s->starts, 0);
    pipeline_cancel(&r->kit->turn);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "draining"));
    assert_int_equal(s->starts, 0);
    flush(r);
    assert_string_equal(pipe_rig_text(r, "select outcome from llm_attempt"), "cancelled");
    assert_int_equal(pipe_rig_number(r, "select tokens_in + tokens_out + cost_nusd from llm_attempt"), 0);
}

static void cancel__of_a_running_call_books_what_it_will_have_cost(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "gpt-4o-mini");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, s);
    fake_say(s, "One is out. Two");
    pipeline_cancel(&r->kit->turn);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "draining"));
    assert_int_equal(s->cancels, 1);
    assert_int_equal(r->kit->delivered, 0);
    flush(r);
    assert_string_equal(pipe_rig_text(r, "select outcome from llm_attempt"), "cancelled");
    assert_true(pipe_rig_number(r, "select tokens_in from llm_attempt") > 100);
    assert_int_equal(pipe_rig_number(r, "select tokens_out from llm_attempt"), 4); /* the held word, too */
    assert_true(pipe_rig_number(r, "select cost_nusd from llm_attempt") > 0);
}

static void cancel__books_nothing_of_the_call_before(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *one = fake_slot_add("one", "gpt-4o-mini");
    struct llm_result used = fake_result(LLM_CUT);
    fake_slot_add("two", "gpt-4o-mini");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, one);
    used.tokens_in = 1000;
    used.tokens_out = 1;
    fake_end(one, used);
    pipeline_cancel(&r->kit->turn); /* the second intent is on its way */
    finished(r, FAIL);
    flush(r);
    assert_int_equal(pipe_rig_number(r, "select sum(tokens_in) from llm_attempt"), 1000);
    assert_int_equal(pipe_rig_number(r, "select count(*) from llm_attempt where outcome = 'cancelled'"), 1);
}

static void cancel__of_a_turn_that_waits_for_no_model_does_nothing(void **state)
{
    struct pipe_rig *r = *state;
    builtin(ANSWER);
    pipe_rig_open(r);
    begin(r, QUESTION);
    pipeline_cancel(&r->kit->turn); /* on the worker */
    answered(r, "extractive");
    pipeline_cancel(&r->kit->turn);
    assert_int_equal(r->kit->finished, 1);
}

static void hurry__does_not_wait_for_a_model(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "m");
    pipe_rig_open(r);
    r->kit->pipe.hurry = true;
    begin(r, QUESTION);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "draining"));
    assert_int_equal(s->starts, 0);
}

/* ---- the disk ---- */

static int no_space(struct store_db *db X_UNUSED, struct store_attempt *in X_UNUSED, struct err *err)
{
    return err_set(err, -ENOSPC, "no space left");
}

static void disk__without_an_intent_there_is_no_call(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "m");
    builtin(ANSWER);
    r->ops.attempt_begin = no_space;
    pipe_rig_open(r);
    begin(r, QUESTION);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "attempt ledger"));
    assert_int_equal(s->starts, 0);
}

static void memory__that_ends_in_the_answer_fails_the_turn(void **state)
{
    struct pipe_rig *r = *state;
    struct fake_slot *s = fake_slot_add("openai", "m");
    pipe_rig_open(r);
    begin(r, QUESTION);
    until_started(r, s);
    r->kit->turn.arena.cap_bytes = r->kit->turn.arena.used_bytes + 512; /* enough to close the ledger */
    for (int i = 0; s->running && i < 100; i++)
        fake_say(s, "A sentence that needs memory. ");
    assert_int_equal(s->cancels, 1);
    finished(r, FAIL);
    assert_non_null(strstr(r->kit->turn.err.text, "memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(generate__the_built_in_one_answers_inside_its_start_for_nothing),
        CASE(generate__the_intent_is_on_disk_before_the_call),
        CASE(generate__the_model_gets_prompt_question_and_time),
        CASE(generate__a_failed_one_is_followed_by_the_next),
        CASE(generate__another_key_is_taken_at_once_and_each_once),
        CASE(generate__a_key_that_waits_a_moment_is_waited_for),
        CASE(generate__a_key_is_waited_for_once),
        CASE(generate__who_can_answer_now_is_asked_before_one_that_waits),
        CASE(cancel__while_a_key_is_waited_for),
        CASE(generate__the_turn_remembers_so_many_calls),
        CASE(generate__no_other_key_helps_against_an_outage),
        CASE(generate__keys_do_not_outlive_the_deadline),
        CASE(generate__one_that_does_not_even_start_is_followed_by_the_next),
        CASE(generate__one_that_became_unusable_since_routing_is_left_out),
        CASE(generate__when_nobody_can_answer_it_says_so_and_bills_nothing),
        CASE(generate__an_endless_answer_is_cut_and_another_is_asked),
        CASE(generate__after_the_deadline_only_the_built_in_one_is_asked),
        CASE(cost__is_usage_times_price),
        CASE(cost__a_provider_that_names_it_is_believed),
        CASE(cost__of_an_unknown_model_is_unknown),
        CASE(cost__without_usage_is_estimated),
        CASE(cost__refused_before_any_work_is_nothing),
        CASE(drained__reaches_the_model_that_runs_and_nobody_else),
        CASE(cancel__while_the_intent_is_written_starts_no_call),
        CASE(cancel__of_a_running_call_books_what_it_will_have_cost),
        CASE(cancel__books_nothing_of_the_call_before),
        CASE(cancel__of_a_turn_that_waits_for_no_model_does_nothing),
        CASE(hurry__does_not_wait_for_a_model),
        CASE(disk__without_an_intent_there_is_no_call),
        CASE(memory__that_ends_in_the_answer_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
