/* SPDX-License-Identifier: Apache-2.0
 *
 * How a websocket connection does not come to be open, and names: what a resolver says, or never says. A
 * getaddrinfo of its own answers for the names of this file.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/clock.h>

#include "io/resolve.h"

#include "tests/support/wsc_rig.h"

#define NOTHING_ASKED ((struct wsc_request){ 0 })

/* ---- the resolver ---- */

static sem_t dns_asked, dns_release;

static const struct {
    const char *name, *ip[3];
} names[] = {
    { "one.test", { "127.0.0.1" } },
    { "six-first.test", { "::1", "127.0.0.1" } },
    { "second.test", { "127.0.0.9", "127.0.0.1" } },
    { "hole-first.test", { "127.0.0.2", "127.0.0.1" } },
};

static int answer_with(const char *const *ip, struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
    *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    for (struct addrinfo **end = out; *ip; ip++, end = &(*end)->ai_next)
        if (real(*ip, NULL, &numeric, end))
            return EAI_FAIL;
    return 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    for (size_t i = 0; node && i < ARRAY_LEN(names); i++)
        if (strcmp(node, names[i].name) == 0)
            return answer_with(names[i].ip, out);
    if (node && strcmp(node, "hangs.test") == 0) {
        sem_post(&dns_asked);
        sem_wait(&dns_release);
    }
    if (node && strstr(node, ".test"))
        return EAI_NONAME;
    *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, out);
}

/* ---- what the server does ---- */

static void play_listen(struct wspeer *p)
{
    if (wspeer_accept(p))
        wspeer_until_gone(p);
}

static void play_silent(struct wspeer *p)
{
    wspeer_until_gone(p);
}

static void play_no_answer(struct wspeer *p)
{
    if (wspeer_head(p))
        wspeer_until_gone(p);
}

static void answer(struct wspeer *p, const char *text)
{
    if (wspeer_head(p))
        wspeer_text(p, text);
    wspeer_until_gone(p);
}

static void play_503(struct wspeer *p)
{
    answer(p, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 3\r\n\r\nbusy");
}

static void play_429(struct wspeer *p)
{
    answer(p, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
}

static void play_401(struct wspeer *p)
{
    answer(p, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
}

static void play_302(struct wspeer *p)
{
    answer(p, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
}

static void play_200(struct wspeer *p)
{
    answer(p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

static void play_wrong_hash(struct wspeer *p)
{
    answer(p, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
}

static void play_extension(struct wspeer *p)
{
    answer(p, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Extensions: permessage-deflate\r\n"
              "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
}

static void play_garbage(struct wspeer *p)
{
    answer(p, "\x16\x03\x01 no HTTP at all\r\n\r\n");
}

static void play_hang_up(struct wspeer *p)
{
    wspeer_head(p);
}

static void play_reset(struct wspeer *p)
{
    wspeer_head(p);
    wspeer_reset(p);
}

/* ---- never open ---- */

static void expect_refused(void (*play)(struct wspeer *p), struct wsc_request req, int status,
                           const char *says)
{
    struct wsc_rig *r = wsc_rig_open(play, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    wsc_probe_start(&p, "ws://{}/secret?token=secret", req);
    assert_int_equal(p.closes, 0);
    wsc_probe_wait(&p);
    assert_false(p.end.was_open);
    assert_int_equal(p.end.code, 0);
    assert_int_equal(p.end.status, status);
    if (!strstr(p.detail, says))
        fail_msg("\"%s\", not \"%s\"", p.detail, says);
    assert_int_equal(r->trap.requests <= 1, 1); /* not asked twice, no redirect */
    wsc_rig_close(r);
}

static void wsc_dial__refused_upgrades(void **state X_UNUSED)
{
    expect_refused(play_503, NOTHING_ASKED, 503, "HTTP 503");
    expect_refused(play_429, NOTHING_ASKED, 429, "HTTP 429");
    expect_refused(play_401, NOTHING_ASKED, 401, "HTTP 401");
    expect_refused(play_302, NOTHING_ASKED, 302, "HTTP 302");
    expect_refused(play_200, NOTHING_ASKED, 200, "HTTP 200");
    expect_refused(play_wrong_hash, NOTHING_ASKED, 0, "did not become a websocket");
    expect_refused(play_extension, NOTHING_ASKED, 0, "did not become a websocket");
    expect_refused(play_garbage, (struct wsc_request){ .connect_ms = 200 }, 0, "in time");
    expect_refused(play_hang_up, NOTHING_ASKED, 0, "did not become a websocket");
    expect_refused(play_reset, NOTHING_ASKED, 0, "did not become a websocket");
}

static void wsc_dial__deadline_of_a_server_that_says_nothing(void **state X_UNUSED)
{
    int64_t began = clock_mono_ms();
    expect_refused(play_no_answer, (struct wsc_request){ .connect_ms = 80 }, 0, "answer the upgrade in time");
    expect_refused(play_silent, (struct wsc_request){ .connect_ms = 80 }, 0, "answer the upgrade in time");
    assert_in_range(clock_mono_ms() - began, 160, 5000);
}

static int closed_port(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    close(fd);
    return ntohs(sa.sin_port);
}

static void wsc_dial__connection_refused_over_and_over(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_silent, NULL, NULL);
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/", closed_port());
    for (int i = 0; i < 20; i++) {
        struct wsc_probe p = { .rig = r };
        wsc_probe_start(&p, url, NOTHING_ASKED);
        wsc_probe_wait(&p);
        assert_non_null(strstr(p.detail, "cannot be connected to"));
    }
    wsc_rig_close(r);
}

/* Fails in the very call that starts it: no route, or an address nobody may connect to. */
static void wsc_dial__fails_at_once(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_silent, NULL, NULL);
    static const char *const url[] = { "ws://255.255.255.255/", "wss://255.255.255.255:1/",
                                       "ws://[ff02::1]:9/" };
    for (size_t i = 0; i < ARRAY_LEN(url); i++) {
        struct wsc_probe p = { .rig = r };
        wsc_probe_start(&p, url[i], (struct wsc_request){ .connect_ms = 300 });
        assert_int_equal(p.closes, 0);
        wsc_probe_wait(&p);
        assert_false(p.end.was_open);
    }
    wsc_rig_close(r);
}

static void wsc_dial__deadline_of_a_black_hole(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_silent, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    struct wsc_hole h;
    char url[64];
    wsc_hole_open(&h, "127.0.0.1", 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/", h.port);
    int64_t began = clock_mono_ms();
    wsc_probe_start(&p, url, (struct wsc_request){ .connect_ms = 120 });
    wsc_probe_wait(&p);
    assert_in_range(clock_mono_ms() - began, 119, 5000);
    assert_non_null(strstr(p.detail, "take the connection in time"));
    wsc_hole_close(&h);
    wsc_rig_close(r);
}

/* ---- names ---- */

static void wsc_dial__finds_names(void **state X_UNUSED)
{
    static const char *const url[] = { "ws://one.test{}/", "ws://second.test{}/", "ws://six-first.test{}/" };
    struct wsc_rig *r = wsc_rig_open(play_listen, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(url) * 2; i++) {
        struct wsc_probe p = { .rig = r };
        wsc_probe_open(&p, url[i / 2], (struct wsc_request){ .prefer_ipv4 = i % 2 });
        wsc_drop(p.conn);
    }
    assert_non_null(strstr(r->trap.head, "\r\nHost: six-first.test:"));
    wsc_rig_close(r);
}

static void wsc_dial__a_name_that_is_none(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_listen, NULL, NULL);
    struct wsc_probe p = { .rig = r }, close = { .rig = r };
    wsc_probe_start(&p, "wss://none.test/?secret", NOTHING_ASKED);
    wsc_probe_start(&close, "ws://one.test/?secret", NOTHING_ASKED);
    wsc_close(close.conn, 1000, NULL);
    wsc_probe_wait(&p);
    assert_non_null(strstr(p.detail, "none.test cannot be found: "));
    wsc_probe_wait(&close);
    assert_true(close.end.ours);
    wsc_rig_close(r);
}

/* Half of the time goes to the address that swallows, half is left for the one that works. */
static void wsc_dial__an_address_that_swallows_gets_its_share(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_listen, NULL, NULL);
    struct wsc_probe p = { .rig = r };
    struct wsc_hole h;
    wsc_hole_open(&h, "127.0.0.2", r->trap.seats.port);
    wsc_probe_open(&p, "ws://hole-first.test{}/", (struct wsc_request){ .connect_ms = 600 });
    assert_int_equal(r->trap.requests, 1);
    wsc_hole_close(&h);
    wsc_rig_close(r);
}

/* A resolver that is never heard of again holds up neither a deadline nor the end. */
static void wsc_dial__a_resolver_that_hangs(void **state X_UNUSED)
{
    struct wsc_rig *r = wsc_rig_open(play_listen, NULL, NULL);
    struct wsc_probe p[RESOLVE_RUNNING_MAX + 1], late = { .rig = r };
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = (struct wsc_probe){ .rig = r };
        wsc_probe_start(&p[i], "ws://hangs.test/", (struct wsc_request){ .connect_ms = i ? 20000 : 60 });
    }
    for (int i = 0; i < RESOLVE_RUNNING_MAX; i++)
        sem_wait(&dns_asked);
    wsc_probe_wait(&p[0]);
    assert_string_equal(p[0].detail, "hangs.test was not found in time");
    wsc_probe_wait(&p[RESOLVE_RUNNING_MAX]);
    assert_string_equal(p[RESOLVE_RUNNING_MAX].detail, "hangs.test cannot be looked up: limit");
    wsc_probe_start(&late, "ws://one.test/", NOTHING_ASKED);
    wsc_probe_wait(&late);
    assert_string_equal(late.detail, "one.test cannot be looked up: limit");
    wsc_drop(p[1].conn);
    sem_post(&dns_release); /* one comes back, to a connection that is gone or one that waits */
    wsc_rig_spend(r, 5);
    wsc_rig_close(r);
    for (int i = 1; i < RESOLVE_RUNNING_MAX; i++)
        sem_post(&dns_release);
}

static int prepare(void **state X_UNUSED)
{
    setenv("http_proxy", "127.0.0.1:1", 1); /* nobody is to look at it */
    return sem_init(&dns_asked, 0, 0) || sem_init(&dns_release, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wsc_dial__refused_upgrades),
        cmocka_unit_test(wsc_dial__deadline_of_a_server_that_says_nothing),
        cmocka_unit_test(wsc_dial__connection_refused_over_and_over),
        cmocka_unit_test(wsc_dial__fails_at_once),
        cmocka_unit_test(wsc_dial__deadline_of_a_black_hole),
        cmocka_unit_test(wsc_dial__finds_names),
        cmocka_unit_test(wsc_dial__a_name_that_is_none),
        cmocka_unit_test(wsc_dial__an_address_that_swallows_gets_its_share),
        cmocka_unit_test(wsc_dial__a_resolver_that_hangs),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
