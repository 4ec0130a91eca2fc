/* SPDX-License-Identifier: Apache-2.0
 *
 * Removing a watch also strikes its events from the batch being dispatched, so no callback
 * sees a watch that an earlier one has freed.
 */
#include "io/poller.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void on_ready(uv_poll_t *uv, int status, int events)
{
    struct poller *p = CONTAINER_OF(uv, struct poller, uv);
    (void)status;
    (void)events;
    int n = epoll_wait(p->fd, p->event, POLLER_BATCH, 0);
    p->batch = n > 0 ? n : 0;
    for (int i = 0; i < p->batch; i++) {
        struct watch *w = p->event[i].data.ptr;
        if (w)
            w->ready(w, p->event[i].events);
    }
    p->batch = 0;
}

int poller_open(struct poller *p, struct loop *l, struct err *err)
{
    *p = (struct poller){ .fd = epoll_create1(EPOLL_CLOEXEC) };
    if (p->fd < 0)
        return err_set(err, -errno, "epoll: %s", strerror(errno));
    int r = uv_poll_init(&l->uv, &p->uv, p->fd);
    if (r == 0)
        r = uv_poll_start(&p->uv, UV_READABLE, on_ready);
    if (r) {
        close(p->fd);
        return err_set(err, r, "poller: %s", uv_strerror(r));
    }
    return 0;
}

int poller_add(struct poller *p, struct watch *w, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = w };
    return epoll_ctl(p->fd, EPOLL_CTL_ADD, w->fd, &e) ? -errno : 0;
}

void poller_remove(struct poller *p, struct watch *w)
{
    epoll_ctl(p->fd, EPOLL_CTL_DEL, w->fd, NULL);
    for (int i = 0; i < p->batch; i++)
        if (p->event[i].data.ptr == w)
            p->event[i].data.ptr = NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct poller *p = CONTAINER_OF(handle, struct poller, uv);
    if (p->closed)
        p->closed(p);
}

void poller_close(struct poller *p, void (*closed)(struct poller *p))
{
    p->closed = closed;
    uv_close((uv_handle_t *)&p->uv, on_closed);
    close(p->fd);
}
