/* SPDX-License-Identifier: Apache-2.0
 *
 * Every transition of the gateway's machine, with a clock and chance of the test's own.
 */
#include "tests/unit/discord/wire_kit.h"

#include "adapters/discord/gateway_state.h"

#define INTERVAL 40000
#define WALL     INT64_C(1700000000000)

static struct dc_gateway g;
static struct dc_budget budget;
static struct dc_now now;
static int64_t due;

static void start(const struct dc_session *kept)
{
    dc_budget_init(&budget);
    now = (struct dc_now){ .mono_ms = 1000, .wall_ms = WALL, .random = 1U << 31 };
    dc_gateway_init(&g, "wss://gateway.example", &budget, kept);
}

static void pass(int64_t ms)
{
    now.mono_ms += ms;
    now.wall_ms += ms;
}

static enum dc_act next(void)
{
    return dc_gateway_next(&g, &now, &due);
}

static void frame(const char *json)
{
    struct dc_frame f;
    assert_int_equal(dc_frame_read(json, strlen(json), &f, NULL), 0);
    dc_gateway_frame(&g, &f, &now);
}

/* Waits until something is to be done. */
static enum dc_act next_after_wait(void)
{
    enum dc_act act = next();
    for (int i = 0; act == DC_ACT_WAIT && due < INT64_MAX && i < 10; i++) {
        pass(due - now.mono_ms);
        act = next();
    }
    return act;
}

static void closed(int code)
{
    dc_gateway_closed(&g, code, &now);
}

static void hello(void)
{
    assert_int_equal(next_after_wait(), DC_ACT_CONNECT);
    dc_gateway_opened(&g, &now);
    frame("{\"op\":10,\"d\":{\"heartbeat_interval\":40000}}");
}

#define READY                                                                                                \
    "{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{\"session_id\":\"abc\",\"resume_gateway_url\":"                \
    "\"wss://resume.example\",\"user\":{\"id\":\"300\"},\"application\":{\"id\":\"301\"}}}"

static void begin(void)
{
    hello();
    assert_int_equal(next(), DC_ACT_IDENTIFY);
    frame(READY);
    assert_int_equal(g.phase, DC_PHASE_LIVE);
}

static void event(int64_t seq)
{
    char json[128];
    snprintf(json, sizeof json, "{\"op\":0,\"t\":\"X\",\"s\":%d,\"d\":{}}", (int)seq);
    frame(json);
}

static void resume(void)
{
    hello();
    assert_int_equal(next(), DC_ACT_RESUME);
    frame("{\"op\":0,\"t\":\"RESUMED\",\"s\":9,\"d\":{}}");
    assert_int_equal(g.phase, DC_PHASE_LIVE);
}

static void gateway__identifies_and_is_live(void **state X_UNUSED)
{
    start(NULL);
    assert_string_equal(dc_gateway_address(&g), "wss://gateway.example");
    begin();
    assert_string_equal(g.session.id, "abc");
    assert_int_equal(g.session.seq, 1);
    assert_string_equal(dc_gateway_address(&g), "wss://resume.example");
    assert_int_equal(budget.remaining, DC_IDENTIFIES - 1);
    assert_int_equal(next(), DC_ACT_WAIT);
    event(2);
    event(5);
    event(3); /* never back */
    assert_int_equal(g.session.seq, 5);
}

static void heartbeat__first_with_jitter_then_steady(void **state X_UNUSED)
{
    int64_t at;
    start(NULL);
    begin();
    at = now.mono_ms;
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_int_equal(due, at + INTERVAL / 2);
    pass(INTERVAL / 2 - 1);
    assert_int_equal(next(), DC_ACT_WAIT);
    pass(1);
    assert_int_equal(next(), DC_ACT_BEAT);
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_int_equal(due, at + INTERVAL / 2 + INTERVAL);
    frame("{\"op\":11}");
    pass(INTERVAL);
    assert_int_equal(next(), DC_ACT_BEAT);
    start(NULL);
    now.random = 0;
    hello();
    assert_int_equal(next(), DC_ACT_BEAT); /* an interval times zero */
    assert_int_equal(next(), DC_ACT_IDENTIFY);
}

static void heartbeat__is_sent_at_once_when_asked(void **state X_UNUSED)
{
    start(NULL);
    begin();
    pass(5000);
    frame("{\"op\":1,\"d\":null}");
    assert_int_equal(next(), DC_ACT_BEAT);
    frame("{\"op\":1,\"d\":null}");
    assert_int_equal(next(), DC_ACT_WAIT); /* but not a hundred a second */
    pass(1000);
    frame("{\"op\":1,\"d\":null}");
    assert_int_equal(next(), DC_ACT_BEAT);
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_int_equal(due, 1000 + INTERVAL / 2); /* the others come as ever */
}

static void zombie__is_left_and_resumed(void **state X_UNUSED)
{
    start(NULL);
    begin();
    assert_int_equal(next_after_wait(), DC_ACT_BEAT);
    event(2); /* events alone prove nothing */
    frame("{\"op\":1,\"d\":null}");
    pass(INTERVAL);
    assert_int_equal(next(), DC_ACT_CLOSE);
    assert_int_equal(next(), DC_ACT_WAIT); /* said once */
    assert_true(due == INT64_MAX);
    closed(DC_CLOSE_OURS);
    assert_int_equal(g.count.zombies, 1);
    assert_non_null(strstr(dc_gateway_why(&g), "heartbeats"));
    resume();
    assert_int_equal(g.session.seq, 9);
    assert_int_equal(g.count.resumed, 1);
}

static void reconnect__is_obeyed(void **state X_UNUSED)
{
    start(NULL);
    begin();
    frame("{\"op\":7,\"d\":null}");
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(DC_CLOSE_OURS);
    resume();
    assert_int_equal(g.count.identifies, 1);
}

static void invalid__resumable_is_resumed(void **state X_UNUSED)
{
    start(NULL);
    begin();
    frame("{\"op\":9,\"d\":true}");
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(DC_CLOSE_OURS);
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_true(due >= now.mono_ms + 1000 && due <= now.mono_ms + 5000);
    resume();
}

static void invalid__not_resumable_is_a_new_session(void **state X_UNUSED)
{
    start(NULL);
    begin();
    frame("{\"op\":9,\"d\":false}");
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(DC_CLOSE_OURS);
    assert_string_equal(dc_gateway_address(&g), "wss://gateway.example");
    begin();
    assert_int_equal(g.count.identifies, 2);
    assert_int_equal(g.session.seq, 1);
}

static void close__by_the_table(void **state X_UNUSED)
{
    static const int resumed[] = { 0, 1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4008 },
                     anew[] = { 4007, 4009 }, last[] = { 4004, 4010, 4011, 4012, 4013, 4014 };
    for (size_t i = 0; i < ARRAY_LEN(resumed); i++) {
        start(NULL);
        begin();
        closed(resumed[i]);
        resume();
    }
    for (size_t i = 0; i < ARRAY_LEN(anew); i++) {
        start(NULL);
        begin();
        closed(anew[i]);
        begin();
    }
    for (size_t i = 0; i < ARRAY_LEN(last); i++) {
        start(NULL);
        begin();
        closed(last[i]);
        assert_int_equal(next(), DC_ACT_STOP);
        pass(1000000);
        assert_int_equal(next(), DC_ACT_STOP);
        assert_string_equal(dc_gateway_why(&g), dc_close_of(last[i])->hint);
    }
}

static void close__that_is_final_counts_also_while_we_close(void **state X_UNUSED)
{
    start(NULL);
    begin();
    frame("{\"op\":7}");
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(4004);
    assert_int_equal(next(), DC_ACT_STOP);
}

static void resume__three_that_fail_end_the_session(void **state X_UNUSED)
{
    start(NULL);
    begin();
    closed(1006);
    for (int i = 0; i < DC_RESUMES_MAX; i++) {
        hello();
        assert_int_equal(next(), DC_ACT_RESUME);
        closed(1006);
    }
    begin();
    assert_int_equal(g.count.identifies, 2);
    assert_int_equal(g.count.resumes, 3);
}

static void resume__a_success_forgives_failures(void **state X_UNUSED)
{
    start(NULL);
    begin();
    for (int round = 0; round < 5; round++) {
        closed(1006);
        for (int i = 0; i < DC_RESUMES_MAX - 1; i++) {
            hello();
            assert_int_equal(next(), DC_ACT_RESUME);
            closed(4000);
        }
        resume();
    }
    assert_int_equal(g.count.identifies, 1);
}

static void resume__that_is_not_answered_failed(void **state X_UNUSED)
{
    start(NULL);
    begin();
    closed(1006);
    hello();
    assert_int_equal(next(), DC_ACT_RESUME);
    for (enum dc_act act = next_after_wait(); act != DC_ACT_CLOSE; act = next_after_wait()) {
        assert_int_equal(act, DC_ACT_BEAT);
        frame("{\"op\":11}");
    }
    closed(DC_CLOSE_OURS);
    assert_int_equal(g.resumes, 1);
}

/* A network that is away says nothing about the session. */
static void connect__failures_keep_the_session(void **state X_UNUSED)
{
    int64_t longest = 0;
    start(NULL);
    begin();
    closed(1006);
    for (int i = 0; i < 20; i++) {
        int64_t before = now.mono_ms;
        assert_int_equal(next_after_wait(), DC_ACT_CONNECT);
        longest = now.mono_ms - before > longest ? now.mono_ms - before : longest;
        closed(0);
    }
    assert_true(longest > 5000 && longest <= DC_BACKOFF_MAX_MS);
    resume();
    assert_int_equal(g.count.identifies, 1);
}

static void connect__too_long_away_and_the_session_is_over(void **state X_UNUSED)
{
    start(NULL);
    begin();
    closed(1006);
    pass(DC_STALE_MS + 1);
    assert_int_equal(next(), DC_ACT_CONNECT);
    assert_string_equal(dc_gateway_address(&g), "wss://gateway.example");
    dc_gateway_opened(&g, &now);
    frame("{\"op\":10,\"d\":{\"heartbeat_interval\":40000}}");
    assert_int_equal(next(), DC_ACT_IDENTIFY);
}

static void connect__and_hello_have_a_time(void **state X_UNUSED)
{
    start(NULL);
    assert_int_equal(next(), DC_ACT_CONNECT);
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_int_equal(due, now.mono_ms + DC_CONNECT_MS);
    pass(DC_CONNECT_MS);
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(0);
    assert_int_equal(next_after_wait(), DC_ACT_CONNECT);
    dc_gateway_opened(&g, &now);
    pass(DC_HELLO_MS);
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(0);
    assert_int_equal(next_after_wait(), DC_ACT_CONNECT);
}

static void backoff__is_forgiven_by_a_steady_connection(void **state X_UNUSED)
{
    start(NULL);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(next_after_wait(), DC_ACT_CONNECT);
        closed(0);
    }
    assert_int_equal(g.tries, 10);
    begin();
    pass(DC_STEADY_MS - 1);
    closed(1006);
    assert_int_equal(g.tries, 11);
    resume();
    pass(DC_STEADY_MS);
    closed(1006);
    assert_int_equal(g.tries, 0);
    assert_int_equal(next(), DC_ACT_WAIT);
    assert_true(due - now.mono_ms <= DC_BACKOFF_MS);
}

/* A thousand cuts in a row, each at once after it was live. */
static void storm__costs_no_identifies(void **state X_UNUSED)
{
    start(NULL);
    begin();
    for (int i = 0; i < 1000; i++) {
        closed(1006);
        resume();
    }
    assert_int_equal(g.count.identifies, 1);
}

/* Sessions that never come about: a day of that must not cost the token. */
static void storm__of_identifies_stays_within_the_day(void **state X_UNUSED)
{
    int64_t end, last = 0;
    start(NULL);
    end = now.mono_ms + INT64_C(86400000);
    while (now.mono_ms < end) {
        if (next_after_wait() != DC_ACT_CONNECT || now.mono_ms >= end)
            break;
        dc_gateway_opened(&g, &now);
        frame("{\"op\":10,\"d\":{\"heartbeat_interval\":40000}}");
        assert_int_equal(next(), DC_ACT_IDENTIFY);
        assert_true(last == 0 || now.mono_ms - last >= DC_IDENTIFY_STEP_MS);
        last = now.mono_ms;
        closed(4000);
    }
    assert_true(g.count.identifies <= DC_IDENTIFIES - DC_IDENTIFY_RESERVE);
    assert_true(g.count.identifies > 900);
    assert_true(end - last < 300000); /* never shut out for hours */
}

static void ready__that_cannot_be_used_begins_anew(void **state X_UNUSED)
{
    static const char *const bad[] = {
        "{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{}}",
        "{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{\"session_id\":\"abc\",\"resume_gateway_url\":\"ws://"
        "plain.example\","
        "\"user\":{\"id\":\"300\"},\"application\":{\"id\":\"301\"}}}",
        "{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{\"session_id\":\"abc\",\"resume_gateway_url\":\"http://"
        "x.example\","
        "\"user\":{\"id\":\"300\"},\"application\":{\"id\":\"301\"}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        start(NULL);
        hello();
        assert_int_equal(next(), DC_ACT_IDENTIFY);
        frame(bad[i]);
        assert_int_equal(next(), DC_ACT_CLOSE);
        closed(0);
        begin();
    }
}

/* Without TLS from the beginning, as in a test, a resume may be so too. */
static void ready__of_a_plain_gateway_may_be_plain(void **state X_UNUSED)
{
    start(NULL);
    g.url = "ws://127.0.0.1:18090/gateway";
    hello();
    assert_int_equal(next(), DC_ACT_IDENTIFY);
    frame("{\"op\":0,\"t\":\"READY\",\"s\":1,\"d\":{\"session_id\":\"abc\",\"resume_gateway_url\":"
          "\"ws://127.0.0.1:18091/resume\",\"user\":{\"id\":\"300\"},\"application\":{\"id\":\"301\"}}}");
    assert_int_equal(g.phase, DC_PHASE_LIVE);
}

static void leave__keeps_the_session_for_the_next_process(void **state X_UNUSED)
{
    struct buf text = BUF_INIT(4096);
    struct dc_session kept;
    start(NULL);
    begin();
    event(77);
    dc_gateway_leave(&g);
    assert_int_equal(next(), DC_ACT_CLOSE);
    dc_session_write(&text, &g.session);
    closed(DC_CLOSE_OURS);
    assert_int_equal(next(), DC_ACT_STOP);
    assert_int_equal(dc_session_read(buf_text(&text), &kept), 0);
    buf_free(&text);
    start(&kept);
    pass(20000);
    assert_string_equal(dc_gateway_address(&g), "wss://resume.example");
    hello();
    assert_int_equal(next(), DC_ACT_RESUME);
    assert_int_equal(g.session.seq, 77);
    assert_string_equal(g.session.id, "abc");
    start(&kept); /* a machine that was off over night */
    now.wall_ms += 8 * 3600 * 1000;
    hello();
    assert_int_equal(next(), DC_ACT_IDENTIFY);
}

static void leave__without_a_connection(void **state X_UNUSED)
{
    start(NULL);
    dc_gateway_leave(&g);
    assert_int_equal(next(), DC_ACT_STOP);
    start(NULL);
    assert_int_equal(next(), DC_ACT_CONNECT);
    dc_gateway_leave(&g);
    assert_int_equal(next(), DC_ACT_CLOSE);
    closed(0);
    assert_int_equal(next(), DC_ACT_STOP);
}

static void sends__are_at_most_120_in_a_minute(void **state X_UNUSED)
{
    int64_t at[10000];
    size_t n = 0;
    start(NULL);
    begin();
    for (int64_t end = now.mono_ms + 300000; now.mono_ms < end; pass(50)) {
        enum dc_act act;
        frame("{\"op\":1,\"d\":null}");
        frame("{\"op\":11}");
        act = next();
        assert_true(act == DC_ACT_BEAT || act == DC_ACT_WAIT);
        if (act == DC_ACT_BEAT)
            at[n++] = now.mono_ms;
        if (dc_gateway_may_send(&g, &now))
            at[n++] = now.mono_ms;
        assert_true(n < 10000);
    }
    for (size_t i = 0; i + 120 < n; i++)
        assert_true(at[i + 120] - at[i] >= 60000);
    assert_true(n > 300);
}

static void sends__only_when_live(void **state X_UNUSED)
{
    start(NULL);
    assert_false(dc_gateway_may_send(&g, &now));
    hello();
    assert_false(dc_gateway_may_send(&g, &now));
    assert_int_equal(next(), DC_ACT_IDENTIFY);
    frame(READY);
    for (int i = 0; i < DC_SEND_BURST - 1; i++)
        assert_true(dc_gateway_may_send(&g, &now));
    assert_false(dc_gateway_may_send(&g, &now));
    pass(DC_SEND_STEP_MS);
    assert_true(dc_gateway_may_send(&g, &now));
}

/* What comes at a moment when it means nothing changes nothing. */
static void odd__frames_are_passed_over(void **state X_UNUSED)
{
    start(NULL);
    frame(READY);
    frame("{\"op\":9,\"d\":false}");
    closed(4004);
    assert_int_equal(g.phase, DC_PHASE_IDLE);
    hello();
    frame("{\"op\":0,\"t\":\"RESUMED\",\"s\":1,\"d\":{}}");
    assert_int_equal(g.phase, DC_PHASE_GREETED);
    assert_int_equal(next(), DC_ACT_IDENTIFY);
    frame("{\"op\":0,\"t\":\"RESUMED\",\"s\":1,\"d\":{}}");
    assert_int_equal(g.phase, DC_PHASE_BEGINNING);
    frame("{\"op\":10,\"d\":{\"heartbeat_interval\":1}}");
    assert_int_equal(g.interval_ms, INTERVAL);
    frame(READY);
    frame(READY);
    dc_gateway_opened(&g, &now);
    assert_int_equal(g.phase, DC_PHASE_LIVE);
    assert_int_equal(next(), DC_ACT_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gateway__identifies_and_is_live),
        cmocka_unit_test(heartbeat__first_with_jitter_then_steady),
        cmocka_unit_test(heartbeat__is_sent_at_once_when_asked),
        cmocka_unit_test(zombie__is_left_and_resumed),
        cmocka_unit_test(reconnect__is_obeyed),
        cmocka_unit_test(invalid__resumable_is_resumed),
        cmocka_unit_test(invalid__not_resumable_is_a_new_session),
        cmocka_unit_test(close__by_the_table),
        cmocka_unit_test(close__that_is_final_counts_also_while_we_close),
        cmocka_unit_test(resume__three_that_fail_end_the_session),
        cmocka_unit_test(resume__a_success_forgives_failures),
        cmocka_unit_test(resume__that_is_not_answered_failed),
        cmocka_unit_test(connect__failures_keep_the_session),
        cmocka_unit_test(connect__too_long_away_and_the_session_is_over),
        cmocka_unit_test(connect__and_hello_have_a_time),
        cmocka_unit_test(backoff__is_forgiven_by_a_steady_connection),
        cmocka_unit_test(storm__costs_no_identifies),
        cmocka_unit_test(storm__of_identifies_stays_within_the_day),
        cmocka_unit_test(ready__that_cannot_be_used_begins_anew),
        cmocka_unit_test(ready__of_a_plain_gateway_may_be_plain),
        cmocka_unit_test(leave__keeps_the_session_for_the_next_process),
        cmocka_unit_test(leave__without_a_connection),
        cmocka_unit_test(sends__are_at_most_120_in_a_minute),
        cmocka_unit_test(sends__only_when_live),
        cmocka_unit_test(odd__frames_are_passed_over),
    };
    return cmocka_run_group_tests_name("gateway_state", tests, NULL, NULL);
}
