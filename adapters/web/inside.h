/* SPDX-License-Identifier: Apache-2.0
 *
 * The web adapter's own parts, private to adapters/web. Loop thread.
 */
#ifndef ADAPTERS_WEB_INSIDE_H
#define ADAPTERS_WEB_INSIDE_H

#include <parley/adapter.h>

#include "adapters/web/wire.h"
#include "io/server.h"

enum talk { TALK_JSON, TALK_SSE, TALK_WS };

/* One message's way back to its client; from submit until the turn's last call. */
struct exchange {
    struct adapter *web;
    struct exchange *next, *prev;
    server_id client;
    enum talk talk;
    bool open;   /* SSE: the head is out */
    bool gone;   /* the client left */
    bool keyed;  /* it has an idempotency key to come back with */
    bool spoken; /* a sentence went out */
    unsigned events;
    char turn_id[TURN_ID_BYTES];
    char request_id[65];
    char origin[256]; /* echoed for CORS; "" = none allowed */
};

struct adapter {
    struct host *host;
    struct exchange *exchanges;
    struct timer ping;
    bool intake;
};

/* web.c: answers that are not chat */
void web_headers(const struct exchange *x, struct server_header *h, size_t *n);
void web_error(struct adapter *a, server_id id, const char *code, const char *message,
               const char *details_json, const char *request_id, int64_t retry_after_ms, const char *origin);
const char *web_origin(struct adapter *a, const struct server_request *req); /* allowed origin or "" */
bool web_key_ok(struct adapter *a, const char *given); /* server.api_key is unset, or this */
/* True when the request carries it; else it has been answered 401. */
bool web_authorized(const struct server_request *req);

/* chat.c: requests in */
void chat_post(const struct server_request *req);
void chat_ws_text(void *ctx, server_id id, const char *peer_ip, const char *text, size_t len);
void chat_ws_opened(void *ctx, server_id id, const char *peer_ip);
void chat_ws_closed(void *ctx, server_id id);
void chat_ws_drained(void *ctx, server_id id);

/* events.c: the adapter_ops of a turn */
void events_refused(struct adapter *a, struct turn *t, const struct refusal *why);
void events_replay(struct adapter *a, struct turn *t, const char *answer_json);
void events_accepted(struct adapter *a, struct turn *t);
void events_progress(struct adapter *a, struct turn *t, const char *what);
int events_sentence(struct adapter *a, struct turn *t, const char *text, size_t len);
void events_restart(struct adapter *a, struct turn *t);
void events_deliver(struct adapter *a, const struct delivery *d);
void events_failed(struct adapter *a, struct turn *t, const struct refusal *why);
void events_ping(struct adapter *a);

struct exchange *exchange_new(struct adapter *a, server_id client, enum talk talk);
void exchange_free(struct exchange *x);

#endif
