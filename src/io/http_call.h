/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the HTTP client, shared by its three files and nobody else: http.c (the
 * multi handle on the loop, and the interface), http_call.c (one transfer as curl reports
 * it), http_request.c (what is to be sent). Only they see curl.
 */
#ifndef IO_HTTP_CALL_H
#define IO_HTTP_CALL_H

#include <curl/curl.h>

#include "io/fdwatch.h"
#include "io/http.h"

struct http {
    struct loop *loop;
    CURLM *multi;
    CURLU *url;         /* scratch */
    struct timer timer; /* curl's */
    uv_check_t check;   /* runs after poll while calls are overdue */
    struct task task;
    struct fdwatch watch;
    struct http_call *running, *idle;
    struct http_call *later, **later_end;
    size_t idles, count; /* resting calls; running calls not ended */
    size_t handles;      /* not yet closed */
    unsigned round;      /* counts entries into curl */
    int busy;            /* depth of entries from the loop */
    bool in_curl, posted, closing;
};

enum phase { CONNECTING, WAITING, READING };

struct http_call {
    /* for life */
    struct http *h;
    CURL *easy;
    struct timer timer;
    /* for one use: zeroed before the next */
    struct http_call *next, **link; /* in running or idle */
    struct http_call *later;
    struct curl_slist *header;
    void *body;
    struct http_request req; /* its pointers are void, but for ctx and the callbacks */
    enum phase phase;
    int64_t started_ms, phase_ms, armed_ms; /* armed_ms: when the timer fires, INT64_MAX = never */
    int64_t taken, head_bytes;
    size_t in_round; /* bytes taken in `round` */
    unsigned round;
    curl_off_t sent;
    int status, sends;
    enum http_end why; /* once there is a `verdict`: curl's own no longer counts */
    const char *verdict;
    bool ended, added, paused, resume, on_later, once, overdue, coded;
    char curl_says[CURL_ERROR_SIZE];
};

/* ---- http_call.c ---- */

/* The options of a fresh curl handle that never change: it is used again and again. */
int http_call_setup(struct http_call *c);
/* The clock of the next phase starts now. */
void http_call_enter(struct http_call *c, enum phase phase);
/* Sets the timer unless it already fires in time: a deadline that moved away is noticed then. */
void http_call_arm(struct http_call *c);
/* When the call must end, and as what; INT64_MAX = no limit applies now. */
int64_t http_call_deadline(const struct http_call *c, enum http_end *why);
/* Why the call ends, whatever curl will say of it. The first verdict stands; `text` is static. */
void http_call_judge(struct http_call *c, enum http_end how, const char *text);

/* ---- http.c, for http_call.c ---- */

/* The call is looked at again in a later loop round: to resume it, add it, or put it to rest. */
void http_call_later(struct http_call *c);

/* ---- http_request.c ---- */

/* 0 or X_E_INVALID; *loopback: the host is this machine. */
int http_request_check(CURLU *scratch, const struct http_request *r, bool *loopback, struct err *err);
/* Copies what the call needs of it and sets the curl handle up. 0, X_E_INVALID, -ENOMEM. */
int http_request_prepare(struct http_call *c, const struct http_request *r, bool loopback, struct err *err);

#endif
