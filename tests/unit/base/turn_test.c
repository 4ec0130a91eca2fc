/* SPDX-License-Identifier: Apache-2.0
 *
 * The warning list of a turn: a set, bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include <parley/turn.h>

static void turn__warns_once_per_code(void **state)
{
    static struct turn t;
    char same[] = "ungrounded";

    (void)state;
    t.validation.warnings = 0;
    turn_warn(&t, "ungrounded");
    turn_warn(&t, "toned_down");
    turn_warn(&t, same);
    assert_int_equal(t.validation.warnings, 2);
    assert_string_equal(t.validation.warning[0], "ungrounded");
    assert_string_equal(t.validation.warning[1], "toned_down");
}

static void turn__drops_warnings_over_the_limit(void **state)
{
    static char code[TURN_WARNINGS_MAX + 5][24];
    static struct turn t;

    (void)state;
    t.validation.warnings = 0;
    t.validation.confidence = 77;
    for (int i = 0; i < TURN_WARNINGS_MAX + 5; i++) {
        (void)snprintf(code[i], sizeof code[i], "code_%d", i);
        turn_warn(&t, code[i]);
    }
    assert_int_equal(t.validation.warnings, TURN_WARNINGS_MAX);
    assert_string_equal(t.validation.warning[TURN_WARNINGS_MAX - 1], "code_15");
    assert_int_equal(t.validation.confidence, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turn__warns_once_per_code),
        cmocka_unit_test(turn__drops_warnings_over_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
