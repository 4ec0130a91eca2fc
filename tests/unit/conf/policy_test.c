/* SPDX-License-Identifier: Apache-2.0
 *
 * Built-in policies, files over them, and errors with their place.
 */
#include "conf_support.h"

static struct policies *policies_of(const char *dir)
{
    struct policies *p = NULL;
    struct err err = { "" };

    if (policies_load(&p, dir, &err) != 0)
        fail_msg("%s", err.text);
    return p;
}

static const struct price *price_of(const struct policies *p, const char *model)
{
    for (size_t i = 0; i < p->prices.n; i++)
        if (strcmp(p->prices.at[i].model, model) == 0)
            return &p->prices.at[i];
    return NULL;
}

static void policy__builtin_values(void **state)
{
    struct policies *p = policies_of("");

    (void)state;
    assert_int_equal(p->tiers.monthly[TIER_FREE], 100);
    assert_int_equal(p->tiers.monthly[TIER_PRO], 1000);
    assert_int_equal(p->tiers.monthly[TIER_ENTERPRISE], -1);
    assert_true(p->routing.cheap_below == 4 && p->routing.strong_from == 7);
    assert_int_equal(p->retention.inbox_days, 8);
    assert_int_equal(p->retention.turn_days, 180);
    assert_int_equal(p->retention.memory_messages, 10);
    assert_int_equal(p->retention.memory_minutes, 30);
    assert_int_equal(p->retention.memory_tokens, 2000);
    assert_true(p->pii.n >= 8 && p->pii.max_bytes >= 32768);
    assert_true(p->validator.dangers >= 20 && p->validator.disclaimers == 3);
    assert_true(p->screen.n >= 8 && !p->screen.block && p->screen.flag_from > 0);
    assert_true(p->consent.version[0] && p->consent.text[0] && p->consent.notice[0]);
    assert_non_null(strstr(p->consent.eu_country, "DE"));
    assert_null(strstr(p->consent.eu_country, "GB"));
    assert_int_equal(price_of(p, "gpt-4o-mini")->in_nusd, 150);
    assert_int_equal(price_of(p, "gpt-4o-mini")->out_nusd, 600);
    assert_int_equal(price_of(p, "text-embedding-3-small")->in_nusd, 20);
    assert_string_equal(p->prices.dated, "2026-09-30");
    assert_int_equal(strlen(policies_version(p)), 64);
    policies_free(p);
    policies_free(NULL);
}

static void policy__file_lays_over_the_builtin_key_by_key(void **state)
{
    struct policies *p, *plain = policies_of("");

    (void)state;
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put("policies/tiers.json", "// ours\n{\"messages_per_month\": {\"PRO\": 5}}");
    file_put("policies/pii.json", "{\"max_bytes\": 2048}");
    file_put("policies/routing.json", "{\"cheap_below\": 6}");
    p = policies_of("policies");
    assert_int_equal(p->tiers.monthly[TIER_FREE], 100);
    assert_int_equal(p->tiers.monthly[TIER_PRO], 5);
    assert_int_equal(p->tiers.monthly[TIER_ENTERPRISE], -1);
    assert_int_equal(p->pii.max_bytes, 2048);
    assert_int_equal(p->pii.n, plain->pii.n);
    assert_true(p->routing.cheap_below == 6 && p->routing.strong_from == 7);
    policies_free(p);
    policies_free(plain);
}

static void policy__list_replaces_the_builtin_list(void **state)
{
    struct policies *p;

    (void)state;
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put("policies/pii.json",
             "{\"rules\": [{\"type\": \"TICKET\", \"pattern\": \"T-[0-9]+\", \"priority\": 1, "
             "\"must\": [\"see «T-17»\"]}]}");
    file_put("policies/prices.json", "{\"models\": []}");
    p = policies_of("policies");
    assert_int_equal(p->pii.n, 1);
    assert_string_equal(p->pii.rule[0].type, "TICKET");
    assert_string_equal(p->pii.rule[0].need, "");
    assert_int_equal(p->pii.rule[0].check, PII_NONE);
    assert_int_equal(p->prices.n, 0);
    assert_string_equal(p->prices.dated, "2026-09-30");
    policies_free(p);
}

static void policy__version_follows_the_content(void **state)
{
    struct policies *a = policies_of(""), *b = policies_of(""), *c;

    (void)state;
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put("policies/tiers.json", "{}");
    c = policies_of("policies");
    assert_string_equal(policies_version(a), policies_version(b));
    assert_string_not_equal(policies_version(a), policies_version(c));
    policies_free(a);
    policies_free(b);
    policies_free(c);
}

static void policy__errors_say_file_line_and_column(void **state)
{
    (void)state;
    policies_refused(
        "policies/tiers.json", "{\n  \"messages_per_mnth\": {}}",
        "policies/tiers.json:2:3: messages_per_mnth: unknown key; known here: messages_per_month");
    policies_refused(
        "policies/tiers.json", "{\"messages_per_month\": {\"GOLD\": 1}}",
        "policies/tiers.json:1:25: messages_per_month.GOLD: unknown key; known here: FREE, PRO, ENTERPRISE");
    policies_refused(
        "policies/tiers.json", "{\"messages_per_month\": {\"FREE\": 1.5}}",
        "policies/tiers.json:1:33: messages_per_month.FREE: must be a whole number from -1 to 1e+12");
    policies_refused("policies/tiers.json", "{\"messages_per_month\": {\"FREE\": 1,}}",
                     "policies/tiers.json:1:34: comma after the last item");
    policies_refused("policies/routing.json", "{\"cheap_below\": \"4\"}",
                     "policies/routing.json:1:17: cheap_below: must be a number from 1 to 10");
    policies_refused("policies/routing.json", "{\"cheap_below\": 8}",
                     "policies/routing.json:1:17: cheap_below: cheap_below must not be above strong_from");
    policies_refused("policies/prices.json", "{\"dated\": \"yesterday!\"}",
                     "policies/prices.json:1:11: dated: must be a date such as 2026-10-01");
    policies_refused(
        "policies/prices.json", "{\"models\": [{\"model\": \"m\", \"in_usd_per_million\": -1}]}",
        "policies/prices.json:1:50: models.0.in_usd_per_million: must be a number from 0 to 1000");
    policies_refused("policies/prices.json",
                     "{\"models\": [\n{\"model\": \"m\", \"in_usd_per_million\": 1}]}",
                     "policies/prices.json:2:1: models.0: needs the key out_usd_per_million");
    policies_refused("policies/screen.json", "{\"block\": 1}",
                     "policies/screen.json:1:11: block: must be true or false");
    policies_refused("policies/screen.json", "{\"rules\": {}}",
                     "policies/screen.json:1:11: rules: must be a list of at most 2000 objects");
    policies_refused("policies/pii.json", "[]", "policies/pii.json:1:1: : must be an object");
}

#define PRICE(more)                                                                                          \
    "{\"models\": [{\"model\": \"m\", \"in_usd_per_million\": 1, \"out_usd_per_million\": 2" more "}]}"

static void policy__a_mistyped_price_fails_the_load(void **state)
{
    (void)state;
    policies_refused("policies/prices.json", PRICE(", \"cached_in_usd_per_million\": 1.5"),
                     "policies/prices.json:1:108: models.0.cached_in_usd_per_million: must not be above "
                     "in_usd_per_million");
    policies_refused(
        "policies/prices.json", PRICE(", \"usd_per_thousand_requests\": 5000"),
        "policies/prices.json:1:108: models.0.usd_per_thousand_requests: must be a number from 0 "
        "to 1000");
    policies_refused("policies/prices.json", PRICE(", \"cached_in_usd_per_million\": 0.0001"),
                     "policies/prices.json:1:108: models.0.cached_in_usd_per_million: is less than can be "
                     "counted (0.001)");
    policies_refused("policies/prices.json",
                     PRICE("},\n{\"model\": \"m\", \"in_usd_per_million\": 3, "
                           "\"out_usd_per_million\": 4"),
                     "policies/prices.json:2:11: models.1.model: has a price already (models.0)");
}

static void policy__prices_of_requests_and_cached_input(void **state)
{
    struct policies *p = policies_of("");

    (void)state;
    assert_int_equal(price_of(p, "gpt-4o-mini")->cached_nusd, 75);
    assert_int_equal(price_of(p, "gpt-4o")->cached_nusd, 2500); /* not listed: as the other input */
    assert_int_equal(price_of(p, "sonar-pro")->request_nusd, 6000000);
    assert_int_equal(price_of(p, "sonar-deep-research")->search_nusd, 5000000);
    policies_free(p);
}

static void policy__budgets_are_unset_and_laid_over(void **state)
{
    struct policies *p = policies_of("");

    (void)state;
    assert_int_equal(p->budgets.bot.day.hard_nusd, -1);
    assert_int_equal(p->budgets.tier[TIER_PRO].month.soft_nusd, -1);
    assert_int_equal(p->budgets.user.month.hard_nusd, -1);
    policies_free(p);
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put("policies/budgets.json",
             "{\"tiers\": {\"PRO\": {\"day\": {\"soft_usd\": 0.5, \"hard_usd\": 2}}}}");
    p = policies_of("policies");
    assert_int_equal(p->budgets.tier[TIER_PRO].day.soft_nusd, 500000000);
    assert_int_equal(p->budgets.tier[TIER_PRO].day.hard_nusd, 2000000000);
    assert_int_equal(p->budgets.tier[TIER_PRO].month.hard_nusd, -1);
    assert_int_equal(p->budgets.tier[TIER_FREE].day.hard_nusd, -1);
    policies_free(p);
}

static void policy__a_budget_that_cannot_be_meant_fails_the_load(void **state)
{
    (void)state;
    policies_refused("policies/budgets.json", "{\"bot\": {\"day\": {\"soft_usd\": 3, \"hard_usd\": 2}}}",
                     "policies/budgets.json:1:30: bot.day.soft_usd: soft_usd must not be above hard_usd");
    policies_refused("policies/budgets.json", "{\"user\": {\"day\": {\"hard_usd\": -0.5}}}",
                     "policies/budgets.json:1:31: user.day.hard_usd: must be -1 (none) or an amount of at "
                     "least 0");
    policies_refused("policies/budgets.json", "{\"user\": {\"week\": {}}}",
                     "policies/budgets.json:1:11: user.week: unknown key; known here: day, month");
}

static void policy__folder_must_be_there_when_named(void **state)
{
    struct policies *p = NULL;
    struct err err;

    (void)state;
    assert_int_equal(policies_load(&p, "absent", &err), X_E_NOT_FOUND);
    assert_string_equal(err.text, "policies.dir: absent: No such file or directory");
    assert_int_equal(policies_load(&p, "absent", NULL), X_E_NOT_FOUND);
    assert_null(p);
}

static void policy__misspelt_file_is_a_warning(void **state)
{
    (void)state;
    assert_int_equal(mkdir("policies", 0700), 0);
    file_put("policies/typo.json", "{}");
    log_text[0] = '\0';
    log_capture(log_keep, NULL);
    policies_free(policies_of("policies"));
    log_capture(NULL, NULL);
    assert_non_null(strstr(log_text, "policies.unknown_file file=policies/typo.json"));
}

/* The shipped folder and the built-in texts are the same files. */
static void policy__shipped_folder_equals_the_builtin(void **state)
{
    const struct place *place = *state;
    struct policies *p, *plain = policies_of("");

    assert_int_equal(fchdir(place->back), 0);
    p = policies_of("policies");
    assert_int_equal(chdir(place->dir), 0);
    assert_int_equal(p->validator.dangers, plain->validator.dangers);
    assert_int_equal(p->screen.n, plain->screen.n);
    assert_string_equal(p->consent.text, plain->consent.text);
    policies_free(p);
    policies_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(policy__builtin_values, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__file_lays_over_the_builtin_key_by_key, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(policy__list_replaces_the_builtin_list, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__version_follows_the_content, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__errors_say_file_line_and_column, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__a_mistyped_price_fails_the_load, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__prices_of_requests_and_cached_input, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(policy__budgets_are_unset_and_laid_over, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__a_budget_that_cannot_be_meant_fails_the_load, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(policy__folder_must_be_there_when_named, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__misspelt_file_is_a_warning, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(policy__shipped_folder_equals_the_builtin, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
