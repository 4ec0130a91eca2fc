/* SPDX-License-Identifier: Apache-2.0
 *
 * Definitions of commands: what is written, and every limit one beyond itself.
 */
#include "tests/unit/discord/wire_kit.h"

static const struct dc_local german[] = { { "de", "fragen", "Eine Frage stellen" }, { "fr", "", "Poser" } };
static const struct dc_choice_def choice[] = { { { "Short", "", NULL, 0 }, "s" },
                                               { { "Long", "", NULL, 0 }, "l" } };
static const struct dc_option_def ask_option[] = {
    { .label = { "question", "What to ask", NULL, 0 },
      .type = DC_STRING,
      .required = true,
      .length_max = 4000 },
    { .label = { "length", "How long", NULL, 0 }, .type = DC_STRING, .choice = choice, .choices = 2 },
    { .label = { "language", "In which", NULL, 0 }, .type = DC_STRING, .autocomplete = true },
    { .label = { "private", "Only for you", NULL, 0 }, .type = DC_BOOLEAN },
};
static const struct dc_option_def set_option[] = {
    { .label = { "name", "Which", NULL, 0 }, .type = DC_STRING, .required = true },
};
static const struct dc_option_def policy_sub[] = {
    { .label = { "set", "Set it", NULL, 0 }, .type = DC_SUB_COMMAND, .option = set_option, .options = 1 },
};
static const struct dc_option_def parley_option[] = {
    { .label = { "status", "How it is", NULL, 0 }, .type = DC_SUB_COMMAND },
    { .label = { "policy", "The policy", NULL, 0 },
      .type = DC_SUB_GROUP,
      .option = policy_sub,
      .options = 1 },
};
static const struct dc_command_def table[] = {
    { .label = { "ask", "Ask a question", german, 2 },
      .type = DC_CHAT_COMMAND,
      .permissions = DC_EVERYBODY,
      .contexts = DC_IN(DC_CONTEXT_GUILD) | DC_IN(DC_CONTEXT_BOT_DM) | DC_IN(DC_CONTEXT_PRIVATE),
      .installs = DC_INSTALL_GUILD | DC_INSTALL_USER,
      .option = ask_option,
      .options = 4 },
    { .label = { "parley", "For administrators", NULL, 0 },
      .type = DC_CHAT_COMMAND,
      .permissions = 0,
      .contexts = DC_IN(DC_CONTEXT_GUILD),
      .installs = DC_INSTALL_GUILD,
      .option = parley_option,
      .options = 2 },
    { .label = { "Ask about this", "", NULL, 0 }, .type = DC_MESSAGE_COMMAND, .permissions = DC_EVERYBODY },
};

static void commands__are_written_as_the_table_says(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    assert_int_equal(dc_commands(&out, table, 3, false, NULL), 0);
    assert_string_equal(
        buf_text(&out),
        "[{\"type\":1,\"name\":\"ask\",\"name_localizations\":{\"de\":\"fragen\"},\"description\":\"Ask a "
        "question\","
        "\"description_localizations\":{\"de\":\"Eine Frage "
        "stellen\",\"fr\":\"Poser\"},\"options\":[{\"type\":3,"
        "\"name\":\"question\",\"description\":\"What to "
        "ask\",\"required\":true,\"max_length\":4000},{\"type\":3,"
        "\"name\":\"length\",\"description\":\"How "
        "long\",\"choices\":[{\"name\":\"Short\",\"value\":\"s\"},{\"name\":"
        "\"Long\",\"value\":\"l\"}]},{\"type\":3,\"name\":\"language\",\"description\":\"In "
        "which\",\"autocomplete\":"
        "true},{\"type\":5,\"name\":\"private\",\"description\":\"Only for you\"}],\"contexts\":[0,1,2],"
        "\"integration_types\":[0,1]},{\"type\":1,\"name\":\"parley\",\"description\":\"For administrators\","
        "\"options\":[{\"type\":1,\"name\":\"status\",\"description\":\"How it "
        "is\"},{\"type\":2,\"name\":\"policy\","
        "\"description\":\"The policy\",\"options\":[{\"type\":1,\"name\":\"set\",\"description\":\"Set it\","
        "\"options\":[{\"type\":3,\"name\":\"name\",\"description\":\"Which\",\"required\":true}]}]}],"
        "\"default_member_permissions\":0,\"contexts\":[0],\"integration_types\":[0]},{\"type\":3,\"name\":"
        "\"Ask about this\"}]");
    kit_body("[ApplicationCommandUpdateRequest", &out);
    buf_free(&out);
}

static void commands__of_a_guild_know_no_contexts(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    assert_int_equal(dc_commands(&out, table, 3, true, NULL), 0);
    assert_null(strstr(buf_text(&out), "contexts"));
    assert_null(strstr(buf_text(&out), "integration_types"));
    kit_body("[ApplicationCommandUpdateRequest", &out);
    buf_free(&out);
}

static int refused(const struct dc_command_def *d, size_t n, const char *what)
{
    struct buf out = BUF_INIT(1U << 20);
    struct err err = { "" };
    int rc = dc_commands(&out, d, n, false, &err);
    if (rc && !strstr(err.text, what))
        fail_msg("\"%s\" does not say \"%s\"", err.text, what);
    assert_true(rc == 0 || out.len == 0);
    buf_free(&out);
    return rc;
}

static struct dc_command_def simple(const char *name, const char *description)
{
    return (struct dc_command_def){ .label = { name, description, NULL, 0 },
                                    .type = DC_CHAT_COMMAND,
                                    .permissions = DC_EVERYBODY };
}

static void commands__names_and_descriptions(void **state X_UNUSED)
{
    static const struct {
        const char *name, *description;
        int rc;
    } row[] = {
        { "a", "d", 0 },
        { "frage-1_b", "d", 0 },
        { "\u8CEA\u554F", "d", 0 },
        { "abcdefghijklmnopqrstuvwxyz012345", "d", 0 },
        { "abcdefghijklmnopqrstuvwxyz0123456", "d", X_E_LIMIT },
        { "", "d", X_E_INVALID },
        { "Ask", "d", X_E_INVALID },
        { "a b", "d", X_E_INVALID },
        { "a/b", "d", X_E_INVALID },
        { "a", "", X_E_INVALID },
    };
    char *text = kit_repeated("d", 101);
    struct dc_command_def d;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        d = simple(row[i].name, row[i].description);
        assert_int_equal(refused(&d, 1, row[i].name), row[i].rc);
    }
    d = simple("a", text);
    assert_int_equal(refused(&d, 1, "too long a description"), X_E_LIMIT);
    d = simple("a", text + 1);
    assert_int_equal(refused(&d, 1, ""), 0);
    d = simple("Menu Here", "described");
    d.type = DC_USER_COMMAND;
    assert_int_equal(refused(&d, 1, "no description"), X_E_INVALID);
    d = simple("a", "d");
    d.label.local = &(const struct dc_local){ "de", "Gross", "" };
    d.label.locals = 1;
    assert_int_equal(refused(&d, 1, "Gross"), X_E_INVALID);
    free(text);
}

static void commands__options_and_choices(void **state X_UNUSED)
{
    struct dc_option_def option[26];
    struct dc_choice_def many[26];
    struct dc_command_def d = simple("ask", "d");
    for (size_t i = 0; i < 26; i++) {
        option[i] = ask_option[3];
        many[i] = choice[0];
    }
    d.option = option;
    d.options = 25;
    assert_int_equal(refused(&d, 1, ""), 0);
    d.options = 26;
    assert_int_equal(refused(&d, 1, "too many options"), X_E_LIMIT);
    d.options = 2;
    option[1] = ask_option[0];
    assert_int_equal(refused(&d, 1, "required"), X_E_INVALID);
    option[1] = ask_option[1];
    option[1].choice = many;
    option[1].choices = 26;
    assert_int_equal(refused(&d, 1, "too many choices"), X_E_LIMIT);
    option[1].choices = 25;
    assert_int_equal(refused(&d, 1, ""), 0);
    option[1].autocomplete = true;
    assert_int_equal(refused(&d, 1, "no choices"), X_E_INVALID);
    option[1] = ask_option[3];
    option[1].option = option;
    option[1].options = 1;
    assert_int_equal(refused(&d, 1, "no options"), X_E_INVALID);
}

static void commands__not_too_deep(void **state X_UNUSED)
{
    const struct dc_option_def sub = { .label = { "sub", "d", NULL, 0 }, .type = DC_SUB_COMMAND };
    const struct dc_option_def group = { .label = { "group", "d", NULL, 0 }, .type = DC_SUB_GROUP };
    struct dc_option_def outer = group;
    struct dc_command_def d = simple("ask", "d");
    d.option = &outer;
    d.options = 1;
    outer.option = &sub;
    outer.options = 1;
    assert_int_equal(refused(&d, 1, ""), 0);
    outer.option = &group;
    assert_int_equal(refused(&d, 1, "too deep"), X_E_INVALID);
    outer = sub;
    outer.option = &sub;
    outer.options = 1;
    assert_int_equal(refused(&d, 1, "too deep"), X_E_INVALID);
}

static void commands__sums(void **state X_UNUSED)
{
    char *text = kit_repeated("d", 100);
    char name[101][8];
    struct dc_command_def d[101];
    struct dc_option_def option[25];
    struct dc_choice_def many[25];
    for (size_t i = 0; i < 101; i++) {
        snprintf(name[i], sizeof name[i], "c%zu", i);
        d[i] = simple(name[i], "d");
    }
    assert_int_equal(refused(d, 100, ""), 0);
    assert_int_equal(refused(d, 101, "one too many"), X_E_LIMIT);
    for (size_t i = 0; i < 16; i++)
        d[i].type = DC_MESSAGE_COMMAND, d[i].label.description = "";
    assert_int_equal(refused(d, 15, ""), 0);
    assert_int_equal(refused(d, 16, "one too many"), X_E_LIMIT);
    d[1] = d[0];
    assert_int_equal(refused(d, 2, "twice"), X_E_INVALID);
    for (size_t i = 0; i < 25; i++)
        many[i] = (struct dc_choice_def){ { text, "", NULL, 0 }, text };
    for (size_t i = 0; i < 25; i++)
        option[i] = (struct dc_option_def){
            .label = { "o", "d", NULL, 0 }, .type = DC_STRING, .choice = many, .choices = 25
        };
    d[0] = simple("ask", "d");
    d[0].option = option;
    d[0].options = 1;
    assert_int_equal(refused(d, 1, ""), 0);
    d[0].options = 2;
    assert_int_equal(refused(d, 1, "8000"), X_E_LIMIT);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands__are_written_as_the_table_says),
        cmocka_unit_test(commands__of_a_guild_know_no_contexts),
        cmocka_unit_test(commands__names_and_descriptions),
        cmocka_unit_test(commands__options_and_choices),
        cmocka_unit_test(commands__not_too_deep),
        cmocka_unit_test(commands__sums),
    };
    return cmocka_run_group_tests_name("wire_command", tests, NULL, NULL);
}
