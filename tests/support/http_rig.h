/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop, an HTTP client and the misbehaving server in one; and a probe: one call that notes
 * what happened to it and does in its callbacks what it is told.
 */
#ifndef TESTS_SUPPORT_HTTP_RIG_H
#define TESTS_SUPPORT_HTTP_RIG_H

#include "base/str.h"
#include "io/http.h"

#include "tests/support/httptrap.h"

enum act { NOTHING, CANCEL, CANCEL_OTHER, START, HASTEN, CLOSE };

struct http_rig {
    struct loop loop;
    struct http *http;
    struct httptrap trap;
};

struct http_probe {
    struct http_rig *rig;
    struct http_call *call;
    struct http_probe *other; /* for CANCEL_OTHER and START */
    struct buf body;
    int heads, parts, dones, fulls;
    int head_status, status;
    enum http_end how;
    char detail[256], retry_after[16], which[16];
    bool sent;
    enum act in_head, in_body, in_done;
    int refuse_every; /* every n-th part is refused with X_E_FULL */
    bool resume_at_once, hold, keep_nothing;
    int body_returns;
    int64_t taken;
};

struct http_rig *http_rig_open(void);
void http_rig_close(struct http_rig *r); /* checks that nothing leaked */
/* Lets the loop run for so long, whatever happens in it. */
void http_rig_spend(struct http_rig *r, int ms);

/* Fills the callbacks in, GET, 20 s and 16 MiB where the request says nothing; then http_start. */
int http_probe_try(struct http_probe *p, const char *url, struct http_request req, struct err *err);
void http_probe_start(struct http_probe *p, const char *path, struct http_request req);
void http_probe_wait(struct http_probe *p);
/* One whole call; the caller frees `body`. */
struct http_probe http_probe_get(struct http_rig *r, const char *path, struct http_request req);

#endif
