/* SPDX-License-Identifier: Apache-2.0
 *
 * A seat's descriptor is closed under the lock, so that seats_close never shuts one that somebody else has by
 * then.
 */
#include "tests/support/seats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void seats_fail(const char *what)
{
    fprintf(stderr, "seats: %s: %s\n", what, strerror(errno));
    abort();
}

static void seat_main(void *arg)
{
    struct seat *s = arg;
    s->seats->serve(s->seats, s->fd);
    uv_mutex_lock(&s->seats->lock);
    close(s->fd);
    s->fd = -1;
    uv_mutex_unlock(&s->seats->lock);
}

static void listener_main(void *arg)
{
    struct seats *t = arg;
    const int on = 1;
    for (int fd; (fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        t->connections++;
        uv_mutex_lock(&t->lock);
        if (t->taken == SEATS_MAX)
            seats_fail("too many connections");
        struct seat *s = &t->seat[t->taken];
        *s = (struct seat){ .seats = t, .fd = fd };
        if (uv_thread_create(&s->thread, seat_main, s))
            seats_fail("thread");
        t->taken++;
        uv_mutex_unlock(&t->lock);
    }
}

void seats_open(struct seats *s, void (*serve)(struct seats *s, int fd))
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sa;
    memset(s, 0, sizeof *s);
    s->serve = serve;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&sa, sizeof sa) || listen(s->listener, 128) ||
        getsockname(s->listener, (struct sockaddr *)&sa, &len))
        seats_fail("listen");
    s->port = ntohs(sa.sin_port);
    uv_mutex_init(&s->lock);
    if (uv_thread_create(&s->thread, listener_main, s))
        seats_fail("thread");
}

void seats_close(struct seats *s)
{
    shutdown(s->listener, SHUT_RDWR);
    uv_thread_join(&s->thread);
    uv_mutex_lock(&s->lock);
    for (int i = 0; i < s->taken; i++)
        if (s->seat[i].fd >= 0)
            shutdown(s->seat[i].fd, SHUT_RDWR);
    uv_mutex_unlock(&s->lock);
    for (int i = 0; i < s->taken; i++)
        uv_thread_join(&s->seat[i].thread);
    close(s->listener);
    uv_mutex_destroy(&s->lock);
}
