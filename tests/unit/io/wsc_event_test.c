/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said on an open websocket: messages whole, in pieces, too big, not text; frames that are none;
 * pings; and our own server as the peer, two contexts of the library on one loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/server.h"

#include "tests/support/wsc_rig.h"

#define NOTHING_ASKED ((struct wsc_request){ 0 })
#define BIG           300000

static char big[BIG];

/* ---- messages ---- */

/* Says what it hears, in one frame, then in three. */
static void play_echo(struct wspeer *p)
{
    const struct wsframe *f = &p->heard;
    static char whole[BIG];
    size_t n = 0;
    bool ok = wspeer_accept(p);
    while (ok && wspeer_hear(p) && (f->first & 15) <= WS_TEXT && n + f->len <= sizeof whole) {
        memcpy(whole + n, f->bytes, f->len);
        n += f->len;
        if (!(f->first & WS_FIN))
            continue;
        ok = wspeer_frame(p, WS_FIN | WS_TEXT, whole, n) && wspeer_frame(p, WS_TEXT, whole, n / 3) &&
             wspeer_frame(p, WS_CONTINUATION, "", 0) &&
             wspeer_frame(p, WS_CONTINUATION, whole + n / 3, n - n / 3) &&
             wspeer_frame(p, WS_FIN | WS_CONTINUATION, "", 0);
        n = 0;
    }
}

static void wsc_event__messages_of_every_length(void **state X_UNUSED)
{
    static const size_t length[] = { 0, 1, 125, 126, 127, 4096, 16384, 16385, 65535, 65536, BIG };
    struct wsc_rig *r = wsc_rig_open(play_echo, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)('a' + i % 23);
    wsc_probe_open(&p, "ws://{}/", (struct wsc_request){ .queue_max = BIG });
    for (size_t i = 0; i < ARRAY_LEN(length); i++) {
        assert_int_equal(wsc_send(p.conn, big, length[i]), 0);
        for (int k = 1; k <= 2; k++) {
            wsc_rig_until(r, &p.texts, (int)i * 2 + k);
            assert_int_equal(p.last.len, length[i]);
            assert_memory_equal(buf_text(&p.last), big, length[i]);
        }
    }
    assert_int_equal(wsc_send(p.conn, big, BIG), 0);
    assert_int_equal(wsc_send(p.conn, big, 1), X_E_FULL);
    assert_int_equal(wsc_send(p.conn, "\xFF", 1), X_E_INVALID);
    wsc_probe_free(&p);
    wsc_rig_close(r);
}

/* Head, messages and a ping in one segment, then the same in single bytes. */
static void play_in_pieces(struct wspeer *p)
{
    unsigned char all[8192];
    size_t n = 0;
    n += wsframe_build(all + n, WS_FIN | WS_TEXT, false, "early", 5);
    n += wsframe_build(all + n, WS_TEXT, false, big, 3000);
    n += wsframe_build(all + n, WS_FIN | WS_PING, false, "between", 7);
    n += wsframe_build(all + n, WS_FIN | WS_PONG, false, "unasked", 7);
    n += wsframe_build(all + n, WS_FIN | WS_CONTINUATION, false, big + 3000, 1000);
    n += wsframe_build(all + n, WS_FIN | WS_BINARY, false, "\0\xFF\0", 3);
    n += wsframe_build(all + n, WS_FIN | WS_TEXT, true, "masked", 6);
    bool ok = wspeer_accept(p) && wspeer_say(p, all, n) && wspeer_hear(p);
    for (size_t i = 0; ok && i < n; i++)
        ok = wspeer_say(p, all + i, 1);
    wspeer_until_gone(p);
}

static void wsc_event__pieces_pings_and_binary(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_in_pieces, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    wsc_probe_open(&p, "ws://{}/", (struct wsc_request){ .binary = wsc_probe_binary });
    for (int i = 0; i < 2; i++) {
        wsc_rig_until(r, &p.binaries, i + 1);
        wsc_rig_until(r, &p.texts, i * 3 + 3);
        assert_int_equal(p.last.len, 6); /* not checked further: the library unmasks as it likes */
    }
    wsc_drop(p.conn);
    wsc_rig_until_atomic(r, &r->trap.played, 1);
    assert_int_equal(r->trap.last.first, WS_FIN | WS_PONG);
    assert_string_equal((char *)r->trap.last.bytes, "between");
    wsc_probe_free(&p);
    wsc_rig_close(r);
}

/* ---- what is refused ---- */

static const struct refused {
    int code; /* ours; 0 = the library breaks off */
    size_t len;
    const char *bytes; /* NULL: of `big` */
    int first;
} refused[] = {
    { 1009, 1001, NULL, WS_FIN | WS_TEXT },
    { 1009, 1001, NULL, WS_TEXT },
    { 1009, BIG, NULL, WS_FIN | WS_TEXT },
    { 1007, 3, "a\xC3(", WS_FIN | WS_TEXT },
    { 1007, 1, "\xC3", WS_FIN | WS_TEXT },
    { 1003, 3, "abc", WS_FIN | WS_BINARY },
    { 0, 1, "x", WS_FIN | 3 },
    { 0, 1, "x", WS_FIN | 11 },
    { 0, 1, "x", WS_FIN | 0x40 | WS_TEXT },
    { 0, 1, "x", WS_FIN | 0x10 | WS_TEXT },
    { 0, 1, "x", WS_FIN | WS_CONTINUATION },
    { 0, 1, "x", WS_PING },
    { 0, 126, NULL, WS_FIN | WS_PING },
    { 0, 200, NULL, WS_FIN | WS_CLOSE_FRAME },
};
static _Atomic int which;

static void play_refused(struct wspeer *p)
{
    const struct refused *f = &refused[which];
    if (wspeer_accept(p) && wspeer_frame(p, f->first, f->bytes ? f->bytes : big, f->len) && f->code)
        wspeer_hear(p);
    else
        wspeer_until_gone(p);
}

static void wsc_event__what_is_refused(void **state X_UNUSED)
{
    memset(big, 'r', sizeof big);
    for (int i = 0; i < (int)ARRAY_LEN(refused); i++) {
        which = i;
        struct wsc_rig *r = wsc_rig_open(play_refused, NULL, NULL);
        struct wsc_probe p = { .rig = r };
        wsc_probe_open(&p, "ws://{}/", (struct wsc_request){ .message_max = 1000 });
        wsc_probe_wait(&p);
        assert_int_equal(p.texts + p.binaries, 0);
        assert_int_equal(p.end.ours, refused[i].code != 0);
        assert_int_equal(p.end.code, refused[i].code ? refused[i].code : WSC_LOST);
        if (!refused[i].code)
            assert_non_null(strstr(p.detail, "no websocket frame"));
        wsc_rig_until_atomic(r, &r->trap.played, 1);
        if (refused[i].code) {
            assert_int_equal(r->trap.last.first, WS_FIN | WS_CLOSE_FRAME);
            assert_int_equal(r->trap.last.bytes[0] << 8 | r->trap.last.bytes[1], refused[i].code);
        }
        wsc_probe_free(&p);
        wsc_rig_close(r);
    }
}

/* A peer that does not hear our close goes on talking, and is cut off. */
static void play_flood(struct wspeer *p)
{
    bool ok = wspeer_accept(p);
    while (ok)
        ok = wspeer_frame(p, WS_FIN | WS_TEXT, big, 1001);
}

static void wsc_event__a_flood_ends(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_flood, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    memset(big, 'f', sizeof big);
    wsc_probe_open(&p, "ws://{}/", (struct wsc_request){ .message_max = 1000 });
    wsc_probe_wait(&p);
    assert_int_equal(p.end.code, 1009);
    wsc_rig_until_atomic(r, &r->trap.played, 1);
    wsc_rig_close(r);
}

/* ---- noise ---- */

static unsigned noise_next(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 16;
}

/* Frames that are half right: any first byte, often a length that lies. */
static void play_noise(struct wspeer *p)
{
    unsigned seed = (unsigned)p->trap->requests * 7919U + 1;
    unsigned char all[2048], text[64];
    bool ok = wspeer_accept(p);
    for (int i = 0; ok && i < 40; i++) {
        size_t len = noise_next(&seed) % sizeof text, n;
        static const int first[] = { WS_FIN | WS_TEXT, WS_TEXT, WS_CONTINUATION, WS_FIN | WS_PING,
                                     WS_FIN | WS_PONG };
        for (size_t k = 0; k < len; k++)
            text[k] = (unsigned char)noise_next(&seed);
        n = wsframe_build(all, first[noise_next(&seed) % ARRAY_LEN(first)], noise_next(&seed) % 8 == 0, text,
                          len);
        if (noise_next(&seed) % 10 == 0)
            all[noise_next(&seed) % n] ^= (unsigned char)(1U << noise_next(&seed) % 8);
        ok = wspeer_say(p, all, n);
    }
}

static void wsc_event__noise(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_noise, NULL, NULL);
    for (int i = 0; i < 300; i++) {
        struct wsc_probe p = { .rig = r };
        wsc_probe_start(&p, "ws://{}/", (struct wsc_request){ .binary = wsc_probe_binary });
        wsc_probe_wait(&p);
        wsc_probe_free(&p);
    }
    wsc_rig_close(r);
}

/* ---- our own server, on the same loop ---- */

static void own_text(void *ctx, server_id id, const char *peer_ip X_UNUSED, const char *text, size_t len)
{
    struct server **own = ctx;
    if (len == 3)
        server_ws_close(*own, id, 4004, "three");
    else
        server_ws_send(*own, id, text, len);
}

static void own_closed(void *ctx)
{
    *(bool *)ctx = true;
}

/* Two contexts of the library live and end side by side, in either order. */
static void wsc_event__our_own_server_on_the_same_loop(void **state X_UNUSED)
{
    for (int client_first = 0; client_first <= 1; client_first++) {
        struct server *own = NULL;
        const struct server_conf conf = { .listen = "127.0.0.1:0", .base_path = "" };
        const struct ws_route route = { .path = "/ws", .message_max = 1000, .text = own_text, .ctx = &own };
        struct wsc_rig *r = wsc_rig_open(play_echo, NULL, NULL);
        struct wsc_probe p = { .rig = r, .in_text = WSC_ECHO }, q = { .rig = r };
        bool closed = false;
        char url[64];
        assert_int_equal(server_open(&own, &r->loop, &conf, NULL), 0);
        assert_int_equal(server_ws_route(own, &route, NULL), 0);
        assert_int_equal(server_listen(own, NULL), 0);
        snprintf(url, sizeof url, "ws://127.0.0.1:%d/ws", server_port(own));
        wsc_probe_open(&p, url, NOTHING_ASKED);
        wsc_probe_open(&q, url, NOTHING_ASKED);
        assert_int_equal(wsc_send(p.conn, "ping-pong", 9), 0);
        wsc_rig_until(r, &p.texts, 20);
        assert_int_equal(wsc_send(q.conn, "end", 3), 0);
        wsc_probe_wait(&q);
        assert_int_equal(q.end.code, 4004);
        assert_string_equal(q.reason, "three");
        if (client_first)
            wsc_shut(r->wsc);
        r->shut = client_first;
        server_close(own, own_closed, &closed);
        wsc_probe_free(&p);
        wsc_rig_close(r);
        assert_true(closed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wsc_event__messages_of_every_length),
        cmocka_unit_test(wsc_event__pieces_pings_and_binary),
        cmocka_unit_test(wsc_event__what_is_refused),
        cmocka_unit_test(wsc_event__a_flood_ends),
        cmocka_unit_test(wsc_event__noise),
        cmocka_unit_test(wsc_event__our_own_server_on_the_same_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
