/* SPDX-License-Identifier: Apache-2.0
 *
 * The sink chain of one turn: model text in, any split -> sentence gate -> checks -> restore -> adapter.
 * No byte goes on before the sentence it belongs to has passed the checks. Loop thread; lives in the arena.
 */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include <parley/turn.h>

#define OUTPUT_MAX  (128U << 10) /* bytes of one answer; a longer one is not an answer */
#define OUTPUT_HOLD 2048         /* an unfinished sentence longer than this is released piecewise ... */
#define OUTPUT_TAIL 256          /* ... but this much of its end is held: no rule matches more */

struct output;

int output_open(struct turn *t); /* 0 or -ENOMEM; sets t->output */
/* 0, X_E_FULL (taken; the reader is slow: send no more until drained), X_E_LIMIT, -ENOMEM. */
int output_write(struct output *o, const char *bytes, size_t len);
/* Forgets what was written; the adapter is told when it had already seen some of it. */
void output_restart(struct output *o);
/* The rest of the last sentence. */
int output_finish(struct output *o);
/* A sentence of our own (notice, disclaimer), already safe. */
int output_append(struct output *o, const char *text);
/* Replaces the whole answer (strict grounding), allowed only while nothing was released. */
int output_replace(struct output *o, const char *text);
/* Takes every citation "[n]" out for which `alive` says false; what an adapter has seen of a stream keeps
 * it. Only after output_finish. */
void output_drop_citations(struct output *o, bool (*alive)(const struct turn *t, size_t n));
bool output_released(const struct output *o);
/* Size of what the model wrote, by llm_tokens; the sentence still held is included. */
int64_t output_tokens(const struct output *o);
/* What has passed so far, pseudonyms in / restored; NUL-terminated. */
const char *output_redacted(const struct output *o);
const char *output_text(const struct output *o);

#endif
