/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers to questions asked before: a bounded LRU in memory with a lifetime. Only answers that depend on
 * nothing personal go in (no history, no pseudonyms). Any thread: one mutex, held for a copy at most. An
 * entry with t->cache.like is also found by that; of several with the same one the first is.
 */
#ifndef PIPELINE_CACHE_H
#define PIPELINE_CACHE_H

#include <parley/turn.h>

#define CACHE_ENTRIES     1000
#define CACHE_ENTRY_MAX   16384    /* bytes of answer text and sources; larger answers are not kept */
#define CACHE_FILE_TTL_MS 86400000 /* of the copy on disk: a key also names policies and documents */
#define CACHE_TTL_MS      600000

struct cache;

int cache_open(struct cache **out, size_t entries, int64_t ttl_ms, struct err *err);
void cache_close(struct cache *c);
/* Fills answer, passages' sources and validation from the entry; strings in t->arena. 0 or X_E_NOT_FOUND. */
int cache_get(struct cache *c, const char *key, struct turn *t, int64_t now_mono_ms);
/* The entry with this `like`: its key, and the question it answered, in `a`. 0 or X_E_NOT_FOUND. */
int cache_find_like(struct cache *c, const char *like, char key[KEY_BYTES], const char **question,
                    struct arena *a, int64_t now_mono_ms);
void cache_put(struct cache *c, const char *key, const struct turn *t, int64_t now_mono_ms);
/* Loop thread: into memory now, into the file with others, from a worker. */
void cache_keep(struct turn *t);

#endif
