/* SPDX-License-Identifier: Apache-2.0
 *
 * A websocket connection's life and its ends, against a server that says its bytes by hand. How it comes to
 * be open, or does not: wsc_dial_test.c. What is said meanwhile: wsc_event_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/wsc_rig.h"

#define NOTHING_ASKED ((struct wsc_request){ 0 })

/* ---- what the server does ---- */

/* Says what it hears, a close frame too. */
static void echo(struct wspeer *p)
{
    const struct wsframe *f = &p->heard;
    while (wspeer_hear(p) && wspeer_frame(p, f->first, f->bytes, f->len))
        if ((f->first & 15) == WS_CLOSE_FRAME)
            break;
}

static void play_echo(struct wspeer *p)
{
    if (wspeer_accept(p))
        echo(p);
}

static void play_listen(struct wspeer *p)
{
    if (wspeer_accept(p))
        wspeer_until_gone(p);
}

static void play_no_answer(struct wspeer *p)
{
    if (wspeer_head(p))
        wspeer_until_gone(p);
}

static void play_greet(struct wspeer *p)
{
    if (wspeer_accept(p) && wspeer_frame(p, WS_FIN | WS_TEXT, "hello", 5))
        echo(p);
}

/* ---- open and closed ---- */

static void wsc__opens_echoes_and_closes(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_echo, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
    assert_int_equal(wsc_count(r->wsc), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wsc_send(p.conn, "gr\xC3\xBC\xC3\x9F", 6), 0);
        wsc_rig_until(r, &p.texts, i + 1);
        assert_string_equal(buf_text(&p.last), "gr\xC3\xBC\xC3\x9F");
    }
    wsc_close(p.conn, 1000, NULL);
    wsc_close(p.conn, 4001, "changes nothing");
    assert_int_equal(wsc_send(p.conn, "late", 4), X_E_CLOSED);
    wsc_probe_wait(&p);
    assert_true(p.end.ours);
    assert_int_equal(p.end.code, 1000);
    assert_int_equal(p.end.status, 0);
    assert_int_equal(wsc_count(r->wsc), 0);
    wsc_probe_free(&p);
    wsc_rig_close(r);
}

static void wsc__says_what_was_asked(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_echo, NULL, NULL);
    struct wsc_probe p = { .rig = r, .in_open = WSC_CLOSE };
    char host[64];
    wsc_probe_start(&p, "ws://{}/gate/way?v=10&encoding=json",
                    (struct wsc_request){ .user_agent = "DiscordBot (https://a.example, 1.0)" });
    wsc_probe_wait(&p);
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", r->trap.seats.port);
    wsc_rig_until_atomic(r, &r->trap.played, 1);
    const char *head = r->trap.head;
    assert_int_equal(strncmp(head, "GET /gate/way?v=10&encoding=json HTTP/1.1\r\n", 43), 0);
    assert_non_null(strstr(head, host));
    assert_non_null(strcasestr(head, "\r\nUser-Agent: DiscordBot (https://a.example, 1.0)\r\n"));
    assert_non_null(strstr(head, "\r\nSec-WebSocket-Version: 13\r\n"));
    assert_null(strcasestr(head, "extensions"));
    assert_null(strcasestr(head, "origin"));
    wsc_rig_close(r);
}

static void wsc__own_code_and_reason_reach_the_peer_after_what_is_queued(void **state X_UNUSED)
{
    static char text[100000];
    struct wsc_rig *r = wsc_rig_open(play_echo, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    memset(text, 'q', sizeof text);
    wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
    assert_int_equal(wsc_send(p.conn, text, sizeof text), 0);
    assert_int_equal(wsc_send(p.conn, text, sizeof text), 0);
    assert_int_equal(wsc_queued(p.conn), 2 * sizeof text);
    wsc_close(p.conn, 4000, "going away for a moment");
    wsc_probe_wait(&p);
    assert_int_equal(p.end.code, 4000);
    assert_true(p.end.ours);
    assert_string_equal(p.reason, "");
    wsc_rig_until_atomic(r, &r->trap.played, 1);
    assert_int_equal(r->trap.last.first, WS_FIN | WS_CLOSE_FRAME);
    assert_memory_equal(r->trap.last.bytes, "\x0F\xA0going away for a moment", 25);
    wsc_rig_close(r);
}

static const struct {
    int size, code;
    const char *bytes, *reason;
} goodbye[] = {
    { 15, 4004, "\x0F\xA4no such token", "no such token" },
    { 2, 1000, "\x03\xE8", "" },
    { 0, WSC_NO_CODE, "", "" },
    { 1, 1002, "\x03", "" },
    { 6, 1002, "\x03\xF4wait", "wait" }, /* 1012: see the limits in wsc.h */
    { 4, 4009, "\x0F\xA9\xFF\xFE", "" }, /* no UTF-8 */
};
static _Atomic int which;

static void play_goodbye(struct wspeer *p)
{
    int i = which;
    if (wspeer_accept(p) &&
        wspeer_frame(p, WS_FIN | WS_CLOSE_FRAME, goodbye[i].bytes, (size_t)goodbye[i].size))
        wspeer_hear(p);
}

static void wsc__tells_the_peers_code_and_reason(void **state X_UNUSED)
{
    for (int i = 0; i < (int)ARRAY_LEN(goodbye); i++) {
        which = i;
        struct wsc_rig *r = wsc_rig_open(play_goodbye, NULL, NULL);
        struct wsc_probe p = { .rig = r };
        wsc_probe_start(&p, "ws://{}/", NOTHING_ASKED);
        wsc_probe_wait(&p);
        assert_true(p.end.was_open);
        assert_false(p.end.ours);
        assert_int_equal(p.end.code, goodbye[i].code);
        assert_string_equal(p.reason, goodbye[i].reason);
        wsc_rig_until_atomic(r, &r->trap.played, 1);
        assert_int_equal(r->trap.last.first, WS_FIN | WS_CLOSE_FRAME); /* answered */
        wsc_rig_close(r);
    }
}

static void play_lost(struct wspeer *p)
{
    if (wspeer_accept(p))
        wspeer_frame(p, WS_FIN | WS_TEXT, "last words", 10);
}

static void play_lost_by_reset(struct wspeer *p)
{
    if (wspeer_accept(p))
        wspeer_hear(p);
    wspeer_reset(p);
}

static void wsc__lost_is_1006(void **state X_UNUSED)
{
    for (int i = 0; i < 2; i++) {
        struct wsc_rig *r = wsc_rig_open(i ? play_lost_by_reset : play_lost, NULL, NULL);
        struct wsc_probe p = { .rig = r };
        wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
        wsc_send(p.conn, "x", 1);
        wsc_probe_wait(&p);
        assert_int_equal(p.end.code, WSC_LOST);
        assert_false(p.end.ours);
        if (!strstr(p.detail, "lost"))
            fail_msg("%d: %s", i, p.detail);
        wsc_probe_free(&p);
        wsc_rig_close(r);
    }
}

static void wsc__bad_requests(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_no_answer, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    struct err err;
    char agent[300];
    memset(agent, 'a', sizeof agent);
    agent[sizeof agent - 1] = '\0';
    assert_int_equal(wsc_probe_try(&p, "http://a.example/secret", NOTHING_ASKED, &err), X_E_INVALID);
    assert_null(strstr(err.text, "secret"));
    struct wsc_request req = { .user_agent = "a\r\nX-More: 1" };
    assert_int_equal(wsc_probe_try(&p, "ws://{}/", req, &err), X_E_INVALID);
    req.user_agent = agent;
    assert_int_equal(wsc_probe_try(&p, "ws://{}/", req, &err), X_E_INVALID);
    for (int i = 0; i < WSC_CONNECTIONS_MAX; i++)
        assert_int_equal(wsc_probe_try(&p, "ws://{}/", NOTHING_ASKED, &err), 0);
    assert_int_equal(wsc_probe_try(&p, "ws://{}/", NOTHING_ASKED, &err), X_E_LIMIT);
    wsc_drop(p.conn);
    assert_int_equal(wsc_count(r->wsc), WSC_CONNECTIONS_MAX - 1);
    assert_int_equal(wsc_probe_try(&p, "ws://{}/", NOTHING_ASKED, &err), 0);
    assert_int_equal(wsc_send(p.conn, "early", 5), X_E_CLOSED);
    wsc_rig_close(r);
}

/* ---- given up ---- */

static void wsc__given_up_while_it_connects(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_no_answer, NULL, NULL);
    for (int asked = 0; asked <= 1; asked++) {
        struct wsc_probe drop = { .rig = r }, close = { .rig = r };
        int before = r->trap.requests;
        wsc_probe_start(&drop, "ws://{}/", NOTHING_ASKED);
        wsc_probe_start(&close, "ws://{}/", NOTHING_ASKED);
        if (asked)
            wsc_rig_until_atomic(r, &r->trap.requests, before + 2);
        wsc_drop(drop.conn);
        wsc_close(close.conn, 4000, "never mind");
        wsc_probe_wait(&close);
        assert_true(close.end.ours);
        assert_int_equal(close.end.code, 0);
        assert_int_equal(drop.closes + drop.opens, 0);
    }
    wsc_rig_close(r);
}

static void wsc__given_up_inside_callbacks(void **state X_UNUSED)
{
    static const enum wsc_act act[] = { WSC_CLOSE, WSC_DROP, WSC_DROP_OTHER, WSC_CONNECT };
    for (size_t i = 0; i < ARRAY_LEN(act) * 3; i++) {
        struct wsc_rig *r = wsc_rig_open(play_greet, NULL, NULL);
        enum wsc_act now = act[i / 3];
        struct wsc_probe other = { .rig = r, .in_text = WSC_CLOSE }, p = { .rig = r, .other = &other };
        enum wsc_act *where[] = { &p.in_open, &p.in_text, &p.in_close };
        *where[i % 3] = now;
        if (where[i % 3] == &p.in_close)
            p.in_text = WSC_CLOSE;
        if (now == WSC_DROP_OTHER) {
            other.in_text = WSC_NOTHING;
            wsc_probe_open(&other, "ws://{}/", NOTHING_ASKED);
        }
        wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
        if (now == WSC_CLOSE || where[i % 3] == &p.in_close)
            wsc_probe_wait(&p);
        if (where[i % 3] != &p.in_open || now == WSC_DROP_OTHER || now == WSC_CONNECT)
            wsc_rig_until(r, &p.texts, 1);
        if (now == WSC_CONNECT)
            wsc_probe_wait(&other);
        wsc_rig_spend(r, 5);
        assert_int_equal(p.closes, now == WSC_CLOSE || where[i % 3] == &p.in_close);
        assert_int_equal(other.closes, now == WSC_CONNECT);
        wsc_probe_free(&p);
        wsc_probe_free(&other);
        wsc_rig_close(r);
    }
}

static void play_stall(struct wspeer *p)
{
    struct pollfd gone = { .fd = p->fd, .events = POLLRDHUP };
    if (wspeer_accept(p))
        poll(&gone, 1, -1);
}

/* The peer vanished, or is stuck: what we say stays with us. */
static void fill(struct wsc_rig *r, struct wsc_conn *c)
{
    static char text[60000];
    memset(text, 'f', sizeof text);
    for (int full = 0; full < 3;) {
        int rc = wsc_send(c, text, sizeof text);
        if (rc)
            assert_int_equal(rc, X_E_FULL);
        full = rc ? full + 1 : 0;
        if (rc)
            wsc_rig_spend(r, 10);
    }
    assert_in_range(wsc_queued(c), 1, WSC_QUEUE_MAX);
}

static void wsc__peer_that_reads_no_more(void **state X_UNUSED)
{
    enum { DROP, SHUT, CLOSE };
    for (int how = DROP; how <= CLOSE; how++) {
        struct wsc_rig *r = wsc_rig_open(play_stall, NULL, NULL);
        struct wsc_probe p = { .rig = r };
        wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
        fill(r, p.conn);
        if (how == CLOSE) {
            wsc_close(p.conn, 4000, "");
            wsc_probe_wait(&p);
            assert_true(p.end.ours);
        } else if (how == DROP) {
            wsc_drop(p.conn);
        }
        if (how != SHUT)
            wsc_rig_until_atomic(r, &r->trap.played, 1);
        wsc_rig_close(r);
    }
}

/* ---- many ---- */

static void wsc__many_in_a_row_and_at_once(void **state X_UNUSED)
{
    static struct wsc_probe p[WSC_CONNECTIONS_MAX];
    struct wsc_rig *r = wsc_rig_open(play_greet, NULL, NULL);
    for (int i = 0; i < 150; i++) {
        struct wsc_probe one = { .rig = r, .in_text = i % 2 ? WSC_CLOSE : WSC_NOTHING };
        wsc_probe_open(&one, "ws://{}/", NOTHING_ASKED);
        wsc_rig_until(r, &one.texts, 1);
        if (i % 2)
            wsc_probe_wait(&one);
        else
            wsc_drop(one.conn);
        wsc_probe_free(&one);
    }
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = (struct wsc_probe){ .rig = r, .in_text = WSC_CLOSE };
        wsc_probe_start(&p[i], "ws://{}/", NOTHING_ASKED);
    }
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        wsc_probe_wait(&p[i]);
        assert_int_equal(p[i].end.code, 4000);
        wsc_probe_free(&p[i]);
    }
    wsc_rig_close(r);
}

static void wsc__shut_inside_callbacks(void **state X_UNUSED)
{
    for (int i = 0; i < 3; i++) {
        struct wsc_rig *r = wsc_rig_open(play_greet, NULL, NULL);
        struct wsc_probe other = { .rig = r }, p = { .rig = r, .other = &other };
        enum wsc_act *where[] = { &p.in_open, &p.in_text, &p.in_close };
        p.in_text = i == 2 ? WSC_CLOSE : WSC_NOTHING;
        *where[i] = WSC_SHUT;
        wsc_probe_open(&p, "ws://{}/", NOTHING_ASKED);
        if (i == 1)
            wsc_rig_until(r, &p.texts, 1);
        if (i == 2)
            wsc_probe_wait(&p);
        wsc_probe_free(&p);
        wsc_rig_close(r);
    }
}

static void wsc__shut_with_connections_in_every_state(void **state X_UNUSED)
{
    static char text[60000];
    struct wsc_rig *r = wsc_rig_open(play_listen, NULL, NULL);
    struct wsc_probe p[8];
    struct wsc_hole h;
    char url[64];
    wsc_hole_open(&h, "127.0.0.1", 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/", h.port);
    memset(text, 's', sizeof text);
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = (struct wsc_probe){ .rig = r };
        if (i < 4)
            wsc_probe_open(&p[i], "ws://{}/", NOTHING_ASKED);
    }
    assert_int_equal(wsc_send(p[1].conn, text, sizeof text), 0);
    wsc_close(p[2].conn, 4000, "closing: not answered");
    wsc_rig_spend(r, 5);
    assert_int_equal(wsc_send(p[3].conn, text, sizeof text), 0);
    wsc_close(p[3].conn, 4000, "leaving");
    wsc_probe_start(&p[4], url, NOTHING_ASKED);
    wsc_probe_start(&p[5], "ws://255.255.255.255/", NOTHING_ASKED);
    wsc_probe_start(&p[6], "ws://localhost{}/", NOTHING_ASKED);
    wsc_probe_start(&p[7], "ws://{}/", NOTHING_ASKED);
    wsc_drop(p[7].conn);
    wsc_rig_close(r);
    wsc_hole_close(&h);
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        assert_int_equal(p[i].closes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wsc__opens_echoes_and_closes),
        cmocka_unit_test(wsc__says_what_was_asked),
        cmocka_unit_test(wsc__own_code_and_reason_reach_the_peer_after_what_is_queued),
        cmocka_unit_test(wsc__tells_the_peers_code_and_reason),
        cmocka_unit_test(wsc__lost_is_1006),
        cmocka_unit_test(wsc__bad_requests),
        cmocka_unit_test(wsc__given_up_while_it_connects),
        cmocka_unit_test(wsc__given_up_inside_callbacks),
        cmocka_unit_test(wsc__peer_that_reads_no_more),
        cmocka_unit_test(wsc__many_in_a_row_and_at_once),
        cmocka_unit_test(wsc__shut_inside_callbacks),
        cmocka_unit_test(wsc__shut_with_connections_in_every_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
