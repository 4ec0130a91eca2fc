/* SPDX-License-Identifier: Apache-2.0
 *
 * The prompt: system rules, passages quoted as data with their numbers, history, the question. Everything in
 * it is redacted text. Any thread.
 */
#ifndef PIPELINE_PROMPT_H
#define PIPELINE_PROMPT_H

#include <parley/provider.h>

#define PROMPT_MESSAGES_MAX (TURN_HISTORY_MAX + 2)

/* Fills `message` (strings in the arena) and *n. 0 or -ENOMEM. */
int prompt_build(struct turn *t, struct llm_message message[PROMPT_MESSAGES_MAX], size_t *n);

#endif
