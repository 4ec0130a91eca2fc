/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudonyms back to values: this conversation's only, each as a whole, and a value is never read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/restore.h"
#include "tests/support/stage_kit.h"

static struct pseudonym map[] = {
    { "<EMAIL_1>", "a@example.org", false },
    { "<EMAIL_2>", "<EMAIL_1>", true }, /* a person may have called themselves so */
    { "<EMAIL_10>", "ten@example.org", true },
    { "<PHONE_1>", "+49 30 901820", true },
};

static int setup(void **state)
{
    stage_kit_setup(state);
    struct stage_kit *k = *state;
    k->turn.redaction.map = map;
    k->turn.redaction.map_len = ARRAY_LEN(map);
    return 0;
}

static void assert_restores(struct stage_kit *k, const char *text, const char *to)
{
    const char *restored = restore_text(&k->turn, text, strlen(text));
    assert_non_null(restored);
    assert_string_equal(restored, to);
}

static void restore__puts_each_value_back(void **state)
{
    struct stage_kit *k = *state;
    assert_restores(k, "Write to <EMAIL_1> or call <PHONE_1>.",
                    "Write to a@example.org or call +49 30 901820.");
    assert_restores(k, "<EMAIL_1><EMAIL_10><PHONE_1>", "a@example.orgten@example.org+49 30 901820");
    assert_restores(k, "<EMAIL_1>", "a@example.org");
    assert_restores(k, "", "");
}

static void restore__case_of_the_name_does_not_matter(void **state)
{
    struct stage_kit *k = *state;
    assert_restores(k, "<email_1> <Email_1> <eMaIl_10>", "a@example.org a@example.org ten@example.org");
}

static void restore__unknown_and_broken_ones_stay(void **state)
{
    static const char *const text[] = { "<EMAIL_3>",  "<EMAIL_11>",          "<EMAIL_01>", "<EMAIL_1",
                                        "EMAIL_1>",   "< EMAIL_1>",          "<EMAIL 1>",  "<",
                                        "<<<<<",      "a < b > c",           "<IBAN_1>",   "[EMAIL_1]",
                                        "<EMAIL_1 >", "<\xEF\xBC\xA5MAIL_1>" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_restores(k, text[i], text[i]);
    assert_restores(k, "<<EMAIL_1>>", "<a@example.org>");
}

static void restore__a_value_is_not_read_again(void **state)
{
    struct stage_kit *k = *state;
    assert_restores(k, "<EMAIL_2>", "<EMAIL_1>");
}

static void restore__knows_this_conversation_only(void **state)
{
    struct stage_kit *k = *state;
    k->turn.redaction.map = NULL;
    k->turn.redaction.map_len = 0;
    assert_restores(k, "<EMAIL_1> <PHONE_1>", "<EMAIL_1> <PHONE_1>");
}

static void restore__does_not_read_past_the_end(void **state)
{
    struct stage_kit *k = *state;
    char *exact = malloc(8);
    assert_non_null(exact);
    memcpy(exact, "<EMAIL_1", 8);
    const char *restored = restore_text(&k->turn, exact, 8);
    assert_string_equal(restored, "<EMAIL_1");
    free(exact);
}

static void restore__too_long_or_no_memory_is_null(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(1U << 20);
    char *value = malloc(65537);
    assert_non_null(value);
    memset(value, 'x', 65536);
    value[65536] = '\0';
    struct pseudonym large[] = { { "<EMAIL_1>", value, false } };
    k->turn.redaction.map = large;
    k->turn.redaction.map_len = 1;
    for (int i = 0; i < 20; i++)
        buf_adds(&text, "<EMAIL_1>"); /* 1.25 MiB restored */
    assert_null(restore_text(&k->turn, buf_text(&text), text.len));
    buf_free(&text);
    free(value);
    k->turn.arena.cap_bytes = 0;
    assert_null(restore_text(&k->turn, "plain", 5));
}

static void stage__restores_a_cached_answer_for_this_person(void **state)
{
    struct stage_kit *k = *state;
    k->turn.answer.redacted = "Hello <EMAIL_1>.";
    assert_int_equal(stage_restore(&k->turn, NULL), NEXT);
    assert_string_equal(k->turn.answer.text, "Hello a@example.org.");
    assert_string_equal(k->turn.answer.redacted, "Hello <EMAIL_1>.");
}

static void stage__leaves_a_text_that_stands(void **state)
{
    struct stage_kit *k = *state;
    k->turn.answer.redacted = "<EMAIL_1>";
    k->turn.answer.text = "already";
    assert_int_equal(stage_restore(&k->turn, NULL), NEXT);
    assert_string_equal(k->turn.answer.text, "already");
}

static void stage__out_of_memory_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    k->turn.answer.redacted = "<EMAIL_1>";
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(stage_restore(&k->turn, NULL), FAIL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, stage_kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(restore__puts_each_value_back),          CASE(restore__case_of_the_name_does_not_matter),
        CASE(restore__unknown_and_broken_ones_stay),  CASE(restore__a_value_is_not_read_again),
        CASE(restore__knows_this_conversation_only),  CASE(restore__does_not_read_past_the_end),
        CASE(restore__too_long_or_no_memory_is_null), CASE(stage__restores_a_cached_answer_for_this_person),
        CASE(stage__leaves_a_text_that_stands),       CASE(stage__out_of_memory_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
