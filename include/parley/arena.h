/* SPDX-License-Identifier: Apache-2.0
 *
 * A turn's memory: bump allocation in blocks, capped, given back all at once and
 * wiped first, so a user's words do not linger in freed memory. Under ASan the
 * unused tail is poisoned. Not thread-safe: an arena has one owner at a time.
 * When the cap is reached allocation returns NULL and `failed` sticks: the turn
 * fails, never the daemon.
 */
#ifndef PARLEY_ARENA_H
#define PARLEY_ARENA_H

#include <parley/base.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used_bytes; /* given out, with alignment */
    size_t cap_bytes;
    bool failed;
};

void arena_init(struct arena *a, size_t cap_bytes);

/* Wipes and frees every block; the arena may be used again with the same cap. */
void arena_wipe(struct arena *a);

/* `bytes` zeroed bytes aligned for any type; NULL over the cap or out of memory. */
void *arena_alloc(struct arena *a, size_t bytes);

/* count * each with overflow check. */
void *arena_array(struct arena *a, size_t count, size_t each_bytes);

/* NUL-terminated copies. NULL `text` gives "". */
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) X_PRINTF(2, 3);

#endif
