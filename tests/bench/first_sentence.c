/* SPDX-License-Identifier: Apache-2.0
 *
 * first_sentence DIRECT_PORT PARLEY_PORT REQUESTS: how long a person waits for the first sentence, from the
 * fake provider itself and through Parley, one connection each, asked in turn so that a slow
 * moment of the machine meets both. In C, because Python's own jitter is larger than what is measured.
 * Last line: RESULT direct_p50 direct_p99 parley_p50 parley_p99, in microseconds.
 *
 * Limits: answers in chunks of up to 64 KiB in all; what is not 200 ends the program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/clock.h>

#include "base/rand.h"
#include "base/str.h"

#define OK_LINE    "HTTP/1.1 200 "
#define ANSWER_MAX 65536
#define WARM_UP    50
#define NAME_BYTES 9
#define WAIT_S     10 /* longer is a hang */

struct side {
    const char *path, *before, *after; /* of the question in the body */
    const char *sentence;              /* comes right before the first sentence */
    uint16_t port;
    int fd;
    int64_t *took_us;
};

static struct side side[] = {
    { .path = "/v1/chat/completions",
      .before = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":",
      .after = "}]}",
      .sentence = "\"content\":\"" },
    { .path = "/api/v1/chat", .before = "{\"message\":", .after = "}", .sentence = "event: sentence\n" },
};

static void die(const struct side *s, const char *what)
{
    (void)fprintf(stderr, "first_sentence: port %u: %s: %s\n", s->port, what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void side_connect(struct side *s)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons(s->port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval wait = { .tv_sec = WAIT_S };
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&to, sizeof to) < 0)
        die(s, "connect");
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static void side_send(const struct side *s)
{
    char name[NAME_BYTES], body[512], head[512];
    for (size_t i = 0; i + 1 < sizeof name; i++)
        name[i] = (char)('a' + rand_below(26));
    name[sizeof name - 1] = '\0';
    int len = snprintf(body, sizeof body, "%s\"How do I move my staked ETH from %s to a hardware wallet?\"%s",
                       s->before, name, s->after);
    int top = snprintf(head, sizeof head,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       "Accept: text/event-stream\r\nAuthorization: Bearer sk-bench\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       s->path, len, body);
    if (send(s->fd, head, (size_t)top, MSG_NOSIGNAL) != top)
        die(s, "send");
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* One question that was not asked before; returns when the whole answer is here, with the time of its first
 * sentence. */
static int64_t side_ask(struct side *s)
{
    static char answer[ANSWER_MAX];
    int64_t begun_us = clock_mono_us(), first_us = 0;
    size_t len = 0;
    side_send(s);
    while (!ends_with(answer, len, "\r\n0\r\n\r\n")) {
        ssize_t n = recv(s->fd, answer + len, sizeof answer - 1 - len, 0);
        if (n <= 0)
            die(s, "recv");
        len += (size_t)n;
        answer[len] = '\0';
        if (len >= strlen(OK_LINE) && strncmp(answer, OK_LINE, strlen(OK_LINE)) != 0)
            die(s, answer);
        if (!first_us && strstr(answer, s->sentence))
            first_us = clock_mono_us();
    }
    if (!first_us)
        die(s, answer);
    return first_us - begun_us;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool arguments(int argc, char **argv, int64_t *requests)
{
    if (argc != 2 + (int)ARRAY_LEN(side) || !str_int(str_of(argv[argc - 1]), 1, 1000000, requests))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(side); i++) {
        int64_t port;
        if (!str_int(str_of(argv[1 + i]), 1, UINT16_MAX, &port))
            return false;
        side[i].port = (uint16_t)port;
    }
    return true;
}

static void report(struct side *s, int64_t requests)
{
    qsort(s->took_us, (size_t)requests, sizeof *s->took_us, by_value);
    printf(" %" PRId64 " %" PRId64, s->took_us[requests / 2], s->took_us[requests * 99 / 100]);
    free(s->took_us);
    close(s->fd);
}

int main(int argc, char **argv)
{
    int64_t requests;
    if (!arguments(argc, argv, &requests)) {
        (void)fprintf(stderr, "usage: first_sentence DIRECT_PORT PARLEY_PORT REQUESTS\n");
        return 64;
    }
    for (size_t i = 0; i < ARRAY_LEN(side); i++) {
        side[i].took_us = calloc((size_t)requests, sizeof *side[i].took_us);
        if (!side[i].took_us)
            die(&side[i], "memory");
        side_connect(&side[i]);
    }
    for (int64_t n = -WARM_UP; n < requests; n++)
        for (size_t i = 0; i < ARRAY_LEN(side); i++)
            side[i].took_us[n < 0 ? 0 : n] = side_ask(&side[i]);
    printf("RESULT");
    for (size_t i = 0; i < ARRAY_LEN(side); i++)
        report(&side[i], requests);
    printf("\n");
    return 0;
}
