/* SPDX-License-Identifier: Apache-2.0
 *
 * The store contract, second half: what outlives one turn. Quota, consent, memory, pseudonyms,
 * recovery after a crash, expired leases, pruning, readers.
 */
#include "tests/contract/store_contract.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>

#define OPS    (k->ops)
#define DAY_MS INT64_C(86400000)

/* ---- quota ---- */

static struct store_ingested ingest_as(struct store_kit *k, const char *id, const char *month, int64_t limit)
{
    struct store_ingest in = store_kit_message(&k->a, id);
    struct store_ingested out;
    in.month = month;
    in.tier_limit[TIER_FREE] = limit;
    assert_int_equal(TX(k, k->ops->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    return out;
}

static void quota__the_last_one_is_granted_once(void **state)
{
    struct store_kit *k = *state;
    int granted = 0;
    ingest_as(k, "first", "2026-11", 2);
    store_kit_begin(k);
    for (int i = 0; i < 64; i++) {
        char id[16];
        struct store_ingested out;
        snprintf(id, sizeof id, "m%d", i);
        struct store_ingest in = store_kit_message(&k->a, id);
        in.tier_limit[TIER_FREE] = 2;
        assert_int_equal(OPS->ingest(k->db, &in, &k->a, &out, &k->err), 0);
        granted += out.quota.granted;
        assert_int_equal(out.quota.used, 2);
        assert_int_equal(out.quota.limit, 2);
    }
    store_kit_end(k, 0);
    assert_int_equal(granted, 1);
    assert_int_equal(store_kit_quota(k, "2026-11"), 2);
}

static void quota__minus_one_is_unlimited_and_zero_is_none(void **state)
{
    struct store_kit *k = *state;
    assert_true(ingest_as(k, "1", "2026-11", -1).quota.granted);
    assert_true(ingest_as(k, "2", "2026-11", -1).quota.granted);
    assert_int_equal(store_kit_quota(k, "2026-11"), 2);
    assert_false(ingest_as(k, "3", "2026-11", 0).quota.granted);
}

static void quota__an_unbilled_answer_gives_it_back_once(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&got);
    in.billed = false;
    assert_int_equal(store_kit_quota(k, "2026-11"), 1);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
    assert_int_equal(store_kit_counts(k).usage, 0);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), X_E_LOST);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
}

static void quota__a_refused_message_is_answered_without_a_bill(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = ingest_as(k, "1", "2026-11", 0);
    struct store_answer in = store_kit_answer(&got);
    in.code = "quota_exceeded";
    in.billed = false;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
}

static void quota__an_unmetered_message_takes_nothing(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested got;
    in.unmetered = true;
    in.tier_limit[in.default_tier] = -1;
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &got, &k->err)), 0);
    assert_false(got.quota.granted);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
    struct store_answer out = store_kit_answer(&got);
    out.billed = false;
    assert_int_equal(TX(k, OPS->answer(k->db, &out, &k->err)), 0);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
}

static void quota__each_month_begins_anew(void **state)
{
    struct store_kit *k = *state;
    assert_true(ingest_as(k, "1", "2026-11", 1).quota.granted);
    assert_false(ingest_as(k, "2", "2026-11", 1).quota.granted);
    assert_true(ingest_as(k, "3", "2026-12", 1).quota.granted);
}

static void quota__is_settled_in_the_month_it_was_reserved_in(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = ingest_as(k, "1", "2026-11", 100);
    struct store_answer in = store_kit_answer(&got);
    in.month = "2026-12";
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(store_kit_quota(k, "2026-11"), 1);
    assert_int_equal(store_kit_quota(k, "2026-12"), 0);
}

static void set_tier__decides_the_limit(void **state)
{
    struct store_kit *k = *state;
    assert_int_equal(store_kit_ingest(k, "1").quota.tier, TIER_FREE);
    assert_int_equal(TX(k, OPS->set_tier(k->db, "alice", TIER_PRO, STORE_KIT_NOW, &k->err)), 0);
    struct turn_quota q = store_kit_ingest(k, "2").quota;
    assert_int_equal(q.tier, TIER_PRO);
    assert_int_equal(q.limit, 1000);
    assert_int_equal(q.used, 2);
    assert_int_equal(TX(k, OPS->set_tier(k->db, "alice", TIER_ENTERPRISE, STORE_KIT_NOW, &k->err)), 0);
    assert_int_equal(store_kit_ingest(k, "3").quota.limit, -1);
    assert_int_equal(TX(k, OPS->set_tier(k->db, "alice", TIER_COUNT, STORE_KIT_NOW, &k->err)), X_E_INVALID);
}

/* ---- consent ---- */

static const char *consent_now(struct store_kit *k)
{
    static int serial;
    char id[24];
    snprintf(id, sizeof id, "consent %d", serial++);
    return store_kit_ingest(k, id).consent_given;
}

static void consent__the_latest_word_counts(void **state)
{
    struct store_kit *k = *state;
    assert_string_equal(consent_now(k), "");
    assert_int_equal(TX(k, OPS->consent(k->db, "alice", "v1", true, "web", STORE_KIT_NOW, &k->err)), 0);
    assert_int_equal(TX(k, OPS->consent(k->db, "bob", "v7", true, "web", STORE_KIT_NOW, &k->err)), 0);
    assert_string_equal(consent_now(k), "v1");
    assert_int_equal(TX(k, OPS->consent(k->db, "alice", "v2", true, "web", STORE_KIT_NOW, &k->err)), 0);
    assert_string_equal(consent_now(k), "v2");
    assert_int_equal(TX(k, OPS->consent(k->db, "alice", "v2", false, "web", STORE_KIT_NOW, &k->err)), 0);
    assert_string_equal(consent_now(k), ""); /* not back to v1 */
}

static void consent__comes_with_a_message(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    in.consent_version = "v3";
    assert_int_equal(TX(k, OPS->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    assert_string_equal(out.consent_given, "v3");
    assert_string_equal(consent_now(k), "v3");
}

/* ---- coming back ---- */

static int recover(struct store_kit *k)
{
    return TX(k, k->ops->recover(k->db, STORE_KIT_NOW, STORE_KIT_NOTICE, &k->err));
}

static void claim_again(struct store_kit *k, int64_t inbox_id, int64_t until_ms)
{
    struct store_claim c = { .inbox_id = inbox_id, .lease = "L", .lease_until_ms = until_ms };
    assert_int_equal(TX(k, k->ops->claim(k->db, &c, &k->err)), 0);
}

static void recover__the_third_crash_is_dead_and_the_person_is_told(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_inbox_row *row;
    size_t n;
    for (int i = 1; i < STORE_CRASHES_MAX; i++) {
        assert_int_equal(recover(k), 0);
        assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW, 0, 10, &k->a, &row, &n, &k->err), 0);
        assert_int_equal(n, 1);
        assert_int_equal(row->crashes, i);
        claim_again(k, got.inbox_id, STORE_KIT_NOW);
    }
    assert_int_equal(recover(k), 0);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.inbox[INBOX_DEAD], 1);
    assert_int_equal(c.turns, 1);
    assert_int_equal(c.usage, 0);
    assert_int_equal(c.outbox[OUTBOX_PENDING], 1);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
    struct store_ingest again = store_kit_message(&k->a, "1");
    struct store_ingested out;
    assert_int_equal(TX(k, OPS->ingest(k->db, &again, &k->a, &out, &k->err)), X_E_DUPLICATE);
    assert_int_equal(out.state, INBOX_DEAD);
    assert_string_equal(out.answer_json, STORE_KIT_NOTICE);
}

static void recover__resends_what_was_being_sent_and_closes_attempts(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    struct store_attempt at = { .turn_id = "T1", .turn_attempt = 1, .n = 1, .provider = "p", .model = "m" };
    struct store_answer in = store_kit_answer(&got);
    struct store_outbox_row *row;
    size_t n;
    assert_int_equal(TX(k, OPS->attempt_begin(k->db, &at, &k->err)), 0);
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 0);
    assert_int_equal(recover(k), 0);
    assert_int_equal(OPS->outbox_due(k->db, STORE_KIT_NOW, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_true(row->possible_duplicate);
    assert_int_equal(row->tries, 1);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.attempts_open, 0);
    assert_int_equal(c.inbox[INBOX_ANSWERED], 1); /* an answered message is not run again */
}

static void recover__leaves_settled_messages_alone(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    struct store_counts before = store_kit_counts(k);
    assert_int_equal(recover(k), 0);
    struct store_counts after = store_kit_counts(k);
    assert_memory_equal(&before, &after, sizeof before);
}

static void reap__takes_only_leases_that_ended(void **state)
{
    struct store_kit *k = *state;
    struct store_ingest late = store_kit_message(&k->a, "late");
    struct store_ingested out;
    int64_t n;
    store_kit_ingest(k, "1");
    late.lease_until_ms += 1;
    assert_int_equal(TX(k, OPS->ingest(k->db, &late, &k->a, &out, &k->err)), 0);
    assert_int_equal(
        TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS - 1, STORE_KIT_NOTICE, &n, &k->err)), 0);
    assert_int_equal(n, 0);
    assert_int_equal(
        TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS, STORE_KIT_NOTICE, &n, &k->err)), 0);
    assert_int_equal(n, 1);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.inbox[INBOX_RECEIVED], 1);
    assert_int_equal(c.inbox[INBOX_CLAIMED], 1);
}

static void reap__the_fifth_try_is_dead(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested got = store_kit_ingest(k, "1");
    int64_t n;
    for (int i = 1; i < STORE_TRIES_MAX; i++) {
        assert_int_equal(
            TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS, STORE_KIT_NOTICE, &n, &k->err)), 0);
        assert_int_equal(store_kit_counts(k).inbox[INBOX_RECEIVED], 1);
        claim_again(k, got.inbox_id, STORE_KIT_NOW);
    }
    assert_int_equal(
        TX(k, OPS->reap(k->db, STORE_KIT_NOW + STORE_KIT_LEASE_MS, STORE_KIT_NOTICE, &n, &k->err)), 0);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.inbox[INBOX_DEAD], 1);
    assert_int_equal(c.outbox[OUTBOX_PENDING], 1);
    assert_int_equal(store_kit_quota(k, "2026-11"), 0);
}

static void inbox_due__pages_by_id(void **state)
{
    struct store_kit *k = *state;
    struct store_inbox_row *row;
    size_t n;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        store_kit_ingest(k, id);
    }
    assert_int_equal(recover(k), 0);
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW, 0, 2, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(row[0].turn_id, "T0");
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW, row[1].id, 10, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 3);
    assert_string_equal(row[0].turn_id, "T2");
    assert_string_equal(row[2].external_id, "4");
    assert_int_equal(OPS->inbox_due(k->db, STORE_KIT_NOW, 0, 0, &k->a, &row, &n, &k->err), 0);
    assert_int_equal(n, 0);
}

/* ---- conversation ---- */

static void memory__is_the_latest_oldest_first(void **state)
{
    struct store_kit *k = *state;
    struct store_remark *r;
    size_t n;
    store_kit_turn(k, "old", "q0", "a0", STORE_KIT_NOW - 100);
    store_kit_turn(k, "1", "q1", "a1", STORE_KIT_NOW);
    store_kit_turn(k, "silent", "", "", STORE_KIT_NOW + 1);
    store_kit_turn(k, "2", "q2", "a2", STORE_KIT_NOW + 2);
    assert_int_equal(OPS->memory(k->db, "c1", STORE_KIT_NOW, 10, &k->a, &r, &n, &k->err), 0);
    assert_int_equal(n, 4);
    assert_string_equal(r[0].text, "q1");
    assert_true(r[0].from_user);
    assert_string_equal(r[1].text, "a1");
    assert_false(r[1].from_user);
    assert_string_equal(r[3].text, "a2");
    assert_int_equal(r[3].at_ms, STORE_KIT_NOW + 2);
    assert_int_equal(OPS->memory(k->db, "c1", 0, 3, &k->a, &r, &n, &k->err), 0);
    assert_int_equal(n, 3);
    assert_string_equal(r[0].text, "a1");
    assert_int_equal(OPS->memory(k->db, "c1", 0, 0, &k->a, &r, &n, &k->err), 0);
    assert_int_equal(n, 0);
    assert_int_equal(OPS->memory(k->db, "another", 0, 10, &k->a, &r, &n, &k->err), 0);
    assert_int_equal(n, 0);
}

static void pseudonyms__are_kept_as_they_were_first(void **state)
{
    struct store_kit *k = *state;
    static const struct store_pseudonym made[] = { { "<EMAIL_1>", "\0a\xFF", 3 }, { "<EMAIL_2>", "", 0 } };
    static const struct store_pseudonym other = { "<EMAIL_1>", "b", 1 };
    struct store_ingested one = store_kit_ingest(k, "1"), two = store_kit_ingest(k, "2");
    struct store_answer first = store_kit_answer(&one), second = store_kit_answer(&two);
    struct store_pseudonym *p;
    size_t n;
    first.pseudonym = made;
    first.pseudonyms = 2;
    second.pseudonym = &other;
    second.pseudonyms = 1;
    assert_int_equal(TX(k, OPS->answer(k->db, &first, &k->err)), 0);
    assert_int_equal(TX(k, OPS->answer(k->db, &second, &k->err)), 0);
    assert_int_equal(OPS->pseudonyms(k->db, "c1", &k->a, &p, &n, &k->err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(p[0].placeholder, "<EMAIL_1>");
    assert_int_equal(p[0].sealed_len, 3);
    assert_memory_equal(p[0].sealed, "\0a\xFF", 3);
    assert_int_equal(p[1].sealed_len, 0);
    assert_int_equal(OPS->pseudonyms(k->db, "c2", &k->a, &p, &n, &k->err), 0);
    assert_int_equal(n, 0);
}

/* ---- pruning ---- */

static int prune(struct store_kit *k, int64_t inbox_before, int64_t turn_before, int most)
{
    return TX(k, k->ops->prune(k->db, inbox_before, turn_before, most, &k->err));
}

static void prune__takes_at_most_so_many_of_the_old(void **state)
{
    struct store_kit *k = *state;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        store_kit_turn(k, id, "q", "a", STORE_KIT_NOW - 10 * DAY_MS + i);
    }
    store_kit_turn(k, "new", "q", "a", STORE_KIT_NOW);
    assert_int_equal(prune(k, STORE_KIT_NOW, STORE_KIT_NOW, 0), 0);
    assert_int_equal(prune(k, 0, 0, 100), 0);
    assert_int_equal(store_kit_counts(k).turns, 6);
    assert_int_equal(prune(k, STORE_KIT_NOW - DAY_MS, 0, 2), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DONE], 4);
    assert_int_equal(store_kit_counts(k).outbox[OUTBOX_SENT], 4);
    assert_int_equal(store_kit_counts(k).turns, 6);
    assert_int_equal(prune(k, 0, STORE_KIT_NOW - DAY_MS, 3), 0);
    assert_int_equal(store_kit_counts(k).turns, 3);
    assert_int_equal(prune(k, STORE_KIT_NOW - DAY_MS, STORE_KIT_NOW - DAY_MS, 100), 0);
    struct store_counts c = store_kit_counts(k);
    assert_int_equal(c.inbox[INBOX_DONE], 1);
    assert_int_equal(c.turns, 1);
    assert_int_equal(c.usage, 6); /* bills stay */
}

static void prune__never_takes_what_is_owed(void **state)
{
    struct store_kit *k = *state;
    struct store_ingested answered = store_kit_ingest(k, "answered"), dead = store_kit_ingest(k, "dead");
    struct store_answer in = store_kit_answer(&answered);
    store_kit_ingest(k, "claimed");
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    for (int i = 0; i < STORE_CRASHES_MAX; i++) {
        if (i)
            claim_again(k, dead.inbox_id, 0);
        assert_int_equal(recover(k), 0);
    }
    struct store_counts before = store_kit_counts(k);
    assert_int_equal(before.inbox[INBOX_DEAD], 1);
    assert_int_equal(before.outbox[OUTBOX_PENDING], 2);
    assert_int_equal(prune(k, STORE_KIT_NOW + DAY_MS, STORE_KIT_NOW + DAY_MS, 100), 0);
    struct store_counts after = store_kit_counts(k);
    assert_memory_equal(&before, &after, sizeof before);
    struct store_part told = store_kit_part(dead.turn_id, 0, OUTBOX_SENT);
    assert_int_equal(TX(k, OPS->part_set(k->db, &told, &k->err)), 0);
    assert_int_equal(prune(k, STORE_KIT_NOW + DAY_MS, STORE_KIT_NOW + DAY_MS, 100), 0);
    assert_int_equal(store_kit_counts(k).inbox[INBOX_DEAD], 0);
    assert_int_equal(store_kit_counts(k).turns, 1);
}

static void prune__pseudonyms_go_with_the_last_turn(void **state)
{
    struct store_kit *k = *state;
    static const struct store_pseudonym made = { "<EMAIL_1>", "x", 1 };
    struct store_ingested one = store_kit_ingest(k, "1");
    struct store_answer in = store_kit_answer(&one);
    struct store_pseudonym *p;
    size_t n;
    in.pseudonym = &made;
    in.pseudonyms = 1;
    assert_int_equal(TX(k, OPS->answer(k->db, &in, &k->err)), 0);
    struct store_part sent = store_kit_part(one.turn_id, 0, OUTBOX_SENT);
    assert_int_equal(TX(k, OPS->part_set(k->db, &sent, &k->err)), 0);
    store_kit_turn(k, "2", "see <EMAIL_1>", "a", STORE_KIT_NOW + 2 * DAY_MS);
    assert_int_equal(prune(k, 0, STORE_KIT_NOW + DAY_MS, 10), 0);
    assert_int_equal(OPS->pseudonyms(k->db, "c1", &k->a, &p, &n, &k->err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(prune(k, 0, STORE_KIT_NOW + 3 * DAY_MS, 10), 0);
    assert_int_equal(OPS->pseudonyms(k->db, "c1", &k->a, &p, &n, &k->err), 0);
    assert_int_equal(n, 0);
}

/* ---- readers ---- */

static void reader__sees_what_is_committed_and_cannot_write(void **state)
{
    struct store_kit *k = *state;
    struct store_db *reader;
    struct store_counts c;
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    assert_int_equal(OPS->open(&reader, k->dir, true, &k->err), 0);
    store_kit_begin(k);
    assert_int_equal(OPS->ingest(k->db, &in, &k->a, &out, &k->err), 0);
    assert_int_equal(OPS->counts(reader, &c, &k->err), 0);
    assert_int_equal(c.inbox[INBOX_CLAIMED], 0);
    store_kit_end(k, 0);
    assert_int_equal(OPS->counts(reader, &c, &k->err), 0);
    assert_int_equal(c.inbox[INBOX_CLAIMED], 1);
    assert_true(OPS->set_tier(reader, "alice", TIER_PRO, STORE_KIT_NOW, &k->err) < 0);
    OPS->close(reader);
}

static void reader__of_nothing_is_an_error(void **state)
{
    struct store_kit *k = *state;
    struct store_db *reader = NULL;
    char dir[96];
    snprintf(dir, sizeof dir, "%s/none", k->dir);
    assert_int_equal(OPS->open(&reader, dir, true, &k->err), -ENOENT);
    assert_non_null(strstr(k->err.text, dir));
    assert_null(reader);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_kit_setup, store_kit_teardown)

int store_contract_life(const struct store_ops *ops)
{
    const struct CMUnitTest tests[] = {
        CASE(quota__the_last_one_is_granted_once),
        CASE(quota__minus_one_is_unlimited_and_zero_is_none),
        CASE(quota__an_unbilled_answer_gives_it_back_once),
        CASE(quota__a_refused_message_is_answered_without_a_bill),
        CASE(quota__an_unmetered_message_takes_nothing),
        CASE(quota__each_month_begins_anew),
        CASE(quota__is_settled_in_the_month_it_was_reserved_in),
        CASE(set_tier__decides_the_limit),
        CASE(consent__the_latest_word_counts),
        CASE(consent__comes_with_a_message),
        CASE(recover__the_third_crash_is_dead_and_the_person_is_told),
        CASE(recover__resends_what_was_being_sent_and_closes_attempts),
        CASE(recover__leaves_settled_messages_alone),
        CASE(reap__takes_only_leases_that_ended),
        CASE(reap__the_fifth_try_is_dead),
        CASE(inbox_due__pages_by_id),
        CASE(memory__is_the_latest_oldest_first),
        CASE(pseudonyms__are_kept_as_they_were_first),
        CASE(prune__takes_at_most_so_many_of_the_old),
        CASE(prune__never_takes_what_is_owed),
        CASE(prune__pseudonyms_go_with_the_last_turn),
        CASE(reader__sees_what_is_committed_and_cannot_write),
        CASE(reader__of_nothing_is_an_error),
    };
    print_message("store contract, life: %s\n", ops->name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int store_contract_run(const struct store_ops *ops)
{
    store_kit_ops = ops;
    return store_contract_turns(ops) + store_contract_life(ops) + store_contract_person(ops) +
           store_contract_spend(ops);
}
#undef CASE
#undef OPS
