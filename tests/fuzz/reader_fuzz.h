/* SPDX-License-Identifier: Apache-2.0
 *
 * The event reader of one wire format: fed whole and in pieces, as a stream and as JSON, with a sink that is
 * full every third time, the same bytes must give the same text, usage and end. The first byte picks the
 * shape.
 */
#ifndef TESTS_FUZZ_READER_FUZZ_H
#define TESTS_FUZZ_READER_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "llm/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct buf text;
    int texts, cited;
    bool slow;
};

static int hear_text(void *ctx, const char *bytes, size_t len)
{
    struct heard *h = ctx;
    buf_add(&h->text, bytes, len);
    return h->slow && ++h->texts % 3 == 0 ? X_E_FULL : 0;
}

static void hear_citation(void *ctx, const struct llm_citation *c)
{
    struct heard *h = ctx;
    if (c->n < 1 || c->n > READER_CITATIONS_MAX || !*c->url || !c->title || !c->snippet)
        abort();
    h->cited++;
}

static struct llm_result read_all(const struct wire *wire, const uint8_t *data, size_t size, size_t piece,
                                  struct heard *h)
{
    static const struct llm_request req = { .question = "?" };
    static const char *const type[] = { "text/event-stream", "application/json", NULL };
    const struct llm_sink sink = { .ctx = h, .text = hear_text, .citation = hear_citation };
    struct reader r;
    reader_init(&r, wire, &req, &sink, "sk-key");
    reader_head(&r, data[0] & 4 ? 503 : 200, type[data[0] % 3]);
    for (size_t at = 1; at < size && !r.decided; at += piece) {
        reader_feed(&r, (const char *)data + at, size - at < piece ? size - at : piece);
        if (r.full)
            reader_resume(&r);
    }
    reader_end(&r, LLM_CUT, "");
    while (r.full)
        reader_resume(&r);
    struct llm_result result = r.result;
    if (!reader_over(&r))
        abort();
    reader_free(&r);
    return result;
}

static void reader_fuzz(const struct wire *wire, const uint8_t *data, size_t size)
{
    static const size_t piece[] = { 1, 2, 7, 64 };
    struct heard whole = { .text = BUF_INIT(64 << 20) };
    if (!size)
        return;
    struct llm_result a = read_all(wire, data, size, size, &whole);
    for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
        struct heard cut = { .text = BUF_INIT(64 << 20), .slow = i & 1 };
        struct llm_result b = read_all(wire, data, size, piece[i], &cut);
        if (a.end != b.end || a.tokens_in != b.tokens_in || a.tokens_out != b.tokens_out ||
            a.cost_nusd != b.cost_nusd || strcmp(a.detail, b.detail) != 0 || whole.cited != cut.cited ||
            strcmp(buf_text(&whole.text), buf_text(&cut.text)) != 0)
            abort();
        buf_free(&cut.text);
    }
    buf_free(&whole.text);
}

#endif
