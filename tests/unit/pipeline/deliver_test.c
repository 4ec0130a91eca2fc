/* SPDX-License-Identifier: Apache-2.0
 *
 * The last stage: the turn goes to the gateway's hook once, and the pipeline is done with it whatever comes
 * of it. What is on disk by then is record_test's business.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/stage_kit.h"

static void deliver__hands_the_turn_over_once(void **state)
{
    struct stage_kit *k = *state;
    assert_int_equal(stage_deliver(&k->turn, NULL), NEXT);
    assert_int_equal(k->delivered, 1);
    assert_int_equal(k->sentences, 0);
}

static void deliver__needs_no_memory(void **state)
{
    struct stage_kit *k = *state;
    k->turn.arena.cap_bytes = 0; /* the answer is on disk: nothing may stand in its way now */
    assert_int_equal(stage_deliver(&k->turn, NULL), NEXT);
    assert_int_equal(k->delivered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(deliver__hands_the_turn_over_once),
        STAGE_CASE(deliver__needs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
