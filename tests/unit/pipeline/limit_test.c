/* SPDX-License-Identifier: Apache-2.0
 *
 * The two limits of a minute, by a clock of the test's own, and what a refused person is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <parley/clock.h>

#include "base/json.h"
#include "tests/support/stage_kit.h"

static int setup(void **state)
{
    struct err err = { "" };
    stage_kit_setup(state);
    struct stage_kit *k = *state;
    assert_int_equal(limiter_open(&k->pipe.by_user, 100, &err), 0);
    assert_int_equal(limiter_open(&k->pipe.by_ip, 100, &err), 0);
    stage_kit_set(k, "limits.user_per_minute=3");
    stage_kit_set(k, "limits.ip_per_minute=5");
    return 0;
}

static int teardown(void **state)
{
    struct stage_kit *k = *state;
    limiter_close(k->pipe.by_user);
    limiter_close(k->pipe.by_ip);
    return stage_kit_teardown(state);
}

static enum verdict ask(struct stage_kit *k, const char *user, const char *ip)
{
    stage_kit_turn(k);
    strncat(k->turn.identity.user_key, user, KEY_BYTES - 1);
    strncat(k->turn.identity.ip_key, ip, KEY_BYTES - 1);
    return stage_limit(&k->turn, NULL);
}

static const char *whose(struct stage_kit *k, int64_t *seconds)
{
    cJSON *details = NULL;
    assert_int_equal(
        json_parse(&details, k->turn.answer.details_json, strlen(k->turn.answer.details_json), NULL), 0);
    const char *limit = arena_strdup(&k->turn.arena, json_text(details, "limit", ""));
    *seconds = (int64_t)json_number(details, "retry_after_s", -1);
    cJSON_Delete(details);
    return limit;
}

static void limit__counts_each_user_alone(void **state)
{
    struct stage_kit *k = *state;
    int64_t seconds;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(k, "a", ""), NEXT);
    assert_int_equal(ask(k, "a", ""), DONE);
    assert_string_equal(whose(k, &seconds), "user");
    assert_int_equal(ask(k, "b", ""), NEXT);
}

static void limit__counts_an_address_over_its_users(void **state)
{
    struct stage_kit *k = *state;
    static const char *const user[] = { "a", "b", "c", "d", "e" };
    int64_t seconds;
    for (size_t i = 0; i < ARRAY_LEN(user); i++)
        assert_int_equal(ask(k, user[i], "ip"), NEXT);
    assert_int_equal(ask(k, "f", "ip"), DONE);
    assert_string_equal(whose(k, &seconds), "ip");
    assert_int_equal(ask(k, "f", "ip2"), NEXT);
}

static void limit__says_when_to_come_back_and_means_it(void **state)
{
    struct stage_kit *k = *state;
    int64_t seconds;
    for (int i = 0; i < 3; i++)
        ask(k, "a", "");
    assert_int_equal(ask(k, "a", ""), DONE);
    int64_t retry = k->turn.answer.retry_after_ms;
    assert_in_range(retry, 1, 20000);
    whose(k, &seconds);
    assert_int_equal(seconds, (retry + 999) / 1000);
    assert_non_null(strstr(stage_kit_notice(k, "rate_limited"), "try again in"));
    clock_fake(STAGE_KIT_WALL_MS, 1000000 + retry - 1);
    assert_int_equal(ask(k, "a", ""), DONE);
    clock_fake(STAGE_KIT_WALL_MS, 1000000 + retry);
    assert_int_equal(ask(k, "a", ""), NEXT);
}

static void limit__zero_is_no_limit(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "limits.user_per_minute=0");
    stage_kit_set(k, "limits.ip_per_minute=0");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ask(k, "a", "ip"), NEXT);
}

static void limit__a_message_without_address_costs_no_address_anything(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "limits.user_per_minute=0");
    stage_kit_set(k, "limits.ip_per_minute=1");
    for (int i = 0; i < 10; i++)
        assert_int_equal(ask(k, "a", ""), NEXT);
}

static void limit__still_refuses_when_memory_is_out(void **state)
{
    struct stage_kit *k = *state;
    for (int i = 0; i < 3; i++)
        ask(k, "a", "");
    stage_kit_turn(k);
    strncat(k->turn.identity.user_key, "a", KEY_BYTES - 1);
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(stage_limit(&k->turn, NULL), DONE);
    stage_kit_notice(k, "rate_limited");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(limit__counts_each_user_alone),
        CASE(limit__counts_an_address_over_its_users),
        CASE(limit__says_when_to_come_back_and_means_it),
        CASE(limit__zero_is_no_limit),
        CASE(limit__a_message_without_address_costs_no_address_anything),
        CASE(limit__still_refuses_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
