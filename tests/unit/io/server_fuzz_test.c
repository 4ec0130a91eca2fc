/* SPDX-License-Identifier: Apache-2.0
 *
 * Many generated connections against the real listener: pipelined, cut anywhere, malformed, with
 * smuggling attempts, and websockets likewise. Every well-formed request carries a token that must
 * come back exactly; a token carries its connection and a check, so a foreign one on any
 * connection is proof of mixed-up bodies. A probe must be answered within a second throughout.
 *
 * PARLEY_FUZZ_CONNECTIONS (20000) and PARLEY_FUZZ_SEED choose another run; both are printed.
 */
#include "tests/unit/io/fuzz_script.h"
#include "tests/unit/io/site.h"

#define CLIENTS        6
#define CONNECTIONS    20000
#define PROBE_LIMIT_MS 1000

/* ---- reading what came ------------------------------------------------------------------------- */

struct client {
    struct fuzz *fuzz;
    pthread_t thread;
    struct buf tape; /* everything received on this connection */
    size_t at;       /* read up to here */
    struct buf body; /* of the last answer */
    int fd;
    bool ended;
};

struct fuzz {
    struct site *site;
    uint64_t seed;
    uint32_t connections;
    atomic_uint next;
    atomic_bool failed, over;
    atomic_ullong answers, refusals, messages;
    atomic_int slowest_probe_ms;
    char why[512]; /* of the first failure */
};

static void fail_connection(struct client *c, const struct script *s, const char *what)
{
    if (!atomic_exchange(&c->fuzz->failed, true))
        snprintf(c->fuzz->why, sizeof(c->fuzz->why), "connection %u: %s; unread: %.200s", s->connection, what,
                 buf_text(&c->tape) + c->at);
}

static bool receive(struct client *c)
{
    char block[16384];
    ssize_t n = c->ended ? 0 : recv(c->fd, block, sizeof(block), 0);
    if (n <= 0)
        c->ended = true;
    else
        buf_add(&c->tape, block, (size_t)n);
    return n > 0;
}

static bool need(struct client *c, size_t bytes)
{
    while (c->tape.len - c->at < bytes)
        if (!receive(c))
            return false;
    return true;
}

/* Reads up to and including `mark`; where it began, or NULL. */
static const char *read_to(struct client *c, const char *mark)
{
    size_t from = c->at;
    for (;;) {
        const char *hit = c->tape.len > from ? strstr(c->tape.at + from, mark) : NULL;
        if (hit) {
            c->at = (size_t)(hit - c->tape.at) + strlen(mark);
            return c->tape.at + from;
        }
        if (!receive(c))
            return NULL;
    }
}

static bool take(struct client *c, size_t n)
{
    if (!need(c, n))
        return false;
    buf_add(&c->body, c->tape.at + c->at, n);
    c->at += n;
    return true;
}

/* The status of the next answer, its body in c->body; 0 = the connection ended. */
static int read_answer(struct client *c)
{
    buf_clear(&c->body);
    size_t from = c->at;
    if (!read_to(c, "\r\n\r\n"))
        return 0;
    struct str head = { c->tape.at + from, c->at - from };
    int status = 0;
    sscanf(head.at, "HTTP/1.%*d %d", &status);
    char text[2048];
    snprintf(text, sizeof(text), "%.*s", (int)head.len, head.at);
    const char *length = strcasestr(text, "\r\nContent-Length: ");
    if (length && !take(c, strtoul(length + 18, NULL, 10)))
        return 0;
    return status;
}

/* The next text message joined in c->body, control frames skipped. */
static bool read_message(struct client *c)
{
    bool last;
    buf_clear(&c->body);
    do {
        if (!need(c, 2))
            return false;
        uint8_t opcode = (uint8_t)c->tape.at[c->at];
        size_t len = (uint8_t)c->tape.at[c->at + 1], skip = 2;
        if (len == 126) {
            if (!need(c, 4))
                return false;
            len = (size_t)(uint8_t)c->tape.at[c->at + 2] << 8 | (uint8_t)c->tape.at[c->at + 3];
            skip = 4;
        }
        c->at += skip;
        bool control = opcode & 8;
        if ((opcode & 15) == 8 || (control ? !need(c, len) : !take(c, len)))
            return false;
        if (control)
            c->at += len;
        last = !control && (opcode & 0x80);
    } while (!last);
    return true;
}

static bool is_as_wanted(const struct client *c, const struct script *s, size_t i)
{
    const struct buf *want = &s->want[i].body;
    if (s->want[i].contains)
        return c->body.len && strstr(c->body.at, want->at);
    return c->body.len == want->len && (want->len == 0 || !memcmp(c->body.at, want->at, want->len));
}

/* Any token with a good check must be of this connection. */
static bool has_foreign_token(const struct client *c, const struct script *s)
{
    for (const char *p = c->tape.at; p && (p = memchr(p, 'T', c->tape.len - (size_t)(p - c->tape.at))); p++) {
        char again[TOKEN_LEN + 1];
        unsigned connection, request;
        if (c->tape.len - (size_t)(p - c->tape.at) < TOKEN_LEN ||
            sscanf(p, "T%8x%8x", &connection, &request) != 2)
            continue;
        make_token(again, connection, request);
        if (!memcmp(again, p, TOKEN_LEN) && connection != s->connection)
            return true;
    }
    return false;
}

/* ---- one connection ---------------------------------------------------------------------------- */

/* From one of many loopback addresses, so that ports in TIME_WAIT do not run out. */
static int connect_from(uint32_t connection, int port)
{
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
    struct timeval wait = { .tv_sec = 10 };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + connection % 200);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)port);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
        connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* In pieces of any size; the server may hang up in the middle. */
static void send_script(struct client *c, struct script *s, size_t at, size_t end)
{
    uint32_t most = roll(&s->rng, 4) ? 100000 : 1 + roll(&s->rng, 200);
    uint32_t pieces = 0;
    while (at < end) {
        size_t n = pieces++ > 400 ? end : 1 + roll(&s->rng, most);
        if (n > end - at)
            n = end - at;
        if (!say_bytes(c->fd, s->bytes.at + at, n))
            return;
        at += n;
    }
}

static bool check_beginning(struct client *c, const struct script *s)
{
    for (size_t i = 0; i < s->wants; i++) {
        bool message = s->websocket && i > 0;
        int status = message ? read_message(c) : read_answer(c);
        if (message ? !status : status != s->want[i].status) {
            fail_connection(c, s, message ? "message missing" : "wrong status for a well-formed request");
            return false;
        }
        if (!(s->websocket && i == 0) && !is_as_wanted(c, s, i)) {
            fail_connection(c, s, "wrong body");
            return false;
        }
        atomic_fetch_add(message ? &c->fuzz->messages : &c->fuzz->answers, 1);
    }
    return true;
}

static void check_rest(struct client *c, const struct script *s)
{
    if (s->strict_after) {
        int status = read_answer(c);
        if (status && status < 400)
            fail_connection(c, s, "an ambiguous request succeeded");
        atomic_fetch_add(&c->fuzz->refusals, 1);
    }
    shutdown(c->fd, SHUT_WR);
    errno = 0;
    while (receive(c))
        ;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        fail_connection(c, s, "never closed by the server");
    if (has_foreign_token(c, s))
        fail_connection(c, s, "a foreign token");
}

static void run_connection(struct client *c, uint32_t connection)
{
    struct script s;
    write_script(&s, c->fuzz->seed, connection);
    buf_clear(&c->tape);
    c->at = 0;
    c->ended = false;
    c->fd = connect_from(connection, c->fuzz->site->served.port);
    if (c->fd < 0) {
        fail_connection(c, &s, "cannot connect");
    } else {
        size_t later = s.websocket ? s.later : s.bytes.len;
        bool hasty = roll(&s.rng, 10) == 0; /* leaves without reading anything */
        send_script(c, &s, 0, later);
        if (!hasty && check_beginning(c, &s)) {
            send_script(c, &s, later, s.bytes.len);
            check_rest(c, &s);
        }
        close(c->fd);
    }
    free_script(&s);
}

static void *client_thread(void *ctx)
{
    struct client *c = ctx;
    for (;;) {
        uint32_t i = atomic_fetch_add(&c->fuzz->next, 1);
        if (i >= c->fuzz->connections || atomic_load(&c->fuzz->failed))
            return NULL;
        run_connection(c, i);
    }
}

/* ---- the whole run ------------------------------------------------------------------------------ */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *probe_thread(void *ctx)
{
    struct fuzz *f = ctx;
    struct heard *h = malloc(sizeof(*h));
    while (h && !atomic_load(&f->over)) {
        int64_t began = now_ms();
        int status = ask(f->site->served.port, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", h);
        int took_ms = status == 200 ? (int)(now_ms() - began) : INT32_MAX;
        if (took_ms > atomic_load(&f->slowest_probe_ms))
            atomic_store(&f->slowest_probe_ms, took_ms);
        struct timespec pause = { .tv_nsec = 20000000 };
        nanosleep(&pause, NULL);
    }
    free(h);
    return NULL;
}

static uint64_t from_env(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : fallback;
}

static double cpu_ms(pthread_t thread)
{
    clockid_t clock;
    struct timespec t;
    assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void count_connections(struct served *s, void *ctx)
{
    *(size_t *)ctx = server_connections(s->server);
}

/* Every connection is let go of, and then the loop sleeps. */
static void settles(struct site *site)
{
    struct timespec tick = { .tv_nsec = 10000000 }, quarter = { .tv_nsec = 250000000 };
    size_t left = 1;
    for (int i = 0; left && i < 500; i++) {
        served_do(&site->served, count_connections, &left);
        nanosleep(&tick, NULL);
    }
    assert_int_equal(left, 0);
    double before = cpu_ms(site->served.thread);
    nanosleep(&quarter, NULL);
    assert_true(cpu_ms(site->served.thread) - before < 60);
}

static void fuzz__no_crash_no_spin_no_wrong_body(void **state)
{
    struct fuzz f = {
        .site = *state,
        .seed = from_env("PARLEY_FUZZ_SEED", 20261120),
        .connections = (uint32_t)from_env("PARLEY_FUZZ_CONNECTIONS", CONNECTIONS),
    };
    struct client client[CLIENTS];
    pthread_t probe;
    int64_t began = now_ms();
    printf("seed %llu, %u connections\n", (unsigned long long)f.seed, f.connections);
    assert_int_equal(pthread_create(&probe, NULL, probe_thread, &f), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        client[i] = (struct client){ .fuzz = &f, .tape = BUF_INIT(TAPE_MAX), .body = BUF_INIT(TAPE_MAX) };
        assert_int_equal(pthread_create(&client[i].thread, NULL, client_thread, &client[i]), 0);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(client[i].thread, NULL);
        buf_free(&client[i].tape);
        buf_free(&client[i].body);
    }
    atomic_store(&f.over, true);
    pthread_join(probe, NULL);
    printf("%lld ms, loop CPU %.0f ms, %llu answers, %llu messages, %llu refusals, slowest probe %d ms\n",
           (long long)(now_ms() - began), cpu_ms(f.site->served.thread), (unsigned long long)f.answers,
           (unsigned long long)f.messages, (unsigned long long)f.refusals, f.slowest_probe_ms);
    if (f.failed)
        fail_msg("seed %llu, %s", (unsigned long long)f.seed, f.why);
    assert_true(f.slowest_probe_ms < PROBE_LIMIT_MS);
    settles(f.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fuzz__no_crash_no_spin_no_wrong_body, site_setup, site_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
