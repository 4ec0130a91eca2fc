/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers from a hostile model as Discord messages: every part keeps the rules, nothing that can be read is
 * lost, and the payload is JSON that comes back. The input up to its first NUL is answer, heading and source.
 */
#include "tests/fuzz/dc_checks.h"
#include "tests/unit/discord/format_checks.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The reference knows few named characters, and its reader cannot tell an address in brackets from one behind
 * a label, nor one that was encoded from one that was written so. */
static void check_seen(const char *markdown, const struct dc_part *p, size_t n)
{
    struct seen want = SEEN_INIT, got = SEEN_INIT;

    seen_of_markdown(&want, markdown);
    seen_of_parts(&got, p, n);
    if (want.text.len > 0 && !strchr(markdown, '&'))
        must(strcmp(buf_text(&want.text), buf_text(&got.text)) == 0 || strcasestr(markdown, "(http") ||
                 strchr(markdown, '%'),
             "what can be read stays");
    seen_free(&want);
    seen_free(&got);
}

static void check_json(const struct dc_part *p, struct arena *a)
{
    struct buf json = BUF_INIT(CHECKS_BYTES);
    struct dc_part back;

    dc_part_json(&json, p);
    must(!json.failed && dc_part_read(json.at, a, &back) == 0, "a payload reads back");
    must(strcmp(back.content, p->content) == 0 && strcmp(back.embeds, p->embeds) == 0, "as it was");
    buf_free(&json);
}

static void check_body(const struct dc_part *p)
{
    struct dc_post post = {
        .content = p->content, .embeds = p->embeds, .components = "", .reply_to = "", .nonce = ""
    };
    struct buf body = BUF_INIT(CHECKS_BYTES);
    cJSON *tree = NULL;

    dc_create(&body, &post);
    must(!body.failed && json_parse(&tree, body.at, body.len, NULL) == 0, "a part is a body");
    cJSON_Delete(tree);
    buf_free(&body);
}

static void check(const char *markdown, const struct rich_source *source, size_t sources, bool embeds)
{
    struct dc_part *p = NULL;
    struct arena a;
    size_t n = 0;

    arena_init(&a, CHECKS_BYTES);
    must(dc_format(markdown, "Sources", source, sources, embeds, &a, &p, &n) == 0,
         "every answer can be sent");
    must(dc_parts_fault(p, n) == NULL, "every part keeps the rules");
    if (sources == 0)
        check_seen(markdown, p, n);
    for (size_t i = 0; i < n; i++) {
        check_json(&p[i], &a);
        check_body(&p[i]);
    }
    arena_wipe(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *markdown = malloc(size + 1);
    struct rich_source source[2];

    must(markdown != NULL, "memory");
    memcpy(markdown, data, size);
    markdown[size] = '\0';
    source[0] = (struct rich_source){ 1, markdown, "https://x.example/a" };
    source[1] = (struct rich_source){ 2, "Title", markdown };
    check(markdown, NULL, 0, true);
    check(markdown, source, 2, true);
    check(markdown, source, 2, false);
    free(markdown);
    return 0;
}
