/* SPDX-License-Identifier: Apache-2.0
 *
 * The furniture of the store contract: a database per test and messages to put in it.
 */
#include "tests/contract/store_contract.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const struct store_ops *store_kit_ops;

void store_kit_dir_make(char dir[64])
{
    const char *base = getenv("TMPDIR");
    assert_true(snprintf(dir, 64, "%s/parley-store-XXXXXX", base ? base : "/tmp") < 64);
    assert_non_null(mkdtemp(dir));
}

static int remove_one(const char *path, const struct stat *st X_UNUSED, int type X_UNUSED,
                      struct FTW *at X_UNUSED)
{
    return remove(path);
}

void store_kit_dir_remove(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int store_kit_setup(void **state)
{
    struct store_kit *k = calloc(1, sizeof *k);
    assert_non_null(k);
    k->ops = store_kit_ops;
    store_kit_dir_make(k->dir);
    arena_init(&k->a, 8U << 20);
    if (k->ops->open(&k->db, k->dir, false, &k->err) != 0)
        fail_msg("open: %s", k->err.text);
    *state = k;
    return 0;
}

int store_kit_teardown(void **state)
{
    struct store_kit *k = *state;
    if (k->db) /* a test may have closed it, and failed to open it again, on purpose */
        k->ops->close(k->db);
    arena_wipe(&k->a);
    store_kit_dir_remove(k->dir);
    free(k);
    return 0;
}

void store_kit_begin(struct store_kit *k)
{
    k->err.text[0] = '\0';
    if (k->ops->begin(k->db, &k->err) != 0)
        fail_msg("begin: %s", k->err.text);
}

int store_kit_end(struct store_kit *k, int rc)
{
    if (rc < 0)
        k->ops->rollback(k->db);
    else if (k->ops->commit(k->db, &k->err) != 0)
        fail_msg("commit: %s", k->err.text);
    if (rc)
        assert_true(k->err.text[0] != '\0'); /* status.h: every failure has its sentence */
    return rc;
}

struct store_ingest store_kit_message(struct arena *a, const char *id)
{
    return (struct store_ingest){
        .turn_id = arena_printf(a, "T%s", id),
        .channel = "web",
        .bot = "default",
        .external_id = arena_strdup(a, id),
        .user_key = "alice",
        .conv_key = "c1",
        .address = "addr",
        .payload = "{\"text\":\"hi\"}",
        .body_hash = "hash",
        .now_ms = STORE_KIT_NOW,
        .month = "2026-11",
        .default_tier = TIER_FREE,
        .tier_limit = { 100, 1000, -1 },
        .consent_version = "",
        .lease = "L",
        .lease_until_ms = STORE_KIT_NOW + STORE_KIT_LEASE_MS,
    };
}

struct store_ingested store_kit_ingest(struct store_kit *k, const char *id)
{
    struct store_ingest in = store_kit_message(&k->a, id);
    struct store_ingested out;
    assert_int_equal(TX(k, k->ops->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    return out;
}

struct store_answer store_kit_answer(const struct store_ingested *of)
{
    static const char *const part[STORE_PARTS_MAX + 1] = { "part 0", "part 1", "part 2" };
    return (struct store_answer){
        .inbox_id = of->inbox_id,
        .lease = "L",
        .turn_id = of->turn_id,
        .user_key = "alice",
        .conv_key = "c1",
        .channel = "web",
        .question = "what?",
        .answer = "that.",
        .answer_json = "{\"answer\":\"that.\"}",
        .code = "ok",
        .provider = "p",
        .model = "m",
        .tokens_in = 10,
        .tokens_out = 20,
        .cost_nusd = 30,
        .billed = true,
        .month = "2026-11",
        .now_ms = STORE_KIT_NOW,
        .part = part,
        .parts = 1,
        .part_state = OUTBOX_SENDING,
    };
}

struct store_part store_kit_part(const char *turn_id, int part, enum outbox_state state)
{
    return (struct store_part){ .turn_id = turn_id,
                                .part = part,
                                .state = state,
                                .platform_id = "",
                                .error = "",
                                .now_ms = STORE_KIT_NOW };
}

struct store_counts store_kit_counts(struct store_kit *k)
{
    struct store_counts c;
    assert_int_equal(k->ops->counts(k->db, &c, &k->err), 0);
    return c;
}

int64_t store_kit_quota(struct store_kit *k, const char *month)
{
    struct store_ingest in = store_kit_message(&k->a, "quota probe");
    struct store_ingested out;
    in.month = month;
    in.tier_limit[TIER_FREE] = in.tier_limit[TIER_PRO] = in.tier_limit[TIER_ENTERPRISE] = 0;
    store_kit_begin(k);
    assert_int_equal(k->ops->ingest(k->db, &in, &k->a, &out, &k->err), 0);
    k->ops->rollback(k->db);
    assert_false(out.quota.granted);
    return out.quota.used;
}

struct store_ingested store_kit_turn(struct store_kit *k, const char *id, const char *question,
                                     const char *answer, int64_t at_ms)
{
    struct store_ingest in = store_kit_message(&k->a, id);
    struct store_ingested got;
    in.now_ms = at_ms;
    assert_int_equal(TX(k, k->ops->ingest(k->db, &in, &k->a, &got, &k->err)), 0);
    struct store_answer answered = store_kit_answer(&got);
    answered.question = question;
    answered.answer = answer;
    answered.now_ms = at_ms;
    assert_int_equal(TX(k, k->ops->answer(k->db, &answered, &k->err)), 0);
    struct store_part sent = store_kit_part(got.turn_id, 0, OUTBOX_SENT);
    assert_int_equal(TX(k, k->ops->part_set(k->db, &sent, &k->err)), 0);
    return got;
}
