/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_openai --port N [--delay-ms D]: a model for tests and `make bench` that answers at
 * once, or misbehaves as the last user message asks. Standalone: one process, one epoll
 * loop, no libraries, so that a bench measures the daemon and not its provider.
 * Port 0 takes a free one; the first line of output is "listening on PORT".
 *
 *   token:XYZ    the answer names XYZ          say:TEXT   exactly TEXT (to the end of the line),
 *   fault:hang   no answer, ever                          every word split over two events
 *   fault:huge   events without end            any other fault: fake_openai_script.h, answers
 *                                                         that a test supplies itself
 *   GET /__count {"requests":N,"open":N}: completions asked for; connections, this one included
 *
 * Limits: HTTP/1.1 with Content-Length only, bodies up to 4 MiB, answers in one write.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_openai_script.h"
#include "fake_openai_wire.h"

#define LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX    (4U << 20)
#define HEAD_MAX    (64U << 10)
#define FLOOD_BYTES (256U << 10)

struct conn {
    int fd;
    struct bytes in, out;
    size_t sent;
    uint32_t events;
    enum after after;  /* `out` */
    struct text again; /* follows `out` without end; len 0 = nothing does */
    struct pace *pace; /* of `out` behind its first `lead` bytes; NULL = all at once */
    size_t lead;
    bool stall;            /* nothing more is read */
    struct queue *waiting; /* for due_ms; NULL = not */
    int64_t due_ms;
    struct conn *next, *prev;
};

static int epfd;
static uint64_t requests, conns;
static struct queue delayed;
static struct text flood;
static struct bytes message; /* reused by each request */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void respond_script(struct conn *c, struct script *s)
{
    add(&c->out, s->bytes.at, s->bytes.len);
    c->again = s->again;
    c->pace = s->pace.step ? &s->pace : NULL;
    c->lead = s->from;
    c->after = s->after;
    c->stall = s->hang;
}

static void flood_begin(struct conn *c)
{
    stream_begin(&c->out);
    c->again = flood;
}

static void complete(struct conn *c, struct text raw)
{
    unescape(&message, raw);
    const char *said = last_of(message.at, "say:");
    struct script *script = script_of(message.at);
    requests++;
    if (script)
        respond_script(c, script);
    else if (said)
        say(&c->out, (struct text){ said + 4, strcspn(said + 4, "\r\n") }, message.len);
    else if (last_of(message.at, "fault:hang"))
        c->stall = true;
    else if (last_of(message.at, "fault:huge"))
        flood_begin(c);
    else
        answer(&c->out, message.at, message.len);
}

/* ---- connections ---- */

static void queue_put(struct queue *q, struct conn *c)
{
    c->waiting = q;
    c->due_ms = now_ms() + q->wait_ms;
    c->next = NULL;
    c->prev = q->tail;
    *(q->tail ? &q->tail->next : &q->head) = c;
    q->tail = c;
}

static void queue_cut(struct conn *c)
{
    struct queue *q = c->waiting;
    *(c->prev ? &c->prev->next : &q->head) = c->next;
    *(c->next ? &c->next->prev : &q->tail) = c->prev;
    c->waiting = NULL;
}

static void conn_close(struct conn *c)
{
    if (c->waiting)
        queue_cut(c);
    if (c->after == ABORT)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
    close(c->fd);
    conns--;
    free(c->in.at);
    free(c->out.at);
    free(c);
}

static void conn_watch(struct conn *c, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };
    if (c->events != events)
        epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &e);
    c->events = events;
}

/* True when all is out; false: later, or closed (*gone). */
static bool conn_flush(struct conn *c, bool *gone)
{
    while (c->sent < c->out.len) {
        size_t left = c->out.len - c->sent;
        size_t most = !c->pace ? SIZE_MAX : c->sent < c->lead ? c->lead - c->sent : c->pace->step;
        ssize_t n = send(c->fd, c->out.at + c->sent, left < most ? left : most, MSG_NOSIGNAL);
        if (n < 0) {
            *gone = errno != EAGAIN;
            return false;
        }
        c->sent += (size_t)n;
        if (c->pace && c->sent > c->lead)
            break;
    }
    return c->sent == c->out.len;
}

static bool conn_serve(struct conn *c);

/* False when the connection is gone. */
static bool conn_send(struct conn *c)
{
    bool gone = false, all = conn_flush(c, &gone);
    if (all && c->again.len) {
        c->out.len = c->sent = c->lead = 0;
        add(&c->out, c->again.at, c->again.len);
        all = false;
    }
    if (gone || (all && c->after != KEEP)) {
        conn_close(c);
        return false;
    }
    if (!all && c->pace)
        queue_put(&c->pace->queue, c);
    conn_watch(c, EPOLLIN | (all || c->pace ? 0U : EPOLLOUT));
    if (!all)
        return true;
    c->out.len = c->sent = c->lead = 0;
    c->pace = NULL;
    return c->stall || conn_serve(c);
}

static bool has_bearer(const char *head)
{
    const char *field = strcasestr(head, "\r\nauthorization:");
    if (!field)
        return false;
    field += strspn(field + 16, " ") + 16;
    return !strncasecmp(field, "bearer ", 7) && (unsigned char)field[7] > ' ';
}

static void conn_respond(struct conn *c, const char *head, const char *body, size_t len)
{
    char json[64];
    struct text last_user = { "", 0 };
    if (!strncmp(head, "GET /__count ", 13)) {
        snprintf(json, sizeof json, "{\"requests\":%llu,\"open\":%llu}", (unsigned long long)requests,
                 (unsigned long long)conns);
        plain(&c->out, "200 OK", "", json);
    } else if (!strncmp(head, "PUT /__reply/", 13)) {
        script_put(head + 13, body, len);
        plain(&c->out, "200 OK", "", "{}");
    } else if (strncmp(head, "POST /v1/chat/completions ", 26) != 0) {
        plain(&c->out, "404 Not Found", "", "{\"error\":{\"code\":\"not_found\"}}");
    } else if (!has_bearer(head)) {
        plain(&c->out, "401 Unauthorized", "", "{\"error\":{\"code\":\"invalid_api_key\"}}");
    } else if (!request(body, len, &last_user)) {
        plain(&c->out, "400 Bad Request", "", "{\"error\":{\"type\":\"invalid_request_error\"}}");
    } else {
        complete(c, last_user);
    }
}

/* Bytes of a whole request in `in`, 0 while there is none; `*body` is where its body begins. */
static size_t request_length(const struct bytes *in, size_t *body)
{
    char *end = in->len ? strstr(in->at, "\r\n\r\n") : NULL;
    if (!end)
        return 0;
    end[2] = '\0'; /* the head as a string of its own */
    const char *field = strcasestr(in->at, "\r\ncontent-length:");
    size_t len = field ? strtoul(field + 17, NULL, 10) : 0;
    *body = (size_t)(end - in->at) + 4;
    if (len > BODY_MAX || *body + len > in->len) {
        end[2] = '\r';
        return len > BODY_MAX ? SIZE_MAX : 0;
    }
    return *body + len;
}

/* Answers what is there, one request at a time. False when the connection is gone. */
static bool conn_serve(struct conn *c)
{
    size_t body = 0, len = request_length(&c->in, &body);
    if (len == SIZE_MAX || (!len && c->in.len > HEAD_MAX + BODY_MAX)) {
        conn_close(c);
        return false;
    }
    if (!len)
        return true;
    conn_respond(c, c->in.at, c->in.at + body, len - body);
    c->in.len -= len;
    memmove(c->in.at, c->in.at + len, c->in.len + 1);
    if (c->stall && !c->out.len)
        return true;
    if (!delayed.wait_ms)
        return conn_send(c);
    queue_put(&delayed, c);
    return true;
}

static bool conn_busy(const struct conn *c)
{
    return c->waiting || c->out.len || c->stall;
}

static void conn_read(struct conn *c)
{
    reserve(&c->in, 16384);
    ssize_t n = recv(c->fd, c->in.at + c->in.len, c->in.cap - c->in.len - 1, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        conn_close(c);
        return;
    }
    if (n < 0)
        return;
    c->in.len += (size_t)n;
    c->in.at[c->in.len] = '\0';
    if (!conn_busy(c))
        conn_serve(c);
}

static void on_conn(struct conn *c, uint32_t events)
{
    if (events & EPOLLOUT && !c->waiting && !conn_send(c))
        return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        conn_read(c);
}

static void on_accept(int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct conn *c = calloc(1, sizeof *c);
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
        if (!c)
            abort();
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        conns++;
        c->fd = fd;
        c->events = EPOLLIN;
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e);
    }
}

/* Sends what is due; returns the wait of the next. */
static int64_t run_queue(struct queue *q)
{
    int64_t now = now_ms();
    while (q->head && q->head->due_ms <= now) {
        struct conn *c = q->head;
        queue_cut(c);
        conn_send(c);
    }
    return q->head ? q->head->due_ms - now : -1;
}

/* -1 = never. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int next_wait(void)
{
    int64_t least = run_queue(&delayed);
    for (struct script *s = scripts; s; s = s->next)
        least = sooner(least, run_queue(&s->pace.queue));
    return (int)least;
}

static void run(int listener)
{
    struct epoll_event event[256];
    for (;;) {
        int n = epoll_wait(epfd, event, LEN(event), next_wait());
        for (int i = 0; i < n; i++) {
            if (event[i].data.ptr)
                on_conn(event[i].data.ptr, event[i].events);
            else
                on_accept(listener);
        }
    }
}

/* ---- start ---- */

/* Events for ever, in HTTP chunks of FLOOD_BYTES. */
static void make_flood(void)
{
    struct bytes one = { 0 }, many = { 0 }, whole = { 0 };
    add_delta(&one, (struct text){ "word after word and ", 20 });
    while (many.len < FLOOD_BYTES)
        add(&many, one.at, one.len);
    chunk(&whole, many.at, many.len);
    flood = (struct text){ whole.at, whole.len };
    free(one.at);
    free(many.at);
}

static int listen_on(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024) ||
        getsockname(fd, (struct sockaddr *)&at, &len)) {
        perror("fake_openai");
        exit(1);
    }
    printf("listening on %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static long option(int argc, char **argv, const char *name, long fallback)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (!strcmp(argv[i], name))
            return strtol(argv[i + 1], NULL, 10);
    return fallback;
}

int main(int argc, char **argv)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
    struct rlimit files;
    long port = option(argc, argv, "--port", -1);
    if (port < 0 || port > 65535) {
        fprintf(stderr, "usage: fake_openai --port N [--delay-ms D]\n");
        return 64;
    }
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    delayed.wait_ms = option(argc, argv, "--delay-ms", 0);
    make_flood();
    epfd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on((int)port);
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &e);
    run(listener);
}
