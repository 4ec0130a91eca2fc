/* SPDX-License-Identifier: Apache-2.0
 *
 * The run functions of the stages, one file each, for the table in stages.c and for the test of each alone.
 */
#ifndef PIPELINE_STAGES_H
#define PIPELINE_STAGES_H

#include "pipeline/pipeline.h"

enum verdict stage_identify(struct turn *t, struct worker *w);
/* user_key and conv_key of who wrote `m`. */
void identify(struct turn_identity *id, const uint8_t key[KEY_RAW_BYTES], const struct message *m);
enum verdict stage_limit(struct turn *t, struct worker *w);
enum verdict stage_reply(struct turn *t, struct worker *w);
enum verdict stage_consent(struct turn *t, struct worker *w);
enum verdict stage_quota(struct turn *t, struct worker *w);
enum verdict stage_screen(struct turn *t, struct worker *w);
enum verdict stage_redact(struct turn *t, struct worker *w);
enum verdict stage_recall(struct turn *t, struct worker *w);
enum verdict stage_cache(struct turn *t, struct worker *w);
enum verdict stage_retrieve(struct turn *t, struct worker *w);
enum verdict stage_score(struct turn *t, struct worker *w);
enum verdict stage_route(struct turn *t, struct worker *w);
enum verdict stage_generate(struct turn *t, struct worker *w);
enum verdict stage_validate(struct turn *t, struct worker *w);
enum verdict stage_restore(struct turn *t, struct worker *w);
enum verdict stage_record(struct turn *t, struct worker *w);
enum verdict stage_deliver(struct turn *t, struct worker *w);

#endif
