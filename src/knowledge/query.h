/* SPDX-License-Identifier: Apache-2.0
 *
 * A person's question as an FTS5 expression. Pure; any thread.
 */
#ifndef KNOWLEDGE_QUERY_H
#define KNOWLEDGE_QUERY_H

#include "base/str.h"

#define QUERY_TERMS_MAX 32

/* Appends "term" OR "term" ... : the distinct words of the question, at most QUERY_TERMS_MAX, function words
 * only when there is nothing else. Every term is quoted and made of letters, digits and marks alone, so no
 * FTS5 operator can come out of a question. The number of terms; 0 leaves `out` as it was. */
size_t query_fts(struct buf *out, const char *question);

#endif
