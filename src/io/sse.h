/* SPDX-License-Identifier: Apache-2.0
 *
 * Incremental server-sent-events parser (WHATWG HTML, "Interpreting an event stream"):
 * LF, CRLF, CR; comments; several data lines; any split; BOM. Pure.
 */
#ifndef IO_SSE_H
#define IO_SSE_H

#include "base/str.h"

struct sse {
    struct buf line, data, event, id;
    bool after_cr, began;
    size_t max;
    int ended; /* X_E_LIMIT once the stream has gone over it */
    void *ctx;
    /* `event` is "message" when not named; `id` is "" until the stream sets one, then stays.
     * `data` is NUL-terminated beyond `len`. Non-zero stops the feed (the rest of its bytes is
     * dropped) and is returned by it. */
    int (*on_event)(void *ctx, const char *event, const char *data, size_t len, const char *id);
};

/* An event's data (or any one line) above `max_bytes` ends the stream with X_E_LIMIT, for good. */
void sse_init(struct sse *s, size_t max_bytes,
              int (*on_event)(void *, const char *, const char *, size_t, const char *), void *ctx);
int sse_feed(struct sse *s, const char *bytes, size_t len); /* 0, X_E_LIMIT, -ENOMEM, or on_event's */
void sse_free(struct sse *s);

#endif
