/* SPDX-License-Identifier: Apache-2.0
 *
 * Buckets of singly linked chains, a power of two, doubled when there are as many entries. Growing is the
 * only thing that allocates, so put may fail and drop never does; the table does not shrink.
 */
#include "base/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define TABLE_FIRST 16

void table_init(struct table *t)
{
    *t = (struct table){ 0 };
}

void table_free(struct table *t)
{
    free(t->bucket);
    table_init(t);
}

static int table_grow(struct table *t)
{
    size_t want = t->buckets ? t->buckets * 2 : TABLE_FIRST;
    struct table_link **bucket = calloc(want, sizeof(struct table_link *));
    if (!bucket)
        return -ENOMEM;
    for (size_t i = 0; i < t->buckets; i++) {
        struct table_link *next;
        for (struct table_link *l = t->bucket[i]; l; l = next) {
            next = l->next;
            l->next = bucket[l->hash & (want - 1)];
            bucket[l->hash & (want - 1)] = l;
        }
    }
    free(t->bucket);
    t->bucket = bucket;
    t->buckets = want;
    return 0;
}

static struct table_link *table_find(const struct table *t, const char *key, uint64_t hash)
{
    if (!t->buckets)
        return NULL;
    struct table_link *l = t->bucket[hash & (t->buckets - 1)];
    while (l && (l->hash != hash || strcmp(l->key, key) != 0))
        l = l->next;
    return l;
}

struct table_link *table_get(const struct table *t, const char *key)
{
    return table_find(t, key, hash_seeded(key, strlen(key)));
}

int table_put(struct table *t, struct table_link *l, const char *key)
{
    uint64_t hash = hash_seeded(key, strlen(key));
    if (table_find(t, key, hash))
        return X_E_DUPLICATE;
    if (t->count >= t->buckets && table_grow(t) < 0)
        return -ENOMEM;
    l->key = key;
    l->hash = hash;
    l->next = t->bucket[hash & (t->buckets - 1)];
    t->bucket[hash & (t->buckets - 1)] = l;
    t->count++;
    return 0;
}

void table_drop(struct table *t, struct table_link *l)
{
    struct table_link **at = &t->bucket[l->hash & (t->buckets - 1)];
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    l->next = NULL;
    t->count--;
}

void table_each(struct table *t, void (*each)(void *ctx, struct table_link *l), void *ctx)
{
    for (size_t i = 0; i < t->buckets; i++) {
        struct table_link *next;
        for (struct table_link *l = t->bucket[i]; l; l = next) {
            next = l->next;
            each(ctx, l);
        }
    }
}
