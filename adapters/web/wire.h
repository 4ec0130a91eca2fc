/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes <-> message for the web adapter. Pure, fuzzed.
 */
#ifndef ADAPTERS_WEB_WIRE_H
#define ADAPTERS_WEB_WIRE_H

#include <parley/arena.h>
#include <parley/message.h>
#include <parley/status.h>

#include "base/str.h"

#define WIRE_KEY_MAX 128 /* bytes of an Idempotency-Key */

/* {"message","session_id"?,"locale"?,"consent"?,"idempotency_key"?,"api_key"?}; other members are ignored. */
struct wire_chat {
    const char *message, *session_id, *locale, *consent, *key, *api_key; /* "" when absent; in the arena */
};

/* 0; X_E_INVALID or X_E_LIMIT with a sentence that names the member. */
int wire_chat_parse(struct wire_chat *out, const char *bytes, size_t len, struct arena *a, struct err *err);
/* [A-Za-z0-9_-]{1,64} */
bool wire_session_ok(const char *id);
/* 1..128 printable ASCII characters. */
bool wire_key_ok(const char *key);

/* One event for a client: SSE frame ("event: ...\nid: ...\ndata: ...\n\n") or websocket message
 * {"event","id","data"}. `json` has no raw newline (jsonw never writes one). */
void wire_sse(struct buf *out, const char *event, const char *id, const char *json);
void wire_ws(struct buf *out, const char *event, const char *id, const char *json);

#endif
