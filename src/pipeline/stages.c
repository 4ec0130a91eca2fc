/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline as a table: what happens to a message, in order. Between ADMIT and ANSWER the gateway
 * stores the message (T1); record is T2. CPU and reads sit together so that they share one hop.
 */
#include "pipeline/stages.h"

const struct stage pipeline_stages[] = {
    { "identify", ON_LOOP, ADMIT, stage_identify },
    { "limit", ON_LOOP, ADMIT, stage_limit },
    /* T1 */
    { "reply", ON_LOOP, ANSWER, stage_reply },
    { "consent", ON_LOOP, ANSWER, stage_consent },
    { "quota", ON_LOOP, ANSWER, stage_quota },
    { "screen", ON_WORKER, ANSWER, stage_screen },
    { "redact", ON_WORKER, ANSWER, stage_redact },
    { "recall", ON_WORKER, ANSWER, stage_recall },
    { "cache", ON_WORKER, ANSWER, stage_cache },
    { "retrieve", ON_WORKER, ANSWER, stage_retrieve },
    { "score", ON_WORKER, ANSWER, stage_score },
    { "route", ON_LOOP, ANSWER, stage_route },
    { "generate", ON_LOOP, ANSWER, stage_generate },
    { "validate", ON_LOOP, ANSWER, stage_validate },
    { "restore", ON_LOOP, FINAL, stage_restore },
    { "record", ON_LOOP, FINAL, stage_record }, /* T2 */
    { "deliver", ON_LOOP, FINAL, stage_deliver },
};

const size_t pipeline_stage_count = ARRAY_LEN(pipeline_stages);
