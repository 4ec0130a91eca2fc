/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning and the end of libwebsockets on our loop. The end is in two steps, because its
 * context holds libuv handles that must have closed before it may be freed, and it does not say
 * when they have: the first destroy begins, the second, when the handles are gone, frees.
 */
#include "io/ws_library.h"

#include <libwebsockets.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <parley/log.h>

#define SHUT_CHECK_MS 1

static void on_log(int level, const char *line)
{
    (void)level;
    log_debug("ws.library", "text=\"%.*s\"", (int)strcspn(line, "\n"), line);
}

struct census {
    const uv_handle_t **at;
    size_t n;
    bool failed;
};

/* The library keeps an idle handle and a timer inside its context, which must not be freed before they
 * have closed, and polls its wake-up pipe. */
static bool is_of_interest(const uv_handle_t *h)
{
    return h->type == UV_IDLE || h->type == UV_TIMER || h->type == UV_POLL;
}

static bool counted(const struct census *c, const uv_handle_t *h)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i] == h)
            return true;
    return false;
}

static void count_handle(uv_handle_t *h, void *ctx)
{
    struct census *c = ctx;
    if (!is_of_interest(h))
        return;
    const uv_handle_t **grown = realloc(c->at, (c->n + 1) * sizeof(*grown));
    if (grown) {
        c->at = grown;
        c->at[c->n++] = h;
    }
    c->failed |= !grown;
}

static void create_context(struct ws_library *lib, struct lws_context_creation_info *info)
{
    void *loops[1] = { &lib->loop->uv };
    info->options |= LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->foreign_loops = loops;
    info->pcontext = &lib->lws;
    info->gid = info->uid = -1;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    lib->lws = lws_create_context(info);
    lib->vhost = lib->lws ? lws_create_vhost(lib->lws, info) : NULL;
    info->foreign_loops = NULL; /* was ours */
}

struct newcomers {
    struct ws_library *lib;
    const struct census *before;
};

static void note_newcomer(uv_handle_t *h, void *ctx)
{
    const struct newcomers *n = ctx;
    struct ws_library *lib = n->lib;
    if (!is_of_interest(h) || counted(n->before, h))
        return;
    if (h->type == UV_POLL)
        uv_fileno(h, &lib->pipe_fd);
    else if (lib->handles < WS_STATIC_MAX)
        lib->handle[lib->handles++] = h;
}

/* Remembers which handles of the loop are the library's: those that were not there before. */
int ws_library_open(struct ws_library *lib, struct loop *l, struct lws_context_creation_info *info)
{
    struct census before = { 0 };
    *lib = (struct ws_library){ .loop = l, .pipe_fd = -1 };
    uv_walk(&l->uv, count_handle, &before);
    if (!before.failed)
        create_context(lib, info);
    const struct newcomers n = { lib, &before };
    uv_walk(&l->uv, note_newcomer, (void *)(uintptr_t)&n);
    free(before.at);
    return lib->lws && lib->vhost ? 0 : -ENOTSUP;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void on_ending_closed(struct timer *t)
{
    struct ws_library *lib = CONTAINER_OF(t, struct ws_library, ending);
    lib->closed(lib);
}

struct leftover {
    const struct ws_library *lib;
    bool any;
};

static void look_for_ours(uv_handle_t *h, void *ctx)
{
    struct leftover *l = ctx;
    for (size_t i = 0; i < l->lib->handles; i++)
        l->any |= l->lib->handle[i] == h;
}

/* The library's context may be freed only when its own handles have closed, and it does not say
 * when that is: so look. The walk compares addresses and touches nothing. */
static void on_ending(struct timer *t)
{
    struct ws_library *lib = CONTAINER_OF(t, struct ws_library, ending);
    struct leftover left = { .lib = lib };
    uv_walk(&lib->loop->uv, look_for_ours, &left);
    if (left.any) {
        timer_start(t, SHUT_CHECK_MS);
        return;
    }
    if (lib->lws)
        lws_context_destroy(lib->lws); /* second time: frees */
    timer_close(t, on_ending_closed);
}

/* The first destroy closes the pipe, and a loop round later the library closes the same number again,
 * whoever has it by then. So it is taken at once by something that nobody will miss. */
static void plug_pipe(const struct ws_library *lib)
{
    int fd = lib->pipe_fd >= 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fd == lib->pipe_fd)
        return;
    int plug = fcntl(fd, F_DUPFD_CLOEXEC, lib->pipe_fd);
    close(fd);
    if (plug >= 0 && plug != lib->pipe_fd) /* taken meanwhile: nothing to be done */
        close(plug);
}

void ws_library_close(struct ws_library *lib, void (*closed)(struct ws_library *lib))
{
    lib->closed = closed;
    timer_open(&lib->ending, lib->loop, on_ending);
    if (lib->lws) {
        lws_context_destroy(lib->lws); /* first time: begins to close */
        plug_pipe(lib);
    }
    timer_start(&lib->ending, 0);
}
