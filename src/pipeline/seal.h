/* SPDX-License-Identifier: Apache-2.0
 *
 * redact opens what record sealed: both bind a value to the same context.
 */
#ifndef PIPELINE_SEAL_H
#define PIPELINE_SEAL_H

#include <parley/turn.h>

/* What a sealed pseudonym is bound to: its conversation and its name. In the arena; NULL when full. */
const char *seal_context(struct turn *t, const char *placeholder);

#endif
