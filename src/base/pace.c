/* SPDX-License-Identifier: Apache-2.0
 *
 * A window's oldest time is the one the next will overwrite, once it is full.
 */
#include "base/pace.h"

int64_t pace_due(const struct pace *p, int64_t step_ms, int burst)
{
    return p->full_ms - (burst - 1) * step_ms;
}

void pace_take(struct pace *p, int64_t step_ms, int64_t now_ms)
{
    p->full_ms = (p->full_ms > now_ms ? p->full_ms : now_ms) + step_ms;
}

int64_t window_due(const struct window *w, unsigned most, int64_t span_ms)
{
    return w->taken < most ? INT64_MIN : w->at_ms[w->next] + span_ms;
}

void window_take(struct window *w, unsigned most, int64_t now_ms)
{
    w->at_ms[w->next] = now_ms;
    w->next = (w->next + 1) % most;
    if (w->taken < most)
        w->taken++;
}

int64_t window_empty(const struct window *w, unsigned most, int64_t span_ms)
{
    return w->taken ? w->at_ms[(w->next + most - 1) % most] + span_ms : INT64_MIN;
}
