/* SPDX-License-Identifier: Apache-2.0
 *
 * A window's oldest time is the one the next will overwrite, once it is full.
 */
#include "adapters/telegram/bucket.h"

int64_t tg_bucket_due(const struct tg_bucket *b, int64_t step_ms, int burst)
{
    return b->full_ms - (burst - 1) * step_ms;
}

void tg_bucket_take(struct tg_bucket *b, int64_t step_ms, int64_t now_ms)
{
    b->full_ms = (b->full_ms > now_ms ? b->full_ms : now_ms) + step_ms;
}

int64_t tg_window_due(const struct tg_window *w, unsigned most, int64_t span_ms)
{
    return w->taken < most ? INT64_MIN : w->at_ms[w->next] + span_ms;
}

void tg_window_take(struct tg_window *w, unsigned most, int64_t now_ms)
{
    w->at_ms[w->next] = now_ms;
    w->next = (w->next + 1) % most;
    if (w->taken < most)
        w->taken++;
}

int64_t tg_window_empty(const struct tg_window *w, unsigned most, int64_t span_ms)
{
    return w->taken ? w->at_ms[(w->next + most - 1) % most] + span_ms : INT64_MIN;
}
