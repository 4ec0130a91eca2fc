/* SPDX-License-Identifier: Apache-2.0
 *
 * route: which providers to try, in order: those configured, in the order configured, whose breaker is
 * closed; the built-in extractive one always stands last, so there is always an answer.
 */
#include <parley/clock.h>

#include "pipeline/stages.h"

enum verdict stage_route(struct turn *t, struct worker *w X_UNUSED)
{
    struct llm *llm = t->llm;
    int64_t now = clock_mono_ms();
    int builtin = -1;
    for (size_t i = 0; i < llm_count(llm); i++) {
        if (llm_is_builtin(llm, i))
            builtin = (int)i;
        else if (t->route.len < TURN_CANDIDATES_MAX - 1 && llm_usable(llm, i, now))
            t->route.slot[t->route.len++] = (int)i;
    }
    if (builtin >= 0)
        t->route.slot[t->route.len++] = builtin;
    return NEXT;
}
