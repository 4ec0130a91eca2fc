/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets a loop run for so long, whatever happens in it.
 */
#ifndef TESTS_SUPPORT_SPEND_H
#define TESTS_SUPPORT_SPEND_H

#include "io/loop.h"

void loop_spend(struct loop *l, int ms);

#endif
