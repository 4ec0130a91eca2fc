/* SPDX-License-Identifier: Apache-2.0
 *
 * How chunks of documents fall into sentences, and how the question's words weigh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "llm/passages.h"

static struct passage_set set;

static void read_one(const char *question, const char *title, const char *text)
{
    struct turn_passages p = { .len = 1 };
    p.at[0] = (struct passage){ title, "", text, 1, 0 };
    passages_read(&set, question, &p);
}

static void assert_sentence(size_t i, const char *text)
{
    assert_true(i < set.n);
    if (!str_eqs(set.at[i].text, text))
        fail_msg("sentence %zu is \"%.*s\"", i, (int)set.at[i].text.len, set.at[i].text.at);
}

static void passages__prose_lists_and_headings(void **state X_UNUSED)
{
    read_one("fee", "",
             "## Fees\n\nA fee is paid.\nIt is low. Mr. Smith paid 1.5 ETH.\n- First item\n* Second one.\n"
             "2. Third one.\n> Said by all.");
    assert_int_equal(set.n, 8);
    assert_sentence(0, "Fees");
    assert_true(set.at[0].heading);
    assert_sentence(1, "A fee is paid.");
    assert_sentence(2, "It is low.");
    assert_true(set.at[2].leaning && set.at[2].new_line);
    assert_sentence(3, "Mr. Smith paid 1.5 ETH.");
    assert_false(set.at[3].new_line);
    assert_sentence(4, "First item");
    assert_false(set.at[4].whole);
    assert_sentence(5, "Second one.");
    assert_sentence(6, "Third one.");
    assert_sentence(7, "Said by all.");
}

static void passages__halves_are_told_from_wholes(void **state X_UNUSED)
{
    read_one("x", "", "and then it ends. This is whole. This is not");
    assert_int_equal(set.n, 3);
    assert_false(set.at[0].whole);
    assert_true(set.at[1].whole);
    assert_false(set.at[2].whole);
    assert_true(set.at[2].torn && !set.at[0].torn);
}

static void passages__context_lends_its_words(void **state X_UNUSED)
{
    read_one("What does bridging cost on Arbitrum?", "Arbitrum",
             "# Cost of bridging\nIt is low.\nIs there a bridging limit? There is none. Nothing more.");
    assert_int_equal(set.n, 5);
    uint64_t title = set.at[0].near;
    assert_int_equal(__builtin_popcountll(title), 1 + 2); /* its own heading counts for itself too */
    assert_int_equal(__builtin_popcountll(set.at[1].near), 3);
    assert_true(set.at[2].question);
    assert_int_equal(set.at[3].hits, 0);
    assert_int_equal(set.covers[0], set.at[1].near);
    assert_true(passages_share(&set, set.covers[0]) > 0.999);
}

static void passages__rare_words_weigh_more(void **state X_UNUSED)
{
    read_one("ether shapella take nowhere", "",
             "Ether is one. Ether is two. Ether is three. Ether and Shapella are four.");
    const struct asked *q = &set.asked;
    assert_int_equal(q->n, 4);
    assert_true(q->weight[0] < q->weight[1] && q->weight[1] < q->weight[3]);
    assert_true(q->weight[0] >= 0.5 && q->weight[3] <= 1.0);
    assert_true(q->weight[2] < 0.5); /* "take" */
}

static void passages__a_missing_name_costs_more(void **state X_UNUSED)
{
    const char *text = "You can reset the password. Ether is money. Wallets hold keys.";
    read_one("How do I reset my netflix password?", "", text);
    double small = passages_cover(&set, set.covers[0]), share = passages_share(&set, set.covers[0]);
    read_one("How do I reset my Netflix password?", "", text);
    assert_true(passages_cover(&set, set.covers[0]) < small - 0.05);
    assert_true(passages_share(&set, set.covers[0]) == share);
}

static void passages__overlap_is_of_the_shorter(void **state X_UNUSED)
{
    read_one("x", "",
             "Gas fees rise at noon. Gas fees rise at noon when many people trade. Seeds are secret.");
    assert_int_equal(set.n, 3);
    assert_true(passages_overlap(&set.at[0], &set.at[1]) > 0.99);
    assert_true(passages_overlap(&set.at[0], &set.at[2]) < 0.3);
}

static void passages__limits_hold(void **state X_UNUSED)
{
    static char many[PASSAGE_BYTES_READ * 2];
    static char words[40000];
    struct turn_passages p = { .len = TURN_PASSAGES_MAX };
    for (size_t i = 0; i + 4 < sizeof many; i += 3)
        memcpy(many + i, "A. ", 4);
    for (size_t i = 0, k = 0; i + 8 < sizeof words; i += 7, k++) {
        memcpy(words + i, "w000000 ", 8);
        words[i + 1] = (char)('a' + k % 26);
        words[i + 2] = (char)('a' + k / 26 % 26);
        words[i + 6] = ' ';
    }
    for (size_t i = 0; i < p.len; i++)
        p.at[i] = (struct passage){ words, "", many, 1, 0 };
    passages_read(&set, words, &p);
    assert_true(set.n <= SENTENCES_MAX);
    assert_true(set.asked.n <= ASKED_MAX);
    read_one("", "", "");
    assert_int_equal(set.n, 0);
    assert_true(passages_share(&set, UINT64_MAX) == 0);
    read_one("a", "", "\xFF\xFE\xF0\x9F");
    read_one("# - ", "#", "#\n-\n1.\n#");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passages__prose_lists_and_headings),
        cmocka_unit_test(passages__halves_are_told_from_wholes),
        cmocka_unit_test(passages__context_lends_its_words),
        cmocka_unit_test(passages__rare_words_weigh_more),
        cmocka_unit_test(passages__a_missing_name_costs_more),
        cmocka_unit_test(passages__overlap_is_of_the_shorter),
        cmocka_unit_test(passages__limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
