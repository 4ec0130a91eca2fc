/* SPDX-License-Identifier: Apache-2.0
 *
 * What a fuzzed connection sends, made from a seed: a well-formed beginning with tokens that must
 * come back, and a tail that may be anything.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#define WANTS_MAX 6
#define TOKEN_LEN 25 /* 'T', connection, request, check */
#define EVIL      0xeeeeeeeeU
#define TAPE_MAX  (4U << 20)

struct rng {
    uint64_t state;
};

static uint32_t roll(struct rng *r, uint32_t below)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)((r->state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static void make_token(char out[TOKEN_LEN + 1], uint32_t connection, uint32_t request)
{
    char plain[18];
    snprintf(plain, sizeof(plain), "T%08x%08x", connection, request);
    snprintf(out, TOKEN_LEN + 1, "%s%08x", plain, (uint32_t)hash_fnv(plain, strlen(plain)));
}

/* One connection: what is sent, and what must come back for its well-formed beginning. */
struct script {
    struct rng rng;
    uint32_t connection;
    struct buf bytes;
    struct {
        int status;
        struct buf body;
        bool contains; /* the body need only contain it */
    } want[WANTS_MAX];
    size_t wants;
    size_t later;                 /* bytes from here on are sent when the beginning has been answered */
    bool websocket, strict_after; /* nothing after the beginning may succeed */
};

/* ---- writing scripts -------------------------------------------------------------------------- */

static void add_body(struct script *s, struct buf *to, const char *token)
{
    uint32_t times = roll(&s->rng, 20) ? 1 + roll(&s->rng, 8) : 1 + roll(&s->rng, 2400);
    for (uint32_t i = 0; i < times; i++)
        buf_add(to, token, TOKEN_LEN);
}

static void add_chunked(struct script *s, struct buf *to, const struct buf *body)
{
    for (size_t at = 0; at < body->len;) {
        size_t n = 1 + roll(&s->rng, body->len > 1000 ? 3000 : 40);
        if (n > body->len - at)
            n = body->len - at;
        buf_printf(to, roll(&s->rng, 8) ? "%zx\r\n" : "%zX;ext=\"v\"\r\n", n);
        buf_add(to, body->at + at, n);
        buf_adds(to, "\r\n");
        at += n;
    }
    buf_adds(to, roll(&s->rng, 8) ? "0\r\n\r\n" : "0\r\nTrailer: x\r\n\r\n");
}

static void add_padding(struct script *s, struct buf *to)
{
    static const char *const field[] = {
        "Accept: */*\r\n", "User-Agent: fuzz\r\n",         "Cookie: a=b; c=d\r\n",
        "X-Empty:\r\n",    "Content-Type: text/plain\r\n", "Expect: nothing\r\n"
    };
    for (uint32_t n = roll(&s->rng, 4); n--;)
        buf_adds(to, field[roll(&s->rng, ARRAY_LEN(field))]);
}

/* A well-formed request; *body is what must come back. */
static int add_request(struct script *s, struct buf *to, struct buf *body, const char *token)
{
    static const char *const line[] = { "POST /echo", "POST /later", "PUT /later" };
    uint32_t kind = roll(&s->rng, 10);
    if (kind == 0) {
        buf_printf(to, "GET /about?q=%s HTTP/1.1\r\nHost: a\r\nX-Request-ID: %s\r\n", token, token);
        add_padding(s, to);
        buf_adds(to, "\r\n");
        buf_printf(body, " id=%s q=%s h=-", token, token);
        return 200;
    }
    if (kind == 1) {
        buf_printf(to, "GET /nope/%s HTTP/1.1\r\nHost: a\r\n\r\n", token);
        buf_adds(body, "\"not_found\"");
        return 404;
    }
    add_body(s, body, token);
    buf_printf(to, "%s HTTP/1.1\r\nHost: a\r\n", line[roll(&s->rng, ARRAY_LEN(line))]);
    add_padding(s, to);
    if (roll(&s->rng, 2)) {
        buf_adds(to, "Transfer-Encoding: chunked\r\n\r\n");
        add_chunked(s, to, body);
    } else {
        buf_printf(to, "Content-Length: %zu\r\n\r\n", body->len);
        buf_add(to, body->at, body->len);
    }
    return 200;
}

static void add_garbage(struct script *s, struct buf *to, size_t most)
{
    for (uint32_t n = 1 + roll(&s->rng, (uint32_t)most); n--;)
        buf_addc(to, (char)(uint8_t)roll(&s->rng, 256));
}

/* A request that hides another one in its body, for whoever believes the wrong length. */
static void add_smuggle(struct script *s, struct buf *to, const char *evil)
{
    static const char *const pair[] = {
        "Content-Length: %zu\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: %zu\r\n",
        "Content-Length: 5\r\nContent-Length: %zu\r\n",
        "Content-Length: %zu\r\nContent-Length: 5\r\n",
        "Content-Length : %zu\r\n",
        "Transfer-Encoding: xchunked\r\nX: %zu\r\n",
        "Transfer-Encoding: chunked, identity\r\nX: %zu\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nX: %zu\r\n",
        "Transfer-Encoding:\013chunked\r\nX: %zu\r\n",
        "Transfer-Enc: chunked\r\n oding\r\nX: %zu\r\n",
        "Content-Len: %zu\r\n gth\r\n",
        "X: y\nContent-Length: %zu\r\n",
        "X: y\rContent-Length: %zu\r\n",
        "Host: b\r\nContent-Length: %zu\r\n",
    };
    struct buf hidden = BUF_INIT(4096);
    buf_printf(&hidden, "0\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", TOKEN_LEN,
               evil);
    buf_adds(to, "POST /echo HTTP/1.1\r\nHost: a\r\n");
    char fields[256];
    const char *format = pair[roll(&s->rng, ARRAY_LEN(pair))];
    const char *mark = strstr(format, "%zu");
    snprintf(fields, sizeof(fields), "%.*s%zu%s", (int)(mark - format), format, hidden.len, mark + 3);
    buf_adds(to, fields);
    buf_adds(to, "\r\n");
    buf_add(to, hidden.at, hidden.len);
    buf_free(&hidden);
}

static void add_mutated(struct script *s, struct buf *to, const char *token)
{
    struct buf good = BUF_INIT(TAPE_MAX), body = BUF_INIT(TAPE_MAX);
    add_request(s, &good, &body, token);
    size_t edge = good.len < 300 ? good.len : 300;
    for (uint32_t n = 1 + roll(&s->rng, 4); n--;)
        good.at[roll(&s->rng, (uint32_t)edge)] = (char)(uint8_t)roll(&s->rng, 256);
    buf_add(to, good.at, roll(&s->rng, 3) ? good.len : 1 + roll(&s->rng, (uint32_t)good.len));
    buf_free(&good);
    buf_free(&body);
}

/* How the connection goes wrong, if it does. */
static void add_tail(struct script *s, const char *token, const char *evil)
{
    static const char *const chunk[] = { "-1\r\n", "zz\r\n", "\r\n", "ffffffffffffffffff\r\nx",
                                         "5\r\nhellohello\r\n" };
    struct buf *to = &s->bytes;
    switch (roll(&s->rng, 8)) {
    case 0:
        break;
    case 1:
    case 2:
        add_smuggle(s, to, evil);
        s->strict_after = true;
        break;
    case 3:
        add_garbage(s, to, 300);
        break;
    case 4:
    case 5:
        add_mutated(s, to, token);
        break;
    case 6:
        buf_printf(to, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                   chunk[roll(&s->rng, ARRAY_LEN(chunk))]);
        s->strict_after = true;
        break;
    default:
        buf_printf(
            to, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %u\r\nX: ", 70000 + roll(&s->rng, 9999));
        for (uint32_t n = roll(&s->rng, 3) * 9000; n--;)
            buf_addc(to, 'p');
        buf_adds(to, "\r\n\r\n");
        s->strict_after = true;
        break;
    }
    if (s->strict_after) /* must never be reached */
        buf_printf(to, "GET /about?q=%s HTTP/1.1\r\nHost: a\r\n\r\n", evil);
}

static void add_frame(struct script *s, int opcode, const char *payload, size_t len)
{
    uint8_t mask[4];
    for (size_t i = 0; i < 4; i++)
        mask[i] = (uint8_t)roll(&s->rng, 256);
    buf_addc(&s->bytes, (char)(uint8_t)opcode);
    if (len < 126) {
        buf_addc(&s->bytes, (char)(uint8_t)(0x80 | len));
    } else {
        buf_addc(&s->bytes, (char)(uint8_t)(0x80 | 126));
        buf_addc(&s->bytes, (char)(uint8_t)(len >> 8));
        buf_addc(&s->bytes, (char)(uint8_t)len);
    }
    buf_add(&s->bytes, mask, 4);
    for (size_t i = 0; i < len; i++)
        buf_addc(&s->bytes, (char)(uint8_t)((uint8_t)payload[i] ^ mask[i & 3]));
}

static void add_message(struct script *s, const struct buf *text)
{
    size_t at = 0;
    bool first = true;
    do {
        size_t n = roll(&s->rng, 3) ? text->len - at : roll(&s->rng, (uint32_t)(text->len - at) + 1);
        if (n > 60000)
            n = 60000;
        bool last = at + n == text->len;
        add_frame(s, (last ? 0x80 : 0) | (first ? 1 : 0), text->at + at, n);
        if (!last && !roll(&s->rng, 3))
            add_frame(s, 0x8a, "pong", 4);
        at += n;
        first = false;
    } while (at < text->len);
}

static void write_websocket(struct script *s)
{
    char token[TOKEN_LEN + 1];
    s->websocket = true;
    s->want[0].status = 101;
    buf_adds(&s->bytes, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    for (s->wants = 1; s->wants < 1 + roll(&s->rng, WANTS_MAX); s->wants++) {
        struct buf *body = &s->want[s->wants].body;
        make_token(token, s->connection, (uint32_t)s->wants);
        add_body(s, body, token);
        add_message(s, body);
    }
    s->later = s->bytes.len; /* a session that breaks the protocol loses what was queued for it */
    if (roll(&s->rng, 3))
        add_garbage(s, &s->bytes, 200);
    else if (roll(&s->rng, 2))
        buf_add(&s->bytes, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
}

static void write_http(struct script *s)
{
    char token[TOKEN_LEN + 1], evil[TOKEN_LEN + 1];
    for (uint32_t n = roll(&s->rng, WANTS_MAX + 1); s->wants < n; s->wants++) {
        make_token(token, s->connection, (uint32_t)s->wants);
        s->want[s->wants].status = add_request(s, &s->bytes, &s->want[s->wants].body, token);
        s->want[s->wants].contains = s->want[s->wants].body.at[0] != 'T';
    }
    make_token(token, s->connection, WANTS_MAX);
    make_token(evil, EVIL, s->connection);
    add_tail(s, token, evil);
}

static X_UNUSED void write_script(struct script *s, uint64_t seed, uint32_t connection)
{
    *s = (struct script){ .connection = connection };
    s->rng.state = (seed * UINT64_C(0xbf58476d1ce4e5b9)) ^ ((connection + 1) * UINT64_C(0x9e3779b97f4a7c15));
    s->rng.state += s->rng.state == 0;
    for (int i = 0; i < 8; i++)
        roll(&s->rng, 2);
    buf_init(&s->bytes, TAPE_MAX);
    for (size_t i = 0; i < WANTS_MAX; i++)
        buf_init(&s->want[i].body, TAPE_MAX);
    if (roll(&s->rng, 5) == 0)
        write_websocket(s);
    else
        write_http(s);
}

static X_UNUSED void free_script(struct script *s)
{
    buf_free(&s->bytes);
    for (size_t i = 0; i < WANTS_MAX; i++)
        buf_free(&s->want[i].body);
}

#endif
