/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by ws.c (sessions) and ws_life.c (the library's context). Nobody else includes this.
 */
#ifndef IO_WS_IMPL_H
#define IO_WS_IMPL_H

#include "io/slots.h"
#include "io/ws.h"

#define WS_MARK       (UINT64_C(1) << 63) /* in the handles of sessions */
#define WS_STATIC_MAX 8                   /* handles the library keeps inside its context */

struct lws;
struct lws_context;
struct lws_vhost;
struct ws_session;

struct ws {
    struct loop *loop;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct ws_conf conf;
    struct slots sessions;
    struct ws_session *leaving;
    struct ws_session *adopting;
    uv_prepare_t prepare;
    struct timer ping, ending;
    const uv_handle_t *lws_handle[WS_STATIC_MAX]; /* the library's own, not per socket */
    size_t lws_handles;
    int pipe_fd; /* of the library's wake-up pipe; -1 = unknown */
    bool saying_goodbye;
    int open_handles;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ws.c: how the library calls us, and what the life cycle calls. */
int ws_on_event(struct lws *wsi, int reason, void *in, size_t len);
void ws_ping_all(struct ws *w);
void ws_send_closes(struct ws *w); /* outside the library */

#endif
