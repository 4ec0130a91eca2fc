/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole turns under a budget: who is asked, what the person is told, what the books say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/support/fake_llm.h"
#include "tests/support/turn_kit.h"

#define TEXT "data: {\"choices\":[{\"delta\":{\"content\":\"Staking locks 32 ETH [1].\"}}]}\n\n"
#define STOP "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USED(in, out)                                                                                        \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":" in ",\"completion_tokens\":" out "}}\n\n"
#define REPLY(in, out)                                                                                       \
    {                                                                                                        \
        .body = TEXT STOP USED(in, out) "data: [DONE]\n\n"                                                   \
    }

/* gpt-4o-mini at 0.15 and 0.60: 120 + 30 tokens are 36,000 nanodollars, 6,000 + 0 are 900,000; the estimate
 * of a call with 1,024 tokens to give is a little over 614,400. */
static const struct fake_reply small = REPLY("120", "30"), large = REPLY("6000", "0");

struct world {
    struct kit kit;
    struct fake_llm model;
};

static int make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    kit_make(&w->kit);
    *state = w;
    return 0;
}

static int drop(void **state)
{
    struct world *w = *state;
    kit_free(&w->kit);
    free(w);
    return 0;
}

static void budgets(struct world *w, const char *json)
{
    char path[160], setting[192];
    snprintf(path, sizeof path, "%s/policies", w->kit.dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(setting, sizeof setting, "policies.dir=%s", path);
    kit_set(&w->kit, setting);
    snprintf(path, sizeof path, "%s/policies/budgets.json", w->kit.dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(json, f);
    fclose(f);
}

static void begin(struct world *w, const struct fake_reply *reply)
{
    char setting[128];
    assert_int_equal(fake_llm_start(&w->model, reply, 1), 0);
    snprintf(setting, sizeof setting, "llm.openai.base_url=http://127.0.0.1:%d/v1", w->model.port);
    kit_set(&w->kit, setting);
    kit_set(&w->kit, "llm.openai.api_key=sk-test");
    kit_start(&w->kit);
}

static void end(struct world *w)
{
    kit_stop(&w->kit);
    fake_llm_stop(&w->model);
}

/* One question of this user: answered by `provider`, with or without this warning ("" = no budget word). */
static void asks(struct world *w, const char *tag, const char *user, const char *provider,
                 const char *warning)
{
    char question[64];
    cJSON *body = NULL;
    struct err err = { "" };
    snprintf(question, sizeof question, "How do I stake ETH, try %s?", tag);
    kit_say(&w->kit,
            &(struct loopback_message){ .tag = tag, .text = question, .user = user, .conversation = tag });
    const struct kit_entry *e = kit_wait(&w->kit, tag, KIT_ANSWERED);
    assert_int_equal(json_parse(&body, e->text, strlen(e->text), &err), 0);
    assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(body, "metadata"), "provider", ""),
                        provider);
    assert_true(warning[0] ? strstr(e->text, warning) != NULL : strstr(e->text, "budget_") == NULL);
    cJSON_Delete(body);
}

static void budget__without_one_bot_and_provider_are_booked_and_nobody_else(void **state)
{
    struct world *w = *state;
    begin(w, &small);
    asks(w, "1", "u", "openai", "");
    asks(w, "2", "u", "openai", "");
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from spend"), 4);
    assert_int_equal(kit_sql(&w->kit, "select min(spent_nusd) from spend"), 2 * 36000);
    assert_int_equal(kit_sql(&w->kit, "select max(spent_nusd) from spend"), 2 * 36000);
    assert_int_equal(kit_sql(&w->kit, "select sum(reserved_nusd) from spend"), 0);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from spend where scope = 'provider:openai'"), 2);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from llm_attempt where scopes <> ''"), 0);
}

static void budget__nothing_to_spend_is_answered_from_the_documents(void **state)
{
    struct world *w = *state;
    budgets(w, "{\"bot\": {\"day\": {\"hard_usd\": 0}}}");
    begin(w, &small);
    asks(w, "1", "u", "extractive", "budget_hard");
    end(w);
    assert_int_equal(w->model.served, 0);
    assert_int_equal(kit_counts(&w->kit).attempts, 0);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from spend"), 0);
}

static void budget__used_up_by_one_answer_stops_the_next(void **state)
{
    struct world *w = *state;
    budgets(w, "{\"bot\": {\"month\": {\"hard_usd\": 0.001}}}");
    begin(w, &large);
    asks(w, "1", "u", "openai", "");
    asks(w, "2", "u", "extractive", "budget_hard");
    asks(w, "3", "v", "extractive", "budget_hard");
    end(w);
    assert_int_equal(w->model.served, 1);
    assert_int_equal(kit_sql(&w->kit, "select max(spent_nusd) from spend where scope = 'bot'"), 900000);
}

static void budget__of_a_user_binds_that_user(void **state)
{
    struct world *w = *state;
    budgets(w, "{\"user\": {\"day\": {\"hard_usd\": 0.001}}}");
    begin(w, &large);
    asks(w, "1", "u", "openai", "");
    asks(w, "2", "u", "extractive", "budget_hard");
    asks(w, "3", "v", "openai", "");
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select count(*) from spend where scope like 'user:%'"), 4);
}

static void budget__of_a_tier_binds_that_tier(void **state)
{
    struct world *w = *state;
    budgets(w,
            "{\"tiers\": {\"FREE\": {\"day\": {\"hard_usd\": 0}}, \"PRO\": {\"day\": {\"hard_usd\": 9}}}}");
    begin(w, &small);
    asks(w, "1", "u", "extractive", "budget_hard");
    end(w);
    kit_set(&w->kit, "tiers.default=PRO");
    begin(w, &small);
    asks(w, "2", "u", "openai", "");
    end(w);
    assert_int_equal(kit_sql(&w->kit, "select max(spent_nusd) from spend where scope = 'tier:PRO'"), 36000);
}

static void budget__past_a_soft_one_the_only_provider_goes_on_with_a_warning(void **state)
{
    struct world *w = *state;
    budgets(w, "{\"bot\": {\"day\": {\"soft_usd\": 0.0001, \"hard_usd\": 5}}}");
    begin(w, &small);
    asks(w, "1", "u", "openai", "budget_soft");
    end(w);
}

static void budget__past_a_soft_one_the_dearer_provider_is_left_out(void **state)
{
    struct world *w = *state;
    char setting[128];
    budgets(w, "{\"bot\": {\"day\": {\"soft_usd\": 0.0005}}}");
    assert_int_equal(fake_llm_start(&w->model, &small, 1), 0);
    kit_set(&w->kit, "llm.order=big,openai");
    snprintf(setting, sizeof setting, "llm.big.base_url=http://127.0.0.1:%d/v1", w->model.port);
    kit_set(&w->kit, setting);
    kit_set(&w->kit, "llm.big.model=gpt-4o-2026-01-01");
    snprintf(setting, sizeof setting, "llm.openai.base_url=http://127.0.0.1:%d/v1", w->model.port);
    kit_set(&w->kit, setting);
    kit_set(&w->kit, "llm.openai.api_key=sk-test");
    kit_start(&w->kit);
    asks(w, "1", "u", "openai", "budget_soft");
    end(w);
    assert_int_equal(kit_counts(&w->kit).attempts, 1);
    assert_int_equal(kit_sql(&w->kit, "select n from llm_attempt"), 1); /* a refused one leaves no gap */
}

static void budget__an_unpriced_model_is_not_asked_under_a_hard_one(void **state)
{
    struct world *w = *state;
    kit_set(&w->kit, "llm.openai.model=nobody-lists-it");
    budgets(w, "{\"bot\": {\"month\": {\"hard_usd\": 1000}}}");
    begin(w, &small);
    asks(w, "1", "u", "extractive", "budget_hard");
    end(w);
    assert_int_equal(w->model.served, 0);
}

static void budget__an_answer_for_want_of_money_is_not_kept(void **state)
{
    struct world *w = *state;
    budgets(w, "{\"user\": {\"day\": {\"hard_usd\": 0.001}}}");
    begin(w, &large);
    asks(w, "1", "u", "openai", "");
    asks(w, "2", "u", "extractive", "budget_hard");
    kit_say(&w->kit,
            &(struct loopback_message){
                .tag = "again", .text = "How do I stake ETH, try 2?", .user = "v", .conversation = "again" });
    assert_null(strstr(kit_wait(&w->kit, "again", KIT_ANSWERED)->text, "budget_hard"));
    end(w);
    assert_int_equal(w->model.served, 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(budget__without_one_bot_and_provider_are_booked_and_nobody_else),
        CASE(budget__nothing_to_spend_is_answered_from_the_documents),
        CASE(budget__used_up_by_one_answer_stops_the_next),
        CASE(budget__of_a_user_binds_that_user),
        CASE(budget__of_a_tier_binds_that_tier),
        CASE(budget__past_a_soft_one_the_only_provider_goes_on_with_a_warning),
        CASE(budget__past_a_soft_one_the_dearer_provider_is_left_out),
        CASE(budget__an_unpriced_model_is_not_asked_under_a_hard_one),
        CASE(budget__an_answer_for_want_of_money_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
