/* SPDX-License-Identifier: Apache-2.0
 *
 * The monthly quota's verdict in words and as JSON, and the day it starts again.
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

static void refused(struct stage_kit *k, enum tier tier, int64_t limit, int64_t used)
{
    stage_kit_turn(k);
    k->turn.quota = (struct turn_quota){ .tier = tier, .granted = false, .limit = limit, .used = used };
    assert_int_equal(stage_quota(&k->turn, NULL), DONE);
}

static void quota__granted_goes_on_and_says_what_comes(void **state)
{
    struct stage_kit *k = *state;
    k->turn.quota.granted = true;
    assert_int_equal(stage_quota(&k->turn, NULL), NEXT);
    assert_string_equal(buf_text(&k->progress), "searching;");
    assert_null(k->turn.answer.code);
}

/* Each count is had by one message of a month, so exactly one is told. */
static void quota__one_message_is_told_that_it_is_nearly_used(void **state)
{
    static const struct {
        int64_t limit, told; /* 0 = nobody */
    } row[] = { { 100, 80 }, { 10, 8 }, { 7, 6 }, { 5, 4 }, { 3, 0 }, { 1, 0 }, { 0, 0 }, { -1, 0 } };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        for (int64_t used = 1; used <= 100; used++) {
            stage_kit_turn(k);
            k->turn.quota = (struct turn_quota){ .granted = true, .limit = row[i].limit, .used = used };
            assert_int_equal(stage_quota(&k->turn, NULL), NEXT);
            assert_int_equal(stage_kit_warned(k, "quota_nearly_used"), used == row[i].told);
        }
}

static void quota__refusal_names_tier_limit_and_day(void **state)
{
    struct stage_kit *k = *state;
    cJSON *details = NULL;
    refused(k, TIER_PRO, 1000, 1000);
    const char *text = stage_kit_notice(k, "quota_exceeded");
    assert_non_null(strstr(text, "all 1000 messages"));
    assert_non_null(strstr(text, "PRO"));
    assert_non_null(strstr(text, "2026-10-01"));
    const char *json = k->turn.answer.details_json;
    assert_int_equal(json_parse(&details, json, strlen(json), NULL), 0);
    assert_string_equal(json_text(details, "tier", ""), "PRO");
    assert_int_equal((int)json_number(details, "limit", 0), 1000);
    assert_int_equal((int)json_number(details, "used", 0), 1000);
    assert_string_equal(json_text(details, "resets", ""), "2026-10-01");
    cJSON_Delete(details);
    assert_string_equal(buf_text(&k->progress), "");
}

static void quota__starts_again_on_the_first_of_the_next_month(void **state)
{
    static const struct {
        int64_t wall_s;
        const char *day;
    } row[] = {
        { 1798761599, "2027-01-01" }, /* 2026-12-31T23:59:59Z */
        { 1798761600, "2027-02-01" }, /* one second later */
        { 1835438400, "2028-03-01" }, /* 2028-02-29T12:00:00Z */
        { 1769817600, "2026-02-01" }, /* 2026-01-31T00:00:00Z: a day more skips no month */
        { 1769904000, "2026-03-01" }, /* 2026-02-01T00:00:00Z */
    };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        clock_fake(row[i].wall_s * 1000, 0);
        refused(k, TIER_FREE, 100, 100);
        assert_non_null(strstr(stage_kit_notice(k, "quota_exceeded"), row[i].day));
    }
}

static void quota__out_of_memory_fails_and_refuses_nobody(void **state)
{
    struct stage_kit *k = *state;
    k->turn.arena.cap_bytes = 0;
    assert_int_equal(stage_quota(&k->turn, NULL), FAIL);
    assert_non_null(strstr(k->turn.err.text, "memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(quota__granted_goes_on_and_says_what_comes),
        STAGE_CASE(quota__one_message_is_told_that_it_is_nearly_used),
        STAGE_CASE(quota__refusal_names_tier_limit_and_day),
        STAGE_CASE(quota__starts_again_on_the_first_of_the_next_month),
        STAGE_CASE(quota__out_of_memory_fails_and_refuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
