/* SPDX-License-Identifier: Apache-2.0
 *
 * REST calls on their way to Discord. Calls of one channel (one major parameter) go in order, one at a time;
 * channels do not wait for each other; limits.h says when. First answers to interactions pass by all of that.
 * Loop thread.
 *
 * A call that may be repeated is, here, a few times: one that surely did not take effect always, and one that
 * perhaps did where saying it twice is saying it once. What is left is told as it is (`maybe`), and its owner
 * decides. When the token is refused nothing that wants it goes out any more: 401s would shut the address
 * out.
 */
#ifndef DISCORD_REST_H
#define DISCORD_REST_H

#include "adapters/discord/limits.h"

struct loop;
struct http;

struct dc_rest;

struct dc_rest_conf {
    const char *api_base; /* no trailing slash */
    const char *token;
    struct loop *loop;
    struct http *http;
};

struct dc_request {
    enum dc_call call;
    const char *a, *b, *c; /* parameters of dc_route */
    const char *body;      /* JSON, "" = none; copied */
    bool repeatable;       /* twice is as once: an edit, a create with a nonce */
    bool droppable;        /* progress: given up when something of its channel waits that is not */
    /* Exactly once, also at close (DC_RETRY). maybe: it may have taken effect though `reply` says not.
     * `reply` is borrowed. May call anything of this header. NULL = nobody waits. */
    void (*done)(void *ctx, const struct dc_reply *reply, bool maybe);
    /* May be NULL: the whole body of a DC_OK, before done. */
    void (*body_of)(void *ctx, const char *json, size_t len);
    void *ctx;
};

/* 0, X_E_INVALID, -ENOMEM; no text of it shows the token. */
int dc_rest_open(struct dc_rest **out, const struct dc_rest_conf *conf, struct err *err);
/* 0; X_E_FULL (10,000 wait), X_E_INVALID (no such route), X_E_CLOSED, -ENOMEM. done comes in a later round.
 */
int dc_rest_send(struct dc_rest *r, const struct dc_request *q);
size_t dc_rest_waiting(const struct dc_rest *r);
bool dc_rest_shut_out(const struct dc_rest *r); /* the token was refused */
int dc_rest_invalid(const struct dc_rest *r);   /* 401, 403, 429 of the last ten minutes */
/* Before http_close. done of every call is called; frees in a later loop round. NULL is fine. */
void dc_rest_close(struct dc_rest *r);

#endif
