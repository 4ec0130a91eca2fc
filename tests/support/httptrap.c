/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking sockets and one thread each: a server can hardly be simpler, and whatever it
 * does wrong it does on purpose.
 *
 *   /ok /empty /echo /chunked /early /redirect /limited    well-behaved answers
 *   /big?N                   N bytes of a counted pattern
 *   /close                   answers, then closes without saying so
 *   /reset-before /rst /cut /cut-chunked /garbage /half-head /headers   broken off or nonsense
 *   /die-second /rst-second  answer the first request of a connection, drop the second
 *   /hang /hang-body /drip /endless /slow-read             never finish
 *   /deflate?N /bomb         N zero bytes compressed; 64 MiB of them, gzip
 *   /coded?N                 a head that announces codings upon codings, in one of 4 ways
 */
#include "tests/support/httptrap.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct peer {
    struct httptrap *t;
    int fd;
    int served; /* requests on this connection */
    char head[16384];
    size_t have; /* bytes in head: the head, then the beginning of the body */
    size_t head_len;
    char *body;
    size_t body_len;
    char method[8], path[128];
    long arg;
};

struct trap_path {
    const char *path;
    bool (*serve)(struct peer *p); /* false: close the connection */
};

static bool peer_send(struct peer *p, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(p->fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static bool peer_text(struct peer *p, const char *text)
{
    return peer_send(p, text, strlen(text));
}

static bool peer_answer(struct peer *p, const char *headers, const void *body, size_t len)
{
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", headers, len);
    return peer_send(p, head, (size_t)n) && peer_send(p, body, len);
}

/* Until the peer has gone (true) or `ms` have passed. */
static bool peer_gone(struct peer *p, int ms)
{
    struct pollfd poll_fd = { .fd = p->fd, .events = POLLRDHUP };
    return poll(&poll_fd, 1, ms) != 0;
}

static bool serve_ok(struct peer *p)
{
    return peer_answer(p, "", "hello", 5);
}

static bool serve_empty(struct peer *p)
{
    return peer_text(p, "HTTP/1.1 204 No Content\r\n\r\n");
}

/* The request as it was understood: method, head, body. */
static bool serve_echo(struct peer *p)
{
    char *out = malloc(p->head_len + p->body_len + 1);
    if (!out)
        return false;
    memcpy(out, p->head, p->head_len);
    if (p->body_len)
        memcpy(out + p->head_len, p->body, p->body_len);
    bool ok = peer_answer(p, "", out, p->head_len + p->body_len);
    free(out);
    return ok;
}

static bool serve_chunked(struct peer *p)
{
    return peer_text(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") &&
           peer_text(p, "5\r\nhello\r\n") && peer_text(p, "1;x=y\r\n,\r\n6\r\n world\r\n") &&
           peer_text(p, "0\r\nX-Trailer: late\r\n\r\n");
}

static bool serve_early(struct peer *p)
{
    return peer_text(p, "HTTP/1.1 103 Early Hints\r\nX-Which: early\r\n\r\n") &&
           peer_answer(p, "X-Which: final\r\n", "hello", 5);
}

static bool serve_redirect(struct peer *p)
{
    return peer_text(p, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
}

static bool serve_limited(struct peer *p)
{
    return peer_text(p, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nslow");
}

static bool serve_big(struct peer *p)
{
    char head[128], piece[8192];
    int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n", p->arg);
    bool ok = peer_send(p, head, (size_t)n);
    for (long at = 0; ok && at < p->arg;) {
        size_t len = 0;
        for (; len < sizeof piece && at < p->arg; len++, at++)
            piece[len] = (char)('a' + at % 23);
        ok = peer_send(p, piece, len);
    }
    return ok;
}

static bool serve_close(struct peer *p)
{
    peer_answer(p, "", "hello", 5);
    return false;
}

static bool serve_reset_before(struct peer *p X_UNUSED)
{
    return false;
}

static void peer_reset_on_close(struct peer *p)
{
    const struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static bool serve_rst(struct peer *p)
{
    peer_text(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    peer_gone(p, 50); /* let the ten bytes be read before the RST throws them away */
    peer_reset_on_close(p);
    return false;
}

static bool serve_cut(struct peer *p)
{
    peer_text(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    return false;
}

static bool serve_cut_chunked(struct peer *p)
{
    peer_text(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    return false;
}

static bool serve_garbage(struct peer *p)
{
    peer_text(p, "\x16\x03\x01 this is no HTTP at all\r\n\r\n");
    return false;
}

static bool serve_half_head(struct peer *p)
{
    peer_text(p, "HTTP/1.1 200 OK\r\nContent-Le");
    return false;
}

static bool serve_headers(struct peer *p)
{
    bool ok = peer_text(p, "HTTP/1.1 200 OK\r\n");
    while (ok)
        ok = peer_text(p, "X-More: 0123456789012345678901234567890123456789\r\n");
    return false;
}

static bool serve_die_second(struct peer *p)
{
    return p->served == 0 && serve_ok(p);
}

static bool serve_rst_second(struct peer *p)
{
    if (p->served == 0)
        return serve_ok(p);
    peer_reset_on_close(p);
    return false;
}

static bool serve_hang(struct peer *p)
{
    peer_gone(p, -1);
    return false;
}

static bool serve_hang_body(struct peer *p)
{
    peer_text(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    return serve_hang(p);
}

/* One byte every 100 ms: ten times a second what the task calls a drip, to keep tests short. */
static bool serve_drip(struct peer *p)
{
    bool ok = peer_text(p, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (ok && !peer_gone(p, 100))
        ok = peer_text(p, ".");
    return false;
}

static bool serve_endless(struct peer *p)
{
    static const char piece[8192];
    bool ok = peer_text(p, "HTTP/1.1 200 OK\r\n\r\n");
    while (ok) {
        ok = peer_send(p, piece, sizeof piece);
        p->t->sent_bytes += (int64_t)sizeof piece;
    }
    return false;
}

/* ---- zero bytes, deflated by hand (RFC 1951: one block of fixed codes) ---- */

struct bits {
    uint8_t *at;
    size_t len;
    unsigned held, count;
};

/* `n` bits of `code`, the most significant first as Huffman codes go. */
static void bits_code(struct bits *b, unsigned code, unsigned n)
{
    while (n--) {
        b->held |= ((code >> n) & 1U) << b->count++;
        if (b->count == 8) {
            b->at[b->len++] = (uint8_t)b->held;
            b->held = b->count = 0;
        }
    }
}

/* A literal zero, then copies of 258 (symbol 285, distance 1), then literals for the rest. */
static size_t deflate_zeros(uint8_t *out, long zeros)
{
    struct bits b = { .at = out };
    bits_code(&b, 1, 1);    /* last block */
    bits_code(&b, 0x2, 2);  /* type 01, least significant bit first */
    bits_code(&b, 0x30, 8); /* literal 0 */
    for (zeros--; zeros >= 258; zeros -= 258)
        bits_code(&b, 0xC5U << 5, 13);
    for (; zeros > 0; zeros--)
        bits_code(&b, 0x30, 8);
    bits_code(&b, 0, 7); /* end of block */
    if (b.count)
        bits_code(&b, 0, 8 - b.count);
    return b.len;
}

static bool serve_deflate(struct peer *p)
{
    uint8_t *z = malloc((size_t)p->arg / 128 + 1024);
    if (!z)
        return false;
    z[0] = 0x78;
    z[1] = 0x9C;
    size_t n = 2 + deflate_zeros(z + 2, p->arg);
    unsigned sum = (unsigned)(p->arg % 65521) << 16 | 1; /* Adler-32 of zeros */
    for (unsigned i = 0; i < 4; i++)
        z[n++] = (uint8_t)(sum >> (24 - 8 * i));
    bool ok = peer_answer(p, "Content-Encoding: deflate\r\n", z, n);
    free(z);
    return ok;
}

static bool serve_bomb(struct peer *p)
{
    static const uint8_t gzip[10] = { 0x1F, 0x8B, 8 };
    const long zeros = 64L << 20;
    uint8_t *z = malloc((size_t)zeros / 128);
    if (!z)
        return false;
    size_t n = deflate_zeros(z, zeros);
    if (peer_text(p, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n") && peer_send(p, gzip, sizeof gzip))
        peer_send(p, z, n);
    free(z);
    return false;
}

static bool serve_coded(struct peer *p)
{
    static const char *const way[] = { "Content-Encoding: gzip, gzip\r\n",
                                       "Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n",
                                       "Transfer-Encoding: gzip, chunked\r\n",
                                       "Content-Encoding: gzip\r\nTransfer-Encoding: deflate\r\n" };
    if (peer_text(p, "HTTP/1.1 200 OK\r\n") && peer_text(p, way[p->arg & 3]))
        peer_text(p, "\r\n");
    return false;
}

static const struct trap_path trap_paths[] = {
    { "/ok", serve_ok },
    { "/empty", serve_empty },
    { "/echo", serve_echo },
    { "/chunked", serve_chunked },
    { "/early", serve_early },
    { "/redirect", serve_redirect },
    { "/limited", serve_limited },
    { "/big", serve_big },
    { "/close", serve_close },
    { "/reset-before", serve_reset_before },
    { "/rst", serve_rst },
    { "/cut", serve_cut },
    { "/cut-chunked", serve_cut_chunked },
    { "/garbage", serve_garbage },
    { "/half-head", serve_half_head },
    { "/headers", serve_headers },
    { "/die-second", serve_die_second },
    { "/rst-second", serve_rst_second },
    { "/hang", serve_hang },
    { "/hang-body", serve_hang_body },
    { "/drip", serve_drip },
    { "/endless", serve_endless },
    { "/deflate", serve_deflate },
    { "/bomb", serve_bomb },
    { "/coded", serve_coded },
};

/* ---- one connection ---- */

/* False: the peer has gone, or sent what is no request. */
static bool peer_read_head(struct peer *p)
{
    p->have = 0;
    for (;;) {
        ssize_t n = recv(p->fd, p->head + p->have, sizeof p->head - 1 - p->have, 0);
        if (n <= 0)
            return false;
        p->have += (size_t)n;
        p->head[p->have] = '\0';
        if (p->head[0] == 0x16) /* a TLS hello */
            return false;
        char *end = strstr(p->head, "\r\n\r\n");
        if (end) {
            p->head_len = (size_t)(end - p->head) + 4;
            return true;
        }
        if (p->have == sizeof p->head - 1)
            return false;
    }
}

static bool peer_read_body(struct peer *p)
{
    const char *length = strcasestr(p->head, "\r\ncontent-length:");
    p->body_len = length && length < p->head + p->head_len ? strtoul(length + 17, NULL, 10) : 0;
    p->body = malloc(p->body_len + 1);
    if (!p->body)
        return false;
    size_t at = p->have - p->head_len;
    at = at < p->body_len ? at : p->body_len;
    memcpy(p->body, p->head + p->head_len, at);
    while (at < p->body_len) {
        ssize_t n = recv(p->fd, p->body + at, p->body_len - at, 0);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static bool peer_serve(struct peer *p)
{
    p->arg = 0;
    if (sscanf(p->head, "%7s %127[^? ]?%ld", p->method, p->path, &p->arg) < 2)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(trap_paths); i++)
        if (strcmp(p->path, trap_paths[i].path) == 0)
            return trap_paths[i].serve(p);
    return peer_text(p, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static bool peer_round(struct peer *p)
{
    bool ok = peer_read_head(p);
    if (!ok)
        return false;
    if (strncmp(p->head, "POST /slow-read ", 16) == 0)
        return serve_hang(p); /* reads no byte of the body */
    ok = peer_read_body(p);
    if (ok) {
        p->t->requests++;
        ok = peer_serve(p);
        p->served++;
    }
    free(p->body);
    p->body = NULL;
    return ok;
}

static void serve(struct seats *s, int fd)
{
    struct peer *p = calloc(1, sizeof *p);
    if (!p)
        return;
    p->t = CONTAINER_OF(s, struct httptrap, seats);
    p->fd = fd;
    while (peer_round(p))
        ;
    free(p);
}

/* ---- the server ---- */

void httptrap_open(struct httptrap *t)
{
    memset(t, 0, sizeof *t);
    seats_open(&t->seats, serve);
}

void httptrap_close(struct httptrap *t)
{
    seats_close(&t->seats);
}

void httptrap_url(const struct httptrap *t, char out[128], const char *path)
{
    snprintf(out, 128, "http://127.0.0.1:%d%s", t->seats.port, path);
}
