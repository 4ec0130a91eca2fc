/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to FTS5 expressions: what is kept, and that nothing of FTS5's language gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knowledge/query.h"

static void expect(const char *question, const char *fts)
{
    struct buf b = BUF_INIT(65536);

    query_fts(&b, question);
    assert_string_equal(buf_text(&b), fts);
    buf_free(&b);
}

static void query__drops_function_words_when_others_remain(void **state)
{
    (void)state;
    expect("How do I stake ETH?", "\"stake\" OR \"eth\"");
    expect("What is it about?", "\"what\" OR \"is\" OR \"it\" OR \"about\"");
    expect("?!", "");
    expect("", "");
}

static void query__says_each_word_once(void **state)
{
    (void)state;
    expect("gas Gas GAS fees gas", "\"gas\" OR \"fees\"");
}

static void query__operators_are_only_words(void **state)
{
    (void)state;
    expect("a\" OR * NEAR(b c, 2) title:x ^y -z {w} AND NOT (v)",
           "\"near\" OR \"b\" OR \"c\" OR \"2\" OR \"title\" OR \"x\" OR \"y\" OR \"z\" OR \"w\" OR \"v\"");
}

static void query__takes_at_most_32_words(void **state)
{
    struct buf b = BUF_INIT(65536), question = BUF_INIT(65536);
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 500; i++)
        buf_printf(&question, "word%d ", i);
    assert_int_equal(query_fts(&b, buf_text(&question)), QUERY_TERMS_MAX);
    for (const char *at = buf_text(&b); (at = strstr(at, " OR ")); at++)
        n++;
    assert_int_equal(n, QUERY_TERMS_MAX - 1);
    buf_free(&b);
    buf_free(&question);
}

static void query__leaves_scripts_without_spaces_to_the_vectors(void **state)
{
    (void)state;
    expect("ETH\xe3\x81\xa8\xe3\x81\xaf", "\"eth\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__drops_function_words_when_others_remain),
        cmocka_unit_test(query__says_each_word_once),
        cmocka_unit_test(query__operators_are_only_words),
        cmocka_unit_test(query__takes_at_most_32_words),
        cmocka_unit_test(query__leaves_scripts_without_spaces_to_the_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
