/* SPDX-License-Identifier: Apache-2.0
 *
 * The second look: closeness and titles, and that the bonus stays within its bounds.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knowledge/rank.h"

#define MOST 1.3 /* window and title in full */

static double bonus(const char *question, const char *title, const char *heading, const char *body)
{
    static struct question q;
    struct ranker r;
    struct features f = { 0 };
    struct lexical_passage p = { .id = 1 };
    double out;

    analyse_question(&q, question);
    for (size_t i = 0; i < q.terms; i++)
        q.term[i].rarity = 1;
    features_of_chunk(&f, title, heading, str_of(body));
    p.code = (const void *)buf_text(&f.codes);
    p.title_codes = f.title_codes;
    p.heading_codes = f.heading_codes;
    p.body_codes = f.body_codes;
    rank_begin(&r, &q);
    out = rank_passage(&r, &p);
    features_free(&f);
    assert_true(out >= 0 && out <= MOST + 1e-6);
    return out;
}

static void rank__words_that_stand_together_count_more(void **state)
{
    const char *together = "x x x x x x x x x x x x x x x seed phrase x x x x x x x x x x x x x x x";
    const char *apart = "seed x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x phrase";
    const char *one = "x x x x x x x x x seed x x x x x x x x x x x x x x x x x x x x x x x x x";

    (void)state;
    assert_true(bonus("seed phrase", "", "", together) > bonus("seed phrase", "", "", apart));
    assert_true(fabs(bonus("seed phrase", "", "", together) - 0.5) < 1e-6);
    assert_true(fabs(bonus("seed phrase", "", "", apart) - bonus("seed phrase", "", "", one)) < 1e-6);
    assert_true(bonus("seed phrase", "", "", "x") == 0);
}

static void rank__a_title_is_compared_both_ways(void **state)
{
    double exact = bonus("seed phrase", "Seed phrase", "", "x");
    double more = bonus("seed phrase", "Seed phrase, hardware wallet and exchange", "", "x");
    double less = bonus("seed phrase", "Seed", "", "x");

    (void)state;
    assert_true(exact > more);
    assert_true(exact > less);
    assert_true(more > 0 && less > 0);
    assert_true(bonus("seed phrase", "Wallets", "", "x") == 0);
}

static void rank__a_heading_is_as_good_as_a_title(void **state)
{
    double title = bonus("seed phrase", "Seed phrase", "", "x");

    (void)state;
    assert_true(fabs(bonus("seed phrase", "Wallets", "Seed phrase", "x") - title) < 1e-6);
    assert_true(fabs(bonus("seed phrase", "Seed", "Phrase", "x") - title) < 1e-6);
}

static void rank__other_forms_are_the_same_word(void **state)
{
    (void)state;
    assert_true(bonus("staking", "", "", "stakes") > 0);
    assert_true(bonus("\xd0\xba\xd0\xbe\xd1\x88\xd0\xb5\xd0\xbb\xd1\x8c\xd0\xba\xd0\xb8", "", "",
                      "\xd0\xba\xd0\xbe\xd1\x88\xd0\xb5\xd0\xbb\xd1\x8c\xd0\xba\xd0\xb0") >
                0); /* case endings */
}

static void rank__questions_without_words_and_passages_without_text_are_nothing(void **state)
{
    (void)state;
    assert_true(bonus("", "Title", "", "text") == 0);
    assert_true(bonus("?!", "", "", "") == 0);
    assert_true(bonus("seed", "", "", "") == 0);
}

static void rank__the_most_words_a_question_can_have(void **state)
{
    struct buf q = BUF_INIT(65536);

    (void)state;
    for (int i = 0; i < 400; i++)
        buf_printf(&q, "%c%c ", 'a' + i / 20, 'a' + i % 20);
    assert_true(bonus(buf_text(&q), buf_text(&q), "", buf_text(&q)) > 0);
    buf_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rank__words_that_stand_together_count_more),
        cmocka_unit_test(rank__a_title_is_compared_both_ways),
        cmocka_unit_test(rank__a_heading_is_as_good_as_a_title),
        cmocka_unit_test(rank__other_forms_are_the_same_word),
        cmocka_unit_test(rank__questions_without_words_and_passages_without_text_are_nothing),
        cmocka_unit_test(rank__the_most_words_a_question_can_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
