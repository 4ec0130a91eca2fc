/* SPDX-License-Identifier: Apache-2.0
 *
 * One transfer as curl reports it: connected, head, body; and its clock. The time-outs are
 * our own, one timer per call: curl's low-speed check is seconds off. Any callback may
 * find its call already ended by the user, who may do so inside the very callback.
 */
#include "io/http_call.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HTTP_ROUND_BYTES (256U << 10) /* of one call in one loop round */

/* ---- one call's clock ---- */

int64_t http_call_deadline(const struct http_call *c, enum http_end *why)
{
    const struct http_request *r = &c->req;
    int limit = 0;
    int64_t at = INT64_MAX;
    switch (c->phase) {
    case CONNECTING:
        limit = r->connect_ms;
        *why = HTTP_TIMEOUT_CONNECT;
        break;
    case WAITING:
        limit = r->first_byte_ms;
        *why = HTTP_TIMEOUT_FIRST_BYTE;
        break;
    case READING:
        limit = c->paused ? 0 : r->idle_ms;
        *why = HTTP_TIMEOUT_IDLE;
        break;
    }
    if (limit > 0)
        at = c->phase_ms + limit;
    if (r->total_ms > 0 && c->started_ms + r->total_ms <= at) {
        at = c->started_ms + r->total_ms;
        *why = HTTP_TIMEOUT_TOTAL;
    }
    return at;
}

void http_call_arm(struct http_call *c)
{
    enum http_end why;
    int64_t at = http_call_deadline(c, &why);
    if (at >= c->armed_ms)
        return;
    c->armed_ms = at;
    timer_start(&c->timer, at - (int64_t)uv_now(&c->h->loop->uv));
}

void http_call_enter(struct http_call *c, enum phase phase)
{
    c->phase = phase;
    c->phase_ms = (int64_t)uv_now(&c->h->loop->uv);
    http_call_arm(c);
}

void http_call_judge(struct http_call *c, enum http_end how, const char *text)
{
    if (c->verdict)
        return;
    c->why = how;
    c->verdict = text;
}

void http_hasten(struct http_call *c, int ms)
{
    int64_t total_ms = (int64_t)uv_now(&c->h->loop->uv) - c->started_ms + ms;
    if (c->ended || (c->req.total_ms > 0 && c->req.total_ms <= total_ms))
        return;
    c->req.total_ms = (int)total_ms;
    http_call_arm(c);
}

/* ---- curl's callbacks ---- */

/* CURLOPT_PREREQFUNCTION: connected, about to send. A second time means that curl replaces a
 * connection that died in the meantime; only the caller knows whether that may be tried. */
static int on_request(void *ctx, char *ip X_UNUSED, char *local X_UNUSED, int port X_UNUSED,
                      int local_port X_UNUSED)
{
    struct http_call *c = ctx;
    if (c->ended)
        return CURL_PREREQFUNC_ABORT;
    if (c->sends++ && c->once) {
        http_call_judge(c, HTTP_CONNECT, "the connection was lost before an answer");
        return CURL_PREREQFUNC_ABORT;
    }
    http_call_enter(c, WAITING);
    return CURL_PREREQFUNC_OK;
}

/* CURLOPT_XFERINFOFUNCTION, for large bodies only: sending is progress too. */
static int on_progress(void *ctx, curl_off_t dltotal X_UNUSED, curl_off_t dlnow X_UNUSED,
                       curl_off_t ultotal X_UNUSED, curl_off_t ulnow)
{
    struct http_call *c = ctx;
    if (!c->ended && c->phase == WAITING && ulnow > c->sent) {
        c->sent = ulnow;
        c->phase_ms = (int64_t)uv_now(&c->h->loop->uv);
    }
    return c->ended;
}

static const struct curl_header *header_of(const struct http_call *c, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(c->easy, name, 0, CURLH_HEADER, -1, &found) ? NULL : found;
}

const char *http_header(const struct http_call *c, const char *name)
{
    const struct curl_header *found = header_of(c, name);
    return found ? found->value : NULL;
}

bool http_sent(const struct http_call *c)
{
    return c->sends > 0;
}

/* Coded twice, 16 KiB that were read become gigabytes inside curl before anybody is asked to take them: a
 * reader who pauses would let it keep 64 MiB. Nobody has a reason to; and we ask for no transfer coding. */
static bool coded_twice(struct http_call *c)
{
    const struct curl_header *content = header_of(c, "content-encoding");
    bool twice = content && (content->amount > 1 || strchr(content->value, ','));
    c->coded = content != NULL;
    const struct curl_header *transfer = header_of(c, "transfer-encoding"); /* the first one is void now */
    return twice || (transfer && (transfer->amount > 1 || strcasecmp(transfer->value, "chunked") != 0));
}

static size_t on_header(char *line, size_t one X_UNUSED, size_t len, void *ctx)
{
    struct http_call *c = ctx;
    long status = 0;
    if (c->ended)
        return 0;
    c->head_bytes += (int64_t)len;
    if (c->head_bytes > HTTP_HEAD_MAX) {
        http_call_judge(c, HTTP_TOO_BIG, "the answer's head is too big");
        return 0;
    }
    if (c->status || (line[0] != '\r' && line[0] != '\n'))
        return len;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return len; /* 100, 103: the real one follows */
    c->status = (int)status;
    if (c->req.head)
        c->req.head(c->req.ctx, c->status);
    if (coded_twice(c))
        http_call_judge(c, HTTP_CUT, "the answer is coded more than once");
    return c->ended || c->verdict ? 0 : len;
}

/* A compressed answer is not stopped: curl would have to keep what it has inflated. */
static bool round_is_over(struct http_call *c, size_t len)
{
    if (c->round != c->h->round)
        c->in_round = 0;
    c->round = c->h->round;
    c->in_round += len;
    return c->in_round > HTTP_ROUND_BYTES && !c->coded;
}

static size_t on_body(char *bytes, size_t one X_UNUSED, size_t len, void *ctx)
{
    struct http_call *c = ctx;
    if (c->ended)
        return 0;
    http_call_enter(c, READING);
    if (c->taken + (int64_t)len > c->req.body_cap_bytes) {
        http_call_judge(c, HTTP_TOO_BIG, "the answer is too big");
        return 0;
    }
    if (round_is_over(c, len)) {
        c->paused = c->resume = true;
        http_call_later(c);
        return CURL_WRITEFUNC_PAUSE;
    }
    int r = c->req.body_part ? c->req.body_part(c->req.ctx, bytes, len) : 0;
    if (c->ended)
        return 0;
    if (r == X_E_FULL) {
        c->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (r) {
        http_call_judge(c, HTTP_CUT, "the reader stopped");
        return 0;
    }
    c->taken += (int64_t)len;
    return len;
}

int http_call_setup(struct http_call *c)
{
    CURL *e = c->easy;
    CURLcode bad = CURLE_OK;
    bad |= curl_easy_setopt(e, CURLOPT_PRIVATE, c);
    bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->curl_says);
    bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, "parley/" PARLEY_VERSION);
    bad |= curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
    bad |= curl_easy_setopt(e, CURLOPT_PREREQDATA, c);
    bad |= curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(e, CURLOPT_XFERINFODATA, c);
    bad |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    bad |= curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    return bad ? -ENOMEM : 0;
}
