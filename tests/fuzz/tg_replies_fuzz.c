/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers to calls: a line "status retry_after", then the body. Whatever it is, it has a meaning whose
 * members are in range, and a sentence for the log that is one line and holds nothing like a token. The same
 * body is then a payload to send: if it is JSON, the call made of it is JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/telegram/wire.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_detail(const char *detail)
{
    for (size_t i = 0; detail[i]; i++) {
        must(detail[i] >= ' ' && detail[i] < 0x7F, "a detail is printable ASCII");
        must(!(detail[i] >= '0' && detail[i] <= '9' && detail[i + 1] == ':' && detail[i + 2] > ' '),
             "a detail holds no token");
    }
    must(!strstr(detail, "/bot") && !strstr(detail, "://"), "a detail holds no address");
}

static void check_reply(const struct tg_reply *r)
{
    must(r->end >= TG_OK && r->end <= TG_BAD, "an answer has a meaning");
    must(memchr(r->detail, '\0', sizeof r->detail) != NULL, "a detail ends");
    check_detail(r->detail);
    must(r->end == TG_FLOOD ? r->retry_after_ms >= 1000 && r->retry_after_ms <= 86400000 : !r->retry_after_ms,
         "a flood says how long, and it is bounded");
    must((r->end == TG_MOVED) == (r->migrated_to != 0), "a move has its goal");
    must(r->end == TG_OK || !r->message_id, "only what was sent has an id");
}

static void check_payload(const char *json, size_t len)
{
    struct buf payload = BUF_INIT(1U << 20), body = BUF_INIT(2U << 20);
    cJSON *tree = NULL;
    buf_add(&payload, json, len);
    tg_send_message(&body, 5, 6, 7, buf_text(&payload), false);
    if (!body.failed && json_parse(&tree, buf_text(&payload), payload.len, NULL) == 0) {
        cJSON_Delete(tree);
        must(json_parse(&tree, buf_text(&body), body.len, NULL) == 0, "a call of JSON is JSON");
        must(json_number(tree, "chat_id", 0) == 5, "and goes where it should");
    }
    cJSON_Delete(tree);
    buf_free(&payload);
    buf_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = memchr(text, '\n', size);
    struct str head = { text, line ? (size_t)(line - text) : size }, status, rest;
    const char *body = line ? line + 1 : text + size;
    int64_t code = 0, header = -1;
    struct tg_reply r;
    rest = head;
    if (str_cut(&rest, ' ', &status))
        (void)(str_int(status, 0, 999, &code) && str_int(rest, -1, INT64_MAX, &header));
    memset(&r, 0x5A, sizeof r);
    tg_reply_read((int)code, header, body, size - (size_t)(body - text), &r);
    check_reply(&r);
    check_payload(body, size - (size_t)(body - text));
    return 0;
}
