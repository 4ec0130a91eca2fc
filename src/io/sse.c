/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines are parsed where they lie in the fed bytes; only what a feed cuts in the middle is
 * copied. A CR ends its line at once (the stream may pause there for minutes) and the LF
 * that may follow is skipped.
 *
 * Limits: bytes are passed on as they came, UTF-8 is the caller's business; `retry` is
 * ignored, reconnecting is too; an event that the end of the stream cuts off is dropped,
 * as the standard says.
 */
#include "io/sse.h"

#include <errno.h>
#include <string.h>

#define FIELD_OVERHEAD 16 /* a byte order mark, a field name, ": " */

void sse_init(struct sse *s, size_t max_bytes,
              int (*on_event)(void *, const char *, const char *, size_t, const char *), void *ctx)
{
    *s = (struct sse){ .max = max_bytes, .ctx = ctx, .on_event = on_event };
    buf_init(&s->line, max_bytes + FIELD_OVERHEAD + 1);
    buf_init(&s->data, max_bytes + 2); /* each data line leaves one LF */
    buf_init(&s->event, max_bytes + FIELD_OVERHEAD + 1);
    buf_init(&s->id, max_bytes + FIELD_OVERHEAD + 1);
}

void sse_free(struct sse *s)
{
    buf_free(&s->line);
    buf_free(&s->data);
    buf_free(&s->event);
    buf_free(&s->id);
}

static int sse_add(struct buf *b, const char *bytes, size_t len)
{
    buf_add(b, bytes, len);
    return b->failed ? -ENOMEM : 0;
}

static int sse_set(struct buf *b, struct str value)
{
    buf_clear(b);
    return sse_add(b, value.at, value.len);
}

static int sse_dispatch(struct sse *s)
{
    int r = 0;
    if (s->data.len) {
        const char *name = *buf_text(&s->event) ? buf_text(&s->event) : "message";
        s->data.at[--s->data.len] = '\0'; /* the last line's LF */
        r = s->on_event(s->ctx, name, s->data.at, s->data.len, buf_text(&s->id));
    }
    buf_clear(&s->data);
    buf_clear(&s->event);
    return r;
}

static int sse_field(struct sse *s, struct str name, struct str value)
{
    if (str_eqs(name, "data")) {
        if (s->data.len + value.len > s->max)
            return s->ended = X_E_LIMIT;
        int r = sse_add(&s->data, value.at, value.len);
        return r ? r : sse_add(&s->data, "\n", 1);
    }
    if (str_eqs(name, "event"))
        return sse_set(&s->event, value);
    if (str_eqs(name, "id") && (!value.len || !memchr(value.at, '\0', value.len)))
        return sse_set(&s->id, value);
    return 0;
}

static int sse_line(struct sse *s, struct str line)
{
    if (!s->began && str_starts(line, "\xEF\xBB\xBF"))
        line = (struct str){ line.at + 3, line.len - 3 };
    s->began = true;
    if (!line.len)
        return sse_dispatch(s);
    const char *colon = memchr(line.at, ':', line.len);
    if (!colon)
        return sse_field(s, line, (struct str){ "", 0 });
    struct str name = { line.at, (size_t)(colon - line.at) };
    struct str value = { colon + 1, line.len - name.len - 1 };
    if (value.len && *value.at == ' ')
        value = (struct str){ value.at + 1, value.len - 1 };
    return sse_field(s, name, value);
}

/* The rest of the line kept from earlier feeds, or a line of its own. */
static int sse_line_end(struct sse *s, struct str part)
{
    if (s->line.len + part.len > s->max + FIELD_OVERHEAD)
        return s->ended = X_E_LIMIT;
    if (!s->line.len)
        return sse_line(s, part);
    int r = sse_add(&s->line, part.at, part.len);
    if (!r)
        r = sse_line(s, (struct str){ s->line.at, s->line.len });
    buf_clear(&s->line);
    return r;
}

int sse_feed(struct sse *s, const char *bytes, size_t len)
{
    size_t from = 0;
    if (s->ended)
        return s->ended;
    if (s->after_cr && len) {
        from = *bytes == '\n';
        s->after_cr = false;
    }
    for (size_t i = from; i < len; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r')
            continue;
        int r = sse_line_end(s, (struct str){ bytes + from, i - from });
        if (bytes[i] == '\r') {
            s->after_cr = i + 1 == len;
            i += i + 1 < len && bytes[i + 1] == '\n';
        }
        if (r)
            return r;
        from = i + 1;
    }
    if (s->line.len + (len - from) > s->max + FIELD_OVERHEAD)
        return s->ended = X_E_LIMIT;
    return from < len ? sse_add(&s->line, bytes + from, len - from) : 0;
}
