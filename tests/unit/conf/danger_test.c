/* SPDX-License-Identifier: Apache-2.0
 *
 * When a danger phrase is denied and when it only looks so.
 */
#include "conf_support.h"

static size_t finds(const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < builtin.policies->validator.dangers; i++) {
        struct match_span span;
        size_t from = 0;

        while (danger_rule_find(&builtin.policies->validator.danger[i], builtin.scratch, text, strlen(text),
                                from, &span) == 0) {
            from = span.to;
            n++;
        }
    }
    return n;
}

static void danger__denied_phrases_stay(void **state)
{
    (void)state;
    assert_int_equal(finds("There are no guaranteed returns."), 0);
    assert_int_equal(finds("Staking isn't risk-free, and nobody can offer guaranteed profits."), 0);
    assert_int_equal(finds("Never invest all your savings."), 0);
    assert_int_equal(finds("Es gibt keine garantierten Renditen."), 0);
    assert_int_equal(finds("Здесь нет гарантированного дохода."), 0);
}

static void danger__a_denial_counts_only_in_its_clause(void **state)
{
    (void)state;
    assert_int_equal(finds("Do not wait. Guaranteed returns are here."), 1);
    assert_int_equal(finds("No doubt, guaranteed returns."), 1);
    assert_int_equal(finds("Why not? It is risk-free."), 1);
    assert_int_equal(finds("not one\nguaranteed returns"), 1);
    assert_int_equal(finds("Do not miss these guaranteed returns"), 1);
    assert_int_equal(finds("It is not only risk-free"), 1);
    assert_int_equal(finds("No fees of any kind are charged here and you get guaranteed returns"), 1);
}

static void danger__the_second_phrase_is_found_after_a_denied_one(void **state)
{
    (void)state;
    assert_int_equal(finds("No guaranteed profits there; guaranteed profits here."), 1);
    assert_int_equal(finds("guaranteed profits, guaranteed profits, guaranteed profits"), 3);
}

static void danger__look_back_does_not_cut_words_or_characters(void **state)
{
    char text[512];

    (void)state;
    for (size_t pad = 60; pad < 130;
         pad++) { /* whatever falls on the edge of the look, "casino" is no "no" */
        memset(text, 'x', pad);
        memcpy(text, "\xd0\xb6", 2);
        (void)snprintf(text + pad, sizeof text - pad, "casino guaranteed returns");
        assert_int_equal(finds(text), 1);
    }
}

static void look(const char *unit, const char *text, size_t len)
{
    (void)unit;
    (void)len;
    (void)finds(text);
}

static void danger__hostile_texts_stay_cheap(void **state)
{
    static const char *const unit[] = {
        "no ", "guaranteed returns ", "risk-free ", "not risk-free ", "a", "no a ", "don't ",
        "\n",  "100% safe ",          "never lose "
    };

    (void)state;
    stays_cheap(unit, ARRAY_LEN(unit), 5000000, look); /* measured: under 100 ms; sanitizers: 20 times that */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(danger__denied_phrases_stay),
        cmocka_unit_test(danger__a_denial_counts_only_in_its_clause),
        cmocka_unit_test(danger__the_second_phrase_is_found_after_a_denied_one),
        cmocka_unit_test(danger__look_back_does_not_cut_words_or_characters),
        cmocka_unit_test(danger__hostile_texts_stay_cheap),
    };

    return cmocka_run_group_tests(tests, builtin_open, builtin_close);
}
