/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker pool: bounds, order, who runs where, failing opens, closing with work queued.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/pool.h"

struct rig {
    struct loop loop;
    struct pool *pool;
    uv_sem_t gate;    /* jobs that wait take one */
    uv_sem_t started; /* and give one before */
    uv_thread_t loop_thread;
    int done, opened, closed;
    uv_mutex_t lock; /* of opened, closed */
    int fail_index, fail_with;
};

struct work {
    struct job job;
    struct rig *rig;
    bool waits;
    int order, input, output;
    uv_thread_t ran_on;
    void *saw_state;
};

static int worker_open(struct worker *w, void *ctx, struct err *err)
{
    struct rig *r = ctx;
    if (r->fail_with && w->index == r->fail_index)
        return err_set(err, r->fail_with, "worker %d has no state", w->index);
    uv_mutex_lock(&r->lock);
    r->opened++;
    uv_mutex_unlock(&r->lock);
    w->state = malloc(1);
    return w->state ? 0 : -ENOMEM;
}

static void worker_close(struct worker *w, void *ctx)
{
    struct rig *r = ctx;
    free(w->state);
    uv_mutex_lock(&r->lock);
    r->closed++;
    uv_mutex_unlock(&r->lock);
}

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    assert_int_equal(loop_open(&r->loop, NULL), 0);
    uv_sem_init(&r->gate, 0);
    uv_sem_init(&r->started, 0);
    uv_mutex_init(&r->lock);
    r->loop_thread = uv_thread_self();
}

static int rig_pool(struct rig *r, int threads, size_t queue_max, struct err *err)
{
    const struct pool_conf conf = {
        .threads = threads, .queue_max = queue_max, .open = worker_open, .close = worker_close, .ctx = r
    };
    return pool_open(&r->pool, &r->loop, &conf, err);
}

static void rig_close(struct rig *r)
{
    pool_close(r->pool);
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(loop_close(&r->loop), 0);
    uv_sem_destroy(&r->gate);
    uv_sem_destroy(&r->started);
    uv_mutex_destroy(&r->lock);
}

static void work_run(struct job *j, struct worker *w)
{
    struct work *k = CONTAINER_OF(j, struct work, job);
    if (k->waits) {
        uv_sem_post(&k->rig->started);
        uv_sem_wait(&k->rig->gate);
    }
    k->ran_on = uv_thread_self();
    k->saw_state = w->state;
    k->output = k->input * 2;
}

static void work_done(struct job *j)
{
    struct work *k = CONTAINER_OF(j, struct work, job);
    uv_thread_t self = uv_thread_self();
    assert_true(uv_thread_equal(&self, &k->rig->loop_thread));
    k->order = ++k->rig->done;
}

static struct work work_of(struct rig *r, int input)
{
    return (struct work){ .job = { .run = work_run, .done = work_done }, .rig = r, .input = input };
}

static void rig_wait(struct rig *r, int done)
{
    while (r->done < done)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
}

static void pool__runs_off_the_loop_and_comes_back(void **state X_UNUSED)
{
    struct rig r;
    rig_init(&r);
    assert_int_equal(rig_pool(&r, 2, 10, NULL), 0);
    assert_int_equal(r.opened, 2); /* open has waited for every worker */
    struct work k = work_of(&r, 21);
    assert_int_equal(pool_submit(r.pool, &k.job), 0);
    assert_int_equal(k.order, 0);
    rig_wait(&r, 1);
    assert_int_equal(k.output, 42);
    assert_false(uv_thread_equal(&k.ran_on, &r.loop_thread));
    assert_non_null(k.saw_state);
    rig_close(&r);
    assert_int_equal(r.closed, 2);
}

static void pool__is_full_and_says_so(void **state X_UNUSED)
{
    struct rig r;
    struct work k[5];
    rig_init(&r);
    assert_int_equal(rig_pool(&r, 1, 3, NULL), 0);
    for (int i = 0; i < 5; i++)
        k[i] = work_of(&r, i);
    k[0].waits = true;
    assert_int_equal(pool_submit(r.pool, &k[0].job), 0);
    uv_sem_wait(&r.started); /* it runs, so it does not count as waiting */
    assert_int_equal(pool_waiting(r.pool), 0);
    for (int i = 1; i < 4; i++)
        assert_int_equal(pool_submit(r.pool, &k[i].job), 0);
    assert_int_equal(pool_waiting(r.pool), 3);
    assert_int_equal(pool_submit(r.pool, &k[4].job), X_E_FULL);
    uv_sem_post(&r.gate);
    rig_wait(&r, 4);
    assert_int_equal(pool_waiting(r.pool), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(k[i].order, i + 1); /* one worker: FIFO all the way */
    assert_int_equal(pool_submit(r.pool, &k[4].job), 0);
    rig_wait(&r, 5);
    rig_close(&r);
}

static void pool__close_finishes_what_is_queued(void **state X_UNUSED)
{
    struct rig r;
    struct work k[20];
    rig_init(&r);
    assert_int_equal(rig_pool(&r, 2, 20, NULL), 0);
    for (int i = 0; i < 20; i++) {
        k[i] = work_of(&r, i);
        k[i].waits = i < 2;
        assert_int_equal(pool_submit(r.pool, &k[i].job), 0);
    }
    uv_sem_post(&r.gate);
    uv_sem_post(&r.gate);
    rig_close(&r); /* pool_close, then loop_shut runs the results */
    assert_int_equal(r.done, 20);
    assert_int_equal(r.closed, 2);
    for (int i = 0; i < 20; i++)
        assert_int_equal(k[i].output, 2 * i);
}

static void pool__failing_open_fails_the_pool(void **state X_UNUSED)
{
    for (int bad = 0; bad < 3; bad++) {
        struct rig r;
        struct err err;
        rig_init(&r);
        r.fail_index = bad;
        r.fail_with = -EIO;
        assert_int_equal(rig_pool(&r, 3, 10, &err), -EIO);
        assert_null(r.pool);
        assert_non_null(strstr(err.text, "has no state"));
        assert_int_equal(r.opened, 2);
        assert_int_equal(r.closed, 2);
        rig_close(&r);
    }
}

static void pool__refuses_nonsense(void **state X_UNUSED)
{
    struct rig r;
    struct err err;
    rig_init(&r);
    assert_int_equal(rig_pool(&r, 0, 10, &err), -EINVAL);
    assert_int_equal(rig_pool(&r, -1, 10, &err), -EINVAL);
    assert_int_equal(rig_pool(&r, 1, 0, &err), -EINVAL);
    assert_non_null(strstr(err.text, "queue"));
    assert_null(r.pool);
    rig_close(&r);
}

static void pool__without_open_and_close(void **state X_UNUSED)
{
    struct rig r;
    rig_init(&r);
    const struct pool_conf conf = { .threads = 1, .queue_max = 1 };
    assert_int_equal(pool_open(&r.pool, &r.loop, &conf, NULL), 0);
    struct work k = work_of(&r, 1);
    assert_int_equal(pool_submit(r.pool, &k.job), 0);
    rig_wait(&r, 1);
    assert_null(k.saw_state);
    rig_close(&r);
}

/* ---- many jobs, each of which submits the next from its done ---- */

struct chain {
    struct work work;
    int left;
};

static void chain_done(struct job *j)
{
    struct chain *c = CONTAINER_OF(CONTAINER_OF(j, struct work, job), struct chain, work);
    struct rig *r = c->work.rig;
    r->done++;
    if (c->left-- > 0)
        assert_int_equal(pool_submit(r->pool, j), 0);
}

static void pool__jobs_are_used_again(void **state X_UNUSED)
{
    struct rig r;
    static struct chain c[8];
    rig_init(&r);
    assert_int_equal(rig_pool(&r, 3, ARRAY_LEN(c), NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = (struct chain){ .work = work_of(&r, (int)i), .left = 2000 };
        c[i].work.job.done = chain_done;
        assert_int_equal(pool_submit(r.pool, &c[i].work.job), 0);
    }
    rig_wait(&r, (int)ARRAY_LEN(c) * 2001);
    rig_close(&r);
    assert_int_equal(r.done, (int)ARRAY_LEN(c) * 2001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool__runs_off_the_loop_and_comes_back),
        cmocka_unit_test(pool__is_full_and_says_so),
        cmocka_unit_test(pool__close_finishes_what_is_queued),
        cmocka_unit_test(pool__failing_open_fails_the_pool),
        cmocka_unit_test(pool__refuses_nonsense),
        cmocka_unit_test(pool__without_open_and_close),
        cmocka_unit_test(pool__jobs_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
