/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines of connections that libmicrohttpd has, and clients that half-close.
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

static void end_last(struct served *s, void *ctx)
{
    struct site *site = ctx;
    server_id id = atomic_load(&site->last_id);
    assert_int_equal(server_write(s->server, id, "data: 2\n\n", 9), 0);
    server_end(s->server, id);
    assert_int_equal(server_write(s->server, id, "late", 4), X_E_CLOSED);
    server_end(s->server, id);
    server_respond(s->server, id, 200, NULL, NULL, 0, "late", 4);
    server_watch(s->server, id, site_on_gone, NULL, site);
}

static int setup_hasty(void **state)
{
    const struct server_conf conf = { .head_ms = 200, .body_ms = 200, .idle_ms = 300 };
    return site_start(state, &conf);
}

static void drip(int fd, const char *piece, int times)
{
    for (int i = 0; i < times && say(fd, piece); i++) {
        struct timespec ms10 = { .tv_nsec = 10000000 };
        nanosleep(&ms10, NULL);
    }
}

static void conn__deadlines_are_for_the_whole(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int body = dial(site->served.port);
    say(body, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n");
    drip(body, "x", 50);
    hear(body, h);
    is_error(h, 408, "timeout");
    assert_true(hear_end(body));
    /* A later head, by drops. */
    int head = dial(site->served.port);
    say(head, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(head, h));
    drip(head, "G", 50);
    hear(head, h);
    assert_int_equal(h->status, 408);
    assert_true(hear_end(head));
    /* Idle: closed without a word. */
    int idle = dial(site->served.port);
    say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    hear(idle, h);
    assert_true(hear_end(idle));
    close(body);
    close(head);
    close(idle);
    free(h);
}

static void conn__waiting_for_an_answer_is_not_idle(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    say(fd, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear_head(fd, h));
    struct timespec long_enough = { .tv_nsec = 600000000 }; /* twice every limit */
    nanosleep(&long_enough, NULL);
    assert_int_equal(atomic_load(&site->gone), 0);
    served_do(&site->served, end_last, site);
    h->body_len = 0;
    assert_true(hear_chunked(fd, h));
    close(fd);
    free(h);
}

static void conn__a_half_closed_client_still_gets_its_answers(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (int i = 0; i < 20; i++) {
        int fd = dial(site->served.port);
        say(fd, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none"
                "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        shutdown(fd, SHUT_WR);
        assert_true(hear(fd, h));
        assert_string_equal(h->body, "one");
        assert_true(hear(fd, h));
        assert_string_equal(h->body, "hello");
        assert_int_equal(recv(fd, h->body, 1, 0), 0); /* and the connection ends at once, not idle_ms later */
        close(fd);
    }
    free(h);
}

static void conn__a_body_cut_short_ends_the_connection_at_once(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    for (int i = 0; i < 20; i++) {
        int fd = dial(site->served.port);
        say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        assert_true(hear(fd, h));
        say(fd, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 300\r\n\r\nnot all");
        shutdown(fd, SHUT_WR);
        assert_int_equal(recv(fd, h->body, 1, 0), 0);
        close(fd);
    }
    free(h);
}

int main(void)
{
#define WITH_SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(conn__deadlines_are_for_the_whole, setup_hasty, site_teardown),
        cmocka_unit_test_setup_teardown(conn__waiting_for_an_answer_is_not_idle, setup_hasty, site_teardown),
        WITH_SITE(conn__a_half_closed_client_still_gets_its_answers),
        WITH_SITE(conn__a_body_cut_short_ends_the_connection_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
