/* SPDX-License-Identifier: Apache-2.0
 *
 * The door into the loop from many threads, shutting it, and timers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/loop.h"

struct mark {
    struct task task;
    struct loop *loop;
    int *log, *len;
    int value;
    struct mark *follow; /* posted by run */
};

static void mark_run(struct task *t)
{
    struct mark *m = CONTAINER_OF(t, struct mark, task);
    m->log[(*m->len)++] = m->value;
    if (m->follow)
        loop_post(m->loop, &m->follow->task);
}

static void loop__runs_tasks_in_order(void **state X_UNUSED)
{
    struct loop l;
    int log[10], len = 0;
    struct mark m[10];
    assert_int_equal(loop_open(&l, NULL), 0);
    for (int i = 0; i < 10; i++) {
        m[i] = (struct mark){ .task.run = mark_run, .loop = &l, .log = log, .len = &len, .value = i };
        loop_post(&l, &m[i].task);
    }
    uv_run(&l.uv, UV_RUN_ONCE);
    assert_int_equal(len, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(log[i], i);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

/* A task that posts again must not keep the sockets from being served. */
static void loop__posted_by_a_task_runs_in_a_later_round(void **state X_UNUSED)
{
    struct loop l;
    int log[4], len = 0;
    assert_int_equal(loop_open(&l, NULL), 0);
    struct mark second = { .task.run = mark_run, .loop = &l, .log = log, .len = &len, .value = 2 };
    struct mark first = second;
    first.value = 1;
    first.follow = &second;
    loop_post(&l, &first.task);
    uv_run(&l.uv, UV_RUN_ONCE);
    assert_int_equal(len, 1);
    uv_run(&l.uv, UV_RUN_ONCE);
    assert_int_equal(len, 2);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

struct owned {
    struct task task;
    int *runs;
};

static void owned_run(struct task *t)
{
    struct owned *o = CONTAINER_OF(t, struct owned, task);
    ++*o->runs;
    free(o);
}

static void loop__a_task_may_free_itself(void **state X_UNUSED)
{
    struct loop l;
    int runs = 0;
    assert_int_equal(loop_open(&l, NULL), 0);
    for (int i = 0; i < 3; i++) {
        struct owned *o = malloc(sizeof *o);
        assert_non_null(o);
        *o = (struct owned){ .task.run = owned_run, .runs = &runs };
        loop_post(&l, &o->task);
    }
    loop_shut(&l);
    assert_int_equal(runs, 3);
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

static void loop__shut_runs_what_is_pending(void **state X_UNUSED)
{
    struct loop l;
    int log[4], len = 0;
    assert_int_equal(loop_open(&l, NULL), 0);
    struct mark second = { .task.run = mark_run, .loop = &l, .log = log, .len = &len, .value = 2 };
    struct mark first = second;
    first.follow = &second;
    loop_post(&l, &first.task);
    loop_shut(&l);
    assert_int_equal(len, 2);
    loop_shut(&l); /* twice does no harm */
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

struct closer {
    struct timer timer;
    struct mark mark;
};

static void closer_closed(struct timer *t)
{
    struct closer *c = CONTAINER_OF(t, struct closer, timer);
    loop_post(c->mark.loop, &c->mark.task);
}

static void closer_run(struct timer *t)
{
    timer_close(t, closer_closed);
}

/* Owners close in stages; what they post on the way down still runs. */
static void loop__posts_after_shut_still_run(void **state X_UNUSED)
{
    struct loop l;
    int log[4], len = 0;
    struct closer c = { .mark = { .task.run = mark_run, .loop = &l, .log = log, .len = &len, .value = 7 } };
    assert_int_equal(loop_open(&l, NULL), 0);
    timer_open(&c.timer, &l, closer_run);
    timer_start(&c.timer, 5);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(len, 1);
    assert_int_equal(log[0], 7);
    assert_int_equal(loop_close(&l), 0);
}

static void loop__close_tells_of_a_leaked_handle(void **state X_UNUSED)
{
    struct loop l;
    uv_idle_t idle;
    assert_int_equal(loop_open(&l, NULL), 0);
    assert_int_equal(loop_close(&l), -EBUSY); /* not shut */
    uv_idle_init(&l.uv, &idle);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(loop_close(&l), -EBUSY);
    uv_close((uv_handle_t *)&idle, NULL);
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

/* ---- from many threads ---- */

#define THREADS 4
#define POSTS   5000

struct crowd {
    struct loop loop;
    int runs, threads_done;
    int last[THREADS];
    bool ordered;
};

struct post {
    struct task task;
    struct crowd *crowd;
    int thread, n;
};

struct sender {
    struct crowd *crowd;
    struct post *post;
    uv_thread_t thread;
};

static void post_run(struct task *t)
{
    struct post *p = CONTAINER_OF(t, struct post, task);
    struct crowd *c = p->crowd;
    c->ordered = c->ordered && c->last[p->thread] == p->n - 1;
    c->last[p->thread] = p->n;
    if (++c->runs == THREADS * POSTS)
        loop_shut(&c->loop);
}

static void sender_main(void *arg)
{
    struct sender *s = arg;
    for (int i = 0; i < POSTS; i++)
        loop_post(&s->crowd->loop, &s->post[i].task);
}

static void loop__loses_nothing_from_many_threads(void **state X_UNUSED)
{
    struct crowd c = { .ordered = true };
    struct sender sender[THREADS];
    assert_int_equal(loop_open(&c.loop, NULL), 0);
    for (int t = 0; t < THREADS; t++) {
        c.last[t] = -1;
        sender[t] = (struct sender){ .crowd = &c, .post = calloc(POSTS, sizeof(struct post)) };
        assert_non_null(sender[t].post);
        for (int i = 0; i < POSTS; i++)
            sender[t].post[i] = (struct post){ .task.run = post_run, .crowd = &c, .thread = t, .n = i };
        assert_int_equal(uv_thread_create(&sender[t].thread, sender_main, &sender[t]), 0);
    }
    loop_run(&c.loop);
    for (int t = 0; t < THREADS; t++) {
        uv_thread_join(&sender[t].thread);
        free(sender[t].post);
    }
    assert_int_equal(c.runs, THREADS * POSTS);
    assert_true(c.ordered);
    assert_int_equal(loop_close(&c.loop), 0);
}

/* ---- timers ---- */

struct alarm_clock {
    struct timer timer;
    int rings;
};

static void ring(struct timer *t)
{
    struct alarm_clock *a = CONTAINER_OF(t, struct alarm_clock, timer);
    a->rings++;
    uv_stop(t->uv.loop); /* uv_run(ONCE) would go on to wait for the next event */
}

static void timer__fires_once_and_restarts(void **state X_UNUSED)
{
    struct loop l;
    struct alarm_clock a = { .rings = 0 }, stopped = { .rings = 0 };
    assert_int_equal(loop_open(&l, NULL), 0);
    timer_open(&a.timer, &l, ring);
    timer_open(&stopped.timer, &l, ring);
    timer_start(&a.timer, 100000);
    timer_start(&a.timer, -5); /* restarts; the past is now */
    timer_start(&stopped.timer, 1);
    timer_stop(&stopped.timer);
    timer_stop(&stopped.timer);
    while (!a.rings)
        uv_run(&l.uv, UV_RUN_ONCE);
    timer_start(&a.timer, 3);
    while (a.rings < 2)
        uv_run(&l.uv, UV_RUN_ONCE);
    assert_int_equal(stopped.rings, 0);
    timer_start(&a.timer, 0);
    timer_close(&a.timer, NULL); /* a started timer does not fire any more */
    timer_close(&stopped.timer, NULL);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(a.rings, 2);
    assert_int_equal(loop_close(&l), 0);
}

/* libuv's idea of now is as old as the round; a timer must not be early by that much. */
static void timer__counts_from_the_call(void **state X_UNUSED)
{
    struct loop l;
    struct alarm_clock a = { .rings = 0 };
    assert_int_equal(loop_open(&l, NULL), 0);
    timer_open(&a.timer, &l, ring);
    uv_run(&l.uv, UV_RUN_NOWAIT);
    for (uint64_t from = uv_hrtime(); uv_hrtime() - from < 60 * 1000000U;)
        ;
    uint64_t from = uv_hrtime();
    timer_start(&a.timer, 40);
    while (!a.rings)
        uv_run(&l.uv, UV_RUN_ONCE);
    assert_true(uv_hrtime() - from >= 39 * 1000000U);
    timer_close(&a.timer, NULL);
    loop_shut(&l);
    loop_run(&l);
    assert_int_equal(loop_close(&l), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop__runs_tasks_in_order),
        cmocka_unit_test(loop__posted_by_a_task_runs_in_a_later_round),
        cmocka_unit_test(loop__a_task_may_free_itself),
        cmocka_unit_test(loop__shut_runs_what_is_pending),
        cmocka_unit_test(loop__posts_after_shut_still_run),
        cmocka_unit_test(loop__close_tells_of_a_leaked_handle),
        cmocka_unit_test(loop__loses_nothing_from_many_threads),
        cmocka_unit_test(timer__fires_once_and_restarts),
        cmocka_unit_test(timer__counts_from_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
