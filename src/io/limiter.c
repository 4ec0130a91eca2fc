/* SPDX-License-Identifier: Apache-2.0
 *
 * A token bucket needs one number: the moment it will be full again (the "theoretical
 * arrival time" of GCRA, ITU-T I.371). Taking a token moves it one interval ahead; more
 * than a minute ahead means empty. A binary heap on that moment therefore has at its top
 * the bucket whose loss costs least: a full one while there is any, and an exhausted one
 * last, so that a flood of fresh keys does not wash away the record of an offender.
 *
 * Keys are kept as 64-bit SipHash under a per-process key: no user data stays here, and
 * nobody outside can aim for a collision. All memory is reserved at birth.
 */
#include "io/limiter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define NS_PER_MS     INT64_C(1000000)
#define NS_PER_MINUTE (60000 * NS_PER_MS)
#define KEYS_MAX      (1U << 24)

struct bucket {
    uint64_t key;
    int64_t full_ns;
    uint32_t slot; /* its place in `table` */
};

struct limiter {
    struct bucket *heap; /* least full_ns first */
    uint32_t len, max;
    uint32_t *table; /* heap index + 1, 0 = free; linear probing, at most half full */
    uint32_t mask;
};

/* Where `key` is, or the free slot where it would go. */
static uint32_t table_find(const struct limiter *l, uint64_t key)
{
    uint32_t slot = (uint32_t)key & l->mask;
    while (l->table[slot] && l->heap[l->table[slot] - 1].key != key)
        slot = (slot + 1) & l->mask;
    return slot;
}

/* Frees the slot and closes the gap, so that no tombstones pile up. */
static void table_remove(struct limiter *l, uint32_t gap)
{
    l->table[gap] = 0;
    for (uint32_t at = (gap + 1) & l->mask; l->table[at]; at = (at + 1) & l->mask) {
        struct bucket *b = &l->heap[l->table[at] - 1];
        uint32_t home = (uint32_t)b->key & l->mask;
        if (((at - home) & l->mask) < ((at - gap) & l->mask))
            continue;
        l->table[gap] = l->table[at];
        l->table[at] = 0;
        b->slot = gap;
        gap = at;
    }
}

static void heap_put(struct limiter *l, uint32_t at, struct bucket b)
{
    l->heap[at] = b;
    l->table[b.slot] = at + 1;
}

static void heap_up(struct limiter *l, uint32_t at, struct bucket b)
{
    for (; at; at = (at - 1) / 2) {
        uint32_t parent = (at - 1) / 2;
        if (l->heap[parent].full_ns <= b.full_ns)
            break;
        heap_put(l, at, l->heap[parent]);
    }
    heap_put(l, at, b);
}

static void heap_down(struct limiter *l, uint32_t at, struct bucket b)
{
    for (uint32_t child; (child = 2 * at + 1) < l->len; at = child) {
        if (child + 1 < l->len && l->heap[child + 1].full_ns < l->heap[child].full_ns)
            child++;
        if (b.full_ns <= l->heap[child].full_ns)
            break;
        heap_put(l, at, l->heap[child]);
    }
    heap_put(l, at, b);
}

/* A bucket for a new key, in place of the fullest one when there is no room. */
static void limiter_add(struct limiter *l, uint64_t key, int64_t full_ns)
{
    struct bucket b = { .key = key, .full_ns = full_ns };
    bool evict = l->len == l->max;
    if (evict)
        table_remove(l, l->heap[0].slot);
    b.slot = table_find(l, key);
    if (evict)
        heap_down(l, 0, b);
    else
        heap_up(l, l->len++, b);
}

int limiter_open(struct limiter **out, size_t keys_max, struct err *err)
{
    *out = NULL;
    if (!keys_max || keys_max > KEYS_MAX)
        return err_set(err, -EINVAL, "limiter: %zu keys: must be 1 to %u", keys_max, KEYS_MAX);
    uint32_t slots = 2;
    while (slots < 2 * keys_max)
        slots *= 2;
    struct limiter *l = calloc(1, sizeof *l);
    if (!l)
        goto fail;
    l->max = (uint32_t)keys_max;
    l->mask = slots - 1;
    l->heap = calloc(keys_max, sizeof *l->heap);
    l->table = calloc(slots, sizeof *l->table);
    if (!l->heap || !l->table)
        goto fail;
    *out = l;
    return 0;
fail:
    limiter_close(l);
    return err_set(err, -ENOMEM, "limiter: out of memory for %zu keys", keys_max);
}

int limiter_take(struct limiter *l, const char *key, int per_minute, int64_t now_mono_ms,
                 int64_t *retry_after_ms)
{
    *retry_after_ms = 0;
    if (per_minute <= 0)
        return 0;
    int64_t now = now_mono_ms * NS_PER_MS, token = NS_PER_MINUTE / per_minute;
    uint64_t hash = hash_seeded(key, strlen(key));
    uint32_t entry = l->table[table_find(l, hash)];
    if (!entry) {
        limiter_add(l, hash, now + token);
        return 0;
    }
    struct bucket b = l->heap[entry - 1];
    int64_t full = (b.full_ns > now ? b.full_ns : now) + token;
    if (full > now + NS_PER_MINUTE) {
        *retry_after_ms = (full - now - NS_PER_MINUTE + NS_PER_MS - 1) / NS_PER_MS;
        return X_E_LIMIT;
    }
    b.full_ns = full;
    heap_down(l, entry - 1, b);
    return 0;
}

void limiter_close(struct limiter *l)
{
    if (!l)
        return;
    free(l->heap);
    free(l->table);
    free(l);
}
