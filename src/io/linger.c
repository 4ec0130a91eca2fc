/* SPDX-License-Identifier: Apache-2.0
 *
 * What is sent and discarded between the last answer and the close.
 */
#include "io/linger.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/clock.h>

#define DISCARD_BYTES 16384

struct leaving {
    struct watch watch;
    struct lingers *list;
    struct leaving *next, **link;
    int64_t until_ms;
    size_t discarded;
};

void lingers_init(struct lingers *l, struct poller *p)
{
    *l = (struct lingers){ .poller = p };
}

static void end(struct leaving *g)
{
    poller_remove(g->list->poller, &g->watch);
    close(g->watch.fd);
    *g->link = g->next;
    if (g->next)
        g->next->link = g->link;
    g->list->count--;
    free(g);
}

static void on_ready(struct watch *w, uint32_t events)
{
    struct leaving *g = CONTAINER_OF(w, struct leaving, watch);
    char scrap[DISCARD_BYTES];
    (void)events;
    ssize_t n = recv(w->fd, scrap, sizeof(scrap), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        g->discarded += (size_t)n;
    if (n <= 0 || g->discarded > LINGER_BYTES_MAX)
        end(g);
}

static bool begin(struct lingers *l, int fd)
{
    if (l->count >= LINGER_MAX)
        return false;
    struct leaving *g = calloc(1, sizeof(*g));
    if (!g)
        return false;
    g->watch = (struct watch){ .fd = fd, .ready = on_ready };
    if (poller_add(l->poller, &g->watch, EPOLLIN | EPOLLRDHUP)) {
        free(g);
        return false;
    }
    g->list = l;
    g->until_ms = clock_mono_ms() + LINGER_MS;
    g->next = l->head;
    g->link = &l->head;
    if (g->next)
        g->next->link = &g->next;
    l->head = g;
    l->count++;
    return true;
}

void linger_send(struct lingers *l, int fd, const void *bytes, size_t len)
{
    ssize_t sent = len ? send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    if (sent < 0 || shutdown(fd, SHUT_WR) || !begin(l, fd))
        close(fd);
}

void lingers_sweep(struct lingers *l, int64_t now_ms)
{
    for (struct leaving *g = l->head, *next; g; g = next) {
        next = g->next;
        if (now_ms >= g->until_ms)
            end(g);
    }
}

void lingers_close(struct lingers *l)
{
    while (l->head)
        end(l->head);
}
