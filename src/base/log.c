/* SPDX-License-Identifier: Apache-2.0
 *
 * A line is built on the stack and leaves in one write(2) of at most 4096 bytes
 * (PIPE_BUF), so lines of two threads or processes never mix and logging works when
 * memory has run out. A line that stderr does not take at once is lost, not retried.
 *
 * The text is read back as pairs: a pair starts at `key=` at the start or after a
 * space, and a quoted value ends at a quote that the end or another pair follows.
 * A value can hold quotes and spaces, then; one made to hold `" key=` can add a pair
 * to its own line, but never a line, and never another ts, level or event.
 */
#include <parley/log.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/str.h"
#include "base/utf.h"

#define TEXT_BYTES 3072
#define TAIL_BYTES 6 /* what must still fit after a cut: ..."} and newline */

struct line {
    char at[PIPE_BUF];
    size_t len;
    bool cut; /* full: only the tail may follow */
};

struct pair {
    struct str key, value;
};

static atomic_int least_level = LOG_INFO, line_format = LOG_TEXT;
static pthread_mutex_t capture_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*capture_write)(void *ctx, const char *line, size_t len);
static void *capture_ctx;

void log_setup(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

void log_capture(void (*write)(void *ctx, const char *line, size_t len), void *ctx)
{
    pthread_mutex_lock(&capture_lock);
    capture_write = write;
    capture_ctx = ctx;
    pthread_mutex_unlock(&capture_lock);
}

static bool line_fits(struct line *l, size_t len)
{
    if (l->len + len > sizeof l->at - TAIL_BYTES)
        l->cut = true;
    return !l->cut;
}

/* For the tail, which TAIL_BYTES keeps room for, and for what line_fits() has let through. */
static void line_force(struct line *l, struct str text)
{
    memcpy(l->at + l->len, text.at, text.len);
    l->len += text.len;
}

static void line_put(struct line *l, struct str text)
{
    if (line_fits(l, text.len))
        line_force(l, text);
}

static void line_escaped(struct line *l, struct str value)
{
    size_t pos = 0;
    char out[8];

    while (pos < value.len && !l->cut) {
        uint32_t cp = utf8_next(value.at, value.len, &pos);

        line_put(l, (struct str){ out, str_json_escape(out, cp) });
    }
    if (l->cut)
        line_force(l, STR("..."));
}

static void line_pair_json(struct line *l, const struct pair *p)
{
    bool ours = str_eqs(p->key, "ts") || str_eqs(p->key, "level") || str_eqs(p->key, "event");

    if (!line_fits(l, p->key.len + sizeof ",\"_\":\""))
        return;
    line_force(l, STR(",\""));
    line_force(l, p->key);
    line_force(l, ours ? STR("_\":\"") : STR("\":\""));
    line_escaped(l, p->value);
    line_force(l, STR("\""));
}

static void line_pair_text(struct line *l, const struct pair *p)
{
    bool quote = p->value.len == 0 || memchr(p->value.at, ' ', p->value.len);

    if (!line_fits(l, p->key.len + sizeof " =\""))
        return;
    line_force(l, STR(" "));
    line_force(l, p->key);
    line_force(l, quote ? STR("=\"") : STR("="));
    line_escaped(l, p->value);
    if (quote)
        line_force(l, STR("\""));
}

/* Length of the key when text begins with `key=`, else 0. */
static size_t key_len(struct str text)
{
    size_t n = 0;

    for (; n < text.len; n++) {
        char c = text.at[n];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (n && ((c >= '0' && c <= '9') || c == '.' || c == '-'))))
            break;
    }
    return n < text.len && text.at[n] == '=' ? n : 0;
}

/* Whether a value has ended at this offset: only spaces follow, or spaces and another pair. */
static bool pair_ends(struct str text, size_t at)
{
    size_t next = at;

    while (next < text.len && text.at[next] == ' ')
        next++;
    return next == text.len || (next > at && key_len((struct str){ text.at + next, text.len - next }));
}

static bool pair_next(struct str *rest, struct pair *p)
{
    struct str text = str_trim(*rest);
    size_t key = key_len(text), from = key ? key + 1 : 0, end, after;

    if (text.len == 0)
        return false;
    p->key = key ? (struct str){ text.at, key } : STR("msg");
    if (from < text.len && text.at[from] == '"') {
        from++;
        for (end = from; end < text.len; end++) {
            if (text.at[end] == '"' && pair_ends(text, end + 1))
                break;
        }
        after = end < text.len ? end + 1 : end;
    } else {
        for (end = from; !pair_ends(text, end); end++) {
            /* a run of spaces is looked at once */
            while (text.at[end] == ' ' && text.at[end + 1] == ' ')
                end++;
        }
        after = end;
    }
    p->value = str_trim((struct str){ text.at + from, end - from });
    *rest = (struct str){ text.at + after, text.len - after };
    return true;
}

static void line_build(struct line *l, bool json, enum log_level level, const char *event, struct str text)
{
    static const char *const name[] = { "debug", "info", "warn", "error" };
    char ts[CLOCK_TEXT_BYTES];
    struct pair p;
    int n;

    clock_text(ts, clock_wall_ms());
    n = snprintf(l->at, sizeof l->at / 2,
                 json ? "{\"ts\":\"%s\",\"level\":\"%s\",\"event\":\"%.200s\"" : "%s %-5s %.200s", ts,
                 name[level], event);
    l->len = n < 0 ? 0 : (size_t)n;
    l->cut = false;
    while (!l->cut && pair_next(&text, &p)) {
        if (json)
            line_pair_json(l, &p);
        else
            line_pair_text(l, &p);
    }
    line_force(l, json ? STR("}\n") : STR("\n"));
}

static void line_send(const struct line *l)
{
    bool taken;

    pthread_mutex_lock(&capture_lock);
    taken = capture_write != NULL;
    if (taken)
        capture_write(capture_ctx, l->at, l->len);
    pthread_mutex_unlock(&capture_lock);
    while (!taken && write(STDERR_FILENO, l->at, l->len) < 0 && errno == EINTR)
        continue;
}

void log_write(enum log_level level, const char *event, const char *fmt, ...)
{
    int saved_errno = errno;
    char text[TEXT_BYTES];
    struct line l;
    size_t len;
    va_list ap;
    int n;

    if ((int)level < atomic_load(&least_level) || level >= LOG_OFF)
        return;
    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    len = n < 0 ? 0 : (size_t)n;
    if (len >= sizeof text) {
        len = utf8_floor(text, sizeof text - 1, sizeof text - 4);
        memcpy(text + len, "...", 3);
        len += 3;
    }
    line_build(&l, atomic_load(&line_format) == LOG_JSON, level, event, (struct str){ text, len });
    line_send(&l);
    errno = saved_errno;
}
