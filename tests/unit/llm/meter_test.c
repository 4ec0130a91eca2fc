/* SPDX-License-Identifier: Apache-2.0
 *
 * What is counted shows, under the right name; the table of names has an end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "llm/llm.h"

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

static void shows(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no %s in\n%s", line, text);
}

static void meter__every_number_has_its_line(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 20);
    struct meter *m = meter_of("a");
    assert_ptr_equal(meter_of("a"), m);
    meter_call(m, &(struct meter_call){ .outcome = "ok",
                                        .tokens_in = 100,
                                        .tokens_out = 10,
                                        .cost_nusd = 7,
                                        .first_text_us = 20000,
                                        .hedge = true,
                                        .won = true });
    meter_call(m, &(struct meter_call){ .outcome = LLM_CANCELLED,
                                        .tokens_in = 5,
                                        .cost_nusd = -1,
                                        .first_text_us = -1,
                                        .skipped_events = 3,
                                        .hedge = true });
    meter_call(m, &(struct meter_call){ .outcome = "timeout_idle", .first_text_us = -1 });
    meter_rotation(m);
    meter_render(&out);
    shows(buf_text(&out), "parley_provider_attempts_total{provider=\"a\",outcome=\"ok\"} 1\n");
    shows(buf_text(&out), "parley_provider_attempts_total{provider=\"a\",outcome=\"cancelled\"} 1\n");
    shows(buf_text(&out), "parley_provider_attempts_total{provider=\"a\",outcome=\"timeout_idle\"} 1\n");
    shows(buf_text(&out), "parley_provider_attempts_total{provider=\"a\",outcome=\"timeout_first\"} 0\n");
    shows(buf_text(&out), "parley_provider_tokens_total{provider=\"a\",direction=\"in\"} 105\n");
    shows(buf_text(&out), "parley_provider_tokens_total{provider=\"a\",direction=\"out\"} 10\n");
    shows(buf_text(&out), "parley_provider_cost_nanousd_total{provider=\"a\"} 7\n");
    shows(buf_text(&out), "parley_provider_skipped_events_total{provider=\"a\"} 3\n");
    shows(buf_text(&out), "parley_provider_key_rotations_total{provider=\"a\"} 1\n");
    shows(buf_text(&out), "parley_hedges_total{provider=\"a\"} 2\n");
    shows(buf_text(&out), "parley_hedges_won_total{provider=\"a\"} 1\n");
    shows(buf_text(&out), "parley_provider_first_text_seconds_count{provider=\"a\"} 1\n");
    shows(buf_text(&out), "parley_provider_first_text_seconds_bucket{provider=\"a\",le=\"0.025\"} 1\n");
    assert_int_equal(times(buf_text(&out), "# TYPE "), 8);
    assert_int_equal(times(buf_text(&out), "# TYPE parley_provider_first_text_seconds histogram\n"), 1);
    buf_free(&out);
}

static void meter__names_without_end_share_the_last_place(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 20);
    struct meter *last = NULL;
    char name[16];
    for (int i = 0; i < 2 * METER_NAMES_MAX; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        last = meter_of(name);
    }
    assert_ptr_equal(meter_of("yet_another"), last);
    meter_rotation(last);
    meter_render(&out);
    shows(buf_text(&out), "parley_provider_key_rotations_total{provider=\"other\"} 1\n");
    assert_int_equal(times(buf_text(&out), "parley_provider_key_rotations_total{"), METER_NAMES_MAX);
    assert_false(out.failed);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meter__every_number_has_its_line),
        cmocka_unit_test(meter__names_without_end_share_the_last_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
