/* SPDX-License-Identifier: Apache-2.0
 *
 * Personal data to numbered pseudonyms: the same value keeps its name for as long as the conversation lives,
 * a name never changes its value, and text that could not be checked goes nowhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "pipeline/pii.h"
#include "pipeline/seal.h"
#include "tests/support/stage_kit.h"

static enum verdict redact(struct stage_kit *k, const char *text)
{
    k->turn.msg.text = text;
    k->turn.redaction.text = NULL;
    return stage_redact(&k->turn, &k->worker);
}

static const char *value_of(const struct stage_kit *k, const char *placeholder)
{
    for (size_t i = 0; i < k->turn.redaction.map_len; i++)
        if (strcmp(k->turn.redaction.map[i].placeholder, placeholder) == 0)
            return k->turn.redaction.map[i].value;
    return NULL;
}

/* A row as an earlier turn of this conversation left it. */
static struct store_pseudonym sealed(struct stage_kit *k, const char *placeholder, const char *value)
{
    struct store_pseudonym row = { .placeholder = placeholder };
    row.sealed =
        keys_seal(&k->pipe.keys, seal_context(&k->turn, placeholder), value, &k->turn.arena, &row.sealed_len);
    assert_non_null(row.sealed);
    return row;
}

static void lay(struct stage_kit *k, struct store_pseudonym *row, size_t n)
{
    k->pseudonym = row;
    k->pseudonyms = n;
}

static void redact__numbers_each_type_by_appearance(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(redact(k, "b@example.org and a@example.org from 192.0.2.7, card 4111 1111 1111 1111."),
                     NEXT);
    assert_string_equal(k->turn.redaction.text,
                        "<EMAIL_1> and <EMAIL_2> from <IP_ADDRESS_1>, card <CREDIT_CARD_1>.");
    assert_string_equal(value_of(k, "<EMAIL_1>"), "b@example.org");
    assert_string_equal(value_of(k, "<EMAIL_2>"), "a@example.org");
    assert_string_equal(value_of(k, "<CREDIT_CARD_1>"), "4111 1111 1111 1111");
    assert_int_equal(k->turn.redaction.found, 4);
    for (size_t i = 0; i < k->turn.redaction.map_len; i++)
        assert_true(k->turn.redaction.map[i].fresh);
}

static void redact__the_same_value_has_the_same_name(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(redact(k, "a@example.org, b@example.org, a@example.org"), NEXT);
    assert_string_equal(k->turn.redaction.text, "<EMAIL_1>, <EMAIL_2>, <EMAIL_1>");
    assert_int_equal(k->turn.redaction.map_len, 2);
    assert_int_equal(k->turn.redaction.found, 3);
}

static void redact__leaves_other_text_byte_for_byte(void **state)
{
    static const char text[] =
        "Gr\xC3\xBC\xC3\x9F"
        "e \xF0\x9F\x98\x80\n\ttwo  spaces <b>&amp;</b> <EMAIL_1> 100 000 000 \xE3\x80\x82";
    struct stage_kit *k = *state;
    assert_int_equal(redact(k, text), NEXT);
    assert_string_equal(k->turn.redaction.text, text);
    assert_int_equal(k->turn.redaction.found, 0);
    assert_int_equal(redact(k, ""), NEXT);
    assert_string_equal(k->turn.redaction.text, "");
}

static void redact__values_at_both_ends_and_side_by_side(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(redact(k, "a@example.org b@example.org"), NEXT);
    assert_string_equal(k->turn.redaction.text, "<EMAIL_1> <EMAIL_2>");
}

static void redact__an_earlier_turns_names_go_on(void **state)
{
    struct stage_kit *k = *state;
    struct store_pseudonym row[] = { sealed(k, "<EMAIL_1>", "a@example.org") };
    lay(k, row, 1);
    assert_int_equal(redact(k, "b@example.org wrote to a@example.org"), NEXT);
    assert_string_equal(k->turn.redaction.text, "<EMAIL_2> wrote to <EMAIL_1>");
    assert_string_equal(k->asked_conv, "conversation");
    assert_false(k->turn.redaction.map[0].fresh); /* known: not stored again */
    assert_true(k->turn.redaction.map[1].fresh);
}

static void redact__a_row_of_another_conversation_or_name_does_not_open(void **state)
{
    struct stage_kit *k = *state;
    struct store_pseudonym row[2];
    row[0] = sealed(k, "<EMAIL_1>", "a@example.org");
    row[0].placeholder = "<EMAIL_2>"; /* moved to another name */
    memcpy(k->turn.identity.conv_key, "another", sizeof "another");
    row[1] = sealed(k, "<EMAIL_3>", "c@example.org");
    memcpy(k->turn.identity.conv_key, "conversation", sizeof "conversation");
    lay(k, row, 2);
    assert_int_equal(redact(k, "hello"), NEXT);
    assert_int_equal(k->turn.redaction.map_len, 0);
}

static void redact__a_tampered_row_is_ignored_and_its_name_not_reused(void **state)
{
    struct stage_kit *k = *state;
    struct store_pseudonym row[] = { sealed(k, "<EMAIL_1>", "a@example.org"),
                                     sealed(k, "<EMAIL_2>", "b@example.org") };
    uint8_t bent[128];
    memcpy(bent, row[0].sealed, row[0].sealed_len);
    bent[row[0].sealed_len - 1] ^= 1;
    row[0].sealed = bent;
    lay(k, row, 2);
    assert_int_equal(redact(k, "c@example.org and b@example.org"), NEXT);
    assert_null(value_of(k, "<EMAIL_1>"));
    assert_string_equal(value_of(k, "<EMAIL_2>"), "b@example.org");
    assert_string_equal(value_of(k, "<EMAIL_3>"), "c@example.org");
    assert_string_equal(k->turn.redaction.text, "<EMAIL_3> and <EMAIL_2>");
}

/* Retention may have taken the first rows: the count is not the highest number. */
static void redact__a_gap_in_the_numbers_is_not_filled(void **state)
{
    struct stage_kit *k = *state;
    struct store_pseudonym row[] = { sealed(k, "<EMAIL_7>", "a@example.org"),
                                     sealed(k, "<PHONE_9>", "+49 30 901820") };
    lay(k, row, 2);
    assert_int_equal(redact(k, "b@example.org"), NEXT);
    assert_string_equal(k->turn.redaction.text, "<EMAIL_8>");
}

static void refused_whole(struct stage_kit *k)
{
    stage_kit_notice(k, "withheld");
    assert_string_equal(k->turn.redaction.text, "");
    assert_true(stage_kit_warned(k, "redaction_failed"));
}

static void redact__too_many_values_withhold_the_message(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(MESSAGE_TEXT_MAX);
    for (int i = 0; i <= PII_HITS_MAX; i++)
        buf_printf(&text, "u%d@example.org ", i);
    assert_int_equal(redact(k, buf_text(&text)), DONE);
    refused_whole(k);
    buf_free(&text);
}

static void redact__a_full_map_withholds_the_message(void **state)
{
    enum { FULL = 512 };
    static char name[FULL][24];
    static struct store_pseudonym row[FULL];
    struct stage_kit *k = *state;
    for (size_t i = 0; i < FULL; i++) {
        snprintf(name[i], sizeof name[i], "<EMAIL_%zu>", i + 1);
        char value[32];
        snprintf(value, sizeof value, "u%zu@example.org", i);
        row[i] = sealed(k, name[i], value);
    }
    lay(k, row, FULL);
    assert_int_equal(redact(k, "u511@example.org"), NEXT); /* known: no room needed */
    assert_string_equal(k->turn.redaction.text, "<EMAIL_512>");
    k->turn.redaction = (struct turn_redaction){ 0 };
    assert_int_equal(redact(k, "new@example.org"), DONE);
    refused_whole(k);
}

static void redact__a_rule_at_its_match_limit_withholds_the_message(void **state)
{
    struct stage_kit *k = *state;
    char text[4096];
    stage_kit_policy(k, "pii.json",
                     "{\"rules\": [{\"type\": \"SLOW\", \"priority\": 1, \"pattern\": \"(?:a+a+)+(?:b|c)\", "
                     "\"must\": [\"\xC2\xAB"
                     "aab\xC2\xBB\"]}]}");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(redact(k, text), DONE);
    refused_whole(k);
}

static void redact__text_that_is_not_utf8_is_withheld(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(redact(k, "mail a@example.org \xff\xfe 1"), DONE);
    refused_whole(k);
}

static void redact__a_store_that_cannot_be_read_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    k->read_rc = -EIO;
    assert_int_equal(redact(k, "hello"), FAIL);
    assert_non_null(strstr(k->turn.err.text, "redact"));
    assert_null(k->turn.redaction.text);
}

static void redact__out_of_memory_fails_the_turn_at_any_point(void **state)
{
    struct stage_kit *k = *state;
    size_t cap = 0;
    for (;; cap += 64) {
        stage_kit_turn(k);
        k->turn.arena.cap_bytes = cap;
        if (redact(k, "Write to a@example.org from 192.0.2.7") == NEXT)
            break;
        assert_null(k->turn.redaction.text);
        assert_true(k->turn.err.text[0]);
        assert_true(cap < TURN_ARENA_BYTES);
    }
    assert_string_equal(k->turn.redaction.text, "Write to <EMAIL_1> from <IP_ADDRESS_1>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(redact__numbers_each_type_by_appearance),
        STAGE_CASE(redact__the_same_value_has_the_same_name),
        STAGE_CASE(redact__leaves_other_text_byte_for_byte),
        STAGE_CASE(redact__values_at_both_ends_and_side_by_side),
        STAGE_CASE(redact__an_earlier_turns_names_go_on),
        STAGE_CASE(redact__a_row_of_another_conversation_or_name_does_not_open),
        STAGE_CASE(redact__a_tampered_row_is_ignored_and_its_name_not_reused),
        STAGE_CASE(redact__a_gap_in_the_numbers_is_not_filled),
        STAGE_CASE(redact__too_many_values_withhold_the_message),
        STAGE_CASE(redact__a_full_map_withholds_the_message),
        STAGE_CASE(redact__a_rule_at_its_match_limit_withholds_the_message),
        STAGE_CASE(redact__text_that_is_not_utf8_is_withheld),
        STAGE_CASE(redact__a_store_that_cannot_be_read_fails_the_turn),
        STAGE_CASE(redact__out_of_memory_fails_the_turn_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
