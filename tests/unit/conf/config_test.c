/* SPDX-License-Identifier: Apache-2.0
 *
 * Defaults, precedence, the search for the file and for the state folder.
 */
#include "conf_support.h"

#include <errno.h>

static void config__defaults_without_any_source(void **state)
{
    struct config *c = load_ok(NULL, ENV("HOME=/home/ann"), NULL);

    (void)state;
    assert_string_equal(c->server.listen, "127.0.0.1:8080");
    assert_string_equal(c->server.base_path, "");
    assert_int_equal(c->server.trusted_proxies, 0);
    assert_int_equal(c->server.connections_max, 4096);
    assert_string_equal(c->state.dir, "/home/ann/.local/state/parley");
    assert_string_equal(c->policies.dir, "");
    assert_int_equal(c->knowledge.top_k, 5);
    assert_int_equal(c->log.format, LOG_TEXT);
    assert_int_equal(c->log.level, LOG_INFO);
    assert_int_equal(c->drain_ms, 25000);
    assert_int_equal(c->workers.threads, 0);
    assert_int_equal(c->workers.queue, 1024);
    assert_int_equal(c->workers.turns_max, 512);
    assert_true(c->answer.footer);
    assert_int_equal(c->answer.grounding, GROUNDING_ANNOTATE);
    assert_int_equal(c->answer.deadline_ms, 90000);
    assert_int_equal(c->limits.user_per_minute, 20);
    assert_int_equal(c->limits.ip_per_minute, 60);
    assert_int_equal(c->tiers.fallback, TIER_FREE);
    assert_int_equal(c->consent.region, REGION_AUTO);
    assert_false(c->consent.strict);
    assert_string_equal(c->telegram.at[0].api_base, "https://api.telegram.org");
    assert_string_equal(c->discord.api_base, "https://discord.com/api/v10");
    assert_string_equal(c->telegram.at[0].token, "");
    config_free(c);
}

static void config__extractive_is_there_without_any_provider(void **state)
{
    struct config *c = load_ok("{}", NULL, NULL);

    (void)state;
    assert_int_equal(c->llm.n, 1);
    assert_string_equal(c->llm.at[0].name, "extractive");
    assert_string_equal(c->llm.at[0].format, "extractive");
    assert_non_null(c->llm.at[0].base_url);
    assert_int_equal(c->llm.at[0].keys, 0);
    assert_int_equal(c->llm.at[0].timeout_ms, 60000);
    config_free(c);
}

static void config__file_env_set_in_that_order(void **state)
{
    const char *text = "{\"server\": {\"listen\": \"127.0.0.1:1\", \"base_path\": \"/a\"}, \"drain_ms\": 1}";
    struct config *c;

    (void)state;
    c = load_ok(text, ENV("PARLEY_SERVER__LISTEN=127.0.0.1:2", "PARLEY_SERVER__BASE_PATH=/b"),
                SET("server.listen=127.0.0.1:3"));
    assert_string_equal(c->server.listen, "127.0.0.1:3");
    assert_string_equal(c->server.base_path, "/b");
    assert_int_equal(c->drain_ms, 1);
    config_free(c);
}

static void config__state_option_beats_everything(void **state)
{
    const char *const set[] = { "state.dir=/set" };
    struct config_source src = {
        .state_dir = "/option", .set = set, .sets = 1, .env = ENV("PARLEY_STATE__DIR=/env")
    };
    struct config *c;
    struct err err;

    (void)state;
    assert_int_equal(config_load(&c, &src, &err), 0);
    assert_string_equal(c->state.dir, "/option");
    config_free(c);
}

static void config__state_dir_by_the_environment(void **state)
{
    static const struct {
        const char *env[4], *dir;
    } row[] = {
        { { "STATE_DIRECTORY=/var/lib/parley:/var/lib/other", "XDG_STATE_HOME=/x", "HOME=/h" },
          "/var/lib/parley" },
        { { "XDG_STATE_HOME=/x", "HOME=/h" }, "/x/parley" },
        { { "XDG_STATE_HOME=relative", "HOME=/h" }, "/h/.local/state/parley" },
        { { "STATE_DIRECTORY=", "HOME=/h" }, "/h/.local/state/parley" },
        { { NULL }, "/var/lib/parley" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct config *c = load_ok("{}", row[i].env, NULL);

        assert_string_equal(c->state.dir, row[i].dir);
        config_free(c);
    }
}

static void config__file_here_is_found_without_a_name(void **state)
{
    struct config_source src = { 0 };
    struct config *c;
    struct err err;

    (void)state;
    file_put("parley.json", "{\"drain_ms\": 7}");
    assert_int_equal(config_load(&c, &src, &err), 0);
    assert_int_equal(c->drain_ms, 7);
    config_free(c);
}

static void config__named_file_must_be_there(void **state)
{
    struct config_source src = { .path = "absent.json" };
    struct config *c = NULL;
    struct err err;

    (void)state;
    assert_int_equal(config_load(&c, &src, &err), X_E_NOT_FOUND);
    assert_string_equal(err.text, "absent.json: No such file or directory");
    assert_null(c);
    src.path = ".";
    assert_int_equal(config_load(&c, &src, &err), -EISDIR);
    assert_int_equal(config_load(&c, &src, NULL), -EISDIR);
}

static void config__values_outlive_their_sources(void **state)
{
    char env[] = "PARLEY_SERVER__LISTEN=127.0.0.1:99";
    struct config *c = load_ok("{}", ENV(env), NULL);

    (void)state;
    memset(env, 'x', sizeof env - 1);
    assert_string_equal(c->server.listen, "127.0.0.1:99");
    config_free(c);
}

static void config__free_takes_null(void **state)
{
    (void)state;
    config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config__defaults_without_any_source, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__extractive_is_there_without_any_provider, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config__file_env_set_in_that_order, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__state_option_beats_everything, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__state_dir_by_the_environment, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__file_here_is_found_without_a_name, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__named_file_must_be_there, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config__values_outlive_their_sources, place_enter, place_leave),
        cmocka_unit_test(config__free_takes_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
