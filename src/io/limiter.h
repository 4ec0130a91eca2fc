/* SPDX-License-Identifier: Apache-2.0
 *
 * Token buckets keyed by text, in a bounded table: when it is full the stalest full-again
 * bucket goes first, so a flood of new keys cannot grow memory. Loop thread only.
 */
#ifndef IO_LIMITER_H
#define IO_LIMITER_H

#include <parley/status.h>

struct limiter;

int limiter_open(struct limiter **out, size_t keys_max, struct err *err);
/* Takes one token of `key`; `per_minute` <= 0 = unlimited. The burst equals per_minute.
 * 0, or X_E_LIMIT with *retry_after_ms. */
int limiter_take(struct limiter *l, const char *key, int per_minute, int64_t now_mono_ms,
                 int64_t *retry_after_ms);
void limiter_close(struct limiter *l);

#endif
