/* SPDX-License-Identifier: Apache-2.0
 *
 * An intrusive hash table keyed by text: the owner embeds a `struct table_link` and keeps the key
 * alive while it is in. Chained, doubles at load 1, hash seeded per process (keys may be hostile).
 * Not thread-safe.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <parley/status.h>

struct table_link {
    struct table_link *next;
    const char *key;
    uint64_t hash;
};

struct table {
    struct table_link **bucket;
    size_t buckets, count;
};

void table_init(struct table *t);
void table_free(struct table *t);                                      /* the links stay with their owners */
int table_put(struct table *t, struct table_link *l, const char *key); /* 0, X_E_DUPLICATE, -ENOMEM */
struct table_link *table_get(const struct table *t, const char *key);  /* NULL = absent */
void table_drop(struct table *t, struct table_link *l);                /* must be in */
/* Calls `each` for every link; it may drop the link it is given, nothing else. */
void table_each(struct table *t, void (*each)(void *ctx, struct table_link *l), void *ctx);

#endif
