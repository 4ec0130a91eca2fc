/* SPDX-License-Identifier: Apache-2.0
 *
 * Free slots form a list through `next`. The table doubles up to its bound and never shrinks:
 * a slot is 16 bytes and the bound is the connection limit.
 */
#include "io/slots.h"

#include <stdlib.h>

#define SLOT_NONE   UINT32_MAX
#define SLOT_BITS   32
#define SLOTS_FIRST 64

struct slot {
    void *what; /* NULL = free */
    uint32_t generation;
    uint32_t next;
};

void slots_init(struct slots *t, uint32_t max, uint64_t mark)
{
    *t = (struct slots){ .max = max, .free_head = SLOT_NONE, .mark = mark };
}

void slots_free(struct slots *t)
{
    free(t->slot);
    slots_init(t, t->max, t->mark);
}

static bool grow(struct slots *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : SLOTS_FIRST;
    if (cap > t->max)
        cap = t->max;
    if (cap == t->cap)
        return false;
    struct slot *grown = realloc(t->slot, cap * sizeof(*grown));
    if (!grown)
        return false;
    for (uint32_t i = cap; i-- > t->cap;) {
        grown[i] = (struct slot){ .generation = 1, .next = t->free_head };
        t->free_head = i;
    }
    t->slot = grown;
    t->cap = cap;
    return true;
}

uint64_t slots_add(struct slots *t, void *what)
{
    if (t->free_head == SLOT_NONE && !grow(t))
        return 0;
    uint32_t i = t->free_head;
    t->free_head = t->slot[i].next;
    t->slot[i].what = what;
    t->used++;
    return t->mark | (uint64_t)t->slot[i].generation << SLOT_BITS | i;
}

static struct slot *find(const struct slots *t, uint64_t id)
{
    uint32_t i = (uint32_t)id;
    if (i >= t->cap || !t->slot[i].what)
        return NULL;
    uint64_t is = t->mark | (uint64_t)t->slot[i].generation << SLOT_BITS | i;
    return is == id ? &t->slot[i] : NULL;
}

void *slots_get(const struct slots *t, uint64_t id)
{
    const struct slot *s = find(t, id);
    return s ? s->what : NULL;
}

void slots_drop(struct slots *t, uint64_t id)
{
    struct slot *s = find(t, id);
    if (!s)
        return;
    s->what = NULL;
    s->generation = (s->generation + 1) & INT32_MAX; /* the top bit is the mark's */
    if (s->generation == 0)
        s->generation = 1;
    s->next = t->free_head;
    t->free_head = (uint32_t)id;
    t->used--;
}

void *slots_next(const struct slots *t, uint32_t *at)
{
    while (*at < t->cap) {
        void *what = t->slot[(*at)++].what;
        if (what)
            return what;
    }
    return NULL;
}
