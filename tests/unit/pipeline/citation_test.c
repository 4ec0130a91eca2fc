/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources a provider cites by itself: what becomes a source, what its numbers mean, what is dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "pipeline/citation.h"
#include "pipeline/output.h"
#include "tests/support/stage_kit.h"

#define GAS "Gas is the fee for a transaction on Ethereum."

static void begun(struct stage_kit *k, bool own)
{
    stage_kit_turn(k);
    stage_kit_passage(k, "Gas", GAS);
    stage_kit_say(k, "How does it work?");
    k->turn.answer.code = "ok";
    k->turn.answer.provider = own ? "perplexity" : "openai";
    k->turn.validation.is_safe = true;
    assert_int_equal(output_open(&k->turn), 0);
    citations_begin(&k->turn, own);
}

static void cited(struct stage_kit *k, int n, const char *url, const char *title)
{
    const struct llm_citation c = { n, url, title, "" };
    assert_int_equal(citation_note(&k->turn, &c), 0);
}

static const char *answered(struct stage_kit *k, const char *text)
{
    int rc = output_write(k->turn.output, text, strlen(text));
    assert_true(rc == 0 || rc == X_E_FULL);
    assert_int_equal(stage_validate(&k->turn, NULL), NEXT);
    return k->turn.answer.text;
}

static void citation__own_numbers_lead_to_own_sources(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    cited(k, 1, "https://a.org/", "A");
    cited(k, 2, "https://b.org/", "B");
    cited(k, 3, "https://c.org/x?y=1", "");
    assert_string_equal(answered(k, "Gas is the fee [3]. A transaction on Ethereum [1]."),
                        "Gas is the fee [3]. A transaction on Ethereum [1].");
    assert_int_equal(k->turn.answer.sources, 2);
    assert_int_equal(k->turn.answer.source[0].n, 1);
    assert_string_equal(k->turn.answer.source[0].title, "A");
    assert_int_equal(k->turn.answer.source[1].n, 3);
    assert_string_equal(k->turn.answer.source[1].title, "https://c.org/x?y=1");
    assert_false(stage_kit_warned(k, "dead_citation"));
}

static void citation__dead_own_numbers_are_dropped_at_the_end(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    const char *text = "Gas is the fee [1][7]. A transaction [51] on Ethereum [0] [1].";
    assert_int_equal(output_write(k->turn.output, text, strlen(text)), 0);
    cited(k, 1, "https://a.org/", "A"); /* with the last chunk */
    assert_string_equal(answered(k, ""), "Gas is the fee [1]. A transaction on Ethereum [1].");
    assert_string_equal(k->turn.answer.redacted, k->turn.answer.text);
    assert_int_equal(k->turn.answer.sources, 1);
    assert_true(stage_kit_warned(k, "dead_citation"));
}

static void citation__without_a_list_numbers_are_passages(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    assert_string_equal(answered(k, "Gas is the fee for a transaction [1] on Ethereum [2]."),
                        "Gas is the fee for a transaction [1] on Ethereum.");
    assert_int_equal(k->turn.answer.sources, 1);
    assert_string_equal(k->turn.answer.source[0].title, "Gas");
}

static void citation__of_others_follow_the_passages(void **state)
{
    struct stage_kit *k = *state;
    begun(k, false);
    cited(k, 1, "https://a.org/", "A");
    assert_string_equal(answered(k, "Gas is the fee for a transaction on Ethereum [1]."),
                        "Gas is the fee for a transaction on Ethereum [1].");
    assert_int_equal(k->turn.answer.sources, 2);
    assert_string_equal(k->turn.answer.source[0].title, "Gas");
    assert_int_equal(k->turn.answer.source[1].n, 2);
    assert_string_equal(k->turn.answer.source[1].source, "https://a.org/");
}

static void citation__only_addresses_a_person_can_open(void **state)
{
    static const char *const bad[] = { "javascript:alert(1)",
                                       "ftp://a.org/",
                                       "https://",
                                       "https:///x",
                                       "",
                                       "https://a.org/ b",
                                       "https://a\n.org",
                                       "https://a.org/\"onclick=",
                                       "data:text/html,x",
                                       "//a.org" };
    struct stage_kit *k = *state;
    char big[4096] = "https://";
    begun(k, true);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cited(k, 1, bad[i], "x");
    memset(big + 8, 'a', sizeof big - 9);
    cited(k, 1, big, "x");
    cited(k, 0, "https://a.org/", "x");
    cited(k, 51, "https://a.org/", "x");
    assert_int_equal(k->turn.citations.len, 0);
    cited(k, 50, "HTTP://a.org/", "x");
    assert_int_equal(k->turn.citations.len, 1);
}

static void citation__a_better_one_replaces_and_a_restart_forgets(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    cited(k, 1, "https://a.org/", "");
    cited(k, 1, "https://a.org/", "A");
    assert_int_equal(k->turn.citations.len, 1);
    assert_string_equal(k->turn.citations.at[0].title, "A");
    k->turn.citations.used[1] = true;
    citations_begin(&k->turn, false);
    assert_int_equal(k->turn.citations.len, 0);
    assert_false(k->turn.citations.used[1]);
}

/* The web's words pass the checks of the answer. */
static void citation__titles_are_checked(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    cited(k, 1, "https://a.org/", "Mail eve@example.com\x1b[31m [9]");
    (void)answered(k, "Gas is the fee [1].");
    assert_null(strstr(k->turn.answer.source[0].title, "eve@"));
    assert_null(strchr(k->turn.answer.source[0].title, 0x1b));
    assert_non_null(strstr(k->turn.answer.source[0].title, "[9]"));
}

static void citation__at_most_sixteen_are_shown_used_ones_first(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    for (int n = 1; n <= 50; n++)
        cited(k, n, "https://a.org/", "A");
    (void)answered(k, "Gas is the fee [49] for a transaction [50].");
    assert_int_equal(k->turn.answer.sources, 2);
    assert_int_equal(k->turn.answer.source[1].n, 50);
    begun(k, true);
    for (int n = 1; n <= 50; n++)
        cited(k, n, "https://a.org/", "A");
    (void)answered(k, "Gas is the fee for a transaction.");
    assert_int_equal(k->turn.answer.sources, TURN_PASSAGES_MAX);
}

static void citation__own_sources_speak_for_an_answer_unless_strict(void **state)
{
    struct stage_kit *k = *state;
    begun(k, true);
    cited(k, 1, "https://a.org/", "A");
    assert_string_equal(answered(k, "Bananas orbit Jupiter seventeen times [1]."),
                        "Bananas orbit Jupiter seventeen times [1].");
    assert_true(stage_kit_warned(k, "provider_sources"));
    stage_kit_set(k, "answer.grounding=strict");
    begun(k, true);
    cited(k, 1, "https://a.org/", "A");
    assert_null(strstr(answered(k, "Bananas orbit Jupiter seventeen times [1]."), "Bananas"));
    assert_int_equal(k->turn.answer.sources, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(citation__own_numbers_lead_to_own_sources),
        STAGE_CASE(citation__dead_own_numbers_are_dropped_at_the_end),
        STAGE_CASE(citation__without_a_list_numbers_are_passages),
        STAGE_CASE(citation__of_others_follow_the_passages),
        STAGE_CASE(citation__only_addresses_a_person_can_open),
        STAGE_CASE(citation__a_better_one_replaces_and_a_restart_forgets),
        STAGE_CASE(citation__titles_are_checked),
        STAGE_CASE(citation__at_most_sixteen_are_shown_used_ones_first),
        STAGE_CASE(citation__own_sources_speak_for_an_answer_unless_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
