/* SPDX-License-Identifier: Apache-2.0
 *
 * Updates that Telegram brings, one a call. The secret that came with setWebhook is looked at before anything
 * of the body is; a call is answered with 200 when its update is taken care of (stored, refused for good, or
 * handled), and what cannot be taken now is answered 503, so that Telegram keeps it and brings it again.
 */
#include <stdio.h>
#include <string.h>

#include <parley/answer.h>
#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/hash.h"

#define FORGED_PER_MINUTE 20                  /* of one address; then it is not even told why */
#define CALLS_MAX         (2 * TG_HOOK_CALLS) /* at a time: a retried one may overlap with its first try */
#define JSON              "application/json; charset=utf-8"

static void refuse(const struct server_request *req, int status, const char *code, const char *message)
{
    static const struct server_header again[] = { { "Retry-After", "2" }, { "Cache-Control", "no-store" } };
    struct account *a = req->ctx;
    struct buf body = BUF_INIT(65536);
    answer_error(code, message, NULL, req->request_id, &body);
    bool later = status == 429 || status == 503;
    server_respond(a->host->server, req->id, status, JSON, later ? again : again + 1, later ? 2 : 1,
                   buf_text(&body), body.len);
    buf_free(&body);
}

/* One line a minute in all: an address that guesses must not fill the log. */
static void forged(struct account *a, const struct server_request *req)
{
    char key[80];
    int64_t retry;
    snprintf(key, sizeof key, "forged %s", req->peer_ip);
    if (limiter_take(a->tells, key, FORGED_PER_MINUTE, clock_mono_ms(), &retry)) {
        refuse(req, 429, "rate_limited", "Too many calls with a wrong secret.");
        return;
    }
    if (limiter_take(a->tells, "forged", 1, clock_mono_ms(), &retry) == 0)
        log_warn("telegram.webhook_forged",
                 "bot=%s peer=%s hint=\"the secret of setWebhook was not with it\"", a->bot, req->peer_ip);
    refuse(req, 401, "unauthorized", "The secret token is missing or wrong.");
}

static bool secret_ok(const struct account *a, const struct server_request *req)
{
    const char *given = server_header(req, "x-telegram-bot-api-secret-token");
    return given && bytes_equal_secret(given, strlen(given), a->hook_secret, strlen(a->hook_secret));
}

static void take(struct account *a, const struct server_request *req)
{
    struct batch *b = batch_new(a);
    struct tg_update *u = b ? arena_alloc(&b->words, sizeof *u) : NULL;
    struct err err = { "" };
    int rc = u ? tg_update_read(req->body.at, req->body.len, &a->me, &b->words, u, &err) : -1;
    if (rc) {
        batch_drop(b);
        if (rc > 0)
            refuse(req, 400, "bad_request", "The body is not an update with an update_id.");
        else
            refuse(req, 503, "unavailable", "Out of memory.");
        return;
    }
    a->poll.completed_ms = clock_mono_ms();
    b->request = req->id;
    batch_begin(b, u, 1);
}

/* The body is bytes of anybody until the secret has been seen. Before getMe has answered nobody knows what
 * our name is, and so whether a group speaks to us. */
static void on_call(const struct server_request *req)
{
    struct account *a = req->ctx;
    if (!secret_ok(a, req))
        forged(a, req);
    else if (!a->intake || a->closing || !a->me.id || a->hook_calls >= CALLS_MAX)
        refuse(req, 503, "unavailable", "Not now; please bring it again.");
    else
        take(a, req);
}

void webhook_answer(struct account *a, server_id request, bool taken)
{
    static const struct server_header again[] = { { "Retry-After", "2" } };
    if (!a->host->server)
        return; /* we close: what was taken is stored, and told apart when it comes again */
    server_respond(a->host->server, request, taken ? 200 : 503, NULL, again, taken ? 0 : 1, "", 0);
}

int webhook_open(struct account *a, const char *path, struct err *err)
{
    const struct route r = {
        .method = "POST", .path = path, .body_max = TG_UPDATE_MAX, .handle = on_call, .ctx = a
    };
    if (!a->host->server)
        return err_set(err, X_E_NOT_FOUND,
                       "telegram.mode: a webhook needs a server, and nothing listens here");
    return server_route(a->host->server, &r, err);
}
