/* SPDX-License-Identifier: Apache-2.0
 *
 * Interactions of every type, from a guild, a DM and a private channel; typed options, sub-commands, the
 * target of the context menu, buttons and selects.
 */
#include "tests/unit/discord/wire_kit.h"

#include <errno.h>

struct read {
    struct arena a;
    struct dc_interaction i;
    struct err err;
    int rc;
};

#define HEAD "\"id\":\"800\",\"application_id\":\"301\",\"token\":\"to-ken\",\"version\":1,"
#define IN_GUILD                                                                                             \
    "\"guild_id\":\"400\",\"channel_id\":\"500\",\"channel\":{\"id\":\"500\",\"type\":0},\"locale\":\"de\"," \
    "\"guild_locale\":\"en-US\",\"context\":0,\"authorizing_integration_owners\":{\"0\":\"400\"},"           \
    "\"member\":{\"user\":{\"id\":\"200\"},\"roles\":[\"41\"],\"permissions\":\"2147483656\"},"

static void read_raw(struct read *r, const char *json)
{
    memset(&r->i, 0x5A, sizeof r->i);
    arena_init(&r->a, KIT_BYTES);
    r->err.text[0] = '\0';
    r->rc = dc_interaction_read(str_of(json), &kit_me, &r->a, &r->i, &r->err);
}

static void read_guild(struct read *r, int type, const char *data)
{
    char json[2048];
    snprintf(json, sizeof json, "{" HEAD IN_GUILD "\"type\":%d,\"data\":%s}", type, data);
    read_raw(r, json);
}

static void interaction__of_a_guild_says_who_and_where(void **state X_UNUSED)
{
    struct read r;
    read_guild(&r, 2, "{\"id\":\"1\",\"type\":1,\"name\":\"help\"}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.i.type, DC_COMMAND);
    assert_string_equal(r.i.id, "800");
    assert_string_equal(r.i.application_id, "301");
    assert_string_equal(r.i.token, "to-ken");
    assert_string_equal(r.i.user_id, "200");
    assert_string_equal(r.i.guild_id, "400");
    assert_string_equal(r.i.channel_id, "500");
    assert_string_equal(r.i.locale, "de");
    assert_string_equal(r.i.guild_locale, "en-US");
    assert_int_equal(r.i.context, DC_CONTEXT_GUILD);
    assert_true(r.i.permissions == INT64_C(2147483656) && (r.i.permissions & DC_PERMISSION_ADMINISTRATOR));
    assert_int_equal(r.i.roles, 1);
    assert_string_equal(r.i.command, "help");
    assert_int_equal(r.i.command_type, DC_CHAT_COMMAND);
    assert_true(!r.i.in_thread && !r.i.user_install && r.i.options == 0 && !r.i.has_target);
    arena_wipe(&r.a);
}

static void interaction__of_a_dm_and_of_a_private_channel(void **state X_UNUSED)
{
    struct read r;
    read_raw(&r, "{" HEAD "\"type\":2,\"channel_id\":\"600\",\"user\":{\"id\":\"201\"},\"context\":1,"
                 "\"authorizing_integration_owners\":{\"0\":\"0\"},\"data\":{\"name\":\"ask\",\"type\":1}}");
    assert_int_equal(r.rc, 0);
    assert_string_equal(r.i.user_id, "201");
    assert_int_equal(r.i.context, DC_CONTEXT_BOT_DM);
    assert_true(r.i.permissions == 0 && r.i.guild_id[0] == '\0' && !r.i.user_install);
    arena_wipe(&r.a);
    read_raw(&r,
             "{" HEAD "\"type\":2,\"channel_id\":\"600\",\"user\":{\"id\":\"201\"},\"context\":2,"
             "\"authorizing_integration_owners\":{\"1\":\"201\"},\"data\":{\"name\":\"ask\",\"type\":1}}");
    assert_int_equal(r.i.context, DC_CONTEXT_PRIVATE);
    assert_true(r.i.user_install);
    arena_wipe(&r.a);
    read_raw(&r, "{" HEAD
                 "\"type\":2,\"channel_id\":\"600\",\"user\":{\"id\":\"201\"},\"context\":9,\"data\":{}}");
    assert_int_equal(r.i.context, DC_CONTEXT_UNKNOWN);
    arena_wipe(&r.a);
}

static void interaction__in_a_thread_tells_its_parent(void **state X_UNUSED)
{
    struct read r;
    read_raw(&r,
             "{" HEAD "\"type\":2,\"channel_id\":\"600\",\"guild_id\":\"400\",\"member\":{\"user\":{\"id\":"
             "\"201\"}},\"channel\":{\"type\":12,\"parent_id\":\"599\"},\"data\":{\"name\":\"ask\"}}");
    assert_true(r.rc == 0 && r.i.in_thread);
    assert_string_equal(r.i.parent_id, "599");
    assert_int_equal(r.i.context, DC_CONTEXT_GUILD);
    arena_wipe(&r.a);
}

static void command__options_have_types(void **state X_UNUSED)
{
    const struct dc_option *o;
    struct read r;
    read_guild(
        &r, 2,
        "{\"type\":1,\"name\":\"ask\",\"options\":[{\"name\":\"question\",\"type\":3,\"value\":\" Why? \"},"
        "{\"name\":\"private\",\"type\":5,\"value\":true},{\"name\":\"n\",\"type\":4,\"value\":-7},"
        "{\"name\":\"x\",\"type\":10,\"value\":2.5},{\"name\":\"who\",\"type\":6,\"value\":\"200\"},"
        "{\"name\":\"new\",\"type\":77,\"value\":1},{\"type\":3,\"value\":\"nameless\"},7]}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.i.options, 5);
    o = dc_option_of(&r.i, "question");
    assert_non_null(o);
    assert_string_equal(o->text, "Why?");
    assert_true(dc_option_of(&r.i, "private")->yes);
    assert_true(dc_option_of(&r.i, "n")->number == -7);
    assert_true(dc_option_of(&r.i, "x")->number == 2.5);
    assert_string_equal(dc_option_of(&r.i, "who")->text, "200");
    assert_null(dc_option_of(&r.i, "new"));
    arena_wipe(&r.a);
}

static void command__sub_commands_and_groups(void **state X_UNUSED)
{
    struct read r;
    read_guild(
        &r, 2,
        "{\"type\":1,\"name\":\"parley\",\"options\":[{\"name\":\"status\",\"type\":1,\"options\":[]}]}");
    assert_string_equal(r.i.command, "parley");
    assert_string_equal(r.i.sub, "status");
    assert_true(r.i.group[0] == '\0' && r.i.options == 0);
    arena_wipe(&r.a);
    read_guild(
        &r, 2,
        "{\"type\":1,\"name\":\"parley\",\"options\":[{\"name\":\"policy\",\"type\":2,\"options\":[{\"name\":"
        "\"set\",\"type\":1,\"options\":[{\"name\":\"v\",\"type\":3,\"value\":\"x\"}]}]}]}");
    assert_string_equal(r.i.group, "policy");
    assert_string_equal(r.i.sub, "set");
    assert_string_equal(dc_option_of(&r.i, "v")->text, "x");
    arena_wipe(&r.a);
}

static void command__of_the_context_menu_has_its_target(void **state X_UNUSED)
{
    struct read r;
    read_guild(
        &r, 2,
        "{\"type\":3,\"name\":\"Ask about "
        "this\",\"target_id\":\"901\",\"resolved\":{\"messages\":{\"900\":{},"
        "\"901\":{\"id\":\"901\",\"content\":\"What is staking?\",\"author\":{\"id\":\"202\",\"bot\":true},"
        "\"attachments\":[{\"content_type\":\"image/png\"}]}}}}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.i.command_type, DC_MESSAGE_COMMAND);
    assert_string_equal(r.i.command, "Ask about this");
    assert_true(r.i.has_target);
    assert_string_equal(r.i.target.id, "901");
    assert_string_equal(r.i.target.text, "What is staking?");
    assert_string_equal(r.i.target.author_id, "202");
    assert_true(r.i.target.author_bot && r.i.target.attachments == 1);
    arena_wipe(&r.a);
    read_guild(&r, 2, "{\"type\":3,\"name\":\"Ask about this\",\"target_id\":\"901\",\"resolved\":{}}");
    assert_true(r.rc == 0 && !r.i.has_target);
    assert_string_equal(r.i.target.text, "");
    arena_wipe(&r.a);
}

static void autocomplete__knows_what_is_typed(void **state X_UNUSED)
{
    struct read r;
    read_guild(
        &r, 4,
        "{\"type\":1,\"name\":\"language\",\"options\":[{\"name\":\"language\",\"type\":3,\"value\":\"deu\","
        "\"focused\":true}]}");
    assert_int_equal(r.i.type, DC_AUTOCOMPLETE);
    assert_true(r.i.option[0].focused);
    assert_string_equal(r.i.option[0].text, "deu");
    arena_wipe(&r.a);
}

static void component__button_and_select(void **state X_UNUSED)
{
    struct read r;
    read_guild(&r, 3,
               "{\"custom_id\":\"lang:abc\",\"component_type\":3,\"values\":[\"de\",7,\"fr\"]},"
               "\"message\":{\"id\":\"700\",\"interaction_metadata\":{\"user\":{\"id\":\"203\"}}}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.i.type, DC_COMPONENT);
    assert_string_equal(r.i.custom_id, "lang:abc");
    assert_int_equal(r.i.values, 2);
    assert_string_equal(r.i.value[1], "fr");
    assert_string_equal(r.i.message_id, "700");
    assert_string_equal(r.i.message_owner, "203");
    arena_wipe(&r.a);
    read_guild(&r, 5, "{\"custom_id\":\"m\",\"components\":[]}");
    assert_int_equal(r.i.type, DC_MODAL);
    assert_true(r.i.values == 0 && r.i.message_id[0] == '\0' && r.i.message_owner[0] == '\0');
    arena_wipe(&r.a);
}

static void ping__has_nobody(void **state X_UNUSED)
{
    struct read r;
    read_raw(&r, "{\"id\":\"800\",\"application_id\":\"301\",\"type\":1,\"token\":\"ping\",\"version\":1}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.i.type, DC_PING);
    assert_string_equal(r.i.user_id, "");
    assert_string_equal(r.i.command, "");
    arena_wipe(&r.a);
}

static void interaction__too_long_a_text_is_told_and_can_be_answered(void **state X_UNUSED)
{
    char *text = kit_repeated("x", MESSAGE_TEXT_MAX + 1), *json = NULL;
    struct read r;
    assert_true(
        asprintf(&json,
                 "{" HEAD IN_GUILD "\"type\":2,\"data\":{\"name\":\"ask\",\"type\":1,\"options\":[{"
                 "\"name\":\"question\",\"type\":3,\"value\":\"%s\"},{\"name\":\"private\",\"type\":5,"
                 "\"value\":true}]}}",
                 text) > 0);
    read_raw(&r, json);
    assert_int_equal(r.rc, X_E_LIMIT);
    assert_non_null(strstr(r.err.text, "32768"));
    assert_string_equal(r.i.token, "to-ken");
    assert_string_equal(dc_option_of(&r.i, "question")->text, "");
    assert_true(dc_option_of(&r.i, "private")->yes);
    arena_wipe(&r.a);
    free(json);
    assert_true(asprintf(&json,
                         "{" HEAD IN_GUILD
                         "\"type\":2,\"data\":{\"name\":\"A\",\"type\":3,\"target_id\":\"9\","
                         "\"resolved\":{\"messages\":{\"9\":{\"id\":\"9\",\"author\":{\"id\":\"1\"},"
                         "\"content\":\"%s\"}}}}}",
                         text) > 0);
    read_raw(&r, json);
    assert_int_equal(r.rc, X_E_LIMIT);
    assert_true(r.i.has_target);
    assert_string_equal(r.i.target.text, "");
    arena_wipe(&r.a);
    free(json);
    free(text);
}

static void interaction__without_what_every_one_has(void **state X_UNUSED)
{
    static const char *const json[] = {
        "",
        "[]",
        "{}",
        "{" HEAD "\"type\":2,\"channel_id\":\"1\",\"data\":{}}",
        "{" HEAD "\"type\":2,\"user\":{\"id\":\"1\"},\"data\":{}}",
        "{" HEAD "\"type\":0,\"channel_id\":\"1\",\"user\":{\"id\":\"1\"}}",
        "{" HEAD "\"type\":6,\"channel_id\":\"1\",\"user\":{\"id\":\"1\"}}",
        "{\"id\":\"800\",\"application_id\":\"301\",\"type\":1}",
        "{\"id\":\"800\",\"token\":\"t\",\"type\":1}",
        "{\"application_id\":\"301\",\"token\":\"t\",\"type\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        struct read r;
        read_raw(&r, json[i]);
        assert_int_equal(r.rc, X_E_INVALID);
        assert_true(r.err.text[0]);
        arena_wipe(&r.a);
    }
}

static void interaction__odd_permissions_are_none(void **state X_UNUSED)
{
    static const char *const said[] = { "\"\"", "\"-1\"", "8", "\"99999999999999999999\"", "\"0x8\"" };
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        char json[512];
        struct read r;
        snprintf(json, sizeof json,
                 "{" HEAD
                 "\"type\":2,\"channel_id\":\"5\",\"member\":{\"user\":{\"id\":\"2\"},\"permissions\":%s}}",
                 said[i]);
        read_raw(&r, json);
        assert_true(r.rc == 0 && r.i.permissions == 0);
        arena_wipe(&r.a);
    }
}

static void interaction__out_of_memory_is_told(void **state X_UNUSED)
{
    int rc = -ENOMEM;
    for (size_t cap = 16; rc == -ENOMEM && cap < 8192; cap += 16) {
        struct dc_interaction i;
        struct arena a;
        arena_init(&a, cap);
        rc = dc_interaction_read(
            str_of("{" HEAD IN_GUILD
                   "\"type\":2,\"data\":{\"name\":\"a\",\"type\":1,\"options\":[{\"name\":\"b\","
                   "\"type\":1,\"options\":[{\"name\":\"c\",\"type\":3,\"value\":\"d\"}]}]}}"),
            &kit_me, &a, &i, NULL);
        arena_wipe(&a);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interaction__of_a_guild_says_who_and_where),
        cmocka_unit_test(interaction__of_a_dm_and_of_a_private_channel),
        cmocka_unit_test(interaction__in_a_thread_tells_its_parent),
        cmocka_unit_test(command__options_have_types),
        cmocka_unit_test(command__sub_commands_and_groups),
        cmocka_unit_test(command__of_the_context_menu_has_its_target),
        cmocka_unit_test(autocomplete__knows_what_is_typed),
        cmocka_unit_test(component__button_and_select),
        cmocka_unit_test(ping__has_nobody),
        cmocka_unit_test(interaction__too_long_a_text_is_told_and_can_be_answered),
        cmocka_unit_test(interaction__without_what_every_one_has),
        cmocka_unit_test(interaction__odd_permissions_are_none),
        cmocka_unit_test(interaction__out_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("wire_interaction", tests, NULL, NULL);
}
