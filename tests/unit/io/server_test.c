/* SPDX-License-Identifier: Apache-2.0
 *
 * The server as a whole: configuration, draining, and the end of both libraries together.
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

static int setup_proxied(void **state)
{
    static const char *const proxy[] = { "127.0.0.0/8" };
    const struct server_conf conf = { .base_path = "/parley", .trusted_proxy = proxy, .trusted_proxies = 1 };
    return site_start(state, &conf);
}

static void server__base_path_and_trusted_proxies(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    ask(site->served.port,
        "GET /parley/about HTTP/1.1\r\n" HOST "X-Forwarded-For: 6.6.6.6, 8.8.8.8, 127.0.0.9\r\n\r\n", h);
    assert_non_null(strstr(h->body, "GET /about peer=8.8.8.8 "));
    assert_int_equal(ask(site->served.port, "GET /parley/ HTTP/1.1\r\n" HOST "\r\n", h), 200);
    assert_non_null(strstr(h->body, "GET / "));
    assert_int_equal(ask(site->served.port, "GET /parley HTTP/1.1\r\n" HOST "\r\n", h), 308);
    assert_string_equal(header_of(h, "Location"), "/parley/");
    assert_int_equal(ask(site->served.port, "GET /about HTTP/1.1\r\n" HOST "\r\n", h), 404);
    assert_int_equal(ask(site->served.port, "GET /parleyx/about HTTP/1.1\r\n" HOST "\r\n", h), 404);
    free(h);
}

static void stop_listening(struct served *s, void *ctx)
{
    (void)ctx;
    server_stop_listening(s->server);
}

static void respond_last(struct served *s, void *ctx)
{
    struct site *site = ctx;
    server_respond(s->server, atomic_load(&site->last_id), 200, NULL, NULL, 0, "at last", 7);
}

static void server__draining_lets_answers_out_and_then_closes(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    say(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    assert_true(comes(&site->held, 1));
    served_do(&site->served, stop_listening, NULL);
    served_do(&site->served, respond_last, site);
    assert_true(hear(fd, h));
    assert_string_equal(h->body, "at last");
    assert_string_equal(header_of(h, "Connection"), "close");
    assert_true(hear_end(fd));
    close(fd);
    free(h);
}

static void server__closing_answers_what_is_open(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int hold = dial(site->served.port), sse = dial(site->served.port);
    say(hold, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    say(sse, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    assert_true(comes(&site->held, 2));
    served_do(&site->served, served_close, NULL);
    assert_true(hear(hold, h));
    is_error(h, 503, "draining");
    assert_true(hear(sse, h)); /* ended properly, with the last chunk */
    assert_string_equal(h->body, "data: 1\n\n");
    close(hold);
    close(sse);
    pthread_join(site->served.thread, NULL);
    assert_int_equal(site->served.close_result, 0);
    free(site->big);
    free(site);
    free(h);
}

/* The test the architecture asks for first: both libraries down together, with everything open. */
static void server__both_libraries_close_with_everything_open(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int ws[50], sse[50], idle[20], half[10], big = dial_small(site->served.port, 4096);
    for (size_t i = 0; i < ARRAY_LEN(ws); i++) {
        ws[i] = dial(site->served.port);
        say(ws[i], "GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        assert_true(hear(ws[i], h));
        assert_int_equal(h->status, 101);
        sse[i] = dial(site->served.port);
        say(sse[i], "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    }
    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        idle[i] = dial(site->served.port);
        say(idle[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        assert_true(hear(idle[i], h));
    }
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        half[i] = dial(site->served.port);
        say(half[i], i % 2 ? "GET / HT" : "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    }
    say(big, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear_head(big, h));
    assert_true(comes(&site->held, 50) && comes(&site->opened, 50));

    served_do(&site->served, served_close, NULL);
    for (size_t i = 0; i < ARRAY_LEN(ws); i++) {
        unsigned char frame[4];
        assert_int_equal(recv(ws[i], frame, 4, MSG_WAITALL), 4);
        assert_int_equal(frame[0], 0x88);
        assert_int_equal(frame[2] << 8 | frame[3], 1001);
        assert_true(hear(sse[i], h));
        assert_string_equal(h->body, "data: 1\n\n");
    }
    pthread_join(site->served.thread, NULL);
    assert_int_equal(site->served.close_result, 0);
    assert_int_equal(atomic_load(&site->closed), 50);
    for (size_t i = 0; i < ARRAY_LEN(ws); i++) {
        close(ws[i]);
        close(sse[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        close(idle[i]);
    for (size_t i = 0; i < ARRAY_LEN(half); i++)
        close(half[i]);
    close(big);
    free(site->big);
    free(site);
    free(h);
}

int main(void)
{
#define WITH_SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server__base_path_and_trusted_proxies, setup_proxied, site_teardown),
        WITH_SITE(server__draining_lets_answers_out_and_then_closes),
        cmocka_unit_test_setup(server__closing_answers_what_is_open, site_setup),
        cmocka_unit_test_setup(server__both_libraries_close_with_everything_open, site_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
