/* SPDX-License-Identifier: Apache-2.0
 *
 * state: an adapter's durable words, by way of the store's writer. Each request holds the drain back until it
 * is on disk, and its answer comes while the adapter still stands. Keys may name people and chats, so all
 * behind the channel's name is stored as a keyed hash.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/hash.h"
#include "base/str.h"
#include "gateway/inside.h"

#define STATE_BYTES (1U << 20) /* of one key and its value */

struct stating {
    struct store_op op;
    struct gateway *gateway;
    struct arena words;
    state_done *done;
    void *ctx;
};

static void stated(struct store_op *op)
{
    struct stating *s = op->ctx;
    struct gateway *g = s->gateway;
    if (op->rc)
        log_error("state.failed", "key=%s err=\"%s\"", op->u.state.key, op->err.text);
    if (s->done)
        s->done(s->ctx, op->rc, op->u.state.got);
    arena_wipe(&s->words);
    free(s);
    g->parts_open--;
    gateway_check_drained(g);
}

static char *stored_key(struct gateway *g, const char *key, struct arena *words)
{
    char hash[SHA256_HEX];
    const struct str part[] = { STR("state"), str_of(key) };
    hmac_hex(hash, g->pipe.keys.identity, part, ARRAY_LEN(part));
    return arena_printf(words, "%.*s.%s", (int)strcspn(key, "."), key, hash);
}

static void state_ask(struct host *h, const struct store_state *what, state_done *done, void *ctx)
{
    struct gateway *g = CONTAINER_OF(h, struct gateway, host);
    struct stating *s = calloc(1, sizeof *s);
    if (s) {
        arena_init(&s->words, STATE_BYTES);
        s->op.u.state = *what;
        s->op.u.state.key = stored_key(g, what->key, &s->words);
        s->op.u.state.value = what->value ? arena_strdup(&s->words, what->value) : NULL;
    }
    if (!s || s->words.failed) {
        if (s)
            arena_wipe(&s->words);
        free(s);
        if (done)
            done(ctx, -ENOMEM, NULL);
        return;
    }
    s->op.kind = STORE_STATE;
    s->op.done = stated;
    s->op.ctx = s;
    s->op.u.state.now_ms = clock_wall_ms();
    s->op.u.state.arena = &s->words;
    s->gateway = g;
    s->done = done;
    s->ctx = ctx;
    g->parts_open++;
    store_submit(g->pipe.store, &s->op);
}

void state_put(struct host *h, const char *key, const char *value, int64_t until_wall_ms, state_done *done,
               void *ctx)
{
    const struct store_state what = {
        .what = STATE_PUT, .key = key, .value = value, .until_ms = until_wall_ms
    };
    state_ask(h, &what, done, ctx);
}

void state_get(struct host *h, const char *key, state_done *done, void *ctx)
{
    state_ask(h, &(struct store_state){ .what = STATE_GET, .key = key }, done, ctx);
}

void state_take(struct host *h, const char *key, state_done *done, void *ctx)
{
    state_ask(h, &(struct store_state){ .what = STATE_TAKE, .key = key }, done, ctx);
}
