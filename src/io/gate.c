/* SPDX-License-Identifier: Apache-2.0
 *
 * Request smuggling lives where two programs disagree about where a request ends, so the gate
 * takes one narrow reading of RFC 9112 and refuses the rest: CRLF only, no folding, no space
 * before the colon, one length, one Host, no transfer coding but "chunked". It does no I/O and
 * no allocation, and is fuzzed (tests/fuzz/gate_fuzz.c).
 */
#include "io/gate.h"

#include <string.h>

static const struct gate_fault fault_line = { 400, "bad_request", "Malformed request line." };
static const struct gate_fault fault_version = { 505, "bad_request",
                                                 "Only HTTP/1.0 and HTTP/1.1 are spoken here." };
static const struct gate_fault fault_field = { 400, "bad_request", "Malformed header field." };
static const struct gate_fault fault_fields = { 431, "payload_too_large", "Too many header fields." };
static const struct gate_fault fault_host = { 400, "bad_request",
                                              "Exactly one valid Host header is required." };
static const struct gate_fault fault_length = { 400, "bad_request", "Invalid or repeated Content-Length." };
static const struct gate_fault fault_coding = { 400, "bad_request",
                                                "Transfer-Encoding may only be a single \"chunked\"." };
static const struct gate_fault fault_framing = { 400, "bad_request",
                                                 "Content-Length and Transfer-Encoding exclude each other." };
static const struct gate_fault fault_twice = { 400, "bad_request",
                                               "A header that may come once came twice." };
static const struct gate_fault fault_upgrade = { 400, "bad_request",
                                                 "A websocket upgrade is a GET without a body." };

static int fail(struct gate_head *head, const struct gate_fault *why)
{
    head->fault = why;
    return X_E_INVALID;
}

static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (!is_alnum(c) && (!c || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.len > 0;
}

/* RFC 9110 section 5.5, with tab and obs-text: both are inert. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

ptrdiff_t gate_scan(const char *bytes, size_t len, size_t from)
{
    /* A line end may straddle two arrivals: look again at the last three bytes. */
    for (size_t i = from > 3 ? from - 3 : 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 || c == '\t')
            continue;
        if (c == '\r' && (i + 1 == len || bytes[i + 1] == '\n'))
            continue;
        if (c != '\n' || i == 0 || bytes[i - 1] != '\r')
            return -1;
        if (i >= 3 && bytes[i - 2] == '\n' && bytes[i - 3] == '\r')
            return (ptrdiff_t)i + 1;
    }
    return 0;
}

static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (!is_alnum(c) && (!c || !strchr("-._~:[]", c)))
            return false;
    }
    return s.len > 0;
}

static int field_host(struct gate_head *head, struct str value)
{
    if (head->host.at || !is_host(value))
        return fail(head, &fault_host);
    head->host = value;
    return 0;
}

static int field_length(struct gate_head *head, struct str value)
{
    /* 15 digits are far more than any cap here and cannot overflow; no sign, no list. */
    if (head->length >= 0 || value.len == 0 || value.len > 15)
        return fail(head, &fault_length);
    int64_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return fail(head, &fault_length);
        n = n * 10 + (value.at[i] - '0');
    }
    head->length = n;
    return 0;
}

static int field_coding(struct gate_head *head, struct str value)
{
    if (head->chunked || !str_ieqs(value, "chunked"))
        return fail(head, &fault_coding);
    head->chunked = true;
    return 0;
}

static int field_connection(struct gate_head *head, struct str value)
{
    struct str option;
    while (str_cut(&value, ',', &option))
        if (str_ieqs(str_trim(option), "upgrade"))
            head->connection_upgrade = true;
    return 0;
}

static int field_forwarded(struct gate_head *head, struct str value)
{
    if (head->forwardeds == GATE_FORWARDED_MAX)
        return fail(head, &fault_fields);
    head->forwarded[head->forwardeds++] = value;
    return 0;
}

static int once(struct gate_head *head, struct str *slot, struct str value)
{
    if (slot->at)
        return fail(head, &fault_twice);
    *slot = value;
    return 0;
}

static int field_upgrade(struct gate_head *head, struct str value)
{
    return once(head, &head->upgrade, value);
}

static int field_origin(struct gate_head *head, struct str value)
{
    return once(head, &head->origin, value);
}

static int field_ws_key(struct gate_head *head, struct str value)
{
    return once(head, &head->ws_key, value);
}

static int field_ws_version(struct gate_head *head, struct str value)
{
    return once(head, &head->ws_version, value);
}

static int field_ws_protocol(struct gate_head *head, struct str value)
{
    return once(head, &head->ws_protocol, value);
}

static int field_request_id(struct gate_head *head, struct str value)
{
    return once(head, &head->request_id, value);
}

static const struct {
    const char *name;
    int (*take)(struct gate_head *head, struct str value);
} known[] = {
    { "Host", field_host },
    { "Content-Length", field_length },
    { "Transfer-Encoding", field_coding },
    { "Connection", field_connection },
    { "Upgrade", field_upgrade },
    { "Origin", field_origin },
    { "X-Request-ID", field_request_id },
    { "X-Forwarded-For", field_forwarded },
    { "Sec-WebSocket-Key", field_ws_key },
    { "Sec-WebSocket-Version", field_ws_version },
    { "Sec-WebSocket-Protocol", field_ws_protocol },
};

static bool is_version(struct str v)
{
    return v.len == 8 && str_starts(v, "HTTP/") && v.at[5] >= '0' && v.at[5] <= '9' && v.at[6] == '.' &&
           v.at[7] >= '0' && v.at[7] <= '9';
}

int gate_begin(struct gate_head *head, struct str method, struct str target, struct str version)
{
    *head = (struct gate_head){ .method = method, .target = target, .length = -1 };
    if (!is_token(method) || method.len > 32 || target.len == 0 || !is_version(version))
        return fail(head, &fault_line);
    if (version.at[5] != '1' || version.at[7] > '1')
        return fail(head, &fault_version);
    head->minor = version.at[7] - '0';
    return 0;
}

int gate_field(struct gate_head *head, struct str name, struct str value)
{
    if (++head->fields > GATE_FIELDS_MAX)
        return fail(head, &fault_fields);
    if (!is_token(name) || !is_value(value))
        return fail(head, &fault_field);
    value = str_trim(value);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_ieqs(name, known[i].name))
            return known[i].take(head, value);
    return 0;
}

int gate_finish(struct gate_head *head)
{
    if (!head->host.at && head->minor > 0)
        return fail(head, &fault_host);
    if (head->chunked && (head->length >= 0 || head->minor == 0))
        return fail(head, &fault_framing);
    /* Other protocols (h2c) are not spoken: the field is ignored, as RFC 9110 section 7.8 allows. */
    if (!head->connection_upgrade || head->minor == 0 || !str_ieqs(head->upgrade, "websocket"))
        return 0;
    if (!str_eqs(head->method, "GET") || head->chunked || head->length >= 0)
        return fail(head, &fault_upgrade);
    head->websocket = true;
    return 0;
}

/* The line at *rest without its CRLF; gate_scan has seen to it that there is one. */
static struct str line_next(struct str *rest)
{
    const char *lf = memchr(rest->at, '\n', rest->len);
    size_t len = lf ? (size_t)(lf - rest->at) : rest->len;
    struct str line = { rest->at, len };
    size_t step = lf ? len + 1 : len;
    rest->at += step;
    rest->len -= step;
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static int read_request_line(struct gate_head *head, struct str line)
{
    struct str method, target, version;
    str_cut(&line, ' ', &method);
    if (!line.at || !str_cut(&line, ' ', &target) || !line.at || !str_cut(&line, ' ', &version) || line.at) {
        *head = (struct gate_head){ .length = -1 };
        return fail(head, &fault_line);
    }
    return gate_begin(head, method, target, version);
}

int gate_read(struct gate_head *head, const char *bytes, size_t len)
{
    struct str rest = { bytes, len };
    int r = read_request_line(head, line_next(&rest));
    while (r == 0 && rest.len) {
        struct str line = line_next(&rest);
        if (line.len == 0)
            break;
        const char *colon = memchr(line.at, ':', line.len);
        if (!colon)
            return fail(head, &fault_field);
        size_t n = (size_t)(colon - line.at);
        /* A folded line begins with white space and so fails as a field name. */
        r = gate_field(head, (struct str){ line.at, n }, (struct str){ colon + 1, line.len - n - 1 });
    }
    return r ? r : gate_finish(head);
}
