/* SPDX-License-Identifier: Apache-2.0
 *
 * uv_poll_start and uv_poll_stop cost two epoll_ctl calls each, uv_poll_init two more; a
 * keep-alive connection that carries one small request after the other would pay them all
 * every time. So a resting descriptor stays in epoll for reading, and is taken out only if
 * something does arrive (mostly the peer's FIN, which the owner finds out when it looks).
 */
#include "io/fdwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fdwatch_slot {
    uv_poll_t poll;
    struct fdwatch *w;
    int fd;
    int want;    /* 0: resting */
    int watched; /* what libuv watches */
    bool lasting, dropped;
};

void fdwatch_init(struct fdwatch *w, struct loop *l, void (*ready)(struct fdwatch *, int, int, bool),
                  void (*closed)(struct fdwatch *))
{
    *w = (struct fdwatch){ .loop = l, .ready = ready, .closed = closed };
}

static struct fdwatch_slot *slot_of(const struct fdwatch *w, int fd)
{
    return fd >= 0 && (size_t)fd < w->slots ? w->slot[fd] : NULL;
}

static int slots_reserve(struct fdwatch *w, int fd)
{
    size_t n = w->slots ? w->slots : 64;
    while (n <= (size_t)fd)
        n *= 2;
    if (n == w->slots)
        return 0;
    struct fdwatch_slot **grown = realloc(w->slot, n * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    memset(grown + w->slots, 0, (n - w->slots) * sizeof *grown);
    w->slot = grown;
    w->slots = n;
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static int slot_watch(struct fdwatch_slot *s, int events)
{
    if (events == s->watched)
        return 0;
    int r = uv_poll_start(&s->poll, events, on_ready);
    s->watched = r ? 0 : events;
    return r;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct fdwatch_slot *s = CONTAINER_OF(poll, struct fdwatch_slot, poll);
    if (status < 0)
        s->watched = 0; /* libuv has stopped it */
    if (!s->want) {
        uv_poll_stop(poll);
        s->watched = 0;
        return;
    }
    s->w->ready(s->w, s->fd, events, status < 0);
    if (!s->dropped && s->want) /* a dropped slot is freed in a later phase of the loop */
        slot_watch(s, s->want);
}

int fdwatch_add(struct fdwatch *w, int fd, bool lasting)
{
    fdwatch_drop(w, fd); /* left over from a descriptor of this number that was closed in silence */
    int r = slots_reserve(w, fd);
    if (r)
        return r;
    struct fdwatch_slot *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->w = w;
    s->fd = fd;
    s->lasting = lasting;
    r = uv_poll_init(&w->loop->uv, &s->poll, fd);
    if (r) {
        free(s);
        return r;
    }
    w->handles++;
    w->slot[fd] = s;
    return 0;
}

int fdwatch_set(struct fdwatch *w, int fd, int events)
{
    int r = slot_of(w, fd) ? 0 : fdwatch_add(w, fd, false);
    if (r)
        return r;
    w->slot[fd]->want = events;
    return slot_watch(w->slot[fd], events);
}

void fdwatch_rest(struct fdwatch *w, int fd)
{
    struct fdwatch_slot *s = slot_of(w, fd);
    if (!s)
        return;
    s->want = 0;
    if (!s->lasting)
        fdwatch_drop(w, fd);
    else if (s->watched)
        slot_watch(s, UV_READABLE);
}

static void on_closed(uv_handle_t *handle)
{
    struct fdwatch_slot *s = CONTAINER_OF(handle, struct fdwatch_slot, poll);
    struct fdwatch *w = s->w;
    free(s);
    w->handles--;
    w->closed(w);
}

void fdwatch_drop(struct fdwatch *w, int fd)
{
    struct fdwatch_slot *s = slot_of(w, fd);
    if (!s)
        return;
    s->dropped = true;
    w->slot[fd] = NULL;
    uv_close((uv_handle_t *)&s->poll, on_closed);
}

void fdwatch_drop_all(struct fdwatch *w)
{
    for (size_t fd = 0; fd < w->slots; fd++)
        fdwatch_drop(w, (int)fd);
}

void fdwatch_free(struct fdwatch *w)
{
    free(w->slot);
    w->slot = NULL;
    w->slots = 0;
}
