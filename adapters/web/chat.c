/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests in: an HTTP body or a websocket message becomes a turn. A visitor without an account is the
 * address they come from (sessions are free to make, addresses are not); the session is the conversation.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <parley/clock.h>

#include "adapters/web/inside.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/utf.h"

#define COUNTRY_HEADER                                                                                       \
    "x-country-code" /* README: set by your reverse proxy, believed from trusted_proxies only */

struct exchange *exchange_new(struct adapter *a, server_id client, enum talk talk)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->web = a;
    x->client = client;
    x->talk = talk;
    x->next = a->exchanges;
    if (x->next)
        x->next->prev = x;
    a->exchanges = x;
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x->gone && x->talk != TALK_WS)
        server_watch(x->web->host->server, x->client, NULL, NULL, NULL);
    *(x->prev ? &x->prev->next : &x->web->exchanges) = x->next;
    if (x->next)
        x->next->prev = x->prev;
    free(x);
}

static void on_gone(void *ctx, server_id id X_UNUSED)
{
    struct exchange *x = ctx;
    x->gone = true;
    if (!x->keyed)
        x->web->host->abandon(x->web->host, x->turn_id);
    else if (x->talk != TALK_JSON)
        x->web->host->drained(x->web->host, x->turn_id); /* nobody is slow any more */
}

static void on_drained(void *ctx, server_id id X_UNUSED)
{
    struct exchange *x = ctx;
    x->web->host->drained(x->web->host, x->turn_id);
}

/* What both doors know of a message. */
struct arrival {
    struct wire_chat chat;
    const char *peer_ip, *locale, *country;
    struct str body;
};

/* "de-AT,de;q=0.9" -> "de-AT" */
static const char *first_language(struct turn *t, const char *accept)
{
    size_t n = strcspn(accept, ",; ");
    return n && n <= 35 && accept[0] != '*' ? arena_strndup(&t->arena, accept, n) : "";
}

/* The dedup key of a message sent under an idempotency key: the session's, or, without one, the address's.
 * A digest, because the row stays for days and addresses are personal data. */
static const char *external_id(struct turn *t, const struct arrival *in)
{
    char digest[SHA256_HEX];
    const char *scope = in->chat.session_id[0] ? in->chat.session_id : in->peer_ip;
    const char *both = arena_printf(&t->arena, "%s|%s", scope, in->chat.key);
    if (!in->chat.key[0] || !both)
        return arena_strdup(&t->arena, t->id);
    sha256_hex(digest, both, strlen(both));
    return arena_strdup(&t->arena, digest);
}

static bool fill(struct turn *t, const struct exchange *x, const struct arrival *in)
{
    struct arena *a = &t->arena;
    char fresh[TURN_ID_BYTES];
    ulid_new(fresh);
    const char *session = in->chat.session_id[0] ? in->chat.session_id : arena_printf(a, "s_%s", fresh);
    t->msg = (struct message){ .channel = "web",
                               .bot = "default",
                               .external_id = external_id(t, in),
                               .user = arena_strdup(a, in->peer_ip),
                               .conversation = session,
                               .fresh = !in->chat.session_id[0],
                               .address = "",
                               .text = in->chat.message,
                               .locale = in->chat.locale[0] ? in->chat.locale : first_language(t, in->locale),
                               .country = arena_strdup(a, in->country),
                               .consent = in->chat.consent,
                               .peer_ip = arena_strdup(a, in->peer_ip),
                               .received_ms = clock_wall_ms(),
                               .interactive = true };
    sha256_hex(t->msg.body_hash, in->body.at, in->body.len);
    memcpy(t->request_id, x->request_id, sizeof t->request_id);
    return !a->failed;
}

static bool wants_stream(const struct server_request *req)
{
    const char *accept = server_header(req, "accept");
    return accept && strstr(accept, "text/event-stream");
}

/* Not taken: an error of the request itself, before there is a turn. */
static void reject(struct exchange *x, struct turn *t, const char *code, const char *message)
{
    const struct refusal why = { .code = code, .message = message, .retry_after_ms = -1 };
    struct adapter *a = x->web;
    t->adapter_ctx = x;
    events_refused(a, t, &why);
    a->host->turn_drop(a->host, t);
}

static void submit(struct exchange *x, struct turn *t, const struct arrival *in)
{
    struct adapter *a = x->web;
    t->adapter_ctx = x;
    memcpy(x->turn_id, t->id, sizeof x->turn_id);
    x->keyed = in->chat.key[0] != '\0';
    if (!fill(t, x, in)) {
        reject(x, t, "internal", "Out of memory.");
        return;
    }
    a->host->submit(a->host, t);
}

static bool json_body(const struct server_request *req)
{
    const char *type = server_header(req, "content-type");
    size_t n = type ? strcspn(type, "; ") : 0;
    return n == 16 && strncasecmp(type, "application/json", n) == 0;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *code_of(int rc)
{
    return rc == X_E_LIMIT ? "payload_too_large" : rc < 0 ? "internal" : "bad_request";
}

void chat_post(const struct server_request *req)
{
    struct adapter *a = req->ctx;
    if (!web_authorized(req))
        return;
    struct exchange *x = exchange_new(a, req->id, wants_stream(req) ? TALK_SSE : TALK_JSON);
    struct turn *t = x ? a->host->turn_new(a->host, a) : NULL;
    if (!t) {
        if (x)
            exchange_free(x);
        web_error(a, req->id, "internal", "Out of memory.", NULL, req->request_id, -1, "");
        return;
    }
    strncat(x->request_id, req->request_id, sizeof x->request_id - 1);
    strncat(x->origin, web_origin(a, req), sizeof x->origin - 1);
    server_watch(a->host->server, req->id, on_gone, on_drained, x);
    struct arrival in = { .peer_ip = req->peer_ip, .body = req->body };
    struct err err = { "" };
    const char *key = server_header(req, "idempotency-key");
    if (!json_body(req)) {
        reject(x, t, "unsupported_media_type", "Send Content-Type: application/json.");
        return;
    }
    int rc = wire_chat_parse(&in.chat, req->body.at, req->body.len, &t->arena, &err);
    if (rc == 0 && key && !wire_key_ok(key))
        rc = err_set(&err, X_E_INVALID, "Idempotency-Key must be 1 to %d printable characters", WIRE_KEY_MAX);
    if (rc) {
        reject(x, t, code_of(rc), err.text);
        return;
    }
    if (key)
        in.chat.key = arena_strdup(&t->arena, key);
    in.locale = or_empty(server_header(req, "accept-language"));
    in.country = req->from_proxy ? or_empty(server_header(req, COUNTRY_HEADER)) : "";
    submit(x, t, &in);
}

/* ---- websocket: {"message",...} in, events out; several messages may be under way ---- */

void chat_ws_opened(void *ctx X_UNUSED, server_id id X_UNUSED, const char *peer_ip X_UNUSED)
{
}

void chat_ws_text(void *ctx, server_id id, const char *peer_ip, const char *text, size_t len)
{
    struct adapter *a = ctx;
    struct exchange *x = exchange_new(a, id, TALK_WS);
    struct turn *t = x ? a->host->turn_new(a->host, a) : NULL;
    if (!t) {
        if (x)
            exchange_free(x);
        server_ws_close(a->host->server, id, 1011, "out of memory"); /* RFC 6455 section 7.4.1 */
        return;
    }
    ulid_new(x->request_id);
    struct arrival in = { .peer_ip = peer_ip, .locale = "", .country = "", .body = { text, len } };
    struct err err = { "" };
    int rc = wire_chat_parse(&in.chat, text, len, &t->arena, &err);
    if (rc)
        reject(x, t, code_of(rc), err.text);
    else if (!web_key_ok(a, in.chat.api_key)) /* a browser cannot set headers on an upgrade */
        reject(x, t, "unauthorized", "Send the API key as the member \"api_key\".");
    else
        submit(x, t, &in);
}

void chat_ws_closed(void *ctx, server_id id)
{
    struct adapter *a = ctx;
    for (struct exchange *x = a->exchanges; x; x = x->next)
        if (x->talk == TALK_WS && x->client == id)
            on_gone(x, id);
}

void chat_ws_drained(void *ctx, server_id id)
{
    struct adapter *a = ctx;
    for (struct exchange *x = a->exchanges; x; x = x->next)
        if (x->talk == TALK_WS && x->client == id)
            on_drained(x, id);
}
