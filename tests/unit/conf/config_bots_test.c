/* SPDX-License-Identifier: Apache-2.0
 *
 * Several bots of Telegram: what a named one takes from the section, what is its own, and what does not fit
 * together.
 */
#include "conf_support.h"

static void config_bots__a_named_one_takes_what_it_is_not_told(void **state)
{
    struct config *c = load_ok("{\"telegram\": {\"token\": \"1:a\", \"webhook_secret\": \"s\", \"poll_s\": 7,"
                               " \"allow\": [\"5\", \"6\"], \"ipv4\": true, \"proxy\": \"http://p:1\","
                               " \"webhook_url\": \"https://b.example/tg\","
                               " \"support\": {\"token\": \"2:b\", \"poll_s\": 9, \"allow\": []},"
                               " \"sales\": {\"token\": \"3:c\", \"feedback\": false,"
                               " \"webhook_path\": \"/own\"}}}",
                               NULL, NULL);
    const struct config_telegram *at = c->telegram.at;

    (void)state;
    assert_int_equal(c->telegram.n, 3);
    assert_string_equal(at[0].name, "");
    assert_string_equal(at[1].name, "support");
    assert_string_equal(at[1].token, "2:b");
    assert_string_equal(at[1].webhook_secret, "");
    assert_int_equal(at[1].poll_s, 9);
    assert_int_equal(at[1].allows, 0);
    assert_string_equal(at[1].proxy, "http://p:1");
    assert_string_equal(at[1].webhook_url, "https://b.example/tg/support");
    assert_string_equal(at[1].webhook_path, "/telegram/webhook/support");
    assert_int_equal(at[2].poll_s, 7);
    assert_int_equal(at[2].allows, 2);
    assert_string_equal(at[2].allow[1], "6");
    assert_true(at[2].ipv4 && !at[2].feedback && at[1].feedback);
    assert_string_equal(at[2].webhook_path, "/own");
    config_free(c);
}

static void config_bots__come_from_every_source(void **state)
{
    static const char *const set[] = { "telegram.support.poll_s=3", NULL };
    struct config *c;

    (void)state;
    file_put("key", "4:d\n");
    c = load_ok("{\"telegram\": {\"sales\": {\"token_file\": \"key\"}}}",
                ENV("PARLEY_TELEGRAM__SUPPORT__TOKEN=2:b", "TELEGRAM_BOT_TOKEN=1:a"), set);
    assert_int_equal(c->telegram.n, 3);
    assert_string_equal(c->telegram.at[0].token, "1:a");
    assert_string_equal(c->telegram.at[1].token, "4:d");
    assert_string_equal(c->telegram.at[2].token, "2:b");
    assert_int_equal(c->telegram.at[2].poll_s, 3);
    config_free(c);
}

static void config_bots__what_does_not_fit_is_named(void **state)
{
    static const struct {
        const char *text, *says;
    } row[] = {
        { "{\"telegram\": {\"support\": {\"poll_s\": 3}}}",
          "telegram.support.token: must be set: a named bot has a token of its own" },
        { "{\"telegram\": {\"token\": \"1:a\", \"mode\": \"webhook\"}}",
          "telegram.webhook_url: must be set with mode webhook" },
        { "{\"telegram\": {\"token\": \"1:a\", \"access\": \"pairing\"}}",
          "telegram.admins: must name somebody with access pairing: an admin approves the codes" },
        { "{\"telegram\": {\"token\": \"1:a\", \"b\": {\"token\": \"1:other\"}}}",
          "telegram.b.token: is of the same bot as another token here" },
        { "{\"telegram\": {\"b\": {\"tokn\": \"1:x\"}}}",
          "telegram.b.tokn: unknown key; did you mean telegram.b.token?" },
        { "{\"telegram\": {\"B\": {\"token\": \"1:x\"}}}", "telegram.B: a bot's name is at most 31 of" },
        { "{\"telegram\": {\"tokn\": \"1:x\"}}", "telegram.tokn: unknown key; did you mean telegram.token?" },
        { "{\"telegram\": {\"proxy\": \"ftp://x\"}}", "telegram.proxy: must be http://, https://" },
        { "{\"telegram\": {\"admins\": [\"-5\"]}}", "telegram.admins.0: must be the id of a person" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct config *c = NULL;
        struct err err = { "" };
        assert_int_equal(load(&c, row[i].text, NULL, NULL, &err), X_E_INVALID);
        if (!strstr(err.text, row[i].says))
            fail_msg("%s: %s", row[i].says, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(config_bots__a_named_one_takes_what_it_is_not_told, place_enter,
                                        place_leave),
        cmocka_unit_test_setup_teardown(config_bots__come_from_every_source, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(config_bots__what_does_not_fit_is_named, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
