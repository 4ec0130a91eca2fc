/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking sockets and a stop pipe: whatever the script waits for, a byte in the pipe ends.
 */
#include "tests/support/fake_llm.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* False when the test is over or the time is up; true when `fd` can be read. */
static bool fake_wait(const struct fake_llm *f, int fd, short events, int ms)
{
    struct pollfd p[2] = { { .fd = f->stop[0], .events = POLLIN }, { .fd = fd, .events = events } };
    return poll(p, fd < 0 ? 1 : 2, ms) > 0 && !p[0].revents;
}

static bool fake_send(struct fake_llm *f, int fd, const char *bytes, size_t len)
{
    while (len) {
        if (!fake_wait(f, fd, POLLOUT, -1))
            return false;
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            return false;
        atomic_fetch_add(&f->sent_bytes, n);
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool fake_chunk(struct fake_llm *f, int fd, const char *bytes, size_t len)
{
    char head[24];
    if (!len)
        return true;
    int n = snprintf(head, sizeof head, "%zx\r\n", len);
    return fake_send(f, fd, head, (size_t)n) && fake_send(f, fd, bytes, len) && fake_send(f, fd, "\r\n", 2);
}

static bool fake_read_request(struct fake_llm *f, int fd)
{
    size_t len = 0, need = SIZE_MAX;
    while (len < need) {
        if (len + 1 >= sizeof f->request || !fake_wait(f, fd, POLLIN, -1))
            return false;
        ssize_t n = recv(fd, f->request + len, sizeof f->request - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        f->request[len] = '\0';
        const char *end = strstr(f->request, "\r\n\r\n");
        const char *field = strcasestr(f->request, "content-length:");
        if (end)
            need = (size_t)(end + 4 - f->request) + (field ? strtoul(field + 15, NULL, 10) : 0);
    }
    return true;
}

static bool fake_body(struct fake_llm *f, int fd, const struct fake_reply *r, size_t len)
{
    size_t piece = r->piece ? r->piece : len;
    for (size_t from = 0; from < len;) {
        size_t n = len - from < piece ? len - from : piece;
        if (from < r->split && r->split < from + n)
            n = r->split - from;
        if (from && r->drip_ms)
            fake_wait(f, -1, 0, r->drip_ms);
        if (!fake_chunk(f, fd, r->body + from, n))
            return false;
        from += n;
    }
    return true;
}

static void fake_finish(struct fake_llm *f, int fd, const struct fake_reply *r, size_t len)
{
    char sink[256];
    switch (r->end) {
    case FAKE_WHOLE:
        fake_send(f, fd, "0\r\n\r\n", 5);
        break;
    case FAKE_CUT:
        break;
    case FAKE_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
        break;
    case FAKE_HANG:
        while (fake_wait(f, fd, POLLIN, -1) && recv(fd, sink, sizeof sink, 0) > 0) {
        }
        break;
    case FAKE_FLOOD:
        for (int64_t n = 0; n < FAKE_FLOOD_BYTES && fake_body(f, fd, r, len); n += (int64_t)len) {
        }
        break;
    }
}

static void fake_serve(struct fake_llm *f, int fd)
{
    size_t at = atomic_load(&f->served);
    const struct fake_reply *r = &f->reply[at < f->replies ? at : f->replies - 1];
    char head[1024];
    if (!fake_read_request(f, fd))
        return;
    atomic_fetch_add(&f->served, 1);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n"
                     "Connection: close\r\n%s\r\n",
                     r->status ? r->status : "200 OK", r->type ? r->type : "text/event-stream",
                     r->header ? r->header : "");
    if (!r->silent && !fake_send(f, fd, head, (size_t)n))
        return;
    size_t len = r->len || !r->body ? r->len : strlen(r->body);
    if (fake_body(f, fd, r, len))
        fake_finish(f, fd, r, len);
}

static void *fake_run(void *arg)
{
    struct fake_llm *f = arg;
    while (fake_wait(f, f->listener, POLLIN, -1)) {
        int fd = accept(f->listener, NULL, NULL);
        if (fd < 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        fake_serve(f, fd);
        close(fd);
    }
    return NULL;
}

int fake_llm_start(struct fake_llm *f, const struct fake_reply *reply, size_t replies)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    memset(f, 0, sizeof *f);
    f->reply = reply;
    f->replies = replies;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (f->listener < 0 || pipe(f->stop) || bind(f->listener, (struct sockaddr *)&at, sizeof at) ||
        listen(f->listener, 16) || getsockname(f->listener, (struct sockaddr *)&at, &len))
        return -1;
    f->port = ntohs(at.sin_port);
    return pthread_create(&f->thread, NULL, fake_run, f);
}

void fake_llm_stop(struct fake_llm *f)
{
    if (write(f->stop[1], "x", 1) != 1)
        abort();
    pthread_join(f->thread, NULL);
    close(f->listener);
    close(f->stop[0]);
    close(f->stop[1]);
}
