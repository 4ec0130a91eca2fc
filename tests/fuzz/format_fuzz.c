/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers from a hostile model as Telegram messages: every message keeps the rules, nothing that can be read
 * is lost or moved, and the payload is JSON. The input up to its first NUL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/telegram/format_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* The reference knows few named characters, and shows nothing of an answer that is markup only. */
static void check_seen(const char *markdown, const struct tg_text *t, size_t n)
{
    struct seen want = SEEN_INIT, got = SEEN_INIT;

    seen_of_markdown(&want, markdown);
    seen_of_messages(&got, t, n);
    if (want.text.len > 0 && !strchr(markdown, '&'))
        must(strcmp(buf_text(&want.text), buf_text(&got.text)) == 0, "what can be read stays");
    seen_free(&want);
    seen_free(&got);
}

static void check_json(const struct tg_text *t)
{
    struct buf json = BUF_INIT(CHECKS_BYTES);
    cJSON *read = NULL;

    tg_text_json(&json, t, "");
    must(json_parse(&read, buf_text(&json), json.len, NULL) == 0, "a payload reads back");
    must(strcmp(json_text(read, "text", ""), t->text) == 0, "a payload keeps the text");
    must(cJSON_GetArraySize(cJSON_GetObjectItem(read, "entities")) == (int)t->entities, "and the entities");
    cJSON_Delete(read);
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *markdown = malloc(size + 1);
    struct tg_text *t = NULL;
    struct arena a;
    size_t n = 0;

    must(markdown != NULL, "memory");
    memcpy(markdown, data, size);
    markdown[size] = '\0';
    arena_init(&a, CHECKS_BYTES);
    must(tg_format(markdown, "", NULL, 0, &a, &t, &n) == 0, "every answer can be sent");
    must(format_fault(t, n) == NULL, "every message keeps the rules");
    check_seen(markdown, t, n);
    for (size_t i = 0; i < n; i++)
        check_json(&t[i]);
    arena_wipe(&a);
    free(markdown);
    return 0;
}
