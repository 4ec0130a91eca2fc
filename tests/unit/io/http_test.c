/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client against a server that misbehaves (tests/support/httptrap.c): what is sent,
 * every way to end, and a DNS that never answers. Slow readers and callbacks: http_call_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_rig.h"

/* ---- a DNS that hangs for one name ---- */

static sem_t dns_asked, dns_release;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node && strcmp(node, "hangs.test") == 0) {
        sem_post(&dns_asked);
        sem_wait(&dns_release);
        return EAI_AGAIN;
    }
    *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, out);
}

/* One request, and how it must end. */
static void expect_end(const char *path, struct http_request req, enum http_end how, int status)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = http_probe_get(r, path, req);
    assert_int_equal(p.how, how);
    assert_int_equal(p.status, status);
    assert_int_equal(p.heads, status != 0);
    assert_true(p.sent);
    assert_true((how == HTTP_OK) == (p.detail[0] == '\0'));
    assert_null(strstr(p.detail, path));
    assert_int_equal(http_running(r->http), 0);
    buf_free(&p.body);
    http_rig_close(r);
}

/* ---- answers ---- */

static void http__reads_whole_answers(void **state X_UNUSED)
{
    static const struct {
        const char *path, *body;
        int status;
    } row[] = {
        { "/ok", "hello", 200 },    { "/empty", "", 204 },       { "/chunked", "hello, world", 200 },
        { "/early", "hello", 200 }, { "/limited", "slow", 429 }, { "/redirect", "", 302 },
        { "/close", "hello", 200 }, { "/no/such", "", 404 },
    };
    struct http_rig *r = http_rig_open();
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct http_probe p = http_probe_get(r, row[i].path, (struct http_request){ .method = "GET" });
        assert_int_equal(p.how, HTTP_OK);
        assert_int_equal(p.status, row[i].status);
        assert_int_equal(p.heads, 1);
        assert_int_equal(p.head_status, row[i].status);
        assert_string_equal(buf_text(&p.body), row[i].body);
        assert_string_equal(p.retry_after, p.status == 429 ? "7" : "-");
        assert_string_equal(p.which, strcmp(row[i].path, "/early") == 0 ? "final" : "-");
        buf_free(&p.body);
    }
    http_rig_close(r);
}

static void http__sends_what_was_asked(void **state X_UNUSED)
{
    static const char *const method[] = { "POST", "PATCH", "PUT", "DELETE", "GET" };
    static const char *const header[] = { "X-Key: abc", "Content-Type: application/json" };
    struct http_rig *r = http_rig_open();
    for (size_t i = 0; i < ARRAY_LEN(method); i++) {
        struct http_request req = {
            .method = method[i], .header = header, .headers = 2, .body = "{\"a\":1}", .body_len = 7
        };
        struct http_probe p = http_probe_get(r, "/echo", req);
        const char *text = buf_text(&p.body);
        assert_int_equal(strncmp(text, method[i], strlen(method[i])), 0);
        assert_non_null(strstr(text, "/echo HTTP/1.1\r\n"));
        assert_non_null(strstr(text, "\r\nX-Key: abc\r\n"));
        assert_non_null(strstr(text, "\r\nContent-Type: application/json\r\n"));
        assert_non_null(strstr(text, "\r\nContent-Length: 7\r\n"));
        assert_null(strstr(text, "form-urlencoded"));
        assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
        buf_free(&p.body);
    }
    http_rig_close(r);
}

/* The handle keeps its options from use to use: a request must not see the one before. */
static void http__bare_requests_after_full_ones(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    const char *const header[] = { "X-Key: abc" };
    struct http_request full = {
        .method = "POST", .header = header, .headers = 1, .body = "zz", .body_len = 2
    };
    struct http_probe p = http_probe_get(r, "/echo", full);
    buf_free(&p.body);
    p = http_probe_get(r, "/echo", (struct http_request){ .method = "GET" });
    assert_int_equal(strncmp(buf_text(&p.body), "GET /echo", 9), 0);
    assert_null(strstr(buf_text(&p.body), "Content-Length"));
    assert_null(strstr(buf_text(&p.body), "X-Key"));
    buf_free(&p.body);
    p = http_probe_get(r, "/echo", (struct http_request){ .method = "POST" });
    assert_non_null(strstr(buf_text(&p.body), "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(buf_text(&p.body), "Content-Type"));
    buf_free(&p.body);
    p = http_probe_get(r, "/echo", (struct http_request){ .method = "DELETE" });
    assert_int_equal(strncmp(buf_text(&p.body), "DELETE /echo", 12), 0);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__large_body_without_100_continue(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    size_t len = 3 << 20;
    char *body = malloc(len);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 19);
    struct http_probe p =
        http_probe_get(r, "/echo", (struct http_request){ .method = "POST", .body = body, .body_len = len });
    assert_int_equal(p.how, HTTP_OK);
    assert_null(strstr(buf_text(&p.body), "Expect"));
    assert_memory_equal(p.body.at + p.body.len - len, body, len);
    buf_free(&p.body);
    free(body);
    http_rig_close(r);
}

static void http__reuses_one_connection(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    for (int i = 0; i < 200; i++) {
        struct http_probe p =
            http_probe_get(r, "/ok", (struct http_request){ .method = "POST", .body = "x", .body_len = 1 });
        assert_int_equal(p.how, HTTP_OK);
        buf_free(&p.body);
    }
    assert_int_equal(r->trap.seats.connections, 1);
    assert_int_equal(r->trap.requests, 200);
    http_rig_close(r);
}

static void http__many_at_once(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    static struct http_probe p[150];
    memset(p, 0, sizeof p);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(p); i++) {
            p[i] = (struct http_probe){ .rig = r };
            http_probe_start(&p[i], i % 3 ? "/ok" : "/chunked", (struct http_request){ .method = "POST" });
        }
        assert_int_equal(http_running(r->http), ARRAY_LEN(p));
        for (size_t i = 0; i < ARRAY_LEN(p); i++) {
            http_probe_wait(&p[i]);
            assert_int_equal(p[i].how, HTTP_OK);
            assert_string_equal(buf_text(&p[i].body), i % 3 ? "hello" : "hello, world");
            buf_free(&p[i].body);
        }
    }
    assert_int_equal(http_running(r->http), 0);
    http_rig_close(r);
}

static void http__survives_a_closed_idle_connection(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    for (int i = 0; i < 20; i++) {
        struct http_probe p = http_probe_get(r, "/close", (struct http_request){ .method = "POST" });
        assert_int_equal(p.how, HTTP_OK);
        buf_free(&p.body);
        http_rig_spend(r, 20); /* the FIN arrives while the connection rests */
    }
    assert_int_equal(r->trap.requests, 20);
    http_rig_close(r);
}

static void http__inflates(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = http_probe_get(r, "/deflate?300000", (struct http_request){ .method = "GET" });
    assert_int_equal(p.how, HTTP_OK);
    assert_int_equal(p.body.len, 300000);
    for (size_t i = 0; i < p.body.len; i++)
        assert_int_equal(p.body.at[i], 0);
    buf_free(&p.body);
    http_rig_close(r);
}

/* ---- ways to fail ---- */

static void http__broken_off(void **state X_UNUSED)
{
    struct http_request req = { .method = "POST" };
    expect_end("/reset-before", req, HTTP_CONNECT, 0);
    expect_end("/garbage", req, HTTP_CONNECT, 0);
    expect_end("/half-head", req, HTTP_CONNECT, 0);
    expect_end("/rst", req, HTTP_CUT, 200);
    expect_end("/cut", req, HTTP_CUT, 200);
    expect_end("/cut-chunked", req, HTTP_CUT, 200);
}

static void http__too_big(void **state X_UNUSED)
{
    struct http_request req = { .method = "GET", .body_cap_bytes = 100000 };
    expect_end("/headers", req, HTTP_TOO_BIG, 0);
    expect_end("/endless", req, HTTP_TOO_BIG, 200);
    expect_end("/bomb", req, HTTP_TOO_BIG, 200);
    expect_end("/big?100001", req, HTTP_TOO_BIG, 200);
    expect_end("/big?100000", req, HTTP_OK, 200);
    expect_end("/deflate?100001", req, HTTP_TOO_BIG, 200);
    expect_end("/deflate?100000", req, HTTP_OK, 200);
}

static void http__coded_twice_is_refused(void **state X_UNUSED)
{
    expect_end("/coded?0", (struct http_request){ 0 }, HTTP_CUT, 200);
    expect_end("/coded?1", (struct http_request){ 0 }, HTTP_CUT, 200);
    expect_end("/coded?2", (struct http_request){ 0 }, HTTP_CUT, 200);
    expect_end("/coded?3", (struct http_request){ 0 }, HTTP_CUT, 200);
}

static void http__cap_is_kept(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p =
        http_probe_get(r, "/bomb", (struct http_request){ .method = "GET", .body_cap_bytes = 1 << 20 });
    assert_int_equal(p.how, HTTP_TOO_BIG);
    assert_in_range(p.body.len, 1, 1 << 20);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__time_outs(void **state X_UNUSED)
{
    static char large[8 << 20];
    expect_end("/hang", (struct http_request){ .first_byte_ms = 60 }, HTTP_TIMEOUT_FIRST_BYTE, 0);
    expect_end("/hang-body", (struct http_request){ .idle_ms = 60 }, HTTP_TIMEOUT_IDLE, 200);
    expect_end("/drip", (struct http_request){ .idle_ms = 1000, .total_ms = 400 }, HTTP_TIMEOUT_TOTAL, 200);
    expect_end("/hang", (struct http_request){ .total_ms = 60 }, HTTP_TIMEOUT_TOTAL, 0);
    expect_end("/slow-read",
               (struct http_request){
                   .method = "POST", .body = large, .body_len = sizeof large, .first_byte_ms = 100 },
               HTTP_TIMEOUT_FIRST_BYTE, 0);
}

/* The limits are waited for, and no longer than twice the time a loaded machine may need. */
static void http__time_outs_are_on_time(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    uint64_t from = uv_hrtime();
    struct http_probe p =
        http_probe_get(r, "/hang-body", (struct http_request){ .idle_ms = 200, .first_byte_ms = 5000 });
    int64_t took_ms = (int64_t)((uv_hrtime() - from) / 1000000);
    assert_int_equal(p.how, HTTP_TIMEOUT_IDLE);
    assert_in_range(took_ms, 200, 2000);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__drip_within_idle_lives(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p =
        http_probe_get(r, "/drip", (struct http_request){ .idle_ms = 5000, .total_ms = 1000 });
    assert_int_equal(p.how, HTTP_TIMEOUT_TOTAL);
    assert_true(p.body.len >= 3);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__refused(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    struct err err;
    char url[128];
    struct httptrap gone;
    httptrap_open(&gone);
    httptrap_url(&gone, url, "/secret-token");
    httptrap_close(&gone);
    assert_int_equal(http_probe_try(&p, url, (struct http_request){ .method = "POST" }, &err), 0);
    assert_int_equal(p.dones, 0);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_CONNECT);
    assert_int_equal(p.status, 0);
    assert_false(p.sent);
    assert_true(p.detail[0]);
    assert_null(strstr(p.detail, "secret"));
    http_rig_close(r);
}

static void http__tls_to_a_plain_server(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    struct err err;
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", r->trap.seats.port);
    assert_int_equal(http_probe_try(&p, url, (struct http_request){ .total_ms = 5000 }, &err), 0);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_CONNECT);
    assert_int_equal(p.heads, 0);
    assert_false(p.sent);
    http_rig_close(r);
}

/* A full backlog swallows SYNs: the connection is never made. */
static void http__connect_time_out(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sa;
    int server = socket(AF_INET, SOCK_STREAM, 0), filler[8];
    char url[64];
    struct err err;
    assert_int_equal(bind(server, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(server, 0), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&sa, &len), 0);
    for (size_t i = 0; i < ARRAY_LEN(filler); i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(filler[i], (struct sockaddr *)&sa, sizeof sa);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(sa.sin_port));
    struct http_probe p = { .rig = r };
    assert_int_equal(http_probe_try(&p, url, (struct http_request){ .connect_ms = 100 }, &err), 0);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_TIMEOUT_CONNECT);
    for (size_t i = 0; i < ARRAY_LEN(filler); i++)
        close(filler[i]);
    close(server);
    http_rig_close(r);
}

static int64_t ms_since(uint64_t from)
{
    return (int64_t)((uv_hrtime() - from) / 1000000);
}

static void dns_wait_asked(struct http_rig *r)
{
    while (sem_trywait(&dns_asked))
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

/* getaddrinfo cannot be interrupted; the loop must not wait for it, neither here nor at close. */
static void http__hanging_dns_blocks_nobody(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r }, q = { .rig = r }, s = { .rig = r };
    struct err err;
    uint64_t from = uv_hrtime();
    assert_int_equal(
        http_probe_try(&p, "http://hangs.test/", (struct http_request){ .connect_ms = 100 }, &err), 0);
    assert_int_equal(
        http_probe_try(&q, "http://hangs.test/", (struct http_request){ .method = "POST" }, &err), 0);
    assert_int_equal(
        http_probe_try(&s, "http://hangs.test/", (struct http_request){ .method = "POST" }, &err), 0);
    for (int i = 0; i < 3; i++)
        dns_wait_asked(r);
    http_cancel(q.call);
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_TIMEOUT_CONNECT);
    http_rig_close(r); /* with s under way */
    assert_true(ms_since(from) < 3000);
    assert_int_equal(q.dones + s.dones, 0);
    for (int i = 0; i < 3; i++)
        sem_post(&dns_release);
}

/* What the second request on a kept connection meets: an orderly close, and a reset. */
static const char *const dying[] = { "/die-second", "/rst-second" };

static void http__post_is_never_sent_twice(void **state X_UNUSED)
{
    struct http_request post = { .method = "POST", .body = "pay", .body_len = 3 };
    for (size_t i = 0; i < ARRAY_LEN(dying); i++) {
        struct http_rig *r = http_rig_open();
        struct http_probe p = http_probe_get(r, dying[i], post);
        assert_int_equal(p.how, HTTP_OK);
        buf_free(&p.body);
        p = http_probe_get(r, dying[i], post);
        assert_int_equal(p.how, HTTP_CONNECT);
        assert_true(p.sent);
        assert_int_equal(r->trap.requests, 2);
        buf_free(&p.body);
        http_rig_close(r);
    }
}

static void http__get_is_sent_again(void **state X_UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(dying); i++) {
        struct http_rig *r = http_rig_open();
        for (int n = 0; n < 2; n++) {
            struct http_probe p = http_probe_get(r, dying[i], (struct http_request){ .method = "GET" });
            assert_int_equal(p.how, HTTP_OK);
            buf_free(&p.body);
        }
        assert_int_equal(r->trap.requests, 3);
        http_rig_close(r);
    }
}

static void http__late_loop_is_no_time_out(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    http_probe_start(&p, "/ok", (struct http_request){ .first_byte_ms = 50, .total_ms = 80 });
    while (!r->trap.requests)
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
    for (uint64_t from = uv_hrtime(); ms_since(from) < 150;) /* something holds the loop up */
        ;
    http_probe_wait(&p);
    assert_int_equal(p.how, HTTP_OK);
    buf_free(&p.body);
    http_rig_close(r);
}

static void http__bad_requests_are_refused_at_once(void **state X_UNUSED)
{
    static const char *const url[] = { "ftp://127.0.0.1/x",
                                       "file:///etc/passwd",
                                       "127.0.0.1/x",
                                       "",
                                       "http://",
                                       "http://a b/",
                                       "http://127.0.0.1:99999/",
                                       "gopher://127.0.0.1/",
                                       "http://127.0.0.1/\r\nX: y" };
    static const char *const header[] = { "no colon", ": empty", "X: a\r\nY: b", "X: a\nY: b", "" };
    static const char *const method[] = { "post", "TRACE", "GET /x HTTP/1.1\r\n", "" };
    struct http_rig *r = http_rig_open();
    struct http_probe p = { .rig = r };
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(url); i++) {
        assert_int_equal(http_probe_try(&p, url[i], (struct http_request){ .method = "GET" }, &err),
                         X_E_INVALID);
        assert_null(p.call);
    }
    for (size_t i = 0; i < ARRAY_LEN(header); i++) {
        struct http_request req = { .header = &header[i], .headers = 1 };
        assert_int_equal(http_probe_try(&p, "http://127.0.0.1:1/", req, &err), X_E_INVALID);
    }
    for (size_t i = 0; i < ARRAY_LEN(method); i++)
        assert_int_equal(
            http_probe_try(&p, "http://127.0.0.1:1/", (struct http_request){ .method = method[i] }, &err),
            X_E_INVALID);
    assert_int_equal(http_running(r->http), 0);
    http_rig_close(r);
}

static void http__proxy_is_for_the_world_outside(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    char proxy[128];
    struct err err;
    httptrap_url(&r->trap, proxy, "");
    setenv("http_proxy", proxy, 1);
    struct http_probe out = { .rig = r };
    assert_int_equal(
        http_probe_try(&out, "http://example.invalid/ok", (struct http_request){ .method = "GET" }, &err), 0);
    http_probe_wait(&out);
    assert_int_equal(out.status, 404); /* the trap does not know the absolute form */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    struct http_probe in = http_probe_get(r, "/ok", (struct http_request){ .method = "GET" });
    assert_int_equal(in.how, HTTP_OK);
    unsetenv("http_proxy");
    buf_free(&in.body);
    http_rig_close(r);
}

/* One that a request names is for every host, this machine too; the environment has no say. */
static void http__proxy_of_a_request_comes_first(void **state X_UNUSED)
{
    struct http_rig *r = http_rig_open();
    char proxy[128], v6[64];
    struct err err;
    httptrap_url(&r->trap, proxy, "");
    setenv("no_proxy", "*", 1);
    const struct http_request by = { .method = "GET", .proxy = proxy };
    struct http_probe out = { .rig = r }, in = { .rig = r }, dead = { .rig = r }, six = { .rig = r };
    assert_int_equal(http_probe_try(&out, "http://example.invalid/ok", by, &err), 0);
    http_probe_wait(&out);
    assert_int_equal(out.status, 404);
    assert_int_equal(http_probe_try(&in, "http://127.0.0.1:1/ok", by, &err), 0);
    http_probe_wait(&in);
    assert_int_equal(in.status, 404);
    const struct http_request gone = { .method = "GET", .proxy = "socks5h://u:secret@127.0.0.1:1" };
    assert_int_equal(http_probe_try(&dead, "http://127.0.0.1:1/ok", gone, &err), 0);
    http_probe_wait(&dead);
    assert_int_equal(dead.how, HTTP_CONNECT);
    assert_false(dead.sent);
    assert_null(strstr(dead.detail, "secret"));
    unsetenv("no_proxy");
    snprintf(v6, sizeof v6, "http://[::1]:%d/ok", r->trap.seats.port);
    assert_int_equal(http_probe_try(&six, v6, (struct http_request){ .method = "GET", .ipv4 = true }, &err),
                     0);
    http_probe_wait(&six);
    assert_int_equal(six.how, HTTP_CONNECT);
    assert_false(six.sent);
    buf_free(&out.body);
    buf_free(&in.body);
    buf_free(&dead.body);
    buf_free(&six.body);
    http_rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__reads_whole_answers),
        cmocka_unit_test(http__sends_what_was_asked),
        cmocka_unit_test(http__bare_requests_after_full_ones),
        cmocka_unit_test(http__large_body_without_100_continue),
        cmocka_unit_test(http__reuses_one_connection),
        cmocka_unit_test(http__many_at_once),
        cmocka_unit_test(http__survives_a_closed_idle_connection),
        cmocka_unit_test(http__inflates),
        cmocka_unit_test(http__broken_off),
        cmocka_unit_test(http__too_big),
        cmocka_unit_test(http__coded_twice_is_refused),
        cmocka_unit_test(http__cap_is_kept),
        cmocka_unit_test(http__time_outs),
        cmocka_unit_test(http__time_outs_are_on_time),
        cmocka_unit_test(http__drip_within_idle_lives),
        cmocka_unit_test(http__refused),
        cmocka_unit_test(http__tls_to_a_plain_server),
        cmocka_unit_test(http__connect_time_out),
        cmocka_unit_test(http__hanging_dns_blocks_nobody),
        cmocka_unit_test(http__post_is_never_sent_twice),
        cmocka_unit_test(http__get_is_sent_again),
        cmocka_unit_test(http__late_loop_is_no_time_out),
        cmocka_unit_test(http__bad_requests_are_refused_at_once),
        cmocka_unit_test(http__proxy_is_for_the_world_outside),
        cmocka_unit_test(http__proxy_of_a_request_comes_first),
    };
    signal(SIGPIPE, SIG_IGN);
    sem_init(&dns_asked, 0, 0);
    sem_init(&dns_release, 0, 0);
    alarm(120);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
