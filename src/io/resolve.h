/* SPDX-License-Identifier: Apache-2.0
 *
 * A name to addresses without holding up the loop. Not uv_getaddrinfo: its request cannot be taken back while
 * the resolver is asked, so where DNS is down loop_run would wait for it, up to half a minute. Here a lookup
 * has a thread of its own that is left behind when nobody wants the answer any more.
 */
#ifndef IO_RESOLVE_H
#define IO_RESOLVE_H

#include "io/loop.h"

#define RESOLVE_ADDRESSES_MAX 8  /* more are not looked at */
#define RESOLVE_RUNNING_MAX   16 /* threads in the process, those left behind included */
#define RESOLVE_IP_MAX        46 /* bytes of an address as text */

struct resolve_answer {
    char ip[RESOLVE_ADDRESSES_MAX][RESOLVE_IP_MAX]; /* numeric, in the resolver's order */
    size_t n;
    const char *why; /* n == 0: what the resolver said; constant */
};

struct resolve;

/* Loop thread. `host` is copied. `done` runs on the loop thread in a later round, unless cancelled before;
 * then the handle is gone. 0, X_E_LIMIT when too many are running, -ENOMEM, or -errno of the thread. */
int resolve_start(struct resolve **out, struct loop *l, const char *host,
                  void (*done)(void *ctx, const struct resolve_answer *a), void *ctx);
void resolve_cancel(struct resolve *r); /* before `done` has run: it will not */

#endif
