/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests over real sockets: every refusal, smuggling on re-used connections, bodies in every
 * framing, and what a handler is told.
 */
#include "tests/unit/io/site.h"

#define HOST "Host: a.example\r\n"

static void is_error(const struct heard *h, int status, const char *code)
{
    char want[64];
    snprintf(want, sizeof(want), "{\"code\":\"%s\",", code);
    if (h->status != status)
        fail_msg("%d instead of %d: %s", h->status, status, h->head);
    assert_int_equal(strncmp(h->body, want, strlen(want)), 0);
    assert_string_equal(header_of(h, "Content-Type"), "application/json");
    assert_string_equal(header_of(h, "X-Content-Type-Options"), "nosniff");
    const char *id = header_of(h, "X-Request-ID");
    assert_non_null(id);
    assert_non_null(strstr(h->body, id));
}

static void http__answers_at_once_and_later(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    assert_int_equal(ask(site->served.port, "GET /hello HTTP/1.1\r\n" HOST "\r\n", h), 200);
    assert_string_equal(h->body, "hello");
    assert_string_equal(header_of(h, "X-Content-Type-Options"), "nosniff");
    assert_int_equal(
        ask(site->served.port, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nlate", h), 200);
    assert_string_equal(h->body, "late");
    assert_int_equal(ask(site->served.port, "GET /later HTTP/1.1\r\n" HOST "\r\n", h), 200);
    assert_int_equal(h->body_len, 0);
    free(h);
}

static void http__refusals(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *code, *allow;
        bool closes;
    } rows[] = {
        { "GET /nope HTTP/1.1\r\n" HOST "\r\n", 404, "not_found", NULL, false },
        { "GET /hello/ HTTP/1.1\r\n" HOST "\r\n", 404, "not_found", NULL, false },
        { "POST /nope HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 404, "not_found", NULL, true },
        { "DELETE /hello HTTP/1.1\r\n" HOST "\r\n", 405, "method_not_allowed", "GET, HEAD, POST", false },
        { "GET /echo HTTP/1.1\r\n" HOST "\r\n", 405, "method_not_allowed", "POST", false },
        { "PATCH /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 405, "method_not_allowed", "POST",
          true },
        { "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405, "method_not_allowed", "GET, HEAD", false },
        { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "CONNECT a.example:80 HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "GET /a/../hello HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "GET /%2e%2e/hello HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "GET /hel%2flo HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "GET /hello%00 HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "GET http://evil/hello HTTP/1.1\r\n" HOST "\r\n", 400, "bad_request", NULL, true },
        { "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", 413, "payload_too_large", NULL,
          true },
        { "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 413, "payload_too_large", NULL,
          true },
        { "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 413,
          "payload_too_large", NULL, true },
    };
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(site->served.port, rows[i].request, h);
        is_error(h, rows[i].status, rows[i].code);
        const char *allow = header_of(h, "Allow");
        if (rows[i].allow)
            assert_string_equal(allow, rows[i].allow);
        assert_int_equal(h->closed, rows[i].closes);
    }
    free(h);
}

static void http__a_body_of_exactly_the_cap_is_taken(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    char *body = malloc(SITE_BODY_MAX);
    memset(body, 'x', SITE_BODY_MAX);
    int fd = dial(site->served.port);
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
    say_bytes(fd, body, SITE_BODY_MAX);
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 200);
    assert_int_equal(h->body_len, SITE_BODY_MAX);
    assert_memory_equal(h->body, body, SITE_BODY_MAX);
    close(fd);
    free(body);
    free(h);
}

/* The client goes on sending; it must still be able to read the 413. */
static void http__too_big_a_body_is_answered_while_it_is_sent(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    char *block = malloc(400000);
    memset(block, 'x', 400000);
    for (int chunked = 0; chunked < 2; chunked++) {
        int fd = dial(site->served.port);
        if (chunked)
            say(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n61a80\r\n");
        else
            say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 400000\r\n\r\n");
        say_bytes(fd, block, 400000);
        assert_true(hear(fd, h));
        is_error(h, 413, "payload_too_large");
        assert_true(hear_end(fd));
        close(fd);
    }
    free(block);
    free(h);
}

static void http__keeps_connections_alive(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    for (int i = 0; i < 50; i++) {
        char request[128], body[32];
        int n = snprintf(body, sizeof(body), "number %d", i);
        snprintf(request, sizeof(request), "POST /%s HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n%s",
                 i % 2 ? "echo" : "later", n, body);
        assert_true(say(fd, request));
        assert_true(hear(fd, h));
        assert_int_equal(h->status, 200);
        assert_string_equal(h->body, body);
        if (i % 10 == 5) { /* an error without a body keeps the connection */
            say(fd, "GET /nope HTTP/1.1\r\n" HOST "\r\n");
            assert_true(hear(fd, h));
            assert_int_equal(h->status, 404);
        }
    }
    say(fd, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_true(hear(fd, h));
    assert_true(hear_end(fd));
    close(fd);
    free(h);
}

static void http__pipelined_requests_are_answered_in_order(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    char all[8192] = "";
    for (int i = 0; i < 30; i++) {
        char one[160];
        snprintf(one, sizeof(one), "POST /%s HTTP/1.1\r\n" HOST "%s", i % 3 ? "later" : "echo",
                 i % 2 ? "Content-Length: 2\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n2\r\n");
        strncat(all, one, sizeof(all) - strlen(all) - 1);
        snprintf(one, sizeof(one), "%02d%s", i, i % 2 ? "" : "\r\n0\r\n\r\n");
        strncat(all, one, sizeof(all) - strlen(all) - 1);
    }
    int fd = dial(site->served.port);
    say(fd, all);
    for (int i = 0; i < 30; i++) {
        assert_true(hear(fd, h));
        assert_int_equal(h->status, 200);
        assert_int_equal((int)strtol(h->body, NULL, 10), i);
    }
    close(fd);
    free(h);
}

static void http__chunked_bodies_however_they_are_cut(void **state)
{
    static const char text[] = "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "5;ext=1\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    size_t len = sizeof(text) - 1;
    for (size_t cut = 1; cut < len; cut += 7) {
        int fd = dial(site->served.port);
        say_bytes(fd, text, cut);
        say_bytes(fd, text + cut, len - cut);
        assert_true(hear(fd, h));
        assert_int_equal(h->status, 200);
        assert_string_equal(h->body, "hello world");
        close(fd);
    }
    free(h);
}

static void http__malformed_chunks_end_the_connection(void **state)
{
    static const char *const bad[] = { "-1\r\nx",    "5hello\r\n", "zz\r\n", "\r\n", "fffffffffffffffff\r\n",
                                       "1\r\nxy\r\n" };
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int fd = dial(site->served.port);
        say(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
        say(fd, bad[i]);
        hear(fd, h);
        if (h->status != 400 && h->status != 413)
            fail_msg("%d for %s", h->status, bad[i]);
        assert_true(hear_end(fd));
        close(fd);
    }
    free(h);
}

static void http__expect_100_continue(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 100);
    say(fd, "hello");
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 200);
    assert_string_equal(h->body, "hello");
    close(fd);
    /* Refused before the body is asked for. */
    ask(site->served.port,
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", h);
    is_error(h, 413, "payload_too_large");
    free(h);
}

static void http__head_is_get_without_the_body(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    for (int i = 0; i < 2; i++) {
        say(fd, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n");
        assert_true(hear_to(fd, h, true));
        assert_int_equal(h->status, 200);
        assert_string_equal(header_of(h, "Content-Length"), "5");
    }
    say(fd, "HEAD /three HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear_to(fd, h, true));
    assert_int_equal(h->status, 200);
    assert_string_equal(header_of(h, "Content-Type"), "text/event-stream");
    assert_int_equal(recv(fd, h->body, 1, 0), 0); /* not even a last chunk */
    close(fd);
    free(h);
}

/* The gate sees only the first head of a connection; the same rules must hold for the others. */
static void http__later_heads_are_checked_as_strictly(void **state)
{
    static const char *const bad[] = {
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        /* folding, which libmicrohttpd would join onto the *name* */
        "POST /echo HTTP/1.1\r\n" HOST "Content-Len: 5\r\n gth\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Enc: chunked\r\n oding\r\n\r\n0\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X: y\r\n\tz\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X: y\r\n folded\r\nZ: w\r\n\r\n",
        /* bare LF, which it takes for a line end */
        "GET /hello HTTP/1.1\r\n" HOST "X: y\nZ: w\r\n\r\n",
        "GET /hello HTTP/1.1\n" HOST "\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X: y\r\n\nGET /hello HTTP/1.1\r\n" HOST "\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET  /hello HTTP/1.1\r\n" HOST "\r\n",
        "GET /hello  HTTP/1.1\r\n" HOST "\r\n",
        "GET /hello HTTP/1.1 \r\n" HOST "\r\n",
        "GET /hello HTTP/1.3\r\n" HOST "\r\n",
        "GET /hello HTTP/2.0\r\n" HOST "\r\n",
        "GET /a/../hello HTTP/1.1\r\n" HOST "\r\n",
        "GET /%2e%2E/hello HTTP/1.1\r\n" HOST "\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X: \x01\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X@Y: z\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST
        "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
    };
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        for (int pipelined = 0; pipelined < 2; pipelined++) {
            int fd = dial(site->served.port);
            say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
            if (pipelined)
                say(fd, bad[i]);
            assert_true(hear(fd, h));
            assert_int_equal(h->status, 200);
            if (!pipelined)
                say(fd, bad[i]);
            hear(fd, h);
            if (h->status != 400 && h->status != 505 && h->status != 0)
                fail_msg("%d for %s", h->status, bad[i]);
            assert_true(hear_end(fd)); /* and nothing after it is read as a request */
            close(fd);
        }
    free(h);
}

static void http__nul_in_a_later_head_is_refused(void **state)
{
    static const char heads[][80] = {
        "GET /hello HTTP/1.1\r\n" HOST "X: y\0z\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" HOST "X: y\0\r\nZ: w\r\n\r\n",
        "GET /hel\0lo HTTP/1.1\r\n" HOST "X: y\r\n\r\n",
    };
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        int fd = dial(site->served.port);
        size_t len = sizeof(heads[i]);
        while (heads[i][len - 1] == '\0')
            len--;
        say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        assert_true(hear(fd, h));
        say_bytes(fd, heads[i], len);
        hear(fd, h);
        if (h->status != 400)
            fail_msg("row %zu: %d", i, h->status);
        assert_true(hear_end(fd));
        close(fd);
    }
    free(h);
}

static void http__upgrade_on_a_used_connection_is_426(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(fd, h));
    say(fd, "GET /ws HTTP/1.1\r\n" HOST
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assert_true(hear(fd, h));
    is_error(h, 426, "bad_request");
    assert_non_null(strstr(header_of(h, "Connection"), "close"));
    assert_string_equal(header_of(h, "Upgrade"), "websocket");
    assert_true(hear_end(fd));
    close(fd);
    free(h);
}

static void http__h2c_is_never_honoured(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    ask(site->served.port,
        "GET /hello HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        h);
    assert_int_equal(h->status, 200);
    assert_string_equal(h->body, "hello");
    free(h);
}

static void http__tells_the_handler_what_was_asked(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    ask(site->served.port,
        "GET /about?q=a%20b%26c+d&r=1 HTTP/1.1\r\n" HOST "X-Test:  some value \r\n"
        "X-Request-ID: request-1234\r\n\r\n",
        h);
    assert_int_equal(strncmp(h->body, "GET /about peer=127.0.0.1 id=request-1234 q=a b&c d h=some value", 62),
                     0);
    assert_string_equal(header_of(h, "X-Request-ID"), "request-1234");
    assert_string_equal(header_of(h, "X-Extra"), "yes");
    assert_null(header_of(h, "Injected")); /* header values cannot smuggle lines */
    assert_null(header_of(h, "X-Evil"));
    ask(site->served.port, "GET http://A.example/about HTTP/1.1\r\n" HOST "\r\n", h);
    assert_int_equal(h->status, 200);
    assert_non_null(strstr(h->body, "GET /about "));
    ask(site->served.port, "GET /about HTTP/1.1\r\n" HOST "X-Forwarded-For: 8.8.8.8\r\n\r\n", h);
    assert_non_null(strstr(h->body, "peer=127.0.0.1 ")); /* not from a trusted proxy */
    free(h);
}

int main(void)
{
#define WITH_SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        WITH_SITE(http__answers_at_once_and_later),
        WITH_SITE(http__refusals),
        WITH_SITE(http__a_body_of_exactly_the_cap_is_taken),
        WITH_SITE(http__too_big_a_body_is_answered_while_it_is_sent),
        WITH_SITE(http__keeps_connections_alive),
        WITH_SITE(http__pipelined_requests_are_answered_in_order),
        WITH_SITE(http__chunked_bodies_however_they_are_cut),
        WITH_SITE(http__malformed_chunks_end_the_connection),
        WITH_SITE(http__expect_100_continue),
        WITH_SITE(http__head_is_get_without_the_body),
        WITH_SITE(http__later_heads_are_checked_as_strictly),
        WITH_SITE(http__nul_in_a_later_head_is_refused),
        WITH_SITE(http__upgrade_on_a_used_connection_is_426),
        WITH_SITE(http__h2c_is_never_honoured),
        WITH_SITE(http__tells_the_handler_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
