/* SPDX-License-Identifier: Apache-2.0
 *
 * Each case is a text with a bar where a sentence is expected to end. Every case is also
 * read as a stream, byte by byte: an end that was announced must be the end of the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

#define CASE_MAX 1024

/* Cuts `text` and marks the cuts in `out`. */
static void mark(char *out, const char *text, size_t len)
{
    size_t from = 0, n = 0;

    while (from < len) {
        size_t end = utf_sentence_end(text, len, from, true);

        assert_in_range(end, from + 1, len);
        memcpy(out + n, text + from, end - from);
        n += end - from;
        if (end < len)
            out[n++] = '|';
        from = end;
    }
    out[n] = '\0';
}

/* The same, arriving byte by byte. */
static void mark_stream(char *out, const char *text, size_t len)
{
    size_t from = 0, n = 0;

    for (size_t have = 1; have <= len; have++) {
        for (;;) {
            char *copy = strndup(text, have); /* so that a read beyond `have` is seen */
            size_t end = utf_sentence_end(copy, have, from, have == len);

            free(copy);
            assert_in_range(end, from < have ? from + 1 : have, have);
            if (from >= have || (end == have && have < len))
                break;
            memcpy(out + n, text + from, end - from);
            n += end - from;
            if (end < len)
                out[n++] = '|';
            from = end;
        }
    }
    out[n] = '\0';
}

static void check(const char *marked)
{
    char text[CASE_MAX], got[2 * CASE_MAX];
    size_t n = 0;

    assert_true(strlen(marked) < CASE_MAX);
    for (const char *p = marked; *p; p++) {
        if (*p != '|')
            text[n++] = *p;
    }
    text[n] = '\0';
    mark(got, text, n);
    assert_string_equal(got, marked);
    mark_stream(got, text, n);
    assert_string_equal(got, marked);
}

#define CHECK_ALL(...)                                                                                       \
    static const char *const cases[] = { __VA_ARGS__ };                                                      \
                                                                                                             \
    (void)state;                                                                                             \
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)                                              \
        check(cases[i]);

static void sentence__plain_enders(void **state)
{
    CHECK_ALL("", "One", "One.", "One.| ", "One.| Two.", "One!| Two?| Three", "What?!| Yes.", "No!!!| Yes",
              "  One.|  Two.", "One.|\nTwo.", "A line\nthat goes on.| ", "Ends 5.25.| Next");
}

static void sentence__quotes_brackets_and_citations_stay_with_it(void **state)
{
    CHECK_ALL("He said \"Stop.\"| Then he left.", "\"Really?\" he asked.| Yes.", "(See above.)| Next",
              "It is **safe.**| Next", "«C'est tout.»| Oui.", "Er sagte: „Nein.“| Dann ging er.",
              "Fees are low.[1]| Next", "Fees are low.[1][12]| Next", "Low [1].| Next", "Low.’| Next",
              "arr.[i] is not one", "Cut.[1", "Cut.[");
}

static void sentence__english_abbreviations(void **state)
{
    CHECK_ALL("Dr. Smith met Mr. Jones.| They left.", "Use e.g. Kraken.| Done.",
              "That is, i.e. Bitcoin.| Done.", "Coins, tokens, etc. are fine.| Ok", "Coins, etc.| The end.",
              "Mt. Gox failed.| Then", "Coinbase Inc. was first.| Then", "Coinbase Inc.| Then",
              "At 5 p.m. we left.| So", "At 5 p.m.| We left", "Buy approx. 5 coins.| Ok",
              "See fig. 3 and no. 7.| Next", "I said no.| Then I left.", "ETH vs. BTC.| So",
              "Nakamoto et al. wrote it.| Ok", "In Jan. 2021 it rose.| Ok");
}

static void sentence__abbreviations_of_other_languages(void **state)
{
    CHECK_ALL("Das ist z.B. Bitcoin.| Gut.", "Das ist z. B. Bitcoin.| Gut.", "Etwa 5 Mio. Euro.| Gut.",
              "Münzen usw. sind gut.| Ja.", "Prof. Dr. Müller bzw. Herr Xaver.| Ja.",
              "Am 3. Mai fiel er.| Gut.", "Der 3. größte Block.| Gut.", "M. Dupont et Mme. Durand.| Oui.",
              "Par ex. Bitcoin.| Oui.", "Vers 50 av. J.-C. environ.| Oui.",
              "El Sr. Pérez y la Sra. Gómez.| Sí.", "P. ej. Bitcoin.| Sí.", "¿Qué es?| ¡Es esto!| Bien.",
              "EE. UU. es grande.| Sí.", "Il dott. Rossi e il sig. Bianchi.| Sì.",
              "Ad es. Bitcoin, ecc. ecc. e altro.| Sì.", "O Sr. Silva, p. ex. Ele.| Sim.",
              "Биткоин, т.е. монета.| Да.", "Монеты и т. д. и т. п. бывают.| Да.", "См. рис. 5.| Да.",
              "А. С. Пушкин писал.| Да.", "Около 5 тыс. рублей.| Да.", "Монеты и др.| Далее.");
}

static void sentence__initials_numbers_and_addresses(void **state)
{
    CHECK_ALL("J. R. R. Tolkien wrote.| Yes.", "J.R.R. Tolkien wrote.| Yes.", "The U.S. Treasury.| Yes.",
              "It is 3.5 ETH.| Yes.", "It is v1.2 now.| Yes.", "It is v1.2.| Yes.",
              "Open example.com now.| Yes.", "Open https://example.com/a.b?c=d!e now.| Yes.",
              "Open https://example.com/.| Yes.", "In 2021.| Then", "You need 32.| Then",
              "1. Open it.| 2. Close it.", "Steps: 1. Open it.| Done", "a. Open it.| Done",
              "(1.) Open it.| Done", "Node.js runs.| Yes.");
}

static void sentence__ellipsis_goes_on_in_lower_case(void **state)
{
    CHECK_ALL("Well...| I think.| Yes", "Well... maybe.| Yes", "Well… maybe.| Yes", "Well…| Maybe.| Yes",
              "...and so on.| Yes", "Well....| Maybe");
}

static void sentence__scripts_without_spaces(void **state)
{
    CHECK_ALL("你好。|再见！|好吗？|好", "他说：“好。”|然后", "これは「本。」|次", "圆周率是３．５吗？|是",
              "好!|再见", "好。", "यह है।| वह है।", "यह है।|वह है", "هل هذا؟| نعم", "价格是3.5元。|好");
}

static void sentence__line_rules(void **state)
{
    CHECK_ALL("A title|\n\nText here.", "A title|\r\n \t\r\nText here.",
              "Things:|\n- one|\n- two|\n* three|\n+ four", "Things:|\n1. one|\n2) two|\n  - three",
              "Text|\n# Head|\nText", "# Head|\nText\nmore", "a\n-5 is less", "a\n1.5 is more", "a\n#tag",
              "a\n**bold** b", "a\n12345.| b", "a|\n> quoted", "a|\n> b", "a|\n```\ncode", "a\n`code`",
              "a|\n• one|\n• two", "Dr.|\n\nNext", "Cut\n-", "Cut\n1", "Cut\n1.", "Cut\n");
}

static void sentence__stream_does_not_end_at_its_edge(void **state)
{
    (void)state;
    assert_int_equal(utf_sentence_end("Hello.", 6, 0, false), 6);
    assert_int_equal(utf_sentence_end("Hello. ", 7, 0, false), 6);
    assert_int_equal(utf_sentence_end("Hello.\"", 7, 0, false), 7);
    assert_int_equal(utf_sentence_end("Hello etc. ", 11, 0, false), 11);
    assert_int_equal(utf_sentence_end("好。", 6, 0, false), 6);
    assert_int_equal(utf_sentence_end("好。\xE5", 7, 0, false), 7); /* half a character says nothing */
    assert_int_equal(utf_sentence_end("好。好", 9, 0, false), 6);
    assert_int_equal(utf_sentence_end("Hello\n", 6, 0, false), 6);
    assert_int_equal(utf_sentence_end("Hello\n\n", 7, 0, false), 5);
    assert_int_equal(utf_sentence_end("", 0, 0, false), 0);
    assert_int_equal(utf_sentence_end("Hi", 2, 2, true), 2);
}

static void sentence__hostile_bytes_stay_in_bounds(void **state)
{
    static const char bytes[] = "a.\xFF.\x80 b\0c. \xE2\x80.\n\n\xF0\x9F\x98. [\x80]";
    size_t len = sizeof bytes - 1;

    (void)state;
    for (size_t from = 0; from <= len; from++) {
        for (size_t n = from; n <= len; n++) {
            size_t end = utf_sentence_end(bytes, n, from, n % 2 == 0);

            assert_in_range(end, from < n ? from + 1 : n, n);
        }
    }
}

static void sentence__long_runs_are_linear(void **state)
{
    static const char *const unit[] = { ".", "...(", "\n ", "1. ", "a. ", "[1]", "e.g. ", "\xC2\xA0", "」" };
    static char text[200000];

    (void)state;
    for (size_t u = 0; u < sizeof unit / sizeof unit[0]; u++) {
        size_t n = strlen(unit[u]), len = 0, from = 0, calls = 0;

        while (len + n <= sizeof text) {
            memcpy(text + len, unit[u], n);
            len += n;
        }
        for (; from < len && calls < 100; calls++)
            from = utf_sentence_end(text, len, from, true);
        assert_true(from > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence__plain_enders),
        cmocka_unit_test(sentence__quotes_brackets_and_citations_stay_with_it),
        cmocka_unit_test(sentence__english_abbreviations),
        cmocka_unit_test(sentence__abbreviations_of_other_languages),
        cmocka_unit_test(sentence__initials_numbers_and_addresses),
        cmocka_unit_test(sentence__ellipsis_goes_on_in_lower_case),
        cmocka_unit_test(sentence__scripts_without_spaces),
        cmocka_unit_test(sentence__line_rules),
        cmocka_unit_test(sentence__stream_does_not_end_at_its_edge),
        cmocka_unit_test(sentence__hostile_bytes_stay_in_bounds),
        cmocka_unit_test(sentence__long_runs_are_linear),
    };

    return cmocka_run_group_tests_name("utf_sentence", tests, NULL, NULL);
}
