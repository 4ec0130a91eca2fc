/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer thread: group commit, who fails when something breaks, opening and closing, readers.
 * What happens to the disk and to the process is in store_crash_test.c.
 */
#include "tests/support/store_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <parley/clock.h>

/* ---- a back end that can be held up and broken ---- */

static struct store_ops faulty;
static uv_sem_t gate;
static atomic_int begins_to_gate, begins_to_fail, commits_to_fail;

static int faulty_begin(struct store_db *db, struct err *err)
{
    if (atomic_load(&begins_to_gate) > 0) {
        atomic_fetch_sub(&begins_to_gate, 1);
        uv_sem_wait(&gate);
    }
    if (atomic_load(&begins_to_fail) > 0) {
        atomic_fetch_sub(&begins_to_fail, 1);
        return err_set(err, -EBUSY, "begin: made to fail");
    }
    return store_sqlite.begin(db, err);
}

static int faulty_commit(struct store_db *db, struct err *err)
{
    if (atomic_load(&commits_to_fail) > 0) {
        atomic_fetch_sub(&commits_to_fail, 1);
        return err_set(err, -EIO, "commit: made to fail");
    }
    return store_sqlite.commit(db, err);
}

static void store_rig_open_faulty(struct store_rig *r)
{
    faulty = store_sqlite;
    faulty.begin = faulty_begin;
    faulty.commit = faulty_commit;
    begins_to_gate = begins_to_fail = commits_to_fail = 0;
    assert_int_equal(uv_sem_init(&gate, 0), 0);
    store_rig_open(r, &faulty);
}

/* Submits ops while the writer stands at the gate: with the clock frozen they are one batch. */
static void one_batch(struct store_rig *r, struct store_op *const *op, size_t n)
{
    clock_fake(STORE_KIT_NOW, 1);
    atomic_store(&begins_to_gate, 1);
    for (size_t i = 0; i < n; i++)
        store_rig_submit(r, op[i]);
    uv_sem_post(&gate);
    store_rig_settle(r);
    clock_real();
}

static void store_rig_close_faulty(struct store_rig *r)
{
    store_rig_close(r);
    uv_sem_destroy(&gate);
}

/* ---- group commit ---- */

static void store__commits_what_is_queued_together(void **state)
{
    struct store_rig *r = *state;
    struct store_op *op[STORE_BATCH_MAX];
    int64_t commits, ops, before;
    store_rig_open_faulty(r);
    store_stats(r->store, &before, &ops);
    for (int i = 0; i < STORE_BATCH_MAX; i++)
        op[i] = store_rig_ingest_n(r, i);
    one_batch(r, op, STORE_BATCH_MAX);
    store_stats(r->store, &commits, &ops);
    assert_int_equal(commits - before, 1);
    assert_int_equal(ops, STORE_BATCH_MAX);
    assert_int_equal(store_waiting(r->store), 0);
    for (int i = 0; i < STORE_BATCH_MAX; i++)
        assert_int_equal(op[i]->rc, 0);
    store_rig_close_faulty(r);
}

static void store__a_batch_has_an_end(void **state)
{
    struct store_rig *r = *state;
    struct store_op *op[STORE_BATCH_MAX + 1];
    int64_t commits, ops;
    store_rig_open_faulty(r);
    for (size_t i = 0; i < ARRAY_LEN(op); i++)
        op[i] = store_rig_ingest_n(r, (int)i);
    one_batch(r, op, ARRAY_LEN(op));
    store_stats(r->store, &commits, &ops);
    assert_int_equal(commits, 2);
    store_rig_close_faulty(r);
}

static struct store_op *last_reported;

static void in_order(struct store_op *op)
{
    assert_true(!last_reported || op->u.ingest.out.inbox_id == last_reported->u.ingest.out.inbox_id + 1);
    last_reported = op;
    store_rig_reported(op);
}

static void store__reports_in_the_order_of_submission(void **state)
{
    struct store_rig *r = *state;
    last_reported = NULL;
    store_rig_open(r, &store_sqlite);
    for (int i = 0; i < 1000; i++) {
        struct store_op *op = store_rig_ingest_n(r, i);
        op->done = in_order;
        store_rig_submit(r, op);
    }
    store_rig_settle(r);
    assert_int_equal(r->reported, 1000);
    store_rig_close(r);
}

static void again(struct store_op *op)
{
    struct store_rig *r = op->ctx;
    assert_int_equal(op->rc, 0);
    op->done = store_rig_reported;
    op->kind = STORE_SET_TIER;
    op->u.set_tier.user_key = "alice";
    op->u.set_tier.tier = TIER_PRO;
    op->u.set_tier.now_ms = STORE_KIT_NOW;
    r->open--;
    store_rig_submit(r, op);
}

static void store__an_op_may_be_submitted_again_from_done(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    for (int i = 0; i < 200; i++) {
        struct store_op *op = store_rig_ingest_n(r, i);
        op->done = again;
        store_rig_submit(r, op);
    }
    store_rig_settle(r);
    assert_int_equal(r->reported, 200);
    store_rig_close(r);
}

static void store__quota_of_one_left_is_granted_to_one_of_many(void **state)
{
    struct store_rig *r = *state;
    struct store_op *op[64];
    int granted = 0;
    store_rig_open(r, &store_sqlite);
    for (int i = 0; i < 64; i++) {
        op[i] = store_rig_ingest_n(r, i);
        op[i]->u.ingest.in.tier_limit[TIER_FREE] = 1;
        store_rig_submit(r, op[i]);
    }
    store_rig_settle(r);
    for (int i = 0; i < 64; i++)
        granted += op[i]->u.ingest.out.quota.granted;
    assert_int_equal(granted, 1);
    store_rig_close(r);
}

/* ---- every kind of op goes through ---- */

static void attempt_both(struct store_rig *r, const char *turn_id)
{
    for (int end = 0; end < 2; end++) {
        struct store_op *op = store_rig_op(r, end ? STORE_ATTEMPT_END : STORE_ATTEMPT_BEGIN);
        op->u.attempt = (struct store_attempt){
            .turn_id = turn_id, .turn_attempt = 1, .n = 1, .provider = "p", .model = "m", .outcome = "ok"
        };
        assert_int_equal(store_rig_run(r, op), 0);
    }
}

static void store__carries_a_whole_turn(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    struct store_op *in = store_rig_ingest(r, "1"), *release = store_rig_op(r, STORE_RELEASE);
    struct store_op *claim = store_rig_op(r, STORE_CLAIM), *answer = store_rig_op(r, STORE_ANSWER);
    struct store_op *sent = store_rig_op(r, STORE_PART_SET);
    assert_int_equal(store_rig_run(r, in), 0);
    const struct store_ingested *got = &in->u.ingest.out;
    release->u.release = (struct store_release){
        .inbox_id = got->inbox_id, .lease = "L", .error = "e", .notice_json = STORE_KIT_NOTICE
    };
    assert_int_equal(store_rig_run(r, release), 0);
    claim->u.claim =
        (struct store_claim){ .inbox_id = got->inbox_id, .lease = "M", .lease_until_ms = STORE_KIT_NOW };
    assert_int_equal(store_rig_run(r, claim), 0);
    assert_int_equal(claim->u.claim.attempt, 2);
    attempt_both(r, got->turn_id);
    answer->u.answer = store_kit_answer(got);
    assert_int_equal(store_rig_run(r, answer), X_E_LOST); /* lease "L" is history */
    answer->u.answer.lease = "M";
    assert_int_equal(store_rig_run(r, answer), 0);
    sent->u.part = store_kit_part(got->turn_id, 0, OUTBOX_SENT);
    assert_int_equal(store_rig_run(r, sent), 0);
    struct store_counts c = store_rig_counts(r);
    assert_int_equal(c.inbox[INBOX_DONE], 1);
    assert_int_equal(c.usage, 1);
    assert_int_equal(c.attempts, 1);
    store_rig_close(r);
}

static void store__carries_the_housekeeping(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    struct store_op *reap = store_rig_op(r, STORE_REAP), *prune = store_rig_op(r, STORE_PRUNE);
    struct store_op *tier = store_rig_op(r, STORE_SET_TIER), *consent = store_rig_op(r, STORE_CONSENT);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "1")), 0);
    reap->u.reap.now_ms = STORE_KIT_NOW + STORE_KIT_LEASE_MS;
    reap->u.reap.notice_json = STORE_KIT_NOTICE;
    assert_int_equal(store_rig_run(r, reap), 0);
    assert_int_equal(reap->u.reap.n, 1);
    prune->u.prune.inbox_before_ms = prune->u.prune.turn_before_ms = STORE_KIT_NOW;
    prune->u.prune.most = 10;
    assert_int_equal(store_rig_run(r, prune), 0);
    tier->u.set_tier.user_key = "alice";
    tier->u.set_tier.tier = TIER_COUNT;
    assert_int_equal(store_rig_run(r, tier), X_E_INVALID);
    assert_true(tier->err.text[0] != '\0');
    consent->u.consent.user_key = "alice";
    consent->u.consent.version = "v1";
    consent->u.consent.channel = "web";
    consent->u.consent.grant = true;
    assert_int_equal(store_rig_run(r, consent), 0);
    struct store_op *unknown = store_rig_op(r, (enum store_kind)99);
    assert_int_equal(store_rig_run(r, unknown), -EINVAL);
    store_rig_close(r);
}

/* ---- who fails when something breaks ---- */

static void store__an_op_that_breaks_fails_alone(void **state)
{
    struct store_rig *r = *state;
    struct store_op *op[9];
    store_rig_open_faulty(r);
    for (int i = 0; i < 9; i++)
        op[i] = store_rig_ingest_n(r, i);
    op[4]->u.ingest.in.turn_id = "T3"; /* breaks a UNIQUE that is nobody's outcome */
    op[6]->u.ingest.in.external_id = "5";
    one_batch(r, op, 9);
    for (int i = 0; i < 9; i++)
        assert_int_equal(op[i]->rc, i == 4 ? -EINVAL : i == 6 ? X_E_DUPLICATE : 0);
    assert_non_null(strstr(op[4]->err.text, "ingest.insert"));
    assert_int_equal(store_rig_counts(r).inbox[INBOX_CLAIMED], 7);
    store_rig_close_faulty(r);
}

static void store__a_failed_commit_fails_its_batch_and_no_other(void **state)
{
    struct store_rig *r = *state;
    struct store_op *op[8], *next;
    store_rig_open_faulty(r);
    for (int i = 0; i < 8; i++)
        op[i] = store_rig_ingest_n(r, i);
    atomic_store(&commits_to_fail, 1);
    one_batch(r, op, 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(op[i]->rc, -EIO);
        assert_string_equal(op[i]->err.text, "commit: made to fail");
    }
    assert_int_equal(store_rig_counts(r).inbox[INBOX_CLAIMED], 0);
    next = store_rig_ingest_n(r, 3);
    assert_int_equal(store_rig_run(r, next), 0); /* as if the first had never been */
    store_rig_close_faulty(r);
}

static void store__a_failed_begin_fails_its_batch_and_no_other(void **state)
{
    struct store_rig *r = *state;
    store_rig_open_faulty(r);
    atomic_store(&begins_to_fail, 1);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "1")), -EBUSY);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "1")), 0);
    store_rig_close_faulty(r);
}

/* ---- open and close ---- */

static void store__makes_a_private_directory(void **state)
{
    struct store_rig *r = *state;
    struct store_rig inner = { .store = NULL };
    struct stat st;
    snprintf(inner.dir, sizeof inner.dir, "%.50s/state", r->dir);
    store_rig_open(&inner, &store_sqlite);
    assert_int_equal(stat(inner.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    store_rig_close(&inner);
}

static void store__names_what_it_cannot_open(void **state)
{
    struct store_rig *r = *state;
    assert_int_equal(loop_open(&r->loop, &r->err), 0);
    assert_int_equal(
        store_open(&r->store, &store_sqlite, "/nonexistent/a/b", &r->loop, STORE_KIT_NOTICE, &r->err),
        -ENOENT);
    assert_non_null(strstr(r->err.text, "/nonexistent/a/b"));
    store_rig_close(r);
}

static void store__recovers_before_anything_else(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    assert_int_equal(store_rig_run(r, store_rig_ingest(r, "1")), 0);
    store_rig_close(r);
    for (int crash = 1; crash <= STORE_CRASHES_MAX; crash++) {
        store_rig_open(r, &store_sqlite);
        struct store_counts c = store_rig_counts(r);
        assert_int_equal(c.inbox[crash < STORE_CRASHES_MAX ? INBOX_RECEIVED : INBOX_DEAD], 1);
        struct store_op *claim = store_rig_op(r, STORE_CLAIM);
        claim->u.claim = (struct store_claim){ .inbox_id = 1, .lease = "L", .lease_until_ms = STORE_KIT_NOW };
        assert_int_equal(store_rig_run(r, claim), crash < STORE_CRASHES_MAX ? 0 : X_E_LOST);
        store_rig_close(r);
    }
}

static void store__close_commits_and_reports_everything(void **state)
{
    struct store_rig *r = *state;
    store_rig_open(r, &store_sqlite);
    for (int i = 0; i < 500; i++) {
        struct store_op *op = store_rig_ingest_n(r, i);
        if (i % 2)
            op->done = NULL; /* nobody waits */
        else
            r->open++;
        store_submit(r->store, op);
    }
    store_rig_close(r);
    assert_int_equal(r->open, 0);
    assert_int_equal(r->reported, 250);
    store_rig_open(r, &store_sqlite);
    assert_int_equal(store_rig_counts(r).inbox[INBOX_RECEIVED], 500); /* claimed then, found by recover */
    store_rig_close(r);
}

/* ---- readers beside the writer ---- */

struct reading {
    struct store_rig *rig;
    uv_thread_t thread;
    struct store_db *db;
    atomic_bool stop;
    bool torn;
};

/* Every turn is ingested and answered in one batch, so no reader may see one without the other. */
static void read_along(void *arg)
{
    struct reading *me = arg;
    int64_t seen = 0;
    while (!atomic_load(&me->stop)) {
        struct store_counts c;
        if (store_sqlite.counts(me->db, &c, NULL) != 0 || c.turns != c.usage || c.turns < seen)
            me->torn = true;
        seen = c.turns;
    }
}

static void store__readers_see_whole_commits(void **state)
{
    struct store_rig *r = *state;
    struct reading reading[2] = { { .rig = r }, { .rig = r } };
    store_rig_open(r, &store_sqlite);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_reader(r->store, &reading[i].db, &r->err), 0);
        assert_int_equal(uv_thread_create(&reading[i].thread, read_along, &reading[i]), 0);
    }
    for (int i = 0; i < 100; i++) {
        struct store_op *in = store_rig_ingest_n(r, i), *answer = store_rig_op(r, STORE_ANSWER);
        assert_int_equal(store_rig_run(r, in), 0);
        answer->u.answer = store_kit_answer(&in->u.ingest.out);
        assert_int_equal(store_rig_run(r, answer), 0);
    }
    for (int i = 0; i < 2; i++) {
        atomic_store(&reading[i].stop, true);
        uv_thread_join(&reading[i].thread);
        store_sqlite.close(reading[i].db);
        assert_false(reading[i].torn);
    }
    store_rig_close(r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_rig_setup, store_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(store__commits_what_is_queued_together),
        CASE(store__a_batch_has_an_end),
        CASE(store__reports_in_the_order_of_submission),
        CASE(store__an_op_may_be_submitted_again_from_done),
        CASE(store__quota_of_one_left_is_granted_to_one_of_many),
        CASE(store__carries_a_whole_turn),
        CASE(store__carries_the_housekeeping),
        CASE(store__an_op_that_breaks_fails_alone),
        CASE(store__a_failed_commit_fails_its_batch_and_no_other),
        CASE(store__a_failed_begin_fails_its_batch_and_no_other),
        CASE(store__makes_a_private_directory),
        CASE(store__names_what_it_cannot_open),
        CASE(store__recovers_before_anything_else),
        CASE(store__close_commits_and_reports_everything),
        CASE(store__readers_see_whole_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
