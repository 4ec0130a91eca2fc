/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors the loop watches without owning: one epoll set behind one uv_poll. A uv_poll each
 * would outlive its descriptor by a close callback; here a watch ends when poller_remove returns,
 * and the descriptor may be handed to a library, or closed, at once. Loop thread only.
 */
#ifndef IO_POLLER_H
#define IO_POLLER_H

#include <sys/epoll.h>

#include "io/loop.h"

#define POLLER_BATCH 64

struct watch {
    int fd;
    void (*ready)(struct watch *w, uint32_t events);
};

struct poller {
    uv_poll_t uv;
    int fd;
    int batch; /* of the round being dispatched */
    struct epoll_event event[POLLER_BATCH];
    void (*closed)(struct poller *p);
};

int poller_open(struct poller *p, struct loop *l, struct err *err);
int poller_add(struct poller *p, struct watch *w,
               uint32_t events);                       /* EPOLLIN, EPOLLRDHUP, EPOLLONESHOT; 0 or -errno */
void poller_remove(struct poller *p, struct watch *w); /* before the descriptor is closed or given away */
void poller_close(struct poller *p, void (*closed)(struct poller *p));

#endif
