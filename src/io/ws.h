/* SPDX-License-Identifier: Apache-2.0
 *
 * The websocket half of the server, over libwebsockets, which never sees a request head from the
 * network. Loop thread only; the contracts of the callbacks and
 * of send and close are those of server.h.
 */
#ifndef IO_WS_H
#define IO_WS_H

#include "io/server.h"

struct ws;

struct ws_conf {
    int handshake_ms; /* from adoption to open */
    int ping_ms;      /* between pings; a session that has not answered the last one is dropped */
    uint32_t sessions_max;
};

int ws_open(struct ws **out, struct loop *l, const struct ws_conf *conf, struct err *err);
/* Takes `fd` over; its upgrade has been read off and found good, what is unread are frames. `key` is the
 * checked Sec-WebSocket-Key. The route must outlive the session. */
void ws_adopt(struct ws *w, int fd, struct str key, const struct ws_route *route, const char *peer_ip);
int ws_send(struct ws *w, server_id id, const char *text, size_t len);
void ws_close(struct ws *w, server_id id, int code, const char *reason);
bool ws_owns(server_id id); /* a session rather than a request */
size_t ws_count(const struct ws *w);
void ws_sweep(struct ws *w, int64_t now_ms); /* now and then: deadlines */
void ws_goodbye(struct ws *w);               /* closes every session with 1001 */
/* Ends everything and frees itself as the loop runs. Outside any callback of a session. */
void ws_shut(struct ws *w, void (*closed)(void *ctx), void *ctx);

#endif
