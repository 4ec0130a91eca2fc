/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames out byte for byte, their limit, and what every close means.
 */
#include "tests/unit/discord/wire_kit.h"

static void expect(struct buf *out, const char *want)
{
    assert_false(out->failed);
    assert_string_equal(buf_text(out), want);
    buf_free(out);
    *out = BUF_INIT(1U << 16);
}

static void send__heartbeat_resume_presence(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    dc_heartbeat(&out, -1);
    expect(&out, "{\"op\":1,\"d\":null}");
    dc_heartbeat(&out, 251);
    expect(&out, "{\"op\":1,\"d\":251}");
    dc_resume(&out, "to.ken", "abc", 0);
    expect(&out, "{\"op\":6,\"d\":{\"token\":\"to.ken\",\"session_id\":\"abc\",\"seq\":0}}");
    dc_presence(&out, &(struct dc_presence){ DC_IDLE, "" });
    expect(&out, "{\"op\":3,\"d\":{\"since\":null,\"activities\":[],\"status\":\"idle\",\"afk\":false}}");
    dc_presence(&out, &(struct dc_presence){ DC_DND, "busy" });
    expect(&out,
           "{\"op\":3,\"d\":{\"since\":null,\"activities\":[{\"name\":\"Custom Status\",\"type\":4,\"state\":"
           "\"busy\"}],\"status\":\"dnd\",\"afk\":false}}");
    buf_free(&out);
}

static void send__identify(void **state X_UNUSED)
{
    struct buf out = BUF_INIT(1U << 16);
    struct dc_identify i = { "to.ken", DC_INTENTS_LEAST, 0, 1, { DC_ONLINE, "" } };
    dc_identify(&out, &i);
    expect(&out,
           "{\"op\":2,\"d\":{\"token\":\"to.ken\",\"intents\":4609,\"properties\":{\"os\":\"linux\","
           "\"browser\":\"parley\",\"device\":\"parley\"},\"presence\":{\"since\":null,\"activities\":[],"
           "\"status\":\"online\",\"afk\":false}}}");
    i.intents |= DC_INTENT_MESSAGE_CONTENT;
    i.shard = 1;
    i.shards = 4;
    dc_identify(&out, &i);
    assert_non_null(strstr(buf_text(&out), "\"intents\":37377"));
    assert_non_null(strstr(buf_text(&out), "\"shard\":[1,4]"));
    buf_free(&out);
}

/* 128 characters of a status; a token that is none must not close the connection. */
static void send__never_more_than_a_frame_may_have(void **state X_UNUSED)
{
    char *text = kit_repeated("\U0001F600", 200), *token = kit_repeated("t", 5000);
    struct dc_identify i = { token, DC_INTENTS_LEAST, 0, 1, { DC_ONLINE, "" } };
    struct buf out = BUF_INIT(1U << 16);
    cJSON *tree;
    dc_presence(&out, &(struct dc_presence){ DC_ONLINE, text });
    assert_false(out.failed);
    assert_int_equal(json_parse(&tree, out.at, out.len, NULL), 0);
    cJSON_Delete(tree);
    assert_true(out.len < 600);
    buf_clear(&out);
    dc_identify(&out, &i);
    assert_true(out.failed);
    buf_clear(&out);
    dc_resume(&out, token, "abc", 1);
    assert_true(out.failed);
    buf_free(&out);
    free(text);
    free(token);
}

static void url__asks_for_version_and_encoding(void **state X_UNUSED)
{
    static const char *const row[][2] = {
        { "wss://gateway.discord.gg", "wss://gateway.discord.gg/?v=10&encoding=json" },
        { "wss://gateway.discord.gg/", "wss://gateway.discord.gg/?v=10&encoding=json" },
        { "ws://127.0.0.1:18090/gateway", "ws://127.0.0.1:18090/gateway?v=10&encoding=json" },
    };
    struct buf out = BUF_INIT(1U << 16);
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        dc_gateway_url(&out, row[i][0], false);
        expect(&out, row[i][1]);
    }
    dc_gateway_url(&out, "ws://127.0.0.1:18090/gateway", true);
    expect(&out, "ws://127.0.0.1:18090/gateway?v=10&encoding=json&compress=zlib-stream");
    buf_free(&out);
}

static void close__every_code_by_the_table(void **state X_UNUSED)
{
    static const struct {
        int code;
        enum dc_then then;
    } row[] = {
        { 0, DC_THEN_RESUME },      { 1000, DC_THEN_RESUME }, { 1001, DC_THEN_RESUME },
        { 1006, DC_THEN_RESUME },   { 1011, DC_THEN_RESUME }, { 4000, DC_THEN_RESUME },
        { 4001, DC_THEN_RESUME },   { 4002, DC_THEN_RESUME }, { 4003, DC_THEN_RESUME },
        { 4004, DC_THEN_STOP },     { 4005, DC_THEN_RESUME }, { 4006, DC_THEN_RESUME },
        { 4007, DC_THEN_IDENTIFY }, { 4008, DC_THEN_RESUME }, { 4009, DC_THEN_IDENTIFY },
        { 4010, DC_THEN_STOP },     { 4011, DC_THEN_STOP },   { 4012, DC_THEN_STOP },
        { 4013, DC_THEN_STOP },     { 4014, DC_THEN_STOP },   { 4999, DC_THEN_RESUME },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct dc_close *c = dc_close_of(row[i].code);
        if (c->then != row[i].then)
            fail_msg("%d: %d", row[i].code, c->then);
        assert_true(c->hint[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send__heartbeat_resume_presence),
        cmocka_unit_test(send__identify),
        cmocka_unit_test(send__never_more_than_a_frame_may_have),
        cmocka_unit_test(url__asks_for_version_and_encoding),
        cmocka_unit_test(close__every_code_by_the_table),
    };
    return cmocka_run_group_tests_name("wire_send", tests, NULL, NULL);
}
