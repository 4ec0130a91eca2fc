/* SPDX-License-Identifier: Apache-2.0
 *
 * When the next may go, two ways: a message, a request, a frame. io/limiter.h does neither: there the burst
 * is a whole minute's worth, so that a group would get forty messages in its first minute. Pure; times are of
 * one monotonic clock.
 */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <parley/base.h>

/* A steady pace with bursts, as one number: the moment all tokens are back (GCRA). Zeroed = full. */
struct pace {
    int64_t full_ms;
};

/* `step_ms` between two, `burst` of them at once; the same numbers each time. No span of T ms holds more than
 * burst + T / step_ms. */
int64_t pace_due(const struct pace *p, int64_t step_ms, int burst);
void pace_take(struct pace *p, int64_t step_ms, int64_t now_ms);

/* Never more than `most` in any span, exactly: the last times themselves. Zeroed = none yet. */
#define WINDOW_MAX 30

struct window {
    int64_t at_ms[WINDOW_MAX];
    unsigned taken, next; /* taken stops at `most` */
};

int64_t window_due(const struct window *w, unsigned most, int64_t span_ms);
void window_take(struct window *w, unsigned most, int64_t now_ms);            /* most <= WINDOW_MAX */
int64_t window_empty(const struct window *w, unsigned most, int64_t span_ms); /* when it has forgotten all */

#endif
