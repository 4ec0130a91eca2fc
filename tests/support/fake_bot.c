/* SPDX-License-Identifier: Apache-2.0
 *
 * Enough of HTTP/1.1 for curl: a head, a body of Content-Length, one call after the other on a connection.
 */
#include "tests/support/fake_bot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#define PEER_BYTES 65536

struct fake_bot_peer {
    struct fake_bot_peer *next, **link;
    struct fake_bot *bot;
    uv_tcp_t tcp;
    size_t len;
    bool held;
    char in[PEER_BYTES];
};

static void peer_closed(uv_handle_t *h)
{
    free(h->data);
}

static void peer_close(struct fake_bot_peer *p, bool reset)
{
    if (uv_is_closing((uv_handle_t *)&p->tcp))
        return;
    p->bot->now -= p->held;
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    if (!reset || uv_tcp_close_reset(&p->tcp, peer_closed))
        uv_close((uv_handle_t *)&p->tcp, peer_closed);
}

/* What is written here fits into a socket's buffer. */
static void peer_write(struct fake_bot_peer *p, char *bytes, size_t len)
{
    uv_buf_t part = uv_buf_init(bytes, (unsigned)len);
    assert_int_equal(uv_try_write((uv_stream_t *)&p->tcp, &part, 1), len);
}

static void peer_answer(struct fake_bot_peer *p, const struct fake_bot_reply *r)
{
    char body[512], out[1024], after[48] = "";
    if (r->retry_after)
        snprintf(after, sizeof after, "Retry-After: %d\r\n", r->retry_after);
    snprintf(body, sizeof body, "{\"ok\":true,\"result\":{\"message_id\":%zu}}", p->bot->calls);
    if (r->body)
        snprintf(body, sizeof body, "%s", r->body);
    int n = snprintf(out, sizeof out,
                     "HTTP/1.1 %d X\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     r->status ? r->status : 200, after, strlen(body), body);
    bool cut = r->way == BOT_CUTS;
    peer_write(p, out, (size_t)n - (cut ? strlen(body) / 2 : 0));
    if (cut)
        peer_close(p, false);
}

/* The length of the first whole call, 0 = there is none yet. */
static size_t peer_whole(const struct fake_bot_peer *p, const char **body)
{
    const char *end = strstr(p->in, "\r\n\r\n"), *length = strcasestr(p->in, "\r\ncontent-length:");
    if (!end)
        return 0;
    *body = end + 4;
    size_t n = (size_t)(*body - p->in) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
    return n <= p->len ? n : 0;
}

static const struct fake_bot_call *note_call(struct fake_bot *b, const char *head, const char *body,
                                             size_t len)
{
    assert_true(b->calls < FAKE_BOT_CALLS);
    struct fake_bot_call *c = &b->call[b->calls++];
    assert_int_equal(sscanf(head, "POST %95s", c->path), 1);
    snprintf(c->body, sizeof c->body, "%.*s", (int)len, body);
    const char *chat = strstr(c->body, "\"chat_id\":");
    c->chat = chat ? strtoll(chat + 10, NULL, 10) : 0;
    c->at_ms = clock_mono_ms();
    return c;
}

static bool peer_call(struct fake_bot_peer *p)
{
    struct fake_bot *b = p->bot;
    const char *body;
    size_t len = peer_whole(p, &body);
    if (!len || p->held)
        return false;
    const struct fake_bot_call *c = note_call(b, p->in, body, len - (size_t)(body - p->in));
    struct fake_bot_reply r = b->reply ? b->reply(b->ctx, c) : (struct fake_bot_reply){ 0 };
    b->most = b->now + 1 > b->most ? b->now + 1 : b->most;
    p->len -= len;
    memmove(p->in, p->in + len, p->len + 1);
    if (r.way == BOT_DROPS) {
        peer_close(p, true);
        return false;
    }
    p->held = r.way == BOT_HOLDS;
    b->now += p->held;
    if (!p->held)
        peer_answer(p, &r);
    return !uv_is_closing((uv_handle_t *)&p->tcp);
}

static void on_alloc(uv_handle_t *h, size_t want X_UNUSED, uv_buf_t *out)
{
    struct fake_bot_peer *p = h->data;
    *out = uv_buf_init(p->in + p->len, (unsigned)(sizeof p->in - 1 - p->len));
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf X_UNUSED)
{
    struct fake_bot_peer *p = h->data;
    if (n < 0) {
        peer_close(p, false);
        return;
    }
    p->len += (size_t)n;
    p->in[p->len] = '\0';
    if (p->in[0] == 0x16) { /* a TLS hello */
        peer_close(p, false);
        return;
    }
    while (peer_call(p))
        ;
}

static void on_connection(uv_stream_t *h, int status)
{
    struct fake_bot *b = h->data;
    struct fake_bot_peer *p = calloc(1, sizeof *p);
    assert_int_equal(status, 0);
    assert_non_null(p);
    p->bot = b;
    p->tcp.data = p;
    uv_tcp_init(&b->loop->uv, &p->tcp);
    assert_int_equal(uv_accept(h, (uv_stream_t *)&p->tcp), 0);
    uv_tcp_nodelay(&p->tcp, 1);
    p->next = b->peers;
    p->link = &b->peers;
    if (p->next)
        p->next->link = &p->next;
    b->peers = p;
    b->connections++;
    uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
}

void fake_bot_open(struct fake_bot *b, struct loop *l)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int len = sizeof sa;
    *b = (struct fake_bot){ .loop = l, .call = calloc(FAKE_BOT_CALLS, sizeof *b->call) };
    assert_non_null(b->call);
    uv_tcp_init(&l->uv, &b->listener);
    b->listener.data = b;
    assert_int_equal(uv_tcp_bind(&b->listener, (struct sockaddr *)&sa, 0), 0);
    assert_int_equal(uv_tcp_getsockname(&b->listener, (struct sockaddr *)&sa, &len), 0);
    b->port = ntohs(sa.sin_port);
}

void fake_bot_listen(struct fake_bot *b)
{
    assert_int_equal(uv_listen((uv_stream_t *)&b->listener, 128, on_connection), 0);
}

void fake_bot_release(struct fake_bot *b)
{
    for (struct fake_bot_peer *p = b->peers; p; p = p->next) {
        if (!p->held)
            continue;
        p->held = false;
        b->now--;
        peer_answer(p, &(struct fake_bot_reply){ 0 });
    }
}

void fake_bot_close(struct fake_bot *b)
{
    while (b->peers)
        peer_close(b->peers, false);
    uv_close((uv_handle_t *)&b->listener, NULL);
}

void fake_bot_free(struct fake_bot *b)
{
    free(b->call);
}
