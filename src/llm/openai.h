/* SPDX-License-Identifier: Apache-2.0
 *
 * What formats descended from OpenAI's have in common with it.
 */
#ifndef LLM_OPENAI_H
#define LLM_OPENAI_H

#include "llm/reader.h"

/* One chat.completion.chunk, or a whole chat.completion. */
void openai_event(struct reader *r, const cJSON *doc);

#endif
