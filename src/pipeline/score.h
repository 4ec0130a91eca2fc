/* SPDX-License-Identifier: Apache-2.0
 *
 * The complexity score of one message, apart from any turn. Pure; any thread; no allocation.
 */
#ifndef PIPELINE_SCORE_H
#define PIPELINE_SCORE_H

#include "conf/routing.h"

/* `before`: what the same person said last in this conversation, or NULL; a short follow-up is scored
 * together with it. `year`: the present one, UTC. Reasons are static strings. */
void score_text(struct turn_complexity *out, const struct routing *policy, const char *text,
                const char *before, int year);
int score_year(int64_t wall_ms);

#endif
