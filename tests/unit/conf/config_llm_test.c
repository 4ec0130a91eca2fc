/* SPDX-License-Identifier: Apache-2.0
 *
 * Which providers a configuration yields and in which order; addresses that would leave the machine in clear.
 */
#include "conf_support.h"

/* The names in order, "a b extractive". */
static void order_is(const char *text, const char *const *env, const char *want)
{
    struct config *c = load_ok(text, env, NULL);
    struct buf names = BUF_INIT(1024);

    for (size_t i = 0; i < c->llm.n; i++)
        buf_printf(&names, "%s%s", i ? " " : "", c->llm.at[i].name);
    assert_string_equal(buf_text(&names), want);
    buf_free(&names);
    config_free(c);
}

static void config_llm__default_order(void **state)
{
    const char *two = "{\"llm\": {\"zeta\": {\"base_url\": \"http://localhost:1\"}, \"gemini\": {}}}";

    (void)state;
    order_is("{}", NULL, "extractive");
    order_is("{}", ENV("PERPLEXITY_API_KEY=a", "OPENAI_API_KEY=b", "GEMINI_API_KEY=c"),
             "openai gemini perplexity extractive");
    order_is(two, ENV("OPENAI_API_KEY=b", "GEMINI_API_KEY=c"), "zeta gemini openai extractive");
    order_is(
        "{}",
        ENV("PARLEY_LLM__B__BASE_URL=https://b", "PARLEY_LLM__A__BASE_URL=https://a", "OPENAI_API_KEY=k"),
        "openai a b extractive");
}

static void config_llm__explicit_order_chooses(void **state)
{
    const char *text = "{\"llm\": {\"order\": [\"extractive\", \"anthropic\", \"zeta\"], "
                       "\"zeta\": {\"base_url\": \"http://localhost:1\"}, \"gemini\": {}}}";

    (void)state;
    order_is(text, ENV("OPENAI_API_KEY=b"), "anthropic zeta extractive");
}

static void config_llm__order_errors(void **state)
{
    (void)state;
    load_refused("{\"llm\": {\"order\": [\"openai\",\n\"nobody\"]}}", NULL, NULL,
                 "parley.json:2:1: llm.order.1: there is no provider called nobody");
    load_refused("{\"llm\": {\"order\": [\"openai\", \"openai\"]}}", NULL, NULL,
                 "parley.json:1:30: llm.order.1: names openai twice");
    load_refused("{\"llm\": {\"opnai\": {\"api_key\": \"x\"}}}", NULL, NULL,
                 "parley.json:1:10: llm.opnai.base_url: must be set for a provider called opnai; did you "
                 "mean openai?");
    load_refused("{}", ENV("PARLEY_LLM__LOCAL__MODEL=m"), NULL,
                 "PARLEY_LLM__LOCAL__MODEL: must be set for a provider called local");
}

static void config_llm__too_many(void **state)
{
    struct buf text = BUF_INIT(8192);
    struct config *c;
    struct err err;

    (void)state;
    buf_adds(&text, "{\"llm\": {\"a0\": {\"base_url\": \"https://h\"}");
    for (int i = 1; i < 8; i++)
        buf_printf(&text, ", \"a%d\": {\"base_url\": \"https://h\"}", i);
    buf_adds(&text, "}}");
    assert_int_equal(load(&c, buf_text(&text), NULL, NULL, &err), X_E_INVALID);
    assert_string_equal(err.text, "llm.order: must name at most 7 providers");
    buf_clear(&text);
    buf_adds(&text, "{\"llm\": {\"order\": [\"a3\"], \"a0\": {\"base_url\": \"https://h\"}");
    for (int i = 1; i < 16; i++)
        buf_printf(&text, ", \"a%d\": {\"base_url\": \"https://h\"}", i);
    buf_adds(&text, "}}");
    order_is(buf_text(&text), NULL, "a3 extractive");
    buf_free(&text);
    order_is("{\"llm\": {\"order\": [\"a3\"], \"a3\": {\"base_url\": \"https://h\"}}}", NULL,
             "a3 extractive");
}

static void config_llm__known_names_come_with_an_address(void **state)
{
    struct config *c =
        load_ok("{\"llm\": {\"openai\": {\"api_key\": \"k\"}, \"gemini\": {\"model\": \"m\"}}}", NULL, NULL);

    (void)state;
    assert_string_equal(c->llm.at[0].base_url, "https://api.openai.com/v1");
    assert_string_equal(c->llm.at[0].model, "gpt-4o-mini");
    assert_string_equal(c->llm.at[0].format, "openai");
    assert_string_equal(c->llm.at[1].base_url, "https://generativelanguage.googleapis.com/v1beta");
    assert_string_equal(c->llm.at[1].format, "gemini");
    assert_string_equal(c->llm.at[1].model, "m");
    assert_int_equal(c->llm.at[1].first_byte_ms, 15000);
    assert_int_equal(c->llm.at[1].idle_ms, 20000);
    config_free(c);
}

static void config_llm__plain_http_only_to_this_machine(void **state)
{
    static const char *const ok[] = { "http://127.0.0.1:1/v1", "http://127.8.8.8", "http://localhost:1",
                                      "http://[::1]:1", "https://api.example.com" };
    static const char *const bad[] = { "http://10.0.0.1",
                                       "http://localhost.evil.example",
                                       "http://127.0.0.1.evil.example",
                                       "http://[2001:db8::1]",
                                       "http://2130706433",
                                       "http://0.0.0.0:1" };
    char env[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ok); i++) {
        (void)snprintf(env, sizeof env, "PARLEY_LLM__X__BASE_URL=%s", ok[i]);
        order_is("{}", ENV(env), "x extractive");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        (void)snprintf(env, sizeof env, "PARLEY_LLM__X__BASE_URL=%s", bad[i]);
        load_refused(
            "{}", ENV(env), NULL,
            "PARLEY_LLM__X__BASE_URL: is plain http to another machine; use https or set llm.x.allow_http");
        order_is("{}", ENV(env, "PARLEY_LLM__X__ALLOW_HTTP=true"), "x extractive");
    }
    load_refused("{\"llm\": {\"x\": {\n\"base_url\": \"http://h\"}}}", NULL, NULL,
                 "parley.json:2:13: llm.x.base_url: is plain http to another machine; use https or set "
                 "llm.x.allow_http");
}

static void config_llm__ollama_host_forms(void **state)
{
    static const char *const row[][2] = {
        { "OLLAMA_HOST=127.0.0.1", "http://127.0.0.1:11434" },
        { "OLLAMA_HOST=127.0.0.1:5", "http://127.0.0.1:5" },
        { "OLLAMA_HOST=:5", "http://127.0.0.1:5" },
        { "OLLAMA_HOST=0.0.0.0", "http://127.0.0.1:11434" },
        { "OLLAMA_HOST=http://0.0.0.0:7", "http://127.0.0.1:7" },
        { "OLLAMA_HOST=[::1]", "http://[::1]:11434" },
        { "OLLAMA_HOST=[::1]:5", "http://[::1]:5" },
        { "OLLAMA_HOST=https://gpu.example/", "https://gpu.example" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct config *c = load_ok("{}", ENV(row[i][0]), NULL);

        assert_string_equal(c->llm.at[0].name, "ollama");
        assert_string_equal(c->llm.at[0].base_url, row[i][1]);
        config_free(c);
    }
    load_refused("{}", ENV("OLLAMA_HOST=gpu"), NULL,
                 "OLLAMA_HOST: is plain http to another machine; use https or set llm.ollama.allow_http");
    load_refused("{}", ENV("OLLAMA_HOST=a b"), NULL,
                 "OLLAMA_HOST: must be a URL such as https://api.example.com/v1, without user name, query or "
                 "fragment");
}

/* The keys of openai as "a|b". */
static void keys_are(const char *const *env, const char *want)
{
    struct config *c = load_ok("{\"llm\": {\"openai\": {}}}", env, NULL);
    struct buf keys = BUF_INIT(1024);

    for (size_t i = 0; i < c->llm.at[0].keys; i++)
        buf_printf(&keys, "%s%s", i ? "|" : "", c->llm.at[0].key[i]);
    assert_string_equal(buf_text(&keys), want);
    buf_free(&keys);
    config_free(c);
}

static void config_llm__keys_one_or_several(void **state)
{
    (void)state;
    keys_are(NULL, "");
    keys_are(ENV("OPENAI_API_KEY=sk-1"), "sk-1");
    keys_are(ENV("OPENAI_API_KEY=sk-1,sk-2"), "sk-1|sk-2");
    keys_are(ENV("PARLEY_LLM__OPENAI__API_KEY= sk-1 ,\tsk-2\n\nsk-3 sk-4\n"), "sk-1|sk-2|sk-3|sk-4");
    keys_are(ENV("OPENAI_API_KEY=1 2 3 4 5 6 7 8"), "1|2|3|4|5|6|7|8");
    file_put("key", "sk-a\r\nsk-b\r\n");
    keys_are(ENV("PARLEY_LLM__OPENAI__API_KEY_FILE=key"), "sk-a|sk-b");
    assert_int_equal(mkdir("cred", 0700), 0);
    file_put("cred/llm_openai_api_key", "sk-c, sk-d");
    keys_are(ENV("CREDENTIALS_DIRECTORY=cred"), "sk-c|sk-d");
}

static void config_llm__key_errors_name_the_place_and_no_key(void **state)
{
    static const char twice[] = "{\"llm\": {\"openai\": {\n\"api_key\": \"sk-1, sk-2, sk-1\"}}}";

    (void)state;
    load_refused(twice, NULL, NULL, "parley.json:2:12: llm.openai.api_key: must not hold a key twice");
    load_refused("{}", ENV("OPENAI_API_KEY=sk-1,,sk-2"), NULL,
                 "OPENAI_API_KEY: must not hold an empty key: a comma stands between two keys");
    load_refused("{}", ENV("OPENAI_API_KEY=sk-1, "), NULL,
                 "OPENAI_API_KEY: must not hold an empty key: a comma stands between two keys");
    load_refused("{}", ENV("OPENAI_API_KEY=,"), NULL,
                 "OPENAI_API_KEY: must not hold an empty key: a comma stands between two keys");
    load_refused("{}", ENV("OPENAI_API_KEY=1 2 3 4 5 6 7 8 9"), NULL,
                 "OPENAI_API_KEY: must be at most 8 keys");
    load_refused(
        "{}", ENV("OPENAI_API_KEY=sk-\xc3\xa9"), NULL,
        "OPENAI_API_KEY: must be printable ASCII; several keys are separated by commas or white space");
    load_refused(
        "{}", ENV("PARLEY_LLM__OPENAI__API_KEY=a\x01z"), NULL,
        "PARLEY_LLM__OPENAI__API_KEY: must be shorter than 4096 bytes and without control characters");
    file_put("key", "sk-1,\nsk-1\n");
    load_refused("{}", ENV("PARLEY_LLM__OPENAI__API_KEY_FILE=key"), NULL,
                 "PARLEY_LLM__OPENAI__API_KEY_FILE: key: must not hold a key twice");
    assert_int_equal(mkdir("cred", 0700), 0);
    file_put("cred/llm_openai_api_key", "a,,b");
    load_refused("{}", ENV("CREDENTIALS_DIRECTORY=cred"), NULL,
                 "cred/llm_openai_api_key: must not hold an empty key: a comma stands between two keys");
}

static void config_llm__balance_weight_and_hedge(void **state)
{
    struct config *c = load_ok("{\"llm\": {\"balance\": \"weight\", \"openai\": {\"weight\": 7}}}",
                               ENV("PARLEY_LLM__HEDGE_MS=1500"), NULL);

    (void)state;
    assert_int_equal(c->llm.balance, BALANCE_WEIGHT);
    assert_int_equal(c->llm.hedge_ms, 1500);
    assert_int_equal(c->llm.at[0].weight, 7);
    assert_int_equal(c->llm.at[1].weight, 1);
    config_free(c);
    load_refused("{\"llm\": {\"openai\": {\"weight\": 0}}}", NULL, NULL,
                 "parley.json:1:31: llm.openai.weight: must be a whole number from 1 to 100");
    load_refused("{}", ENV("PARLEY_LLM__BALANCE=fastest"), NULL,
                 "PARLEY_LLM__BALANCE: must be one of order, weight, latency");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_llm__default_order, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__explicit_order_chooses, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__order_errors, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__too_many, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__known_names_come_with_an_address, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_llm__plain_http_only_to_this_machine, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_llm__ollama_host_forms, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__keys_one_or_several, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_llm__key_errors_name_the_place_and_no_key, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_llm__balance_weight_and_hedge, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
