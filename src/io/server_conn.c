/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP connections beside libmicrohttpd: their deadlines, and clients that leave.
 *
 * libmicrohttpd only knows an inactivity timeout, which a client that sends one byte at a time
 * never meets; so every head and every body has a total deadline here. Whether the next head has
 * begun is told by the kernel's byte count, since the bytes themselves are libmicrohttpd's.
 *
 * It also takes a short read for an empty socket and so never sees a FIN that came along with
 * data, nor anything while suspended; so one EPOLLRDHUP watch stands by each connection.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <parley/clock.h>

#include "io/server_impl.h"
#include "io/sockinfo.h"

void conn_enter(struct conn *c, enum conn_state state)
{
    c->state = state;
    c->since_ms = clock_mono_ms();
    c->received = SOCKINFO_UNKNOWN;
    c->starved = false;
}

static void on_hup(struct watch *w, uint32_t events)
{
    struct conn *c = CONTAINER_OF(w, struct conn, hup);
    (void)events;
    c->fin = true;
    conn_check_soon(c);
}

struct conn *conn_new(struct web *w, int fd, const struct sockaddr *address)
{
    struct conn *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->web = w;
    c->fd = fd;
    c->hup = (struct watch){ .fd = fd, .ready = on_hup };
    if (poller_add(&w->server->poller, &c->hup, EPOLLRDHUP | EPOLLONESHOT)) {
        free(c);
        return NULL;
    }
    peer_of(&c->peer, address);
    conn_enter(c, CONN_HEAD);
    c->next = w->conns;
    c->link = &w->conns;
    if (c->next)
        c->next->link = &c->next;
    w->conns = c;
    w->count++;
    return c;
}

static void unlist(struct conn *c)
{
    if (!c->leaving_link)
        return;
    *c->leaving_link = c->leaving_next;
    if (c->leaving_next)
        c->leaving_next->leaving_link = c->leaving_link;
    c->leaving_link = NULL;
}

void conn_free(struct conn *c)
{
    poller_remove(&c->web->server->poller, &c->hup);
    unlist(c);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->web->count--;
    free(c);
}

/* ---- clients that leave ----------------------------------------------------------------------- */

static void enlist(struct conn *c)
{
    struct web *w = c->web;
    if (c->leaving_link)
        return;
    c->leaving_next = w->leaving;
    c->leaving_link = &w->leaving;
    if (c->leaving_next)
        c->leaving_next->leaving_link = &c->leaving_next;
    w->leaving = c;
}

void conn_check_soon(struct conn *c)
{
    if (!c->fin)
        return;
    enlist(c);
    web_pump_soon(c->web);
}

static void drop(struct conn *c)
{
    shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees it and closes */
}

static bool has_unread(const struct conn *c)
{
    int n = 0;
    return ioctl(c->fd, FIONREAD, &n) == 0 && n > 0;
}

/* The peer has sent its FIN. What it asked before is still served, unless the handler wants to know. */
static void check_leaving(struct conn *c)
{
    struct request *r = c->request;
    if (c->state == CONN_BUSY) {
        if (r && r->watched && (r->phase == REQUEST_OPEN || r->phase == REQUEST_STREAM))
            request_abandon(r);
    } else if (has_unread(c)) {
        enlist(c);            /* until a pump has read it */
    } else if (!c->starved) { /* one more round, for what libmicrohttpd may have to say */
        c->starved = true;
        conn_check_soon(c);
    } else {
        drop(c);
    }
}

void web_check_leaving(struct web *w)
{
    struct conn *list = w->leaving;
    w->leaving = NULL;
    if (list)
        list->leaving_link = &list;
    while (list) {
        struct conn *c = list;
        unlist(c);
        check_leaving(c);
    }
}

/* ---- deadlines -------------------------------------------------------------------------------- */

/* Nothing of an answer can be under way in these states, so the bytes may go straight out. */
static void cut(struct conn *c, const struct gate_fault *why)
{
    struct buf out = BUF_INIT(4096);
    char request_id[REQUEST_ID_BYTES];
    reject_request_id(request_id, (struct str){ 0 });
    reject_render(&out, why, "", request_id, false);
    if (!out.failed)
        (void)!send(c->fd, out.at, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_free(&out);
    drop(c);
}

static void check_idle(struct conn *c, int64_t now_ms)
{
    uint64_t received = sockinfo_received(c->fd);
    if (c->received == SOCKINFO_UNKNOWN)
        c->received = received;
    if (received != c->received)
        conn_enter(c, CONN_HEAD);
    else if (now_ms - c->since_ms >= c->web->server->idle_ms)
        drop(c);
}

static void check_deadline(struct conn *c, int64_t now_ms)
{
    const struct server *s = c->web->server;
    int64_t took_ms = now_ms - c->since_ms;
    switch (c->state) {
    case CONN_IDLE:
        check_idle(c, now_ms);
        break;
    case CONN_HEAD:
        if (took_ms >= s->head_ms)
            cut(c, &reject_slow_head);
        break;
    case CONN_BODY:
        if (took_ms >= s->body_ms)
            cut(c, &reject_slow_body);
        break;
    case CONN_BUSY:
        break;
    }
}

void web_sweep(struct web *w, int64_t now_ms)
{
    for (struct conn *c = w->conns; c; c = c->next)
        check_deadline(c, now_ms);
}

void web_drop_idle(struct web *w)
{
    for (struct conn *c = w->conns; c; c = c->next)
        if (c->state == CONN_IDLE)
            drop(c);
}

bool web_busy(const struct web *w)
{
    for (const struct conn *c = w->conns; c; c = c->next)
        if (c->state != CONN_IDLE)
            return true;
    return false;
}
