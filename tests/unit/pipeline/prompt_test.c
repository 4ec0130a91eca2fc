/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model gets to read: rules, numbered passages as data, history in order, the question; redacted text
 * and nothing else of the person.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "pipeline/prompt.h"
#include "tests/support/stage_kit.h"

static struct llm_message message[PROMPT_MESSAGES_MAX];

static size_t build(struct stage_kit *k)
{
    size_t n = 0;
    assert_int_equal(prompt_build(&k->turn, message, &n), 0);
    assert_true(n >= 2 && n <= PROMPT_MESSAGES_MAX);
    assert_int_equal(message[0].role, LLM_SYSTEM);
    return n;
}

static void prompt__numbers_the_passages_as_they_are_cited(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_passage(k, "Gas", "Gas is a fee.");
    stage_kit_passage(k, "Seeds", "A seed restores.");
    stage_kit_say(k, "What is gas?");
    memcpy(k->turn.id, "01ABCDEFGHJKMNPQRSTVWXYZ23", TURN_ID_BYTES);
    assert_int_equal(build(k), 2);
    const char *one = strstr(message[0].text, "[1] Gas\n<<<TVWXYZ23\nGas is a fee.\nTVWXYZ23>>>");
    const char *two = strstr(message[0].text, "[2] Seeds\n<<<TVWXYZ23\nA seed restores.\nTVWXYZ23>>>");
    assert_true(one && two && one < two);
    assert_null(strstr(message[0].text, "[3]"));
    assert_int_equal(message[1].role, LLM_USER);
    assert_string_equal(message[1].text, "What is gas?");
}

static void prompt__says_when_there_are_no_passages(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "What?");
    build(k);
    assert_non_null(strstr(message[0].text, "no passages"));
    assert_null(strstr(message[0].text, "<<<"));
}

static void prompt__history_stands_between_in_order(void **state)
{
    struct stage_kit *k = *state;
    char text[TURN_HISTORY_MAX][16];
    stage_kit_say(k, "now");
    for (size_t i = 0; i < TURN_HISTORY_MAX; i++) {
        snprintf(text[i], sizeof text[i], "remark %zu", i);
        k->turn.memory.remark[k->turn.memory.len++] = (struct turn_remark){ i % 2 == 0, text[i] };
    }
    assert_int_equal(build(k), PROMPT_MESSAGES_MAX);
    for (size_t i = 0; i < TURN_HISTORY_MAX; i++) {
        assert_int_equal(message[i + 1].role, i % 2 == 0 ? LLM_USER : LLM_ASSISTANT);
        assert_string_equal(message[i + 1].text, text[i]);
    }
    assert_string_equal(message[PROMPT_MESSAGES_MAX - 1].text, "now");
}

static void prompt__holds_the_redacted_text_only(void **state)
{
    struct stage_kit *k = *state;
    struct pseudonym map[] = { { "<EMAIL_1>", "anna@example.org", true } };
    k->turn.msg.text = "Mail anna@example.org";
    k->turn.msg.user = "user-4711";
    k->turn.msg.conversation = "conversation-4711";
    k->turn.msg.peer_ip = "192.0.2.77";
    k->turn.redaction = (struct turn_redaction){ .text = "Mail <EMAIL_1>", .map = map, .map_len = 1 };
    size_t n = build(k);
    for (size_t i = 0; i < n; i++) {
        assert_null(strstr(message[i].text, "anna"));
        assert_null(strstr(message[i].text, "4711"));
        assert_null(strstr(message[i].text, "192.0.2.77"));
    }
    assert_string_equal(message[n - 1].text, "Mail <EMAIL_1>");
}

static void prompt__names_the_language_and_warns_of_a_steering_question(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_say(k, "x");
    k->turn.identity.language = "pt";
    build(k);
    assert_non_null(strstr(message[0].text, "code pt,"));
    assert_null(strstr(message[0].text, "attempt to change"));
    k->turn.screen.flagged = true;
    build(k);
    assert_non_null(strstr(message[0].text, "attempt to change"));
}

static void prompt__too_large_is_an_error_not_half_a_prompt(void **state)
{
    struct stage_kit *k = *state;
    size_t n = 7;
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    for (int i = 0; i < 3; i++)
        stage_kit_passage(k, "t", text);
    assert_int_equal(prompt_build(&k->turn, message, &n), -ENOMEM);
    assert_int_equal(n, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(prompt__numbers_the_passages_as_they_are_cited),
        STAGE_CASE(prompt__says_when_there_are_no_passages),
        STAGE_CASE(prompt__history_stands_between_in_order),
        STAGE_CASE(prompt__holds_the_redacted_text_only),
        STAGE_CASE(prompt__names_the_language_and_warns_of_a_steering_question),
        STAGE_CASE(prompt__too_large_is_an_error_not_half_a_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
