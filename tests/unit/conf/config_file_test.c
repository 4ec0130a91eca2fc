/* SPDX-License-Identifier: Apache-2.0
 *
 * parley.json: every kind of error with its exact line and column; the example file is the defaults.
 */
#include "conf_support.h"

#include "conf/config_impl.h"
#include "conf/file.h"

static const struct {
    const char *text, *why;
} refused[] = {
    { "{\n  \"telegram\": {\n    \"tokn\": \"x\"\n  }\n}",
      "parley.json:3:5: telegram.tokn: unknown key; did you mean telegram.token?" },
    { "{\"telegrm\": {}}", "parley.json:1:2: telegrm: unknown key; did you mean telegram?" },
    { "{\"telegram\": {\"tokenfile\": \"\"}}",
      "parley.json:1:15: telegram.tokenfile: unknown key; did you mean telegram.token_file?" },
    { "{\"listen\": \"\"}", "parley.json:1:2: listen: unknown key; did you mean server.listen?" },
    { "{\"server\": {\"drain_ms\": 1}}",
      "parley.json:1:13: server.drain_ms: unknown key; did you mean drain_ms?" },
    { "{\"zzzz\": 1}", "parley.json:1:2: zzzz: unknown key" },
    { "{\"telegram.token\": \"x\"}",
      "parley.json:1:2: telegram.token: unknown key; write sections as nested objects" },
    { "{\n\"llm\": {\"openai\": {\n\t\"api_kye\": \"x\"}}}",
      "parley.json:3:2: llm.openai.api_kye: unknown key; did you mean llm.openai.api_key?" },
    { "{\"llm\": {\"openai\": {\"model\": {\"x\": 1}}}}",
      "parley.json:1:30: llm.openai.model: must be a string" },
    { "{\"llm\": {\"OpenAI\": {}}}", "parley.json:1:10: llm.OpenAI: a provider's name is at most 31 of a-z, "
                                     "0-9 and _, beginning with a letter" },
    { "{\"llm\": {\"extractive\": {}}}",
      "parley.json:1:10: llm.extractive: is built in and has no settings" },
    { "{\"llm\": {\"local\": 3}}", "parley.json:1:19: llm.local: must be an object" },
    { "{\"server\": []}", "parley.json:1:12: server: must be an object" },
    { "{\"drain_ms\": \"25000\"}", "parley.json:1:14: drain_ms: must be a whole number from 0 to 600000" },
    { "{\"drain_ms\":   1.5}", "parley.json:1:16: drain_ms: must be a whole number from 0 to 600000" },
    { "{\"drain_ms\": -1}", "parley.json:1:14: drain_ms: must be a whole number from 0 to 600000" },
    { "{\"drain_ms\": 1e300}", "parley.json:1:14: drain_ms: must be a whole number from 0 to 600000" },
    { "{\"drain_ms\": null}", "parley.json:1:14: drain_ms: must be a whole number from 0 to 600000" },
    { "{\"knowledge\": {\"top_k\": 17}}",
      "parley.json:1:25: knowledge.top_k: must be a whole number from 1 to 16" },
    { "{\"answer\": {\"footer\": \"true\"}}", "parley.json:1:23: answer.footer: must be true or false" },
    { "{\"answer\": {\"footer\": 1}}", "parley.json:1:23: answer.footer: must be true or false" },
    { "{\"log\": {\"format\": \"xml\"}}", "parley.json:1:20: log.format: must be one of text, json" },
    { "{\"tiers\": {\"default\": \"free\"}}",
      "parley.json:1:23: tiers.default: must be one of FREE, PRO, ENTERPRISE" },
    { "{\"telegram\": {\"mode\": \"push\"}}",
      "parley.json:1:23: telegram.mode: must be one of polling, webhook" },
    { "{\"server\": {\"trusted_proxies\": \"::1\"}}",
      "parley.json:1:32: server.trusted_proxies: must be a list of at most 16 strings" },
    { "{\"server\": {\"trusted_proxies\": [\"::1\", 7]}}",
      "parley.json:1:32: server.trusted_proxies: must be a list of at most 16 strings" },
    { "{\"server\": {\"trusted_proxies\": [\"::1\",\n \"10.0.0.0/33\"]}}",
      "parley.json:2:2: server.trusted_proxies.1: must be an address or a network, such as 10.0.0.0/8 or "
      "::1" },
    { "{\"server\": {\"listen\": \"8080\"}}", "parley.json:1:23: server.listen: must be ADDRESS:PORT, such "
                                              "as 127.0.0.1:8080 or [::1]:8080 (port 0 = any "
                                              "free one)" },
    { "// first line\n{ /* in\nside */ \"drain_mss\": 1}",
      "parley.json:3:9: drain_mss: unknown key; did you mean drain_ms?" },
    { "{\"server\": {\"listen\": \"\\u00e9\\u0007\"}}",
      "parley.json:1:23: server.listen: must be shorter than 4096 bytes and without control characters" },
    { "{\"telegram\": {\"token\": \"a b\"}}",
      "parley.json:1:24: telegram.token: must be printable ASCII without spaces" },
    { "{\"telegram\": {\"token_file\": 5}}", "parley.json:1:29: telegram.token_file: must be a string" },
    { "{\"é\": 1,\"drain_ms\": \"\"}", "parley.json:1:2: é: unknown key" },
    { "[]", "parley.json:1:1: must be an object" },
};

static void config_file__errors_say_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        load_refused(refused[i].text, NULL, NULL, refused[i].why);
}

static void config_file__syntax_errors_say_line_and_column(void **state)
{
    static const struct {
        const char *text, *at;
    } row[] = {
        { "", "parley.json:1:1: " },
        { "{\n  \"drain_ms\": 1,\n}", "parley.json:2:16: " },
        { "{\"drain_ms\": 1", "parley.json:1:15: " },
        { "{\"drain_ms\": 1, \"drain_ms\": 2}", "parley.json:1:17: " },
        { "{\"drain_ms\": 01}", "parley.json:1:14: " },
        { "{} x", "parley.json:1:4: " },
    };
    struct config *c;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        assert_int_equal(load(&c, row[i].text, NULL, NULL, &err), X_E_INVALID);
        assert_memory_equal(err.text, row[i].at, strlen(row[i].at));
    }
}

static void config_file__comments_are_blank(void **state)
{
    struct config *c = load_ok("// top\n{\n  // \"drain_ms\": 1,\n  \"drain_ms\": 2, /* 3 */\n"
                               "  \"telegram\": {\"api_base\": \"http://127.0.0.1:9//x\"} // end\n}\n",
                               NULL, NULL);

    (void)state;
    assert_int_equal(c->drain_ms, 2);
    assert_string_equal(c->telegram.at[0].api_base, "http://127.0.0.1:9//x");
    config_free(c);
}

static void config_file__lists_and_providers(void **state)
{
    struct config *c =
        load_ok("{\"server\": {\"trusted_proxies\": [\"10.0.0.0/8\", \"::1\"],"
                "\"cors_origins\": [\"https://a.example\"]},"
                "\"llm\": {\"local\": {\"base_url\": \"http://127.0.0.1:1/v1/\", \"timeout_ms\": 5}}}",
                NULL, NULL);

    (void)state;
    assert_int_equal(c->server.trusted_proxies, 2);
    assert_string_equal(c->server.trusted_proxy[1], "::1");
    assert_int_equal(c->server.cors_origins, 1);
    assert_string_equal(c->llm.at[0].name, "local");
    assert_string_equal(c->llm.at[0].format, "openai");
    assert_string_equal(c->llm.at[0].base_url, "http://127.0.0.1:1/v1");
    assert_int_equal(c->llm.at[0].timeout_ms, 5);
    assert_int_equal(c->llm.at[0].connect_ms, 5000);
    config_free(c);
}

static void config_file__too_large_is_refused(void **state)
{
    size_t len = (1U << 20) + 1;
    char *text = malloc(len);
    struct config_source src = { .path = "parley.json" };
    struct config *c = NULL;
    struct err err;

    (void)state;
    memset(text, ' ', len);
    file_put_bytes("parley.json", text, len);
    free(text);
    assert_int_equal(config_load(&c, &src, &err), X_E_LIMIT);
    assert_string_equal(err.text, "parley.json: larger than 1048576 bytes");
}

static void config_file__endless_keys_and_values_are_refused(void **state)
{
    struct buf text = BUF_INIT(1 << 20);
    struct config *c;
    struct err err;

    (void)state;
    buf_adds(&text, "{\"llm\": {\"");
    for (int i = 0; i < 5000; i++)
        buf_addc(&text, 'a');
    buf_adds(&text, "\": {}}}");
    assert_int_equal(load(&c, buf_text(&text), NULL, NULL, &err), X_E_INVALID);
    assert_string_equal(err.text, "parley.json:1:2: llm: holds a key that is too long");
    buf_clear(&text);
    buf_adds(&text, "{\"knowledge\": {\"dir\": \"");
    for (int i = 0; i < 5000; i++)
        buf_addc(&text, 'a');
    buf_adds(&text, "\"}}");
    assert_int_equal(load(&c, buf_text(&text), NULL, NULL, &err), X_E_INVALID);
    buf_free(&text);
}

static void example_names_every_key(const char *text)
{
    for (size_t i = 0; i < config_keys_len; i++) {
        const char *dot = strrchr(config_keys[i].path, '.');
        char name[64];

        (void)snprintf(name, sizeof name, "\"%s\": ", dot ? dot + 1 : config_keys[i].path);
        if (!strstr(text, name))
            fail_msg("data/parley.example.json lacks %s", config_keys[i].path);
        if (!strstr(text, config_keys[i].help))
            fail_msg("data/parley.example.json explains %s in other words", config_keys[i].path);
    }
}

static void config_file__example_is_the_defaults(void **state)
{
    const struct place *p = *state;
    struct config_source src = { .path = "data/parley.example.json" };
    struct buf a = BUF_INIT(1 << 16), b = BUF_INIT(1 << 16);
    struct config *c, *d;
    struct err err = { "" };
    struct arena arena;
    char *text;
    size_t len;

    arena_init(&arena, 1 << 17);
    assert_int_equal(fchdir(p->back), 0);
    assert_int_equal(file_read(&text, &len, NULL, src.path, 1 << 16, &arena, &err), 0);
    assert_int_equal(config_load(&c, &src, &err), 0);
    assert_int_equal(chdir(p->dir), 0);
    d = load_ok("{}", NULL, NULL);
    config_print(c, &a);
    config_print(d, &b);
    assert_string_equal(buf_text(&a), buf_text(&b));
    example_names_every_key(text);
    config_free(c);
    config_free(d);
    buf_free(&a);
    buf_free(&b);
    arena_wipe(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_file__errors_say_line_and_column, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_file__syntax_errors_say_line_and_column, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_file__comments_are_blank, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_file__lists_and_providers, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_file__too_large_is_refused, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_file__endless_keys_and_values_are_refused, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_file__example_is_the_defaults, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
