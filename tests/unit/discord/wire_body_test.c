/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies byte for byte. tests/e2e/discord_spec_test.py holds them against Discord's OpenAPI document.
 */
#include "tests/unit/discord/wire_kit.h"

#define NOBODY "\"allowed_mentions\":{\"parse\":[],\"replied_user\":false}"
#define NOTHING                                                                                              \
    {                                                                                                        \
        .content = "", .embeds = "", .components = "", .reply_to = "", .nonce = ""                           \
    }

static void expect(struct buf *out, const char *schema, const char *want)
{
    assert_false(out->failed);
    assert_string_equal(buf_text(out), want);
    kit_body(schema, out);
    buf_clear(out);
}

static void create__says_all_it_must(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    struct dc_post p = NOTHING;
    p.content = "Hi \"you\"";
    dc_create(&out, &p);
    expect(&out, "MessageCreateRequest", "{\"content\":\"Hi \\\"you\\\"\"," NOBODY "}");
    p.reply_to = "900";
    p.nonce = "0123456789abcdef012345678";
    p.embeds = "[{\"title\":\"Sources\"}]";
    p.ephemeral = true;
    dc_create(&out, &p);
    expect(&out, "MessageCreateRequest",
           "{\"content\":\"Hi \\\"you\\\"\",\"embeds\":[{\"title\":\"Sources\"}]," NOBODY
           ",\"message_reference\":{\"message_id\":\"900\",\"fail_if_not_exists\":false},"
           "\"nonce\":\"0123456789abcdef012345678\",\"enforce_nonce\":true}");
    buf_free(&out);
}

static void edit__takes_away_what_it_does_not_say(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    struct dc_post p = NOTHING;
    p.content = "x";
    dc_edit(&out, &p);
    expect(&out, "MessageEditRequestPartial",
           "{\"content\":\"x\",\"embeds\":[],\"components\":[]," NOBODY "}");
    dc_edit(&out, &p);
    expect(&out, "IncomingWebhookUpdateRequestPartial",
           "{\"content\":\"x\",\"embeds\":[],\"components\":[]," NOBODY "}");
    buf_free(&out);
}

static void interaction__first_answers(void **state X_UNUSED)
{
    static const struct dc_choice choice[] = { { "Deutsch", "de" }, { "English", "en" } };
    struct buf out = BUF_INIT(1U << 16);
    struct dc_post p = NOTHING;
    dc_pong(&out);
    expect(&out, "PongInteractionCallbackRequest", "{\"type\":1}");
    dc_defer(&out, false);
    expect(&out, "CreateMessageInteractionCallbackRequest", "{\"type\":5}");
    dc_defer(&out, true);
    expect(&out, "CreateMessageInteractionCallbackRequest", "{\"type\":5,\"data\":{\"flags\":64}}");
    dc_defer_update(&out);
    expect(&out, "UpdateMessageInteractionCallbackRequest", "{\"type\":6}");
    p.content = "x";
    p.ephemeral = true;
    dc_answer(&out, &p);
    expect(&out, "CreateMessageInteractionCallbackRequest",
           "{\"type\":4,\"data\":{\"content\":\"x\"," NOBODY ",\"flags\":64}}");
    dc_update(&out, &p);
    expect(&out, "UpdateMessageInteractionCallbackRequest",
           "{\"type\":7,\"data\":{\"content\":\"x\",\"embeds\":[],\"components\":[]," NOBODY "}}");
    dc_follow_up(&out, &p);
    expect(&out, "IncomingWebhookRequestPartial", "{\"content\":\"x\"," NOBODY ",\"flags\":64}");
    dc_choices(&out, choice, 2);
    expect(&out, "ApplicationCommandAutocompleteCallbackRequest",
           "{\"type\":8,\"data\":{\"choices\":[{\"name\":\"Deutsch\",\"value\":\"de\"},{\"name\":\"English\","
           "\"value\":\"en\"}]}}");
    dc_choices(&out, NULL, 0);
    expect(&out, "ApplicationCommandAutocompleteCallbackRequest", "{\"type\":8,\"data\":{\"choices\":[]}}");
    buf_free(&out);
}

static void thread_and_dm(void **state X_UNUSED)
{
    char *name = kit_repeated("\U0001F600", 60);
    struct buf out = BUF_INIT(1U << 16);
    dc_start_thread(&out, "A question");
    expect(&out, "CreateTextThreadWithMessageRequest", "{\"name\":\"A question\"}");
    dc_start_thread(&out, name);
    assert_int_equal(out.len, strlen("{\"name\":\"\"}") + 50 * 4);
    buf_clear(&out);
    dc_create_dm(&out, "200");
    expect(&out, "CreatePrivateChannelRequest", "{\"recipient_id\":\"200\"}");
    buf_free(&out);
    free(name);
}

static void components__buttons_in_rows_of_five(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16), body = BUF_INIT(1U << 16);
    struct dc_button b[26];
    struct dc_post p = NOTHING;
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        b[i] = (struct dc_button){ "Yes", "fb:1", i % 2 ? DC_SECONDARY : DC_DANGER, i == 0 };
    dc_buttons(&out, b, 1);
    assert_string_equal(buf_text(&out), "[{\"type\":1,\"id\":1,\"components\":[{\"type\":2,\"id\":2,"
                                        "\"style\":4,\"label\":\"Yes\",\"custom_id\":"
                                        "\"fb:1\",\"disabled\":true}]}]");
    buf_clear(&out);
    dc_buttons(&out, b, 25);
    assert_false(out.failed);
    p.content = "x";
    p.components = buf_text(&out);
    dc_create(&body, &p);
    kit_body("MessageCreateRequest", &body);
    buf_clear(&out);
    dc_buttons(&out, b, 26);
    assert_true(out.failed);
    buf_clear(&out);
    b[0].custom_id = "";
    dc_buttons(&out, b, 1);
    assert_true(out.failed);
    buf_free(&out);
    buf_free(&body);
}

static void components__select(void **state X_UNUSED)
{
    static const struct dc_choice choice[] = { { "Deutsch", "de" }, { "English", "en" } };
    struct buf out = BUF_INIT(1U << 16), body = BUF_INIT(1U << 16);
    struct dc_post p = NOTHING;
    dc_select(&out, "lang", choice, 2, "en");
    assert_string_equal(
        buf_text(&out),
        "[{\"type\":1,\"id\":1,\"components\":[{\"type\":3,\"id\":2,\"custom_id\":\"lang\",\"options\":[{"
        "\"label\":"
        "\"Deutsch\",\"value\":\"de\"},{\"label\":\"English\",\"value\":\"en\",\"default\":true}]}]}]");
    p.content = "x";
    p.components = buf_text(&out);
    dc_create(&body, &p);
    kit_body("MessageCreateRequest", &body);
    buf_clear(&out);
    dc_select(&out, "lang", choice, 0, "");
    assert_true(out.failed);
    buf_free(&out);
    buf_free(&body);
}

static void body__over_a_limit_is_not_sent(void **state X_UNUSED)
{
    char *text = kit_repeated("\U0001F600", DC_CONTENT_MAX / 2),
         *more = kit_repeated("x", DC_CONTENT_MAX + 1), *id = kit_repeated("i", DC_CUSTOM_ID_CHARS + 1);
    struct dc_button b = { "Yes", id, DC_PRIMARY, false };
    struct buf out = BUF_INIT(1U << 16);
    struct dc_post p = NOTHING;
    p.content = text;
    dc_create(&out, &p);
    assert_false(out.failed);
    buf_clear(&out);
    p.content = more;
    dc_create(&out, &p);
    assert_true(out.failed);
    buf_clear(&out);
    p.content = "x";
    p.nonce = "01234567890123456789012345";
    dc_create(&out, &p);
    assert_true(out.failed);
    buf_clear(&out);
    dc_buttons(&out, &b, 1);
    assert_true(out.failed);
    buf_free(&out);
    free(text);
    free(more);
    free(id);
}

static void nonce__is_of_the_turn_and_the_part(void **state X_UNUSED)
{
    char a[DC_NONCE_BYTES], b[DC_NONCE_BYTES];
    dc_nonce(a, "01JD0000000000000000000000", 0);
    dc_nonce(b, "01JD0000000000000000000000", 0);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 25);
    dc_nonce(b, "01JD0000000000000000000000", 1);
    assert_string_not_equal(a, b);
    dc_nonce(b, "01JD0000000000000000000001", 0);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create__says_all_it_must),
        cmocka_unit_test(edit__takes_away_what_it_does_not_say),
        cmocka_unit_test(interaction__first_answers),
        cmocka_unit_test(thread_and_dm),
        cmocka_unit_test(components__buttons_in_rows_of_five),
        cmocka_unit_test(components__select),
        cmocka_unit_test(body__over_a_limit_is_not_sent),
        cmocka_unit_test(nonce__is_of_the_turn_and_the_part),
    };
    return cmocka_run_group_tests_name("wire_body", tests, NULL, NULL);
}
