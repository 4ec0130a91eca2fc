/* SPDX-License-Identifier: Apache-2.0
 *
 * Event streams: fed whole, byte by byte, and in pieces whose sizes the input chooses, the
 * same bytes must give the same events and the same end. The first byte sets the limit.
 */
#include <stdlib.h>
#include <string.h>

#include "io/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int note_event(void *ctx, const char *event, const char *data, size_t len, const char *id)
{
    struct buf *out = ctx;
    if (data[len] || !*event)
        abort();
    buf_adds(out, event);
    buf_add(out, "\x1E", 1);
    buf_add(out, data, len);
    buf_add(out, "\x1E", 1);
    buf_adds(out, id);
    buf_add(out, "\x1E", 1);
    return 0;
}

/* `pieces` NULL: all at once; else byte i says how long the piece from i is. */
static int feed(const uint8_t *data, size_t size, const uint8_t *pieces, uint8_t mask, size_t max,
                struct buf *out)
{
    struct sse s;
    int r = 0;
    sse_init(&s, max, note_event, out);
    for (size_t at = 0; at < size && !r;) {
        size_t n = pieces ? 1 + (size_t)(pieces[at] & mask) : size;
        n = n < size - at ? n : size - at;
        char *piece = malloc(n);
        if (!piece)
            abort();
        memcpy(piece, data + at, n);
        r = sse_feed(&s, piece, n);
        free(piece);
        at += n;
    }
    if (s.data.len > max + 1 || s.line.len > max + 64)
        abort();
    sse_free(&s);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mask[] = { 0, 1, 7 };
    if (!size)
        return 0;
    size_t max = (size_t)data[0] * 4;
    struct buf whole = BUF_INIT(64 << 20), cut = BUF_INIT(64 << 20);
    int r = feed(data + 1, size - 1, NULL, 0, max, &whole);
    for (size_t i = 0; i < sizeof mask; i++) {
        buf_clear(&cut);
        if (feed(data + 1, size - 1, data + 1, mask[i], max, &cut) != r || cut.len != whole.len ||
            (cut.len && memcmp(cut.at, whole.at, cut.len) != 0))
            abort();
    }
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
