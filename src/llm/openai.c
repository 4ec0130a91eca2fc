/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAI wire format: POST {base_url}/chat/completions, answered as server-sent
 * events. Written for what compatible servers do, not for what the page says: choices
 * null or missing, errors inside a 200, a JSON body where a stream was asked for, no
 * [DONE], usage late or never, comments for ever. One rule decides whether an answer is
 * whole: a finish_reason was seen.
 *
 * Nothing is freed inside the event parser: a handler only writes call->end (or
 * call->dropped) and stops the feed; the HTTP callback that fed it acts on that.
 *
 * Memory of a call: one event (1 MiB at most) and, while the reader is full, the rest of
 * the body part in hand. Only choice 0 is read; tool calls are not asked for.
 */
#include <parley/clock.h>
#include <parley/provider.h>

#include "base/json.h"
#include "io/http.h"
#include "io/sse.h"
#include "llm/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_BYTES_MAX (4U << 20)
#define ERROR_BYTES_MAX   (64U << 10) /* of a refusal's body; what it says stands in front */
#define TOKENS_SANE       1e12
#define STOP              1 /* any non-zero: the parser returns it */

struct provider {
    struct http *http;
    char *url, *authorization, *key, *model;
    bool platform; /* api.openai.com itself */
    int connect_ms, first_byte_ms, idle_ms;
    int64_t body_cap_bytes;
};

enum shape { SHAPE_EVENTS, SHAPE_JSON, SHAPE_REFUSAL };

struct provider_call {
    struct provider *p;
    const struct llm_request *req;
    struct llm_sink sink;
    struct http_call *http; /* NULL once done() was called */
    enum shape shape;
    struct sse sse;
    struct buf body; /* SHAPE_JSON and SHAPE_REFUSAL */
    struct buf held; /* text that came while the reader was full */
    int64_t started_ms;
    int events, unreadable;
    bool said;     /* some text */
    bool finished; /* a finish_reason */
    bool full;     /* the sink said X_E_FULL and has not resumed */
    bool busy;     /* one of our callbacks is on the stack: nothing may be freed */
    bool dropped;  /* cancelled meanwhile */
    bool decided;  /* result.end stands; stop reading */
    struct llm_result result;
};

/* ---- end of a call ---- */

static void call_free(struct provider_call *c)
{
    if (c->http)
        http_cancel(c->http);
    sse_free(&c->sse);
    buf_free(&c->body);
    buf_free(&c->held);
    free(c);
}

static void call_end(struct provider_call *c)
{
    struct llm_sink sink = c->sink;
    struct llm_result result = c->result;
    call_free(c);
    sink.end(sink.ctx, &result);
}

static void decide(struct provider_call *c, enum llm_end end)
{
    c->decided = true;
    c->result.end = end;
}

static void decide_error(struct provider_call *c, int status, const cJSON *error)
{
    decide(c, outcome_end(status, error));
    outcome_detail(c->result.detail, status, error, c->p->key, c->req);
}

/* What an HTTP callback does last. A good end waits for text the reader has not taken; a bad
 * one does not, since the text is void. */
static void settle(struct provider_call *c)
{
    c->busy = false;
    if (c->dropped)
        call_free(c);
    else if (c->decided && !(c->result.end == LLM_OK && c->held.len > 0))
        call_end(c);
}

/* ---- text ---- */

static void emit(struct provider_call *c, const char *bytes, size_t len)
{
    if (!len)
        return;
    c->said = true;
    if (c->full)
        buf_add(&c->held, bytes, len);
    else
        c->full = c->sink.text(c->sink.ctx, bytes, len) == X_E_FULL;
    if (c->held.failed) {
        decide(c, LLM_CUT);
        snprintf(c->result.detail, sizeof c->result.detail, "no memory for text the reader has not taken");
    }
}

static int64_t count_of(const cJSON *obj, const char *key, int64_t before)
{
    double n = json_number(obj, key, -1);
    return n >= 0 && n <= TOKENS_SANE ? (int64_t)n : before;
}

static void read_usage(struct provider_call *c, const cJSON *usage)
{
    c->result.tokens_in = count_of(usage, "prompt_tokens", c->result.tokens_in);
    c->result.tokens_out = count_of(usage, "completion_tokens", c->result.tokens_out);
    const cJSON *cost = cJSON_GetObjectItemCaseSensitive(usage, "cost");
    double usd = cJSON_IsObject(cost) ? json_number(cost, "total_cost", 0) : json_number(usage, "cost", 0);
    if (usd > 0 && usd < 1e6) /* 0 in a stream is "unknown", not a price */
        c->result.cost_nusd = (int64_t)(usd * 1e9 + 0.5);
}

static void finish(struct provider_call *c, const char *reason)
{
    if (!strcmp(reason, "error")) { /* OpenRouter; no such thing at OpenAI */
        decide(c, LLM_TRANSIENT);
        snprintf(c->result.detail, sizeof c->result.detail, "finish_reason error");
        return;
    }
    c->finished = true;
    if (!strcmp(reason, "content_filter"))
        c->result.end = LLM_REFUSED;
    if (!strcmp(reason, "length") || !strcmp(reason, "content_filter"))
        snprintf(c->result.detail, sizeof c->result.detail, "finish_reason %s", reason);
}

/* `part` is "delta" in a stream, "message" in a whole answer. */
static void read_choice(struct provider_call *c, const cJSON *choice, const char *part)
{
    const cJSON *piece = cJSON_GetObjectItemCaseSensitive(choice, part);
    const char *text = json_text(piece, "content", "");
    if (json_number(choice, "index", 0) > 0)
        return;
    if (*json_text(piece, "refusal", ""))
        c->result.end = LLM_REFUSED;
    emit(c, text, strlen(text));
    if (*json_text(choice, "finish_reason", ""))
        finish(c, json_text(choice, "finish_reason", ""));
}

static void read_chunk(struct provider_call *c, const cJSON *doc, const char *part)
{
    const cJSON *error = outcome_error(doc), *choice;
    if (error && !c->finished) {
        decide_error(c, 200, error);
        return;
    }
    cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(doc, "choices"))
    {
        read_choice(c, choice, part);
        if (c->dropped || c->decided)
            return;
    }
    read_usage(c, cJSON_GetObjectItemCaseSensitive(doc, "usage"));
}

static int on_event(void *ctx, const char *event, const char *data, size_t len, const char *id X_UNUSED)
{
    struct provider_call *c = ctx;
    cJSON *doc = NULL;
    if (str_eqs(str_trim((struct str){ data, len }), "[DONE]"))
        return 0;
    if (json_parse(&doc, data, len, NULL) || !(cJSON_IsObject(doc) || cJSON_IsArray(doc))) {
        c->unreadable++;
    } else if (!strcmp(event, "error") && !outcome_error(doc) && !c->finished) {
        decide_error(c, 200, doc);
    } else {
        c->events++;
        read_chunk(c, doc, "delta");
    }
    cJSON_Delete(doc);
    return c->dropped || c->decided ? STOP : 0;
}

/* ---- whole bodies ---- */

static void read_refusal(struct provider_call *c)
{
    cJSON *doc = NULL;
    json_parse(&doc, buf_text(&c->body), c->body.len, NULL);
    decide_error(c, c->result.status, outcome_error(doc));
    cJSON_Delete(doc);
}

static void read_whole(struct provider_call *c)
{
    cJSON *doc = NULL;
    if (!json_parse(&doc, buf_text(&c->body), c->body.len, NULL))
        read_chunk(c, doc, "message");
    cJSON_Delete(doc);
}

/* ---- HTTP ---- */

static void on_head(void *ctx, int status)
{
    struct provider_call *c = ctx;
    const char *type = http_header(c->http, "content-type");
    const char *ms = http_header(c->http, "retry-after-ms");
    if (!ms)
        ms = http_header(c->http, "x-ms-retry-after-ms"); /* Azure */
    c->result.status = status;
    c->result.retry_after_ms = outcome_retry_after(ms, http_header(c->http, "retry-after"), clock_wall_ms());
    if (status / 100 != 2)
        c->shape = SHAPE_REFUSAL;
    else if (type && !strncasecmp(type, "application/json", 16))
        c->shape = SHAPE_JSON;
}

/* Comments keep the connection alive without answering; the wait for the first event is
 * bounded like the wait for the first byte. */
static void feed_events(struct provider_call *c, const char *bytes, size_t len)
{
    int rc = sse_feed(&c->sse, bytes, len);
    if (c->decided || c->dropped)
        return;
    if (rc) {
        decide(c, LLM_CUT);
        snprintf(c->result.detail, sizeof c->result.detail, "an event cannot be read: %s", status_name(rc));
    } else if (!c->events && c->p->first_byte_ms > 0 &&
               clock_mono_ms() - c->started_ms > c->p->first_byte_ms) {
        decide(c, LLM_TIMEOUT);
        snprintf(c->result.detail, sizeof c->result.detail, "no event within %d ms", c->p->first_byte_ms);
    }
}

static void feed_body(struct provider_call *c, const char *bytes, size_t len)
{
    size_t room = c->body.max - c->body.len;
    if (len <= room) {
        buf_add(&c->body, bytes, len);
        return;
    }
    buf_add(&c->body, bytes, room);
    if (c->shape == SHAPE_REFUSAL) {
        read_refusal(c);
        return;
    }
    decide(c, LLM_CUT);
    snprintf(c->result.detail, sizeof c->result.detail, "answer over %zu bytes", c->body.max);
}

static int on_body(void *ctx, const char *bytes, size_t len)
{
    struct provider_call *c = ctx;
    if (c->full)
        return X_E_FULL;
    c->busy = true;
    if (c->shape == SHAPE_EVENTS)
        feed_events(c, bytes, len);
    else
        feed_body(c, bytes, len);
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
    case HTTP_TIMEOUT_FIRST_BYTE:
    case HTTP_TIMEOUT_IDLE:
    case HTTP_TIMEOUT_TOTAL:
        return LLM_TIMEOUT;
    }
    return LLM_TRANSIENT;
}

/* Reached without a refusal: whole when a finish_reason was seen, whatever happened after it. */
static void decide_answer(struct provider_call *c, enum http_end how, const char *detail)
{
    char *out = c->result.detail;
    size_t room = sizeof c->result.detail;
    if (c->finished && (c->said || c->result.end == LLM_REFUSED)) {
        decide(c, c->result.end);
        if (c->unreadable && !out[0])
            snprintf(out, room, "%d unreadable events skipped", c->unreadable);
        return;
    }
    decide(c, http_end_of(how));
    if (how != HTTP_OK)
        snprintf(out, room, "%s", detail ? detail : "");
    else if (c->finished)
        snprintf(out, room, "finished without any text");
    else
        snprintf(out, room, "ended without finish_reason: %d events, %d unreadable", c->events,
                 c->unreadable);
}

static void on_done(void *ctx, enum http_end how, int status, const char *detail)
{
    struct provider_call *c = ctx;
    c->busy = true;
    c->http = NULL;
    c->result.status = status;
    if (c->shape == SHAPE_REFUSAL) /* the status stands, however its body ended */
        read_refusal(c);
    else if (c->shape == SHAPE_JSON && how == HTTP_OK)
        read_whole(c);
    else if (c->shape == SHAPE_EVENTS)
        sse_feed(&c->sse, "\n\n", 2); /* the last event may lack its blank line */
    if (!c->dropped && !c->decided)
        decide_answer(c, how, detail);
    settle(c);
}

/* ---- request ---- */

static void write_body(struct buf *out, const struct provider *p, const struct llm_request *req)
{
    static const char *const role[] = { "system", "user", "assistant" };
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "model", p->model);
    jw_arr(&w, "messages");
    for (size_t i = 0; i < req->messages; i++) {
        jw_obj(&w, NULL);
        jw_text(&w, "role", role[req->message[i].role]);
        jw_text(&w, "content", req->message[i].text);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    jw_bool(&w, "stream", true);
    jw_obj(&w, "stream_options");
    jw_bool(&w, "include_usage", true);
    jw_end_obj(&w);
    if (req->max_tokens > 0) /* OpenAI's newer models refuse the old name, other servers the new one */
        jw_int(&w, p->platform ? "max_completion_tokens" : "max_tokens", req->max_tokens);
    jw_end_obj(&w);
}

static int send_request(struct provider_call *c, struct err *err)
{
    struct provider *p = c->p;
    struct buf body = BUF_INIT(REQUEST_BYTES_MAX);
    const char *header[] = { "Content-Type: application/json", "Accept: text/event-stream",
                             p->authorization };
    write_body(&body, p, c->req);
    if (body.failed) {
        buf_free(&body);
        return err_set(err, X_E_LIMIT, "request over %u bytes or no memory for it", REQUEST_BYTES_MAX);
    }
    const struct http_request r = {
        .method = "POST",
        .url = p->url,
        .header = header,
        .headers = p->authorization ? 3 : 2,
        .body = body.at,
        .body_len = body.len,
        .connect_ms = p->connect_ms,
        .first_byte_ms = p->first_byte_ms,
        .idle_ms = p->idle_ms,
        .total_ms = c->req->total_ms > 0 ? c->req->total_ms : 1, /* 0 left is not "no limit" */
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

static int openai_start(struct provider *p, const struct llm_request *req, const struct llm_sink *sink,
                        struct provider_call **out, struct err *err)
{
    struct provider_call *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(err, -ENOMEM, "no memory for a call");
    c->p = p;
    c->req = req;
    c->sink = *sink;
    c->started_ms = clock_mono_ms();
    c->result = (struct llm_result){
        .end = LLM_OK, .tokens_in = -1, .tokens_out = -1, .cost_nusd = -1, .retry_after_ms = -1
    };
    sse_init(&c->sse, JSON_BYTES_MAX, on_event, c);
    buf_init(&c->body, JSON_BYTES_MAX);
    buf_init(&c->held, JSON_BYTES_MAX);
    int rc = send_request(c, err);
    if (rc) {
        c->http = NULL;
        call_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

static void openai_resume(struct provider_call *c)
{
    if (!c->full || c->busy)
        return;
    c->full = false;
    c->busy = true;
    struct buf held = c->held;
    buf_init(&c->held, JSON_BYTES_MAX);
    emit(c, buf_text(&held), held.len);
    buf_free(&held);
    if (c->http && !c->full && !c->dropped)
        http_resume(c->http);
    settle(c);
}

static void openai_cancel(struct provider_call *c)
{
    if (c->busy)
        c->dropped = true;
    else
        call_free(c);
}

/* ---- open, close ---- */

static void wipe_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void openai_close(struct provider *p)
{
    free(p->url);
    free(p->model);
    wipe_free(p->authorization);
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

/* A key goes into a header line: nothing in it may end that line. */
static bool header_safe(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x21 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

static int openai_check(const struct provider_conf *conf, struct err *err)
{
    if (strncmp(conf->base_url, "https://", 8) && strncmp(conf->base_url, "http://", 7))
        return err_set(err, X_E_INVALID, "llm.%s.base_url must begin with https:// or http://", conf->name);
    if (!conf->model[0])
        return err_set(err, X_E_INVALID, "llm.%s.model is not set", conf->name);
    if (!header_safe(conf->api_key))
        return err_set(err, X_E_INVALID, "llm.%s.api_key holds a space or a byte that is not ASCII",
                       conf->name);
    return 0;
}

static int openai_open(struct provider **out, const struct provider_conf *conf, struct http *http,
                       struct err *err)
{
    int rc = openai_check(conf, err);
    struct provider *p = rc ? NULL : calloc(1, sizeof *p);
    if (!p)
        return rc ? rc : err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    p->http = http;
    p->url = joined(conf->base_url, "/chat/completions");
    p->model = strdup(conf->model);
    p->key = strdup(conf->api_key);
    p->authorization = conf->api_key[0] ? joined("Authorization: Bearer ", conf->api_key) : NULL;
    p->platform = !strncmp(conf->base_url, "https://api.openai.com/", 23);
    p->connect_ms = conf->connect_ms;
    p->first_byte_ms = conf->first_byte_ms;
    p->idle_ms = conf->idle_ms;
    p->body_cap_bytes = conf->body_cap_bytes;
    if (!p->url || !p->model || !p->key || (conf->api_key[0] && !p->authorization)) {
        openai_close(p);
        return err_set(err, -ENOMEM, "no memory for llm.%s", conf->name);
    }
    *out = p;
    return 0;
}

const struct provider_ops provider_openai = {
    .format = "openai",
    .needs_key = true,
    .open = openai_open,
    .start = openai_start,
    .resume = openai_resume,
    .cancel = openai_cancel,
    .close = openai_close,
};
