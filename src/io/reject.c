/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place that writes an HTTP answer by hand: status line, date, error body of answer.h.
 */
#include "io/reject.h"

#include <string.h>
#include <time.h>

#include <parley/answer.h>
#include <parley/clock.h>

#include "base/rand.h"

#define REJECT_BYTES_MAX 4096
#define UPGRADE_TO       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"

const struct gate_fault reject_too_many = { 503, "busy", "Too many connections. Please try again shortly." };
const struct gate_fault reject_draining = { 503, "draining", "The server is shutting down." };
const struct gate_fault reject_head_size = { 431, "payload_too_large", "The request head is too large." };
const struct gate_fault reject_body_size = { 413, "payload_too_large", "The request body is too large." };
const struct gate_fault reject_slow_head = { 408, "timeout", "The request head took too long." };
const struct gate_fault reject_slow_body = { 408, "timeout", "The request body took too long." };
const struct gate_fault reject_not_found = { 404, "not_found", "There is nothing at this path." };
const struct gate_fault reject_method = { 405, "method_not_allowed", "This path does not take that method." };
const struct gate_fault reject_origin = { 403, "forbidden", "This origin may not connect." };
const struct gate_fault reject_no_upgrade = { 426, "bad_request",
                                              "Open a websocket on a connection of its own." };
const struct gate_fault reject_ws_version = { 426, "bad_request",
                                              "Only websocket version 13 is spoken here." };
const struct gate_fault reject_ws_fields = { 400, "bad_request",
                                             "A websocket upgrade needs a valid key and no subprotocol." };

static const char *phrase(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 426:
        return "Upgrade Required";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Error";
    }
}

static bool is_request_id(struct str s)
{
    if (s.len < 8 || s.len >= REQUEST_ID_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

void reject_request_id(char out[REQUEST_ID_BYTES], struct str given)
{
    if (!is_request_id(given)) {
        ulid_new(out);
        return;
    }
    memcpy(out, given.at, given.len);
    out[given.len] = '\0';
}

/* IMF-fixdate (RFC 9110 section 5.6.7), independent of the locale. */
static void add_date(struct buf *out)
{
    static const char day[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char month[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t now = (time_t)(clock_wall_ms() / 1000);
    struct tm tm;
    if (!gmtime_r(&now, &tm))
        return;
    buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", day[tm.tm_wday], tm.tm_mday,
               month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void reject_render(struct buf *out, const struct gate_fault *why, const char *extra, const char *request_id,
                   bool head_only)
{
    struct buf body = BUF_INIT(REJECT_BYTES_MAX);
    (void)answer_error(why->code, why->message, NULL, request_id, &body);
    buf_printf(out, "HTTP/1.1 %d %s\r\n", why->status, phrase(why->status));
    add_date(out);
    buf_adds(out, why->status == 426 ? "Connection: close, Upgrade\r\n" UPGRADE_TO : "Connection: close\r\n");
    buf_printf(out,
               "Content-Type: application/json\r\nContent-Length: %zu\r\nX-Request-ID: %s\r\n"
               "X-Content-Type-Options: nosniff\r\n%s\r\n",
               body.len, request_id, extra);
    if (!head_only)
        buf_add(out, buf_text(&body), body.len);
    buf_free(&body);
}

void reject_send_as(struct lingers *l, int fd, const struct gate_fault *why, const char *extra,
                    const char *request_id, bool head_only)
{
    struct buf out = BUF_INIT(REJECT_BYTES_MAX);
    reject_render(&out, why, extra, request_id, head_only);
    linger_send(l, fd, out.at, out.failed ? 0 : out.len);
    buf_free(&out);
}

void reject_send(struct lingers *l, int fd, const struct gate_fault *why, const char *extra,
                 const struct gate_head *head)
{
    char request_id[REQUEST_ID_BYTES];
    reject_request_id(request_id, head ? head->request_id : (struct str){ 0 });
    reject_send_as(l, fd, why, extra, request_id, head && str_eqs(head->method, "HEAD"));
}
