/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers over real sockets: streams, back-pressure and bounded memory, clients that leave, stale
 * handles.
 */
#include "tests/unit/io/site.h"

#define HOST "Host: a.example\r\n"

static void answer__streams_arrive_whole_and_keep_the_connection(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    for (int i = 0; i < 3; i++) {
        say(fd, "GET /three HTTP/1.1\r\n" HOST "\r\n");
        assert_true(hear(fd, h));
        assert_string_equal(header_of(h, "Content-Type"), "text/event-stream");
        assert_string_equal(h->body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    }
    close(fd);
    ask(site->served.port, "GET /three HTTP/1.0\r\n\r\n", h); /* no chunks there: the end is the close */
    assert_string_equal(h->body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    free(h);
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

static void answer__a_quiet_stream_goes_on_when_written(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(site->served.port);
    char first[64];
    say(fd, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear_head(fd, h));
    assert_true(hear_line(fd, first, sizeof(first))); /* the first chunk is out at once */
    assert_string_equal(first, "9\r\n");
    served_do(&site->served, end_last, site);
    h->body_len = 0;
    assert_true(hear_bytes(fd, h, 11));
    assert_true(hear_chunked(fd, h));
    h->body[h->body_len] = '\0';
    assert_string_equal(h->body, "data: 1\n\n\r\ndata: 2\n\n");
    assert_int_equal(atomic_load(&site->gone), 0);
    close(fd);
    free(h);
}

static void answer_last(struct served *s, void *ctx)
{
    struct site *site = ctx;
    server_id id = atomic_load(&site->last_id);
    server_respond(s->server, id, 200, NULL, NULL, 0, "stale", 5);
    server_stream(s->server, id, 200, NULL, NULL, 0);
    server_end(s->server, id);
    assert_int_equal(server_write(s->server, id, "x", 1), X_E_CLOSED);
    assert_int_equal(server_write(s->server, id + 1, "x", 1), X_E_CLOSED);
    assert_int_equal(server_ws_send(s->server, id, "x", 1), X_E_CLOSED);
    server_ws_close(s->server, id, 1000, "");
    server_watch(s->server, 0, site_on_gone, NULL, site);
}

static void answer__a_client_that_leaves_is_told_once(void **state)
{
    static const char *const path[] = { "/hold", "/sse" };
    struct site *site = *state;
    for (int how = 0; how < 4; how++) {
        char request[64];
        int fd = dial(site->served.port);
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", path[how % 2]);
        say(fd, request);
        assert_true(comes(&site->held, how + 1));
        if (how >= 2) { /* a reset rather than a FIN */
            struct linger hard = { .l_onoff = 1 };
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        }
        close(fd);
        assert_true(comes(&site->gone, how + 1));
        served_do(&site->served, answer_last, site);
        assert_int_equal(atomic_load(&site->gone), how + 1);
    }
}

static void count_connections(struct served *s, void *ctx)
{
    atomic_store((_Atomic int *)ctx, (int)server_connections(s->server));
}

/* An older connection at rest must not hold back the end of a younger one. */
static void answer__a_client_that_left_holds_no_connection(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int idle = dial(site->served.port);
    _Atomic int left = 0;
    say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(idle, h));
    for (int i = 1; i <= 3; i++) {
        int fd = dial(site->served.port);
        say(fd, "GET /sse HTTP/1.1\r\n" HOST "\r\n");
        assert_true(comes(&site->held, i));
        close(fd);
        assert_true(comes(&site->gone, i));
    }
    for (int ms = 0; ms < SERVED_WAIT_S * 1000 && left != 1; ms += 5) {
        served_do(&site->served, count_connections, &left);
        poll(NULL, 0, 5);
    }
    assert_int_equal(left, 1);
    say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_true(hear(idle, h));
    close(idle);
    free(h);
}

static size_t rss_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
    fclose(f);
    return pages * 4096;
}

static void answer__back_pressure_stops_and_resumes_the_writer(void **state)
{
    struct site *site = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial_small(site->served.port, 4096);
    size_t before = rss_bytes(), total = 0;
    say(fd, "GET /flood HTTP/1.0\r\n\r\n");
    assert_true(comes(&site->full, 1)); /* nobody reads: the writer was told to stop */
    assert_true(atomic_load(&site->flooded) < SITE_FLOOD);
    assert_true(rss_bytes() - before < (4U << 20));
    assert_true(hear_head(fd, h));
    for (ssize_t n; (n = recv(fd, h->body, sizeof(h->body), 0)) > 0;)
        for (ssize_t i = 0; i < n; i++, total++) /* in order, nothing lost, nothing twice */
            assert_int_equal(h->body[i], 'a' + (int)(total / 8192 % 26));
    assert_int_equal(total, SITE_FLOOD);
    assert_true(atomic_load(&site->full) > 1);
    assert_int_equal(atomic_load(&site->drained), atomic_load(&site->full) + 1);
    assert_int_equal(atomic_load(&site->gone), 0);
    close(fd);
    free(h);
}

static void answer__a_reckless_writer_loses_its_stream(void **state)
{
    struct site *site = *state;
    int fd = dial_small(site->served.port, 4096);
    say(fd, "GET /reckless HTTP/1.1\r\n" HOST "\r\n");
    assert_true(comes(&site->gone, 1));
    assert_true(comes(&site->refused, 1));
    assert_int_equal(atomic_load(&site->refused), SERVER_STREAM_QUEUE / 8192);
    assert_true(hear_end(fd));
    close(fd);
}

static void answer__slow_readers_do_not_grow_memory(void **state)
{
    struct site *site = *state;
    int fd[20];
    size_t before = rss_bytes();
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = dial_small(site->served.port, 4096);
        say(fd[i], "GET /flood HTTP/1.1\r\n" HOST "\r\n");
    }
    assert_true(comes(&site->full, 20));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* their shadow is not the server's */
    assert_true(rss_bytes() - before < ARRAY_LEN(fd) * (SERVER_STREAM_QUEUE + 131072));
#else
    (void)before;
#endif
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        close(fd[i]);
}

int main(void)
{
#define WITH_SITE(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        WITH_SITE(answer__streams_arrive_whole_and_keep_the_connection),
        WITH_SITE(answer__a_quiet_stream_goes_on_when_written),
        WITH_SITE(answer__a_client_that_leaves_is_told_once),
        WITH_SITE(answer__a_client_that_left_holds_no_connection),
        WITH_SITE(answer__back_pressure_stops_and_resumes_the_writer),
        WITH_SITE(answer__a_reckless_writer_loses_its_stream),
        WITH_SITE(answer__slow_readers_do_not_grow_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
