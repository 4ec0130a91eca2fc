/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by ws.c (sessions) and ws_life.c (their beginning and end as a whole). Nobody else includes this.
 */
#ifndef IO_WS_IMPL_H
#define IO_WS_IMPL_H

#include "io/slots.h"
#include "io/ws.h"
#include "io/ws_library.h"

#define WS_MARK (UINT64_C(1) << 63) /* in the handles of sessions */

struct ws_session;

struct ws {
    struct loop *loop;
    struct ws_library library;
    struct ws_conf conf;
    struct slots sessions;
    struct ws_session *leaving;
    struct ws_session *adopting;
    uv_prepare_t prepare;
    struct timer ping;
    bool saying_goodbye;
    int open_handles; /* the library counts as one */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ws.c: how the library calls us, and what the life cycle calls. */
int ws_on_event(struct lws *wsi, int reason, void *in, size_t len);
void ws_ping_all(struct ws *w);
void ws_send_closes(struct ws *w); /* outside the library */

#endif
