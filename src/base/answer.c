/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client sees: one table of codes, one shape of an answer, one of an error. A refusal
 * that the person is meant to read (blocked, withheld) is an answer and has status 200.
 * What is not known is null, never a made-up number: an unpriced model, tokens that
 * no provider reported, a turn refused before it was scored.
 */
#include <parley/answer.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define NUSD_PER_USD 1000000000LL

static const struct {
    const char *code;
    int status;
} status_table[] = {
    { "ok", 200 },
    { "blocked", 200 },
    { "withheld", 200 },
    { "reply", 200 },
    { "bad_request", 400 },
    { "unauthorized", 401 },
    { "forbidden", 403 },
    { "consent_required", 403 },
    { "not_found", 404 },
    { "method_not_allowed", 405 },
    { "timeout", 408 },
    { "conflict", 409 },
    { "payload_too_large", 413 },
    { "unsupported_media_type", 415 },
    { "key_reused", 422 },
    { "rate_limited", 429 },
    { "quota_exceeded", 429 },
    { "cancelled", 499 }, /* nobody hears it; nginx's number for a client that left */
    { "internal", 500 },
    { "unavailable", 503 },
    { "busy", 503 },
    { "draining", 503 },
};

int answer_http_status(const char *code)
{
    for (size_t i = 0; code && i < ARRAY_LEN(status_table); i++) {
        if (strcmp(code, status_table[i].code) == 0)
            return status_table[i].status;
    }
    return 500;
}

static const char *text_or(const char *text, const char *fallback)
{
    return text && text[0] ? text : fallback;
}

static void put_count(struct jsonw *w, const char *key, int64_t n)
{
    if (n < 0)
        jw_raw(w, key, "null");
    else
        jw_int(w, key, n);
}

/* By integers: a double would turn 0.000000001 into something near it. */
static void put_cost(struct jsonw *w, const char *key, int64_t nusd)
{
    char text[32];
    int n;

    if (nusd < 0) {
        jw_raw(w, key, "null");
        return;
    }
    n = snprintf(text, sizeof text, "%lld.%09lld", (long long)(nusd / NUSD_PER_USD),
                 (long long)(nusd % NUSD_PER_USD));
    while (text[n - 1] == '0')
        n--;
    n -= text[n - 1] == '.';
    text[n] = '\0';
    jw_raw(w, key, text);
}

static void put_sources(struct jsonw *w, const struct turn_answer *a)
{
    jw_arr(w, "sources");
    for (size_t i = 0; i < a->sources; i++) {
        const struct source *s = &a->source[i];

        jw_obj(w, NULL);
        jw_int(w, "n", s->n);
        jw_text(w, "title", text_or(s->title, ""));
        jw_text(w, "source", text_or(s->source, ""));
        jw_text(w, "excerpt", text_or(s->excerpt, ""));
        jw_num(w, "score", s->score, 4);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void put_validation(struct jsonw *w, const struct turn_validation *v)
{
    jw_obj(w, "validation");
    jw_bool(w, "is_safe", v->is_safe);
    jw_arr(w, "warnings");
    for (size_t i = 0; i < v->warnings; i++)
        jw_text(w, NULL, v->warning[i]);
    jw_end_arr(w);
    jw_int(w, "confidence_score", v->confidence);
    jw_end_obj(w);
}

/* What the question was taken for and why, and who was asked; null when nobody had to decide. */
static void put_routing(struct jsonw *w, const struct turn_complexity *c, const struct turn_route *route)
{
    if (c->score <= 0) {
        jw_raw(w, "routing", "null");
        return;
    }
    jw_obj(w, "routing");
    jw_text(w, "class", route_class_name(c->klass));
    jw_bool(w, "needs_live", c->needs_live);
    jw_arr(w, "reasons");
    for (size_t i = 0; i < c->reasons; i++)
        jw_text(w, NULL, c->reason[i]);
    jw_end_arr(w);
    jw_arr(w, "tried");
    for (size_t i = 0; i < route->tries; i++) {
        jw_obj(w, NULL);
        jw_text(w, "provider", route->tried[i].provider);
        jw_text(w, "outcome", route->tried[i].outcome);
        jw_end_obj(w);
    }
    jw_end_arr(w);
    jw_end_obj(w);
}

static void put_metadata(struct jsonw *w, const struct turn *t, int64_t took_ms)
{
    const struct turn_answer *a = &t->answer;

    jw_obj(w, "metadata");
    jw_text(w, "provider", text_or(a->provider, NULL));
    jw_text(w, "model", text_or(a->model, NULL));
    if (t->complexity.score > 0)
        jw_num(w, "complexity_score", t->complexity.score, 2);
    else
        jw_raw(w, "complexity_score", "null");
    put_routing(w, &t->complexity, &t->route);
    put_count(w, "tokens_in", a->tokens_in);
    put_count(w, "tokens_out", a->tokens_out);
    put_cost(w, "cost_usd", a->cost_nusd);
    jw_int(w, "response_time_ms", took_ms);
    jw_bool(w, "cached", a->cached);
    jw_text(w, "request_id", text_or(t->request_id, t->id));
    jw_end_obj(w);
}

int answer_render(const struct turn *t, int64_t took_ms, struct buf *out)
{
    const char *code = text_or(t->answer.code, "ok");
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    if (strcmp(code, "ok") != 0)
        jw_text(&w, "code", code);
    jw_text(&w, "answer", text_or(t->answer.text, ""));
    put_sources(&w, &t->answer);
    jw_text(&w, "language", text_or(t->identity.language, NULL));
    jw_text(&w, "session_id", text_or(t->msg.conversation, ""));
    jw_text(&w, "message_id", t->id);
    put_validation(&w, &t->validation);
    put_metadata(&w, t, took_ms);
    jw_end_obj(&w);
    return out->failed ? -ENOMEM : 0;
}

int answer_error(const char *code, const char *message, const char *details_json, const char *request_id,
                 struct buf *out)
{
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "code", code);
    jw_text(&w, "message", text_or(message, ""));
    jw_raw(&w, "details", text_or(details_json, "null"));
    jw_text(&w, "request_id", text_or(request_id, NULL));
    jw_end_obj(&w);
    return out->failed ? -ENOMEM : 0;
}
