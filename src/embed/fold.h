/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters as the index compares them. Pure; any thread.
 */
#ifndef EMBED_FOLD_H
#define EMBED_FOLD_H

#include <parley/base.h>

/* Lower case, without accents in Latin, Greek and Cyrillic, full and half width as the ordinary one; 0 for a
 * combining accent, which is dropped. One to one: ligatures stay, and so does "ss" for U+00DF. */
uint32_t fold_char(uint32_t cp);

#endif
