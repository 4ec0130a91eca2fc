/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of JSON that are not server-sent events: one value per line (NDJSON), or objects
 * one after the other with anything between them (an array that is still being written, a
 * single document). Pure; any split.
 */
#ifndef LLM_FRAMES_H
#define LLM_FRAMES_H

#include "base/str.h"

enum framing {
    FRAMES_LINES,   /* a line that is no JSON costs that line alone */
    FRAMES_OBJECTS, /* outermost {...}; what stands between is skipped */
};

struct frames {
    enum framing framing;
    struct buf text; /* of the frame in hand */
    size_t max, depth;
    bool string, escaped;
    int ended; /* X_E_LIMIT once a frame has gone over `max` */
    void *ctx;
    /* Never an empty frame. Non-zero stops the feed (the rest of its bytes is dropped). */
    int (*on_frame)(void *ctx, const char *text, size_t len);
};

void frames_init(struct frames *f, enum framing framing, size_t max_bytes,
                 int (*on_frame)(void *, const char *, size_t), void *ctx);
int frames_feed(struct frames *f, const char *bytes, size_t len); /* 0, X_E_LIMIT, -ENOMEM, or on_frame's */
int frames_end(struct frames *f); /* a last line may lack its line feed; half an object is dropped */
void frames_free(struct frames *f);

#endif
