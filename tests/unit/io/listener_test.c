/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens at the door: before libmicrohttpd or libwebsockets know of a connection.
 */
#include "tests/unit/io/served.h"

static void on_hello(const struct server_request *req)
{
    struct served *s = req->ctx;
    server_respond(s->server, req->id, 200, "text/plain", NULL, 0, "hello", 5);
}

static void routes(struct served *s)
{
    const struct route r = { "GET", "/", 0, on_hello, s };
    assert_int_equal(server_route(s->server, &r, NULL), 0);
}

static int start(void **state, const struct server_conf *conf)
{
    struct served *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    served_start(s, conf, routes);
    *state = s;
    return 0;
}

static int setup(void **state)
{
    return start(state, NULL);
}

static int setup_hasty(void **state)
{
    const struct server_conf conf = { .head_ms = 150, .connections_max = 8 };
    return start(state, &conf);
}

static int teardown(void **state)
{
    served_stop(*state);
    free(*state);
    return 0;
}

static void assert_error_body(const struct heard *h, const char *code)
{
    char want[64];
    snprintf(want, sizeof(want), "{\"code\":\"%s\",", code);
    assert_int_equal(strncmp(h->body, want, strlen(want)), 0);
    assert_string_equal(header_of(h, "Content-Type"), "application/json");
    assert_string_equal(header_of(h, "X-Content-Type-Options"), "nosniff");
    assert_non_null(header_of(h, "Date"));
    const char *id = header_of(h, "X-Request-ID");
    assert_non_null(id);
    assert_non_null(strstr(h->body, id));
}

static void listener__refuses_with_a_whole_answer_and_closes(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *code;
    } rows[] = {
        { "GET / HTTP/1.1\r\n\r\n", 400, "bad_request" },
        { "GET / HTTP/1.1\nHost: a\n\n", 400, "bad_request" },
        { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request" },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          400, "bad_request" },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400,
          "bad_request" },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "bad_request" },
    };
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(ask(s->port, rows[i].request, h), rows[i].status);
        assert_true(h->closed);
        assert_error_body(h, rows[i].code);
    }
    free(h);
}

static void listener__echoes_a_good_request_id_and_replaces_a_bad_one(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    ask(s->port, "GET / HTTP/1.1\r\nX-Request-ID: abc.DEF-123\r\n\r\n", h);
    assert_string_equal(header_of(h, "X-Request-ID"), "abc.DEF-123");
    ask(s->port, "GET / HTTP/1.1\r\nX-Request-ID: short\r\n\r\n", h);
    assert_int_equal(strlen(header_of(h, "X-Request-ID")), 26);
    ask(s->port, "HEAD / HTTP/1.1\r\nX-Request-ID: <script>alert\r\n\r\n", h);
    assert_int_equal(strlen(header_of(h, "X-Request-ID")), 26);
    assert_int_equal(h->body_len, 0); /* HEAD: no body on errors either */
    free(h);
}

static void listener__takes_a_head_byte_by_byte(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    int fd = dial(s->port);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        assert_true(say_bytes(fd, text + i, 1));
    assert_true(hear(fd, h));
    assert_int_equal(h->status, 200);
    assert_string_equal(h->body, "hello");
    assert_true(hear_end(fd));
    close(fd);
    free(h);
}

/* A head of exactly `len` bytes. */
static char *long_head(size_t len)
{
    static const char open[] = "GET / HTTP/1.1\r\nHost: a\r\nX-Pad: ", end[] = "\r\n\r\n";
    char *text = malloc(len + 1);
    size_t from = sizeof(open) - 1, tail = sizeof(end) - 1;
    memcpy(text, open, from);
    memset(text + from, 'p', len - from - tail);
    memcpy(text + len - tail, end, sizeof(end));
    return text;
}

static void listener__head_limit_is_exact(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    char *fits = long_head(SERVER_HEAD_MAX), *over = long_head(SERVER_HEAD_MAX + 1);
    assert_int_equal(ask(s->port, fits, h), 200);
    assert_int_equal(ask(s->port, over, h), 431);
    assert_true(h->closed);
    assert_error_body(h, "payload_too_large");
    free(fits);
    free(over);
    free(h);
}

static void listener__full_head_of_small_fields_is_served(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    char *text = malloc(SERVER_HEAD_MAX + 256);
    size_t n = (size_t)snprintf(text, 256, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < 100; i++)
        n += (size_t)snprintf(text + n, 256, "X-Field-%02d: %0151d\r\n", i, i);
    snprintf(text + n, 256, "\r\n");
    assert_true(strlen(text) > SERVER_HEAD_MAX - 300 && strlen(text) <= SERVER_HEAD_MAX);
    assert_int_equal(ask(s->port, text, h), 200);
    free(text);
    free(h);
}

static void listener__slow_head_gets_408_and_silence_gets_nothing(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    int silent = dial(s->port), slow = dial(s->port), drip = dial(s->port);
    say(slow, "GET / HT");
    for (int i = 0; i < 40 && send(drip, "A", 1, MSG_NOSIGNAL) == 1; i++) {
        struct timespec ms10 = { .tv_nsec = 10000000 };
        nanosleep(&ms10, NULL); /* a drip must not push the deadline out: 400 ms of it, 150 allowed */
    }
    assert_true(hear(slow, h));
    assert_int_equal(h->status, 408);
    assert_error_body(h, "timeout");
    assert_true(hear_end(slow));
    hear(drip, h);
    assert_int_equal(h->status, 408);
    assert_int_equal(recv(silent, h->body, 1, 0), 0);
    close(silent);
    close(slow);
    close(drip);
    free(h);
}

static void count_connections(struct served *s, void *ctx)
{
    *(size_t *)ctx = server_connections(s->server);
}

static void listener__one_connection_too_many_gets_503(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    int held[8];
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        held[i] = dial(s->port);
        say(held[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_true(hear(held[i], h));
        assert_int_equal(h->status, 200);
    }
    served_do(s, count_connections, &n);
    assert_int_equal(n, 8);
    assert_int_equal(ask(s->port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", h), 503);
    assert_true(h->closed);
    assert_error_body(h, "busy");
    close(held[0]);
    /* Room again, as soon as the loop has seen the close. */
    for (int i = 0; i < 1000 && ask(s->port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", h) == 503; i++)
        ;
    assert_int_equal(h->status, 200);
    for (int i = 1; i < 8; i++)
        close(held[i]);
    free(h);
}

static double cpu_ms(pthread_t thread)
{
    clockid_t clock;
    struct timespec t;
    assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void listener__half_heads_do_not_spin_the_loop(void **state)
{
    struct served *s = *state;
    int fd[50];
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = dial(s->port);
        say(fd[i], "GET / HTTP/1.1\r\nHost:");
    }
    double before = cpu_ms(s->thread);
    struct timespec quarter = { .tv_nsec = 250000000 };
    nanosleep(&quarter, NULL);
    assert_true(cpu_ms(s->thread) - before < 60); /* a spin would be 250 */
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        close(fd[i]);
}

static void listener__says_why_it_cannot_listen(void **state)
{
    static const struct {
        const char *where;
        int code;
        const char *says;
    } rows[] = {
        { "nonsense", X_E_INVALID, "address:port" },
        { "127.0.0.1:99999", X_E_INVALID, "address:port" },
        { "localhost:0", X_E_INVALID, "not an IP address" },
        { "::1:0", X_E_INVALID, "not an IP address" },
        { "192.0.2.1:0", -EADDRNOTAVAIL, "no such address" },
    };
    struct served *taken = *state;
    char same[32];
    snprintf(same, sizeof(same), "127.0.0.1:%d", taken->port);
    for (size_t i = 0; i <= ARRAY_LEN(rows); i++) {
        bool in_use = i == ARRAY_LEN(rows);
        struct served s = { 0 };
        struct err err = { "" };
        const struct server_conf conf = { .listen = in_use ? same : rows[i].where };
        assert_int_equal(loop_open(&s.loop, &err), 0);
        assert_int_equal(server_open(&s.server, &s.loop, &conf, &err), 0);
        assert_int_equal(server_listen(s.server, &err), in_use ? -EADDRINUSE : rows[i].code);
        assert_non_null(strstr(err.text, in_use ? "another program" : rows[i].says));
        server_close(s.server, served_on_closed, &s); /* half open is closed like whole */
        loop_run(&s.loop);
        assert_true(s.server_closed);
        assert_int_equal(loop_close(&s.loop), 0);
    }
}

static void listener__refuses_bad_configuration(void **state)
{
    static const char *const proxies[] = { "10.0.0.0/8", "proxy.example" };
    const struct server_conf conf[] = {
        { .listen = "127.0.0.1:0", .base_path = "parley" },
        { .listen = "127.0.0.1:0", .base_path = "/parley/" },
        { .listen = "127.0.0.1:0", .trusted_proxy = proxies, .trusted_proxies = 2 },
    };
    struct loop loop;
    (void)state;
    assert_int_equal(loop_open(&loop, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(conf); i++) {
        struct server *s;
        struct err err = { "" };
        assert_int_equal(server_open(&s, &loop, &conf[i], &err), X_E_INVALID);
        assert_true(err.text[0]);
    }
    loop_shut(&loop);
    loop_run(&loop);
    assert_int_equal(loop_close(&loop), 0);
}

static void stop_listening(struct served *s, void *ctx)
{
    (void)ctx;
    server_stop_listening(s->server);
}

static void listener__stop_closes_the_door_and_the_idle(void **state)
{
    struct served *s = *state;
    struct heard *h = malloc(sizeof(*h));
    int idle = dial(s->port), waiting = dial(s->port);
    say(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(hear(idle, h));
    say(waiting, "GET / HT");
    served_do(s, stop_listening, NULL);
    assert_int_equal(dial(s->port), -1);
    assert_true(hear_end(idle));
    assert_true(hear_end(waiting));
    close(idle);
    close(waiting);
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(listener__refuses_with_a_whole_answer_and_closes, setup, teardown),
        cmocka_unit_test_setup_teardown(listener__echoes_a_good_request_id_and_replaces_a_bad_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(listener__takes_a_head_byte_by_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(listener__head_limit_is_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(listener__full_head_of_small_fields_is_served, setup, teardown),
        cmocka_unit_test_setup_teardown(listener__slow_head_gets_408_and_silence_gets_nothing, setup_hasty,
                                        teardown),
        cmocka_unit_test_setup_teardown(listener__one_connection_too_many_gets_503, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(listener__half_heads_do_not_spin_the_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(listener__says_why_it_cannot_listen, setup, teardown),
        cmocka_unit_test(listener__refuses_bad_configuration),
        cmocka_unit_test_setup_teardown(listener__stop_closes_the_door_and_the_idle, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
