/* SPDX-License-Identifier: Apache-2.0
 *
 * The request target, decoded once and only once. Whatever a proxy in front might have read
 * differently is refused rather than normalised: dot segments in any spelling, encoded slashes,
 * backslashes, control bytes, NUL, bad escapes, bytes outside ASCII, invalid UTF-8.
 */
#include "io/gate.h"

#include <string.h>

#include "base/utf.h"

static const struct gate_fault fault_target = { 400, "bad_request", "Malformed request target." };
static const struct gate_fault fault_dots = { 400, "bad_request",
                                              "Dot segments are not allowed in the path." };
static const struct gate_fault fault_authority = { 400, "bad_request",
                                                   "The target's host differs from the Host header." };

static int fail(struct gate_head *head, const struct gate_fault *why)
{
    head->fault = why;
    return X_E_INVALID;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at raw[*i] (escape resolved), *i past it; -1 = bad escape or a byte that must be escaped. */
static int next_byte(struct str raw, size_t *i, bool *escaped)
{
    unsigned char c = (unsigned char)raw.at[(*i)++];
    *escaped = c == '%';
    if (c != '%')
        return c > 0x20 && c < 0x7f && c != '#' ? c : -1;
    if (raw.len - *i < 2)
        return -1;
    int high = hex(raw.at[*i]), low = hex(raw.at[*i + 1]);
    *i += 2;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool has_dot_segment(const char *path)
{
    for (const char *p = path; p; p = strchr(p + 1, '/')) {
        size_t n = strcspn(p + 1, "/");
        if ((n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
            return true;
    }
    return false;
}

static int decode_path(struct gate_head *head, struct str raw, char *path, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.len;) {
        bool escaped;
        int c = next_byte(raw, &i, &escaped);
        if (c < 0x20 || c == 0x7f || c == '\\' || (escaped && c == '/') || n + 1 >= cap)
            return fail(head, &fault_target);
        path[n++] = (char)(unsigned char)c;
    }
    path[n] = '\0';
    if (!utf8_valid(path, n))
        return fail(head, &fault_target);
    return has_dot_segment(path) ? fail(head, &fault_dots) : 0;
}

/* Nobody decodes the query here, but what is decoded later must be text without NUL. */
static int check_query(struct gate_head *head, struct str raw, char *scratch, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.len;) {
        bool escaped;
        int c = next_byte(raw, &i, &escaped);
        if (c <= 0 || n == cap)
            return fail(head, &fault_target);
        scratch[n++] = (char)(unsigned char)c;
    }
    return utf8_valid(scratch, n) ? 0 : fail(head, &fault_target);
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* absolute-form (RFC 9112 section 3.2.2): allowed when it names the same host. */
static int strip_authority(struct gate_head *head, struct str *target)
{
    if (target->len < 8 || !str_ieqs((struct str){ target->at, 7 }, "http://"))
        return fail(head, &fault_target);
    struct str rest = { target->at + 7, target->len - 7 };
    size_t n = 0;
    while (n < rest.len && rest.at[n] != '/' && rest.at[n] != '?')
        n++;
    if (n == rest.len || rest.at[n] != '/')
        return fail(head, &fault_target);
    struct str authority = { rest.at, n };
    bool same = authority.len == head->host.len;
    for (size_t i = 0; same && i < n; i++)
        same = fold(authority.at[i]) == fold(head->host.at[i]);
    if (!same)
        return fail(head, &fault_authority);
    *target = (struct str){ rest.at + n, rest.len - n };
    return 0;
}

int gate_target(struct gate_head *head, char *path, size_t cap, struct str *query)
{
    struct str target = head->target;
    if (target.len == 0 || target.len >= cap)
        return fail(head, &fault_target);
    if (target.at[0] != '/') {
        int r = strip_authority(head, &target);
        if (r)
            return r;
    }
    const char *mark = memchr(target.at, '?', target.len);
    size_t n = mark ? (size_t)(mark - target.at) : target.len;
    *query = mark ? (struct str){ mark + 1, target.len - n - 1 } : (struct str){ target.at + n, 0 };
    int r = check_query(head, *query, path, cap);
    return r ? r : decode_path(head, (struct str){ target.at, n }, path, cap);
}
