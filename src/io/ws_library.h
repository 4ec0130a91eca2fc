/* SPDX-License-Identifier: Apache-2.0
 *
 * A context of libwebsockets as a guest on our loop: its beginning and its two-phase end, the same for the
 * server's sessions (ws.c) and for the client (wsc.c), each of which has a context of its own. Loop thread
 * only.
 */
#ifndef IO_WS_LIBRARY_H
#define IO_WS_LIBRARY_H

#include "io/loop.h"

#define WS_STATIC_MAX 8 /* handles the library keeps inside its context */

struct lws;
struct lws_context;
struct lws_context_creation_info;
struct lws_vhost;

/* Embedded in its owner, which must outlive `closed`. */
struct ws_library {
    struct loop *loop;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    const uv_handle_t *handle[WS_STATIC_MAX]; /* the library's own, not per socket */
    size_t handles;
    int pipe_fd; /* of the library's wake-up pipe; -1 = unknown */
    struct timer ending;
    void (*closed)(struct ws_library *lib);
};

/* `info`: options, protocols and user; the rest that a foreign loop needs is filled in. 0 or -ENOTSUP; in
 * either case ws_library_close must follow. */
int ws_library_open(struct ws_library *lib, struct loop *l, struct lws_context_creation_info *info);
/* Outside any callback of the library. Nothing of it is left when `closed` runs, as the loop runs on. */
void ws_library_close(struct ws_library *lib, void (*closed)(struct ws_library *lib));

#endif
