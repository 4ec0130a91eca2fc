/* SPDX-License-Identifier: Apache-2.0
 *
 * Interactions that Discord brings by HTTP. The signature over timestamp and body is looked at before
 * anything of the body is read; a call that was seen within the window is refused like a forged one. The
 * first answer is the answer to the call.
 */
#include <stdio.h>
#include <string.h>

#include <parley/answer.h>
#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"
#include "base/hash.h"

#define BODY_MAX (1U << 20)
#define JSON     "application/json; charset=utf-8"

static void refuse(const struct server_request *req, int status, const char *code, const char *message)
{
    static const struct server_header h[] = { { "Cache-Control", "no-store" } };
    struct adapter *a = req->ctx;
    struct buf body = BUF_INIT(65536);
    answer_error(code, message, NULL, req->request_id, &body);
    server_respond(a->host->server, req->id, status, JSON, h, ARRAY_LEN(h), buf_text(&body), body.len);
    buf_free(&body);
}

/* A signature is good for one call. The table holds more than arrive in a window; should it not, the oldest
 * is forgotten while its timestamp is all but over. */
static bool seen(struct adapter *a, const char *signature, int64_t now)
{
    uint64_t hash = hash_seeded(signature, strlen(signature));
    for (size_t i = 0; i < SEEN_MAX; i++)
        if (a->seen[i] == hash && a->seen_ms[i] && now - a->seen_ms[i] <= 2000LL * SIGNATURE_S)
            return true;
    a->seen[a->seen_next] = hash;
    a->seen_ms[a->seen_next] = now;
    a->seen_next = (a->seen_next + 1) % SEEN_MAX;
    return false;
}

static bool signed_ok(const struct server_request *req, struct err *err)
{
    struct adapter *a = req->ctx;
    const struct dc_signature s = { .key_hex = a->public_key,
                                    .signature = server_header(req, "x-signature-ed25519"),
                                    .timestamp = server_header(req, "x-signature-timestamp") };
    if (dc_signature_check(&s, req->body.at, req->body.len, clock_wall_ms() / 1000, SIGNATURE_S, err))
        return false;
    if (!seen(a, s.signature, clock_mono_ms() + 1))
        return true;
    err_set(err, X_E_DENIED, "seen before");
    return false;
}

/* One line a minute: Discord probes with wrong signatures, and so does everybody else. */
static void forged(const struct server_request *req, const struct err *err)
{
    struct adapter *a = req->ctx;
    int64_t retry;
    if (limiter_take(a->tells, "forged", 1, clock_mono_ms(), &retry) == 0)
        log_warn("discord.signature_refused", "peer=%s why=\"%s\"", req->peer_ip, err->text);
    refuse(req, 401, "unauthorized", "The signature is missing or wrong.");
}

static void take(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    struct event *e = a->closing || !a->intake ? NULL : dc_event_new(a, -1, req->id);
    struct err err = { "" };
    if (!e) {
        refuse(req, 503, "unavailable", "Not now.");
        return;
    }
    e->interaction = arena_alloc(&e->words, sizeof *e->interaction);
    int rc = e->interaction ? dc_interaction_read(req->body, &a->me, &e->words, e->interaction, &err) : -1;
    if (rc < 0 || rc == X_E_INVALID) {
        e->interaction = NULL;
        e->request = 0;
        dc_event_done(e);
        refuse(req, rc < 0 ? 503 : 400, rc < 0 ? "unavailable" : "bad_request", "This is no interaction.");
        return;
    }
    dc_event_begin(e);
}

static void on_call(const struct server_request *req)
{
    struct err err = { "" };
    if (signed_ok(req, &err))
        take(req);
    else
        forged(req, &err);
}

void dc_endpoint_answer(struct adapter *a, server_id request, const char *json)
{
    static const struct server_header h[] = { { "Cache-Control", "no-store" } };
    if (a->host->server)
        server_respond(a->host->server, request, 200, "application/json", h, ARRAY_LEN(h), json,
                       strlen(json));
}

int dc_endpoint_open(struct adapter *a, const char *path, struct err *err)
{
    const struct route r = {
        .method = "POST", .path = path, .body_max = BODY_MAX, .handle = on_call, .ctx = a
    };
    if (!a->host->server)
        return err_set(err, X_E_NOT_FOUND, "discord.mode: http needs a server, and nothing listens here");
    return server_route(a->host->server, &r, err);
}
