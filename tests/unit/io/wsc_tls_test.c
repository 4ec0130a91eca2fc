/* SPDX-License-Identifier: Apache-2.0
 *
 * wss: whom the client trusts, and that TLS changes nothing else. Certificates are made when the test runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/wsc_rig.h"

#define NOTHING_ASKED ((struct wsc_request){ 0 })
#define BIG           300000

static char ca_file[] = "/tmp/parley-wsc-XXXXXX", other_file[] = "/tmp/parley-wsc-XXXXXX";
static char big[BIG];

static void play_echo(struct wspeer *p)
{
    const struct wsframe *f = &p->heard;
    bool ok = wspeer_accept(p);
    while (ok && wspeer_hear(p)) {
        ok = wspeer_frame(p, f->first, f->bytes, f->len);
        if ((f->first & 15) == WS_CLOSE_FRAME)
            break;
    }
}

static void play_early(struct wspeer *p)
{
    if (wspeer_accept(p) && wspeer_frame(p, WS_FIN | WS_TEXT, big, BIG) &&
        wspeer_frame(p, WS_FIN | WS_CLOSE_FRAME, "\x0F\xA9", 2))
        wspeer_hear(p);
}

static void play_lost(struct wspeer *p)
{
    if (wspeer_accept(p))
        wspeer_hear(p);
    wspeer_reset(p);
}

static void play_plain(struct wspeer *p)
{
    wspeer_text(p, "HTTP/1.1 400 Bad Request\r\n\r\n");
    wspeer_until_gone(p);
}

static void play_silent(struct wspeer *p)
{
    wspeer_until_gone(p);
}

static void wsc_tls__echoes_and_closes(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_echo, wstrap_tls("localhost", ca_file), ca_file);
    struct wsc_probe p = { .rig = r };
    memset(big, 't', sizeof big);
    wsc_probe_open(&p, "wss://localhost{}/", (struct wsc_request){ .queue_max = BIG });
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(wsc_send(p.conn, big, i == 5 ? 16384 : 10), 0);
        wsc_rig_until(r, &p.texts, i);
    }
    wsc_close(p.conn, 4000, "own");
    wsc_probe_wait(&p);
    assert_int_equal(p.end.code, 4000);
    wsc_rig_until_atomic(r, &r->trap.played, 1);
    assert_memory_equal(r->trap.last.bytes, "\x0F\xA0own", 5);
    wsc_probe_free(&p);
    wsc_rig_close(r);
}

static void wsc_tls__large_message_with_the_upgrade(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_early, wstrap_tls("localhost", ca_file), ca_file);
    for (int i = 0; i < 10; i++) {
        struct wsc_probe p = { .rig = r };
        wsc_probe_start(&p, "wss://localhost{}/", NOTHING_ASKED);
        wsc_probe_wait(&p);
        assert_int_equal(p.texts, 1);
        assert_int_equal(p.last.len, BIG);
        assert_int_equal(p.end.code, 4009);
        wsc_probe_free(&p);
    }
    wsc_rig_close(r);
}

static void wsc_tls__lost_is_1006(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_lost, wstrap_tls("localhost", ca_file), ca_file);
    struct wsc_probe p = { .rig = r };
    wsc_probe_open(&p, "wss://localhost{}/", NOTHING_ASKED);
    wsc_send(p.conn, "x", 1);
    wsc_probe_wait(&p);
    assert_int_equal(p.end.code, WSC_LOST);
    wsc_rig_close(r);
}

static void expect_untrusted(SSL_CTX *tls, const char *trust, const char *url, const char *says)
{
    struct wsc_rig *r = wsc_rig_open(play_echo, tls, trust);
    struct wsc_probe p = { .rig = r };
    wsc_probe_start(&p, url, NOTHING_ASKED);
    wsc_probe_wait(&p);
    assert_false(p.end.was_open);
    if (!strstr(p.detail, says))
        fail_msg("\"%s\", not \"%s\"", p.detail, says);
    assert_int_equal(r->trap.requests, 0); /* nothing was said to it */
    wsc_rig_close(r);
}

static void wsc_tls__refuses_whom_it_does_not_trust(void **state X_UNUSED)
{
    expect_untrusted(wstrap_tls("other.test", ca_file), ca_file, "wss://localhost{}/secret",
                     "ostname mismatch");
    expect_untrusted(wstrap_tls("localhost", ca_file), ca_file, "wss://{}/secret", "IP address mismatch");
    expect_untrusted(wstrap_tls("localhost", ca_file), NULL, "wss://localhost{}/secret", "self-signed");
    SSL_CTX_free(wstrap_tls("localhost", other_file));
    expect_untrusted(wstrap_tls("localhost", ca_file), other_file, "wss://localhost{}/secret", "certificate");
}

static void wsc_tls__no_tls_there(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_plain, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    wsc_probe_start(&p, "wss://localhost{}/secret", NOTHING_ASKED);
    wsc_probe_wait(&p);
    assert_non_null(strstr(p.detail, "no TLS"));
    wsc_rig_close(r);
    r = wsc_rig_open(play_silent, NULL, NULL);
    p = (struct wsc_probe){ .rig = r };
    wsc_probe_start(&p, "wss://localhost{}/secret", (struct wsc_request){ .connect_ms = 80 });
    wsc_probe_wait(&p);
    assert_non_null(strstr(p.detail, "answer the TLS handshake in time"));
    wsc_rig_close(r);
}

static void wsc_tls__given_up_in_every_phase(void **state X_UNUSED)
{
    for (int i = 0; i < 4; i++) {
        bool silent = i < 2;
        struct wsc_rig *r =
            wsc_rig_open(silent ? play_silent : play_echo, silent ? NULL : wstrap_tls("localhost", ca_file),
                         silent ? NULL : ca_file);
        struct wsc_probe p = { .rig = r, .in_open = i == 3 ? WSC_DROP : WSC_NOTHING };
        wsc_probe_start(&p, "wss://localhost{}/", NOTHING_ASKED);
        if (i == 1)
            wsc_rig_until_atomic(r, &r->trap.seats.connections, 1);
        if (i >= 2)
            wsc_rig_until(r, &p.opens, 1);
        if (i == 2)
            wsc_send(p.conn, "x", 1);
        if (i < 2)
            wsc_drop(p.conn);
        wsc_rig_close(r);
        assert_int_equal(p.closes, 0);
    }
}

static void wsc_tls__file_that_holds_no_authority(void **state X_UNUSED)
{
    struct loop loop;
    struct wsc *w = NULL;
    struct err err;
    assert_int_equal(loop_open(&loop, &err), 0);
    assert_int_equal(wsc_open(&w, &loop, "/nowhere/ca.pem", &err), -EINVAL);
    assert_int_equal(wsc_open(&w, &loop, "/dev/null", &err), -EINVAL);
    assert_null(w);
    assert_non_null(strstr(err.text, "/dev/null"));
    loop_shut(&loop);
    loop_run(&loop);
    assert_int_equal(loop_close(&loop), 0);
}

static int prepare(void **state X_UNUSED)
{
    int a = mkstemp(ca_file), b = mkstemp(other_file);
    return a < 0 || b < 0 || close(a) || close(b);
}

static int clean_up(void **state X_UNUSED)
{
    return unlink(ca_file) | unlink(other_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wsc_tls__echoes_and_closes),
        cmocka_unit_test(wsc_tls__large_message_with_the_upgrade),
        cmocka_unit_test(wsc_tls__lost_is_1006),
        cmocka_unit_test(wsc_tls__refuses_whom_it_does_not_trust),
        cmocka_unit_test(wsc_tls__no_tls_there),
        cmocka_unit_test(wsc_tls__given_up_in_every_phase),
        cmocka_unit_test(wsc_tls__file_that_holds_no_authority),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
