/* SPDX-License-Identifier: Apache-2.0
 *
 * What outlives the process, there and back, and when identifies may go.
 */
#include "tests/unit/discord/wire_kit.h"

#include "adapters/discord/gateway_state.h"

#define WALL   INT64_C(1700000000000)
#define DAY_MS INT64_C(86400000)

static void session__there_and_back(void **state X_UNUSED)
{
    struct dc_session s = { "abc", "wss://r.example", 12345678901, WALL }, back;
    struct buf text = BUF_INIT(4096);
    dc_session_write(&text, &s);
    assert_int_equal(dc_session_read(buf_text(&text), &back), 0);
    assert_string_equal(back.id, s.id);
    assert_string_equal(back.url, s.url);
    assert_true(back.seq == s.seq && back.heard_wall_ms == s.heard_wall_ms);
    buf_free(&text);
}

static void session__that_cannot_be_read_is_none(void **state X_UNUSED)
{
    static const char *const text[] = {
        "",
        "{}",
        "x",
        "[]",
        "{\"id\":\"a\",\"url\":\"b\"}",
        "{\"id\":\"a\",\"url\":\"b\",\"seq\":-1}",
        "{\"id\":\"\",\"url\":\"b\",\"seq\":1}",
        "{\"id\":\"a\",\"url\":\"\",\"seq\":1}",
        "{\"id\":7,\"url\":\"b\",\"seq\":1}",
        "{\"id\":\"a\",\"url\":\"b\",\"seq\":\"1\"}",
    };
    char *longer = kit_repeated("x", 300), json[512];
    struct dc_session s;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        assert_int_equal(dc_session_read(text[i], &s), X_E_INVALID);
        assert_true(s.id[0] == '\0' && s.seq == -1);
    }
    snprintf(json, sizeof json, "{\"id\":\"%s\",\"url\":\"b\",\"seq\":1}", longer);
    assert_int_equal(dc_session_read(json, &s), X_E_INVALID);
    free(longer);
}

static void budget__there_and_back(void **state X_UNUSED)
{
    struct dc_budget b = { 2000, 1234, WALL, WALL - 5 }, back;
    struct buf text = BUF_INIT(4096);
    dc_budget_write(&text, &b);
    assert_int_equal(dc_budget_read(buf_text(&text), &back), 0);
    assert_memory_equal(&b, &back, sizeof b);
    assert_int_equal(dc_budget_read("{}", &back), X_E_INVALID);
    assert_int_equal(back.remaining, DC_IDENTIFIES);
    assert_int_equal(dc_budget_read("", &back), X_E_INVALID);
    buf_free(&text);
}

static void budget__one_in_five_seconds(void **state X_UNUSED)
{
    struct dc_budget b;
    dc_budget_init(&b);
    assert_true(dc_budget_due(&b, WALL) == WALL);
    b.last_wall_ms = WALL;
    b.remaining--;
    assert_true(dc_budget_due(&b, WALL + 1) == WALL + DC_IDENTIFY_STEP_MS);
}

static void budget__is_spread_and_keeps_a_reserve(void **state X_UNUSED)
{
    struct dc_gateway_bot said = { .total = 1000, .remaining = 150, .reset_after_ms = 36000000 };
    struct dc_budget b;
    dc_budget_init(&b);
    dc_budget_learn(&b, &said, WALL);
    b.last_wall_ms = WALL;
    assert_true(dc_budget_due(&b, WALL) == WALL + 360000); /* 100 that are left, over ten hours */
    b.remaining = DC_IDENTIFY_RESERVE;
    assert_true(dc_budget_due(&b, WALL) == WALL + 36000000);
    assert_true(dc_budget_due(&b, WALL + 36000000) <= WALL + 36000000); /* a new day */
    assert_int_equal(b.remaining, 1000);
    said.total = 0; /* nothing was said */
    dc_budget_learn(&b, &said, WALL);
    assert_int_equal(b.total, 1000);
}

static void budget__a_clock_that_jumps_back_does_not_lock_out(void **state X_UNUSED)
{
    struct dc_budget b = { 1000, 10, WALL + DAY_MS, WALL };
    assert_true(dc_budget_due(&b, WALL - 10 * DAY_MS) <= WALL - 10 * DAY_MS);
    assert_int_equal(b.remaining, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session__there_and_back),
        cmocka_unit_test(session__that_cannot_be_read_is_none),
        cmocka_unit_test(budget__there_and_back),
        cmocka_unit_test(budget__one_in_five_seconds),
        cmocka_unit_test(budget__is_spread_and_keeps_a_reserve),
        cmocka_unit_test(budget__a_clock_that_jumps_back_does_not_lock_out),
    };
    return cmocka_run_group_tests_name("gateway_kept", tests, NULL, NULL);
}
