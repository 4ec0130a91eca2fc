/* SPDX-License-Identifier: Apache-2.0
 *
 * Full jitter between tries, so that turns which failed together do not come back together. A pause has
 * memory of its own, because a libuv timer outlives the turn it serves by a loop round.
 */
#include "pipeline/retry.h"

#include <errno.h>
#include <stdlib.h>

struct pause {
    struct timer timer;
    void (*over)(void *ctx);
    void *ctx;
};

int64_t retry_wait_ms(const struct llm_result *r, struct backoff *b, int64_t left_ms)
{
    bool passes = r->end == LLM_TRANSIENT || r->end == LLM_TIMEOUT_CONNECT || r->end == LLM_RATE;
    if (!passes || b->tries >= RETRY_MAX)
        return -1;
    int64_t wait = backoff_next_ms(b);
    if (r->retry_after_ms > wait)
        wait = r->retry_after_ms;
    return wait <= RETRY_AFTER_MAX_MS && wait < left_ms / 2 ? wait : -1;
}

static void pause_free(struct timer *t)
{
    free(CONTAINER_OF(t, struct pause, timer));
}

static void pause_over(struct timer *t)
{
    struct pause *p = CONTAINER_OF(t, struct pause, timer);
    void (*over)(void *ctx) = p->over;
    void *ctx = p->ctx;
    timer_close(t, pause_free);
    over(ctx);
}

int pause_begin(struct pause **out, struct loop *l, int64_t ms, void (*over)(void *ctx), void *ctx)
{
    struct pause *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->over = over;
    p->ctx = ctx;
    timer_open(&p->timer, l, pause_over);
    timer_start(&p->timer, ms);
    *out = p;
    return 0;
}

void pause_cancel(struct pause *p)
{
    timer_stop(&p->timer);
    timer_close(&p->timer, pause_free);
}
