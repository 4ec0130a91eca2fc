/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call to a model costs. Pure; any thread. Amounts are billionths of a US dollar.
 */
#ifndef PIPELINE_COST_H
#define PIPELINE_COST_H

#include <parley/provider.h>

#include "conf/config.h"
#include "conf/policy.h"

#define COST_UNKNOWN (-1)
#define COST_MAX     INT64_C(1000000000000000) /* a million dollars for one call: nothing real is above */

#define COST_SEARCHES 10 /* what the estimate allows a research model for one question */

struct cost_use {
    int64_t tokens_in, tokens_out;
    int64_t cached_in; /* of tokens_in */
    int64_t requests, searches;
};

/* The exact name, else the longest listed name that this one goes on from with '-', '@' or a date
 * ("gpt-4o-2026-08-06" is "gpt-4o"). NULL = unpriced. */
const struct price *cost_price(const struct policies *p, const char *model);
/* COST_UNKNOWN without a price; at most COST_MAX. What is negative in `use` counts as 0. */
int64_t cost_of(const struct price *price, const struct cost_use *use);
/* Whether calls to this provider are free whatever prices.json leaves out: the built-in one, and Ollama. */
bool cost_is_free(const struct config_provider *c, const struct price *price);
/* Of a call that ended: what the provider says, else the price list. A reported 0 says nothing. `in` and
 * `out` stand in for what the result leaves open. */
int64_t cost_of_result(const struct policies *p, const struct config_provider *c, const struct llm_result *r,
                       int64_t in, int64_t out);
/* The most a call may cost before it is made. */
int64_t cost_estimate(const struct policies *p, const struct config_provider *c, int64_t prompt_tokens);

#endif
