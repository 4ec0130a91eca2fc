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

#include "base/rand.h"
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

/* ---- against the formula, as it reads ---- */

#define ROUNDS 20000
#define CODES  400

static int index_of(const struct question *q, uint16_t code)
{
    for (size_t i = 0; i < q->words; i++)
        if (q->word[i].code == code)
            return (int)i;
    return -1;
}

static float share_of(const float *share, size_t words, const bool *has)
{
    float sum = 0;

    for (size_t i = 0; i < words; i++)
        if (has[i])
            sum += share[i];
    return sum;
}

/* Every two neighbouring blocks of six, those that add nothing too. */
static float formula_window(const struct question *q, const float *near, const uint16_t *code, size_t n)
{
    float best = 0;

    for (size_t at = 0; at < n; at += 6) {
        bool has[QUESTION_WORDS_MAX] = { false };
        size_t from = at >= 6 ? at - 6 : 0, many = 0;

        for (size_t i = from; i < at + 6 && i < n; i++) {
            int word = index_of(q, code[i]);

            if (word >= 0 && !has[word])
                many += has[word] = true;
        }
        if (many) {
            float share = share_of(near, q->words, has);
            best = share > best ? share : best;
        }
    }
    return best;
}

static float formula_title(const struct question *q, const float *share, const uint16_t *code, size_t n)
{
    bool has[QUESTION_WORDS_MAX] = { false };
    float here, back, times = 0;

    for (size_t i = 0; i < n; i++) {
        int word = index_of(q, code[i]);

        if (word < 0)
            continue;
        has[word] = true;
        times += 1;
    }
    if (times == 0)
        return 0;
    here = share_of(share, q->words, has);
    back = times / (float)n;
    return 2 * here * back / (here + back);
}

static double formula(const struct question *q, const struct ranker *r, const struct lexical_passage *p)
{
    const uint16_t *heading = p->code + p->title_codes, *body = heading + p->heading_codes;
    float title = fmaxf(formula_title(q, r->title, p->code, p->title_codes + p->heading_codes),
                        fmaxf(formula_title(q, r->title, p->code, p->title_codes),
                              formula_title(q, r->title, heading, p->heading_codes)));

    return 0.5 * (double)formula_window(q, r->near, body, p->body_codes) + 0.8 * (double)title;
}

/* Codes of few values, so that words meet often; low bits alike, so that they share buckets. */
static uint16_t random_code(uint64_t values)
{
    return (uint16_t)(rand_below(values) * 64);
}

static void random_question(struct question *q, uint64_t values)
{
    size_t wanted = (size_t)rand_below(QUESTION_WORDS_MAX + 1);

    q->words = q->terms = 0;
    for (size_t i = 0; i < wanted; i++) {
        uint16_t code = random_code(values);

        if (index_of(q, code) >= 0)
            continue;
        q->term[q->terms].rarity = (float)(1 + rand_below(1000)) / 100;
        q->word[q->words++] = (struct question_word){ .code = code,
                                                      .function = rand_below(3) == 0,
                                                      .term = (uint16_t)q->terms++ };
    }
}

static void rank__is_the_formula(void **state)
{
    static struct question q;
    struct ranker r;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t values = 2 + rand_below(1000);
        struct lexical_passage p = { .title_codes = (uint32_t)rand_below(40),
                                     .heading_codes = (uint32_t)rand_below(40),
                                     .body_codes = (uint32_t)rand_below(CODES - 80) };
        size_t n = p.title_codes + p.heading_codes + p.body_codes;
        uint16_t *code = malloc(n * sizeof *code + 1); /* exactly: a look behind its end is seen */

        assert_non_null(code);
        random_question(&q, values);
        for (size_t k = 0; k < n; k++)
            code[k] = random_code(values);
        p.code = code;
        rank_begin(&r, &q);
        assert_true(rank_passage(&r, &p) == formula(&q, &r, &p));
        for (size_t k = 0; k < n; k++)
            assert_int_equal(rank_said(&r, code, k, n), rank_said_plain(&r, code, k, n));
        free(code);
    }
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
        cmocka_unit_test(rank__is_the_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
