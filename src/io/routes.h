/* SPDX-License-Identifier: Apache-2.0
 *
 * What is served where: exact paths, a handful of methods each, and the websocket endpoints.
 * Filled before listening, read-only after. Pure.
 */
#ifndef IO_ROUTES_H
#define IO_ROUTES_H

#include "io/server.h"

#define ROUTES_ALLOW_BYTES 256

struct routes {
    struct route *http; /* paths and methods owned */
    size_t https;
    struct ws_route *ws; /* paths owned */
    size_t wss;
};

void routes_free(struct routes *t);
int routes_add(struct routes *t, const struct route *r, struct err *err);       /* X_E_DUPLICATE */
int routes_add_ws(struct routes *t, const struct ws_route *r, struct err *err); /* X_E_DUPLICATE */
const struct ws_route *routes_ws(const struct routes *t, const char *path);     /* NULL = none */

/* 0 with *out; X_E_NOT_FOUND; X_E_DENIED with "GET, HEAD" in `allow`. HEAD finds GET. */
int routes_find(const struct routes *t, struct str method, const char *path, const struct route **out,
                char allow[ROUTES_ALLOW_BYTES]);

#endif
