/* SPDX-License-Identifier: Apache-2.0
 *
 * One list under one mutex is the whole traffic from other threads into the loop. A round
 * takes the list as it stands and runs it; what is posted meanwhile waits for the next
 * round, so a task that posts itself again cannot starve the sockets.
 *
 * The wake handle outlives loop_shut, merely unreferenced: owners that are still closing
 * may post until loop_run returns, and no thread ever sends to a closed handle.
 */
#include "io/loop.h"

#include <errno.h>

static struct task *loop_take(struct loop *l)
{
    uv_mutex_lock(&l->lock);
    struct task *list = l->head;
    l->head = NULL;
    l->tail = &l->head;
    uv_mutex_unlock(&l->lock);
    return list;
}

/* One round; false when there was nothing. A task may be freed by its own run. */
static bool loop_round(struct loop *l)
{
    struct task *list = loop_take(l);
    bool any = list != NULL;
    while (list) {
        struct task *t = list;
        list = t->next;
        t->run(t);
    }
    return any;
}

static void on_wake(uv_async_t *wake)
{
    loop_round(CONTAINER_OF(wake, struct loop, wake));
}

int loop_open(struct loop *l, struct err *err)
{
    *l = (struct loop){ .shut = false };
    l->tail = &l->head;
    int r = uv_mutex_init(&l->lock);
    if (r)
        return err_set(err, r, "loop: mutex: %s", uv_strerror(r));
    r = uv_loop_init(&l->uv);
    if (r) {
        uv_mutex_destroy(&l->lock);
        return err_set(err, r, "loop: %s", uv_strerror(r));
    }
    r = uv_async_init(&l->uv, &l->wake, on_wake);
    if (r) {
        uv_loop_close(&l->uv);
        uv_mutex_destroy(&l->lock);
        return err_set(err, r, "loop: wake-up handle: %s", uv_strerror(r));
    }
    return 0;
}

void loop_post(struct loop *l, struct task *t)
{
    t->next = NULL;
    uv_mutex_lock(&l->lock);
    bool first = !l->head;
    *l->tail = t;
    l->tail = &t->next;
    uv_mutex_unlock(&l->lock);
    if (first)
        uv_async_send(&l->wake);
}

/* Runs what was posted while closing, then lets the wake handle go. */
static void loop_finish(struct loop *l)
{
    while (loop_round(l))
        uv_run(&l->uv, UV_RUN_DEFAULT);
    if (!uv_is_closing((uv_handle_t *)&l->wake))
        uv_close((uv_handle_t *)&l->wake, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (l->shut)
        loop_finish(l);
}

void loop_shut(struct loop *l)
{
    if (l->shut)
        return;
    l->shut = true;
    while (loop_round(l))
        ;
    uv_unref((uv_handle_t *)&l->wake);
}

int loop_close(struct loop *l)
{
    if (!uv_is_closing((uv_handle_t *)&l->wake)) {
        if (!l->shut)
            return -EBUSY;
        loop_finish(l);
    }
    int r = uv_loop_close(&l->uv);
    if (r)
        return r;
    uv_mutex_destroy(&l->lock);
    return 0;
}

static void on_timer(uv_timer_t *uv)
{
    struct timer *t = CONTAINER_OF(uv, struct timer, uv);
    t->run(t);
}

void timer_open(struct timer *t, struct loop *l, void (*run)(struct timer *t))
{
    uv_timer_init(&l->uv, &t->uv);
    t->run = run;
    t->closed = NULL;
}

void timer_start(struct timer *t, int64_t after_ms)
{
    /* libuv counts from the start of the round; a long round would make the timer early. */
    uv_update_time(t->uv.loop);
    uv_timer_start(&t->uv, on_timer, after_ms > 0 ? (uint64_t)after_ms : 0, 0);
}

void timer_stop(struct timer *t)
{
    uv_timer_stop(&t->uv);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct timer *t = CONTAINER_OF(handle, struct timer, uv);
    if (t->closed)
        t->closed(t);
}

void timer_close(struct timer *t, void (*closed)(struct timer *t))
{
    t->closed = closed;
    uv_close((uv_handle_t *)&t->uv, on_timer_closed);
}
