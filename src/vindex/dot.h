/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner product, by what the processor has. Pure; any thread.
 */
#ifndef VINDEX_DOT_H
#define VINDEX_DOT_H

#include <parley/base.h>

/* The order of the additions differs between processors, and with it the last bits. */
float dot_product(const float *a, const float *b, size_t n);
/* What every processor can; the other's reference. */
float dot_product_plain(const float *a, const float *b, size_t n);

#endif
