/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP half of a provider call; the reader is the other one. Nothing is freed while
 * one of our callbacks is on the stack: `busy` says so, and the callback that set it
 * settles the call when it returns.
 *
 * A call that is stopped early (an error in the stream, an answer over the cap) closes its
 * connection: what the other side still has to say is not read.
 */
#include "llm/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "llm/outcome.h"

#define REQUEST_BYTES_MAX (4U << 20)
#define HEADERS_MAX       4
#define REFUSAL_BODY_MS   1000 /* the status decides; its words are worth no more waiting */

struct provider_call {
    struct provider *p;
    struct http_call *http; /* NULL once done() was called */
    struct reader reader;
    int64_t started_ms;
    bool busy; /* one of our callbacks is on the stack: nothing may be freed */
};

/* ---- end of a call ---- */

static void call_free(struct provider_call *c)
{
    if (c->http)
        http_cancel(c->http);
    reader_free(&c->reader);
    free(c);
}

static void settle(struct provider_call *c)
{
    c->busy = false;
    if (c->reader.dropped) {
        call_free(c);
    } else if (reader_over(&c->reader)) {
        struct llm_sink sink = c->reader.sink;
        struct llm_result result = c->reader.result;
        call_free(c);
        sink.end(sink.ctx, &result);
    }
}

/* ---- HTTP ---- */

static void on_head(void *ctx, int status)
{
    struct provider_call *c = ctx;
    const char *ms = http_header(c->http, "retry-after-ms");
    if (!ms)
        ms = http_header(c->http, "x-ms-retry-after-ms"); /* Azure */
    c->reader.result.retry_after_ms =
        outcome_retry_after(ms, http_header(c->http, "retry-after"), clock_wall_ms());
    reader_head(&c->reader, status, http_header(c->http, "content-type"));
    if (c->reader.shape == SHAPE_REFUSAL)
        http_hasten(c->http, REFUSAL_BODY_MS);
}

/* Comments keep the connection alive without answering; the wait for the first event is bounded like the
 * wait for the first byte. */
static void check_patience(struct provider_call *c)
{
    struct reader *r = &c->reader;
    if (!r->decided && !r->dropped && !r->events && r->shape == SHAPE_STREAM && c->p->first_byte_ms > 0 &&
        clock_mono_ms() - c->started_ms > c->p->first_byte_ms)
        reader_decide(r, LLM_TIMEOUT_FIRST, "no event within %d ms", c->p->first_byte_ms);
}

static int on_body(void *ctx, const char *bytes, size_t len)
{
    struct provider_call *c = ctx;
    if (c->reader.full)
        return X_E_FULL;
    c->busy = true;
    reader_feed(&c->reader, bytes, len);
    check_patience(c);
    settle(c);
    return 0;
}

static enum llm_end http_end_of(enum http_end how)
{
    switch (how) {
    case HTTP_OK:
    case HTTP_CUT:
    case HTTP_TOO_BIG:
        return LLM_CUT;
    case HTTP_CONNECT:
        return LLM_TRANSIENT;
    case HTTP_TIMEOUT_CONNECT:
        return LLM_TIMEOUT_CONNECT;
    case HTTP_TIMEOUT_FIRST_BYTE:
        return LLM_TIMEOUT_FIRST;
    case HTTP_TIMEOUT_IDLE:
        return LLM_TIMEOUT_IDLE;
    case HTTP_TIMEOUT_TOTAL:
        return LLM_TIMEOUT_TOTAL;
    }
    return LLM_TRANSIENT;
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct provider_call *c = ctx;
    c->busy = true;
    c->http = NULL;
    c->reader.result.status = status;
    reader_end(&c->reader, http_end_of(how), how == HTTP_OK || !detail ? "" : detail);
    settle(c);
}

/* ---- request ---- */

static void write_body(struct buf *out, const struct provider *p, const struct llm_request *req)
{
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    p->wire->write(&w, p, req);
    jw_end_obj(&w);
}

static size_t headers_of(const char *header[HEADERS_MAX], const struct provider *p)
{
    size_t n = 0;
    header[n++] = "Content-Type: application/json";
    header[n++] = p->wire->lines ? "Accept: application/x-ndjson" : "Accept: text/event-stream";
    if (p->key_line)
        header[n++] = p->key_line;
    if (p->wire->header)
        header[n++] = p->wire->header;
    return n;
}

static int send_request(struct provider_call *c, struct err *err)
{
    struct provider *p = c->p;
    const struct llm_request *req = c->reader.req;
    struct buf body = BUF_INIT(REQUEST_BYTES_MAX);
    const char *header[HEADERS_MAX];
    write_body(&body, p, req);
    if (body.failed) {
        buf_free(&body);
        return err_set(err, X_E_LIMIT, "request over %u bytes or no memory for it", REQUEST_BYTES_MAX);
    }
    const struct http_request r = {
        .method = "POST",
        .url = p->url,
        .header = header,
        .headers = headers_of(header, p),
        .body = body.at,
        .body_len = body.len,
        .connect_ms = p->connect_ms,
        .first_byte_ms = p->first_byte_ms,
        .idle_ms = p->idle_ms,
        .total_ms = req->total_ms > 0 ? req->total_ms : 1, /* 0 left is not "no limit" */
        .body_cap_bytes = p->body_cap_bytes,
        .ctx = c,
        .head = on_head,
        .body_part = on_body,
        .done = on_done,
    };
    int rc = http_start(p->http, &r, &c->http, err);
    buf_free(&body);
    return rc;
}

int call_start(struct provider *p, const struct llm_request *req, const struct llm_sink *sink,
               struct provider_call **out, struct err *err)
{
    struct provider_call *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, -ENOMEM, "no memory for a call");
    c->p = p;
    c->started_ms = clock_mono_ms();
    reader_init(&c->reader, p->wire, req, sink, p->key);
    int rc = send_request(c, err);
    if (rc) {
        c->http = NULL;
        call_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void call_resume(struct provider_call *c)
{
    struct reader *r = &c->reader;
    if (!r->full || c->busy)
        return;
    c->busy = true;
    reader_resume(r);
    if (c->http && !r->full && !r->dropped)
        http_resume(c->http);
    settle(c);
}

void call_cancel(struct provider_call *c)
{
    if (c->busy)
        c->reader.dropped = true;
    else
        call_free(c);
}

/* ---- messages ---- */

bool call_skips(const struct llm_request *req, size_t i)
{
    const struct llm_message *m = req->message;
    size_t user = 0;
    while (user < req->messages && m[user].role != LLM_USER)
        user++;
    return m[i].role == LLM_SYSTEM || i < user || !m[i].text[0];
}

static void write_message(struct jsonw *w, enum llm_role role, const char *text)
{
    static const char *const name[] = { "system", "user", "assistant" };
    jw_obj(w, NULL);
    jw_text(w, "role", name[role]);
    jw_text(w, "content", text);
    jw_end_obj(w);
}

/* Neighbours of one role, which a failed turn leaves behind, become one message. */
static void write_alternating(struct jsonw *w, const struct llm_request *req)
{
    struct buf text = BUF_INIT(REQUEST_BYTES_MAX);
    enum llm_role role = LLM_SYSTEM;
    for (size_t i = 0; i < req->messages; i++) {
        if (call_skips(req, i))
            continue;
        if (text.len && req->message[i].role != role) {
            write_message(w, role, buf_text(&text));
            buf_clear(&text);
        }
        role = req->message[i].role;
        buf_adds(&text, text.len ? "\n\n" : "");
        buf_adds(&text, req->message[i].text);
    }
    if (text.len)
        write_message(w, role, buf_text(&text));
    w->out->failed |= text.failed;
    buf_free(&text);
}

static void write_rules(struct jsonw *w, const struct llm_request *req)
{
    struct buf rules;
    call_system_text(&rules, req);
    if (rules.len)
        write_message(w, LLM_SYSTEM, buf_text(&rules));
    w->out->failed |= rules.failed;
    buf_free(&rules);
}

void call_write_messages(struct jsonw *w, const struct llm_request *req, enum messages which)
{
    jw_arr(w, "messages");
    if (which == MESSAGES_ALTERNATE)
        write_rules(w, req);
    if (which != MESSAGES_ALL)
        write_alternating(w, req);
    for (size_t i = 0; which == MESSAGES_ALL && i < req->messages; i++)
        write_message(w, req->message[i].role, req->message[i].text);
    jw_end_arr(w);
}

void call_system_text(struct buf *out, const struct llm_request *req)
{
    buf_init(out, REQUEST_BYTES_MAX);
    for (size_t i = 0; i < req->messages; i++) {
        if (req->message[i].role != LLM_SYSTEM)
            continue;
        buf_adds(out, out->len ? "\n\n" : "");
        buf_adds(out, req->message[i].text);
    }
}

/* ---- open, close ---- */

static void wipe_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void call_close(struct provider *p)
{
    free(p->url);
    free(p->model);
    wipe_free(p->key_line);
    wipe_free(p->key);
    free(p);
}

static char *joined(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    char *out = malloc(n + m + 1);
    if (out) {
        memcpy(out, a, n);
        memcpy(out + n, b, m + 1);
    }
    return out;
}

static char *url_of(const struct wire *wire, const struct provider_conf *conf)
{
    struct buf url = BUF_INIT(REQUEST_BYTES_MAX);
    buf_adds(&url, conf->base_url);
    buf_adds(&url, wire->path);
    if (wire->after_model) {
        buf_adds(&url, conf->model);
        buf_adds(&url, wire->after_model);
    }
    return buf_steal(&url);
}

/* A key goes into a header line: nothing in it may end that line. */
static bool header_safe(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x21 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

/* RFC 3986 unreserved characters: in a path they mean nothing but themselves. */
static bool path_safe(const char *text)
{
    return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")];
}

static int check_conf(const struct wire *wire, const struct provider_conf *conf, struct err *err)
{
    if (strncmp(conf->base_url, "https://", 8) && strncmp(conf->base_url, "http://", 7))
        return err_set(err, X_E_INVALID, "llm.%s.base_url must begin with https:// or http://", conf->name);
    if (!conf->model[0])
        return err_set(err, X_E_INVALID, "llm.%s.model is not set", conf->name);
    if (wire->after_model && !path_safe(conf->model))
        return err_set(err, X_E_INVALID, "llm.%s.model goes into the URL: letters, digits, - . _ ~ only",
                       conf->name);
    if (!header_safe(conf->api_key))
        return err_set(err, X_E_INVALID, "llm.%s.api_key holds a space or a byte that is not ASCII",
                       conf->name);
    return 0;
}

int call_open(struct provider **out, const struct wire *wire, const struct provider_conf *conf,
              struct http *http, struct err *err)
{
    int rc = check_conf(wire, conf, err);
    bool keyed = rc == 0 && wire->key_header && conf->api_key[0];
    struct provider *p = rc ? NULL : calloc(1, sizeof *p);
    if (!p)
        return rc ? rc : err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    p->wire = wire;
    p->http = http;
    p->url = url_of(wire, conf);
    p->model = strdup(conf->model);
    p->key = strdup(conf->api_key);
    p->key_line = keyed ? joined(wire->key_header, conf->api_key) : NULL;
    p->connect_ms = conf->connect_ms;
    p->first_byte_ms = conf->first_byte_ms;
    p->idle_ms = conf->idle_ms;
    p->body_cap_bytes = conf->body_cap_bytes;
    if (!p->url || !p->model || !p->key || (keyed && !p->key_line)) {
        call_close(p);
        return err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    }
    *out = p;
    return 0;
}
