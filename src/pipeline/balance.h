/* SPDX-License-Identifier: Apache-2.0
 *
 * Who of several equal providers is asked first. Pure but for the random numbers; any thread.
 */
#ifndef PIPELINE_BALANCE_H
#define PIPELINE_BALANCE_H

#include "conf/config.h"

#define BALANCE_EXPLORE                                                                                      \
    20 /* one question in so many goes to any of them first: who was slow may have recovered */

struct balance_candidate {
    int slot;
    int weight;            /* 1.. */
    int64_t first_text_us; /* -1 = unmeasured */
};

/* Sorts `c` by `how`, equals as they come. `below`: a uniform number in [0, bound); rand_below, or a test's.
 */
void balance_sort(struct balance_candidate *c, size_t n, enum llm_balance how,
                  uint64_t (*below)(uint64_t bound));

#endif
