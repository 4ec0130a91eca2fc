/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of candidates from the configured order and the breakers. Nothing is called: the providers' HTTP
 * client stands on a loop that never runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>

#include "io/http.h"
#include "tests/support/stage_kit.h"

struct world {
    struct stage_kit *kit;
    struct loop loop;
    struct http *http;
    struct llm *llm;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct err err;
    void *kit;
    assert_non_null(w);
    stage_kit_setup(&kit);
    w->kit = kit;
    assert_int_equal(loop_open(&w->loop, &err), 0);
    assert_int_equal(http_open(&w->http, &w->loop, &err), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    void *kit = w->kit;
    llm_close(w->llm);
    http_close(w->http);
    loop_shut(&w->loop);
    loop_run(&w->loop);
    assert_int_equal(loop_close(&w->loop), 0);
    stage_kit_teardown(&kit);
    free(w);
    return 0;
}

/* Opens the providers of the settings. */
static void provide(struct world *w)
{
    struct err err = { "" };
    llm_close(w->llm);
    w->llm = NULL;
    if (llm_open(&w->llm, w->kit->config, w->http, &err))
        fail_msg("%s", err.text);
}

/* "a b extractive" */
static const char *routed(struct world *w)
{
    struct turn *t = &w->kit->turn;
    const char *names = "";
    t->route.len = 0;
    t->llm = w->llm;
    assert_int_equal(stage_route(t, NULL), NEXT);
    assert_true(t->route.len <= TURN_CANDIDATES_MAX);
    for (size_t i = 0; i < t->route.len; i++)
        names = arena_printf(&t->arena, "%s%s%s", names, i ? " " : "",
                             llm_conf(w->llm, (size_t)t->route.slot[i])->name);
    return names;
}

static void fail_slot(struct world *w, size_t slot, enum llm_end end, int times)
{
    const struct llm_result r = { .end = end, .retry_after_ms = -1 };
    struct llm_call c = { .slot = slot, .key = 1 };
    while (times--)
        llm_report(w->llm, &c, &r, clock_mono_ms());
}

static void route__without_providers_is_the_built_in_one(void **state)
{
    struct world *w = *state;
    provide(w);
    assert_string_equal(routed(w), "extractive");
}

static void route__keeps_the_configured_order(void **state)
{
    struct world *w = *state;
    stage_kit_set(w->kit, "llm.first.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.second.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.order=second,first");
    provide(w);
    assert_string_equal(routed(w), "second first extractive");
}

static void route__leaves_an_open_breaker_out_and_tries_it_again_in_time(void **state)
{
    struct world *w = *state;
    stage_kit_set(w->kit, "llm.first.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.second.base_url=http://127.0.0.1:9/v1");
    provide(w);
    fail_slot(w, 0, LLM_TRANSIENT, 4);
    assert_string_equal(routed(w), "first second extractive");
    fail_slot(w, 0, LLM_TRANSIENT, 1);
    assert_string_equal(routed(w), "second extractive");
    fail_slot(w, 1, LLM_KEY, 1);
    assert_string_equal(routed(w), "extractive");
    clock_fake(STAGE_KIT_WALL_MS, 1000000 + 30000);
    assert_string_equal(routed(w), "first extractive"); /* a bad key stays bad */
}

static void route__one_that_was_told_to_wait_a_moment_stands_behind_the_others(void **state)
{
    struct world *w = *state;
    struct llm_call c = { .slot = 0, .key = 1 };
    const struct llm_result soon = { .end = LLM_RATE, .retry_after_ms = 5000 };
    const struct llm_result late = { .end = LLM_RATE, .retry_after_ms = 5001 };
    stage_kit_set(w->kit, "llm.first.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.second.base_url=http://127.0.0.1:9/v1");
    provide(w);
    llm_report(w->llm, &c, &soon, clock_mono_ms());
    assert_string_equal(routed(w), "second first extractive");
    llm_report(w->llm, &c, &late, clock_mono_ms());
    assert_string_equal(routed(w), "second extractive");
}

static void route__the_built_in_one_is_there_however_many_others_are(void **state)
{
    static const char *const set[] = {
        "llm.a.base_url=http://127.0.0.1:9/v1", "llm.b.base_url=http://127.0.0.1:9/v1",
        "llm.c.base_url=http://127.0.0.1:9/v1", "llm.d.base_url=http://127.0.0.1:9/v1",
        "llm.e.base_url=http://127.0.0.1:9/v1", "llm.f.base_url=http://127.0.0.1:9/v1",
        "llm.g.base_url=http://127.0.0.1:9/v1",
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(set); i++)
        stage_kit_set(w->kit, set[i]);
    provide(w);
    assert_int_equal(llm_count(w->llm), CONFIG_PROVIDERS_MAX);
    assert_string_equal(routed(w), "a b c d e f g extractive");
}

static void provide_classes(struct world *w)
{
    stage_kit_set(w->kit, "llm.big.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.big.class=research");
    stage_kit_set(w->kit, "llm.small.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.small.class=cheap");
    stage_kit_set(w->kit, "llm.mid.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.mid.class=balanced");
    stage_kit_set(w->kit, "llm.all.base_url=http://127.0.0.1:9/v1");
    stage_kit_set(w->kit, "llm.order=big,small,mid,all");
    provide(w);
}

static const char *routed_as(struct world *w, enum route_class klass)
{
    w->kit->turn.complexity.klass = klass;
    return routed(w);
}

static void route__the_wanted_class_comes_first_then_the_nearest(void **state)
{
    struct world *w = *state;
    provide_classes(w);
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "small all mid big extractive");
    assert_string_equal(routed_as(w, ROUTE_BALANCED), "mid all big small extractive");
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "big all mid small extractive");
}

static void route__well_known_names_have_their_class(void **state)
{
    struct world *w = *state;
    stage_kit_set(w->kit, "llm.gemini.api_key=k1");
    stage_kit_set(w->kit, "llm.openai.api_key=k2");
    stage_kit_set(w->kit, "llm.perplexity.api_key=k3");
    stage_kit_set(w->kit, "llm.order=openai,perplexity,gemini");
    provide(w);
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "gemini openai perplexity extractive");
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "perplexity openai gemini extractive");
}

static void route__an_open_breaker_goes_on_to_the_next_class(void **state)
{
    struct world *w = *state;
    provide_classes(w);
    fail_slot(w, 0, LLM_TRANSIENT, 5); /* big */
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "all mid small extractive");
}

static void route__a_tier_is_kept_to_its_classes(void **state)
{
    struct world *w = *state;
    stage_kit_policy(w->kit, "routing.json", "{\"tiers\": {\"FREE\": [\"cheap\", \"balanced\"]}}");
    stage_kit_turn(w->kit);
    provide_classes(w);
    assert_int_equal(w->kit->turn.quota.tier, TIER_FREE);
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "all mid small extractive");
    w->kit->turn.quota.tier = TIER_PRO;
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "big all mid small extractive");
}

static void route__a_tier_may_have_single_providers_beside_its_classes(void **state)
{
    struct world *w = *state;
    stage_kit_policy(w->kit, "routing.json",
                     "{\"tiers\": {\"FREE\": [\"cheap\", \"big\"], \"PRO\": [\"mid\"]}}");
    stage_kit_turn(w->kit);
    provide_classes(w);
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "big all small extractive");
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "small all big extractive");
    w->kit->turn.quota.tier = TIER_PRO;
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "mid extractive");
}

static void route__a_bot_tied_to_a_provider_asks_no_other(void **state)
{
    struct world *w = *state;
    stage_kit_policy(w->kit, "routing.json",
                     "{\"tiers\": {\"FREE\": [\"cheap\"]},"
                     " \"bots\": [{\"bot\": \"oracle\", \"provider\": \"big\"}]}");
    stage_kit_turn(w->kit);
    provide_classes(w);
    assert_string_equal(routed_as(w, ROUTE_RESEARCH), "all small extractive");
    w->kit->turn.msg.bot = "oracle";
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "big extractive");
    fail_slot(w, 0, LLM_TRANSIENT, 5);
    assert_string_equal(routed_as(w, ROUTE_CHEAP), "extractive");
}

static void route__by_latency_takes_the_quickest_of_a_class(void **state)
{
    struct world *w = *state;
    struct llm_call mid = { .slot = 2, .key = 1 }, all = { .slot = 3, .key = 1 };
    int quickest = 0;
    stage_kit_set(w->kit, "llm.balance=latency");
    provide_classes(w);
    llm_heard(w->llm, &mid, 900000);
    llm_heard(w->llm, &all, 200000);
    for (int i = 0; i < 200; i++)
        quickest += strncmp(routed_as(w, ROUTE_BALANCED), "all mid ", 8) == 0;
    assert_in_range(quickest, 170, 200); /* one in 40 goes to the slow one */
}

static void route__by_weight_shares_a_class(void **state)
{
    struct world *w = *state;
    int mid = 0;
    stage_kit_set(w->kit, "llm.balance=weight");
    provide_classes(w);
    stage_kit_set(w->kit, "llm.mid.weight=3");
    provide(w);
    for (int i = 0; i < 400; i++)
        mid += strncmp(routed_as(w, ROUTE_BALANCED), "mid all ", 8) == 0;
    assert_in_range(mid, 230, 370); /* three of four */
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(route__without_providers_is_the_built_in_one),
        CASE(route__keeps_the_configured_order),
        CASE(route__leaves_an_open_breaker_out_and_tries_it_again_in_time),
        CASE(route__one_that_was_told_to_wait_a_moment_stands_behind_the_others),
        CASE(route__the_wanted_class_comes_first_then_the_nearest),
        CASE(route__well_known_names_have_their_class),
        CASE(route__an_open_breaker_goes_on_to_the_next_class),
        CASE(route__by_latency_takes_the_quickest_of_a_class),
        CASE(route__by_weight_shares_a_class),
        CASE(route__a_tier_is_kept_to_its_classes),
        CASE(route__a_tier_may_have_single_providers_beside_its_classes),
        CASE(route__a_bot_tied_to_a_provider_asks_no_other),
        CASE(route__the_built_in_one_is_there_however_many_others_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
