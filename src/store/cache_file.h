/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that outlive a restart: DIR/cache.db, apart from the durable state, with synchronous=NORMAL,
 * bounded, thrown away and begun anew when it is damaged. Losing it costs time, never an answer: new ones
 * are written together, CACHE_FILE_BATCH at a time, and those not yet written go with a crash. Any thread.
 */
#ifndef STORE_CACHE_FILE_H
#define STORE_CACHE_FILE_H

#include <parley/arena.h>
#include <parley/status.h>

#define CACHE_FILE_ROWS  20000 /* the oldest go first; expired ones at the next tidying and at open */
#define CACHE_FILE_BATCH 64

struct cache_file;

int cache_file_open(struct cache_file **out, const char *dir, struct err *err);
void cache_file_close(struct cache_file *c); /* writes what waits; NULL is fine */
/* 0 with the value in `a`, X_E_NOT_FOUND (absent, not yet written or expired), -errno. Blocks on disk, but
 * only for a key that is probably there. */
int cache_file_get(struct cache_file *c, const char *key, int64_t now_wall_ms, struct arena *a,
                   const char **value);
/* Copies both; replaces. No disk. True when a batch is full: the caller has cache_file_flush() run. */
bool cache_file_put(struct cache_file *c, const char *key, const char *value, int64_t until_wall_ms);
/* Blocks on disk. Errors are logged once per file: a cache that cannot be written is only a slow one. */
void cache_file_flush(struct cache_file *c, int64_t now_wall_ms);

#endif
