/* SPDX-License-Identifier: Apache-2.0
 *
 * Websockets over real sockets, with frames built by hand: what a browser would never send is
 * half of the point.
 */
#include "tests/unit/io/site.h"

#define HOST    "Host: a.example\r\n"
#define UPGRADE "GET /ws HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
#define KEY     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG, FIN = 0x80 };

struct frame {
    int opcode; /* with FIN; -1 = nothing came */
    size_t len;
    unsigned char bytes[1 << 17];
};

/* A masked frame into `out`; its length. */
static size_t build(unsigned char *out, int opcode, const void *payload, size_t len)
{
    static const unsigned char mask[4] = { 0x11, 0x22, 0x33, 0x44 };
    const unsigned char *from = payload;
    size_t n = 0;
    out[n++] = (unsigned char)opcode;
    if (len < 126) {
        out[n++] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        out[n++] = 0x80 | 126;
        out[n++] = (unsigned char)(len >> 8);
        out[n++] = (unsigned char)len;
    } else {
        out[n++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            out[n++] = (unsigned char)((uint64_t)len >> shift);
    }
    memcpy(out + n, mask, 4);
    n += 4;
    for (size_t i = 0; i < len; i++)
        out[n++] = from[i] ^ mask[i & 3];
    return n;
}

static void put(int fd, int opcode, const void *payload, size_t len)
{
    unsigned char *frame = malloc(len + 16);
    assert_non_null(frame);
    say_bytes(fd, frame, build(frame, opcode, payload, len));
    free(frame);
}

static bool get_exactly(int fd, void *to, size_t len)
{
    return len == 0 || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

/* The next frame from the server; a server must not mask. */
static bool get(int fd, struct frame *f)
{
    unsigned char head[8];
    f->opcode = -1;
    f->len = 0;
    if (!get_exactly(fd, head, 2))
        return false;
    assert_int_equal(head[1] & 0x80, 0);
    int opcode = head[0];
    f->len = head[1];
    if (f->len >= 126) {
        size_t n = f->len == 126 ? 2 : 8;
        if (!get_exactly(fd, head, n))
            return false;
        f->len = 0;
        for (size_t i = 0; i < n; i++)
            f->len = f->len << 8 | head[i];
    }
    if (f->len >= sizeof(f->bytes) || !get_exactly(fd, f->bytes, f->len))
        return false;
    f->bytes[f->len] = '\0';
    f->opcode = opcode;
    return true;
}

/* A whole text message, fragments joined. */
static bool get_text(int fd, struct frame *f, char *to, size_t cap)
{
    size_t n = 0;
    do {
        if (!get(fd, f) || (f->opcode & 15) > TEXT || n + f->len >= cap)
            return false;
        memcpy(to + n, f->bytes, f->len);
        n += f->len;
    } while (!(f->opcode & FIN));
    to[n] = '\0';
    return true;
}

static int open_ws(const struct site *site, const char *more)
{
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    say(fd, UPGRADE KEY);
    say(fd, more);
    say(fd, "\r\n");
    assert_true(hear(fd, h));
    if (h->status != 101)
        fail_msg("%d %s", h->status, h->body);
    assert_string_equal(header_of(h, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_null(header_of(h, "Sec-WebSocket-Extensions"));
    free(h);
    return fd;
}

/* The server closes with this code. */
static void closes_with(int fd, struct frame *f, int code)
{
    do
        assert_true(get(fd, f));
    while ((f->opcode & 15) != CLOSE);
    assert_true(f->len >= 2);
    assert_int_equal(f->bytes[0] << 8 | f->bytes[1], code);
    put(fd, FIN | CLOSE, f->bytes, 2);
    assert_true(hear_end(fd));
    close(fd);
}

static void ws__echoes_text_of_every_length(void **state)
{
    static const size_t length[] = {
        0, 1, 125, 126, 127, 4095, 4096, 4097, 16384, 16385, 65535, SITE_BODY_MAX
    };
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    char *text = malloc(SITE_BODY_MAX + 1), *back = malloc(SITE_BODY_MAX + 2);
    int fd = open_ws(site, "");
    for (size_t i = 0; i < ARRAY_LEN(length); i++) {
        for (size_t k = 0; k < length[i]; k++)
            text[k] = (char)('a' + (k + i) % 26);
        text[length[i]] = '\0';
        put(fd, FIN | TEXT, text, length[i]);
        assert_true(get_text(fd, f, back, SITE_BODY_MAX + 2));
        assert_string_equal(back, text);
    }
    put(fd, FIN | TEXT, "address", 7);
    assert_true(get_text(fd, f, back, SITE_BODY_MAX));
    assert_string_equal(back, "127.0.0.1");
    close(fd);
    assert_true(comes(&site->closed, 1));
    assert_int_equal(atomic_load(&site->opened), 1);
    free(text);
    free(back);
    free(f);
}

static void ws__frames_in_the_same_segment_as_the_upgrade(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    struct heard *h = malloc(sizeof(*h));
    unsigned char all[1024];
    size_t n = strlen(UPGRADE KEY "\r\n");
    memcpy(all, UPGRADE KEY "\r\n", n);
    for (int i = 0; i < 5; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "early %d", i);
        n += build(all + n, FIN | TEXT, text, (size_t)len);
    }
    int fd = dial(site->served.port);
    say_bytes(fd, all, n);
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 101);
    for (int i = 0; i < 5; i++) {
        char want[32];
        snprintf(want, sizeof(want), "early %d", i);
        assert_true(get(fd, f));
        assert_string_equal((char *)f->bytes, want);
    }
    close(fd);
    free(h);
    free(f);
}

/* libwebsockets answers an upgrade in the buffer it reads from: what followed the head was lost there. */
static void ws__long_frames_in_the_same_segment_survive(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    struct heard *h = malloc(sizeof(*h));
    for (size_t length = 100; length < 3000; length += 93) {
        unsigned char all[8192];
        char text[3000];
        size_t n = strlen(UPGRADE KEY "\r\n");
        memset(text, 't', sizeof(text));
        memcpy(all, UPGRADE KEY "\r\n", n);
        n += build(all + n, FIN | TEXT, text, length);
        n += build(all + n, FIN | TEXT, "after", 5);
        int fd = dial(site->served.port);
        say_bytes(fd, all, n);
        assert_true(hear(fd, h));
        assert_true(get(fd, f));
        assert_int_equal(f->len, length);
        assert_memory_equal(f->bytes, text, length);
        assert_true(get(fd, f));
        assert_string_equal((char *)f->bytes, "after");
        close(fd);
    }
    free(h);
    free(f);
}

static void ws__upgrade_and_frames_byte_by_byte(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    struct heard *h = malloc(sizeof(*h));
    unsigned char all[1024];
    size_t n = strlen(UPGRADE KEY "\r\n");
    memcpy(all, UPGRADE KEY "\r\n", n);
    n += build(all + n, FIN | TEXT, "slowly", 6);
    int fd = dial(site->served.port);
    for (size_t i = 0; i < n; i++)
        say_bytes(fd, all + i, 1);
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 101);
    assert_true(get(fd, f));
    assert_string_equal((char *)f->bytes, "slowly");
    close(fd);
    free(h);
    free(f);
}

static void ws__fragments_are_joined_around_control_frames(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, TEXT, "caf\xc3", 4); /* a character cut in two */
    put(fd, FIN | PING, "between", 7);
    put(fd, CONTINUATION, "", 0);
    put(fd, CONTINUATION, "\xa9 au ", 5);
    put(fd, FIN | CONTINUATION, "lait", 4);
    assert_true(get(fd, f));
    assert_int_equal(f->opcode, FIN | PONG);
    assert_string_equal((char *)f->bytes, "between");
    assert_true(get(fd, f));
    assert_string_equal((char *)f->bytes, "caf\xc3\xa9 au lait");
    close(fd);
    free(f);
}

static void ws__close_codes(void **state)
{
    static const char big[SITE_BODY_MAX + 1] = { 'x' };
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, FIN | BINARY, "\0\1", 2);
    closes_with(fd, f, 1003);
    fd = open_ws(site, "");
    put(fd, FIN | TEXT, "\xff\xfe", 2);
    closes_with(fd, f, 1007);
    fd = open_ws(site, "");
    put(fd, FIN | TEXT, "cut \xe2\x82", 6); /* ends inside a character */
    closes_with(fd, f, 1007);
    fd = open_ws(site, "");
    put(fd, FIN | TEXT, big, sizeof(big));
    closes_with(fd, f, 1009);
    fd = open_ws(site, "");
    for (int i = 0; i < 40; i++) /* too big in pieces, none of them final */
        put(fd, i ? CONTINUATION : TEXT, big, 2000);
    closes_with(fd, f, 1009);
    fd = open_ws(site, "");
    put(fd, FIN | CONTINUATION, "x", 1); /* of nothing */
    closes_with(fd, f, 1002);
    fd = open_ws(site, "");
    put(fd, FIN | 3, "x", 1); /* reserved opcode */
    closes_with(fd, f, 1002);
    fd = open_ws(site, "");
    put(fd, 0x40 | FIN | TEXT, "x", 1); /* RSV1 without an extension */
    closes_with(fd, f, 1002);
    fd = open_ws(site, "");
    put(fd, PING, "x", 1); /* fragmented control frame */
    closes_with(fd, f, 1002);
    assert_true(comes(&site->closed, 9));
    assert_int_equal(atomic_load(&site->opened), 9);
    free(f);
}

static void ws__the_peers_close_is_answered(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, FIN | CLOSE,
        "\x03\xe8"
        "done",
        6);
    assert_true(get(fd, f));
    assert_int_equal(f->opcode, FIN | CLOSE);
    assert_int_equal(f->bytes[0] << 8 | f->bytes[1], 1000);
    assert_true(hear_end(fd));
    close(fd);
    assert_true(comes(&site->closed, 1));
    free(f);
}

static void ws__own_close_lets_the_queue_out_first(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, FIN | TEXT, "bye", 3);
    assert_true(get(fd, f));
    assert_string_equal((char *)f->bytes, "last");
    assert_true(get(fd, f));
    assert_int_equal(f->opcode, FIN | CLOSE);
    assert_int_equal(f->bytes[0] << 8 | f->bytes[1], 4000);
    assert_string_equal((char *)f->bytes + 2, "as you wish");
    put(fd, FIN | CLOSE, f->bytes, 2);
    assert_true(hear_end(fd));
    close(fd);
    assert_true(comes(&site->closed, 1));
    assert_int_equal(atomic_load(&site->refused), 1);
    free(f);
}

static void ws__a_peer_that_ignores_our_close_is_dropped(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, FIN | TEXT, "bye", 3);
    assert_true(get(fd, f));
    assert_true(get(fd, f));
    assert_int_equal(f->opcode, FIN | CLOSE);
    assert_true(hear_end(fd)); /* after some 2 s, well before lws's own timeout */
    assert_true(comes(&site->closed, 1));
    close(fd);
    free(f);
}

static void ws__upgrades_are_refused_as_http(void **state)
{
    static const struct {
        const char *head;
        int status;
    } rows[] = {
        { "GET /nope HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" KEY "\r\n", 404 },
        { "GET /a/../ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" KEY "\r\n", 400 },
        { UPGRADE "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426 },
        { UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426 },
        { UPGRADE "Sec-WebSocket-Version: 13\r\n\r\n", 400 },
        { UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n", 400 },
        { UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n\r\n", 400 },
        { UPGRADE KEY "Sec-WebSocket-Protocol: chat\r\n\r\n", 400 },
        { UPGRADE KEY "Origin: https://evil.example\r\n\r\n", 403 },
        { UPGRADE KEY "Origin: https://a.example.evil\r\n\r\n", 403 },
        { UPGRADE KEY "Origin: null\r\n\r\n", 403 },
        { UPGRADE KEY "Origin: file://\r\n\r\n", 403 },
        { UPGRADE KEY "Content-Length: 0\r\n\r\n", 400 },
        { "POST /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" KEY "\r\n", 400 },
        { "GET /ws HTTP/1.1\r\n" HOST "\r\n", 404 }, /* not an upgrade: no such page */
        { "GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 404 },
    };
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (ask(site->served.port, rows[i].head, h) != rows[i].status)
            fail_msg("%d instead of %d: %s", h->status, rows[i].status, rows[i].head);
        assert_non_null(strstr(h->body, "\"request_id\""));
        if (h->status == 426)
            assert_string_equal(header_of(h, "Sec-WebSocket-Version"), "13");
    }
    assert_int_equal(atomic_load(&site->opened), 0);
    free(h);
}

static void ws__good_origins_connect(void **state)
{
    struct site *site = *state;
    close(open_ws(site, "Origin: https://a.example\r\n"));
    close(open_ws(site, "Origin: http://A.EXAMPLE\r\n"));
    close(open_ws(site, "Origin: https://friend.example\r\n"));
    assert_true(comes(&site->closed, 3));
}

static void ws__long_heads_with_cookies_connect(void **state)
{
    struct site *site = *state;
    char cookie[12000];
    memset(cookie, 'c', sizeof(cookie));
    memcpy(cookie, "Cookie: k=", 10);
    memcpy(cookie + sizeof(cookie) - 3, "\r\n", 3);
    close(open_ws(site, cookie));
    assert_true(comes(&site->closed, 1));
}

static void ws__back_pressure_stops_and_resumes_the_sender(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    struct heard *h = malloc(sizeof(*h));
    char *text = malloc(40000);
    int fd = dial_small(site->served.port, 4096);
    say(fd, UPGRADE KEY "\r\n");
    assert_true(hear(fd, h));
    put(fd, FIN | TEXT, "flood", 5);
    assert_true(comes(&site->full, 1));
    assert_true(atomic_load(&site->flooded) < SITE_FLOOD);
    for (size_t total = 0; total < SITE_FLOOD;) {
        assert_true(get_text(fd, f, text, 40000));
        assert_int_equal(strlen(text), 30000);
        total += 30000;
    }
    assert_true(atomic_load(&site->drained) > 1);
    close(fd);
    free(text);
    free(h);
    free(f);
}

static void ws__a_reckless_sender_loses_the_session(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, "");
    put(fd, FIN | TEXT, "reckless", 8);
    assert_true(comes(&site->refused, 1));
    assert_int_equal(atomic_load(&site->full), SERVER_STREAM_QUEUE / 32);
    closes_with(fd, f, 1013);
    assert_true(comes(&site->closed, 1));
    free(f);
}

static int setup_pinging(void **state)
{
    const struct server_conf conf = { .ping_ms = 100, .head_ms = 200 };
    return site_start(state, &conf);
}

static void ws__pings_and_drops_who_does_not_answer(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int good = open_ws(site, ""), deaf = open_ws(site, "");
    for (int i = 0; i < 4; i++) {
        assert_true(get(good, f));
        assert_int_equal(f->opcode, FIN | PING);
        put(good, FIN | PONG, f->bytes, f->len);
    }
    assert_true(comes(&site->closed, 1)); /* the deaf one */
    assert_true(hear_end(deaf));
    put(good, FIN | TEXT, "still here", 10);
    do
        assert_true(get(good, f));
    while (f->opcode != (FIN | TEXT));
    assert_string_equal((char *)f->bytes, "still here");
    assert_int_equal(atomic_load(&site->closed), 1);
    close(good);
    close(deaf);
    free(f);
}

static void send_stale(struct served *s, void *ctx)
{
    struct site *site = ctx;
    server_id id = atomic_load(&site->last_id);
    assert_int_equal(server_ws_send(s->server, id, "x", 1), X_E_CLOSED);
    server_ws_close(s->server, id, 1000, NULL);
    assert_int_equal(server_write(s->server, id, "x", 1), X_E_CLOSED);
    server_respond(s->server, id, 200, NULL, NULL, 0, "x", 1);
    server_end(s->server, id);
    server_watch(s->server, id, site_on_gone, NULL, site);
}

static void ws__stale_handles_do_nothing(void **state)
{
    struct site *site = *state;
    close(open_ws(site, ""));
    assert_true(comes(&site->closed, 1));
    served_do(&site->served, send_stale, site);
    struct frame *f = malloc(sizeof(*f));
    int fd = open_ws(site, ""); /* in the same slot: not the same handle */
    put(fd, FIN | TEXT, "hi", 2);
    assert_true(get(fd, f));
    assert_string_equal((char *)f->bytes, "hi");
    close(fd);
    free(f);
}

static void ws__many_sessions_come_and_go(void **state)
{
    struct site *site = *state;
    struct frame *f = malloc(sizeof(*f));
    int fd[200];
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        fd[i] = open_ws(site, "");
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        put(fd[i], FIN | TEXT, &"0123456789"[i % 10], 1);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        assert_true(get(fd[i], f));
        assert_int_equal(f->bytes[0], '0' + (int)(i % 10));
        close(fd[i]);
    }
    assert_true(comes(&site->closed, 200));
    free(f);
}

int main(void)
{
#define WITH_SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        WITH_SITE(ws__echoes_text_of_every_length),
        WITH_SITE(ws__frames_in_the_same_segment_as_the_upgrade),
        WITH_SITE(ws__long_frames_in_the_same_segment_survive),
        WITH_SITE(ws__upgrade_and_frames_byte_by_byte),
        WITH_SITE(ws__fragments_are_joined_around_control_frames),
        WITH_SITE(ws__close_codes),
        WITH_SITE(ws__the_peers_close_is_answered),
        WITH_SITE(ws__own_close_lets_the_queue_out_first),
        WITH_SITE(ws__a_peer_that_ignores_our_close_is_dropped),
        WITH_SITE(ws__upgrades_are_refused_as_http),
        WITH_SITE(ws__good_origins_connect),
        WITH_SITE(ws__long_heads_with_cookies_connect),
        WITH_SITE(ws__back_pressure_stops_and_resumes_the_sender),
        WITH_SITE(ws__a_reckless_sender_loses_the_session),
        cmocka_unit_test_setup_teardown(ws__pings_and_drops_who_does_not_answer, setup_pinging,
                                        site_teardown),
        WITH_SITE(ws__stale_handles_do_nothing),
        WITH_SITE(ws__many_sessions_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
