/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in rules for personal data on texts made to be missed, mistaken or slow.
 */
#include "conf_support.h"

/* Every find of every rule of a type, "a|b". */
static void finds_are(const char *type, const char *text, const char *want)
{
    struct buf found = BUF_INIT(4096);

    for (size_t i = 0; i < builtin.policies->pii.n; i++) {
        const struct pii_rule *r = &builtin.policies->pii.rule[i];
        struct match_span span;
        size_t from = 0;

        while (strcmp(r->type, type) == 0 &&
               pii_rule_find(r, builtin.scratch, text, strlen(text), from, &span) == 0) {
            buf_printf(&found, "%s%.*s", found.len ? "|" : "", (int)(span.to - span.from), text + span.from);
            from = span.to;
        }
    }
    assert_string_equal(buf_text(&found), want);
    buf_free(&found);
}

static void pii__several_in_one_text(void **state)
{
    (void)state;
    finds_are("EMAIL", "a@example.com, b@example.org;c@example.net",
              "a@example.com|b@example.org|c@example.net");
    finds_are("CREDIT_CARD", "4111 1111 1111 1111 5555 5555 5555 4444",
              "4111 1111 1111 1111|5555 5555 5555 4444");
    finds_are("IP_ADDRESS", "192.0.2.1,192.0.2.2 and 2001:db8::1", "192.0.2.1|192.0.2.2|2001:db8::1");
    finds_are("PHONE", "+49 30 901820 or (555) 201-0199", "+49 30 901820|(555) 201-0199");
}

static void pii__luhn_decides(void **state)
{
    (void)state;
    finds_are("CREDIT_CARD", "4111111111111111", "4111111111111111");
    finds_are("CREDIT_CARD", "4111111111111112", "");
    finds_are("CREDIT_CARD", "5105105105105100 371449635398431 6011111111111117",
              "5105105105105100|371449635398431|"
              "6011111111111117");
    finds_are("CREDIT_CARD", "41111111111111111111111111", ""); /* a longer run is no card */
    finds_are("CREDIT_CARD", "no. 17 4111-1111-1111-1111 exp 09/29", "4111-1111-1111-1111");
}

static void pii__card_check_narrows_to_the_number(void **state)
{
    const char *text = "12 4111 1111 1111 1111 999";
    size_t from = 0, to = strlen(text);

    (void)state;
    assert_true(pii_check_ok(PII_LUHN, text, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 22);
}

static void pii__phone_is_not_a_plain_number(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } row[] = {
        { "+4930901820", true },  { "5551234567", false },  { "05551234567", true },
        { "555-201-0199", true }, { "123456", false },      { "555 0199", true },
        { "1.234.567", false },   { "100,000,000", false }, { "2024-01-15", false },
        { "01.02.2024", false },  { "12 12 12", false },    { "+1234567890123456", false },
        { "030.123.456", true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        size_t from = 0, to = strlen(row[i].text);

        if (pii_check_ok(PII_PHONE, row[i].text, &from, &to) != row[i].ok)
            fail_msg("%s", row[i].text);
    }
}

static void pii__ip_is_parsed(void **state)
{
    (void)state;
    finds_are("IP_ADDRESS", "256.1.1.1 1.2.3.4.5 v1.2.3.4", "");
    finds_are("IP_ADDRESS", "std::vector a::b 12:30:45", "");
    finds_are("IP_ADDRESS", "ping fe80::1%eth0 now", "fe80::1%eth0");
}

static void pii__prefilter_skips_texts_that_cannot_match(void **state)
{
    struct pii_rule rule = builtin.policies->pii.rule[0];
    struct match_span span;

    (void)state;
    assert_string_equal(rule.type, "EMAIL");
    assert_int_equal(pii_rule_find(&rule, builtin.scratch, "a@example.com", 13, 0, &span), 0);
    rule.need = "#";
    assert_int_equal(pii_rule_find(&rule, builtin.scratch, "a@example.com", 13, 0, &span), X_E_NOT_FOUND);
    rule.need = "";
    assert_int_equal(pii_rule_find(&rule, builtin.scratch, "a@example.com", 13, 0, &span), 0);
    assert_int_equal(pii_rule_find(&rule, builtin.scratch, "a@example.com", 13, 14, &span), X_E_NOT_FOUND);
}

static void pii__broken_utf8_is_said(void **state)
{
    struct match_span span;

    (void)state;
    assert_int_equal(
        pii_rule_find(&builtin.policies->pii.rule[0], builtin.scratch, "\xff@example.com", 13, 0, &span),
        X_E_INVALID);
}

/* Texts made to be slow: no rule may give up on them, and the time stays linear. */
static void look(const char *unit, const char *text, size_t len)
{
    for (size_t i = 0; i < builtin.policies->pii.n; i++) {
        struct match_span span;
        size_t from = 0;
        int rc;

        while ((rc = pii_rule_find(&builtin.policies->pii.rule[i], builtin.scratch, text, len, from,
                                   &span)) == 0)
            from = span.to;
        if (rc != X_E_NOT_FOUND)
            fail_msg("%s gives up on \"%s\"...: %s", builtin.policies->pii.rule[i].type, unit,
                     status_name(rc));
    }
}

static void pii__hostile_texts_stay_cheap(void **state)
{
    static const char *const unit[] = { "a.",          "@",      "a@a.", "1 ", "1111 1111 1111 1112 ",
                                        "0-",          ":",      "1:",   "1.", "+1 ",
                                        "(555) ",      "phone ", "bc1q", "13", "x@x.x@x.x",
                                        "555 555 555 " };

    (void)state;
    stays_cheap(unit, ARRAY_LEN(unit), 2000000, look); /* measured: some ms; sanitizers: 20 times that */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pii__several_in_one_text),
        cmocka_unit_test(pii__luhn_decides),
        cmocka_unit_test(pii__card_check_narrows_to_the_number),
        cmocka_unit_test(pii__phone_is_not_a_plain_number),
        cmocka_unit_test(pii__ip_is_parsed),
        cmocka_unit_test(pii__prefilter_skips_texts_that_cannot_match),
        cmocka_unit_test(pii__broken_utf8_is_said),
        cmocka_unit_test(pii__hostile_texts_stay_cheap),
    };

    return cmocka_run_group_tests(tests, builtin_open, builtin_close);
}
