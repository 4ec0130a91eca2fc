/* SPDX-License-Identifier: Apache-2.0
 *
 * One sentence of a model under the checks, and where a sentence without end may be cut. What single rules
 * find is proved by the examples in the policies; here it is what happens to a hit, and to text that cannot
 * be checked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf.h"
#include "pipeline/pii.h"
#include "pipeline/validate.h"
#include "tests/support/stage_kit.h"

static const char *checked(struct stage_kit *k, const char *text)
{
    const char *clean = validate_sentence(&k->turn, text, strlen(text));
    assert_non_null(clean);
    return clean;
}

/* ---- bytes ---- */

static void sentence__plain_text_is_untouched(void **state)
{
    static const char *const text[] = {
        "Staking locks 32 ETH.",
        "",
        "Tab\tand\nnewline stay.",
        "\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xE8\xB4\xA8\xE6\x8A\xBC\xE3\x80\x82",
        "A replacement character \xEF\xBF\xBD stays one.",
        "<EMAIL_1> and <phone_12> are names.",
        "if (a[b] < c) { return \"x\"; }",
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_string_equal(checked(k, text[i]), text[i]);
    assert_int_equal(k->turn.validation.warnings, 0);
}

static void sentence__control_bytes_are_stripped(void **state)
{
    struct stage_kit *k = *state;
    char text[300] = "";
    size_t n = 0;
    for (unsigned c = 0; c < 0x20; c++)
        text[n++] = (char)c;
    text[n++] = 0x7F;
    for (unsigned c = 0x80; c < 0xA0; c++) {
        text[n++] = '\xC2'; /* C1, as UTF-8 */
        text[n++] = (char)c;
    }
    text[n++] = '!';
    const char *clean = validate_sentence(&k->turn, text, n);
    assert_string_equal(clean, "\t\n!");
    assert_string_equal(checked(k, "red \x1b[31mtext\x1b[0m"), "red [31mtext[0m");
}

static void sentence__invalid_utf8_is_replaced(void **state)
{
    static const char *const bad[] = { "a\xffz",    "a\xC3z",       "a\xE2\x82",
                                       "a\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *clean = checked(k, bad[i]);
        assert_true(utf8_valid(clean, strlen(clean)));
        assert_non_null(strstr(clean, "\xEF\xBF\xBD"));
    }
}

/* ---- danger phrases ---- */

static void sentence__danger_phrases_are_toned_down_in_any_form(void **state)
{
    static const char *const text[][2] = {
        { "It offers guaranteed returns.", "guaranteed" },
        { "GUARANTEED PROFITS await!", "GUARANTEED" },
        { "This pool guarantees you a profit.", "guarantees" },
        { "Your gains are absolutely guaranteed.", "guaranteed" },
        { "Staking is risk-free.", "risk-free" },
        { "A riskfree plan, completely risk free.", "risk"
                                                    "free" },
        { "You can't lose!", "can't lose" },
        { "You won\xE2\x80\x99t ever lose your capital.", "ever lose" },
        { "You will double your money.", "double" },
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        stage_kit_turn(k);
        k->turn.validation.is_safe = true;
        assert_null(strstr(checked(k, text[i][0]), text[i][1]));
        assert_true(stage_kit_warned(k, "danger_phrase"));
        assert_false(k->turn.validation.is_safe);
    }
}

static void sentence__a_denial_stays_as_it_is(void **state)
{
    static const char *const text[] = { "There are no guaranteed returns.", "Staking is not risk-free.",
                                        "Never invest everything." };
    struct stage_kit *k = *state;
    k->turn.validation.is_safe = true;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_string_equal(checked(k, text[i]), text[i]);
    assert_true(k->turn.validation.is_safe);
    assert_int_equal(k->turn.validation.warnings, 0);
}

static void sentence__every_phrase_is_replaced_and_the_rest_kept(void **state)
{
    struct stage_kit *k = *state;
    assert_string_equal(checked(k, "X guaranteed returns, Y guaranteed returns, Z."),
                        "X possible returns, Y possible returns, Z.");
    assert_int_equal(k->turn.validation.warnings, 1); /* once */
}

/* ---- personal data ---- */

static void sentence__foreign_personal_data_is_masked(void **state)
{
    struct stage_kit *k = *state;
    assert_string_equal(checked(k, "Mail bob@evil.example, call +49 30 901820, from 192.0.2.9."),
                        "Mail [EMAIL], call [PHONE], from [IP_ADDRESS].");
    assert_true(stage_kit_warned(k, "foreign_personal_data"));
}

static void sentence__what_the_passages_say_may_be_said(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_passage(k, "Help", "Write to help@wallet.example or call +49 30 901820.");
    assert_string_equal(checked(k, "Help is at help@wallet.example or +49 30 901820."),
                        "Help is at help@wallet.example or +49 30 901820.");
    assert_int_equal(k->turn.validation.warnings, 0);
    assert_string_equal(checked(k, "Not bob@evil.example but help@wallet.example, or eve@evil.example."),
                        "Not [EMAIL] but help@wallet.example, or [EMAIL].");
    assert_true(stage_kit_warned(k, "foreign_personal_data"));
}

/* ---- citations ---- */

static void sentence__dead_citations_are_dropped_with_their_space(void **state)
{
    static const char *const text[][2] = {
        { "True [1][2].", "True [1][2]." },
        { "True [3].", "True." },
        { "True [1][9], more [2].", "True [1], more [2]." },
        { "[0] [3] [999]", "" },
        { "True  [7] and so on.", "True and so on." },
    };
    struct stage_kit *k = *state;
    stage_kit_passage(k, "a", "x");
    stage_kit_passage(k, "b", "y");
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        stage_kit_turn(k);
        stage_kit_passage(k, "a", "x");
        stage_kit_passage(k, "b", "y");
        assert_string_equal(checked(k, text[i][0]), text[i][1]);
        assert_int_equal(stage_kit_warned(k, "dead_citation"), strcmp(text[i][0], text[i][1]) != 0);
    }
}

static void sentence__other_brackets_are_no_citations(void **state)
{
    static const char *const text[] = { "[x] [ 1] [1 ] [-1] [+1] [] [1234] [1", "f()[7] a_[7]",
                                        "[link](https://x.example/)" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        assert_string_equal(checked(k, text[i]), text[i]);
}

/* ---- what cannot be checked ---- */

static void withheld(struct stage_kit *k, const char *text)
{
    k->turn.validation.is_safe = true;
    const char *clean = checked(k, text);
    assert_string_equal(clean, " [...] ");
    assert_true(stage_kit_warned(k, "sentence_withheld"));
    assert_false(k->turn.validation.is_safe);
}

static void sentence__with_too_many_values_is_withheld(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(1U << 20);
    for (int i = 0; i <= PII_HITS_MAX; i++)
        buf_printf(&text, "u%d@evil.example ", i);
    withheld(k, buf_text(&text));
    buf_free(&text);
}

static void sentence__at_a_rules_match_limit_is_withheld(void **state)
{
    struct stage_kit *k = *state;
    char text[4096];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    stage_kit_policy(
        k, "validator.json",
        "{\"danger\": [{\"id\": \"slow\", \"pattern\": \"(?:a+a+)+(?:b|c)\", \"replacement\": \"x\", "
        "\"must\": [\"aab\"]}]}");
    withheld(k, text);
}

static void sentence__without_memory_is_null(void **state)
{
    struct stage_kit *k = *state;
    k->turn.arena.cap_bytes = 0;
    assert_null(validate_sentence(&k->turn, "text", 4));
}

/* ---- cuts ---- */

static size_t cut_at(struct stage_kit *k, const char *text, size_t cut)
{
    size_t at = validate_safe_cut(&k->turn, text, strlen(text), cut);
    assert_true(at <= cut);
    assert_int_equal(utf8_tail(text, at), 0);
    return at;
}

/* `item` between 300 letters on either side; every cut must leave `whole` on one side. */
static void never_through(struct stage_kit *k, const char *item, const char *whole)
{
    struct buf text = BUF_INIT(4096);
    for (int i = 0; i < 60; i++)
        buf_adds(&text, "word ");
    size_t from = text.len + (size_t)(strstr(item, whole) - item);
    buf_adds(&text, item);
    for (int i = 0; i < 60; i++)
        buf_adds(&text, " word");
    for (size_t cut = 1; cut < text.len; cut++) {
        size_t at = cut_at(k, buf_text(&text), cut);
        assert_false(at > from && at < from + strlen(whole));
        assert_true(at > 0 || cut < 100); /* there is always room further back */
    }
    buf_free(&text);
}

static void cut__never_goes_through_what_a_rule_finds(void **state)
{
    struct stage_kit *k = *state;
    never_through(k, "guaranteed returns", "guaranteed returns");
    never_through(k, "bob@evil.example", "bob@evil.example");
    never_through(k, "4111 1111 1111 1111", "4111 1111 1111 1111");
    never_through(k, "0x52908400098527886E0F7030069857D2E4169EE7",
                  "0x52908400098527886E0F7030069857D2E4169EE7");
}

static void cut__keeps_what_a_rule_looks_at_with_its_match(void **state)
{
    struct stage_kit *k = *state;
    never_through(k, "Bitcoin always goes up", "always goes up");                      /* found: "always" */
    never_through(k, "my telephone number: 99 577450", "telephone number: 99 577450"); /* found: the digits */
    never_through(k, "you cannot lose money", "cannot lose money");
}

static void cut__keeps_marks_whole(void **state)
{
    struct stage_kit *k = *state;
    never_through(k, "<CREDIT_CARD_12>", "<CREDIT_CARD_12>");
    never_through(k, "[12]", "[12]");
}

static void cut__a_step_back_does_not_land_in_another_match(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(4096);
    stage_kit_policy(
        k, "validator.json",
        "{\"danger\": ["
        "{\"id\": \"one\", \"pattern\": \"abcdef\", \"replacement\": \"x\", \"must\": [\"abcdef\"]},"
        "{\"id\": \"two\", \"pattern\": \"efghij\", \"replacement\": \"y\", \"must\": [\"efghij\"]}]}");
    for (int i = 0; i < 30; i++)
        buf_adds(&text, "word ");
    size_t from = text.len;
    buf_adds(&text, "abcdefghij and so on for a while, for a while, for a while, for a while, for a while");
    for (size_t cut = 1; cut < text.len; cut++) {
        size_t at = cut_at(k, buf_text(&text), cut);
        assert_false(at > from && at < from + 10);
    }
    buf_free(&text);
}

static void cut__free_text_is_cut_where_asked(void **state)
{
    struct stage_kit *k = *state;
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    for (size_t cut = 0; cut <= 1000; cut += 100)
        assert_int_equal(cut_at(k, text, cut), cut);
}

static void cut__what_cannot_be_checked_is_not_cut(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(1U << 20);
    for (int i = 0; i <= PII_HITS_MAX; i++)
        buf_printf(&text, "u%d@evil.example ", i);
    assert_int_equal(cut_at(k, buf_text(&text), text.len - 3), 0);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(sentence__plain_text_is_untouched),
        STAGE_CASE(sentence__control_bytes_are_stripped),
        STAGE_CASE(sentence__invalid_utf8_is_replaced),
        STAGE_CASE(sentence__danger_phrases_are_toned_down_in_any_form),
        STAGE_CASE(sentence__a_denial_stays_as_it_is),
        STAGE_CASE(sentence__every_phrase_is_replaced_and_the_rest_kept),
        STAGE_CASE(sentence__foreign_personal_data_is_masked),
        STAGE_CASE(sentence__what_the_passages_say_may_be_said),
        STAGE_CASE(sentence__dead_citations_are_dropped_with_their_space),
        STAGE_CASE(sentence__other_brackets_are_no_citations),
        STAGE_CASE(sentence__with_too_many_values_is_withheld),
        STAGE_CASE(sentence__at_a_rules_match_limit_is_withheld),
        STAGE_CASE(sentence__without_memory_is_null),
        STAGE_CASE(cut__never_goes_through_what_a_rule_finds),
        STAGE_CASE(cut__keeps_what_a_rule_looks_at_with_its_match),
        STAGE_CASE(cut__keeps_marks_whole),
        STAGE_CASE(cut__a_step_back_does_not_land_in_another_match),
        STAGE_CASE(cut__free_text_is_cut_where_asked),
        STAGE_CASE(cut__what_cannot_be_checked_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
