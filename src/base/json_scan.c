/* SPDX-License-Identifier: Apache-2.0
 *
 * A recursive descent over RFC 8259's grammar that builds nothing. Recursion is safe
 * because depth is counted first. The keys of all open objects are kept as spans on one
 * stack; when an object closes its own are sorted and neighbours compared, which makes
 * a hostile object of 100,000 keys cost n log n and not n squared.
 *
 * Limits: JSON_DEPTH_MAX, JSON_NUMBER_MAX; U+0000 is refused in every spelling, since the
 * strings end up NUL-terminated; numbers beyond a double are refused, precision beyond
 * it is lost silently (ids travel as strings).
 */
#include "base/json_scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf.h"

#define KEY_SHOWN_MAX 40

struct key {
    const char *at;
    size_t len;
    bool escaped;
};

struct scan {
    const char *text;
    size_t len, pos, depth;
    struct key *key;
    size_t keys, keys_cap;
    struct err *err;
};

static int scan_value(struct scan *s);

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint32_t hex4(const char *at)
{
    uint32_t n = 0;

    for (int i = 0; i < 4; i++)
        n = n << 4 | (uint32_t)(is_digit(at[i]) ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    return n;
}

size_t json_skip_space(const char *text, size_t len, size_t pos)
{
    while (pos < len && (text[pos] == ' ' || text[pos] == '\n' || text[pos] == '\t' || text[pos] == '\r'))
        pos++;
    return pos;
}

/* Just after a quote: the offset after the closing one. */
static size_t skip_string(const char *text, size_t len, size_t pos)
{
    while (pos < len && text[pos] != '"')
        pos += text[pos] == '\\' ? 2 : 1;
    return pos < len ? pos + 1 : len;
}

size_t json_skip_value(const char *text, size_t len, size_t pos)
{
    size_t depth = 0;

    while (pos < len) {
        char c = text[pos++];

        if (c == '"')
            pos = skip_string(text, len, pos);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth)
            depth--;
        else if (depth == 0)
            while (pos < len && !memchr(",]} \t\r\n", text[pos], 7))
                pos++;
        if (depth == 0)
            break;
    }
    return pos;
}

uint32_t json_string_next(const char *text, size_t len, size_t *pos)
{
    static const char letter[] = "bfnrt", control[] = "\b\f\n\r\t";
    const char *found;
    uint32_t cp, low;

    if (text[*pos] != '\\' || len - *pos < 2)
        return utf8_next(text, len, pos);
    *pos += 2;
    if (text[*pos - 1] != 'u' || len - *pos < 4) {
        found = strchr(letter, text[*pos - 1]);
        return found && *found ? (unsigned char)control[found - letter] : (unsigned char)text[*pos - 1];
    }
    cp = hex4(text + *pos);
    *pos += 4;
    if (cp < 0xD800 || cp > 0xDBFF || len - *pos < 6)
        return cp;
    low = hex4(text + *pos + 2);
    *pos += 6;
    return 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
}

/* The character at the fault, for a message: never more of the text than that. */
static int unexpected(struct scan *s, const char *wanted)
{
    char c;

    if (s->pos >= s->len)
        return err_set(s->err, X_E_INVALID, "expected %s, but the text ends", wanted);
    c = s->text[s->pos];
    if (c > ' ' && c < 0x7F)
        return err_set(s->err, X_E_INVALID, "expected %s, found '%c'", wanted, c);
    return err_set(s->err, X_E_INVALID, "expected %s, found byte 0x%02x", wanted, (unsigned)(unsigned char)c);
}

static int fail_at(struct scan *s, size_t pos, const char *what)
{
    s->pos = pos;
    return err_set(s->err, X_E_INVALID, "%s", what);
}

static bool here(const struct scan *s, char c)
{
    return s->pos < s->len && s->text[s->pos] == c;
}

static void skip_space(struct scan *s)
{
    s->pos = json_skip_space(s->text, s->len, s->pos);
}

/* Four digits after "\u" at s->pos; the second half of a pair is checked with the first. */
static int scan_unicode(struct scan *s)
{
    const char *at = s->text + s->pos;
    size_t left = s->len - s->pos, start = s->pos - 2;
    uint32_t cp;

    for (size_t i = 0; i < 4; i++) {
        if (i >= left || !is_hex(at[i]))
            return fail_at(s, start, "\\u needs four hexadecimal digits");
    }
    s->pos += 4;
    cp = hex4(at);
    if (cp == 0)
        return fail_at(s, start, "NUL character in a string");
    if (cp < 0xD800 || cp > 0xDFFF)
        return 0;
    if (cp > 0xDBFF || left < 10 || at[4] != '\\' || at[5] != 'u')
        return fail_at(s, start, "lone surrogate");
    for (size_t i = 6; i < 10; i++) {
        if (!is_hex(at[i]))
            return fail_at(s, start, "lone surrogate");
    }
    cp = hex4(at + 6);
    if (cp < 0xDC00 || cp > 0xDFFF)
        return fail_at(s, start, "lone surrogate");
    s->pos += 6;
    return 0;
}

static int scan_escape(struct scan *s)
{
    char c = s->pos + 1 < s->len ? s->text[s->pos + 1] : '\0';

    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return fail_at(s, s->pos, "unknown escape in a string");
    s->pos += 2;
    return c == 'u' ? scan_unicode(s) : 0;
}

/* At the opening quote. Bytes above ASCII are checked in whole runs, by utf8_valid. */
static int scan_string(struct scan *s, bool *escaped)
{
    size_t open = s->pos++;
    int rc;

    while (s->pos < s->len && s->text[s->pos] != '"') {
        unsigned char c = (unsigned char)s->text[s->pos];

        if (c == '\\') {
            *escaped = true;
            rc = scan_escape(s);
            if (rc)
                return rc;
        } else if (c == 0) {
            return fail_at(s, s->pos, "NUL character in a string");
        } else if (c < 0x20) {
            return fail_at(s, s->pos, "control character in a string: write it as \\n, \\t or \\u00XX");
        } else if (c < 0x80) {
            s->pos++;
        } else {
            size_t at = s->pos;

            if (utf8_next(s->text, s->len, &s->pos) == 0xFFFD && s->pos == at + 1)
                return fail_at(s, at, "not valid UTF-8");
        }
    }
    if (s->pos >= s->len)
        return fail_at(s, open, "string without an end");
    s->pos++;
    return 0;
}

static int scan_digits(struct scan *s)
{
    if (s->pos >= s->len || !is_digit(s->text[s->pos]))
        return unexpected(s, "a digit");
    while (s->pos < s->len && is_digit(s->text[s->pos]))
        s->pos++;
    return 0;
}

static int scan_number_end(struct scan *s, size_t start)
{
    char copy[JSON_NUMBER_MAX + 1];
    size_t n = s->pos - start;

    if (n > JSON_NUMBER_MAX) {
        s->pos = start;
        return err_set(s->err, X_E_LIMIT, "number longer than %d bytes", JSON_NUMBER_MAX);
    }
    memcpy(copy, s->text + start, n);
    copy[n] = '\0';
    return isfinite(strtod(copy, NULL)) ? 0 : fail_at(s, start, "number too large");
}

static int scan_number(struct scan *s)
{
    size_t start = s->pos;
    int rc;

    s->pos += here(s, '-');
    if (here(s, '0')) {
        s->pos++;
        if (s->pos < s->len && is_digit(s->text[s->pos]))
            return fail_at(s, start, "number with a leading zero");
    } else {
        rc = scan_digits(s);
        if (rc)
            return rc;
    }
    if (here(s, '.')) {
        s->pos++;
        rc = scan_digits(s);
        if (rc)
            return rc;
    }
    if (here(s, 'e') || here(s, 'E')) {
        s->pos++;
        s->pos += here(s, '+') || here(s, '-');
        rc = scan_digits(s);
        if (rc)
            return rc;
    }
    return scan_number_end(s, start);
}

static int scan_word(struct scan *s)
{
    static const char *const word[] = { "true", "false", "null" };

    for (size_t i = 0; i < ARRAY_LEN(word); i++) {
        size_t n = strlen(word[i]);

        if (s->len - s->pos >= n && memcmp(s->text + s->pos, word[i], n) == 0) {
            s->pos += n;
            return 0;
        }
    }
    return unexpected(s, "a value");
}

static int key_push(struct scan *s, size_t from, size_t to, bool escaped)
{
    if (s->keys == s->keys_cap) {
        size_t cap = s->keys_cap ? s->keys_cap * 2 : 32;
        struct key *more = reallocarray(s->key, cap, sizeof *more);

        if (!more)
            return err_set(s->err, -ENOMEM, "out of memory");
        s->key = more;
        s->keys_cap = cap;
    }
    s->key[s->keys++] = (struct key){ s->text + from, to - from, escaped };
    return 0;
}

static int order(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* By what the keys say, not by how they are spelt: "a" and "\u0061" are one. */
static int key_compare(const struct key *a, const struct key *b)
{
    size_t i = 0, j = 0;

    if (!a->escaped && !b->escaped) {
        int by_bytes = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);

        return by_bytes ? by_bytes : order(a->len, b->len);
    }
    while (i < a->len && j < b->len) {
        int by_cp = order(json_string_next(a->at, a->len, &i), json_string_next(b->at, b->len, &j));

        if (by_cp)
            return by_cp;
    }
    return order(i < a->len, j < b->len);
}

static int key_order(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int by_text = key_compare(x, y);

    return by_text ? by_text : order((uintptr_t)x->at, (uintptr_t)y->at);
}

static int duplicate(struct scan *s, const struct key *k)
{
    bool plain = k->len <= KEY_SHOWN_MAX;

    s->pos = (size_t)(k->at - s->text) - 1;
    for (size_t i = 0; plain && i < k->len; i++)
        plain = is_digit(k->at[i]) || ((k->at[i] | 0x20) >= 'a' && (k->at[i] | 0x20) <= 'z') ||
                strchr("_-.", k->at[i]);
    if (plain)
        return err_set(s->err, X_E_INVALID, "duplicate key \"%.*s\"", (int)k->len, k->at);
    return err_set(s->err, X_E_INVALID, "duplicate key");
}

/* The object whose keys begin at `base` is complete: the first key said twice, or 0. */
static int keys_close(struct scan *s, size_t base)
{
    const struct key *worst = NULL;
    size_t n = s->keys - base;

    if (n > 1)
        qsort(s->key + base, n, sizeof *s->key, key_order);
    for (size_t i = base + 1; i < s->keys; i++) {
        if (key_compare(&s->key[i - 1], &s->key[i]) == 0 && (!worst || s->key[i].at < worst->at))
            worst = &s->key[i];
    }
    s->keys = base;
    return worst ? duplicate(s, worst) : 0;
}

static int scan_member(struct scan *s)
{
    size_t open = s->pos;
    bool escaped = false;
    int rc;

    if (!here(s, '"'))
        return unexpected(s, "a key in double quotes");
    rc = scan_string(s, &escaped);
    if (rc == 0)
        rc = key_push(s, open + 1, s->pos - 1, escaped);
    if (rc)
        return rc;
    skip_space(s);
    if (!here(s, ':'))
        return unexpected(s, "':' after a key");
    s->pos++;
    return scan_value(s);
}

/* After a member or an element: sets *closed behind the closing bracket, else stands at the next item. */
static int scan_between(struct scan *s, char close, bool *closed)
{
    size_t comma = s->pos;

    if (here(s, close)) {
        s->pos++;
        *closed = true;
        return 0;
    }
    if (!here(s, ','))
        return unexpected(s, close == '}' ? "',' or '}'" : "',' or ']'");
    s->pos++;
    skip_space(s);
    return here(s, close) ? fail_at(s, comma, "comma after the last item") : 0;
}

/* At '{' or '[', depth already counted. */
static int scan_items(struct scan *s, char close)
{
    size_t base = s->keys;
    bool closed;
    int rc = 0;

    s->pos++;
    skip_space(s);
    closed = here(s, close);
    s->pos += closed;
    while (rc == 0 && !closed) {
        rc = close == '}' ? scan_member(s) : scan_value(s);
        if (rc)
            break;
        skip_space(s);
        rc = scan_between(s, close, &closed);
    }
    return rc ? rc : close == '}' ? keys_close(s, base) : 0;
}

static int scan_value(struct scan *s)
{
    bool escaped;
    char c;
    int rc;

    skip_space(s);
    c = s->pos < s->len ? s->text[s->pos] : '\0';
    if (c == '"')
        return scan_string(s, &escaped);
    if (c == '-' || is_digit(c))
        return scan_number(s);
    if (c != '{' && c != '[')
        return scan_word(s);
    if (s->depth == JSON_DEPTH_MAX)
        return err_set(s->err, X_E_LIMIT, "nested deeper than %d", JSON_DEPTH_MAX);
    s->depth++;
    rc = scan_items(s, c == '{' ? '}' : ']');
    s->depth--;
    return rc;
}

int json_scan(const char *text, size_t len, size_t *fault, struct err *err)
{
    struct scan s = { .text = text, .len = len, .err = err };
    int rc;

    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        rc = fail_at(&s, 0, "byte order mark: save the text as UTF-8 without one");
    } else {
        rc = scan_value(&s);
        if (rc == 0) {
            skip_space(&s);
            rc = s.pos < s.len ? unexpected(&s, "nothing after the value") : 0;
        }
    }
    free(s.key);
    *fault = s.pos;
    return rc;
}
