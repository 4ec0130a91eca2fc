/* SPDX-License-Identifier: Apache-2.0
 *
 * A listener on loopback with one thread for each connection: the floor of the servers that misbehave on
 * purpose. Blocking sockets; every thread ends when its peer goes or at seats_close.
 */
#ifndef TESTS_SUPPORT_SEATS_H
#define TESTS_SUPPORT_SEATS_H

#include <uv.h>

#include <parley/base.h>

#define SEATS_MAX 512

struct seats;

struct seat {
    struct seats *seats;
    int fd;
    uv_thread_t thread;
};

struct seats {
    int listener, port;
    uv_thread_t thread;
    uv_mutex_t lock; /* of `seat` and `taken` */
    struct seat seat[SEATS_MAX];
    int taken;
    _Atomic int connections;
    void (*serve)(struct seats *s, int fd); /* on the connection's thread; the caller closes fd */
};

void seats_open(struct seats *s, void (*serve)(struct seats *s, int fd)); /* aborts when it cannot */
void seats_close(struct seats *s);

#endif
