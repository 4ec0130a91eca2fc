/* SPDX-License-Identifier: Apache-2.0
 *
 * Every body to the letter, against tests/golden/telegram_calls.txt: a line "method body" per call, in this
 * order. tests/e2e/telegram_spec_test.py holds the same lines against the specification of the Bot API.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/telegram/wire.h"
#include "base/json.h"

#define GOLDEN "tests/golden/telegram_calls.txt"
#define CHAT   INT64_C(-1001234567890)
#define PAYLOAD                                                                                              \
    "{\"text\":\"A \\\"b\\\" "                                                                               \
    "\xF0\x9F\x99\x82\",\"entities\":[{\"type\":\"bold\",\"offset\":0,\"length\":1}]}"
#define BUTTONS "\"buttons\":[[{\"text\":\"Yes\",\"callback_data\":\"f:1\"}]]"

static void idle_poll(struct buf *out)
{
    tg_get_updates(out, 0, 100, 50, false);
}

static void poll_from(struct buf *out)
{
    tg_get_updates(out, INT64_C(9007199254740991), 999, 400, true);
}

static void poll_at_once(struct buf *out)
{
    tg_get_updates(out, -1, 0, -3, false);
}

static void send_all(struct buf *out)
{
    tg_send_message(
        out, CHAT, 77, 9,
        "{\"text\":\"A\",\"entities\":[{\"type\":\"bold\",\"offset\":0,\"length\":1}]," BUTTONS "}", false);
}

static void send_plain(struct buf *out)
{
    tg_send_message(out, 111, 0, 0, PAYLOAD, true);
}

static void send_without_entities(struct buf *out)
{
    tg_send_message(out, 111, 0, 0, "{\"entities\": [] , \"text\" : \"x\"}", false);
}

static void edit(struct buf *out)
{
    tg_edit_message(out, CHAT, 9, PAYLOAD, false);
}

static void edit_plain(struct buf *out)
{
    tg_edit_message(out, CHAT, 9, "{\"text\":\"searching \xE2\x80\xA6\"," BUTTONS "}", true);
}

static void buttons_away(struct buf *out)
{
    tg_edit_buttons(out, CHAT, 9);
}

static void draft(struct buf *out)
{
    tg_send_draft(out, 111, 77, 3, PAYLOAD);
}

static void draft_of_nothing(struct buf *out)
{
    tg_send_draft(out, 111, 0, 3, "{}");
}

static void guest(struct buf *out)
{
    tg_answer_guest(out, "q1", PAYLOAD, false);
}

static void delete_one(struct buf *out)
{
    tg_delete_message(out, CHAT, 9);
}

static void typing(struct buf *out)
{
    tg_chat_action(out, CHAT, 0);
}

static void typing_in_a_topic(struct buf *out)
{
    tg_chat_action(out, CHAT, 77);
}

static void answer_callback(struct buf *out)
{
    tg_answer_callback(out, "4382bfdwdsb323b2d9", "Thank you.");
}

static void answer_callback_silently(struct buf *out)
{
    tg_answer_callback(out, "5", "");
}

static void set_webhook(struct buf *out)
{
    tg_set_webhook(out, "https://bot.example/telegram/webhook", "s-3_cret", true);
}

static void set_webhook_without_secret(struct buf *out)
{
    tg_set_webhook(out, "https://bot.example/hook", "", false);
}

static const struct tg_command commands[] = { { "ask", "Ask a question" }, { "help", "What I can \"do\"" } };

static void set_commands(struct buf *out)
{
    tg_set_commands(out, commands, ARRAY_LEN(commands), "all_group_chats", "de");
}

static void set_default_commands(struct buf *out)
{
    tg_set_commands(out, commands, 1, "default", "");
}

static const struct {
    const char *method;
    void (*write)(struct buf *out);
} call[] = {
    { "getUpdates", idle_poll },
    { "getUpdates", poll_from },
    { "getUpdates", poll_at_once },
    { "sendMessage", send_all },
    { "sendMessage", send_plain },
    { "sendMessage", send_without_entities },
    { "editMessageText", edit },
    { "editMessageText", edit_plain },
    { "editMessageReplyMarkup", buttons_away },
    { "sendMessageDraft", draft },
    { "sendMessageDraft", draft_of_nothing },
    { "answerGuestQuery", guest },
    { "deleteMessage", delete_one },
    { "sendChatAction", typing },
    { "sendChatAction", typing_in_a_topic },
    { "answerCallbackQuery", answer_callback },
    { "answerCallbackQuery", answer_callback_silently },
    { "setWebhook", set_webhook },
    { "setWebhook", set_webhook_without_secret },
    { "setMyCommands", set_commands },
    { "setMyCommands", set_default_commands },
};

static void call__bodies_are_these_to_the_letter(void **state)
{
    FILE *golden = fopen(GOLDEN, "r");
    char *line = NULL;
    size_t cap = 0;
    (void)state;
    assert_non_null(golden);
    for (size_t i = 0; i < ARRAY_LEN(call); i++) {
        struct buf body = BUF_INIT(1U << 16);
        buf_printf(&body, "%s ", call[i].method);
        call[i].write(&body);
        buf_addc(&body, '\n');
        assert_false(body.failed);
        assert_true(getline(&line, &cap, golden) > 0);
        assert_string_equal(buf_text(&body), line);
        buf_free(&body);
    }
    assert_true(getline(&line, &cap, golden) < 0);
    free(line);
    fclose(golden);
}

static void send__a_payload_without_text_fails_the_buffer(void **state)
{
    static const char *const payload[] = { "", "{}", "[]", "{\"text\":\"x\"", "{\"entities\":[]}" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(payload); i++) {
        struct buf body = BUF_INIT(1U << 16);
        tg_send_message(&body, 111, 0, 0, payload[i], false);
        assert_true(body.failed);
        buf_free(&body);
    }
}

static void answer__is_cut_at_200_units_and_at_a_character(void **state)
{
    struct buf text = BUF_INIT(4096), body = BUF_INIT(4096);
    cJSON *tree;
    (void)state;
    for (int i = 0; i < 199; i++)
        buf_addc(&text, 'x');
    buf_adds(&text, "\xF0\x9F\x99\x82 and more");
    tg_answer_callback(&body, "5", buf_text(&text));
    assert_int_equal(json_parse(&tree, buf_text(&body), body.len, NULL), 0);
    assert_int_equal(strlen(json_text(tree, "text", "")), 199);
    cJSON_Delete(tree);
    buf_free(&text);
    buf_free(&body);
}

static void call__a_full_buffer_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(call); i++) {
        struct buf body = BUF_INIT(10);
        call[i].write(&body);
        assert_true(body.failed);
        buf_free(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call__bodies_are_these_to_the_letter),
        cmocka_unit_test(send__a_payload_without_text_fails_the_buffer),
        cmocka_unit_test(answer__is_cut_at_200_units_and_at_a_character),
        cmocka_unit_test(call__a_full_buffer_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
