/* SPDX-License-Identifier: Apache-2.0
 *
 * What English says in several orders, through the whole reader: the meanings are the outcome that counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/semantic.h"

static void reads(const char *text, const char *want)
{
    struct semantic s;
    assert_true(semantic_read(&s, text, "en"));
    assert_string_equal(s.meaning, want);
}

static void english__possessives_are_of(void **state X_UNUSED)
{
    reads("Who is Acme's CEO?", "en:WHO ceo of acme +IS ");
    reads("Who is the CEO of Acme?", "en:WHO ceo of acme +IS ");
    reads("Who is Bob's friend's boss?", "en:WHO boss of friend of bob +IS ");
    reads("Who is Bob's boss's friend?", "en:WHO friend of boss of bob +IS ");
    reads("'s", "-:s ");
}

static void english__what_a_thing_has_may_stand_behind_it(void **state X_UNUSED)
{
    reads("Is the gas price fair?", "en:YN gas price fair +IS "); /* the run goes on: as it stands */
    reads("Why is the gas price in Rome high?", "en:WHY price of gas in rome high +IS ");
    reads("What is a limit price?", "en:PRICE limit ");
    reads("What is a price limit?", "en:WHAT price limit +IS ");
}

static void english__a_price_has_one_form(void **state X_UNUSED)
{
    reads("How much does the Pro plan cost?", "en:PRICE pro plan ");
    reads("What does the Pro plan cost?", "en:PRICE pro plan ");
    reads("What is the price of the Pro plan?", "en:PRICE pro plan ");
    reads("What is the Pro plan's price?", "en:PRICE pro plan ");
    reads("How much did the Pro plan cost?", "en:HOWMUCH cost of pro plan +PAST ");
    reads("What does the cost include?", "en:WHAT cost include ");
}

static void english__meaning_and_difference_have_one_form(void **state X_UNUSED)
{
    reads("What does slashing mean?", "en:WHAT slashing +IS ");
    reads("What did slashing mean?", "en:WHAT slashing mean +PAST ");
    reads("How does TCP differ from UDP?", "en:DIFFERENCE tcp and udp ");
    reads("How are TCP and UDP different?", "en:DIFFERENCE tcp and udp ");
    reads("How different are TCP and UDP?", "en:HOW different tcp and udp +IS ");
    reads("How does TCP differ from?", "en:HOW tcp differ from ");
}

static void english__a_verb_is_its_gerund(void **state X_UNUSED)
{
    reads("How do I stake?", "en:TO staking ");
    reads("What is the process for staking?", "en:TO staking ");
    reads("How do I plan?", "en:TO planning ");
    reads("How do I plane?", "en:TO planing ");
    reads("How do I bring it?", "en:TO bringing it ");
    reads("How do I singe it?", "en:TO singeing it ");
    reads("How do I die?", "en:TO dying ");
    reads("How do I agree?", "en:TO agreeing ");
    reads("How do I open it?", "en:TO opening it ");
    reads("How do I 5?", "en:TO 5ing ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english__possessives_are_of),
        cmocka_unit_test(english__what_a_thing_has_may_stand_behind_it),
        cmocka_unit_test(english__a_price_has_one_form),
        cmocka_unit_test(english__a_verb_is_its_gerund),
        cmocka_unit_test(english__meaning_and_difference_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
