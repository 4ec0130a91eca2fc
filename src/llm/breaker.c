/* SPDX-License-Identifier: Apache-2.0
 *
 * A probe is taken when a call begins, not when somebody asks: a turn may ask and never come to call. Only
 * the probe's own failure opens a breaker again, so calls that were already running cannot lock it for ever.
 */
#include "llm/breaker.h"

bool breaker_lets(const struct breaker *b, int64_t now_ms)
{
    bool open_due = b->state == BREAKER_OPEN && now_ms >= b->until_ms;
    return now_ms >= b->cool_ms && (b->state == BREAKER_CLOSED || open_due);
}

bool breaker_is_well(const struct breaker *b, int64_t now_ms)
{
    return b->state == BREAKER_CLOSED && now_ms >= b->cool_ms;
}

bool breaker_take(struct breaker *b)
{
    if (b->state != BREAKER_OPEN)
        return false;
    b->state = BREAKER_PROBING;
    return true;
}

bool breaker_answered(struct breaker *b)
{
    bool was_open = b->state == BREAKER_OPEN || b->state == BREAKER_PROBING;
    if (b->state == BREAKER_DEAD)
        return false;
    b->state = BREAKER_CLOSED;
    b->failures = 0;
    return was_open;
}

static int64_t at_most(int64_t ms)
{
    return ms < BREAKER_LONGEST_MS ? ms : BREAKER_LONGEST_MS;
}

bool breaker_failed(struct breaker *b, bool probe, int64_t wait_ms, int64_t now_ms)
{
    bool was_closed = b->state == BREAKER_CLOSED;
    bool ends_probe = probe && b->state == BREAKER_PROBING;
    if (!ends_probe && !(was_closed && ++b->failures >= BREAKER_FAILURES))
        return false;
    b->state = BREAKER_OPEN;
    b->until_ms = now_ms + (wait_ms > BREAKER_OPEN_MS ? at_most(wait_ms) : BREAKER_OPEN_MS);
    return was_closed;
}

void breaker_spared(struct breaker *b, bool probe)
{
    if (probe && b->state == BREAKER_PROBING)
        b->state = BREAKER_OPEN;
}

bool breaker_cool(struct breaker *b, bool probe, int64_t ms, int64_t now_ms)
{
    bool was_well = breaker_is_well(b, now_ms);
    int64_t until_ms = now_ms + at_most(ms);
    breaker_spared(b, probe);
    if (until_ms > b->cool_ms)
        b->cool_ms = until_ms;
    return was_well && b->cool_ms > now_ms;
}

bool breaker_kill(struct breaker *b)
{
    bool first = b->state != BREAKER_DEAD;
    b->state = BREAKER_DEAD;
    return first;
}
