/* SPDX-License-Identifier: Apache-2.0
 *
 * One FIFO under one mutex; threads are few (about one per core) and jobs are tenths of
 * milliseconds or more, so a smarter queue would buy nothing. A signal is sent only when
 * a worker sleeps. Results go home through loop_post and touch nothing of the pool, so
 * they may arrive after pool_close has freed it.
 */
#include "io/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct seat {
    struct pool *pool;
    struct worker worker;
    uv_thread_t thread;
};

struct pool {
    struct loop *loop;
    struct pool_conf conf;
    uv_mutex_t lock;
    uv_cond_t work;   /* for workers: a job, or stop */
    uv_cond_t opened; /* for pool_open: one more worker has answered */
    struct job *head, **tail;
    _Atomic size_t waiting;
    int idle, answered;
    int failed; /* what the first failing open returned */
    bool stop;
    struct err err; /* of that open */
    int seats;      /* threads started */
    struct seat seat[];
};

static void job_done(struct task *t)
{
    struct job *j = CONTAINER_OF(t, struct job, task);
    j->done(j);
}

/* NULL: the pool stops and nothing is left to do. */
static struct job *pool_next(struct pool *p)
{
    uv_mutex_lock(&p->lock);
    p->idle++;
    while (!p->head && !p->stop)
        uv_cond_wait(&p->work, &p->lock);
    p->idle--;
    struct job *j = p->head;
    if (j) {
        p->head = j->next;
        if (!p->head)
            p->tail = &p->head;
        atomic_fetch_sub_explicit(&p->waiting, 1, memory_order_relaxed);
    }
    uv_mutex_unlock(&p->lock);
    return j;
}

/* Opens the worker's own state and tells pool_open how that went. */
static int seat_open(struct seat *s)
{
    struct pool *p = s->pool;
    struct err err = { .text = "" };
    int r = p->conf.open ? p->conf.open(&s->worker, p->conf.ctx, &err) : 0;
    uv_mutex_lock(&p->lock);
    if (r && !p->failed) {
        p->failed = r;
        p->err = err;
    }
    p->answered++;
    uv_cond_signal(&p->opened);
    uv_mutex_unlock(&p->lock);
    return r;
}

static void seat_main(void *arg)
{
    struct seat *s = arg;
    struct pool *p = s->pool;
    char name[16];
    sigset_t all;

    /* Signals belong to the loop thread: no EINTR in the middle of a read here. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    snprintf(name, sizeof name, "worker-%d", s->worker.index);
    pthread_setname_np(pthread_self(), name);
    if (seat_open(s))
        return;
    for (struct job *j; (j = pool_next(p));) {
        j->run(j, &s->worker);
        loop_post(p->loop, &j->task);
    }
    if (p->conf.close)
        p->conf.close(&s->worker, p->conf.ctx);
}

static int pool_locks(struct pool *p, struct err *err)
{
    int r = uv_mutex_init(&p->lock);
    if (r)
        goto fail;
    r = uv_cond_init(&p->work);
    if (r)
        goto fail_lock;
    r = uv_cond_init(&p->opened);
    if (r)
        goto fail_work;
    return 0;
fail_work:
    uv_cond_destroy(&p->work);
fail_lock:
    uv_mutex_destroy(&p->lock);
fail:
    return err_set(err, r, "pool: locks: %s", uv_strerror(r));
}

/* Starts every thread and waits for every open. On failure the caller still closes the pool. */
static int pool_start(struct pool *p, struct err *err)
{
    for (int i = 0; i < p->conf.threads; i++) {
        struct seat *s = &p->seat[i];
        s->pool = p;
        s->worker.index = i;
        int r = uv_thread_create(&s->thread, seat_main, s);
        if (r)
            return err_set(err, r, "pool: thread %d of %d: %s", i + 1, p->conf.threads, uv_strerror(r));
        p->seats++;
    }
    uv_mutex_lock(&p->lock);
    while (p->answered < p->seats)
        uv_cond_wait(&p->opened, &p->lock);
    int r = p->failed;
    uv_mutex_unlock(&p->lock);
    return r ? err_set(err, r, "%s", p->err.text) : 0;
}

int pool_open(struct pool **out, struct loop *l, const struct pool_conf *conf, struct err *err)
{
    *out = NULL;
    if (conf->threads < 1 || !conf->queue_max)
        return err_set(err, -EINVAL, "pool: %d threads and a queue of %zu: both must be at least 1",
                       conf->threads, conf->queue_max);
    struct pool *p = calloc(1, sizeof *p + (size_t)conf->threads * sizeof p->seat[0]);
    if (!p)
        return err_set(err, -ENOMEM, "pool: out of memory");
    p->loop = l;
    p->conf = *conf;
    p->tail = &p->head;
    int r = pool_locks(p, err);
    if (r) {
        free(p);
        return r;
    }
    r = pool_start(p, err);
    if (r) {
        pool_close(p);
        return r;
    }
    *out = p;
    return 0;
}

int pool_submit(struct pool *p, struct job *j)
{
    /* Only this thread adds, so a stale count can only be too high. */
    if (atomic_load_explicit(&p->waiting, memory_order_relaxed) >= p->conf.queue_max)
        return X_E_FULL;
    j->next = NULL;
    j->task.run = job_done;
    uv_mutex_lock(&p->lock);
    *p->tail = j;
    p->tail = &j->next;
    atomic_fetch_add_explicit(&p->waiting, 1, memory_order_relaxed);
    if (p->idle)
        uv_cond_signal(&p->work);
    uv_mutex_unlock(&p->lock);
    return 0;
}

size_t pool_waiting(const struct pool *p)
{
    return atomic_load_explicit(&p->waiting, memory_order_relaxed);
}

void pool_close(struct pool *p)
{
    if (!p)
        return;
    uv_mutex_lock(&p->lock);
    p->stop = true;
    uv_cond_broadcast(&p->work);
    uv_mutex_unlock(&p->lock);
    for (int i = 0; i < p->seats; i++)
        uv_thread_join(&p->seat[i].thread);
    uv_cond_destroy(&p->opened);
    uv_cond_destroy(&p->work);
    uv_mutex_destroy(&p->lock);
    free(p);
}
