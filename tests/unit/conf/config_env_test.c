/* SPDX-License-Identifier: Apache-2.0
 *
 * Variables and --set: names, precedence of forms, errors that name the variable, foreign variables.
 */
#include "conf_support.h"

static void config_env__names_map_to_keys(void **state)
{
    struct config *c = load_ok(
        "{}",
        ENV("PARLEY_DRAIN_MS=5", "PARLEY_LLM__OPENAI__API_KEY=sk-1",
            "PARLEY_LLM__LOCAL__BASE_URL=http://[::1]:1", "PARLEY_LLM__LOCAL__ALLOW_HTTP=true",
            "PARLEY_SERVER__TRUSTED_PROXIES= 10.0.0.0/8 ,::1", "PARLEY_LOG__LEVEL=debug",
            "PARLEY_CONSENT__REGION=eu", "PARLEY_ANSWER__FOOTER=false", "PARLEY_LLM__ORDER=local,openai"),
        NULL);

    (void)state;
    assert_int_equal(c->drain_ms, 5);
    assert_int_equal(c->server.trusted_proxies, 2);
    assert_string_equal(c->server.trusted_proxy[0], "10.0.0.0/8");
    assert_int_equal(c->log.level, LOG_DEBUG);
    assert_int_equal(c->consent.region, REGION_EU);
    assert_false(c->answer.footer);
    assert_int_equal(c->llm.n, 3);
    assert_string_equal(c->llm.at[0].name, "local");
    assert_string_equal(c->llm.at[1].name, "openai");
    assert_string_equal(c->llm.at[1].key[0], "sk-1");
    config_free(c);
}

static void config_env__errors_name_the_variable(void **state)
{
    (void)state;
    load_refused("{}", ENV("PARLEY_TELEGRAM__TOKN=x"), NULL,
                 "PARLEY_TELEGRAM__TOKN: unknown key; did you mean PARLEY_TELEGRAM__TOKEN?");
    load_refused("{}", ENV("PARLEY_WORKERS__QUEUE=many"), NULL,
                 "PARLEY_WORKERS__QUEUE: must be a whole number from 1 to 1000000");
    load_refused("{}", ENV("PARLEY_WORKERS__QUEUE="), NULL,
                 "PARLEY_WORKERS__QUEUE: must be a whole number from 1 to 1000000");
    load_refused("{}", ENV("PARLEY_DRAIN_MS=99999999999999999999"), NULL,
                 "PARLEY_DRAIN_MS: must be a whole number from 0 to 600000");
    load_refused(
        "{}", ENV("PARLEY_SERVER__TRUSTED_PROXIES=::1,nonsense"), NULL,
        "PARLEY_SERVER__TRUSTED_PROXIES: must be an address or a network, such as 10.0.0.0/8 or ::1");
    load_refused("{}", ENV("PARLEY_CONSENT__STRICT=yes"), NULL,
                 "PARLEY_CONSENT__STRICT: must be true or false");
    load_refused("{}", ENV("PARLEY_LLM__ORDER=openai,nobody"), NULL,
                 "PARLEY_LLM__ORDER: there is no provider called nobody");
}

static void config_env__foreign_variables_are_left_alone(void **state)
{
    struct config *c = load_ok("{}",
                               ENV("PARLEY_PORT=tcp://10.0.0.1:80", "PARLEY_SERVICE_HOST=10.0.0.1",
                                   "PARLEY_=x", "PARLEYX__Y=1", "PARLEY_NOEQUALS__SIGN", "=x"),
                               NULL);

    (void)state;
    config_free(c);
}

static void config_env__set_errors_name_the_key(void **state)
{
    (void)state;
    load_refused("{}", NULL, SET("server.lisen=1"),
                 "--set server.lisen: unknown key; did you mean server.listen?");
    load_refused("{}", NULL, SET("drain_ms=x"), "--set drain_ms: must be a whole number from 0 to 600000");
    load_refused("{}", NULL, SET("drain_ms"), "--set: must be written section.key=value");
    load_refused("{}", NULL, SET("=5"), "--set: must be written section.key=value");
    load_refused("{}", NULL, SET("server.trusted_proxies=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"),
                 "--set server.trusted_proxies: must be a list of at most 16 strings");
}

static void config_env__an_empty_list_empties_it(void **state)
{
    struct config *c =
        load_ok("{\"server\": {\"trusted_proxies\": [\"::1\"]}}", NULL, SET("server.trusted_proxies="));

    (void)state;
    assert_int_equal(c->server.trusted_proxies, 0);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_env__names_map_to_keys, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_env__errors_name_the_variable, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_env__foreign_variables_are_left_alone, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_env__set_errors_name_the_key, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_env__an_empty_list_empties_it, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
