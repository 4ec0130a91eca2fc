/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents from hostile bytes: whatever a file holds, as Markdown and as plain text, title and text
 * are valid UTF-8, sections lie in order inside the text, and chunks are short, whole characters
 * and move forward.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"
#include "docs/docs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

struct last {
    const char *from, *to;
};

static int check_chunk(void *ctx, const char *heading, struct str text)
{
    struct last *last = ctx;

    must(utf8_valid(heading, strlen(heading)), "a heading is UTF-8");
    must(text.len > 0 && utf8_valid(text.at, text.len), "a chunk is UTF-8 and not empty");
    must(utf8_count(text.at, text.len) <= CHUNK_CHARS, "a chunk is not too long");
    must(!last->from || (text.at > last->from && text.at + text.len > last->to), "chunks move forward");
    *last = (struct last){ text.at, text.at + text.len };
    return 0;
}

static void check(const char *path, const char *text, size_t len)
{
    struct last last = { NULL, NULL };
    struct document d;
    size_t at = 0;

    if (document_parse(&d, path, text, len, NULL) != 0)
        return;
    must(strlen(d.title) <= DOCS_TITLE_MAX && utf8_valid(d.title, strlen(d.title)),
         "a title is short and UTF-8");
    must(!strchr(d.title, '\n'), "a title is one line");
    must(strlen(d.text) == d.len && utf8_valid(d.text, d.len), "the text is UTF-8 without NUL");
    for (size_t i = 0; i < d.sections; i++) {
        must(d.section[i].from >= at && d.section[i].to > d.section[i].from, "sections are in order");
        at = d.section[i].to;
    }
    must(at <= d.len, "sections lie in the text");
    must(chunks_cut(&d, check_chunk, &last) == 0, "chunks are cut");
    document_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    must(text != NULL, "memory");
    memcpy(text, data, size);
    text[size] = '\0';
    if (size <= DOCS_FILE_MAX && !memchr(text, '\0', size) && utf8_valid(text, size)) {
        check("x.md", text, size);
        check("x.txt", text, size);
    }
    free(text);
    return 0;
}
