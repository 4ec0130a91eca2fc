/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded FIFO of bytes (ring) with high and low water: the back-pressure primitive.
 */
#ifndef BASE_BYTESQ_H
#define BASE_BYTESQ_H

#include <parley/status.h>

struct bytesq {
    uint8_t *ring;
    size_t cap, head, len;
    size_t max; /* grows by doubling up to this, never beyond */
};

void bytesq_init(struct bytesq *q, size_t max_bytes);
void bytesq_free(struct bytesq *q);
int bytesq_push(struct bytesq *q, const void *bytes, size_t len);  /* all or nothing: 0, X_E_FULL, -ENOMEM */
size_t bytesq_peek(const struct bytesq *q, const uint8_t **bytes); /* longest contiguous run at the front */
void bytesq_pop(struct bytesq *q, size_t len);
bool bytesq_above(const struct bytesq *q, size_t high);

#endif
