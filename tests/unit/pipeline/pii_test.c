/* SPDX-License-Identifier: Apache-2.0
 *
 * Many rules over one text: order of hits, who wins an overlap, and when the answer is that it cannot be
 * told. What each rule finds is proved by its own examples (conf/policy_rules_test).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/pii.h"
#include "tests/support/stage_kit.h"

#define RULE(type, priority, pattern, must)                                                                  \
    "{\"type\": \"" type "\", \"priority\": " #priority ", \"pattern\": \"" pattern "\", \"must\": [\"" must \
    "\"]}"

static struct pii_hit hit[PII_HITS_MAX];

static int find(struct stage_kit *k, const char *text, size_t *hits)
{
    return pii_find(k->policies, k->own.scratch, text, strlen(text), hit, hits);
}

/* "TYPE[from,to) ..." of what was found. */
static const char *found(struct stage_kit *k, const char *text)
{
    static struct buf out;
    size_t hits = 0;
    buf_free(&out);
    buf_init(&out, 65536);
    assert_int_equal(find(k, text, &hits), 0);
    for (size_t i = 0; i < hits; i++)
        buf_printf(&out, "%s%s[%zu,%zu)", i ? " " : "", hit[i].rule->type, hit[i].from, hit[i].to);
    return arena_strdup(&k->turn.arena, buf_text(&out));
}

static void pii__hits_come_in_the_order_of_the_text(void **state)
{
    struct stage_kit *k = *state;
    assert_string_equal(found(k, "192.0.2.7 a@example.org 192.0.2.8"),
                        "IP_ADDRESS[0,9) EMAIL[10,23) IP_ADDRESS[24,33)");
    assert_string_equal(found(k, ""), "");
    assert_string_equal(found(k, "nothing to see"), "");
}

static void pii__higher_priority_wins_an_overlap_then_the_longer(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_policy(k, "pii.json",
                     "{\"rules\": [" RULE("LOW", 1, "abcdef", "abcdef") "," RULE("HIGH", 2, "cd", "cd") "]}");
    assert_string_equal(found(k, "abcdef"), "HIGH[2,4)");
    stage_kit_policy(
        k, "pii.json",
        "{\"rules\": [" RULE("SHORT", 1, "abc", "abc") "," RULE("LONG", 1, "bcdef", "bcdef") "]}");
    assert_string_equal(found(k, "abcdef abc"), "LONG[1,6) SHORT[7,10)");
}

static void pii__the_order_of_the_rules_does_not_matter(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_policy(k, "pii.json",
                     "{\"rules\": [" RULE("A", 3, "ab", "ab") "," RULE("B", 1, "bcd", "bcd") "," RULE(
                         "C", 2, "de", "de") "]}");
    const char *one = found(k, "abcde");
    stage_kit_policy(k, "pii.json",
                     "{\"rules\": [" RULE("C", 2, "de", "de") "," RULE("B", 1, "bcd", "bcd") "," RULE(
                         "A", 3, "ab", "ab") "]}");
    assert_string_equal(found(k, "abcde"), one);
    assert_string_equal(one, "A[0,2) C[3,5)");
}

static void pii__touching_hits_do_not_overlap(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_policy(k, "pii.json", "{\"rules\": [" RULE("A", 1, "ab", "ab") "]}");
    assert_string_equal(found(k, "ababab"), "A[0,2) A[2,4) A[4,6)");
}

static void pii__one_more_than_fits_is_refused(void **state)
{
    struct stage_kit *k = *state;
    static char text[2 * PII_HITS_MAX + 3];
    size_t hits = 0;
    stage_kit_policy(k, "pii.json", "{\"rules\": [" RULE("A", 1, "a", "a") "]}");
    for (size_t i = 0; i < PII_HITS_MAX; i++)
        memcpy(text + 2 * i, "a ", 2);
    assert_int_equal(find(k, text, &hits), 0);
    assert_int_equal(hits, PII_HITS_MAX);
    strncat(text, "a", 2);
    assert_int_equal(find(k, text, &hits), X_E_LIMIT);
}

static void pii__a_text_over_the_policys_size_is_refused(void **state)
{
    struct stage_kit *k = *state;
    char text[1026];
    size_t hits = 0;
    stage_kit_policy(k, "pii.json", "{\"max_bytes\": 1024}");
    memset(text, 'x', sizeof text);
    text[1024] = '\0';
    assert_int_equal(find(k, text, &hits), 0);
    text[1024] = 'x';
    text[1025] = '\0';
    assert_int_equal(find(k, text, &hits), X_E_LIMIT);
}

static void pii__the_match_limit_and_bad_utf8_are_no_answer(void **state)
{
    struct stage_kit *k = *state;
    char text[4096];
    size_t hits = 0;
    assert_int_equal(find(k, "a@example.org \xff", &hits), X_E_INVALID);
    stage_kit_policy(k, "pii.json", "{\"rules\": [" RULE("S", 1, "(?:a+a+)+(?:b|c)", "aab") "]}");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(find(k, text, &hits), X_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(pii__hits_come_in_the_order_of_the_text),
        STAGE_CASE(pii__higher_priority_wins_an_overlap_then_the_longer),
        STAGE_CASE(pii__the_order_of_the_rules_does_not_matter),
        STAGE_CASE(pii__touching_hits_do_not_overlap),
        STAGE_CASE(pii__one_more_than_fits_is_refused),
        STAGE_CASE(pii__a_text_over_the_policys_size_is_refused),
        STAGE_CASE(pii__the_match_limit_and_bad_utf8_are_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
