/* SPDX-License-Identifier: Apache-2.0
 *
 * state: an adapter's durable words, by way of the store's writer. Each request holds the drain back until it
 * is on disk, and its answer comes while the adapter still stands. Keys may name people and chats, so all
 * behind the channel's name is stored as a keyed hash; values may hold what somebody wrote, so they are
 * sealed, each bound to its key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/hash.h"
#include "base/str.h"
#include "gateway/inside.h"

#define STATE_BYTES (2U << 20) /* of one key, its value, and that sealed, in hex */

struct stating {
    struct store_op op;
    struct gateway *gateway;
    struct arena words;
    state_done *done;
    void *ctx;
};

static const char *sealed(const struct stating *s, const char *key, const char *value, struct arena *words)
{
    size_t len = 0;
    void *raw = keys_seal(&s->gateway->pipe.keys, key, value, words, &len);
    char *hex = raw ? arena_alloc(words, 2 * len + 1) : NULL;
    if (hex)
        hex_write(hex, raw, len);
    return hex;
}

/* NULL also for what does not open: another seal.key than when it was put. */
static const char *opened(const struct stating *s, const char *key, const char *hex, struct arena *words)
{
    size_t len = strlen(hex) / 2;
    void *raw = arena_alloc(words, len + 1);
    return raw && hex_read(raw, len, hex) ? keys_open(&s->gateway->pipe.keys, key, raw, len, words) : NULL;
}

static void stated(struct store_op *op)
{
    struct stating *s = op->ctx;
    struct gateway *g = s->gateway;
    const char *got = op->u.state.got;
    if (op->rc)
        log_error("state.failed", "key=%s err=\"%s\"", op->u.state.key, op->err.text);
    if (got && !(got = opened(s, op->u.state.key, got, &s->words)))
        log_error("state.unreadable", "key=%s hint=\"was seal.key replaced?\"", op->u.state.key);
    if (s->done)
        s->done(s->ctx, op->rc, got);
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
        s->gateway = g;
        s->op.u.state = *what;
        s->op.u.state.key = stored_key(g, what->key, &s->words);
        s->op.u.state.value =
            what->value && s->op.u.state.key ? sealed(s, s->op.u.state.key, what->value, &s->words) : NULL;
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
