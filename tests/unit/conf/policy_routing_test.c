/* SPDX-License-Identifier: Apache-2.0
 *
 * policies/routing.json: the built-in model is a usable one, an operator's file changes what it names, and
 * what is wrong is refused with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/conf/conf_support.h"

#define conf_case(f) cmocka_unit_test_setup_teardown(f, place_enter, place_leave)
#define FILE_NAME    "policies/routing.json"

static struct policies *policies_ok(const char *dir)
{
    struct policies *p = NULL;
    struct err err = { "" };
    if (policies_load(&p, dir, &err))
        fail_msg("%s", err.text);
    return p;
}

static void routing__the_built_in_model_ranks(void **state X_UNUSED)
{
    struct policies *p = policies_ok("");
    size_t set = 0;
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        set += p->routing.weight[i] != 0;
    assert_true(set > ROUTING_FEATURE_COUNT / 2);
    for (size_t i = 1; i < ROUTING_KNOTS; i++)
        assert_true(p->routing.knot[i] > p->routing.knot[i - 1]);
    for (size_t i = 0; i < TIER_COUNT; i++)
        assert_int_equal(p->routing.tier_classes[i], 15);
    policies_free(p);
}

static void routing__a_file_changes_what_it_names(void **state X_UNUSED)
{
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put(FILE_NAME, "{\"weights\": {\"has_why\": 9}, \"tiers\": {\"FREE\": [\"balanced\", \"cheap\"]}}");
    struct policies *p = policies_ok("policies"), *q = policies_ok("");
    assert_true(p->routing.weight[ROUTING_has_why] == 9);
    assert_true(p->routing.weight[ROUTING_log_chars] == q->routing.weight[ROUTING_log_chars]);
    assert_int_equal(p->routing.tier_classes[TIER_FREE],
                     1 << ROUTE_CHEAP | 1 << ROUTE_BALANCED | 1 << ROUTE_CLASSES);
    assert_int_equal(p->routing.tier_classes[TIER_PRO], 15);
    policies_free(p);
    policies_free(q);
}

static bool knows_local(const void *ctx X_UNUSED, struct str name)
{
    return str_eqs(name, "local");
}

static void routing__providers_are_named_or_refused(void **state X_UNUSED)
{
    struct err err = { "" };
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put(FILE_NAME, "{\"tiers\": {\"FREE\": [\"cheap\", \"local\"], \"PRO\": [\"loca\"]},"
                        " \"bots\": [{\"bot\": \"help\", \"provider\": \"local\"}]}");
    struct policies *p = policies_ok("policies");
    assert_true(routing_names(&p->routing, TIER_FREE, "local"));
    assert_false(routing_names(&p->routing, TIER_FREE, "cheap"));
    assert_false(routing_names(&p->routing, TIER_ENTERPRISE, "local"));
    assert_string_equal(routing_pinned(&p->routing, "help"), "local");
    assert_null(routing_pinned(&p->routing, "default"));
    assert_int_equal(routing_check_names(&p->routing, knows_local, NULL, &err), X_E_INVALID);
    assert_string_equal(err.text, "routing.json: tiers.PRO: \"loca\" is neither cheap, balanced or research "
                                  "nor a provider of parley.json");
    policies_free(p);
    file_put(FILE_NAME, "{\"bots\": [{\"bot\": \"help\", \"provider\": \"gone\"}]}");
    p = policies_ok("policies");
    assert_int_equal(routing_check_names(&p->routing, knows_local, NULL, &err), X_E_INVALID);
    assert_string_equal(err.text, "routing.json: bots.0.provider: parley.json has no llm.gone");
    policies_free(p);
}

static void routing__mistakes_are_named(void **state X_UNUSED)
{
    policies_refused(FILE_NAME, "{\"tiers\": {\"FREE\": []}}",
                     "policies/routing.json:1:11: tiers: each tier must have a list of cheap, balanced, "
                     "research and providers");
    policies_refused(FILE_NAME, "{\"bots\": [{\"bot\": \"default\"}]}",
                     "policies/routing.json:1:11: bots.0: needs the key provider");
    policies_refused(FILE_NAME, "{\"percentiles\": {\"p50\": -1000}}",
                     "policies/routing.json:1:17: percentiles: must rise from p0 to p100");
    policies_refused(
        FILE_NAME, "{\"weights\": {\"log_chars\": 1e7}}",
        "policies/routing.json:1:27: weights.log_chars: must be a number from -1000000 to 1000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conf_case(routing__the_built_in_model_ranks),
        conf_case(routing__a_file_changes_what_it_names),
        conf_case(routing__providers_are_named_or_refused),
        conf_case(routing__mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
