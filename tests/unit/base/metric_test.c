/* SPDX-License-Identifier: Apache-2.0
 *
 * The exposition text, byte by byte, and updates from several threads at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/metric.h"

static void metric__counters_and_gauges(void **state)
{
    struct metric a = METRIC(METRIC_COUNTER, "x_total", "Things.", "channel=\"web\"");
    struct metric b = METRIC(METRIC_COUNTER, "x_total", "Things.", "channel=\"cli\"");
    struct metric g = METRIC(METRIC_GAUGE, "y", "A \\ and\na line.", NULL);
    struct metric *const all[] = { &a, &b, &g };
    struct buf out = BUF_INIT(10000);

    (void)state;
    metric_add(&a, 1);
    metric_add(&a, 41);
    metric_set(&g, 7);
    metric_set(&g, -3);
    metric_render(all, 3, &out);
    assert_string_equal(buf_text(&out), "# HELP x_total Things.\n"
                                        "# TYPE x_total counter\n"
                                        "x_total{channel=\"web\"} 42\n"
                                        "x_total{channel=\"cli\"} 0\n"
                                        "# HELP y A \\\\ and\\na line.\n"
                                        "# TYPE y gauge\n"
                                        "y -3\n");
    buf_free(&out);
}

static void metric__samples_whose_values_live_elsewhere(void **state)
{
    struct buf out = BUF_INIT(1000);

    (void)state;
    metric_head(METRIC_GAUGE, "up", "Is it?", &out);
    metric_sample("up", "key=\"1\"", 1, &out);
    metric_sample("up", NULL, -2, &out);
    assert_string_equal(buf_text(&out), "# HELP up Is it?\n# TYPE up gauge\nup{key=\"1\"} 1\nup -2\n");
    buf_free(&out);
}

static void metric__histogram_is_cumulative(void **state)
{
    struct metric h = METRIC(METRIC_HISTOGRAM, "t_seconds", "Time.", "stage=\"all\"");
    struct metric *const all[] = { &h };
    struct buf out = BUF_INIT(10000);

    (void)state;
    metric_observe_us(&h, -5);
    metric_observe_us(&h, 500); /* bounds are inclusive */
    metric_observe_us(&h, 501);
    metric_observe_us(&h, 30000000);
    metric_observe_us(&h, 30000001);
    metric_render(all, 1, &out);
    assert_string_equal(buf_text(&out), "# HELP t_seconds Time.\n"
                                        "# TYPE t_seconds histogram\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.0005\"} 2\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.001\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.002\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.005\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.01\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.025\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.05\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.1\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.25\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"0.5\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"1\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"5\"} 3\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"30\"} 4\n"
                                        "t_seconds_bucket{stage=\"all\",le=\"+Inf\"} 5\n"
                                        "t_seconds_sum{stage=\"all\"} 60.001002\n"
                                        "t_seconds_count{stage=\"all\"} 5\n");
    buf_free(&out);
}

static void metric__histogram_without_labels(void **state)
{
    struct metric h = METRIC(METRIC_HISTOGRAM, "t", "T.", NULL);
    struct metric *const all[] = { &h };
    struct buf out = BUF_INIT(10000);

    (void)state;
    metric_observe_us(&h, INT64_MAX / 2);
    metric_render(all, 1, &out);
    assert_non_null(strstr(buf_text(&out), "\nt_bucket{le=\"30\"} 0\nt_bucket{le=\"+Inf\"} 1\nt_sum 46116"));
    assert_non_null(strstr(buf_text(&out), "\nt_count 1\n"));
    buf_free(&out);
}

#define THREADS 4
#define ROUNDS  20000

static struct metric shared_counter = METRIC(METRIC_COUNTER, "c", "C.", NULL);
static struct metric shared_time = METRIC(METRIC_HISTOGRAM, "h", "H.", NULL);

static void *update(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(&shared_counter, 1);
        metric_observe_us(&shared_time, i);
    }
    return arg;
}

static void metric__no_update_is_lost_between_threads(void **state)
{
    struct metric *const all[] = { &shared_counter, &shared_time };
    struct buf out = BUF_INIT(10000);
    pthread_t t[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, update, NULL), 0);
    metric_render(all, 2, &out); /* while they run */
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    buf_clear(&out);
    metric_render(all, 2, &out);
    assert_non_null(strstr(buf_text(&out), "\nc 80000\n"));
    assert_non_null(strstr(buf_text(&out), "\nh_count 80000\n"));
    assert_non_null(strstr(buf_text(&out), "\nh_bucket{le=\"0.01\"} 40004\n"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metric__counters_and_gauges),
        cmocka_unit_test(metric__samples_whose_values_live_elsewhere),
        cmocka_unit_test(metric__histogram_is_cumulative),
        cmocka_unit_test(metric__histogram_without_labels),
        cmocka_unit_test(metric__no_update_is_lost_between_threads),
    };

    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
