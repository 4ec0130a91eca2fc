/* SPDX-License-Identifier: Apache-2.0
 *
 * The store contract, first half: how one message becomes one answer. Every transition of the two
 * state machines of parley/store.h, and what each refusal must leave untouched.
 */
#include "tests/contract/store_contract.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPS (k->ops)

static void counts_equal(const struct store_counts *a, const struct store_counts *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

/* ---- T1 ---- */

static void ingest__stores_a_new_message(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    in.lease = NULL;
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    assert_int_equal(out.state, INBOX_RECEIVED);
    assert_string_equal(out.turn_id, "T1");
    assert_null(out.answer_json);
    assert_string_equal(out.consent_given, "");
    assert_int_equal(store_kit_counts(k).inbox[INBOX_RECEIVED], 1);
}

static void ingest__with_a_lease_is_claimed(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested out = store_kit_ingest(k, "1");
    assert_int_equal(out.state, INBOX_CLAIMED);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_CLAIMED], 1);
}

static void ingest__duplicate_tells_of_the_earlier_message(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested first = store_kit_ingest(k, "1"), again;
    struct store_ingest in = store_kit_message(&k->a, "1");
    in.turn_id = "T-another";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &again, &k->err)), X_E_DUPLICATE);
    assert_int_equal(again.inbox_id, first.inbox_id);
    assert_string_equal(again.turn_id, "T1");
    assert_int_equal(again.state, INBOX_CLAIMED);
    assert_true(again.same_body);
    assert_null(again.answer_json);
    in.body_hash = "another hash";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &again, &k->err)), X_E_DUPLICATE);
    assert_false(again.same_body);
}

static void ingest__duplicate_of_an_answered_message_brings_the_stored_bytes(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested again;
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &again, &k->err)), X_E_DUPLICATE);
    assert_int_equal(again.state, INBOX_DONE);
    assert_string_equal(again.answer_json, "{\"answer\":\"that.\"}");
}

static void ingest__duplicate_changes_nothing(void **state)
{
    struct store_kit *k = *state;
    store_kit_ingest(k, "1");
    struct store_counts before = store_kit_counts(k);
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested again;
    in.turn_id = "T-another";
    in.consent_version = "v9";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &again, &k->err)), X_E_DUPLICATE);
    struct store_counts after = store_kit_counts(k);
    counts_equal(&before, &after);
    assert_int_equal(store_kit_quota(k, "2026-11"), 1);
    assert_string_equal(again.consent_given, "");
}

static void ingest__the_key_is_channel_bot_and_id(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    store_kit_ingest(k, "1");
    in.turn_id = "T2";
    in.channel = "telegram";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    in.turn_id = "T3";
    in.bot = "other";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_CLAIMED], 3);
}

static void ingest__keeps_hostile_text_as_it_is(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "'); DROP TABLE inbox; --");
    struct store_ingested out;
    struct store_inbox_row *row;
    size_t n;
    char *large = arena_alloc(&k->a, 300001);
    assert_non_null(large);
    memset(large, 'x', 300000);
    in.lease = NULL;
    in.payload = large;
    in.address = "\xF0\x9F\x98\x80 \" ' % \\ \x01";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW, 0, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(row->external_id, in.external_id);
    assert_string_equal(row->payload, large);
    assert_string_equal(row->address, in.address);
}

static void ingest__an_arena_at_its_cap_breaks_the_op(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    struct arena small;
    arena_init(&small, 0);
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &small, &out, &k->err)), -ENOMEM);
    arena_wipe(&small);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_CLAIMED], 0);
}

/* ---- claim and release ---- */

static void claim__takes_a_waiting_message_once(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested got;
    in.lease = NULL;
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &got, &k->err)), 0);
    struct store_claim c = { .inbox_id = got.inbox_id, .lease = "A", .lease_until_ms = STORE_KIT_NOW + 1 };
    assert_int_equal(TX(k, OPS->claim(k->db, &c, &k->err)), 0);
    assert_int_equal(c.attempt, 1);
    c.lease = "B";
    assert_int_equal(TX(k, OPS->claim(k->db, &c, &k->err)), X_E_LOST);
    struct store_answer under_b = store_kit_answer(&got);
    under_b.lease = "B";
    assert_int_equal(TX(k, OPS->answer(k->db, &under_b, &k->err)), X_E_LOST);
    under_b.lease = "A";
    assert_int_equal(TX(k, OPS->answer(k->db, &under_b, &k->err)), 0);
    assert_int_equal(TX(k, OPS->claim(k->db, &c, &k->err)), X_E_LOST);
    c.inbox_id = 4711;
    assert_int_equal(TX(k, OPS->claim(k->db, &c, &k->err)), X_E_LOST);
}

static int release(struct store_kit *k, int64_t inbox_id, int64_t next_at_ms, bool unattempted,
                   enum inbox_state *state)
{
    struct store_release r = { .inbox_id = inbox_id,
                               .lease = "L",
                               .now_ms = STORE_KIT_NOW,
                               .next_at_ms = next_at_ms,
                               .error = "timeout",
                               .unattempted = unattempted,
                               .notice_json = STORE_KIT_NOTICE };
    int rc = TX(k, k->ops->release(k->db, &r, &k->err));
    *state = r.state;
    return rc;
}

static int reclaim(struct store_kit *k, int64_t inbox_id)
{
    struct store_claim c = { .inbox_id = inbox_id,
                             .lease = "L",
                             .lease_until_ms = STORE_KIT_NOW + STORE_KIT_LEASE_MS };
    assert_int_equal(TX(k, k->ops->claim(k->db, &c, &k->err)), 0);
    return c.attempt;
}

static void release__waits_for_its_time(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_inbox_row *row;
    enum inbox_state now_is;
    size_t n;
    assert_int_equal(release(k, got.inbox_id, STORE_KIT_NOW + 500, false, &now_is), 0);
    assert_int_equal(now_is, INBOX_RECEIVED);
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW + 499, 0, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 0);
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW + 500, 0, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(row->tries, 1);
    assert_true(row->quota.granted); /* the reservation stands */
    assert_int_equal(reclaim(k, got.inbox_id), 2);
}

static void release__without_the_lease_changes_nothing(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_counts before = store_kit_counts(k);
    struct store_release r = {
        .inbox_id = got.inbox_id, .lease = "stale", .error = "", .notice_json = STORE_KIT_NOTICE
    };
    assert_int_equal(TX(k, OPS->release(k->db, &r, &k->err)), X_E_LOST);
    struct store_counts after = store_kit_counts(k);
    counts_equal(&before, &after);
}

static void release__unattempted_does_not_count_but_numbers_the_run(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    enum inbox_state now_is;
    for (int i = 0; i < 2 * STORE_TRIES_MAX; i++) {
        assert_int_equal(release(k, got.inbox_id, 0, true, &now_is), 0);
        assert_int_equal(now_is, INBOX_RECEIVED);
        assert_int_equal(reclaim(k, got.inbox_id), i + 2);
    }
}

static void release__the_fifth_try_is_dead_and_the_person_is_told(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_outbox_row *row;
    enum inbox_state now_is;
    size_t n;
    for (int i = 1; i < STORE_TRIES_MAX; i++) {
        assert_int_equal(release(k, got.inbox_id, 0, false, &now_is), 0);
        assert_int_equal(now_is, INBOX_RECEIVED);
        reclaim(k, got.inbox_id);
    }
    assert_int_equal(store_kit_quota(k, "2026-11"), 1);
    assert_int_equal(release(k, got.inbox_id, 0, false, &now_is), 0);
    assert_int_equal(now_is, INBOX_DEAD);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(row->turn_id, "T1");
    assert_string_equal(row->answer_json, STORE_KIT_NOTICE);
    assert_string_equal(row->payload, "");
    assert_string_equal(row->address, "addr");
    assert_int_equal(store_kit_counts(k).usage, 0);
    struct store_part sent = store_kit_part("T1", 0, OUTBOX_SENT);
    assert_int_equal(TX(k, OPS->part_set(k->db, &sent, &k->err)), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DEAD], 1); /* told, and still dead */
}

/* ---- T2 ---- */

static void answer__writes_turn_bill_and_parts_together(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    const char *json;
    in.parts = 3;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.inbox[INBOX_ANSWERED], 1);
    assert_int_equal(c.turns, 1);
    assert_int_equal(c.usage, 1);
    assert_int_equal(c.outbox[OUTBOX_SENDING], 1); /* the first; the others wait for it */
    assert_int_equal(c.outbox[OUTBOX_PENDING], 2);
    assert_int_equal(OPS->answer_of(k->db, "T1", &k->a, &json, &k->err), 0);
    assert_string_equal(json, in.answer_json);
    assert_int_equal(OPS->answer_of(k->db, "T2", &k->a, &json, &k->err), X_E_NOT_FOUND);
}

static void answer__a_lost_lease_changes_nothing(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    struct store_counts before = store_kit_counts(k);
    in.lease = "stale";
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    in.lease = "L";
    in.turn_id = "another turn";
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    in.turn_id = got.turn_id;
    in.inbox_id++;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    struct store_counts after = store_kit_counts(k);
    counts_equal(&before, &after);
    assert_int_equal(store_kit_quota(k, "2026-11"), 1);
}

static void answer__twice_is_impossible(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    struct store_counts before = store_kit_counts(k);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    store_kit_begin(k); /* nor within one batch with another that is fine */
    struct store_ingest two = store_kit_message(&k->a, "2");
    struct store_ingested out;
    assert_int_equal(OPS->ingest(k->db, &two, &k->a, &out, &k->err), 0);
    assert_int_equal(store_kit_end(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    struct store_counts after = store_kit_counts(k);
    before.inbox[INBOX_CLAIMED]++;
    counts_equal(&before, &after);
}

static void answer__by_a_worker_that_was_reaped_is_refused(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer slow = store_kit_answer(&got);
    int64_t n;
    assert_int_equal(
        TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS, STORE_KIT_NOTICE, &n, &k->err)), 0);
    assert_int_equal(n, 1);
    assert_int_equal(TX(k, OPS->answer(k->db, &slow, &k->err)), X_E_LOST);
    struct store_claim c = { .inbox_id = got.inbox_id,
                             .lease = "other",
                             .lease_until_ms = STORE_KIT_NOW + 9999 };
    assert_int_equal(TX(k, OPS->claim(k->db, &c, &k->err)), 0);
    assert_int_equal(TX(k, OPS->answer(k->db, &slow, &k->err)), X_E_LOST);
    slow.lease = "other";
    assert_int_equal(TX(k, OPS->answer(k->db, &slow, &k->err)), 0);
    assert_int_equal(store_kit_counts(k).usage, 1);
}

static void answer__bounds_its_parts(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    struct store_counts before = store_kit_counts(k);
    in.parts = 0;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_INVALID);
    in.parts = STORE_PARTS_MAX + 1;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LIMIT);
    in.parts = 1;
    in.part_state = OUTBOX_SENT;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_INVALID);
    struct store_counts after = store_kit_counts(k);
    counts_equal(&before, &after);
    in.parts = STORE_PARTS_MAX;
    in.part_state = OUTBOX_PENDING;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(store_kit_counts(k).outbox[OUTBOX_PENDING], STORE_PARTS_MAX);
}

/* ---- parts ---- */

static int part(struct store_kit *k, int n, enum outbox_state to)
{
    struct store_part p = store_kit_part("T1", n, to);
    p.next_at_ms = to == OUTBOX_PENDING ? STORE_KIT_NOW + 100 : 0;
    return TX(k, k->ops->part_set(k->db, &p, &k->err));
}

static void part_set__the_last_settled_part_ends_the_message(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    in.parts = 3;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(part(k, 0, OUTBOX_SENT), 0);
    assert_int_equal(part(k, 1, OUTBOX_UNDELIVERABLE), 0);
    assert_int_equal(part(k, 2, OUTBOX_PENDING), 0);
    assert_int_equal(part(k, 2, OUTBOX_SENDING), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_ANSWERED], 1);
    assert_int_equal(part(k, 2, OUTBOX_DEAD), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DONE], 1);
}

static void part_set__says_whether_another_is_open(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    in.parts = 2;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    for (int i = 0; i < 2; i++) {
        struct store_part p = store_kit_part("T1", i, OUTBOX_SENDING);
        assert_int_equal(TX(k, OPS->part_set(k->db, &p, &k->err)), 0);
        assert_false(p.more);
        p.state = OUTBOX_SENT;
        assert_int_equal(TX(k, OPS->part_set(k->db, &p, &k->err)), 0);
        assert_int_equal(p.more, i == 0);
    }
}

static void part_set__parked_is_settled_and_may_still_be_sent(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(part(k, 0, OUTBOX_PARKED), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DONE], 1);
    assert_int_equal(part(k, 0, OUTBOX_SENT), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DONE], 1);
    assert_int_equal(store_kit_counts(k).outbox[OUTBOX_SENT], 1);
}

static void part_set__a_final_state_stays(void **state)
{
    static const enum outbox_state final[] = { OUTBOX_SENT, OUTBOX_UNDELIVERABLE, OUTBOX_DEAD };
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    in.parts = 3;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(part(k, i, final[i]), 0);
        for (int to = OUTBOX_PENDING; to <= OUTBOX_DEAD; to++)
            assert_int_equal(part(k, i, (enum outbox_state)to), X_E_NOT_FOUND);
    }
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.outbox[OUTBOX_SENT] + c.outbox[OUTBOX_UNDELIVERABLE] + c.outbox[OUTBOX_DEAD], 3);
}

static void part_set__refuses_what_is_not_there(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    assert_int_equal(part(k, 7, OUTBOX_SENT), X_E_NOT_FOUND);
    assert_int_equal(part(k, 0, (enum outbox_state)0), X_E_INVALID);
    assert_int_equal(part(k, 0, (enum outbox_state)7), X_E_INVALID);
}

static void outbox_due__gives_the_first_open_part_of_each_turn(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested one = store_kit_ingest(k, "1"), two = store_kit_ingest(k, "2");
    struct store_answer first = store_kit_answer(&one), second = store_kit_answer(&two);
    struct store_outbox_row *row;
    size_t n;
    first.parts = 3;
    first.part_state = second.part_state = OUTBOX_PENDING;
    assert_int_equal(TX(k, OPS->answer(k->db, &first, &k->err)), 0);
    assert_int_equal(TX(k, OPS->answer(k->db, &second, &k->err)), 0);
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(row[0].turn_id, "T1");
    assert_int_equal(row[0].part, 0);
    assert_string_equal(row[0].payload, "part 0");
    assert_string_equal(row[0].channel, "web");
    assert_string_equal(row[0].bot, "default");
    assert_string_equal(row[1].turn_id, "T2");
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 1, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(part(k, 0, OUTBOX_PENDING),
                     0); /* 429: not before STORE_KIT_NOW + 100, and part 1 waits for it */
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW + 99, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(row[0].turn_id, "T2");
    assert_int_equal(part(k, 0, OUTBOX_SENDING), 0);
    assert_int_equal(part(k, 0, OUTBOX_SENT), 0);
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 2);
    assert_int_equal(row[0].part, 1);
}

/* ---- the ledger ---- */

static void attempt__opens_once_and_closes_once(void **state)
{
    struct store_kit *k = *state;
    struct store_attempt at = { .turn_id = "T1",
                                .turn_attempt = 1,
                                .n = 1,
                                .provider = "p",
                                .model = "m",
                                .now_ms = STORE_KIT_NOW,
                                .outcome = "ok",
                                .tokens_in = 1 };
    assert_int_equal(TX(k, OPS->attempt_end(k->db, &at, &k->err)), X_E_NOT_FOUND);
    assert_int_equal(TX(k, OPS->attempt_begin(k->db, &at, &k->err)), 0);
    assert_int_equal(store_kit_counts(k).attempts_open, 1);
    assert_int_equal(TX(k, OPS->attempt_begin(k->db, &at, &k->err)), X_E_DUPLICATE);
    assert_int_equal(TX(k, OPS->attempt_end(k->db, &at, &k->err)), 0);
    assert_int_equal(TX(k, OPS->attempt_end(k->db, &at, &k->err)), X_E_NOT_FOUND);
    at.turn_attempt = 2;
    assert_int_equal(TX(k, OPS->attempt_begin(k->db, &at, &k->err)), 0);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.attempts, 2);
    assert_int_equal(c.attempts_open, 1);
}

static void rollback__undoes_the_batch(void **state)
{
    struct store_kit *k = *state;
    struct store_counts before = store_kit_counts(k);
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested got;
    store_kit_begin(k);
    assert_int_equal(OPS->ingest(k->db, &in, &k->a, &got, &k->err), 0);
    struct store_answer answer = store_kit_answer(&got);
    assert_int_equal(OPS->answer(k->db, &answer, &k->err), 0);
    OPS->rollback(k->db);
    OPS->rollback(k->db); /* outside a batch: nothing */
    struct store_counts after = store_kit_counts(k);
    counts_equal(&before, &after);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_kit_setup, store_kit_teardown)

int store_contract_turns(const struct store_ops *ops)
{
    const struct CMUnitTest tests[] = {
        CASE(ingest__stores_a_new_message),
        CASE(ingest__with_a_lease_is_claimed),
        CASE(ingest__duplicate_tells_of_the_earlier_message),
        CASE(ingest__duplicate_of_an_answered_message_brings_the_stored_bytes),
        CASE(ingest__duplicate_changes_nothing),
        CASE(ingest__the_key_is_channel_bot_and_id),
        CASE(ingest__keeps_hostile_text_as_it_is),
        CASE(ingest__an_arena_at_its_cap_breaks_the_op),
        CASE(claim__takes_a_waiting_message_once),
        CASE(release__waits_for_its_time),
        CASE(release__without_the_lease_changes_nothing),
        CASE(release__unattempted_does_not_count_but_numbers_the_run),
        CASE(release__the_fifth_try_is_dead_and_the_person_is_told),
        CASE(answer__writes_turn_bill_and_parts_together),
        CASE(answer__a_lost_lease_changes_nothing),
        CASE(answer__twice_is_impossible),
        CASE(answer__by_a_worker_that_was_reaped_is_refused),
        CASE(answer__bounds_its_parts),
        CASE(part_set__the_last_settled_part_ends_the_message),
        CASE(part_set__says_whether_another_is_open),
        CASE(part_set__parked_is_settled_and_may_still_be_sent),
        CASE(part_set__a_final_state_stays),
        CASE(part_set__refuses_what_is_not_there),
        CASE(outbox_due__gives_the_first_open_part_of_each_turn),
        CASE(attempt__opens_once_and_closes_once),
        CASE(rollback__undoes_the_batch),
    };
    print_message("store contract, turns: %s\n", ops->name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#undef CASE
#undef OPS
