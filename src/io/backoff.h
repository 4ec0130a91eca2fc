/* SPDX-License-Identifier: Apache-2.0
 *
 * Exponential back-off with full jitter: the n-th wait is uniform in [0, min(cap, base * 2^n)].
 */
#ifndef IO_BACKOFF_H
#define IO_BACKOFF_H

#include <parley/base.h>

struct backoff {
    int64_t base_ms, cap_ms;
    int tries;
};

int64_t backoff_next_ms(struct backoff *b); /* at least 1 */
void backoff_reset(struct backoff *b);

#endif
