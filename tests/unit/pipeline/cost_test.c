/* SPDX-License-Identifier: Apache-2.0
 *
 * Money from tokens: names, parts, and numbers a provider should not send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/cost.h"

static struct price list[] = {
    { "gpt-4o", 2500, 10000, 1250, 0, 0 },
    { "gpt-4o-mini", 150, 600, 75, 0, 0 },
    { "sonar", 1000, 1000, 1000, 5000000, 0 },
    { "deep", 2000, 8000, 2000, 0, 5000000 },
    { "nothing", 0, 0, 0, 0, 0 },
    { "dear", INT64_MAX / 2, INT64_MAX, 0, INT64_MAX, INT64_MAX },
};
static const struct policies known = { .prices = { .at = list, .n = ARRAY_LEN(list) } };

static const char *listed(const char *model)
{
    const struct price *p = cost_price(&known, model);
    return p ? p->model : "-";
}

static void price__is_found_by_name_then_by_the_longest_beginning(void **state X_UNUSED)
{
    static const char *const want[][2] = {
        { "gpt-4o", "gpt-4o" },
        { "gpt-4o-mini", "gpt-4o-mini" },
        { "gpt-4o-mini-2024-07-18", "gpt-4o-mini" },
        { "gpt-4o-2024-08-06", "gpt-4o" },
        { "gpt-4o@20240806", "gpt-4o" },
        { "gpt-4o20240806", "gpt-4o" },
        { "gpt-4o20240806-eu", "gpt-4o" },
        { "gpt-4o-minimal", "gpt-4o" },
        { "gpt-4o2", "-" },
        { "gpt-4omni", "-" },
        { "gpt-4o2024", "-" },
        { "gpt-4", "-" },
        { "GPT-4o", "-" },
        { "my-gpt-4o", "-" },
        { "", "-" },
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(listed(want[i][0]), want[i][1]);
}

static void cost__adds_its_parts(void **state X_UNUSED)
{
    const struct cost_use use = { .tokens_in = 1000, .tokens_out = 100, .cached_in = 400, .requests = 1 };
    assert_int_equal(cost_of(&list[1], &use), 600 * 150 + 400 * 75 + 100 * 600);
    assert_int_equal(cost_of(&list[2], &use), 1000 * 1000 + 100 * 1000 + 5000000);
    const struct cost_use searched = { .tokens_in = 10, .requests = 1, .searches = 3 };
    assert_int_equal(cost_of(&list[3], &searched), 10 * 2000 + 3 * 5000000);
    assert_int_equal(cost_of(&list[4], &use), 0);
    assert_int_equal(cost_of(NULL, &use), COST_UNKNOWN);
}

static void cost__of_senseless_numbers_is_bounded(void **state X_UNUSED)
{
    const struct cost_use below = { -5, INT64_MIN, -1, -1, -1 };
    const struct cost_use above = { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX };
    const struct cost_use more_cached_than_sent = { .tokens_in = 10, .cached_in = 1000 };
    assert_int_equal(cost_of(&list[1], &below), 0);
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        assert_int_equal(cost_of(&list[i], &above), i == 4 ? 0 : COST_MAX);
    assert_int_equal(cost_of(&list[1], &more_cached_than_sent), 10 * 75);
}

static void result__a_reported_cost_is_believed_unless_it_is_nothing(void **state X_UNUSED)
{
    struct config_provider c = { .name = "openai", .format = "openai", .model = "gpt-4o-mini" };
    struct llm_result r = { .cost_nusd = 4711, .cached_in = -1 };
    assert_int_equal(cost_of_result(&known, &c, &r, 1000, 100), 4711);
    r.cost_nusd = 0; /* of a stream: not counted yet */
    assert_int_equal(cost_of_result(&known, &c, &r, 1000, 100), 1000 * 150 + 100 * 600);
    r.cost_nusd = -1;
    r.cached_in = 1000;
    assert_int_equal(cost_of_result(&known, &c, &r, 1000, 100), 1000 * 75 + 100 * 600);
    r.cost_nusd = INT64_MAX;
    assert_int_equal(cost_of_result(&known, &c, &r, 1000, 100), COST_MAX);
    r.cost_nusd = 0;
    c.model = "who";
    assert_int_equal(cost_of_result(&known, &c, &r, 1000, 100), COST_UNKNOWN);
}

static void free__is_the_built_in_one_and_ollama_without_a_price(void **state X_UNUSED)
{
    const struct llm_result r = { .cost_nusd = -1, .cached_in = -1 };
    struct config_provider c = { .name = "n", .format = "ollama", .model = "llama", .max_tokens = 100 };
    assert_int_equal(cost_of_result(&known, &c, &r, 10, 10), 0);
    assert_int_equal(cost_estimate(&known, &c, 1000), 0);
    c.model = "gpt-4o-mini"; /* the operator gave it one: electricity, say */
    assert_int_equal(cost_estimate(&known, &c, 1000), 1000 * 150 + 100 * 600);
    c.format = "extractive";
    assert_int_equal(cost_estimate(&known, &c, 1000), 0);
    c.format = "openai";
    c.model = "llama";
    assert_int_equal(cost_estimate(&known, &c, 1000), COST_UNKNOWN);
}

static void estimate__is_the_worst_case(void **state X_UNUSED)
{
    struct config_provider c = { .name = "n", .format = "perplexity", .model = "deep", .max_tokens = 1024 };
    assert_int_equal(cost_estimate(&known, &c, 500), 500 * 2000 + 1024 * 8000 + COST_SEARCHES * 5000000);
    c.model = "dear";
    assert_int_equal(cost_estimate(&known, &c, 500), COST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(price__is_found_by_name_then_by_the_longest_beginning),
        cmocka_unit_test(cost__adds_its_parts),
        cmocka_unit_test(cost__of_senseless_numbers_is_bounded),
        cmocka_unit_test(result__a_reported_cost_is_believed_unless_it_is_nothing),
        cmocka_unit_test(free__is_the_built_in_one_and_ollama_without_a_price),
        cmocka_unit_test(estimate__is_the_worst_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
