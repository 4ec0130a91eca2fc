/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP client: curl multi on uv_poll (the one file that includes curl). Loop thread only.
 * TLS peer and host are always verified; only http and https; no redirects; no cookies.
 * Callbacks never run inside http_start; after done() or http_cancel() the call is gone.
 * Every function may be called inside any callback. Connections are kept and reused; a POST
 * or PATCH whose connection dies before the answer is never sent a second time by itself.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "io/loop.h"

enum http_end {
    HTTP_OK,      /* whole answer read; look at the status */
    HTTP_CONNECT, /* DNS, refused, TLS, reset before a whole answer head; perhaps sent */
    HTTP_CUT,     /* reset or short after the head, undecodable, coded twice, or body_part said stop */
    HTTP_TIMEOUT_CONNECT,
    HTTP_TIMEOUT_FIRST_BYTE, /* of the body; the clock starts when the request is sent */
    HTTP_TIMEOUT_IDLE,       /* no body byte for idle_ms (paused time does not count) */
    HTTP_TIMEOUT_TOTAL,
    HTTP_TOO_BIG, /* over body_cap_bytes, after decompression; or the head over HTTP_HEAD_MAX */
};

#define HTTP_HEAD_MAX (256U << 10) /* bytes of all headers and trailers of one answer */
#define HTTP_BODY_MAX (8U << 20)   /* the cap where a request names none */

struct http_request {
    const char *method; /* "GET", "POST", "PATCH", "PUT", "DELETE" */
    const char *url;
    const char *const *header; /* "Name: value", `headers` of them; copied; CR or LF in one is refused */
    size_t headers;
    const void *body; /* copied */
    size_t body_len;
    const char *proxy; /* its URL; NULL or "" = as the environment says, and never to this machine */
    bool ipv4;         /* not by IPv6 */
    bool fresh;        /* a new connection, not one kept from before */
    int connect_ms, first_byte_ms, idle_ms, total_ms; /* 0 = none */
    int64_t body_cap_bytes;                           /* 0 = HTTP_BODY_MAX */
    void *ctx;
    /* May be NULL. The answer's status and one look at its headers (http_header) before the first
     * body byte. */
    void (*head)(void *ctx, int status);
    /* May be NULL. 0, or X_E_FULL: these bytes were NOT taken; they come again after http_resume.
     * Anything else ends the call as HTTP_CUT. */
    int (*body_part)(void *ctx, const char *bytes, size_t len);
    /* Must. `status` is 0 when there was no whole head; `detail` is "" after HTTP_OK, and never
     * holds the path or a header (tokens live there). */
    void (*done)(void *ctx, enum http_end how, int status, const char *detail);
};

struct http;
struct http_call;

int http_open(struct http **out, struct loop *l, struct err *err);
/* 0, X_E_INVALID (URL, method, header), X_E_CLOSED after http_close, -ENOMEM. */
int http_start(struct http *h, const struct http_request *req, struct http_call **out, struct err *err);
void http_resume(struct http_call *c);         /* takes effect in a later loop round */
void http_hasten(struct http_call *c, int ms); /* at most so long from now, whatever the request said */
void http_cancel(struct http_call *c);         /* no more callbacks; allowed inside a callback */
/* A response header's value ("retry-after", lower case) inside head/body/done; NULL = absent. */
const char *http_header(const struct http_call *c, const char *name);
/* While it runs, and inside done: whether any of the request may have left. False: nobody has seen it. */
bool http_sent(const struct http_call *c);
size_t http_running(const struct http *h);
/* Cancels everything; handles close as the loop runs on, before loop_run returns. Free happens in the
 * last close callback. */
void http_close(struct http *h);

#endif
