/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call is charged to, who may go past a soft limit, and what is said of a limit that was met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/budget.h"
#include "pipeline/cost.h"
#include "tests/support/fake_slots.h"
#include "tests/support/stage_kit.h"

static char log_text[4096];

static void log_keep(void *ctx X_UNUSED, const char *line, size_t len)
{
    strncat(log_text, line, len < sizeof log_text - strlen(log_text) ? len : 0);
}

static int setup(void **state)
{
    fake = (struct llm){ 0 };
    log_text[0] = '\0';
    return stage_kit_setup(state);
}

static struct store_attempt charge(struct stage_kit *k, size_t slot)
{
    struct store_attempt a = { .provider = llm_conf(&fake, slot)->name, .now_ms = clock_wall_ms() };
    assert_int_equal(budget_charge(&k->turn, &a, slot, 1000), 0);
    return a;
}

/* Slots as they stand, in this order. */
static void routed(struct stage_kit *k)
{
    stage_kit_turn(k);
    k->turn.llm = &fake;
    for (size_t i = 0; i < fake.n; i++)
        k->turn.route.slot[k->turn.route.len++] = (int)i;
}

static void charge__is_bot_and_provider_without_limits(void **state)
{
    struct stage_kit *k = *state;
    fake_slot_add("openai", "gpt-4o-mini")->conf.max_tokens = 100;
    routed(k);
    struct store_attempt a = charge(k, 0);
    assert_int_equal(a.scopes, 2);
    assert_string_equal(a.scope[0].name, "bot");
    assert_string_equal(a.scope[1].name, "provider:openai");
    assert_int_equal(a.scope[0].day.hard_nusd, -1);
    assert_int_equal(a.estimate_nusd, 1000 * 150 + 100 * 600);
}

static void charge__names_tier_and_user_where_they_have_limits(void **state)
{
    struct stage_kit *k = *state;
    fake_slot_add("openai", "gpt-4o-mini");
    stage_kit_policy(
        k, "budgets.json",
        "{\"tiers\": {\"FREE\": {\"month\": {\"hard_usd\": 2}}}, \"user\": {\"day\": {\"soft_usd\": 1}}}");
    routed(k);
    memcpy(k->turn.identity.user_key, "alice", sizeof "alice");
    struct store_attempt a = charge(k, 0);
    assert_int_equal(a.scopes, 4);
    assert_string_equal(a.scope[2].name, "tier:FREE");
    assert_int_equal(a.scope[2].month.hard_nusd, 2000000000);
    assert_string_equal(a.scope[3].name, "user:alice");
    assert_int_equal(a.scope[3].day.soft_nusd, 1000000000);
    k->turn.quota.tier = TIER_PRO;
    assert_int_equal(charge(k, 0).scopes, 3);
}

static void charge__lets_the_cheapest_paid_one_past_a_soft_limit(void **state)
{
    struct stage_kit *k = *state;
    fake_slot_add("who", "nobody-lists-it");
    fake_slot_add("big", "gpt-4o");
    struct fake_slot *cheap = fake_slot_add("cheap", "gpt-4o-mini");
    fake_slot_add("extractive", "extractive");
    routed(k);
    assert_false(charge(k, 0).past_soft);
    assert_int_equal(charge(k, 0).estimate_nusd, COST_UNKNOWN);
    assert_false(charge(k, 1).past_soft);
    assert_true(charge(k, 2).past_soft);
    cheap->unusable = true;
    assert_true(charge(k, 1).past_soft);
    fake.slot[1].unusable = true; /* better one of unknown price than none: a hard limit stops it anyway */
    assert_true(charge(k, 0).past_soft);
}

static void charge__fails_without_memory(void **state)
{
    struct stage_kit *k = *state;
    struct store_attempt a = { .provider = "openai" };
    fake_slot_add("openai", "gpt-4o-mini");
    routed(k);
    k->turn.arena.cap_bytes = k->turn.arena.used_bytes;
    assert_true(budget_charge(&k->turn, &a, 0, 1000) < 0);
}

static void heed__warns_every_turn_and_logs_once_without_the_user(void **state)
{
    static const struct store_scope scope = { "user:alice", { -1, 1 }, { -1, -1 } };
    struct stage_kit *k = *state;
    struct store_attempt a = {
        .provider = "openai", .scope = &scope, .scopes = 1, .now_ms = STAGE_KIT_WALL_MS, .budget = BUDGET_HARD
    };
    log_setup(LOG_WARN, LOG_TEXT);
    log_capture(log_keep, NULL);
    for (int i = 0; i < 3; i++) {
        routed(k);
        k->turn.pipeline = &k->pipe;
        budget_heed(&k->turn, &a);
        assert_true(stage_kit_warned(k, "budget_hard"));
    }
    const char *first = strstr(log_text, "budget.hard scope=user period=2026-09-21");
    assert_non_null(first);
    assert_null(strstr(first + 1, "budget.hard"));
    assert_null(strstr(log_text, "alice"));
    a.now_ms += 86400000;
    a.budget = BUDGET_SOFT;
    a.limited_month = true;
    budget_heed(&k->turn, &a);
    log_capture(NULL, NULL);
    log_setup(LOG_OFF, LOG_TEXT);
    assert_non_null(strstr(log_text, "budget.soft scope=user period=2026-09 "));
}

static void heed__within_says_nothing(void **state)
{
    struct stage_kit *k = *state;
    const struct store_attempt a = { .budget = BUDGET_WITHIN, .limited_scope = -1 };
    routed(k);
    budget_heed(&k->turn, &a);
    assert_int_equal(k->turn.validation.warnings, 0);
}

static void scope__of_a_very_long_provider_name_fits(void **state X_UNUSED)
{
    char scope[STORE_SCOPE_BYTES], name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    budget_provider_scope(scope, name);
    assert_int_equal(strlen(scope), STORE_SCOPE_BYTES - 1);
    assert_memory_equal(scope, "provider:nnn", 12);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, stage_kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(charge__is_bot_and_provider_without_limits),
        CASE(charge__names_tier_and_user_where_they_have_limits),
        CASE(charge__lets_the_cheapest_paid_one_past_a_soft_limit),
        CASE(charge__fails_without_memory),
        CASE(heed__warns_every_turn_and_logs_once_without_the_user),
        CASE(heed__within_says_nothing),
        CASE(scope__of_a_very_long_provider_name_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
