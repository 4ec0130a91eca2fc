/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of generate share: a turn that walks the whole table, and models that speak when told to.
 */
#ifndef TESTS_UNIT_PIPELINE_GENERATE_TALK_H
#define TESTS_UNIT_PIPELINE_GENERATE_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include <parley/clock.h>

#include "pipeline/output.h"
#include "tests/support/fake_slots.h"
#include "tests/support/pipe_rig.h"

#define QUESTION "What is the fee for a transaction on Ethereum?"
#define ANSWER   "Gas is the fee for a transaction [1]."

X_UNUSED static int setup(void **state)
{
    fake = (struct llm){ 0 };
    return pipe_rig_setup(state);
}

X_UNUSED static void begin(struct pipe_rig *r, const char *question)
{
    struct turn *t = pipe_rig_accept(r, "1", question);
    t->llm = &fake;
    t->started_mono_us = clock_mono_us();
    pipeline_answer(t);
}

/* Turns the loop until this slot has been started, or the turn is over. */
X_UNUSED static void until_started(struct pipe_rig *r, const struct fake_slot *s)
{
    size_t before = s->starts;
    while (s->starts == before && !r->kit->finished)
        uv_run(&r->store->loop.uv, UV_RUN_ONCE);
    assert_int_equal(s->starts, before + 1);
}

X_UNUSED static void finished(struct pipe_rig *r, enum verdict how)
{
    pipe_rig_settle(r);
    assert_int_equal(r->kit->finished, 1);
    if (r->kit->finished_as == FAIL && how != FAIL)
        fail_msg("%s", r->kit->turn.err.text);
    assert_int_equal(r->kit->finished_as, how);
}

X_UNUSED static struct turn_answer *answered(struct pipe_rig *r, const char *provider)
{
    finished(r, NEXT);
    assert_string_equal(r->kit->turn.answer.code, "ok");
    assert_string_equal(r->kit->turn.answer.provider, provider);
    return &r->kit->turn.answer;
}

X_UNUSED static struct fake_slot *builtin(const char *text)
{
    struct fake_slot *s = fake_slot_add("extractive", "extractive");
    s->text = text;
    s->ends = true;
    return s;
}

/* Writes ledger rows that were given to the store and not waited for. */
X_UNUSED static void flush(struct pipe_rig *r)
{
    store_rig_run(r->store, store_rig_ingest(r->store, "2"));
}

/* "one:cut two:ok", as the turn remembers it. */
X_UNUSED static const char *tried(struct pipe_rig *r)
{
    struct turn *t = &r->kit->turn;
    const char *text = "";
    for (size_t i = 0; i < t->route.tries; i++)
        text = arena_printf(&t->arena, "%s%s%s:%s", text, i ? " " : "", t->route.tried[i].provider,
                            t->route.tried[i].outcome);
    return text;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, pipe_rig_teardown)

#endif
