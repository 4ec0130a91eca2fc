/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer says remains does not yet know of the calls that are still on their way: all of them are
 * taken off it, those already counted too, which errs on the safe side for the length of a round trip.
 * Answers may overtake each other, also those of a window that is over, so within one window what remains
 * only falls and its end only moves back.
 */
#include "adapters/discord/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS     60000
#define SWEEP_LEAST   1024
#define SAME_RESET_MS 500 /* answers of one window disagree by their time on the line */
#define KEY_BYTES     (DC_HASH_BYTES + DC_MAJOR_BYTES + 2)

struct dc_bucket {
    struct table_link link;
    int limit;     /* -1 = unknown: one call at a time */
    int remaining; /* of the window that ends at reset_ms */
    int flying;
    int64_t reset_ms, hold_ms;
    bool open; /* answers tell no limit */
    char key[KEY_BYTES];
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void dc_limits_init(struct dc_limits *l)
{
    *l = (struct dc_limits){ .sweep_at = SWEEP_LEAST };
    table_init(&l->buckets);
    for (size_t i = 0; i < DC_CALLS; i++)
        l->kind[i].limit = -1;
    for (size_t i = 0; i < DC_INVALID_SLOTS; i++)
        l->invalid[i].minute = -1;
}

static struct dc_bucket *bucket_at(struct table_link *link)
{
    return CONTAINER_OF(link, struct dc_bucket, link);
}

static void free_one(void *ctx, struct table_link *link)
{
    struct dc_limits *l = ctx;

    table_drop(&l->buckets, link);
    free(bucket_at(link));
}

struct sweep {
    struct dc_limits *l;
    int64_t now_ms;
};

/* What a bucket knows of a window that is over is nothing. */
static void sweep_one(void *ctx, struct table_link *link)
{
    struct sweep *s = ctx;
    struct dc_bucket *b = bucket_at(link);

    if (b->flying > 0 || b->reset_ms > s->now_ms || b->hold_ms > s->now_ms)
        return;
    free_one(s->l, link);
}

void dc_limits_free(struct dc_limits *l)
{
    table_each(&l->buckets, free_one, l);
    table_free(&l->buckets);
}

/* Looked through each time it has doubled, so a call costs no more for it. */
static bool has_room(struct dc_limits *l, int64_t now_ms)
{
    struct sweep s = { l, now_ms };

    if (l->buckets.count < l->sweep_at)
        return true;
    table_each(&l->buckets, sweep_one, &s);
    l->sweep_at = l->buckets.count * 2;
    if (l->sweep_at < SWEEP_LEAST)
        l->sweep_at = SWEEP_LEAST;
    if (l->sweep_at > DC_BUCKETS_MAX)
        l->sweep_at = DC_BUCKETS_MAX;
    return l->buckets.count < DC_BUCKETS_MAX;
}

/* As long as nobody has told its name, a kind has a bucket of its own. */
static void key_of(char out[KEY_BYTES], const char *name, const struct dc_route *r)
{
    if (name[0])
        snprintf(out, KEY_BYTES, "%s %s", name, r->major);
    else
        snprintf(out, KEY_BYTES, "#%d %s", (int)r->call, r->major);
}

static struct dc_bucket *bucket_find(const struct dc_limits *l, const char *key)
{
    struct table_link *found = table_get(&l->buckets, key);

    return found ? bucket_at(found) : NULL;
}

/* 0, X_E_FULL, -ENOMEM. */
static int bucket_get(struct dc_limits *l, const struct dc_route *r, int64_t now_ms, struct dc_bucket **out)
{
    char key[KEY_BYTES];
    struct dc_bucket *b;

    key_of(key, l->kind[r->call].bucket, r);
    *out = bucket_find(l, key);
    if (*out)
        return 0;
    if (!has_room(l, now_ms))
        return X_E_FULL;
    b = calloc(1, sizeof *b);
    if (!b)
        return -ENOMEM;
    memcpy(b->key, key, sizeof b->key);
    b->limit = b->remaining = l->kind[r->call].limit;
    if (table_put(&l->buckets, &b->link, b->key)) {
        free(b);
        return -ENOMEM;
    }
    *out = b;
    return 0;
}

/* The first call of its kind in this channel is still out, and the name was told by one in another: it is not
 * counted in the bucket of that name. */
static bool first_is_out(const struct dc_limits *l, const struct dc_route *r)
{
    const struct dc_bucket *first;
    char key[KEY_BYTES];

    key_of(key, "", r);
    first = bucket_find(l, key);
    return first && first->flying > 0;
}

/* ---- may it go ---- */

static int64_t bucket_due(struct dc_bucket *b, int64_t now_ms)
{
    if (b->hold_ms > now_ms)
        return b->hold_ms;
    if (b->open)
        return INT64_MIN;
    if (b->limit < 0)
        return b->flying ? INT64_MAX : INT64_MIN;
    if (b->reset_ms <= now_ms)
        b->remaining = b->limit;
    if (b->remaining > b->flying)
        return INT64_MIN;
    return b->reset_ms > now_ms ? b->reset_ms : INT64_MAX;
}

int dc_limits_invalid(const struct dc_limits *l, int64_t now_ms)
{
    int sum = 0;

    for (size_t i = 0; i < DC_INVALID_SLOTS; i++)
        if (l->invalid[i].minute > now_ms / MINUTE_MS - DC_INVALID_SLOTS)
            sum += l->invalid[i].count;
    return sum;
}

static bool is_braked(const struct dc_limits *l, int64_t now_ms)
{
    return dc_limits_invalid(l, now_ms) >= DC_INVALID_SLOW;
}

/* What all calls but callbacks wait for. */
static int64_t common_due(const struct dc_limits *l, int64_t now_ms)
{
    int64_t due = later(l->pause_ms, pace_due(&l->global, DC_GLOBAL_STEP_MS, DC_GLOBAL_BURST));

    return is_braked(l, now_ms) ? later(due, pace_due(&l->slow, DC_INVALID_STEP_MS, 1)) : due;
}

int dc_limits_take(struct dc_limits *l, const struct dc_route *r, int64_t now_ms, struct dc_ticket *t,
                   int64_t *due_ms)
{
    int rc;

    *t = (struct dc_ticket){ .call = r->call };
    if (r->call == DC_CALL_CALLBACK) {
        *due_ms = l->callback_ms;
        return l->callback_ms > now_ms ? X_E_BUSY : 0;
    }
    rc = bucket_get(l, r, now_ms, &t->bucket);
    if (rc)
        return rc;
    *due_ms = later(bucket_due(t->bucket, now_ms), common_due(l, now_ms));
    if (l->kind[r->call].bucket[0] && first_is_out(l, r))
        *due_ms = INT64_MAX;
    if (*due_ms > now_ms)
        return X_E_BUSY;
    t->bucket->flying++;
    pace_take(&l->global, DC_GLOBAL_STEP_MS, now_ms);
    if (is_braked(l, now_ms))
        pace_take(&l->slow, DC_INVALID_STEP_MS, now_ms);
    return 0;
}

/* ---- what became of it ---- */

static void count_invalid(struct dc_limits *l, const struct dc_reply *reply, int64_t now_ms)
{
    int64_t minute = now_ms / MINUTE_MS;
    size_t slot = (size_t)(minute % DC_INVALID_SLOTS);

    if (reply->status != 401 && reply->status != 403 && reply->status != 429)
        return;
    if (reply->status == 429 && reply->scope == DC_SCOPE_SHARED)
        return;
    if (l->invalid[slot].minute != minute) {
        l->invalid[slot].minute = minute;
        l->invalid[slot].count = 0;
    }
    l->invalid[slot].count++;
}

static void learn_window(struct dc_bucket *b, const struct dc_rate *rate, int64_t now_ms)
{
    int64_t reset_ms = now_ms + rate->reset_after_ms;

    b->open = false;
    b->limit = rate->limit;
    if (b->reset_ms > now_ms && reset_ms <= b->reset_ms + SAME_RESET_MS) {
        b->remaining = rate->remaining < b->remaining ? rate->remaining : b->remaining;
        b->reset_ms = later(b->reset_ms, reset_ms);
        return;
    }
    b->remaining = rate->remaining;
    b->reset_ms = reset_ms;
}

/* The bucket that the answer names, which may be another than the one it was taken from. */
static struct dc_bucket *named(struct dc_limits *l, const struct dc_ticket *t, const struct dc_route *r,
                               const struct dc_rate *rate, int64_t now_ms)
{
    struct dc_bucket *b;

    if (!rate->bucket[0])
        return t->bucket;
    memcpy(l->kind[t->call].bucket, rate->bucket, sizeof rate->bucket);
    return bucket_get(l, r, now_ms, &b) ? t->bucket : b;
}

static void hold(struct dc_limits *l, const struct dc_ticket *t, struct dc_bucket *b,
                 const struct dc_reply *reply, int64_t now_ms)
{
    int64_t until_ms = now_ms + reply->retry_after_ms;

    if (reply->end != DC_LIMITED)
        return;
    if (reply->global)
        l->pause_ms = later(l->pause_ms, until_ms);
    if (t->call == DC_CALL_CALLBACK)
        l->callback_ms = later(l->callback_ms, until_ms);
    else if (b && !reply->global)
        b->hold_ms = later(b->hold_ms, until_ms);
}

void dc_limits_done(struct dc_limits *l, const struct dc_ticket *t, const struct dc_route *r,
                    const struct dc_rate *rate, const struct dc_reply *reply, int64_t now_ms)
{
    struct dc_bucket *b = t->bucket;
    bool tells = rate->limit > 0 && rate->remaining >= 0 && rate->reset_after_ms >= 0;

    count_invalid(l, reply, now_ms);
    if (b) {
        b = named(l, t, r, rate, now_ms);
        t->bucket->flying--; /* not before: one in flight is not swept */
        if (tells) {
            l->kind[t->call].limit = rate->limit;
            learn_window(b, rate, now_ms);
        } else if (reply->end == DC_OK && b->limit < 0) {
            b->open = true;
        }
    }
    hold(l, t, b, reply, now_ms);
}
