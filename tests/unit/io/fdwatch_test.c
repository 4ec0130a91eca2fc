/* SPDX-License-Identifier: Apache-2.0
 *
 * Watching descriptors of others: readiness, resting without a report, dropping, and a
 * number that the kernel hands out again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/fdwatch.h"

struct rig {
    struct loop loop;
    struct fdwatch watch;
    int pair[2];
    int calls, last_events, closed;
    bool last_broken, drop_inside, rest_inside;
};

static void on_ready(struct fdwatch *w, int fd, int events, bool broken)
{
    struct rig *r = CONTAINER_OF(w, struct rig, watch);
    assert_int_equal(fd, r->pair[0]);
    r->calls++;
    r->last_events = events;
    r->last_broken = broken;
    if (r->drop_inside)
        fdwatch_drop(w, fd);
    if (r->rest_inside)
        fdwatch_rest(w, fd);
}

static void on_closed(struct fdwatch *w)
{
    struct rig *r = CONTAINER_OF(w, struct rig, watch);
    r->closed++;
}

static void rig_open(struct rig *r)
{
    *r = (struct rig){ .calls = 0 };
    assert_int_equal(loop_open(&r->loop, NULL), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, r->pair), 0);
    fdwatch_init(&r->watch, &r->loop, on_ready, on_closed);
}

static void rig_close(struct rig *r)
{
    fdwatch_drop_all(&r->watch);
    close(r->pair[0]);
    close(r->pair[1]);
    loop_shut(&r->loop);
    loop_run(&r->loop);
    assert_int_equal(r->watch.handles, 0);
    fdwatch_free(&r->watch);
    assert_int_equal(loop_close(&r->loop), 0);
}

static void spin(struct rig *r)
{
    for (int i = 0; i < 5; i++)
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

static void put_byte(struct rig *r)
{
    assert_int_equal(write(r->pair[1], "x", 1), 1);
}

static void fdwatch__reports_what_is_wanted(void **state X_UNUSED)
{
    struct rig r;
    rig_open(&r);
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE), 0);
    spin(&r);
    assert_int_equal(r.calls, 0);
    put_byte(&r);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.last_events, UV_READABLE);
    assert_false(r.last_broken);
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_WRITABLE), 0);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(r.last_events, UV_WRITABLE);
    rig_close(&r);
    assert_int_equal(r.closed, 1);
}

/* Bytes (or a FIN) that arrive while it rests are not reported, do not spin, and are seen on waking. */
static void fdwatch__rests_in_silence(void **state X_UNUSED)
{
    struct rig r;
    rig_open(&r);
    assert_int_equal(fdwatch_add(&r.watch, r.pair[0], true), 0);
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE | UV_WRITABLE), 0);
    fdwatch_rest(&r.watch, r.pair[0]);
    put_byte(&r);
    shutdown(r.pair[1], SHUT_WR);
    spin(&r);
    assert_int_equal(r.calls, 0);
    assert_int_equal(r.watch.handles, 1);
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE), 0);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(r.calls, 1);
    rig_close(&r);
}

static void fdwatch__foreign_ones_do_not_rest(void **state X_UNUSED)
{
    struct rig r;
    rig_open(&r);
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE), 0);
    fdwatch_rest(&r.watch, r.pair[0]);
    spin(&r);
    assert_int_equal(r.watch.handles, 0);
    assert_int_equal(r.closed, 1);
    rig_close(&r);
}

static void fdwatch__dropped_or_resting_inside_ready(void **state X_UNUSED)
{
    for (int drop = 0; drop < 2; drop++) {
        struct rig r;
        rig_open(&r);
        r.drop_inside = drop;
        r.rest_inside = !drop;
        assert_int_equal(fdwatch_add(&r.watch, r.pair[0], true), 0);
        assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE), 0);
        put_byte(&r);
        spin(&r);
        assert_int_equal(r.calls, 1);
        rig_close(&r);
    }
}

static void fdwatch__a_number_comes_back(void **state X_UNUSED)
{
    struct rig r;
    rig_open(&r);
    for (int i = 0; i < 50; i++) {
        int old = r.pair[0];
        assert_int_equal(fdwatch_add(&r.watch, old, true), 0);
        assert_int_equal(fdwatch_set(&r.watch, old, UV_READABLE), 0);
        spin(&r);
        fdwatch_rest(&r.watch, old);
        fdwatch_drop(&r.watch, old);
        close(r.pair[0]);
        close(r.pair[1]);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, r.pair), 0);
        assert_int_equal(r.pair[0], old);
    }
    assert_int_equal(fdwatch_set(&r.watch, r.pair[0], UV_READABLE), 0);
    put_byte(&r);
    uv_run(&r.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(r.calls, 1);
    rig_close(&r);
}

static void fdwatch__bad_descriptors(void **state X_UNUSED)
{
    struct rig r;
    rig_open(&r);
    assert_true(fdwatch_add(&r.watch, 4000, true) < 0); /* not open; and the table has grown for it */
    fdwatch_rest(&r.watch, -1);
    fdwatch_drop(&r.watch, 1 << 20);
    fdwatch_rest(&r.watch, r.pair[0]);
    assert_int_equal(r.watch.handles, 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fdwatch__reports_what_is_wanted),
        cmocka_unit_test(fdwatch__rests_in_silence),
        cmocka_unit_test(fdwatch__foreign_ones_do_not_rest),
        cmocka_unit_test(fdwatch__dropped_or_resting_inside_ready),
        cmocka_unit_test(fdwatch__a_number_comes_back),
        cmocka_unit_test(fdwatch__bad_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
