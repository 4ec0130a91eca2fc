/* SPDX-License-Identifier: Apache-2.0
 *
 * What every vector index must do, as tests over `struct vindex_ops`. A back end's own test calls
 * vindex_contract_run. Expected results come from a sum in double written in the suite, not from another
 * back end.
 */
#ifndef TESTS_VINDEX_CONTRACT_H
#define TESTS_VINDEX_CONTRACT_H

#include <parley/vindex.h>

int vindex_contract_run(const struct vindex_ops *ops); /* the number of failed tests */

#endif
