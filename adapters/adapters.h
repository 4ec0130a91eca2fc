/* SPDX-License-Identifier: Apache-2.0
 *
 * The array that the daemon is given, so that main.c need not know any adapter by name.
 */
#ifndef ADAPTERS_ADAPTERS_H
#define ADAPTERS_ADAPTERS_H

#include <parley/adapter.h>

/* Every adapter `parley serve` opens; one without its key says so and stays off. */
extern const struct adapter_ops *const adapters_all[];
extern const size_t adapters_count;

#endif
