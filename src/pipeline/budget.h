/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call to a model is charged to, and what is said when that is used up. The store decides whether a
 * call fits (store_ops.attempt_begin); this puts the question and reads the answer. Loop thread.
 */
#ifndef PIPELINE_BUDGET_H
#define PIPELINE_BUDGET_H

#include <parley/store.h>
#include <parley/turn.h>

#define BUDGET_SAID_MAX 16

/* Which limits were met and logged: each once for its period, the oldest forgotten. */
struct budget_said {
    char text[BUDGET_SAID_MAX][32];
    size_t next;
};

/* Fills scopes, estimate and past_soft of an attempt with route slot `slot`; in the turn's arena. Past a
 * soft limit only the cheapest usable candidate that costs anything is asked. 0 or -ENOMEM. */
int budget_charge(struct turn *t, struct store_attempt *a, size_t slot, int64_t prompt_tokens);
/* After the begin: warns and logs when a limit was met, whether the call was let through or not. */
void budget_heed(struct turn *t, const struct store_attempt *a);
/* The scope of one provider's spend; a very long name is cut. */
void budget_provider_scope(char out[STORE_SCOPE_BYTES], const char *provider);

#endif
