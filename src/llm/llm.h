/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of configured providers, with a breaker for each, and the tables that name them.
 * Which one to try next is the pipeline's business; this knows which ones may be tried. Loop thread.
 */
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include <parley/provider.h>

#include "conf/config.h"

struct llm;

/* Opens a provider for each config entry that has what it needs; logs once for each that is off and why. */
int llm_open(struct llm **out, const struct config *conf, struct http *http, struct err *err);
void llm_close(struct llm *l); /* no call is running */
size_t llm_count(const struct llm *l);
const struct config_provider *llm_conf(const struct llm *l, size_t slot);
bool llm_is_builtin(const struct llm *l, size_t slot);
bool llm_cites(const struct llm *l, size_t slot); /* provider_ops.cites */
/* False while its breaker is open (5 failures in a row; probes again after 30 s) or its key is dead. */
bool llm_usable(struct llm *l, size_t slot, int64_t now_mono_ms);
void llm_report(struct llm *l, size_t slot, const struct llm_result *r,
                int64_t now_mono_ms); /* feeds the breaker */
int llm_start(struct llm *l, size_t slot, const struct llm_request *req, const struct llm_sink *sink,
              struct provider_call **out, struct err *err);
void llm_resume(struct llm *l, size_t slot, struct provider_call *c);
void llm_cancel(struct llm *l, size_t slot, struct provider_call *c);
const char *llm_end_name(enum llm_end e);
/* Rough size by a documented rule: bytes / 4 for Latin scripts, one per character for CJK. */
int64_t llm_tokens(const char *text);

#endif
