/* SPDX-License-Identifier: Apache-2.0
 *
 * When a danger phrase is denied and when it only looks so.
 */
#include "conf_support.h"

#include <parley/clock.h>

static struct policies *policies;
static struct match_scratch *scratch;

static int open_all(void **state)
{
    (void)state;
    scratch = match_scratch_new();
    return policies_load(&policies, "", NULL);
}

static int close_all(void **state)
{
    (void)state;
    match_scratch_free(scratch);
    policies_free(policies);
    return 0;
}

static size_t finds(const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < policies->validator.dangers; i++) {
        struct match_span span;
        size_t from = 0;

        while (danger_rule_find(&policies->validator.danger[i], scratch, text, strlen(text), from, &span) ==
               0) {
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

static void danger__hostile_texts_stay_cheap(void **state)
{
    static const char *const unit[] = {
        "no ", "guaranteed returns ", "risk-free ", "not risk-free ", "a", "no a ", "don't ",
        "\n",  "100% safe ",          "never lose "
    };
    size_t len = 32768;
    char *text = malloc(len + 1);

    (void)state;
    for (size_t u = 0; u < ARRAY_LEN(unit); u++) {
        size_t n = strlen(unit[u]);
        int64_t before = clock_mono_us();

        for (size_t i = 0; i < len; i++)
            text[i] = unit[u][i % n];
        text[len] = '\0';
        (void)finds(text);
        if (clock_mono_us() - before > 5000000) /* measured: under 100 ms; sanitizers: 20 times that */
            fail_msg("\"%s\"... took %lld us", unit[u], (long long)(clock_mono_us() - before));
        if (getenv("DANGER_TIMES"))
            print_message("%-24s %lld us\n", unit[u], (long long)(clock_mono_us() - before));
    }
    free(text);
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

    return cmocka_run_group_tests(tests, open_all, close_all);
}
