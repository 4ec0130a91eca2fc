/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring starts at 4 KiB with the first byte and doubles up to `max`; growing also
 * straightens it. A full queue is an outcome (X_E_FULL), not a fault: the producer
 * pauses until the consumer has popped below its low water.
 */
#include "base/bytesq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING_FIRST ((size_t)4096)

void bytesq_init(struct bytesq *q, size_t max_bytes)
{
    *q = (struct bytesq){ .max = max_bytes };
}

void bytesq_free(struct bytesq *q)
{
    free(q->ring);
    bytesq_init(q, q->max);
}

/* What lies at the front without wrapping. */
static size_t front_run(const struct bytesq *q)
{
    size_t to_edge = q->cap - q->head;

    return q->len < to_edge ? q->len : to_edge;
}

static int ring_grow(struct bytesq *q, size_t need)
{
    size_t cap = q->cap ? q->cap : RING_FIRST;
    size_t run = front_run(q);
    uint8_t *ring;

    while (cap < need && cap <= q->max / 2)
        cap *= 2;
    if (cap < need || cap > q->max)
        cap = q->max;
    ring = malloc(cap);
    if (!ring)
        return -ENOMEM;
    if (q->len) {
        memcpy(ring, q->ring + q->head, run);
        memcpy(ring + run, q->ring, q->len - run);
    }
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
    return 0;
}

int bytesq_push(struct bytesq *q, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    size_t tail, run;

    if (len == 0)
        return 0;
    if (len > q->max - q->len)
        return X_E_FULL;
    if (len > q->cap - q->len) {
        int r = ring_grow(q, q->len + len);

        if (r)
            return r;
    }
    tail = q->head + q->len;
    if (tail >= q->cap)
        tail -= q->cap;
    run = q->cap - tail;
    if (run > len)
        run = len;
    memcpy(q->ring + tail, from, run);
    memcpy(q->ring, from + run, len - run);
    q->len += len;
    return 0;
}

size_t bytesq_peek(const struct bytesq *q, const uint8_t **bytes)
{
    *bytes = q->ring ? q->ring + q->head : NULL;
    return front_run(q);
}

void bytesq_pop(struct bytesq *q, size_t len)
{
    if (len >= q->len) {
        q->head = 0;
        q->len = 0;
        return;
    }
    q->len -= len;
    if (len < q->cap - q->head)
        q->head += len;
    else
        q->head = len - (q->cap - q->head);
}

bool bytesq_above(const struct bytesq *q, size_t high)
{
    return q->len > high;
}
