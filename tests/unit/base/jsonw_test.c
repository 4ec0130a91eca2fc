/* SPDX-License-Identifier: Apache-2.0
 *
 * Commas, nesting, numbers; and that what is written can be read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"

static void jsonw__commas_and_nesting(void **state)
{
    struct buf b = BUF_INIT(1000);
    struct jsonw w;

    (void)state;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_text(&w, "a", "x");
    jw_arr(&w, "b");
    jw_arr(&w, NULL);
    jw_end_arr(&w);
    jw_int(&w, NULL, INT64_MIN);
    jw_obj(&w, NULL);
    jw_end_obj(&w);
    jw_obj(&w, NULL);
    jw_bool(&w, "t", true);
    jw_bool(&w, "f", false);
    jw_end_obj(&w);
    jw_text(&w, NULL, NULL);
    jw_end_arr(&w);
    jw_raw(&w, "r", "[1]");
    jw_textn(&w, "q\"", "ab\0c", 4);
    jw_end_obj(&w);
    assert_string_equal(buf_text(&b),
                        "{\"a\":\"x\",\"b\":[[],-9223372036854775808,{},{\"t\":true,\"f\":false},null],"
                        "\"r\":[1],\"q\\\"\":\"ab\\u0000c\"}");
    buf_free(&b);
}

static void number(double value, int decimals, const char *want)
{
    struct buf b = BUF_INIT(100);
    struct jsonw w;

    jw_begin(&w, &b);
    jw_num(&w, NULL, value, decimals);
    assert_string_equal(buf_text(&b), want);
    buf_free(&b);
}

static void jsonw__numbers(void **state)
{
    (void)state;
    number(0, 4, "0");
    number(-0.0, 4, "0");
    number(-0.00001, 4, "0");
    number(0.5, 4, "0.5");
    number(1, 0, "1");
    number(10, 0, "10");
    number(100, 2, "100");
    number(0.123456, 4, "0.1235");
    number(-2.50, 2, "-2.5");
    number(1e300, 2, "1.0000000000000001e+300");
    number(999999999999999.0, 17, "999999999999999");
    number((double)NAN, 2, "null");
    number((double)INFINITY, 2, "null");
    number(1.25, -5, "1");
}

static void jsonw__every_number_reads_back(void **state)
{
    static const double values[] = { DBL_MAX, -DBL_MAX, DBL_MIN, 1e15, -1e15, 123456789.25, 0.1 };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf b = BUF_INIT(100);
        struct jsonw w;
        cJSON *back;

        jw_begin(&w, &b);
        jw_num(&w, NULL, values[i], 17);
        assert_int_equal(json_parse(&back, b.at, b.len, NULL), 0);
        assert_true(fabs(back->valuedouble - values[i]) <= 1e-17 || back->valuedouble == values[i]);
        cJSON_Delete(back);
        buf_free(&b);
    }
}

static void jsonw__failure_sticks_in_the_buffer(void **state)
{
    struct buf b = BUF_INIT(8);
    struct jsonw w;

    (void)state;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_text(&w, "key", "far too long");
    jw_end_obj(&w);
    assert_true(b.failed);
    assert_true(b.len <= 8);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonw__commas_and_nesting),
        cmocka_unit_test(jsonw__numbers),
        cmocka_unit_test(jsonw__every_number_reads_back),
        cmocka_unit_test(jsonw__failure_sticks_in_the_buffer),
    };

    return cmocka_run_group_tests_name("jsonw", tests, NULL, NULL);
}
