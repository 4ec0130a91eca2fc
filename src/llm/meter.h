/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls to providers came to, counted per provider for /metrics. A counter must not fall back when the
 * configuration is loaded again, so these belong to the process and are found by the provider's name.
 * Loop thread.
 */
#ifndef LLM_METER_H
#define LLM_METER_H

#include <parley/provider.h>

#include "base/str.h"

#define METER_NAMES_MAX 32 /* of one process; providers beyond are counted together as "other" */

struct meter;

struct meter_call {      /* one call that is over */
    const char *outcome; /* a name of llm_end_name, or LLM_CANCELLED */
    int64_t tokens_in, tokens_out;
    int64_t cost_nusd;     /* -1 = unknown, adds nothing */
    int64_t first_text_us; /* -1 = there was none */
    int skipped_events;
    bool hedge, won; /* it was started beside a slow one; it gave the answer */
};

struct meter *meter_of(const char *provider); /* never NULL; never goes */
void meter_call(struct meter *m, const struct meter_call *c);
void meter_rotation(struct meter *m); /* another key was taken because one failed */
void meter_render(struct buf *out);   /* all families, for every provider met so far */

#endif
