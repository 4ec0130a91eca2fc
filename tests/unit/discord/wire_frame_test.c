/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames from outside to inside: kinds, broken ones, READY, guilds and threads; ids as strings.
 */
#include "tests/unit/discord/wire_kit.h"

static struct dc_frame frame(const char *json)
{
    struct dc_frame f;
    assert_int_equal(dc_frame_read(json, strlen(json), &f, NULL), 0);
    return f;
}

static void frame__kinds_by_op_and_name(void **state X_UNUSED)
{
    static const struct {
        const char *json;
        enum dc_kind kind;
        int64_t seq;
    } row[] = {
        { "{\"op\":10,\"d\":{\"heartbeat_interval\":41250,\"_trace\":[]},\"s\":null,\"t\":null}", DC_HELLO,
          -1 },
        { "{\"op\":11}", DC_ACK, -1 },
        { "{\"op\":1,\"d\":null}", DC_BEAT_ASKED, -1 },
        { "{\"op\":7,\"d\":null}", DC_RECONNECT, -1 },
        { "{\"op\":9,\"d\":true}", DC_INVALID_SESSION, -1 },
        { "{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\":{}}", DC_READY, 1 },
        { "{\"t\":\"RESUMED\",\"s\":8,\"op\":0,\"d\":{}}", DC_RESUMED, 8 },
        { "{\"t\":\"MESSAGE_CREATE\",\"s\":2,\"op\":0,\"d\":{}}", DC_MESSAGE, 2 },
        { "{\"t\":\"INTERACTION_CREATE\",\"s\":3,\"op\":0,\"d\":{}}", DC_INTERACTION, 3 },
        { "{\"t\":\"GUILD_CREATE\",\"s\":4,\"op\":0,\"d\":{}}", DC_GUILD, 4 },
        { "{\"t\":\"GUILD_DELETE\",\"s\":5,\"op\":0,\"d\":{}}", DC_GUILD_GONE, 5 },
        { "{\"t\":\"THREAD_CREATE\",\"s\":6,\"op\":0,\"d\":{}}", DC_THREAD, 6 },
        { "{\"t\":\"MESSAGE_UPDATE\",\"s\":7,\"op\":0,\"d\":{}}", DC_OTHER, 7 },
        { "{\"t\":\"MESSAGE_DELETE\",\"s\":7,\"op\":0,\"d\":{}}", DC_OTHER, 7 },
        { "{\"t\":\"TYPING_START\",\"s\":7,\"op\":0,\"d\":{}}", DC_OTHER, 7 },
        { "{\"t\":null,\"s\":7,\"op\":0}", DC_OTHER, 7 },
        { "{\"op\":31,\"d\":7}", DC_OTHER, -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dc_frame f = frame(row[i].json);
        if (f.kind != row[i].kind || f.seq != row[i].seq)
            fail_msg("%s: kind %d seq %d", row[i].json, f.kind, (int)f.seq);
    }
}

static void frame__what_a_kind_carries(void **state X_UNUSED)
{
    struct dc_frame f = frame("{\"op\":10,\"d\":{\"heartbeat_interval\":45000}}");
    assert_int_equal(f.interval_ms, 45000);
    assert_true(frame("{\"op\":9,\"d\":true}").resumable);
    assert_false(frame("{\"op\":9,\"d\":false}").resumable);
    assert_false(frame("{\"op\":9}").resumable);
    assert_false(frame("{\"op\":7,\"d\":true}").resumable);
    f = frame("{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\": {\"a\":1} }");
    assert_true(str_eqs(f.event, "READY") && str_eqs(f.data, "{\"a\":1}"));
}

/* The event is broken in a way that the strict reader refuses; the frame is not. */
static void frame__a_broken_event_keeps_its_place(void **state X_UNUSED)
{
    static const char *const data[] = { "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}", "[1e999]", "nonsense" };
    for (size_t i = 0; i < ARRAY_LEN(data); i++) {
        char json[256];
        struct dc_message m;
        struct dc_frame f;
        struct arena a;
        snprintf(json, sizeof json, "{\"t\":\"MESSAGE_CREATE\",\"s\":9,\"op\":0,\"d\":%s}", data[i]);
        f = frame(json);
        assert_int_equal(f.kind, DC_MESSAGE);
        assert_int_equal(f.seq, 9);
        arena_init(&a, KIT_BYTES);
        assert_int_equal(dc_message_read(f.data, &kit_me, &a, &m, NULL), X_E_INVALID);
        arena_wipe(&a);
    }
}

static void frame__what_is_none(void **state X_UNUSED)
{
    static const char *const json[] = {
        "",
        "7",
        "[]",
        "{}",
        "{\"op\":0",
        "{\"op\":\"0\"}",
        "{\"op\":-1}",
        "{\"op\":1.5}",
        "{\"op\":256}",
        "{\"op\":null}",
        "{\"op\":10}",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":0}}",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":-5}}",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":600001}}",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":\"41250\"}}",
        "{\"op\":1}x",
    };
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        struct err err = { "" };
        struct dc_frame f;
        assert_int_equal(dc_frame_read(json[i], strlen(json[i]), &f, &err), X_E_INVALID);
        assert_true(err.text[0]);
    }
}

static void frame__an_odd_sequence_is_none(void **state X_UNUSED)
{
    assert_int_equal(frame("{\"op\":0,\"s\":-3}").seq, -1);
    assert_int_equal(frame("{\"op\":0,\"s\":\"3\"}").seq, -1);
    assert_int_equal(frame("{\"op\":0,\"s\":99999999999999999999}").seq, -1);
}

#define READY_REST ",\"user\":{\"id\":\"300\",\"bot\":true},\"application\":{\"id\":\"301\",\"flags\":0}"

static int ready(const char *json, struct dc_ready *out, struct err *err)
{
    return dc_ready_read(str_of(json), out, err);
}

static void ready__says_who_we_are_and_where_to_resume(void **state X_UNUSED)
{
    struct dc_ready r;
    assert_int_equal(
        ready("{\"session_id\":\"abc\",\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}", &r, NULL),
        0);
    assert_string_equal(r.session_id, "abc");
    assert_string_equal(r.resume_url, "wss://g.example");
    assert_string_equal(r.me.user_id, "300");
    assert_string_equal(r.me.application_id, "301");
}

static void ready__refuses_what_cannot_be_used(void **state X_UNUSED)
{
    static const char *const json[] = {
        "",
        "{}",
        "{\"session_id\":\"abc\"" READY_REST "}",
        "{\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}",
        "{\"session_id\":\"\",\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}",
        "{\"session_id\":\"a b\",\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}",
        "{\"session_id\":\"a\\n\",\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}",
        "{\"session_id\":7,\"resume_gateway_url\":\"wss://g.example\"" READY_REST "}",
        "{\"session_id\":\"abc\",\"resume_gateway_url\":\"wss://g.example\",\"user\":{\"id\":\"x\"}}",
    };
    char url[400] = "", text[600];
    struct err err = { "" };
    struct dc_ready r;
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        assert_int_equal(ready(json[i], &r, &err), X_E_INVALID);
        assert_true(err.text[0]);
    }
    memset(url, 'u', sizeof url - 1);
    snprintf(text, sizeof text, "{\"session_id\":\"abc\",\"resume_gateway_url\":\"%s\"" READY_REST "}", url);
    assert_int_equal(ready(text, &r, NULL), X_E_INVALID);
}

static void guild__has_its_threads(void **state X_UNUSED)
{
    struct dc_guild g;
    struct arena a;
    arena_init(&a, KIT_BYTES);
    assert_int_equal(
        dc_guild_read(str_of("{\"id\":\"400\",\"name\":\"G\",\"members\":[{\"x\":\"\\ud800\"}],"
                             "\"threads\":[{\"id\":\"1\",\"type\":11,\"parent_id\":\"2\","
                             "\"owner_id\":\"300\",\"guild_id\":\"400\"},{\"id\":\"3\",\"type\":0},"
                             "7,{\"id\":\"4\",\"type\":12,\"parent_id\":\"2\"}]}"),
                      &a, &g),
        0);
    assert_string_equal(g.id, "400");
    assert_false(g.unavailable);
    assert_int_equal(g.threads, 2);
    assert_string_equal(g.thread[0].id, "1");
    assert_string_equal(g.thread[0].parent_id, "2");
    assert_string_equal(g.thread[0].owner_id, "300");
    assert_string_equal(g.thread[1].id, "4");
    assert_string_equal(g.thread[1].guild_id, "400");
    arena_wipe(&a);
}

static void guild__gone_or_away(void **state X_UNUSED)
{
    struct dc_guild g;
    struct arena a;
    arena_init(&a, KIT_BYTES);
    assert_int_equal(dc_guild_read(str_of("{\"id\":\"400\",\"unavailable\":true}"), &a, &g), 0);
    assert_true(g.unavailable && g.threads == 0);
    assert_int_equal(dc_guild_read(str_of("{\"id\":\"400\"}"), &a, &g), 0);
    assert_false(g.unavailable);
    assert_int_equal(dc_guild_read(str_of("{\"id\":400}"), &a, &g), X_E_INVALID);
    arena_wipe(&a);
}

static void guild__of_more_than_a_parser_takes(void **state X_UNUSED)
{
    struct buf json = BUF_INIT(8U << 20);
    struct dc_guild g;
    struct arena a;
    buf_adds(&json, "{\"members\":[0");
    for (int i = 0; i < 400000; i++)
        buf_adds(&json, ",12345");
    buf_adds(&json, "],\"id\":\"400\",\"threads\":[");
    for (int i = 0; i < DC_THREADS_MAX + 5; i++)
        buf_printf(&json, "%s{\"id\":\"%d\",\"type\":11}", i ? "," : "", i + 1);
    buf_adds(&json, "]}");
    arena_init(&a, KIT_BYTES);
    assert_int_equal(dc_guild_read((struct str){ json.at, json.len }, &a, &g), 0);
    assert_int_equal(g.threads, DC_THREADS_MAX);
    arena_wipe(&a);
    buf_free(&json);
}

static void thread__is_told_by_its_type(void **state X_UNUSED)
{
    struct dc_thread t;
    struct arena a;
    arena_init(&a, KIT_BYTES);
    assert_int_equal(dc_thread_read(str_of("{\"id\":\"7\",\"type\":11,\"guild_id\":\"8\",\"parent_id\":\"9\","
                                           "\"owner_id\":\"300\",\"newly_created\":true}"),
                                    &a, &t),
                     0);
    assert_string_equal(t.guild_id, "8");
    assert_int_equal(dc_thread_read(str_of("{\"id\":\"7\",\"type\":0}"), &a, &t), X_E_INVALID);
    assert_int_equal(dc_thread_read(str_of("{\"type\":11}"), &a, &t), X_E_INVALID);
    assert_int_equal(dc_thread_read(str_of("[]"), &a, &t), X_E_INVALID);
    arena_wipe(&a);
}

static void id__is_digits_and_has_its_time_and_shard(void **state X_UNUSED)
{
    assert_true(dc_id_ok("1") && dc_id_ok("18446744073709551615"));
    assert_false(dc_id_ok("") || dc_id_ok("1a") || dc_id_ok("-1") || dc_id_ok("123456789012345678901"));
    assert_true(dc_id_ms("175928847299117063") == INT64_C(1462015105796)); /* the example of the reference */
    assert_int_equal(dc_id_ms("x"), 0);
    assert_int_equal(dc_shard_of("", 4), 0);
    assert_int_equal(dc_shard_of("400000000000000001", 1), 0);
    assert_int_equal(dc_shard_of("400000000000000001", 7), (400000000000000001ULL >> 22) % 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame__kinds_by_op_and_name),
        cmocka_unit_test(frame__what_a_kind_carries),
        cmocka_unit_test(frame__a_broken_event_keeps_its_place),
        cmocka_unit_test(frame__what_is_none),
        cmocka_unit_test(frame__an_odd_sequence_is_none),
        cmocka_unit_test(ready__says_who_we_are_and_where_to_resume),
        cmocka_unit_test(ready__refuses_what_cannot_be_used),
        cmocka_unit_test(guild__has_its_threads),
        cmocka_unit_test(guild__gone_or_away),
        cmocka_unit_test(guild__of_more_than_a_parser_takes),
        cmocka_unit_test(thread__is_told_by_its_type),
        cmocka_unit_test(id__is_digits_and_has_its_time_and_shard),
    };
    return cmocka_run_group_tests_name("wire_frame", tests, NULL, NULL);
}
