/* SPDX-License-Identifier: Apache-2.0
 *
 * What answers mean: the table of errors, whose word counts, how long to wait, and a sentence for the
 * operator that repeats no user and no token.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/telegram/wire.h"

#define FORTY "a234567890b234567890c234567890d234567890"

static struct tg_reply reply(int status, int64_t header_s, const char *json)
{
    struct tg_reply r;
    memset(&r, 0x5A, sizeof r);
    tg_reply_read(status, header_s, json, strlen(json), &r);
    return r;
}

static struct tg_reply error(int code, const char *description, const char *parameters)
{
    char json[1024];
    snprintf(json, sizeof json, "{\"ok\":false,\"error_code\":%d,\"description\":\"%s\"%s%s}", code,
             description, parameters[0] ? ",\"parameters\":" : "", parameters);
    return reply(code, -1, json);
}

static void reply__of_a_send_has_its_message(void **state)
{
    (void)state;
    struct tg_reply r = reply(200, -1, "{\"ok\":true,\"result\":{\"message_id\":4711,\"text\":\"x\"}}");
    assert_int_equal(r.end, TG_OK);
    assert_int_equal(r.message_id, 4711);
    r = reply(200, -1, "{\"ok\":true,\"result\":true}");
    assert_int_equal(r.end, TG_OK);
    assert_int_equal(r.message_id, 0);
    assert_string_equal(r.detail, "");
}

static void reply__the_table_of_errors(void **state)
{
    static const struct {
        int code;
        const char *description;
        enum tg_end end;
    } row[] = {
        { 400, "Bad Request: message is not modified: specified new message content and so on", TG_OK },
        { 400, "Bad Request: message thread not found", TG_NO_THREAD },
        { 400, "BAD REQUEST: MESSAGE THREAD NOT FOUND", TG_NO_THREAD },
        { 400, "Bad Request: TOPIC_DELETED", TG_NO_THREAD },
        { 400, "Bad Request: chat not found", TG_GONE },
        { 400, "Bad Request: not enough rights to send text messages to the chat", TG_GONE },
        { 400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", TG_GONE },
        { 400, "Bad Request: TOPIC_CLOSED", TG_GONE },
        { 400, "Bad Request: group chat was upgraded to a supergroup chat", TG_GONE },
        { 400, "Bad Request: can't parse entities: Can't find end of the entity", TG_BAD_ENTITIES },
        { 400, "Bad Request: can't parse MessageEntity: Can't find field", TG_BAD_ENTITIES },
        { 400, "Bad Request: ENTITY_BOUNDS_INVALID", TG_BAD_ENTITIES },
        { 400, "Bad Request: message is too long", TG_BAD },
        { 400, "Bad Request: message text is empty", TG_BAD },
        { 400, "Bad Request: BUTTON_DATA_INVALID", TG_BAD },
        { 400, "", TG_BAD },
        { 401, "Unauthorized", TG_UNAUTHORIZED },
        { 401, "Unauthorized: invalid token specified", TG_UNAUTHORIZED },
        { 403, "Forbidden: bot was blocked by the user", TG_GONE },
        { 403, "Forbidden: user is deactivated", TG_GONE },
        { 403, "Forbidden: bot was kicked from the supergroup chat", TG_GONE },
        { 404, "Not Found", TG_UNAUTHORIZED },
        { 404, "Not Found: method not found", TG_BAD },
        { 409, "Conflict: terminated by other getUpdates request; make sure", TG_CONFLICT },
        { 413, "Request Entity Too Large", TG_BAD },
        { 429, "Too Many Requests: retry after 5", TG_FLOOD },
        { 500, "Internal Server Error: restart", TG_RETRY },
        { 502, "Bad Gateway", TG_RETRY },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct tg_reply r = error(row[i].code, row[i].description, "");
        if (r.end != row[i].end)
            fail_msg("%d %s: %d", row[i].code, row[i].description, r.end);
        assert_int_equal(r.message_id, 0);
        assert_int_equal(r.migrated_to, 0);
    }
}

static void reply__a_moved_group_says_where(void **state)
{
    (void)state;
    struct tg_reply r = error(400, "Bad Request: group chat was upgraded to a supergroup chat",
                              "{\"migrate_to_chat_id\":-1001234567890}");
    assert_int_equal(r.end, TG_MOVED);
    assert_true(r.migrated_to == INT64_C(-1001234567890));
}

static void reply__how_long_to_wait(void **state)
{
    static const struct {
        const char *parameters;
        int64_t header_s, ms;
    } row[] = {
        { ",\"parameters\":{\"retry_after\":7}", -1, 7000 },
        { ",\"parameters\":{\"retry_after\":7}", 9, 7000 },
        { "", 9, 9000 },
        { ",\"parameters\":{\"retry_after\":0}", 9, 9000 },
        { "", -1, 1000 },
        { ",\"parameters\":[]", 0, 1000 },
        { ",\"parameters\":{\"retry_after\":-3}", -1, 1000 },
        { ",\"parameters\":{\"retry_after\":9e15}", -1, 86400000 },
        { "", INT64_MAX, 86400000 },
        { ",\"parameters\":{\"retry_after\":1e300}", -1, 1000 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char json[256];
        snprintf(json, sizeof json, "{\"ok\":false,\"error_code\":429%s}", row[i].parameters);
        struct tg_reply r = reply(429, row[i].header_s, json);
        assert_int_equal(r.end, TG_FLOOD);
        assert_int_equal(r.retry_after_ms, row[i].ms);
    }
    assert_int_equal(reply(429, 4, "<html>").retry_after_ms, 4000);
    assert_int_equal(reply(429, 4, "<html>").end, TG_FLOOD);
    assert_int_equal(reply(502, 4, "<html>").retry_after_ms, 0);
}

static void reply__a_proxy_silences_nothing(void **state)
{
    static const char *const body[] = { "",           "<html><h1>Denied</h1></html>",
                                        "{}",         "{\"error\":\"x\"}",
                                        "[1]",        "{\"ok\":\"false\"}",
                                        "{\"ok\":fal" };
    static const int status[] = { 200, 301, 400, 401, 403, 404, 407, 409, 413, 500, 502, 504 };
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(status); s++)
        for (size_t b = 0; b < ARRAY_LEN(body); b++) {
            struct tg_reply r = reply(status[s], -1, body[b]);
            char says[64];
            snprintf(says, sizeof says, "HTTP %d, and not Telegram's JSON", status[s]);
            assert_int_equal(r.end, TG_RETRY);
            assert_string_equal(r.detail, says);
        }
}

static void reply__none_at_all(void **state)
{
    (void)state;
    struct tg_reply r = reply(0, -1, "");
    assert_int_equal(r.end, TG_RETRY);
    assert_string_equal(r.detail, "no answer");
}

static void reply__an_error_without_a_code_has_the_status(void **state)
{
    (void)state;
    assert_int_equal(reply(403, -1, "{\"ok\":false}").end, TG_GONE);
    assert_int_equal(reply(200, -1, "{\"ok\":false}").end, TG_RETRY);
    assert_int_equal(reply(401, -1, "{\"ok\":false,\"error_code\":1e99,\"description\":[]}").end,
                     TG_UNAUTHORIZED);
}

static void detail__is_telegrams_sentence(void **state)
{
    static const struct {
        const char *description, *detail;
    } row[] = {
        { "Forbidden: bot was blocked by the user", "Forbidden: bot was blocked by the user" },
        { "Bad Request: Unsupported start tag \\\"Ann's secret\\\" at byte offset 3",
          "Bad Request: Unsupported start tag \"\" at byte offset 3" },
        { "Bad Request: unclosed \\\"secret", "Bad Request: unclosed \"\"" },
        { "Bad Request: user @ann not found", "Bad Request: user" },
        { "Bad Request: wrong \\u4f60\\u597d", "Bad Request: wrong" },
        { "Bad Request: two\\nlines", "Bad Request: two" },
        { "Bad POST /bot123456:AAF-abc/sendMessage", "Bad POST" },
        { "token 123456:TEST-TOKEN is wrong", "token" },
        { "failed https://u:p@example.org/path", "failed https" },
        { "Too Many Requests: retry after 35", "Too Many Requests: retry after 35" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        assert_string_equal(error(400, row[i].description, "").detail, row[i].detail);
}

static void detail__is_cut(void **state)
{
    char longest[301], quote[301];
    (void)state;
    memset(longest, 'x', 300);
    memset(quote, 'x', 300);
    longest[300] = quote[300] = '\0';
    assert_in_range(strlen(error(400, longest, "").detail), 100, 127);
    memcpy(quote + 123, "\\\"", 2);
    assert_true(strlen(error(400, quote, "").detail) <= 127);
}

/* ---- getMe ---- */

static int read_me(struct tg_me *me, const char *json)
{
    struct err err;
    return tg_me_read(json, strlen(json), me, &err);
}

static void me__is_read(void **state)
{
    struct tg_me me;
    (void)state;
    assert_int_equal(read_me(&me, "{\"ok\":true,\"result\":{\"id\":4503599627370495,\"is_bot\":true,"
                                  "\"first_name\":\"P\",\"username\":\"Parley_bot\","
                                  "\"can_read_all_group_messages\":true}}"),
                     0);
    assert_true(me.id == INT64_C(4503599627370495));
    assert_string_equal(me.username, "Parley_bot");
    assert_true(me.reads_groups);
    assert_false(me.guest);
    assert_int_equal(read_me(&me, "{\"ok\":true,\"result\":{\"id\":5,\"is_bot\":true,\"username\":\"b\","
                                  "\"supports_guest_queries\":true}}"),
                     0);
    assert_true(me.guest && !me.reads_groups);
}

static void me__that_cannot_be_one_is_refused(void **state)
{
    static const char *const json[] = {
        "",
        "{}",
        "[]",
        "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}",
        "{\"ok\":true,\"result\":{}}",
        "{\"ok\":true,\"result\":{\"id\":0,\"is_bot\":true,\"username\":\"x\"}}",
        "{\"ok\":true,\"result\":{\"id\":1,\"is_bot\":false,\"username\":\"x\"}}",
    };
    static const char *const nameless[] = {
        "{\"ok\":true,\"result\":{\"id\":1,\"is_bot\":true,\"username\":\"x y\"}}",
        "{\"ok\":true,\"result\":{\"id\":1,\"username\":\"" FORTY "\"}}",
    };
    struct tg_me me;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(json); i++)
        assert_int_equal(read_me(&me, json[i]), X_E_INVALID);
    for (size_t i = 0; i < ARRAY_LEN(nameless); i++) {
        assert_int_equal(read_me(&me, nameless[i]), 0);
        assert_string_equal(me.username, "");
    }
}

/* ---- getWebhookInfo ---- */

static void hook__is_read_and_shows_no_secret(void **state)
{
    static const char full[] =
        "{\"ok\":true,\"result\":{\"url\":\"https://a.example/h\",\"pending_update_count\":7,"
        "\"last_error_date\":1780000000,\"last_error_message\":\"Wrong response from 12:AAbot token\"}}";
    struct tg_hook hook;
    struct err err;
    (void)state;
    assert_int_equal(tg_hook_read(full, strlen(full), &hook, &err), 0);
    assert_string_equal(hook.url, "https://a.example/h");
    assert_true(hook.pending == 7 && hook.error_s == 1780000000);
    assert_string_equal(hook.detail, "Wrong response from");
}

static void hook__none_is_an_empty_address(void **state)
{
    static const char *const bad[] = { "", "{}", "{\"ok\":true}", "{\"ok\":true,\"result\":true}",
                                       "{\"ok\":false,\"error_code\":500}" };
    static const char none[] = "{\"ok\":true,\"result\":{\"url\":\"\"}}";
    struct tg_hook hook;
    struct err err;
    (void)state;
    assert_int_equal(tg_hook_read(none, strlen(none), &hook, &err), 0);
    assert_true(!hook.url[0] && !hook.pending && !hook.error_s && !hook.detail[0]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(tg_hook_read(bad[i], strlen(bad[i]), &hook, &err), X_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply__of_a_send_has_its_message),
        cmocka_unit_test(reply__the_table_of_errors),
        cmocka_unit_test(reply__a_moved_group_says_where),
        cmocka_unit_test(reply__how_long_to_wait),
        cmocka_unit_test(reply__a_proxy_silences_nothing),
        cmocka_unit_test(reply__none_at_all),
        cmocka_unit_test(reply__an_error_without_a_code_has_the_status),
        cmocka_unit_test(detail__is_telegrams_sentence),
        cmocka_unit_test(detail__is_cut),
        cmocka_unit_test(me__is_read),
        cmocka_unit_test(me__that_cannot_be_one_is_refused),
        cmocka_unit_test(hook__is_read_and_shows_no_secret),
        cmocka_unit_test(hook__none_is_an_empty_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
