/* SPDX-License-Identifier: Apache-2.0
 *
 * Position 1 is the top; the parent of n is n / 2.
 */
#include "adapters/telegram/due.h"

#include <errno.h>
#include <stdlib.h>

#define DUES_FIRST 16

static bool before(const struct tg_due *a, const struct tg_due *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->nth < b->nth;
}

static void place(struct tg_dues *d, size_t pos, struct tg_due *x)
{
    d->at[pos - 1] = x;
    x->pos = pos;
}

/* `x` stands at `pos` or belongs above it. */
static void rise(struct tg_dues *d, size_t pos, struct tg_due *x)
{
    for (; pos > 1 && before(x, d->at[pos / 2 - 1]); pos /= 2)
        place(d, pos, d->at[pos / 2 - 1]);
    place(d, pos, x);
}

static void sink(struct tg_dues *d, size_t pos, struct tg_due *x)
{
    for (size_t child; (child = 2 * pos) <= d->len; pos = child) {
        if (child < d->len && before(d->at[child], d->at[child - 1]))
            child++;
        if (!before(d->at[child - 1], x))
            break;
        place(d, pos, d->at[child - 1]);
    }
    place(d, pos, x);
}

int tg_dues_reserve(struct tg_dues *d, size_t n)
{
    size_t cap = d->cap ? d->cap : DUES_FIRST;
    while (cap < n)
        cap *= 2;
    if (cap == d->cap)
        return 0;
    struct tg_due **at = realloc(d->at, cap * sizeof *at);
    if (!at)
        return -ENOMEM;
    d->at = at;
    d->cap = cap;
    return 0;
}

void tg_dues_set(struct tg_dues *d, struct tg_due *x, int64_t at_ms)
{
    tg_dues_drop(d, x);
    x->at_ms = at_ms;
    x->nth = d->nth++;
    rise(d, ++d->len, x);
}

void tg_dues_drop(struct tg_dues *d, struct tg_due *x)
{
    size_t pos = x->pos;
    if (!pos)
        return;
    struct tg_due *last = d->at[--d->len];
    x->pos = 0;
    if (last == x)
        return;
    if (pos > 1 && before(last, d->at[pos / 2 - 1]))
        rise(d, pos, last);
    else
        sink(d, pos, last);
}

struct tg_due *tg_dues_first(const struct tg_dues *d)
{
    return d->len ? d->at[0] : NULL;
}

void tg_dues_free(struct tg_dues *d)
{
    free(d->at);
    *d = (struct tg_dues){ 0 };
}
