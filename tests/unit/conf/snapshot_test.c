/* SPDX-License-Identifier: Apache-2.0
 *
 * One counted thing: all or nothing, and shared by threads (run it under TSan).
 */
#include "conf_support.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS  20000

static struct snapshot *snapshot_of(const char *config)
{
    struct config_source src = { .path = "parley.json" };
    struct snapshot *s = NULL;
    struct err err = { "" };

    file_put("parley.json", config);
    if (snapshot_load(&s, &src, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

static void snapshot__holds_both(void **state)
{
    struct snapshot *s = snapshot_of("{\"drain_ms\": 3}");

    (void)state;
    assert_int_equal(s->config->drain_ms, 3);
    assert_int_equal(s->policies->tiers.monthly[TIER_FREE], 100);
    snapshot_unref(s);
    snapshot_unref(NULL);
}

/* What SIGHUP does with a broken file: the load fails, the old snapshot goes on. */
static void snapshot__broken_policies_leave_the_old_one(void **state)
{
    struct snapshot *old = snapshot_of("{\"policies\": {\"dir\": \"policies\"}, \"drain_ms\": 3}"),
                    *next = NULL;
    struct config_source src = { .path = "parley.json" };
    struct match_scratch *scratch = match_scratch_new();
    struct match_span span;
    struct err err;

    (void)state;
    file_put("policies/pii.json",
             "{\"rules\": [{\"type\": \"X\", \"pattern\": \"(\", \"priority\": 1, \"must\": []}]}");
    assert_int_equal(snapshot_load(&next, &src, &err), X_E_INVALID);
    assert_string_equal(err.text, "policies/pii.json:1:39: rules.0.pattern: missing closing parenthesis");
    assert_null(next);
    file_put("parley.json", "{");
    assert_int_equal(snapshot_load(&next, &src, &err), X_E_INVALID);
    assert_null(next);
    assert_int_equal(old->config->drain_ms, 3);
    assert_int_equal(pii_rule_find(&old->policies->pii.rule[0], scratch, "a@example.com", 13, 0, &span), 0);
    match_scratch_free(scratch);
    snapshot_unref(old);
}

static int with_policies(void **state)
{
    return place_enter(state) || mkdir("policies", 0700);
}

static void snapshot__searches_the_folder_here_then_the_builtin(void **state)
{
    struct snapshot *s;

    (void)state;
    file_put("policies/tiers.json", "{\"messages_per_month\": {\"FREE\": 7}}");
    s = snapshot_of("{}");
    assert_int_equal(s->policies->tiers.monthly[TIER_FREE], 7);
    snapshot_unref(s);
    assert_int_equal(unlink("policies/tiers.json"), 0);
    s = snapshot_of("{}");
    assert_int_equal(s->policies->tiers.monthly[TIER_FREE], 100);
    snapshot_unref(s);
}

static void *hold_and_let_go(void *arg)
{
    struct snapshot *s = arg;
    long seen = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct snapshot *mine = snapshot_ref(s);

        seen += mine->config->drain_ms;
        snapshot_unref(mine);
    }
    snapshot_unref(s); /* the thread's own reference; one of them is the last */
    return seen == 3L * ROUNDS ? NULL : s;
}

static void snapshot__counts_across_threads(void **state)
{
    struct snapshot *s = snapshot_of("{\"drain_ms\": 3}");
    pthread_t thread[THREADS];
    void *wrong;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hold_and_let_go, snapshot_ref(s)), 0);
    snapshot_unref(s);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(snapshot__holds_both, place_enter, place_leave),
        cmocka_unit_test_setup_teardown(snapshot__broken_policies_leave_the_old_one, with_policies,
                                        place_leave),
        cmocka_unit_test_setup_teardown(snapshot__searches_the_folder_here_then_the_builtin, with_policies,
                                        place_leave),
        cmocka_unit_test_setup_teardown(snapshot__counts_across_threads, place_enter, place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
