/* SPDX-License-Identifier: Apache-2.0
 *
 * Handles that may be used late: slot + generation instead of a pointer. A handle that was
 * dropped never names anything again (2^31 generations per slot). Bounded; one thread.
 */
#ifndef IO_SLOTS_H
#define IO_SLOTS_H

#include <parley/status.h>

struct slot;

struct slots {
    struct slot *slot;
    uint32_t cap, max, free_head, used;
    uint64_t mark; /* set in every handle: tells two tables apart */
};

void slots_init(struct slots *t, uint32_t max, uint64_t mark);
void slots_free(struct slots *t);
uint64_t slots_add(struct slots *t, void *what);     /* 0: full or out of memory */
void *slots_get(const struct slots *t, uint64_t id); /* NULL: stale or foreign */
void slots_drop(struct slots *t, uint64_t id);
/* Walks what is there: start with *at = 0, NULL at the end. Dropping while walking is fine. */
void *slots_next(const struct slots *t, uint32_t *at);

#endif
