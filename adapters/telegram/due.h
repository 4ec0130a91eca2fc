/* SPDX-License-Identifier: Apache-2.0
 *
 * What is due first: an intrusive binary heap. Of those due at one moment the one that was set first. Memory
 * is taken in tg_dues_reserve only, so nothing else fails.
 */
#ifndef TELEGRAM_DUE_H
#define TELEGRAM_DUE_H

#include <parley/base.h>

struct tg_due {
    int64_t at_ms;
    uint64_t nth;
    size_t pos; /* in the heap, from 1; 0 = not in */
};

struct tg_dues {
    struct tg_due **at; /* zeroed = empty */
    size_t len, cap;
    uint64_t nth;
};

int tg_dues_reserve(struct tg_dues *d, size_t n);                     /* so many will fit. 0, -ENOMEM */
void tg_dues_set(struct tg_dues *d, struct tg_due *x, int64_t at_ms); /* puts it in, or elsewhere */
void tg_dues_drop(struct tg_dues *d, struct tg_due *x);               /* also when it is not in */
struct tg_due *tg_dues_first(const struct tg_dues *d);                /* NULL = none */
void tg_dues_free(struct tg_dues *d);

#endif
