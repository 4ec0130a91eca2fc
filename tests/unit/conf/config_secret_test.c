/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a secret may come from and which source wins; broken secret files.
 */
#include "conf_support.h"

static void token_is(const char *text, const char *const *env, const char *want)
{
    struct config *c = load_ok(text, env, NULL);

    assert_string_equal(c->telegram.at[0].token, want);
    config_free(c);
}

static void config_secret__file_without_its_line_end(void **state)
{
    (void)state;
    file_put("key", "12:abc\r\n\n");
    token_is("{\"telegram\": {\"token\": \"\", \"token_file\": \"key\"}}", NULL, "12:abc");
    token_is("{}", ENV("PARLEY_TELEGRAM__TOKEN_FILE=key"), "12:abc");
}

static void config_secret__higher_level_wins_across_both_forms(void **state)
{
    (void)state;
    file_put("key", "from-file");
    token_is("{\"telegram\": {\"token_file\": \"key\"}}", ENV("PARLEY_TELEGRAM__TOKEN=from-env"), "from-env");
    token_is("{\"telegram\": {\"token\": \"direct\"}}", ENV("PARLEY_TELEGRAM__TOKEN_FILE=key"), "from-file");
    token_is("{\"telegram\": {\"token_file\": \"absent\"}}", ENV("PARLEY_TELEGRAM__TOKEN=from-env"),
             "from-env");
}

static void config_secret__both_forms_at_one_level_are_refused(void **state)
{
    (void)state;
    load_refused("{\"telegram\": {\n\"token\": \"x\", \"token_file\": \"key\"}}", NULL, NULL,
                 "parley.json:2:1: telegram.token: is given twice: here and by telegram.token_file");
    load_refused("{}", ENV("PARLEY_TELEGRAM__TOKEN=x", "PARLEY_TELEGRAM__TOKEN_FILE=key"), NULL,
                 "PARLEY_TELEGRAM__TOKEN: is given twice: here and by telegram.token_file");
}

static void config_secret__well_known_name_only_when_nothing_was_said(void **state)
{
    (void)state;
    token_is("{}", ENV("TELEGRAM_BOT_TOKEN=known"), "known");
    token_is("{\"telegram\": {\"token\": \"\"}}", ENV("TELEGRAM_BOT_TOKEN=known"), "known");
    token_is("{\"telegram\": {\"token\": \"mine\"}}", ENV("TELEGRAM_BOT_TOKEN=known"), "mine");
    token_is("{}", ENV("TELEGRAM_BOT_TOKEN="), "");
}

static void config_secret__credential_is_the_last_resort(void **state)
{
    const char *const *env = ENV("CREDENTIALS_DIRECTORY=cred");
    struct config *c;

    (void)state;
    assert_int_equal(mkdir("cred", 0700), 0);
    file_put("cred/telegram_token", "sealed\n");
    file_put("cred/llm_openai_api_key", "sk-cred\n");
    token_is("{}", env, "sealed");
    token_is("{}", ENV("CREDENTIALS_DIRECTORY=cred", "TELEGRAM_BOT_TOKEN=known"), "known");
    c = load_ok("{}", env, NULL);
    assert_string_equal(c->llm.at[0].name, "openai");
    assert_string_equal(c->llm.at[0].key[0], "sk-cred");
    config_free(c);
}

static void config_secret__broken_files_are_refused(void **state)
{
    const char *text = "{\"telegram\": {\"token_file\": \"key\"}}";
    char big[9000];

    (void)state;
    load_refused(text, NULL, NULL, "parley.json:1:29: telegram.token_file: key: No such file or directory");
    file_put("key", "\n");
    load_refused(text, NULL, NULL, "parley.json:1:29: telegram.token_file: key: is empty");
    file_put("key", "one\ntwo\n");
    load_refused(text, NULL, NULL,
                 "parley.json:1:29: telegram.token_file: key: must be printable ASCII without spaces");
    file_put_bytes("key", "a\0b", 3);
    load_refused(text, NULL, NULL, "parley.json:1:29: telegram.token_file: key: holds a zero byte");
    memset(big, 'x', sizeof big);
    file_put_bytes("key", big, sizeof big);
    load_refused(text, NULL, NULL, "parley.json:1:29: telegram.token_file: key: larger than 8192 bytes");
    load_refused("{}", ENV("PARLEY_TELEGRAM__TOKEN_FILE=absent"), NULL,
                 "PARLEY_TELEGRAM__TOKEN_FILE: absent: No such file or directory");
    load_refused("{}", ENV("TELEGRAM_BOT_TOKEN=two words"), NULL,
                 "TELEGRAM_BOT_TOKEN: must be printable ASCII without spaces");
}

static void config_secret__readable_by_others_is_a_warning(void **state)
{
    (void)state;
    log_text[0] = '\0';
    log_capture(log_keep, NULL);
    file_put("key", "12:abc");
    token_is("{\"telegram\": {\"token_file\": \"key\"}}", NULL, "12:abc");
    assert_string_equal(log_text, "");
    assert_int_equal(chmod("key", 0640), 0);
    token_is("{\"telegram\": {\"token_file\": \"key\"}}", NULL, "12:abc");
    log_capture(NULL, NULL);
    assert_non_null(strstr(log_text, "config.secret_readable key=telegram.token mode=0640"));
    assert_null(strstr(log_text, "12:abc"));
}

static void config_secret__plain_http_with_a_token_is_a_warning(void **state)
{
    (void)state;
    log_text[0] = '\0';
    log_capture(log_keep, NULL);
    token_is("{\"telegram\": {\"token\": \"x\", \"api_base\": \"http://bot-api:8081\"}}", NULL, "x");
    log_capture(NULL, NULL);
    assert_non_null(strstr(log_text, "config.plain_http key=telegram.api_base"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_secret__file_without_its_line_end, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_secret__higher_level_wins_across_both_forms, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_secret__both_forms_at_one_level_are_refused, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_secret__well_known_name_only_when_nothing_was_said,
                                        place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_secret__credential_is_the_last_resort, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_secret__broken_files_are_refused, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_secret__readable_by_others_is_a_warning, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_secret__plain_http_with_a_token_is_a_warning, place_enter,
                                        place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
