/* SPDX-License-Identifier: Apache-2.0
 *
 * A linear walk: a server here has some twenty routes, and twenty string compares cost less
 * than one header line.
 */
#include "io/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void routes_free(struct routes *t)
{
    for (size_t i = 0; i < t->https; i++) {
        free((void *)(uintptr_t)t->http[i].path);
        free((void *)(uintptr_t)t->http[i].method);
    }
    for (size_t i = 0; i < t->wss; i++)
        free((void *)(uintptr_t)t->ws[i].path);
    free(t->http);
    free(t->ws);
    *t = (struct routes){ 0 };
}

int routes_add(struct routes *t, const struct route *r, struct err *err)
{
    for (size_t i = 0; i < t->https; i++)
        if (!strcmp(t->http[i].path, r->path) && !strcmp(t->http[i].method, r->method))
            return err_set(err, X_E_DUPLICATE, "route %s %s is already taken", r->method, r->path);
    struct route *grown = realloc(t->http, (t->https + 1) * sizeof(*grown));
    if (!grown)
        return err_set(err, -ENOMEM, "routes: out of memory");
    t->http = grown;
    struct route copy = *r;
    copy.path = strdup(r->path);
    copy.method = strdup(r->method);
    if (!copy.path || !copy.method) {
        free((void *)(uintptr_t)copy.path);
        free((void *)(uintptr_t)copy.method);
        return err_set(err, -ENOMEM, "routes: out of memory");
    }
    t->http[t->https++] = copy;
    return 0;
}

const struct ws_route *routes_ws(const struct routes *t, const char *path)
{
    for (size_t i = 0; i < t->wss; i++)
        if (!strcmp(t->ws[i].path, path))
            return &t->ws[i];
    return NULL;
}

int routes_add_ws(struct routes *t, const struct ws_route *r, struct err *err)
{
    if (routes_ws(t, r->path))
        return err_set(err, X_E_DUPLICATE, "websocket route %s is already taken", r->path);
    struct ws_route *grown = realloc(t->ws, (t->wss + 1) * sizeof(*grown));
    if (!grown)
        return err_set(err, -ENOMEM, "routes: out of memory");
    t->ws = grown;
    struct ws_route copy = *r;
    copy.path = strdup(r->path);
    if (!copy.path)
        return err_set(err, -ENOMEM, "routes: out of memory");
    t->ws[t->wss++] = copy;
    return 0;
}

static void allow_list(const struct routes *t, const char *path, char allow[ROUTES_ALLOW_BYTES])
{
    struct buf b = BUF_INIT(ROUTES_ALLOW_BYTES - 1);
    for (size_t i = 0; i < t->https; i++) {
        if (strcmp(t->http[i].path, path) != 0)
            continue;
        bool get = !strcmp(t->http[i].method, "GET");
        buf_printf(&b, "%s%s%s", b.len ? ", " : "", t->http[i].method, get ? ", HEAD" : "");
    }
    memcpy(allow, buf_text(&b), b.len + 1);
    buf_free(&b);
}

int routes_find(const struct routes *t, struct str method, const char *path, const struct route **out,
                char allow[ROUTES_ALLOW_BYTES])
{
    bool known = false;
    allow[0] = '\0';
    if (str_eqs(method, "HEAD"))
        method = STR("GET");
    for (size_t i = 0; i < t->https; i++) {
        if (strcmp(t->http[i].path, path) != 0)
            continue;
        known = true;
        if (str_eqs(method, t->http[i].method)) {
            *out = &t->http[i];
            return 0;
        }
    }
    if (!known)
        return X_E_NOT_FOUND;
    allow_list(t, path, allow);
    return X_E_DENIED;
}
