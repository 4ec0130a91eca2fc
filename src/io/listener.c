/* SPDX-License-Identifier: Apache-2.0
 *
 * Peeking and a level-triggered poll would spin on a half-arrived head: the bytes stay readable.
 * SO_RCVLOWAT one above what was seen makes the kernel wait for the next byte instead (and still
 * report a FIN), so an incomplete head costs one wake-up per segment and no timer.
 */
#include "io/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "io/reject.h"

#define ACCEPT_BATCH    64  /* per wake-up, so that a flood of connects cannot starve the others */
#define ACCEPT_RETRY_MS 250 /* after EMFILE and its like */
#define LISTEN_BACKLOG  1024

struct waiting {
    struct watch watch;
    struct listener *listener;
    struct waiting *next, **link;
    struct sockaddr_storage address;
    socklen_t address_len;
    size_t seen; /* bytes scanned */
    int64_t until_ms;
};

/* Unlinks and frees; the socket is the caller's. */
static int detach(struct waiting *w)
{
    int fd = w->watch.fd;
    poller_remove(w->listener->poller, &w->watch);
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->listener->count--;
    free(w);
    return fd;
}

static void refuse(struct waiting *w, const struct gate_fault *why, const struct gate_head *head)
{
    struct lingers *lingers = w->listener->lingers;
    reject_send(lingers, detach(w), why, "", head);
}

static int set_low_water(int fd, size_t bytes)
{
    int n = (int)bytes;
    return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof(n));
}

static void admit_head(struct waiting *w, size_t head_len)
{
    struct listener *ls = w->listener;
    struct gate_head head;
    if (gate_read(&head, ls->peeked, head_len)) {
        refuse(w, head.fault, &head);
        return;
    }
    struct arrival a = {
        .address = w->address, .address_len = w->address_len, .head = &head, .head_len = head_len
    };
    a.fd = detach(w);
    if (set_low_water(a.fd, 1)) {
        close(a.fd);
        return;
    }
    ls->take(ls->ctx, &a);
}

static void on_bytes(struct watch *watch, uint32_t events)
{
    struct waiting *w = CONTAINER_OF(watch, struct waiting, watch);
    struct listener *ls = w->listener;
    ssize_t got = recv(watch->fd, ls->peeked, ls->head_max + 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    size_t len = got > 0 ? (size_t)got : 0;
    ptrdiff_t end = len > w->seen ? gate_scan(ls->peeked, len, w->seen) : 0;
    if (end < 0) {
        static const struct gate_fault fault = { 400, "bad_request", "Malformed request head." };
        refuse(w, &fault, NULL);
    } else if (end > 0 && (size_t)end <= ls->head_max) {
        admit_head(w, (size_t)end);
    } else if (len > ls->head_max) {
        refuse(w, &reject_head_size, NULL);
    } else if (len <= w->seen || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ||
               set_low_water(watch->fd, len + 1)) {
        close(detach(w)); /* gone before it said anything whole */
    } else {
        w->seen = len;
    }
}

static int hold(struct listener *ls, int fd, const struct sockaddr_storage *address, socklen_t address_len)
{
    struct waiting *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->watch = (struct watch){ .fd = fd, .ready = on_bytes };
    int r = poller_add(ls->poller, &w->watch, EPOLLIN | EPOLLRDHUP);
    if (r) {
        free(w);
        return r;
    }
    w->listener = ls;
    w->address = *address;
    w->address_len = address_len;
    w->until_ms = clock_mono_ms() + ls->head_ms;
    w->next = ls->head;
    w->link = &ls->head;
    if (w->next)
        w->next->link = &w->next;
    ls->head = w;
    ls->count++;
    return 0;
}

/* False when there is nothing more to accept now. */
static bool accept_one(struct listener *ls)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    int fd = accept4(ls->watch.fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        log_warn("server.accept", "err=%s retry_ms=%d", status_name(-errno), ACCEPT_RETRY_MS);
        poller_remove(ls->poller, &ls->watch);
        timer_start(&ls->retry, ACCEPT_RETRY_MS);
        return false;
    }
    if (fd < 0) /* the peer may have left meanwhile: that one is done, the next may be fine */
        return errno != EAGAIN && errno != EWOULDBLOCK;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!ls->admit(ls->ctx))
        reject_send(ls->lingers, fd, &reject_too_many, "Retry-After: 1\r\n", NULL);
    else if (hold(ls, fd, &address, len))
        close(fd);
    return true;
}

static void on_connect(struct watch *watch, uint32_t events)
{
    struct listener *ls = CONTAINER_OF(watch, struct listener, watch);
    (void)events;
    for (int i = 0; i < ACCEPT_BATCH && accept_one(ls); i++)
        ;
}

static void on_retry(struct timer *t)
{
    struct listener *ls = CONTAINER_OF(t, struct listener, retry);
    if (ls->watch.fd >= 0 && poller_add(ls->poller, &ls->watch, EPOLLIN))
        timer_start(t, ACCEPT_RETRY_MS);
}

union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* "127.0.0.1:8080" or "[::1]:8080". */
static int read_where(union address *out, socklen_t *len, const char *where, struct err *err)
{
    char host[PEER_TEXT];
    const char *colon = strrchr(where, ':');
    int64_t port;
    if (!colon || !str_int(str_of(colon + 1), 0, 65535, &port))
        return err_set(err, X_E_INVALID, "server.listen \"%s\": want address:port", where);
    struct str at = { where, (size_t)(colon - where) };
    bool v6 = at.len > 2 && at.at[0] == '[' && at.at[at.len - 1] == ']';
    if (v6)
        at = (struct str){ at.at + 1, at.len - 2 };
    if (at.len >= sizeof(host))
        return err_set(err, X_E_INVALID, "server.listen \"%s\": not an IP address", where);
    memcpy(host, at.at, at.len);
    host[at.len] = '\0';
    *out = (union address){ 0 };
    out->sa.sa_family = v6 ? AF_INET6 : AF_INET;
    out->in.sin_port = htons((uint16_t)port); /* the same place in both families */
    *len = v6 ? sizeof(out->in6) : sizeof(out->in);
    if (inet_pton(out->sa.sa_family, host, v6 ? (void *)&out->in6.sin6_addr : (void *)&out->in.sin_addr) != 1)
        return err_set(err, X_E_INVALID, "server.listen \"%s\": not an IP address (IPv6 in brackets)", where);
    return 0;
}

static int bind_error(struct err *err, const char *where, int code)
{
    switch (code) {
    case EADDRINUSE:
        return err_set(err, -code, "cannot listen on %s: another program is using it", where);
    case EADDRNOTAVAIL:
        return err_set(err, -code, "cannot listen on %s: this machine has no such address", where);
    case EACCES:
        return err_set(err, -code, "cannot listen on %s: not permitted (ports below 1024 need a privilege)",
                       where);
    default:
        return err_set(err, -code, "cannot listen on %s: %s", where, strerror(code));
    }
}

static int open_socket(struct listener *ls, const char *where, struct err *err)
{
    union address a;
    socklen_t len;
    int on = 1, r = read_where(&a, &len, where, err);
    if (r)
        return r;
    int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return bind_error(err, where, errno);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a.sa.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &a.sa, len) || listen(fd, LISTEN_BACKLOG) || getsockname(fd, &a.sa, &len)) {
        r = bind_error(err, where, errno);
        close(fd);
        return r;
    }
    ls->watch = (struct watch){ .fd = fd, .ready = on_connect };
    ls->port = ntohs(a.in.sin_port);
    return 0;
}

int listener_open(struct listener *ls, struct loop *l, struct poller *p, struct lingers *g, const char *where,
                  struct err *err)
{
    ls->poller = p;
    ls->lingers = g;
    ls->head = NULL;
    ls->count = 0;
    ls->peeked = malloc(ls->head_max + 1);
    if (!ls->peeked)
        return err_set(err, -ENOMEM, "server: out of memory");
    int r = open_socket(ls, where, err);
    if (r == 0) {
        r = poller_add(p, &ls->watch, EPOLLIN);
        if (r) {
            close(ls->watch.fd);
            err_set(err, r, "cannot listen on %s: %s", where, strerror(-r));
        }
    }
    if (r) {
        free(ls->peeked);
        ls->peeked = NULL;
        return r;
    }
    timer_open(&ls->retry, l, on_retry);
    return 0;
}

void listener_sweep(struct listener *ls, int64_t now_ms)
{
    for (struct waiting *w = ls->head, *next; w; w = next) {
        next = w->next;
        if (now_ms < w->until_ms)
            continue;
        if (w->seen)
            refuse(w, &reject_slow_head, NULL);
        else
            close(detach(w)); /* said nothing: nothing to answer */
    }
}

void listener_stop(struct listener *ls)
{
    if (ls->watch.fd < 0)
        return;
    poller_remove(ls->poller, &ls->watch);
    close(ls->watch.fd);
    ls->watch.fd = -1;
    timer_stop(&ls->retry);
    while (ls->head)
        close(detach(ls->head));
}

void listener_close(struct listener *ls, void (*closed)(struct timer *t))
{
    listener_stop(ls);
    free(ls->peeked);
    ls->peeked = NULL;
    timer_close(&ls->retry, closed);
}
