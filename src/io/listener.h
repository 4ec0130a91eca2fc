/* SPDX-License-Identifier: Apache-2.0
 *
 * The front door: one listening socket, and every new connection held back until its first
 * request head lies whole in the socket buffer and has passed the gate. The head is only peeked
 * at, so whoever takes the socket finds it untouched. Refusals go out from here. Loop thread only.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "io/gate.h"
#include "io/linger.h"
#include "io/peer.h"
#include "io/poller.h"

struct waiting;

/* A connection whose first head is whole and clean. */
struct arrival {
    int fd; /* nonblocking; the taker's from now on */
    struct sockaddr_storage address;
    socklen_t address_len;
    struct gate_head *head; /* borrowed during the call */
    size_t head_len;        /* its bytes, unread on the socket */
};

struct listener {
    struct poller *poller;
    struct lingers *lingers;
    struct watch watch;
    struct timer retry; /* out of descriptors: listen again a little later */
    struct waiting *head;
    size_t count; /* connections at the gate */
    int head_ms, port;
    size_t head_max;
    char *peeked; /* head_max + 1 bytes, shared by all: nothing is kept between calls */
    void *ctx;
    bool (*admit)(void *ctx); /* room for one more? */
    void (*take)(void *ctx, const struct arrival *a);
};

/* `where` is "address:port" or "[address]:port". The text in err is for the operator. */
int listener_open(struct listener *ls, struct loop *l, struct poller *p, struct lingers *g, const char *where,
                  struct err *err);
void listener_sweep(struct listener *ls, int64_t now_ms); /* 408 for heads that are overdue */
void listener_stop(struct listener *ls);                  /* closes the door and drops who waits at it */
/* After listener_stop; `closed` as for timer_close. Only after a successful listener_open. */
void listener_close(struct listener *ls, void (*closed)(struct timer *t));

#endif
