/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers out: what happens to a turn becomes one JSON body, or events on a stream or a websocket:
 * start, progress, sentence, restart, source, usage, done, error. A client that left gets nothing; its answer
 * is PARKED and comes back when it repeats the request with the same idempotency key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/answer.h>

#include "adapters/web/inside.h"
#include "base/json.h"

#define EVENT_MAX (1U << 20)

/* ---- one event ---- */

static int emit(struct exchange *x, const char *event, const char *json)
{
    struct server *server = x->web->host->server;
    struct buf out = BUF_INIT(EVENT_MAX);
    char id[TURN_ID_BYTES + 12] = "";
    if (x->turn_id[0])
        snprintf(id, sizeof id, "%s:%u", x->turn_id, ++x->events);
    int rc = X_E_CLOSED;
    if (x->talk == TALK_WS) {
        wire_ws(&out, event, id, json);
        rc = out.failed ? X_E_LIMIT : server_ws_send(server, x->client, buf_text(&out), out.len);
    } else if (x->open) {
        wire_sse(&out, event, id, json);
        rc = out.failed ? X_E_LIMIT : server_write(server, x->client, buf_text(&out), out.len);
    }
    buf_free(&out);
    if (rc == X_E_CLOSED)
        x->gone = true;
    return rc;
}

static int emit_text(struct exchange *x, const char *event, const char *key, const char *text, size_t len)
{
    struct buf json = BUF_INIT(EVENT_MAX);
    struct jsonw w;
    jw_begin(&w, &json);
    jw_obj(&w, NULL);
    jw_textn(&w, key, text, len);
    jw_end_obj(&w);
    int rc = emit(x, event, buf_text(&json));
    buf_free(&json);
    return rc;
}

static bool streams(const struct exchange *x)
{
    return x && !x->gone && x->talk != TALK_JSON;
}

static void open_stream(struct exchange *x)
{
    struct server_header h[8];
    size_t n;
    web_headers(x, h, &n);
    h[n++] = (struct server_header){ "X-Accel-Buffering", "no" }; /* nginx: do not collect the stream */
    if (server_stream(x->web->host->server, x->client, 200, "text/event-stream; charset=utf-8", h, n))
        x->gone = true;
    else
        x->open = true;
}

static void start(struct exchange *x, struct turn *t)
{
    struct buf json = BUF_INIT(EVENT_MAX);
    struct jsonw w;
    if (x->talk == TALK_SSE)
        open_stream(x);
    jw_begin(&w, &json);
    jw_obj(&w, NULL);
    jw_text(&w, "message_id", x->turn_id);
    jw_text(&w, "session_id", t->msg.conversation);
    jw_end_obj(&w);
    emit(x, "start", buf_text(&json));
    buf_free(&json);
}

static void finish(struct exchange *x)
{
    if (x->talk == TALK_SSE && x->open)
        server_end(x->web->host->server, x->client);
    exchange_free(x);
}

/* ---- errors ---- */

static void error_event(struct exchange *x, const char *code, const char *message, const char *details_json)
{
    struct buf json = BUF_INIT(EVENT_MAX);
    answer_error(code, message, details_json, x->request_id, &json);
    emit(x, "error", buf_text(&json));
    buf_free(&json);
}

static void say_error(struct exchange *x, const char *code, const char *message, const char *details_json,
                      int64_t retry_after_ms)
{
    if (x->gone)
        return;
    if (x->open || x->talk == TALK_WS)
        error_event(x, code, message, details_json);
    else
        web_error(x->web, x->client, code, message, details_json, x->request_id, retry_after_ms, x->origin);
}

void events_refused(struct adapter *a X_UNUSED, struct turn *t, const struct refusal *why)
{
    struct exchange *x = t->adapter_ctx;
    if (!x)
        return;
    say_error(x, why->code, why->message, why->details_json, why->retry_after_ms);
    finish(x);
}

void events_failed(struct adapter *a, struct turn *t, const struct refusal *why)
{
    events_refused(a, t, why);
}

/* ---- a turn on its way ---- */

void events_accepted(struct adapter *a X_UNUSED, struct turn *t)
{
    if (streams(t->adapter_ctx))
        start(t->adapter_ctx, t);
}

void events_progress(struct adapter *a X_UNUSED, struct turn *t, const char *what)
{
    if (streams(t->adapter_ctx))
        emit_text(t->adapter_ctx, "progress", "stage", what, strlen(what));
}

int events_sentence(struct adapter *a X_UNUSED, struct turn *t, const char *text, size_t len)
{
    struct exchange *x = t->adapter_ctx;
    if (!streams(x))
        return 0;
    x->spoken = true;
    return emit_text(x, "sentence", "text", text, len) == X_E_FULL ? X_E_FULL : 0;
}

void events_restart(struct adapter *a X_UNUSED, struct turn *t)
{
    struct exchange *x = t->adapter_ctx;
    if (!streams(x))
        return;
    x->spoken = false;
    emit(x, "restart", "{}");
}

/* ---- the recorded answer ---- */

static void members_as_events(struct exchange *x, const cJSON *body, const char *list, const char *event)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(body, list))
    {
        char *json = cJSON_PrintUnformatted(one);
        if (json)
            emit(x, event, json);
        cJSON_free(json);
    }
}

static void usage_event(struct exchange *x, const cJSON *body)
{
    const cJSON *m = cJSON_GetObjectItemCaseSensitive(body, "metadata");
    struct buf json = BUF_INIT(4096);
    struct jsonw w;
    jw_begin(&w, &json);
    jw_obj(&w, NULL);
    jw_int(&w, "tokens_in", (int64_t)json_number(m, "tokens_in", 0));
    jw_int(&w, "tokens_out", (int64_t)json_number(m, "tokens_out", 0));
    if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(m, "cost_usd")))
        jw_num(&w, "cost_usd", json_number(m, "cost_usd", 0), 9);
    else
        jw_text(&w, "cost_usd", NULL);
    jw_end_obj(&w);
    emit(x, "usage", buf_text(&json));
    buf_free(&json);
}

static void say_stream(struct exchange *x, const cJSON *body, const char *answer_json)
{
    const char *answer = json_text(body, "answer", "");
    if (!x->spoken)
        emit_text(x, "sentence", "text", answer, strlen(answer));
    members_as_events(x, body, "sources", "source");
    usage_event(x, body);
    emit(x, "done", answer_json);
}

static void say_json(struct exchange *x, const char *answer_json, bool replayed)
{
    struct server_header h[8];
    size_t n;
    web_headers(x, h, &n);
    if (replayed)
        h[n++] = (struct server_header){ "Idempotent-Replayed", "true" };
    server_respond(x->web->host->server, x->client, 200, "application/json; charset=utf-8", h, n, answer_json,
                   strlen(answer_json));
}

/* A recorded body, live or replayed; `details` only a live turn still has. */
static void say_recorded(struct exchange *x, const char *answer_json, const struct turn *live)
{
    cJSON *body = NULL;
    if (live && x->talk == TALK_JSON && answer_http_status(live->answer.code) < 400) {
        say_json(x, answer_json, false); /* the common case needs no look inside */
        return;
    }
    if (json_parse(&body, answer_json, strlen(answer_json), NULL)) {
        say_error(x, "internal", "The stored answer cannot be read.", NULL, -1);
        return;
    }
    const char *code = json_text(body, "code", "ok");
    if (answer_http_status(code) >= 400)
        say_error(x, code, json_text(body, "answer", ""), live ? live->answer.details_json : NULL,
                  live ? live->answer.retry_after_ms : -1);
    else if (x->talk == TALK_JSON)
        say_json(x, answer_json, !live);
    else
        say_stream(x, body, answer_json);
    cJSON_Delete(body);
}

void events_replay(struct adapter *a X_UNUSED, struct turn *t, const char *answer_json)
{
    struct exchange *x = t->adapter_ctx;
    if (!x)
        return;
    if (streams(x))
        start(x, t);
    if (!x->gone)
        say_recorded(x, answer_json, NULL);
    finish(x);
}

void events_deliver(struct adapter *a, const struct delivery *d)
{
    struct exchange *x = d->turn ? d->turn->adapter_ctx : NULL;
    struct delivered how = { .state = OUTBOX_PARKED, .platform_id = "", .error = "" };
    if (x && !x->gone)
        say_recorded(x, d->answer_json, d->turn);
    if (x && !x->gone)
        how.state = OUTBOX_SENT;
    if (x)
        finish(x);
    a->host->delivered(a->host, d->turn_id, d->part, &how);
}

void events_ping(struct adapter *a)
{
    for (struct exchange *x = a->exchanges; x; x = x->next)
        if (x->talk == TALK_SSE && x->open && !x->gone)
            server_write(a->host->server, x->client, ": ping\n\n", 8);
}
