/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/gate.h"

/* Scans and reads as the listener does. The status it would answer; 0 = let in; -1 = incomplete. */
static int gate_status(const char *bytes, size_t len, struct gate_head *head)
{
    *head = (struct gate_head){ 0 };
    ptrdiff_t end = gate_scan(bytes, len, 0);
    if (end < 0)
        return 400;
    if (end == 0)
        return -1;
    return gate_read(head, bytes, (size_t)end) ? head->fault->status : 0;
}

static int status_of(const char *text)
{
    struct gate_head head;
    return gate_status(text, strlen(text), &head);
}

static void gate__lets_plain_requests_in(void **state)
{
    static const char *const good[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "POST /x?y=1 HTTP/1.1\r\nhost: a.example:8080\r\nContent-Length: 5\r\n\r\nhello",
        "POST /x HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING:\tChunked \r\n\r\n",
        "PATCH /x HTTP/1.1\r\nHost: a\r\nX-Odd: caf\xc3\xa9\tand tab\r\nEmpty:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct gate_head head;
        if (gate_status(good[i], strlen(good[i]), &head))
            fail_msg("refused: %s", good[i]);
        assert_false(head.websocket);
    }
}

static void gate__refuses_what_two_parsers_could_read_differently(void **state)
{
#define OPEN "POST / HTTP/1.1\r\nHost: a\r\n"
    static const struct {
        const char *text;
        int status;
    } bad[] = {
        { OPEN "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400 },
        { OPEN "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400 },
        { OPEN "Content-Length: 5\r\ncontent-length: 6\r\n\r\n", 400 },
        { OPEN "Content-Length: 5, 5\r\n\r\n", 400 },
        { OPEN "Content-Length: +5\r\n\r\n", 400 },
        { OPEN "Content-Length: -5\r\n\r\n", 400 },
        { OPEN "Content-Length: 5abc\r\n\r\n", 400 },
        { OPEN "Content-Length: 0x5\r\n\r\n", 400 },
        { OPEN "Content-Length: 5 5\r\n\r\n", 400 },
        { OPEN "Content-Length:\r\n\r\n", 400 },
        { OPEN "Content-Length: 18446744073709551621\r\n\r\n", 400 },
        { OPEN "Content-Length : 5\r\n\r\n", 400 },
        { OPEN "Content-Length\t: 5\r\n\r\n", 400 },
        { OPEN " Content-Length: 5\r\n\r\n", 400 },
        { OPEN "X: y\r\n Content-Length: 5\r\n\r\n", 400 },
        { OPEN "X: y\r\n\tfolded\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: xchunked\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: chunked, identity\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { OPEN "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n",
          400 },
        { OPEN "Transfer-Encoding: \"chunked\"\r\n\r\n", 400 },
        { "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { OPEN "Host: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400 },
        { "GET / HTTP/1.1\nHost: a\n\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n", 400 },
        { "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400 },
        { "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /\r\n\r\n", 400 },
        { "GET\r\n\r\n", 400 },
        { "\r\n\r\n", 400 },
        { "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / http/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/11\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505 },
        { "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505 },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
    };
#undef OPEN
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status = status_of(bad[i].text);
        if (status != bad[i].status)
            fail_msg("%d instead of %d: %s", status, bad[i].status, bad[i].text);
    }
}

static void gate__refuses_nul_bytes(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    struct gate_head head;
    (void)state;
    assert_int_equal(gate_status(text, sizeof(text) - 1, &head), 400);
}

static void gate__scan_finds_the_end_however_the_bytes_arrive(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nmore";
    (void)state;
    for (size_t split = 0; split <= sizeof(text) - 1; split++) {
        ptrdiff_t first = gate_scan(text, split, 0);
        assert_int_equal(first, split >= sizeof(text) - 5 ? (ptrdiff_t)sizeof(text) - 5 : 0);
        if (first == 0)
            assert_int_equal(gate_scan(text, sizeof(text) - 1, split), (ptrdiff_t)sizeof(text) - 5);
    }
    for (size_t len = 1, seen = 0; len < sizeof(text) - 5; seen = len++)
        assert_int_equal(gate_scan(text, len, seen), 0);
    /* Binary on the first byte (a TLS hello) is refused at once, not after the deadline. */
    assert_int_equal(gate_scan("\x16\x03\x01", 3, 0), -1);
}

static void gate__fields_are_bounded(void **state)
{
    char text[8192];
    struct gate_head head;
    (void)state;
    for (int fields = GATE_FIELDS_MAX - 1; fields <= GATE_FIELDS_MAX + 1; fields++) {
        int n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < fields; i++)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "X-%d: y\r\n", i);
        n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
        assert_int_equal(gate_status(text, (size_t)n, &head), fields > GATE_FIELDS_MAX ? 431 : 0);
    }
}

#define UPGRADE "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"

static void gate__knows_a_clean_websocket_upgrade(void **state)
{
    static const char text[] =
        "GET /ws HTTP/1.1\r\n" UPGRADE "Origin: https://a\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct gate_head head;
    (void)state;
    assert_int_equal(gate_status(text, sizeof(text) - 1, &head), 0);
    assert_true(head.websocket);
    assert_true(str_eqs(head.origin, "https://a"));
    assert_true(str_eqs(head.ws_version, "13"));
    assert_true(str_eqs(head.ws_key, "dGhlIHNhbXBsZSBub25jZQ=="));
    assert_true(str_eqs(head.target, "/ws"));
}

static void gate__refuses_an_upgrade_that_could_hide_a_body(void **state)
{
    (void)state;
    assert_int_equal(status_of("POST /ws HTTP/1.1\r\n" UPGRADE "\r\n"), 400);
    assert_int_equal(status_of("GET /ws HTTP/1.1\r\n" UPGRADE "Content-Length: 0\r\n\r\n"), 400);
    assert_int_equal(status_of("GET /ws HTTP/1.1\r\n" UPGRADE "Transfer-Encoding: chunked\r\n\r\n"), 400);
    assert_int_equal(status_of("GET /ws HTTP/1.1\r\n" UPGRADE "Upgrade: websocket\r\n\r\n"), 400);
    assert_int_equal(status_of("GET /ws HTTP/1.1\r\n" UPGRADE "Origin: a\r\nOrigin: b\r\n\r\n"), 400);
}

static void gate__collects_forwarded_fields_in_order(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
                               "X-Forwarded-For: 3.3.3.3\r\n\r\n";
    struct gate_head head;
    (void)state;
    assert_int_equal(gate_status(text, sizeof(text) - 1, &head), 0);
    assert_int_equal(head.forwardeds, 2);
    assert_true(str_eqs(head.forwarded[0], "1.1.1.1, 2.2.2.2"));
    assert_true(str_eqs(head.forwarded[1], "3.3.3.3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate__lets_plain_requests_in),
        cmocka_unit_test(gate__refuses_what_two_parsers_could_read_differently),
        cmocka_unit_test(gate__refuses_nul_bytes),
        cmocka_unit_test(gate__scan_finds_the_end_however_the_bytes_arrive),
        cmocka_unit_test(gate__fields_are_bounded),
        cmocka_unit_test(gate__knows_a_clean_websocket_upgrade),
        cmocka_unit_test(gate__refuses_an_upgrade_that_could_hide_a_body),
        cmocka_unit_test(gate__collects_forwarded_fields_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
