/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of a whole answer: confidence against the passages, which sources are shown, notices,
 * disclaimers, and what the two settings (footer, grounding) change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "pipeline/output.h"
#include "pipeline/validate.h"
#include "tests/support/stage_kit.h"

#define STAKING "Staking ETH means locking 32 ETH in a validator that helps to secure Ethereum."
#define GAS     "Gas is the fee for a transaction on Ethereum."

/* A turn with two passages whose model said `text`. */
static void said(struct stage_kit *k, const char *provider, const char *text)
{
    stage_kit_turn(k);
    stage_kit_passage(k, "Staking", STAKING);
    stage_kit_passage(k, "Gas", GAS);
    stage_kit_say(k, "How does it work?");
    k->turn.answer.code = "ok";
    k->turn.answer.provider = provider;
    k->turn.validation.is_safe = true;
    assert_int_equal(output_open(&k->turn), 0);
    assert_int_equal(output_write(k->turn.output, text, strlen(text)), 0);
}

static const char *validated(struct stage_kit *k, const char *text)
{
    said(k, "openai", text);
    assert_int_equal(stage_validate(&k->turn, NULL), NEXT);
    assert_string_equal(k->turn.answer.text, output_text(k->turn.output));
    assert_string_equal(k->turn.answer.redacted, output_redacted(k->turn.output));
    return k->turn.answer.text;
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* ---- confidence ---- */

static int confidence(struct stage_kit *k, const char *answer)
{
    int c = validate_confidence(&k->turn.passages, answer);
    assert_in_range(c, 0, 100);
    return c;
}

static void confidence__is_the_share_of_words_the_passages_hold(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_passage(k, "Staking", STAKING);
    assert_int_equal(confidence(k, STAKING), 100);
    assert_int_equal(confidence(k, "Bananas orbit Jupiter seventeen times."), 0);
    assert_int_equal(confidence(k, "Staking bananas."), 50);
    assert_int_equal(confidence(k, "STAKINGS validatory"), 100); /* by the first letters, in any case */
    assert_int_equal(confidence(k, "It is 32."), 100);           /* small words do not count, numbers do */
    assert_int_equal(confidence(k, "It is 64."), 0);
    assert_int_equal(confidence(k, "Staking [1][12] ETH means locking [3]."), 100); /* citing costs nothing */
}

static void confidence__of_nothing_is_none(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(confidence(k, STAKING), 0); /* no passages */
    stage_kit_passage(k, "Staking", STAKING);
    assert_int_equal(confidence(k, ""), 0);
    assert_int_equal(confidence(k, "It is so."), 0);
    assert_int_equal(confidence(k, "\xff\xfe ... [1] !"), 0);
}

static void confidence__works_without_spaces_between_words(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_passage(k, "", "\xE8\xB4\xA8\xE6\x8A\xBC\xE9\x9C\x80\xE8\xA6\x81");
    assert_int_equal(confidence(k, "\xE8\xB4\xA8\xE6\x8A\xBC"), 100);
    assert_int_equal(confidence(k, "\xE8\xB4\xA8\xE9\xA6\x99"), 50);
}

/* ---- sources ---- */

static void sources__are_those_the_answer_cites(void **state)
{
    struct stage_kit *k = *state;
    validated(k, "Gas is the fee for a transaction [2].");
    assert_int_equal(k->turn.answer.sources, 1);
    assert_int_equal(k->turn.answer.source[0].n, 1); /* as the person meets it */
    assert_string_equal(k->turn.answer.text, "Gas is the fee for a transaction [1].");
    assert_string_equal(k->turn.answer.source[0].title, "Gas");
    assert_string_equal(k->turn.answer.source[0].excerpt, GAS);
    assert_int_equal(k->turn.validation.warnings, 0);
    const char *text = validated(k, "Gas is the fee [2] for staking [1], the fee [2].");
    assert_true(str_starts(str_of(text), "Gas is the fee [1] for staking [2], the fee [1]."));
    assert_int_equal(k->turn.answer.sources, 2);
    assert_int_equal(k->turn.answer.source[0].n, 1);
    assert_string_equal(k->turn.answer.source[0].title, "Gas");
    assert_int_equal(k->turn.answer.source[1].n, 2);
}

static void sources__all_are_shown_when_a_grounded_answer_cites_none(void **state)
{
    struct stage_kit *k = *state;
    validated(k, "Gas is the fee for a transaction.");
    assert_int_equal(k->turn.answer.sources, 2);
    assert_true(stage_kit_warned(k, "no_citations"));
}

static void sources__a_dead_citation_shows_none(void **state)
{
    struct stage_kit *k = *state;
    const char *text = validated(k, "Bananas orbit Jupiter [3][12].");
    assert_null(strchr(text, '['));
    assert_int_equal(k->turn.answer.sources, 0);
}

static void sources__excerpts_end_between_characters(void **state)
{
    struct stage_kit *k = *state;
    char text[500] = "Gas ";
    said(k, "openai", "Gas is a fee [3].");
    for (int i = 0; i < 150; i++)
        strncat(text, "\xE8\xB4\xA8", 4); /* three bytes each: 240 falls inside one */
    stage_kit_passage(k, "Long", text);
    k->turn.passages.at[2].text = text;
    assert_int_equal(stage_validate(&k->turn, NULL), NEXT);
    const char *excerpt = k->turn.answer.source[k->turn.answer.sources - 1].excerpt;
    assert_in_range(strlen(excerpt), 237, 240);
    assert_int_equal((strlen(excerpt) - 4) % 3, 0);
}

/* ---- grounding ---- */

static void grounding__annotate_adds_a_notice(void **state)
{
    struct stage_kit *k = *state;
    const char *text = validated(k, "Bananas orbit Jupiter every seventeen fortnights.");
    const char *notice = k->policies->validator.ungrounded_notice;
    assert_non_null(strstr(text, "Bananas"));
    assert_non_null(strstr(text, notice));
    assert_true(stage_kit_warned(k, "ungrounded"));
    assert_int_equal(k->turn.answer.sources, 0);
    assert_string_equal(buf_text(&k->heard), text); /* the notice is streamed, too */
}

static void grounding__strict_replaces_answer_and_sources(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "answer.grounding=strict");
    const char *text = validated(k, "Bananas orbit Jupiter every seventeen fortnights [1].");
    assert_string_equal(text, k->policies->validator.ungrounded_notice);
    assert_string_equal(k->turn.answer.redacted, text); /* nor is it remembered */
    assert_int_equal(k->turn.answer.sources, 0);
    assert_int_equal(k->sentences, 0);
}

static void grounding__strict_lets_a_grounded_answer_stand(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "answer.grounding=strict");
    assert_string_equal(validated(k, "Gas is the fee for a transaction [2]."),
                        "Gas is the fee for a transaction [1].");
}

static void grounding__the_bar_is_the_policys(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_policy(k, "validator.json", "{\"grounded_from\": 51}");
    validated(k, "Staking bananas [1].");
    assert_int_equal(k->turn.validation.confidence, 50);
    assert_true(stage_kit_warned(k, "ungrounded"));
    stage_kit_policy(k, "validator.json", "{\"grounded_from\": 50}");
    validated(k, "Staking bananas [1].");
    assert_false(stage_kit_warned(k, "ungrounded"));
}

static void grounding__the_built_in_provider_says_by_itself_that_it_does_not_know(void **state)
{
    struct stage_kit *k = *state;
    static const char text[] = "The documents do not say anything about bananas.";
    said(k, "extractive", text);
    assert_int_equal(stage_validate(&k->turn, NULL), NEXT);
    assert_string_equal(k->turn.answer.text, text);
    assert_int_equal(k->turn.validation.confidence, 0);
    assert_int_equal(k->turn.answer.sources, 0);
    assert_true(stage_kit_warned(k, "not_in_documents"));
    assert_false(stage_kit_warned(k, "ungrounded"));
}

/* ---- disclaimers ---- */

static void disclaimer__is_said_once_for_the_question_or_the_answer(void **state)
{
    struct stage_kit *k = *state;
    said(k, "openai", "Gas is the fee for a transaction [2].");
    stage_kit_say(k, "Can I sue my exchange?");
    assert_int_equal(stage_validate(&k->turn, NULL), NEXT);
    assert_int_equal(times(k->turn.answer.text, "not legal advice"), 1);
    validated(k, "Gas is the fee for a transaction, and you can sue your exchange [2].");
    assert_int_equal(times(k->turn.answer.text, "not legal advice"), 1);
    assert_string_equal(buf_text(&k->heard), k->turn.answer.text);
}

static void disclaimer__a_model_that_says_it_already_is_not_repeated(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(4096);
    for (size_t i = 0; i < k->policies->validator.disclaimers; i++)
        buf_printf(&text, "%s ", k->policies->validator.disclaimer[i].text);
    buf_adds(&text, "You can sue [1].");
    validated(k, buf_text(&text));
    for (size_t i = 0; i < k->policies->validator.disclaimers; i++)
        assert_int_equal(times(k->turn.answer.text, k->policies->validator.disclaimer[i].text), 1);
    buf_free(&text);
}

static void footer__off_delivers_the_text_as_it_is(void **state)
{
    struct stage_kit *k = *state;
    static const char invented[] = "Bananas orbit Jupiter, so sue your exchange.";
    stage_kit_set(k, "answer.footer=false");
    assert_string_equal(validated(k, invented), invented);
    assert_true(stage_kit_warned(k, "ungrounded")); /* said to programs, not to the person */
    const char *toned = validated(k, "You get guaranteed returns from bob@evil.example.");
    assert_string_equal(toned, "You get possible returns from [EMAIL]."); /* this is not a footer */
}

static void footer__off_does_not_switch_strict_off(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "answer.footer=false");
    stage_kit_set(k, "answer.grounding=strict");
    assert_string_equal(validated(k, "Bananas orbit Jupiter, so sue your exchange."),
                        k->policies->validator.ungrounded_notice);
}

/* ---- the end of the text ---- */

static void validate__checks_the_rest_of_the_last_sentence(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "answer.footer=false");
    assert_string_equal(validated(k, "Gas is a fee [2]. It brings guaranteed returns"),
                        "Gas is a fee [1]. It brings possible returns");
    assert_false(k->turn.validation.is_safe);
}

static void validate__out_of_memory_fails_the_turn(void **state)
{
    struct stage_kit *k = *state;
    said(k, "openai", "Gas is the fee [2]. And so");
    k->turn.arena.cap_bytes = k->turn.arena.used_bytes;
    assert_int_equal(stage_validate(&k->turn, NULL), FAIL);
    assert_non_null(strstr(k->turn.err.text, "validate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(confidence__is_the_share_of_words_the_passages_hold),
        STAGE_CASE(confidence__of_nothing_is_none),
        STAGE_CASE(confidence__works_without_spaces_between_words),
        STAGE_CASE(sources__are_those_the_answer_cites),
        STAGE_CASE(sources__all_are_shown_when_a_grounded_answer_cites_none),
        STAGE_CASE(sources__a_dead_citation_shows_none),
        STAGE_CASE(sources__excerpts_end_between_characters),
        STAGE_CASE(grounding__annotate_adds_a_notice),
        STAGE_CASE(grounding__strict_replaces_answer_and_sources),
        STAGE_CASE(grounding__strict_lets_a_grounded_answer_stand),
        STAGE_CASE(grounding__the_bar_is_the_policys),
        STAGE_CASE(grounding__the_built_in_provider_says_by_itself_that_it_does_not_know),
        STAGE_CASE(disclaimer__is_said_once_for_the_question_or_the_answer),
        STAGE_CASE(disclaimer__a_model_that_says_it_already_is_not_repeated),
        STAGE_CASE(footer__off_delivers_the_text_as_it_is),
        STAGE_CASE(footer__off_does_not_switch_strict_off),
        STAGE_CASE(validate__checks_the_rest_of_the_last_sentence),
        STAGE_CASE(validate__out_of_memory_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
