/* SPDX-License-Identifier: Apache-2.0
 *
 * What a provider's refusal means to the caller: the retry table, shared by every wire
 * format. Codes outrank types, because all billing errors of OpenAI share one type, and
 * clear statuses (401, 402, 413, 5xx) outrank both. Pure; any thread.
 */
#ifndef LLM_OUTCOME_H
#define LLM_OUTCOME_H

#include <parley/provider.h>

#include "base/json.h"

#define OUTCOME_RETRY_MAX_MS 86400000 /* nobody is believed beyond a day */

/* The error value of an answer body: {"error":{..}}, {"error":".."}, or either inside an array
 * (Gemini's OpenAI form). Borrowed from `doc`; NULL when there is none. */
const cJSON *outcome_error(const cJSON *doc);

/* `status` 200 for an error inside a stream; `error` may be NULL. Never LLM_OK. */
enum llm_end outcome_end(int status, const cJSON *error);

/* "HTTP 429 rate_limit_exceeded" for the operator. The provider's own words are shown only as one
 * identifier that occurs neither in the key nor in the request: its messages quote both. */
void outcome_detail(char out[160], int status, const cJSON *error, const char *key,
                    const struct llm_request *req);

/* Header values or NULL: milliseconds first, then seconds or an HTTP date (IMF-fixdate of RFC 9110).
 * -1 when neither says. */
int64_t outcome_retry_after(const char *after_ms, const char *after, int64_t now_wall_ms);

/* The delay of a google.rpc.RetryInfo among the error's details, in milliseconds; -1 = none. */
int64_t outcome_retry_info(const cJSON *error);

#endif
