/* SPDX-License-Identifier: Apache-2.0
 *
 * When the next message may go, two ways. io/limiter.h does neither: there the burst is a whole minute's
 * worth, so that a group would get forty messages in its first minute. Pure; times are of one monotonic
 * clock.
 */
#ifndef TELEGRAM_BUCKET_H
#define TELEGRAM_BUCKET_H

#include <parley/base.h>

/* A steady pace with bursts, as one number: the moment all tokens are back (GCRA). Zeroed = full. */
struct tg_bucket {
    int64_t full_ms;
};

int64_t tg_bucket_due(const struct tg_bucket *b, int64_t step_ms, int burst);
void tg_bucket_take(struct tg_bucket *b, int64_t step_ms, int64_t now_ms);

/* Never more than `most` in any span, exactly: the last times themselves. Zeroed = none yet. */
#define TG_WINDOW_MAX 30

struct tg_window {
    int64_t at_ms[TG_WINDOW_MAX];
    unsigned taken, next; /* taken stops at `most` */
};

int64_t tg_window_due(const struct tg_window *w, unsigned most, int64_t span_ms);
void tg_window_take(struct tg_window *w, unsigned most, int64_t now_ms); /* most <= TG_WINDOW_MAX */
int64_t tg_window_empty(const struct tg_window *w, unsigned most,
                        int64_t span_ms); /* when it has forgotten all */

#endif
