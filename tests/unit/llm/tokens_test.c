/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes by script, and of bytes that are no text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/llm.h"

static void tokens__by_script(void **state X_UNUSED)
{
    assert_int_equal(llm_tokens(""), 0);
    assert_int_equal(llm_tokens("a"), 1);
    assert_int_equal(llm_tokens("How do I stake ETH?"), 5);
    assert_int_equal(llm_tokens("\xE8\xB4\xA8\xE6\x8A\xBC"), 2);                 /* Han */
    assert_int_equal(llm_tokens("\xEC\x9D\xB4\xEB\x8D\x94 ETH"), 3);             /* hangul + 4 bytes */
    assert_int_equal(llm_tokens("\xD1\x81\xD1\x82\xD0\xB5\xD0\xB9\xD0\xBA"), 3); /* Cyrillic, 10 bytes */
    assert_int_equal(llm_tokens("\xFF\xFE"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(tokens__by_script) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
