/* SPDX-License-Identifier: Apache-2.0
 *
 * The books of REST limits: may this call go now, and if not, when. Limits are never known beforehand, only
 * from the headers of answers: a call of a kind that nothing is known of goes alone. No clock, no I/O; times
 * are of one monotonic clock. Not thread-safe.
 *
 * Callbacks of interactions have three seconds and are outside of Discord's global limit: they pass by all of
 * this, unless a callback itself was told to wait.
 *
 * Discord shuts out an address for 10,000 answers of 401, 403 or 429 in ten minutes. From DC_INVALID_SLOW of
 * them in that time on, one call a second goes, so there can never be 2,000.
 */
#ifndef DISCORD_LIMITS_H
#define DISCORD_LIMITS_H

#include "adapters/discord/wire_rest.h"
#include "base/pace.h"
#include "base/table.h"

#define DC_GLOBAL_BURST    10 /* Discord, Rate Limits: 50 a second; this many at once and ... */
#define DC_GLOBAL_STEP_MS  25 /* ... one more each: never more than 50 in any second */
#define DC_INVALID_SLOW    1000
#define DC_INVALID_STEP_MS 1000
#define DC_INVALID_SLOTS   11 /* minutes, the current one among them */
#define DC_BUCKETS_MAX     20000

struct dc_bucket;

struct dc_limits {
    struct table buckets; /* by name of the bucket and major parameter */
    size_t sweep_at;
    struct {
        char bucket[DC_HASH_BYTES]; /* as it was last told; "" = never yet */
        int limit;                  /* of a bucket that is new; -1 = unknown */
    } kind[DC_CALLS];
    struct pace global, slow;
    int64_t pause_ms, callback_ms; /* not before */
    struct {
        int64_t minute;
        int count;
    } invalid[DC_INVALID_SLOTS];
};

/* A call on its way. */
struct dc_ticket {
    enum dc_call call;
    struct dc_bucket *bucket; /* NULL of a callback */
};

void dc_limits_init(struct dc_limits *l);
void dc_limits_free(struct dc_limits *l); /* tickets that are out are not to be used any more */
/* 0: it goes now, and dc_limits_done must follow. X_E_BUSY: not before *due_ms, and worth asking again when a
 * call with the same major parameter is done; INT64_MAX = not before that. X_E_FULL (too many channels at
 * once), -ENOMEM. */
int dc_limits_take(struct dc_limits *l, const struct dc_route *r, int64_t now_ms, struct dc_ticket *t,
                   int64_t *due_ms);
/* Also of a call that got no answer, or never left. `r` as it was taken. */
void dc_limits_done(struct dc_limits *l, const struct dc_ticket *t, const struct dc_route *r,
                    const struct dc_rate *rate, const struct dc_reply *reply, int64_t now_ms);
/* 401, 403 and 429 of the last ten minutes; for health. */
int dc_limits_invalid(const struct dc_limits *l, int64_t now_ms);

#endif
