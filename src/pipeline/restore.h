/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudonyms back into values, for the sink chain and for whole answers. Pure.
 */
#ifndef PIPELINE_RESTORE_H
#define PIPELINE_RESTORE_H

#include <parley/turn.h>

/* The text with this conversation's pseudonyms put back (ASCII case of the name does not matter); unknown
 * placeholders stay. In the arena, NUL-terminated; NULL when the arena is full. */
const char *restore_text(struct turn *t, const char *text, size_t len);

#endif
