/* SPDX-License-Identifier: Apache-2.0
 *
 * Closing so that the last answer arrives: closing a socket with unread bytes makes the kernel
 * reset it, and a reset overtakes the answer. So: send, half-close, discard what still comes, up
 * to a bound in bytes and time, then close. Loop thread only.
 */
#ifndef IO_LINGER_H
#define IO_LINGER_H

#include "io/poller.h"

#define LINGER_MS        2000
#define LINGER_BYTES_MAX (1U << 20) /* discarded per connection */
#define LINGER_MAX       256        /* at once; above that sockets are closed straight away */

struct leaving;

struct lingers {
    struct poller *poller;
    struct leaving *head; /* newest first */
    size_t count;
};

void lingers_init(struct lingers *l, struct poller *p);
void lingers_close(struct lingers *l); /* closes every socket now */
/* Takes `fd` over (nonblocking). Borrows `bytes`; what does not fit the socket buffer is lost. */
void linger_send(struct lingers *l, int fd, const void *bytes, size_t len);
void lingers_sweep(struct lingers *l, int64_t now_ms); /* now and then: ends what took too long */

#endif
