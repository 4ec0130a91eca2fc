/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer as a person on a chat platform reads it, before the platform's own format: Markdown with the
 * notices in their language, and the sources below it. Pure; any thread.
 */
#ifndef CHAT_ANSWER_WORDS_H
#define CHAT_ANSWER_WORDS_H

#include <parley/turn.h>

#include "rich/page.h"

#define CHAT_WORDS_MAX (1U << 20) /* bytes */

/* In `words`; NULL = out of memory. `lang` as of text_in(). */
const char *chat_answer_words(const struct turn *t, const char *lang, struct arena *words);
/* Those that are to be shown: *n is 0 without answer.footer. NULL = out of memory. */
struct rich_source *chat_answer_sources(const struct turn *t, size_t *n, struct arena *words);

#endif
