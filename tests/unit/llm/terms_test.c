/* SPDX-License-Identifier: Apache-2.0
 *
 * Which words meet and which stay apart, in the scripts Parley is asked in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "llm/terms.h"

static size_t scan(const char *text, struct term *out, size_t max)
{
    struct term_scan s;
    struct term t;
    size_t n = 0;
    terms_begin(&s, text, strlen(text));
    while (terms_next(&s, &t))
        if (n < max)
            out[n++] = t;
    return n;
}

static uint64_t only(const char *word)
{
    struct term t[2];
    assert_int_equal(scan(word, t, 2), 1);
    return t[0].hash;
}

static void terms__forms_of_a_word_meet(void **state X_UNUSED)
{
    static const char *const same[][2] = {
        { "stake", "staking" },
        { "Stakes", "staked" },
        { "staker", "stake" },
        { "stake", "staken" },
        { "wallet", "Wallets" },
        { "fee", "fees" },
        { "swap", "swapping" },
        { "address", "addresses" },
        { "currency", "currencies" },
        { "validator", "validate" },
        { "validation", "validated" },
        { "secure", "security" },
        { "transaction", "transactions" },
        { "price", "pricing" },
        { "recover", "recovery" },
        { "withdraw", "withdrawal" },
        { "tax", "taxes" },
        { "roll", "rolling" },
        { "Transaktion", "Transaktionen" },
        { "Gebühr", "Gebühren" },
        { "comisión", "comisiones" },
        { "cartera", "carteras" },
        { "clé", "cles" },
        { "transacción", "transacciones" },
        { "кошелёк", "кошелька" },
        { "комиссия", "комиссию" },
        { "СТЕЙКИНГ", "стейкинга" },
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (only(same[i][0]) != only(same[i][1]))
            fail_msg("%s and %s do not meet", same[i][0], same[i][1]);
}

static void terms__other_words_stay_apart(void **state X_UNUSED)
{
    static const char *const other[][2] = {
        { "stake", "unstake" }, { "seed", "see" },      { "gas", "ga" },         { "enable", "disable" },
        { "wallet", "wall" },   { "string", "strong" }, { "private", "public" }, { "on", "off" },
        { "hot", "hotel" },     { "2022", "2023" },     { "bridge", "bride" },
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (only(other[i][0]) == only(other[i][1]))
            fail_msg("%s and %s meet", other[i][0], other[i][1]);
}

static void terms__stop_words_in_every_language(void **state X_UNUSED)
{
    static const char *const stop[] = { "how", "What",   "wie", "Können", "cómo", "comment",
                                        "où",  "perché", "não", "как",    "что",  "hoe" };
    static const char *const content[] = {
        "stake", "eth", "wallet", "mine", "ton", "sol", "key", "комиссия"
    };
    struct term t;
    for (size_t i = 0; i < sizeof stop / sizeof stop[0]; i++) {
        scan(stop[i], &t, 1);
        if (!term_is_stop(&t))
            fail_msg("%s is not a stop word", stop[i]);
    }
    for (size_t i = 0; i < sizeof content / sizeof content[0]; i++) {
        scan(content[i], &t, 1);
        assert_false(term_is_stop(&t));
    }
}

static void terms__pairs_where_there_are_no_spaces(void **state X_UNUSED)
{
    struct term t[8];
    assert_int_equal(scan("以太坊", t, 8), 2);
    assert_string_equal(t[0].word, "以太");
    assert_string_equal(t[1].word, "太坊");
    assert_int_equal(scan("如何质押?", t, 8), 1); /* the question word separates */
    assert_string_equal(t[0].word, "质押");
    assert_int_equal(scan("水と火", t, 8), 2); /* lone characters are terms */
    assert_string_equal(t[1].word, "火");
    assert_int_equal(scan("ETHをステーキング", t, 8), 6);
    assert_string_equal(t[0].word, "eth");
    assert_string_equal(t[1].word, "ステ");
    assert_int_equal(scan("스테이킹", t, 8), 3);
}

static void terms__hostile_bytes_end(void **state X_UNUSED)
{
    static char big[100000];
    struct term t[4];
    memset(big, 'a', sizeof big - 1);
    assert_int_equal(scan(big, t, 4), 1);
    assert_true(t[0].len < TERM_BYTES);
    memset(big, 0xFF, sizeof big - 1);
    assert_int_equal(scan(big, t, 4), 0);
    for (size_t i = 0; i + 1 < sizeof big; i++)
        big[i] = "\xE8\xB4"[i & 1];
    scan(big, t, 4);
    assert_int_equal(scan("", t, 4), 0);
    assert_int_equal(scan("... ??? \xF0\x9F\x92\xB0", t, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms__forms_of_a_word_meet),
        cmocka_unit_test(terms__other_words_stay_apart),
        cmocka_unit_test(terms__stop_words_in_every_language),
        cmocka_unit_test(terms__pairs_where_there_are_no_spaces),
        cmocka_unit_test(terms__hostile_bytes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
