/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP server on loopback that misbehaves by path, one thread per connection, for tests
 * of clients. See httptrap.c for the paths.
 */
#ifndef TESTS_SUPPORT_HTTPTRAP_H
#define TESTS_SUPPORT_HTTPTRAP_H

#include <stdatomic.h>

#include <uv.h>

#include <parley/base.h>

#define TRAP_CONNECTIONS 512

struct httptrap;

struct trap_seat {
    struct httptrap *trap;
    int fd;
    uv_thread_t thread;
};

struct httptrap {
    int listener, port;
    uv_thread_t thread;
    uv_mutex_t lock; /* of `seat` and `seats` */
    struct trap_seat seat[TRAP_CONNECTIONS];
    int seats;
    _Atomic int connections, requests;
    _Atomic int64_t sent_bytes; /* of /endless */
};

void httptrap_open(struct httptrap *t); /* fails the test when it cannot */
void httptrap_close(struct httptrap *t);
void httptrap_url(const struct httptrap *t, char out[128], const char *path);

#endif
