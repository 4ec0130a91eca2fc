/* SPDX-License-Identifier: Apache-2.0
 *
 * A chat request of hostile bytes. What is refused must say why, in a frame that is still one frame. What is
 * taken must keep its promises (sizes, alphabets, UTF-8), and no text of it, sent back as an event, may begin
 * a line of the stream or leave its JSON string: a client would take that for an event of ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/answer.h>

#include "adapters/web/wire.h"
#include "base/json.h"
#include "base/utf.h"

#define FRAME_MAX (4U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* "event: sentence\nid: T:1\ndata: <json>\n\n" and nothing else. */
static void check_sse(const char *json)
{
    static const char head[] = "event: sentence\nid: T:1\ndata: ";
    struct buf frame = BUF_INIT(FRAME_MAX);
    wire_sse(&frame, "sentence", "T:1", json);
    must(!frame.failed, "a frame fits");
    const char *text = buf_text(&frame), *body = text + sizeof head - 1;
    must(strncmp(text, head, sizeof head - 1) == 0, "the head stands first");
    must(strcspn(body, "\r\n") == strlen(json), "the data is one line"); /* all that ends a line in SSE */
    must(strcmp(body + strlen(json), "\n\n") == 0, "one blank line ends it");
    must(strlen(text) == frame.len, "no NUL inside");
    buf_free(&frame);
}

static void check_ws(const char *json, const char *text)
{
    struct buf frame = BUF_INIT(FRAME_MAX);
    cJSON *tree = NULL;
    wire_ws(&frame, "sentence", "T:1", json);
    must(json_parse(&tree, buf_text(&frame), frame.len, NULL) == 0, "a frame is JSON");
    must(cJSON_GetArraySize(tree) == 3, "with three members");
    must(strcmp(json_text(tree, "event", ""), "sentence") == 0, "the event is ours");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tree, "data");
    must(strcmp(json_text(data, "text", ""), text) == 0, "the text comes back as it was");
    cJSON_Delete(tree);
    buf_free(&frame);
}

static void check_frames(const char *text)
{
    struct buf json = BUF_INIT(FRAME_MAX);
    struct jsonw w;
    jw_begin(&w, &json);
    jw_obj(&w, NULL);
    jw_text(&w, "text", text);
    jw_end_obj(&w);
    check_sse(buf_text(&json));
    check_ws(buf_text(&json), text);
    buf_free(&json);
}

static void check_text(const char *text, size_t max)
{
    must(text && strlen(text) <= max, "a text is there and within its limit");
    must(utf8_valid(text, strlen(text)), "a text is UTF-8");
    check_frames(text);
}

static void check_taken(const struct wire_chat *c)
{
    check_text(c->message, MESSAGE_TEXT_MAX);
    must(c->message[strspn(c->message, " \t\r\n")], "the message says something");
    check_text(c->locale, 35);
    check_text(c->consent, 64);
    check_text(c->session_id, 64);
    check_text(c->key, WIRE_KEY_MAX);
    must(!c->session_id[0] || wire_session_ok(c->session_id), "the session is one");
    must(!c->key[0] || wire_key_ok(c->key), "the key is one");
}

static void check_refused(int rc, const char *why)
{
    struct buf json = BUF_INIT(FRAME_MAX);
    cJSON *tree = NULL;
    must(rc == X_E_INVALID || rc == X_E_LIMIT, "a refusal blames the input");
    must(why[0], "a refusal says why");
    must(answer_error("bad_request", why, NULL, "r", &json) == 0, "an error body is written");
    must(json_parse(&tree, buf_text(&json), json.len, NULL) == 0, "and is JSON");
    check_sse(buf_text(&json));
    cJSON_Delete(tree);
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_chat chat = { 0 };
    struct err err = { "" };
    struct arena a;
    arena_init(&a, 1U << 20);
    int rc = wire_chat_parse(&chat, (const char *)data, size, &a, &err);
    if (rc)
        check_refused(rc, err.text);
    else
        check_taken(&chat);
    arena_wipe(&a);
    return 0;
}
