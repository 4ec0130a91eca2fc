/* SPDX-License-Identifier: Apache-2.0
 *
 * What a question asks: which wordings become one meaning, and above all which do not; limits and hostile
 * bytes. data/eval/semantic holds the many pairs; here stands why each rule is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pipeline/semantic_impl.h"

#define PAIRS "data/eval/semantic/pairs.jsonl"

static const char *meaning(const char *text, const char *language)
{
    static struct semantic s[4];
    static size_t next;
    struct semantic *out = &s[++next % 4];
    return semantic_read(out, text, language) ? out->meaning : "";
}

static void alike(const char *a, const char *b)
{
    const char *one = meaning(a, "en"), *other = meaning(b, "en");
    assert_string_not_equal(one, "");
    assert_string_equal(one, other);
}

static void differ(const char *a, const char *b)
{
    const char *one = meaning(a, "en"), *other = meaning(b, "en");
    assert_string_not_equal(one, "");
    assert_string_not_equal(other, "");
    assert_string_not_equal(one, other);
}

static void semantic__politeness_and_form_of_words_do_not_count(void **state X_UNUSED)
{
    alike("How do I stake ETH?", "Hi, could you please tell me how to stake ETH? Thanks!");
    alike("What are the fees for withdrawals?", "what's the fee for a withdrawal");
    alike("How do I go about staking ETH?", "How can I stake ETH");
    alike("Can I pay by card?", "Is it possible to pay by card?");
    alike("Do you know if there is a fee?", "Please tell me whether there is a fee.");
    alike("Is 2% too much?", "Is two percent too much?");
}

static void semantic__numbers_count(void **state X_UNUSED)
{
    differ("How do I stake 32 ETH?", "How do I stake 16 ETH?");
    differ("Is -5 cold?", "Is 5 cold?");
    differ("Can I send 1.5 BTC?", "Can I send 15 BTC?");
    differ("Is Python 3.1 new?", "Is Python 3.11 new?");
    differ("What is 7-x?", "What is 7x?");
    differ("What is a 10-K?", "What is a 10k?");
    differ("What is n-1?", "What is n1?");
    alike("Is GPT-4 new?", "Is GPT4 new?");
    differ("Can two people share it?", "Can three people share it?");
}

static void semantic__negation_and_opposites_count(void **state X_UNUSED)
{
    differ("Which coins can I stake?", "Which coins can't I stake?");
    differ("Is it legal?", "Is it illegal?");
    differ("Can I log in with a password?", "Can I log in without a password?");
    differ("How do I turn it on?", "How do I turn it off?");
    differ("How do I enable 2FA?", "How do I disable 2FA?");
    alike("Why can't I log in?", "Tell me why can\xE2\x80\x99t I sign in");
}

static void semantic__order_tense_and_person_count(void **state X_UNUSED)
{
    differ("Is A better than B?", "Is B better than A?");
    differ("Who does Alice love?", "Who loves Alice?");
    differ("Who is the president?", "Who was the president?");
    differ("Who is paid?", "Who paid?");
    differ("How do you store passwords?", "How do I store passwords?");
    differ("What is my limit?", "What is your limit?");
}

static void semantic__names_are_not_words(void **state X_UNUSED)
{
    differ("How do I delete Teams?", "How do I delete a team?");
    differ("How do I choose plan A?", "How do I choose a plan?");
    differ("What is Apple?", "What is an apple?");
    differ("What is C?", "What is C++?");
    differ("What does \"for\" mean?", "What does \"or\" mean?");
    alike("Define \"seed phrase\"", "What is a seed phrase?");
}

static void semantic__an_order_to_explain_is_a_definition_only_of_a_bare_word(void **state X_UNUSED)
{
    alike("Explain staking", "What is staking?");
    differ("Explain the error", "What is the error?");
    differ("Explain your answer", "What is your answer?");
}

static void semantic__the_words_tell_the_language(void **state X_UNUSED)
{
    assert_memory_equal(meaning("Was ist Gas?", "en"), "de:", 3);
    assert_memory_equal(meaning("What was gas?", "de"), "en:", 3);
    assert_memory_equal(meaning("Что такое газ?", "en"), "ru:", 3);
    assert_memory_equal(meaning("Co to jest gaz?", "pl"), "-:", 2); /* no rows: as it stands */
    assert_memory_equal(meaning("como comprar bitcoin", "pt"), "pt:", 3);
    assert_memory_equal(meaning("como comprar bitcoin", "es"), "es:", 3);
    assert_memory_equal(meaning("como comprar bitcoin", "ja"), "-:", 2); /* Spanish or Portuguese? */
}

static void semantic__german_articles_say_who_does_it(void **state X_UNUSED)
{
    differ("Beißt der Hund den Mann?", "Beißt den Hund der Mann?");
    differ("Hilft die Mutter der Tochter?", "Hilft der Mutter die Tochter?");
    alike("Wie kann ich mein Konto löschen?", "Hallo, wie kann man ein Konto löschen?");
}

static void semantic__without_a_word_or_too_long_there_is_no_meaning(void **state X_UNUSED)
{
    char text[SEMANTIC_TEXT_MAX + 2];
    assert_string_equal(meaning("", "en"), "");
    assert_string_equal(meaning(" ?!. ", "en"), "");
    assert_string_equal(meaning("What?", "en"), "");
    assert_string_equal(meaning("please", "en"), "");
    memset(text, 'x', sizeof text);
    text[SEMANTIC_TEXT_MAX] = '\0';
    assert_string_not_equal(meaning(text, "en"), "");
    text[SEMANTIC_TEXT_MAX] = 'x';
    text[SEMANTIC_TEXT_MAX + 1] = '\0';
    assert_string_equal(meaning(text, "en"), "");
}

static void semantic__too_many_words_have_no_meaning(void **state X_UNUSED)
{
    char text[2 * SEMANTIC_PIECES_MAX + 3];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : 'w';
    text[2 * SEMANTIC_PIECES_MAX] = '\0';
    assert_string_not_equal(meaning(text, "en"), "");
    text[2 * SEMANTIC_PIECES_MAX] = 'w';
    text[2 * SEMANTIC_PIECES_MAX + 1] = '\0';
    assert_string_equal(meaning(text, "en"), "");
}

static void semantic__what_a_person_types_cannot_pass_for_a_form(void **state X_UNUSED)
{
    differ("TO staking eth", "How do I stake eth?");
    differ("WHAT staking +IS", "What is staking?");
    differ("price eth", "What is the price of eth?");
    differ("en:TO staking", "How do I stake?");
}

static void semantic__nearness_is_a_share(void **state X_UNUSED)
{
    assert_int_equal(semantic_nearness("How do I stake ETH?", "how do i stake eth"), 100);
    assert_int_equal(semantic_nearness("", "What is gas?"), 0);
    assert_in_range(semantic_nearness("How do I stake ETH?", "How to stake ETH"), 60, 100);
}

static size_t traps, same;

static void check_pair(const cJSON *o)
{
    const char *a = json_text(o, "a", ""), *b = json_text(o, "b", ""), *lang = json_text(o, "lang", "en");
    bool hit = strcmp(meaning(a, lang), meaning(b, lang)) == 0;
    if (json_bool(o, "same", false)) {
        same += hit;
        return;
    }
    traps++;
    if (hit)
        fail_msg("taken for one question:\n%s\n%s", a, b);
}

static void semantic__falls_for_no_trap_of_the_evaluation(void **state X_UNUSED)
{
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(PAIRS, "re");
    assert_non_null(f);
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        cJSON *o = NULL;
        assert_int_equal(json_parse(&o, line, (size_t)n, NULL), 0);
        check_pair(o);
        cJSON_Delete(o);
    }
    free(line);
    fclose(f);
    assert_true(traps >= 300);
    assert_true(same >= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semantic__politeness_and_form_of_words_do_not_count),
        cmocka_unit_test(semantic__numbers_count),
        cmocka_unit_test(semantic__negation_and_opposites_count),
        cmocka_unit_test(semantic__order_tense_and_person_count),
        cmocka_unit_test(semantic__names_are_not_words),
        cmocka_unit_test(semantic__an_order_to_explain_is_a_definition_only_of_a_bare_word),
        cmocka_unit_test(semantic__the_words_tell_the_language),
        cmocka_unit_test(semantic__german_articles_say_who_does_it),
        cmocka_unit_test(semantic__without_a_word_or_too_long_there_is_no_meaning),
        cmocka_unit_test(semantic__too_many_words_have_no_meaning),
        cmocka_unit_test(semantic__what_a_person_types_cannot_pass_for_a_form),
        cmocka_unit_test(semantic__nearness_is_a_share),
        cmocka_unit_test(semantic__falls_for_no_trap_of_the_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
