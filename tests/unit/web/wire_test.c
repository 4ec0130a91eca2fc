/* SPDX-License-Identifier: Apache-2.0
 *
 * The web adapter's bytes: each member with its limit and the sentence a client gets when it is wrong, the
 * two id rules, and frames that no text can break out of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "adapters/web/wire.h"
#include "base/json.h"

struct world {
    struct arena a;
    struct wire_chat chat;
    struct err err;
    struct buf body;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    arena_init(&w->a, 1U << 20);
    buf_init(&w->body, 2U << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_wipe(&w->a);
    buf_free(&w->body);
    free(w);
    return 0;
}

static int parse(struct world *w, const char *body)
{
    w->chat = (struct wire_chat){ 0 };
    w->err.text[0] = '\0';
    return wire_chat_parse(&w->chat, body, strlen(body), &w->a, &w->err);
}

static void accepted(struct world *w, const char *body)
{
    if (parse(w, body))
        fail_msg("%s: %s", body, w->err.text);
    assert_non_null(w->chat.message);
    assert_true(w->chat.session_id && w->chat.locale && w->chat.consent && w->chat.key);
}

static void refused(struct world *w, const char *body, int rc, const char *says)
{
    assert_int_equal(parse(w, body), rc);
    if (!strstr(w->err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", w->err.text, says);
}

/* {"message":"hi","<name>":"xxx..."} */
static const char *with(struct world *w, const char *name, char c, size_t n)
{
    buf_clear(&w->body);
    buf_printf(&w->body, "{\"message\":\"hi\",\"%s\":\"", name);
    for (size_t i = 0; i < n; i++)
        buf_addc(&w->body, c);
    buf_adds(&w->body, "\"}");
    return buf_text(&w->body);
}

/* ---- members ---- */

static void chat__all_members(void **state)
{
    struct world *w = *state;
    accepted(w, "{\"message\":\"h\\u00e9 \\\"x\\\"\\n\",\"session_id\":\"s_1-A\",\"locale\":\"de-AT\","
                "\"consent\":\"2026-11-01\",\"idempotency_key\":\"k!~\"}");
    assert_string_equal(w->chat.message, "h\xC3\xA9 \"x\"\n");
    assert_string_equal(w->chat.session_id, "s_1-A");
    assert_string_equal(w->chat.locale, "de-AT");
    assert_string_equal(w->chat.consent, "2026-11-01");
    assert_string_equal(w->chat.key, "k!~");
}

static void chat__only_the_message_is_needed(void **state)
{
    struct world *w = *state;
    accepted(w, "{\"message\":\"hi\"}");
    assert_string_equal(w->chat.session_id, "");
    assert_string_equal(w->chat.key, "");
    accepted(
        w,
        "{\"message\":\"hi\",\"session_id\":null,\"locale\":null,\"consent\":null,\"idempotency_key\":null}");
    accepted(w, "{\"message\":\"hi\",\"session_id\":\"\",\"idempotency_key\":\"\"}");
    accepted(w, "{\"message\":\"hi\",\"unknown\":[{\"deep\":1}],\"Message\":7}"); /* for clients to come */
}

static void chat__the_strings_outlive_the_body(void **state)
{
    struct world *w = *state;
    char *body = strdup("{\"message\":\"hi\"}");
    assert_int_equal(wire_chat_parse(&w->chat, body, strlen(body), &w->a, &w->err), 0);
    memset(body, 'x', strlen(body));
    free(body);
    assert_string_equal(w->chat.message, "hi");
}

static void chat__a_message_must_say_something(void **state)
{
    static const char *const body[] = { "{}", "{\"message\":\"\"}", "{\"message\":null}",
                                        "{\"message\":\" \\t\\r\\n\"}", "{\"Message\":\"hi\"}" };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(body); i++)
        refused(w, body[i], X_E_INVALID, "\"message\" is missing or empty");
}

static void chat__a_member_of_another_type_is_named(void **state)
{
    static const char *const name[] = { "message", "session_id", "locale", "consent", "idempotency_key" };
    static const char *const value[] = { "1", "true", "[]", "{}", "[\"x\"]" };
    struct world *w = *state;
    for (size_t n = 0; n < ARRAY_LEN(name); n++)
        for (size_t v = 0; v < ARRAY_LEN(value); v++) {
            char body[128], says[64];
            snprintf(body, sizeof body, "{%s\"%s\":%s}", n ? "\"message\":\"hi\"," : "", name[n], value[v]);
            snprintf(says, sizeof says, "\"%s\" must be a string", name[n]);
            refused(w, body, X_E_INVALID, says);
        }
}

static void chat__each_member_has_its_limit(void **state)
{
    static const struct {
        const char *name;
        size_t max;
    } row[] = {
        { "locale", 35 }, { "consent", 64 }, { "session_id", 64 }, { "idempotency_key", WIRE_KEY_MAX }
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        accepted(w, with(w, row[i].name, 'x', row[i].max));
        int rc = parse(w, with(w, row[i].name, 'x', row[i].max + 1));
        assert_true(rc == X_E_LIMIT || rc == X_E_INVALID);
        assert_true(w->err.text[0]);
        refused(w, with(w, row[i].name, 'x', 300), X_E_LIMIT, row[i].name);
    }
}

static void chat__the_longest_message_counts_in_bytes(void **state)
{
    struct world *w = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&w->body);
        buf_adds(&w->body, "{\"message\":\"");
        for (size_t i = 0; i < MESSAGE_TEXT_MAX / 2; i++)
            buf_adds(&w->body, "\\u00fc"); /* two bytes each */
        buf_adds(&w->body, extra ? "x\"}" : "\"}");
        if (extra)
            refused(w, buf_text(&w->body), X_E_LIMIT, "\"message\" is longer than 32768 bytes");
        else
            accepted(w, buf_text(&w->body));
    }
    assert_int_equal(MESSAGE_TEXT_MAX, 32768);
}

/* ---- bodies ---- */

static void chat__a_broken_body_is_told_where(void **state)
{
    struct world *w = *state;
    refused(w, "", X_E_INVALID, "not valid JSON");
    refused(w, "{\"message\":\"hi\"", X_E_INVALID, "not valid JSON: 1:");
    refused(w, "{\"message\":\"hi\"}x", X_E_INVALID, "not valid JSON");
    refused(w, "{\"message\":\"hi\",}", X_E_INVALID, "not valid JSON");
    refused(w, "{\"message\":\"\xff\"}", X_E_INVALID, "not valid JSON");
    refused(w, "{\"message\":\"a\\u0000b\"}", X_E_INVALID, "not valid JSON"); /* no text hides behind a NUL */
    refused(w, "{\"message\":\"\\ud800\"}", X_E_INVALID, "not valid JSON");
    refused(w, "{\"message\":\"a\",\"message\":\"b\"}", X_E_INVALID, "not valid JSON");
    refused(w, "[\"message\"]", X_E_INVALID, "must be a JSON object");
    refused(w, "\"message\"", X_E_INVALID, "must be a JSON object");
    refused(w, "null", X_E_INVALID, "must be a JSON object");
}

static void chat__depth_and_size_are_limited(void **state)
{
    struct world *w = *state;
    buf_adds(&w->body, "{\"message\":\"hi\",\"x\":");
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_addc(&w->body, '[');
    refused(w, buf_text(&w->body), X_E_INVALID, "nested deeper than 64");
    buf_clear(&w->body);
    buf_adds(&w->body, "{\"message\":\"hi\",\"x\":\"");
    while (w->body.len <= JSON_BYTES_MAX)
        buf_adds(&w->body, "xxxxxxxxxxxxxxxx");
    buf_adds(&w->body, "\"}");
    refused(w, buf_text(&w->body), X_E_INVALID, "larger than 1048576 bytes");
}

static void chat__without_memory_is_an_error(void **state)
{
    struct world *w = *state;
    w->a.cap_bytes = 0;
    assert_int_equal(parse(w, "{\"message\":\"hi\"}"), -ENOMEM);
}

/* ---- ids ---- */

static void session__is_a_token(void **state)
{
    static const char *const bad[] = {
        "", "a b", "a/b", "a.b", "a:b", "a|b", "\xC3\xA9", "a\n", "../x", "<x>"
    };
    struct world *w = *state;
    char longest[66];
    memset(longest, 'A', sizeof longest);
    longest[64] = '\0';
    assert_true(wire_session_ok(longest));
    assert_true(wire_session_ok("a"));
    assert_true(wire_session_ok("-_09azAZ"));
    longest[64] = 'A';
    longest[65] = '\0';
    assert_false(wire_session_ok(longest));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(wire_session_ok(bad[i]));
    refused(w, "{\"message\":\"hi\",\"session_id\":\"a|b\"}", X_E_INVALID,
            "\"session_id\" must be 1 to 64 letters");
}

static void key__is_printable_ascii(void **state)
{
    static const char *const bad[] = { "", "a b", "a\tb", "a\nb", "\x7F", "\xC3\xA9", "\x01", " a", "a " };
    struct world *w = *state;
    char longest[WIRE_KEY_MAX + 2];
    memset(longest, '~', sizeof longest);
    longest[WIRE_KEY_MAX] = '\0';
    assert_true(wire_key_ok(longest));
    assert_true(wire_key_ok("!"));
    longest[WIRE_KEY_MAX] = '~';
    longest[WIRE_KEY_MAX + 1] = '\0';
    assert_false(wire_key_ok(longest));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(wire_key_ok(bad[i]));
    refused(w, "{\"message\":\"hi\",\"idempotency_key\":\"a b\"}", X_E_INVALID, "1 to 128 printable");
}

/* ---- frames ---- */

static void sse__is_one_event(void **state)
{
    struct world *w = *state;
    wire_sse(&w->body, "sentence", "01ABC:1", "{\"text\":\"hi\"}");
    assert_string_equal(buf_text(&w->body), "event: sentence\nid: 01ABC:1\ndata: {\"text\":\"hi\"}\n\n");
    buf_clear(&w->body);
    wire_sse(&w->body, "error", "", "{}");
    assert_string_equal(buf_text(&w->body),
                        "event: error\ndata: {}\n\n"); /* an empty id would reset the client's */
}

static void ws__is_one_object(void **state)
{
    struct world *w = *state;
    cJSON *frame = NULL;
    wire_ws(&w->body, "sentence", "01ABC:1", "{\"text\":\"\\\"},\\\"event\\\":\\\"done\"}");
    assert_int_equal(json_parse(&frame, buf_text(&w->body), w->body.len, &w->err), 0);
    assert_int_equal(cJSON_GetArraySize(frame), 3);
    assert_string_equal(json_text(frame, "event", ""), "sentence");
    assert_string_equal(json_text(frame, "id", ""), "01ABC:1");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(frame, "data");
    assert_string_equal(json_text(data, "text", ""), "\"},\"event\":\"done");
    cJSON_Delete(frame);
}

/* Every line break that ends a line for an SSE reader, inside a text: escaped, so no line begins there. */
static void sse__no_text_begins_a_line(void **state)
{
    static const char text[] = "a\nevent: done\r\ndata: {}\n\n\rid: 9\n";
    struct world *w = *state;
    struct buf json = BUF_INIT(4096);
    struct jsonw jw;
    jw_begin(&jw, &json);
    jw_obj(&jw, NULL);
    jw_text(&jw, "text", text);
    jw_end_obj(&jw);
    wire_sse(&w->body, "sentence", "T:1", buf_text(&json));
    size_t breaks = 0;
    for (const char *p = buf_text(&w->body); *p; p++) {
        breaks += *p == '\n';
        assert_int_not_equal(*p, '\r');
    }
    assert_int_equal(breaks, 4);
    buf_free(&json);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(chat__all_members),
        CASE(chat__only_the_message_is_needed),
        CASE(chat__the_strings_outlive_the_body),
        CASE(chat__a_message_must_say_something),
        CASE(chat__a_member_of_another_type_is_named),
        CASE(chat__each_member_has_its_limit),
        CASE(chat__the_longest_message_counts_in_bytes),
        CASE(chat__a_broken_body_is_told_where),
        CASE(chat__depth_and_size_are_limited),
        CASE(chat__without_memory_is_an_error),
        CASE(session__is_a_token),
        CASE(key__is_printable_ascii),
        CASE(sse__is_one_event),
        CASE(ws__is_one_object),
        CASE(sse__no_text_begins_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
