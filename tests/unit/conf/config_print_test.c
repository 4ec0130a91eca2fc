/* SPDX-License-Identifier: Apache-2.0
 *
 * The print holds every key and no secret, and reads back to the same configuration.
 */
#include "conf_support.h"

#include "base/json.h"
#include "conf/config_impl.h"

#define SECRET "S3cr3t-do-not-print"

static const cJSON *at(const cJSON *root, const char *section, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, section), key);
}

static void config_print__secrets_never_show(void **state)
{
    struct config *c;
    struct buf out = BUF_INIT(1 << 16);

    (void)state;
    file_put("key", SECRET);
    c = load_ok("{\"telegram\": {\"token\": \"" SECRET "\", \"webhook_secret\": \"" SECRET "\"}, "
                "\"llm\": {\"openai\": {\"api_key\": \"" SECRET
                "\"}, \"gemini\": {\"api_key_file\": \"key\"}}}",
                ENV("PARLEY_DISCORD__TOKEN=" SECRET, "ANTHROPIC_API_KEY=" SECRET), NULL);
    config_print(c, &out);
    assert_false(out.failed);
    assert_null(strstr(buf_text(&out), SECRET));
    assert_null(strstr(buf_text(&out), "S3cr3t"));
    assert_non_null(strstr(buf_text(&out), "\"token\":\"***\""));
    assert_string_equal(c->llm.at[1].key[0], SECRET);
    buf_free(&out);
    config_free(c);
}

static void config_print__is_json_with_every_key(void **state)
{
    struct config *c =
        load_ok("{\"llm\": {\"gemini\": {}}, \"log\": {\"format\": \"json\"}, \"drain_ms\": 9}", NULL, NULL);
    struct buf out = BUF_INIT(1 << 16);
    cJSON *root;
    struct err err;

    (void)state;
    config_print(c, &out);
    assert_int_equal(json_parse(&root, out.at, out.len, &err), 0);
    assert_string_equal(at(root, "log", "format")->valuestring, "json");
    assert_string_equal(at(root, "log", "level")->valuestring, "info");
    assert_string_equal(at(root, "telegram", "token")->valuestring, "");
    assert_int_equal(cJSON_GetArraySize(at(root, "llm", "order")), 2);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(at(root, "llm", "gemini"), "allow_http")));
    assert_string_equal(cJSON_GetObjectItem(at(root, "llm", "gemini"), "api_key_file")->valuestring, "");
    for (size_t i = 0; i < config_keys_len; i++) {
        const char *dot = strrchr(config_keys[i].path, '.');
        char name[64];

        (void)snprintf(name, sizeof name, "\"%s\":", dot ? dot + 1 : config_keys[i].path);
        assert_non_null(strstr(out.at, name));
    }
    cJSON_Delete(root);
    buf_free(&out);
    config_free(c);
}

static void config_print__without_secrets_loads_again_to_the_same(void **state)
{
    const char *text =
        "{\"server\": {\"listen\": \"[::1]:5\", \"cors_origins\": [\"https://a.example\"]},"
        "\"llm\": {\"order\": [\"ollama\", \"x\"], \"x\": {\"base_url\": \"https://x.example\"}},"
        "\"consent\": {\"region\": \"uk\", \"strict\": true}, \"tiers\": {\"default\": \"PRO\"}}";
    struct config *c = load_ok(text, NULL, NULL), *d;
    struct buf one = BUF_INIT(1 << 16), two = BUF_INIT(1 << 16);

    (void)state;
    config_print(c, &one);
    d = load_ok(buf_text(&one), NULL, NULL);
    config_print(d, &two);
    assert_string_equal(buf_text(&one), buf_text(&two));
    buf_free(&one);
    buf_free(&two);
    config_free(c);
    config_free(d);
}

static void config_print__help_names_every_key_and_variable(void **state)
{
    struct buf out = BUF_INIT(1 << 16);
    char env[CONFIG_PATH_BYTES];

    (void)state;
    config_help(&out);
    assert_false(out.failed);
    for (size_t i = 0; i < config_keys_len; i++) {
        config_env_name(env, config_keys[i].path);
        assert_non_null(strstr(out.at, config_keys[i].path));
        assert_non_null(strstr(out.at, env));
        assert_non_null(strstr(out.at, config_keys[i].help));
    }
    assert_non_null(strstr(out.at, "PARLEY_SERVER__LISTEN"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_print__secrets_never_show, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_print__is_json_with_every_key, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_print__without_secrets_loads_again_to_the_same, place_enter,
                                        place_leave),
        cmocka_unit_test(config_print__help_names_every_key_and_variable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
