/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the same provider again: whether and when, and the wait itself. Loop thread.
 */
#ifndef PIPELINE_RETRY_H
#define PIPELINE_RETRY_H

#include <parley/provider.h>

#include "io/backoff.h"
#include "io/loop.h"

#define RETRY_BASE_MS      250
#define RETRY_CAP_MS       2000
#define RETRY_MAX          2    /* of one provider in one turn */
#define RETRY_AFTER_MAX_MS 5000 /* a person waits: longer than this the next best answer is better now */

/* Milliseconds to wait, -1 = do not ask again: the fault does not pass by itself, it was tried often
 * enough, or what the provider asks for (Retry-After) or the deadline leaves no room. */
int64_t retry_wait_ms(const struct llm_result *r, struct backoff *b, int64_t left_ms);

/* One call of over() after `ms`, unless cancelled; the pause is gone after either. 0 or -ENOMEM. */
struct pause;
int pause_begin(struct pause **out, struct loop *l, int64_t ms, void (*over)(void *ctx), void *ctx);
void pause_cancel(struct pause *p);

#endif
