/* SPDX-License-Identifier: Apache-2.0
 *
 * Where calls go: paths, parameters that cannot leave their segment, what limits are kept apart by.
 */
#include "tests/unit/discord/wire_kit.h"

static void route__every_call(void **state X_UNUSED)
{
    static const struct {
        enum dc_call call;
        const char *a, *b, *c, *method, *path, *major;
    } row[] = {
        { DC_CALL_CALLBACK, "800", "tok", NULL, "POST", "/interactions/800/tok/callback", "" },
        { DC_CALL_CREATE_MESSAGE, "5", NULL, NULL, "POST", "/channels/5/messages", "5" },
        { DC_CALL_EDIT_MESSAGE, "5", "6", NULL, "PATCH", "/channels/5/messages/6", "5" },
        { DC_CALL_DELETE_MESSAGE, "5", "6", NULL, "DELETE", "/channels/5/messages/6", "5" },
        { DC_CALL_GET_MESSAGE, "5", "6", NULL, "GET", "/channels/5/messages/6", "5" },
        { DC_CALL_TYPING, "5", NULL, NULL, "POST", "/channels/5/typing", "5" },
        { DC_CALL_GET_CHANNEL, "5", NULL, NULL, "GET", "/channels/5", "5" },
        { DC_CALL_START_THREAD, "5", "6", NULL, "POST", "/channels/5/messages/6/threads", "5" },
        { DC_CALL_CREATE_DM, NULL, NULL, NULL, "POST", "/users/@me/channels", "" },
        { DC_CALL_EDIT_ORIGINAL, "301", "tok", NULL, "PATCH", "/webhooks/301/tok/messages/@original", NULL },
        { DC_CALL_DELETE_ORIGINAL, "301", "tok", NULL, "DELETE", "/webhooks/301/tok/messages/@original",
          NULL },
        { DC_CALL_FOLLOW_UP, "301", "tok", NULL, "POST", "/webhooks/301/tok", NULL },
        { DC_CALL_EDIT_FOLLOW_UP, "301", "tok", "6", "PATCH", "/webhooks/301/tok/messages/6", NULL },
        { DC_CALL_PUT_COMMANDS, "301", NULL, NULL, "PUT", "/applications/301/commands", "" },
        { DC_CALL_PUT_GUILD_COMMANDS, "301", "400", NULL, "PUT", "/applications/301/guilds/400/commands",
          "400" },
        { DC_CALL_GET_COMMANDS, "301", NULL, NULL, "GET", "/applications/301/commands", "" },
        { DC_CALL_GATEWAY_BOT, NULL, NULL, NULL, "GET", "/gateway/bot", "" },
        { DC_CALL_APPLICATION, NULL, NULL, NULL, "GET", "/applications/@me", "" },
    };
    assert_int_equal(ARRAY_LEN(row), DC_CALLS);
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dc_route r;
        assert_int_equal(dc_route(&r, row[i].call, row[i].a, row[i].b, row[i].c), 0);
        assert_int_equal(r.call, row[i].call);
        assert_string_equal(r.method, row[i].method);
        assert_string_equal(r.path, row[i].path);
        assert_string_equal(r.major, row[i].major ? row[i].major : "301");
        if (row[i].major)
            assert_string_equal(r.lane, row[i].major);
        else
            assert_int_equal(strlen(r.lane), DC_MAJOR_BYTES - 1);
        assert_int_equal(r.body,
                         strcmp(r.method, "GET") && strcmp(r.method, "DELETE") && r.call != DC_CALL_TYPING);
        assert_int_equal(r.authorized, strncmp(r.path, "/webhooks", 9) && strncmp(r.path, "/inter", 6));
        assert_null(strstr(r.shape, "tok"));
    }
}

static void route__a_parameter_stays_in_its_segment(void **state X_UNUSED)
{
    struct dc_route r;
    assert_int_equal(dc_route(&r, DC_CALL_FOLLOW_UP, "301", "a/../b?c#d%e f\xC3\xA9", NULL), 0);
    assert_string_equal(r.path, "/webhooks/301/a%2F..%2Fb%3Fc%23d%25e%20f%C3%A9");
    assert_int_equal(dc_route(&r, DC_CALL_FOLLOW_UP, "301", "A-z_0.9~", NULL), 0);
    assert_string_equal(r.path, "/webhooks/301/A-z_0.9~");
    assert_int_equal(dc_route(&r, DC_CALL_CREATE_MESSAGE, "..", NULL, NULL), X_E_INVALID);
    assert_int_equal(dc_route(&r, DC_CALL_CREATE_MESSAGE, ".", NULL, NULL), X_E_INVALID);
    assert_int_equal(dc_route(&r, DC_CALL_CREATE_MESSAGE, "", NULL, NULL), X_E_INVALID);
    assert_int_equal(dc_route(&r, DC_CALL_EDIT_MESSAGE, "5", NULL, NULL), X_E_INVALID);
}

static void route__tokens_have_their_own_limits_and_do_not_show(void **state X_UNUSED)
{
    struct dc_route a, b, c;
    dc_route(&a, DC_CALL_FOLLOW_UP, "301", "token-one", NULL);
    dc_route(&b, DC_CALL_FOLLOW_UP, "301", "token-two", NULL);
    dc_route(&c, DC_CALL_EDIT_ORIGINAL, "301", "token-one", NULL);
    assert_string_not_equal(a.lane, b.lane);
    assert_string_equal(a.major, b.major);
    assert_string_equal(a.lane, c.lane);
    assert_null(strstr(a.lane, "token"));
}

static void route__too_long_is_told(void **state X_UNUSED)
{
    char *token = kit_repeated("t", DC_TOKEN_MAX), *odd = kit_repeated("/", DC_TOKEN_MAX);
    struct dc_route r;
    assert_int_equal(
        dc_route(&r, DC_CALL_EDIT_FOLLOW_UP, "12345678901234567890", token, "12345678901234567890"), 0);
    assert_int_equal(dc_route(&r, DC_CALL_FOLLOW_UP, "301", odd, NULL), X_E_LIMIT);
    free(token);
    free(odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route__every_call),
        cmocka_unit_test(route__a_parameter_stays_in_its_segment),
        cmocka_unit_test(route__tokens_have_their_own_limits_and_do_not_show),
        cmocka_unit_test(route__too_long_is_told),
    };
    return cmocka_run_group_tests_name("wire_route", tests, NULL, NULL);
}
