/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls whose user is slow, or acts inside a callback: pause and resume without a lost byte,
 * cancel, start and close from every callback, and closing with everything under way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/http_rig.h"

/* ---- slow readers ---- */

static void check_pattern(const struct buf *b, size_t len)
{
    assert_int_equal(b->len, len);
    for (size_t i = 0; i < len; i++)
        if (b->at[i] != (char)('a' + i % 23))
            fail_msg("byte %zu is wrong", i);
}

static void http__refused_parts_come_again(void **state X_UNUSED)
{
    static const char *const path[] = { "/big?3000000", "/big?1", "/big?16384" };
    static const size_t len[] = { 3000000, 1, 16384 };
    struct http_rig *r = http_rig_open();
    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        /* resumed from inside the part that says "full": the wake-up must not get lost */
        struct http_probe p = { .rig = r, .refuse_every = 2, .resume_at_once = true };
        http_probe_start(&p, path[i], (struct http_request){ .idle_ms = 3000 });
        http_probe_wait(&p);
        assert_int_equal(p.how, HTTP_OK);
        check_pattern(&p.body, len[i]);
        buf_free(&p.body);
    }
    http_rig_close(r);
}

static void http__slow_reader_costs_no_memory(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .hold = true, .keep_nothing = true };
    http_probe_start(&p, "/endless", (struct http_request){ .body_cap_bytes = INT64_C(1) << 40 });
    while (!p.fulls)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    int64_t sent;
    do { /* the kernel's buffers fill, then the server blocks */
        sent = r->trap.sent_bytes;
        http_rig_spend(r, 100);
    } while (sent != r->trap.sent_bytes);
    assert_true(sent < 32 << 20);
    assert_int_equal(p.fulls, 1); /* and nobody asks in vain meanwhile */
    p.hold = false;
    http_resume(p.call);
    while (p.taken < 64 << 20)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    http_cancel(p.call);
    http_rig_close(r);
}

static void http__paused_time_is_not_idle(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .hold = true };
    http_probe_start(&p, "/big?2000000", (struct http_request){ .idle_ms = 150, .first_byte_ms = 150 });
    while (!p.fulls)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    http_rig_spend(r, 400);
    assert_int_equal(p.dones, 0);
    p.hold = false;
    http_resume(p.call);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_OK);
    check_pattern(&p.body, 2000000);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__paused_time_is_total(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .hold = true };
    http_probe_start(&p, "/big?2000000", (struct http_request){ .total_ms = 150 });
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_TIMEOUT_TOTAL);
    http_rig_close(r);
}

static void http__paused_bomb_is_bounded(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .refuse_every = 2, .resume_at_once = true };
    http_probe_start(&p, "/bomb", (struct http_request){ .body_cap_bytes = 1 << 20 });
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_TOO_BIG);
    assert_true(p.body.len <= 1 << 20);
    buf_free(&p.body);
    http_rig_close(r);
}

/* What one answer may take of a loop round: a share each where the round polls, and where it resumes. */
static void http__a_flood_leaves_others_their_turn(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .keep_nothing = true };
    int64_t most = 0;
    http_probe_start(&p, "/big?40000000", (struct http_request){ .body_cap_bytes = 40000000 });
    while (!p.dones) {
        int64_t before = p.taken;
        uv_run(&r->loop.uv, UV_RUN_ONCE);
        most = p.taken - before > most ? p.taken - before : most;
    }
    assert_int_equal(p.how, HTTP_OK);
    assert_int_equal(p.taken, 40000000);
    assert_in_range(most, 1, 3 * (256 << 10));
    http_rig_close(r);
}

static void http__resume_without_pause_is_harmless(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    http_probe_start(&p, "/ok", (struct http_request){ .method = "GET" });
    http_resume(p.call);
    http_resume(p.call);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_OK);
    buf_free(&p.body);
    http_rig_close(r);
}

/* ---- what users do inside callbacks ---- */

static void http__cancel_inside_each_callback(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe head = { .rig = r, .in_head = CANCEL }, body = { .rig = r, .in_body = CANCEL },
                      done = { .rig = r, .in_done = CANCEL };
    http_probe_start(&head, "/big?500000", (struct http_request){ .first_byte_ms = 50, .idle_ms = 50 });
    http_probe_start(&body, "/big?500000", (struct http_request){ .first_byte_ms = 50, .idle_ms = 50 });
    http_probe_start(&done, "/ok", (struct http_request){ .first_byte_ms = 1000 });
    while (!head.heads || !body.parts || !done.dones)
        uv_run(&r->loop.uv, UV_RUN_ONCE);
    http_rig_spend(r, 120); /* past their time-outs: nothing may come any more */
    assert_int_equal(head.parts + head.dones, 0);
    assert_int_equal(body.parts, 1);
    assert_int_equal(body.dones, 0);
    assert_int_equal(done.dones, 1);
    assert_int_equal(http_running(r->http), 0);
    buf_free(&body.body);
    buf_free(&done.body);
    http_rig_close(r);
}

static void http__cancel_another_inside_each_callback(void **state X_UNUSED)
{
    static const struct http_probe row[] = { { .in_head = CANCEL_OTHER },
                                             { .in_body = CANCEL_OTHER },
                                             { .in_done = CANCEL_OTHER } };
    struct http_rig *r = http_rig_open();
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct http_probe other = { .rig = r }, p = row[i];
        p.rig = r;
        p.other = &other;
        http_probe_start(&other, i == 1 ? "/drip" : "/hang", (struct http_request){ .total_ms = 5000 });
        http_probe_start(&p, "/ok", (struct http_request){ .method = "GET" });
        http_probe_wait(&p);
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
        assert_int_equal(p.how, HTTP_OK);
        assert_int_equal(other.dones, 0);
        assert_int_equal(http_running(r->http), 0);
        buf_free(&p.body);
        buf_free(&other.body);
    }
    http_rig_close(r);
}

static void http__start_inside_each_callback(void **state X_UNUSED)
{
    static const struct http_probe row[] = { { .in_head = START },
                                             { .in_body = START },
                                             { .in_done = START } };
    struct http_rig *r = http_rig_open();
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct http_probe other = { .rig = r }, p = row[i];
        p.rig = r;
        p.other = &other;
        http_probe_start(&p, "/ok", (struct http_request){ .method = "GET" });
        http_probe_wait(&p);
        http_probe_wait(&other);
        assert_int_equal(p.how, HTTP_OK);
        assert_int_equal(other.how, HTTP_OK);
        assert_string_equal(buf_text(&other.body), "hello");
        buf_free(&p.body);
        buf_free(&other.body);
    }
    http_rig_close(r);
}

static void http__hastened_inside_each_callback(void **state X_UNUSED)
{
    static const struct http_probe row[] = { { .in_head = HASTEN }, { .in_body = HASTEN } };
    for (size_t i = 0; i < 2; i++) {
        struct http_rig *r = http_rig_open();
        struct http_probe p = row[i];
        p.rig = r;
        http_probe_start(&p, "/drip", (struct http_request){ .idle_ms = 10000 });
        http_probe_wait(&p);
        assert_int_equal(p.how, HTTP_TIMEOUT_TOTAL);
        buf_free(&p.body);
        http_rig_close(r);
    }
    struct http_rig *r = http_rig_open();
    struct http_probe soon = { .rig = r, .in_head = HASTEN }, over = { .rig = r, .in_done = HASTEN };
    http_probe_start(&soon, "/hang-body", (struct http_request){ .total_ms = 30 }); /* never later */
    http_probe_start(&over, "/ok", (struct http_request){ .method = "GET" });
    http_probe_wait(&soon);
    http_probe_wait(&over);
    assert_int_equal(soon.how, HTTP_TIMEOUT_TOTAL);
    assert_int_equal(over.how, HTTP_OK);
    buf_free(&soon.body);
    buf_free(&over.body);
    http_rig_close(r);
}

static void http__close_inside_each_callback(void **state X_UNUSED)
{
    static const struct http_probe row[] = { { .in_head = CLOSE },
                                             { .in_body = CLOSE },
                                             { .in_done = CLOSE } };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct http_rig *r = http_rig_open();
        struct http_probe p = row[i], other = { .rig = r, .hold = true }, late = { .rig = r };
        p.rig = r;
        p.other = &late;
        http_probe_start(&other, "/big?1000000", (struct http_request){ .total_ms = 5000 });
        http_probe_start(&p, "/ok", (struct http_request){ .method = "GET" });
        while (!(i == 0 ? p.heads : i == 1 ? p.parts : p.dones))
            uv_run(&r->loop.uv, UV_RUN_ONCE);
        loop_shut(&r->loop);
        loop_run(&r->loop);
        assert_int_equal(loop_close(&r->loop), 0);
        assert_int_equal(p.dones, i == 2);
        assert_int_equal(other.dones, 0);
        buf_free(&p.body);
        httptrap_close(&r->trap);
        free(r);
    }
}

static void http__close_with_everything_under_way(void **state X_UNUSED)
{
    static const char *const path[] = { "/hang",    "/hang-body",   "/drip",
                                        "/endless", "/big?9000000", "/slow-read" };
    static char large[4 << 20];
    struct http_rig *r = http_rig_open();
    struct http_probe p[24];
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = (struct http_probe){ .rig = r, .hold = i % 6 != 3, .keep_nothing = true };
        http_probe_start(&p[i], path[i % ARRAY_LEN(path)],
                         (struct http_request){ .method = "POST",
                                                .body = large,
                                                .body_len = i % 6 == 5 ? sizeof large : 2,
                                                .body_cap_bytes = INT64_C(1) << 40 });
    }
    http_rig_spend(r, 50);
    http_rig_close(r);
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        assert_int_equal(p[i].dones, 0);
}

static void http__cancel_before_anything_happened(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    for (int i = 0; i < 200; i++) {
        http_probe_start(&p, "/ok", (struct http_request){ .method = "GET" });
        if (i % 2)
            uv_run(&r->loop.uv, UV_RUN_NOWAIT);
        if (!p.dones)
            http_cancel(p.call);
        buf_free(&p.body);
        p = (struct http_probe){ .rig = r };
    }
    assert_int_equal(http_running(r->http), 0);
    http_rig_close(r);
}

/* A listener whose queue is full: a further connect stays half-open. */
static int unanswering(int filler[8], char url[64])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 0), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    for (size_t i = 0; i < 8; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(filler[i], (struct sockaddr *)&at, sizeof at);
    }
    snprintf(url, 64, "http://127.0.0.1:%d/", ntohs(at.sin_port));
    return fd;
}

/* libuv aborts when a descriptor it is to watch was closed behind its back. */
static void http__cancel_in_every_round_of_a_connect(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    char url[2][64];
    int filler[8], fd = unanswering(filler, url[0]);
    snprintf(url[1], 64, "http://127.0.0.1:%d/hang", r->trap.seats.port);
    for (int round = 0; round < 40; round++) {
        struct http_probe p = { .rig = r };
        assert_int_equal(http_probe_try(&p, url[round % 2], (struct http_request){ 0 }, NULL), 0);
        for (int i = 0; i < round / 4; i++)
            uv_run(&r->loop.uv, UV_RUN_NOWAIT);
        http_cancel(p.call);
        for (int i = 0; i < 3; i++)
            uv_run(&r->loop.uv, UV_RUN_NOWAIT);
        assert_int_equal(p.dones, 0);
        buf_free(&p.body);
    }
    for (size_t i = 0; i < 8; i++)
        close(filler[i]);
    close(fd);
    http_rig_close(r);
}

static void http__reader_may_stop(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r, .body_returns = X_E_LIMIT };
    http_probe_start(&p, "/big?500000", (struct http_request){ .method = "GET" });
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_CUT);
    assert_int_equal(p.parts, 1);
    buf_free(&p.body);
    http_rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__refused_parts_come_again),
        cmocka_unit_test(http__slow_reader_costs_no_memory),
        cmocka_unit_test(http__paused_time_is_not_idle),
        cmocka_unit_test(http__paused_time_is_total),
        cmocka_unit_test(http__paused_bomb_is_bounded),
        cmocka_unit_test(http__a_flood_leaves_others_their_turn),
        cmocka_unit_test(http__resume_without_pause_is_harmless),
        cmocka_unit_test(http__cancel_inside_each_callback),
        cmocka_unit_test(http__cancel_another_inside_each_callback),
        cmocka_unit_test(http__start_inside_each_callback),
        cmocka_unit_test(http__hastened_inside_each_callback),
        cmocka_unit_test(http__close_inside_each_callback),
        cmocka_unit_test(http__close_with_everything_under_way),
        cmocka_unit_test(http__cancel_before_anything_happened),
        cmocka_unit_test(http__cancel_in_every_round_of_a_connect),
        cmocka_unit_test(http__reader_may_stop),
    };
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
