/* SPDX-License-Identifier: Apache-2.0
 *
 * The web adapter's wire on hostile bytes: a body that is taken keeps what message.h promises the core, a
 * refused one says why, and no text can break out of the event it is written into.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/web/wire.h"
#include "base/json.h"
#include "base/utf.h"

#define ARENA_BYTES (8U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_taken(const struct wire_chat *c)
{
    const char *text[] = { c->message, c->session_id, c->locale, c->consent, c->key, c->api_key };

    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        must(text[i] && utf8_valid(text[i], strlen(text[i])), "every member is text");
    must(c->message[0] && strlen(c->message) <= MESSAGE_TEXT_MAX, "a message of allowed length");
    must(!c->session_id[0] || wire_session_ok(c->session_id), "a session id of the documented form");
    must(!c->key[0] || wire_key_ok(c->key), "an idempotency key of the documented form");
}

static void check_parse(const char *bytes, size_t len)
{
    struct wire_chat chat = { 0 };
    struct err err = { "" };
    struct arena a;
    int rc;

    arena_init(&a, ARENA_BYTES);
    rc = wire_chat_parse(&chat, bytes, len, &a, &err);
    if (rc == 0)
        check_taken(&chat);
    else
        must(err.text[0], "a refusal says why");
    arena_wipe(&a);
}

static size_t newlines(const struct buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->len; i++)
        n += b->at[i] == '\n' || b->at[i] == '\r';
    return n;
}

/* What validate lets through may hold anything; here it is the value of a sentence event. */
static void check_events(const char *bytes, size_t len)
{
    struct buf json = BUF_INIT(ARENA_BYTES), sse = BUF_INIT(ARENA_BYTES), ws = BUF_INIT(ARENA_BYTES);
    struct jsonw w;
    cJSON *read = NULL;

    jw_begin(&w, &json);
    jw_obj(&w, NULL);
    jw_textn(&w, "text", bytes, len);
    jw_end_obj(&w);
    wire_sse(&sse, "sentence", "1:2", buf_text(&json));
    wire_ws(&ws, "sentence", "1:2", buf_text(&json));
    must(!json.failed && !sse.failed && !ws.failed, "memory");
    must(newlines(&sse) == 4, "one frame: event, id, data, and the empty line");
    if (ws.len <= JSON_BYTES_MAX && !memchr(bytes, '\0', len)) { /* our reader refuses \u0000 */
        must(json_parse(&read, buf_text(&ws), ws.len, NULL) == 0, "a websocket event reads back");
        must(cJSON_GetArraySize(read) == 3, "event, id and data");
        cJSON_Delete(read);
    }
    buf_free(&json);
    buf_free(&sse);
    buf_free(&ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_parse((const char *)data, size);
    if (size <= ARENA_BYTES / 8)
        check_events((const char *)data, size);
    return 0;
}
