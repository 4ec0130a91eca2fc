/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /later answered from a posted task, GET /now answered in the handler: what the server side
 * of src/io costs without a pipeline behind it. Runs until SIGTERM; drive it with wrk.
 */
#include <stdio.h>
#include <stdlib.h>

#include "io/server.h"

struct later {
    struct task task;
    server_id id;
    size_t len;
    char body[4096];
};

static struct loop loop;
static struct server *server;
static uv_signal_t term;

static void on_later(struct task *t)
{
    struct later *l = CONTAINER_OF(t, struct later, task);
    server_respond(server, l->id, 200, "application/json", NULL, 0, l->body, l->len);
    free(l);
}

static void on_post(const struct server_request *req)
{
    struct later *l = calloc(1, sizeof(*l));
    if (!l)
        return;
    l->id = req->id;
    for (l->len = 0; l->len < req->body.len && l->len < sizeof(l->body); l->len++)
        l->body[l->len] = req->body.at[l->len];
    l->task.run = on_later;
    loop_post(&loop, &l->task);
}

static void on_get(const struct server_request *req)
{
    server_respond(server, req->id, 200, "text/plain", NULL, 0, "hello\n", 6);
}

static void on_closed(void *ctx)
{
    (void)ctx;
    loop_shut(&loop);
}

static void on_term(uv_signal_t *s, int signum)
{
    (void)signum;
    uv_close((uv_handle_t *)s, NULL);
    server_close(server, on_closed, NULL);
}

int main(int argc, char **argv)
{
    struct err err = { "" };
    const struct server_conf conf = { .listen = argc > 1 ? argv[1] : "127.0.0.1:8099" };
    const struct route post = { "POST", "/later", SERVER_BODY_MAX, on_post, NULL };
    const struct route get = { "GET", "/now", 0, on_get, NULL };
    if (loop_open(&loop, &err) || server_open(&server, &loop, &conf, &err) ||
        server_route(server, &post, &err) || server_route(server, &get, &err) ||
        server_listen(server, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    uv_signal_init(&loop.uv, &term);
    uv_signal_start(&term, on_term, SIGTERM);
    loop_run(&loop);
    return loop_close(&loop) ? EXIT_FAILURE : EXIT_SUCCESS;
}
