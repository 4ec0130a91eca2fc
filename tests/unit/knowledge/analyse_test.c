/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts and questions as features: what a question's words become, and that a chunk has the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knowledge/analyse.h"

static struct question *asked(const char *text)
{
    static struct question q;

    analyse_question(&q, text);
    return &q;
}

static size_t telling(const struct question *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->terms; i++)
        n += q->term[i].tells;
    return n;
}

/* How many of the question's terms the chunk has. */
static size_t common(const char *question, const char *body)
{
    const struct question *q = asked(question);
    struct features f = { 0 };
    size_t n = 0;

    features_of_chunk(&f, "", "", str_of(body));
    for (size_t i = 0; i < q->terms; i++)
        for (size_t j = 0; j < f.n; j++)
            if (f.at[j].key == q->term[i].key) {
                n++;
                break;
            }
    features_free(&f);
    return n;
}

static void analyse__a_word_is_its_stem_and_its_grams(void **state)
{
    const struct question *q = asked("Staking");

    (void)state;
    assert_int_equal(q->terms, 1 + 6); /* <sta stak taki akin king ing> */
    assert_int_equal(q->words, 1);
    assert_int_equal(telling(q), 1);
    assert_int_equal(common("Staking", "staking"), 7);
    assert_int_equal(common("Staking", "stakes"), 3); /* the stem, "<sta", "stak" */
    assert_int_equal(common("Staking", "cherry pie"), 0);
    assert_int_equal(asked("a1")->terms, 1 + 1); /* "<a1>" is a gram */
    assert_int_equal(asked("")->terms, 0);
    assert_int_equal(asked("?!")->terms, 0);
}

static void analyse__words_are_said_once_with_their_largest_weight(void **state)
{
    size_t once = asked("gas fees")->terms;

    (void)state;
    assert_int_equal(asked("gas Gas GAS fees gas")->terms, once);
    assert_int_equal(asked("gas Gas GAS fees gas")->words, 2);
}

static void analyse__function_words_tell_only_among_themselves(void **state)
{
    const struct question *q = asked("How do I stake the ETH?");

    (void)state;
    assert_int_equal(telling(q), 2);
    assert_int_equal(q->words, 6);
    assert_true(q->word[0].function);
    assert_true(q->term[q->word[0].term].weight < q->term[q->word[3].term].weight);
    assert_int_equal(telling(asked("What is it about?")), 4);
    assert_int_equal(telling(asked("\xd1\x87\xd1\x82\xd0\xbe")), 1); /* Russian "what", alone */
}

static void analyse__scripts_without_spaces_are_pairs_and_characters(void **state)
{
    const char *question = "\xe6\x9a\x97\xe5\x8f\xb7\xe8\xb2\xa8"; /* three characters */

    (void)state;
    assert_int_equal(asked(question)->terms, 2 + 3);
    assert_int_equal(asked(question)->words, 2);
    assert_int_equal(common(question, "\xe6\x9a\x97\xe5\x8f\xb7"), 1 + 2);
    assert_int_equal(asked("\xe6\xbc\xa2")->terms, 1);
    assert_int_equal(telling(asked("\xe3\x81\xa8\xe3\x81\xaf\xe6\xbc\xa2\xe5\xad\x97")),
                     2); /* hiragana does not */
}

static void analyse__accents_and_case_make_no_difference(void **state)
{
    (void)state;
    assert_int_equal(common("ZURICH", "Z\xc3\xbcrich"), asked("ZURICH")->terms);
    assert_int_equal(common("cafe\xcc\x81", "caf\xc3\xa9"), asked("cafe")->terms);
}

static void analyse__a_long_question_is_cut(void **state)
{
    struct buf text = BUF_INIT(65536);
    const struct question *q;

    (void)state;
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "word%d ", i);
    q = asked(buf_text(&text));
    assert_int_equal(q->terms, LEXICAL_TERMS_MAX);
    assert_true(q->words <= QUESTION_WORDS_MAX);
    for (size_t i = 0; i < q->words; i++)
        assert_true(q->word[i].term < q->terms);
    buf_free(&text);
}

static void analyse__title_and_heading_count_more_and_are_coded_apart(void **state)
{
    struct features f = { 0 };
    double body_only;

    (void)state;
    features_of_chunk(&f, "", "", str_of("stake it"));
    body_only = f.length;
    assert_int_equal(f.body_codes, 2);
    assert_int_equal(f.codes.len, 2 * sizeof(uint16_t));
    features_of_chunk(&f, "The stake", "Of gas", str_of("stake it"));
    assert_true(f.length > body_only * 2);
    assert_int_equal(f.title_codes, 1); /* function words are left out here ... */
    assert_int_equal(f.heading_codes, 1);
    assert_int_equal(f.body_codes, 2); /* ... and kept here */
    assert_memory_equal(f.codes.at, f.codes.at + 2 * sizeof(uint16_t), sizeof(uint16_t));
    assert_false(f.failed);
    features_free(&f);
}

static void analyse__a_body_without_end_fails_and_does_not_run_on(void **state)
{
    struct features f = { 0 };
    size_t len = 6U << 20;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 8 == 7 ? ' ' : (char)('a' + i * i % 26);
    features_of_chunk(&f, "", "", (struct str){ text, len });
    assert_true(f.failed);
    features_of_chunk(&f, "", "", str_of("short"));
    assert_false(f.failed);
    features_free(&f);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(analyse__a_word_is_its_stem_and_its_grams),
        cmocka_unit_test(analyse__words_are_said_once_with_their_largest_weight),
        cmocka_unit_test(analyse__function_words_tell_only_among_themselves),
        cmocka_unit_test(analyse__scripts_without_spaces_are_pairs_and_characters),
        cmocka_unit_test(analyse__accents_and_case_make_no_difference),
        cmocka_unit_test(analyse__a_long_question_is_cut),
        cmocka_unit_test(analyse__title_and_heading_count_more_and_are_coded_apart),
        cmocka_unit_test(analyse__a_body_without_end_fails_and_does_not_run_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
