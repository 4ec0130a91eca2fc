/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers out: whole ones, and streams fed from a bounded queue. A stream with nothing to send
 * is suspended, so it costs nothing. A writer that ignores X_E_FULL until the queue is at its cap
 * loses the stream, never the memory.
 */
#include <microhttpd.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <parley/answer.h>
#include <parley/log.h>

#include "io/server_impl.h"

#define STREAM_BLOCK    4096 /* for HTTP/1.0 clients; others get what fits the connection's memory */
#define FAULT_BYTES_MAX 2048

struct request *request_find(const struct server *s, server_id id)
{
    return id ? slots_get(&s->web.requests, id) : NULL;
}

/* The id means nothing any more; nobody is told. */
static void retire(struct request *r)
{
    if (r->id)
        slots_drop(&r->server->web.requests, r->id);
    r->id = 0;
}

static void tell_gone(struct request *r)
{
    server_id id = r->id;
    bool owed = id && r->gone && (r->phase == REQUEST_OPEN || r->phase == REQUEST_STREAM);
    retire(r);
    r->phase = REQUEST_DEAD;
    if (owed)
        r->gone(r->watch_ctx, id);
}

/* What on_pull has ended libmicrohttpd frees only when it looks for time-outs, and there it stops at the
 * first connection that is merely at rest. Those with a time-out of their own it all looks at, each round. */
static void end_soon(struct request *r)
{
    unsigned other_s = (unsigned)r->server->idle_ms / 1000 + 2; /* than the daemon's */
    MHD_set_connection_option(r->mhd, MHD_CONNECTION_OPTION_TIMEOUT, other_s);
}

void request_abandon(struct request *r)
{
    int fd = r->conn->fd;
    tell_gone(r);
    end_soon(r);
    shutdown(fd, SHUT_RDWR); /* wakes libmicrohttpd if it is the one waiting */
    request_resume(r);
}

void request_free(struct request *r)
{
    tell_gone(r);
    buf_free(&r->body);
    bytesq_free(&r->out);
    free(r->target);
    free(r->path);
    free(r);
}

static void add_header(struct MHD_Response *resp, const char *name, const char *value)
{
    if (MHD_add_response_header(resp, name, value) != MHD_YES)
        log_warn("server.header", "name=%s err=\"refused: empty, or control bytes in the value\"", name);
}

/* Queues, and lets go of our reference. `next` is what the request becomes. */
static int answer(struct request *r, int status, struct MHD_Response *resp, enum request_phase next)
{
    bool queued = resp && MHD_queue_response(r->mhd, (unsigned)status, resp) == MHD_YES;
    if (resp)
        MHD_destroy_response(resp);
    if (!queued) {
        request_abandon(r);
        return X_E_CLOSED;
    }
    r->phase = next;
    if (next == REQUEST_DONE)
        retire(r);
    request_resume(r);
    return 0;
}

static void add_headers(struct MHD_Response *resp, const struct request *r, const char *type,
                        const struct server_header *h, size_t headers)
{
    if (r->server->life != SERVER_UP)
        add_header(resp, "Connection", "close");
    if (type)
        add_header(resp, "Content-Type", type);
    add_header(resp, "X-Request-ID", r->request_id);
    add_header(resp, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < headers; i++)
        add_header(resp, h[i].name, h[i].value);
}

static void respond(struct request *r, int status, const char *type, const struct server_header *h,
                    size_t headers, const void *body, size_t len)
{
    /* The library takes a pointer to non-const and then only copies from it. */
    struct MHD_Response *resp =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)(len ? body : ""), MHD_RESPMEM_MUST_COPY);
    if (resp)
        add_headers(resp, r, type, h, headers);
    answer(r, status, resp, REQUEST_DONE);
}

void request_answer_fault(struct request *r, const struct gate_fault *why)
{
    struct buf body = BUF_INIT(FAULT_BYTES_MAX);
    const struct server_header allow = { "Allow", r->allow };
    (void)answer_error(why->code, why->message, NULL, r->request_id, &body);
    respond(r, why->status, "application/json", &allow, r->allow[0] ? 1 : 0, body.at, body.len);
    buf_free(&body);
}

void server_respond(struct server *s, server_id id, int status, const char *type,
                    const struct server_header *h, size_t headers, const void *body, size_t len)
{
    struct request *r = request_find(s, id);
    if (r && r->phase == REQUEST_OPEN)
        respond(r, status, type, h, headers, body, len);
}

/* ---- streams -------------------------------------------------------------------------------- */

static size_t drain(struct request *r, char *to, size_t max)
{
    size_t total = 0, run;
    const uint8_t *from;
    while (total < max && (run = bytesq_peek(&r->out, &from)) > 0) {
        size_t n = run < max - total ? run : max - total;
        memcpy(to + total, from, n);
        bytesq_pop(&r->out, n);
        total += n;
    }
    return total;
}

/* libmicrohttpd wants more of the stream. */
static ssize_t on_pull(void *ctx, uint64_t position, char *to, size_t max)
{
    struct request *r = ctx;
    (void)position;
    if (r->phase == REQUEST_DEAD)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = drain(r, to, max);
    if (r->full && !bytesq_above(&r->out, SERVER_STREAM_LOW)) {
        r->full = false;
        if (r->drained && r->id)
            r->drained(r->watch_ctx, r->id); /* may write, end, or abandon */
    }
    if (n)
        return (ssize_t)n;
    if (r->phase == REQUEST_DEAD)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (r->phase == REQUEST_DONE)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!bytesq_above(&r->out, 0))
        request_suspend(r);
    return 0;
}

/* From now on the client's leaving ends the request. */
static void watch(struct request *r)
{
    r->watched = true;
    conn_check_soon(r->conn); /* it may have left already */
}

int server_stream(struct server *s, server_id id, int status, const char *type, const struct server_header *h,
                  size_t headers)
{
    struct request *r = request_find(s, id);
    if (!r || r->phase != REQUEST_OPEN)
        return X_E_CLOSED;
    struct MHD_Response *resp =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_pull, r, NULL);
    if (resp && !strcmp(r->method, "HEAD")) /* else it ends the body that is not there with a last chunk */
        MHD_set_response_options(resp, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    if (resp)
        add_headers(resp, r, type, h, headers);
    bytesq_init(&r->out, SERVER_STREAM_QUEUE);
    watch(r);
    return answer(r, status, resp, REQUEST_STREAM);
}

int server_write(struct server *s, server_id id, const void *bytes, size_t len)
{
    if (ws_owns(id))
        return X_E_CLOSED;
    struct request *r = request_find(s, id);
    if (!r || r->phase != REQUEST_STREAM)
        return X_E_CLOSED;
    if (bytesq_push(&r->out, bytes, len)) {
        log_warn("server.stream_cut", "request_id=%s err=\"over its queue\"", r->request_id);
        request_abandon(r);
        return X_E_CLOSED;
    }
    if (len)
        request_resume(r);
    if (!bytesq_above(&r->out, SERVER_STREAM_HIGH))
        return 0;
    r->full = true;
    return X_E_FULL;
}

void server_end(struct server *s, server_id id)
{
    struct request *r = request_find(s, id);
    if (!r || r->phase != REQUEST_STREAM)
        return;
    retire(r);
    r->phase = REQUEST_DONE;
    request_resume(r);
}

void server_watch(struct server *s, server_id id, void (*gone)(void *ctx, server_id id),
                  void (*drained)(void *ctx, server_id id), void *ctx)
{
    struct request *r = request_find(s, id);
    if (!r)
        return;
    r->gone = gone;
    r->drained = drained;
    r->watch_ctx = ctx;
    if (gone)
        watch(r);
    else if (r->phase == REQUEST_OPEN)
        r->watched = false;
}
