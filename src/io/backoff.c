/* SPDX-License-Identifier: Apache-2.0
 *
 * Full jitter (and not "half plus jitter"): after an outage a thousand clients come back
 * spread over the whole window instead of in waves. The window stops growing at the cap,
 * so `tries` may count on for ever without overflow.
 */
#include "io/backoff.h"

#include "base/rand.h"

int64_t backoff_next_ms(struct backoff *b)
{
    int64_t window = b->base_ms > 0 ? b->base_ms : 1;
    for (int i = 0; i < b->tries && window < b->cap_ms; i++)
        window = window > b->cap_ms / 2 ? b->cap_ms : window * 2;
    if (window > b->cap_ms)
        window = b->cap_ms;
    else
        b->tries++;
    int64_t wait = window > 0 ? (int64_t)rand_below((uint64_t)window + 1) : 0;
    return wait > 0 ? wait : 1;
}

void backoff_reset(struct backoff *b)
{
    b->tries = 0;
}
