/* SPDX-License-Identifier: Apache-2.0
 *
 * The codes an answer or an error can carry, the HTTP status each has on REST, and
 * the one renderer of the answer body. Pure; any thread.
 */
#ifndef PARLEY_ANSWER_H
#define PARLEY_ANSWER_H

#include <parley/turn.h>

struct buf;

/* HTTP status of a code ("ok" 200, "rate_limited" 429, ...); 500 for one it does not know. */
int answer_http_status(const char *code);

/* {"answer","sources":[...],...} of a finished turn. 0 or -ENOMEM. */
int answer_render(const struct turn *t, int64_t took_ms, struct buf *out);

/* {"code","message","details","request_id"}; details_json NULL gives null. */
int answer_error(const char *code, const char *message, const char *details_json, const char *request_id,
                 struct buf *out);

#endif
