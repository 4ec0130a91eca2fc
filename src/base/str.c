/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable buffers and borrowed strings. A buffer grows by doubling, so n appends
 * cost O(n) copies; `max` counts the bytes of content, the closing NUL comes on top.
 * What is appended must not lie in the buffer itself: growing moves it.
 */
#include "base/str.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf.h"

#define BUF_FIRST  ((size_t)128)
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte)) /* in each byte of a word */

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = BUF_INIT(max_bytes);
}

void buf_free(struct buf *b)
{
    free(b->at);
    *b = BUF_INIT(b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->at)
        b->at[0] = '\0';
}

/* Makes room for `add` bytes and the NUL; false marks the buffer failed. */
static bool buf_grow(struct buf *b, size_t add)
{
    size_t need, cap;
    char *at;

    if (b->failed)
        return false;
    b->failed = true;
    if (add > b->max - b->len || add > (size_t)PTRDIFF_MAX - 1 - b->len)
        return false;
    need = b->len + add + 1;
    if (need > b->cap) {
        cap = b->cap ? b->cap * 2 : BUF_FIRST;
        if (cap > b->max)
            cap = b->max + 1;
        if (cap < need)
            cap = need;
        at = realloc(b->at, cap);
        if (!at)
            return false;
        b->at = at;
        b->cap = cap;
    }
    b->failed = false;
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_grow(b, len))
        return;
    if (len)
        memcpy(b->at + b->len, bytes, len);
    b->len += len;
    b->at[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    size_t room = b->at ? b->cap - b->len : 0;
    va_list ap;
    int n;

    if (b->failed)
        return;
    va_start(ap, fmt);
    n = vsnprintf(b->at ? b->at + b->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_grow(b, (size_t)n)) {
        b->failed = true;
        if (b->at)
            b->at[b->len] = '\0';
        return;
    }
    if ((size_t)n >= room) {
        va_start(ap, fmt);
        (void)vsnprintf(b->at + b->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
}

void buf_drop(struct buf *b, size_t len)
{
    if (!b->at)
        return;
    if (len > b->len)
        len = b->len;
    b->len -= len;
    memmove(b->at, b->at + len, b->len + 1);
}

char *buf_steal(struct buf *b)
{
    char *at = NULL;

    if (!b->failed) {
        at = b->at ? b->at : calloc(1, 1);
        b->at = NULL;
    }
    buf_free(b);
    return at;
}

const char *buf_text(const struct buf *b)
{
    return b->at ? b->at : "";
}

size_t str_json_escape(char out[8], uint32_t cp)
{
    static const char letter[0x80] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
    };

    if (cp < 0x80 && letter[cp]) {
        out[0] = '\\';
        out[1] = letter[cp];
        return 2;
    }
    if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 || cp == 0x2029)
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)cp & 0xffffU);
    return utf8_put(out, cp);
}

static bool json_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* How many of the eight bytes at `at` are plain before the first that is not. A high bit marks each that is
 * not; a carry may mark more, but only above one. */
static size_t json_plain_eight(const char *at)
{
    uint64_t w, odd;

    memcpy(&w, at, sizeof w);
    w = le64toh(w);
    odd = EACH(0x80) &
          (w | (w + EACH(1)) | (w - EACH(0x20)) | ((w ^ EACH('"')) - EACH(1)) | ((w ^ EACH('\\')) - EACH(1)));
    return odd ? (size_t)__builtin_ctzll(odd) / 8 : sizeof w;
}

/* The bytes at the start that stand in a JSON string as they are. */
static size_t json_run(const char *text, size_t len)
{
    char out[8];

    for (size_t n = 0;;) {
        size_t next = n;

        if (len - n >= sizeof(uint64_t))
            next += json_plain_eight(text + n);
        else if (n < len && json_plain(text[n]))
            next++;
        if (next == n && (n == len || (unsigned char)text[n] < 0x80 ||
                          str_json_escape(out, utf8_next(text, len, &next)) != next - n ||
                          memcmp(out, text + n, next - n) != 0))
            return n;
        n = next;
    }
}

void buf_json_string(struct buf *b, const char *text, size_t len)
{
    size_t pos = 0;
    char out[8];

    if (!buf_grow(b, len + 2)) /* no byte becomes less than one */
        return;
    buf_addc(b, '"');
    while (pos < len && !b->failed) {
        size_t run = json_run(text + pos, len - pos);

        buf_add(b, text + pos, run);
        pos += run;
        if (pos < len) {
            uint32_t cp = utf8_next(text, len, &pos);

            buf_add(b, out, str_json_escape(out, cp));
        }
    }
    buf_addc(b, '"');
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eqs(struct str a, const char *b)
{
    return str_eq(a, str_of(b));
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_ieqs(struct str a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b[i]))
            return false;
    }
    return true;
}

bool str_starts(struct str a, const char *prefix)
{
    size_t n = strlen(prefix);

    return n <= a.len && str_eq((struct str){ a.at, n }, (struct str){ prefix, n });
}

struct str str_of(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static bool ascii_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str a)
{
    while (a.len && ascii_space(a.at[0])) {
        a.at++;
        a.len--;
    }
    while (a.len && ascii_space(a.at[a.len - 1]))
        a.len--;
    return a;
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
    const char *end;

    if (!rest->at)
        return false;
    *part = *rest;
    end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
    if (!end) {
        *rest = (struct str){ 0 };
        return true;
    }
    part->len = (size_t)(end - rest->at);
    *rest = (struct str){ end + 1, rest->len - part->len - 1 };
    return true;
}

bool str_int(struct str a, int64_t lo, int64_t hi, int64_t *out)
{
    bool minus = a.len && a.at[0] == '-';
    int64_t n = 0;

    if (a.len == (minus ? 1 : 0))
        return false;
    for (size_t i = minus; i < a.len; i++) {
        int digit = a.at[i] - '0';

        /* downwards, because INT64_MIN has no positive twin */
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    if (!minus && __builtin_sub_overflow((int64_t)0, n, &n))
        return false;
    if (n < lo || n > hi)
        return false;
    *out = n;
    return true;
}
