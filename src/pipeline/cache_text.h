/* SPDX-License-Identifier: Apache-2.0
 *
 * A finished answer as JSON and back, for the answer cache on disk. Pure.
 */
#ifndef PIPELINE_CACHE_TEXT_H
#define PIPELINE_CACHE_TEXT_H

#include <parley/turn.h>

#include "base/str.h"

/* Check out->failed. */
void cache_encode(const struct turn *t, struct buf *out);
/* Fills t->answer and t->validation; strings in t->arena. 0, X_E_INVALID (not ours: treat as absent),
 * -ENOMEM. */
int cache_decode(const char *json, struct turn *t);

#endif
