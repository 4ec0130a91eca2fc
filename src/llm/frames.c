/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects are told apart by counting braces outside strings, which is all that is needed:
 * whether what stands between the braces is JSON, the parser says. Every byte is looked at
 * once. A frame is copied, because most end in another read than they began in.
 */
#include "llm/frames.h"

#include <errno.h>
#include <string.h>

void frames_init(struct frames *f, enum framing framing, size_t max_bytes,
                 int (*on_frame)(void *, const char *, size_t), void *ctx)
{
    *f = (struct frames){ .framing = framing, .max = max_bytes, .ctx = ctx, .on_frame = on_frame };
    buf_init(&f->text, max_bytes + 1);
}

void frames_free(struct frames *f)
{
    buf_free(&f->text);
}

static int frame_add(struct frames *f, const char *bytes, size_t len)
{
    if (f->text.len + len > f->max)
        return f->ended = X_E_LIMIT;
    buf_add(&f->text, bytes, len);
    return f->text.failed ? f->ended = -ENOMEM : 0;
}

static int frame_over(struct frames *f)
{
    struct str text = str_trim((struct str){ buf_text(&f->text), f->text.len });
    int rc = text.len ? f->on_frame(f->ctx, text.at, text.len) : 0;
    buf_clear(&f->text);
    return rc;
}

static int feed_lines(struct frames *f, const char *bytes, size_t len)
{
    int rc = 0;
    while (len && rc == 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t n = end ? (size_t)(end - bytes) : len;
        rc = frame_add(f, bytes, n);
        if (rc == 0 && end)
            rc = frame_over(f);
        n += end != NULL;
        bytes += n;
        len -= n;
    }
    return rc;
}

/* True when `c` closes the outermost object. */
static bool object_step(struct frames *f, char c)
{
    if (f->string) {
        f->string = f->escaped || c != '"';
        f->escaped = !f->escaped && c == '\\';
        return false;
    }
    f->string = c == '"';
    f->depth += c == '{';
    return c == '}' && --f->depth == 0;
}

static int feed_objects(struct frames *f, const char *bytes, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (f->depth == 0 && bytes[i] != '{') {
            from = i + 1;
            continue;
        }
        if (!object_step(f, bytes[i]))
            continue;
        int rc = frame_add(f, bytes + from, i + 1 - from);
        rc = rc ? rc : frame_over(f);
        if (rc)
            return rc;
        from = i + 1;
    }
    return frame_add(f, bytes + from, len - from);
}

int frames_feed(struct frames *f, const char *bytes, size_t len)
{
    if (f->ended)
        return f->ended;
    return f->framing == FRAMES_LINES ? feed_lines(f, bytes, len) : feed_objects(f, bytes, len);
}

int frames_end(struct frames *f)
{
    return f->framing == FRAMES_LINES && !f->ended ? frame_over(f) : 0;
}
