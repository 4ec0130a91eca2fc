/* SPDX-License-Identifier: Apache-2.0
 *
 * A real server on a thread of its own and a blocking client beside it, for the tests of src/io's
 * server side. The test thread asserts; handlers run on the loop thread and only touch atomics.
 * Every wait has a limit (5 s), so that a bug fails a test instead of hanging it.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <parley/log.h>

#include "io/server.h"

#define SERVED_WAIT_S 5

struct served {
    struct loop loop;
    struct server *server;
    int port;
    pthread_t thread;
    int close_result;
    atomic_bool server_closed;
};

/* ---- the server's side ------------------------------------------------------------------------ */

struct served_call {
    struct task task;
    void (*run)(struct served *s, void *ctx);
    struct served *served;
    void *ctx;
    sem_t done;
};

static void served_run_call(struct task *t)
{
    struct served_call *c = CONTAINER_OF(t, struct served_call, task);
    c->run(c->served, c->ctx);
    sem_post(&c->done);
}

/* Runs `run` on the loop thread and waits for it. */
static X_UNUSED void served_do(struct served *s, void (*run)(struct served *s, void *ctx), void *ctx)
{
    struct served_call c = { .task = { .run = served_run_call }, .run = run, .served = s, .ctx = ctx };
    sem_init(&c.done, 0, 0);
    loop_post(&s->loop, &c.task);
    while (sem_wait(&c.done) && errno == EINTR)
        ;
    sem_destroy(&c.done);
}

static void *served_thread(void *ctx)
{
    struct served *s = ctx;
    loop_run(&s->loop);
    s->close_result = loop_close(&s->loop);
    return NULL;
}

/* `routes` adds what the test needs; called before listening. Zeroes in conf become test values. */
static X_UNUSED void served_start(struct served *s, const struct server_conf *conf,
                                  void (*routes)(struct served *s))
{
    struct err err = { "" };
    struct server_conf c = conf ? *conf : (struct server_conf){ 0 };
    if (!c.listen)
        c.listen = "127.0.0.1:0";
    if (!c.base_path)
        c.base_path = "";
    *s = (struct served){ 0 };
    log_setup(LOG_ERROR, LOG_TEXT);
    assert_int_equal(loop_open(&s->loop, &err), 0);
    assert_int_equal(server_open(&s->server, &s->loop, &c, &err), 0);
    routes(s);
    if (server_listen(s->server, &err))
        fail_msg("%s", err.text);
    s->port = server_port(s->server);
    assert_true(s->port > 0);
    assert_int_equal(pthread_create(&s->thread, NULL, served_thread, s), 0);
}

static void served_on_closed(void *ctx)
{
    struct served *s = ctx;
    atomic_store(&s->server_closed, true);
    loop_shut(&s->loop);
}

static void served_close(struct served *s, void *ctx)
{
    (void)ctx;
    server_close(s->server, served_on_closed, s);
}

/* Closes the server with whatever is open, and checks that the loop ends with nothing left. */
static X_UNUSED void served_stop(struct served *s)
{
    served_do(s, served_close, NULL);
    pthread_join(s->thread, NULL);
    assert_true(atomic_load(&s->server_closed));
    assert_int_equal(s->close_result, 0);
}

/* ---- the client's side ------------------------------------------------------------------------ */

static X_UNUSED int dial_small(int port, int receive_buffer)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct timeval wait = { .tv_sec = SERVED_WAIT_S };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

static X_UNUSED int dial(int port)
{
    return dial_small(port, 0);
}

static X_UNUSED bool say_bytes(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static X_UNUSED bool say(int fd, const char *text)
{
    return say_bytes(fd, text, strlen(text));
}

/* One HTTP answer as it came. */
struct heard {
    int status; /* 0: the connection ended, or nothing came in time */
    char head[8192];
    char body[1 << 17];
    size_t body_len;
    bool closed; /* the connection ended with it */
};

static X_UNUSED bool hear_line(int fd, char *line, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap) {
        char c;
        if (recv(fd, &c, 1, 0) != 1)
            return false;
        line[n++] = c;
        if (c == '\n')
            break;
    }
    line[n] = '\0';
    return true;
}

/* "value" of "name: value" in the head, or NULL; in a static buffer. */
static X_UNUSED const char *header_of(const struct heard *h, const char *name)
{
    static char value[1024];
    size_t n = strlen(name);
    for (const char *p = strchr(h->head, '\n'); p && p[1]; p = strchr(p + 1, '\n'))
        if (!strncasecmp(p + 1, name, n) && p[1 + n] == ':') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(p + 3 + n, "\r"), p + 3 + n);
            return value;
        }
    return NULL;
}

static bool hear_bytes(int fd, struct heard *h, size_t len)
{
    if (len > sizeof(h->body) - 1 - h->body_len)
        return false;
    while (len) {
        ssize_t n = recv(fd, h->body + h->body_len, len, 0);
        if (n <= 0)
            return false;
        h->body_len += (size_t)n;
        len -= (size_t)n;
    }
    return true;
}

static bool hear_chunked(int fd, struct heard *h)
{
    char line[64];
    for (;;) {
        if (!hear_line(fd, line, sizeof(line)))
            return false;
        size_t n = strtoul(line, NULL, 16);
        if (n && !hear_bytes(fd, h, n))
            return false;
        if (!hear_line(fd, line, sizeof(line)))
            return false;
        if (n == 0)
            return true;
    }
}

static bool hear_head(int fd, struct heard *h)
{
    size_t used = 0;
    do {
        if (!hear_line(fd, h->head + used, sizeof(h->head) - used))
            return false;
        if (used == 0 && sscanf(h->head, "HTTP/1.%*d %d", &h->status) != 1)
            return false;
        size_t n = strlen(h->head + used);
        used += n;
        if (n == 2)
            return true;
    } while (used < sizeof(h->head) - 1);
    return false;
}

/* Reads one whole answer. `bodiless`: to a HEAD. False when it did not come whole. */
static X_UNUSED bool hear_to(int fd, struct heard *h, bool bodiless)
{
    h->status = 0;
    h->body_len = 0;
    h->closed = false;
    h->head[0] = '\0';
    bool ok = hear_head(fd, h);
    if (ok && !bodiless && h->status != 100 && h->status != 204 && h->status != 101) {
        const char *length = header_of(h, "Content-Length");
        const char *coding = length ? NULL : header_of(h, "Transfer-Encoding");
        if (length)
            ok = hear_bytes(fd, h, strtoul(length, NULL, 10));
        else if (coding)
            ok = hear_chunked(fd, h);
        else
            while (h->body_len < sizeof(h->body) - 1 && hear_bytes(fd, h, 1))
                ;
    }
    h->body[h->body_len] = '\0';
    if (!ok)
        h->status = 0;
    return ok;
}

static X_UNUSED bool hear(int fd, struct heard *h)
{
    return hear_to(fd, h, false);
}

/* True when the peer ends the connection (FIN or reset) within the wait. */
static X_UNUSED bool hear_end(int fd)
{
    char scrap[4096];
    ssize_t n;
    do
        n = recv(fd, scrap, sizeof(scrap), 0);
    while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

/* One request on a connection of its own. */
static X_UNUSED int ask(int port, const char *request, struct heard *h)
{
    int fd = dial(port);
    if (fd < 0)
        return -1;
    say(fd, request);
    hear_to(fd, h, !strncmp(request, "HEAD ", 5));
    if (h->status) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        const char *connection = header_of(h, "Connection");
        h->closed = connection && strcasestr(connection, "close") && poll(&p, 1, SERVED_WAIT_S * 1000) == 1 &&
                    hear_end(fd);
    }
    close(fd);
    return h->status;
}

/* Waits until *what is at least `n`. */
static X_UNUSED bool comes(atomic_int *what, int n)
{
    for (int i = 0; i < SERVED_WAIT_S * 1000; i++) {
        if (atomic_load(what) >= n)
            return true;
        struct timespec ms = { .tv_nsec = 1000000 };
        nanosleep(&ms, NULL);
    }
    return false;
}

#endif
