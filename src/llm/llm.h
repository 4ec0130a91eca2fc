/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of configured providers with their keys, a breaker for each provider and for each key, and the
 * tables that name them. Which one to try next is the pipeline's business; this knows which ones may be
 * tried, and with which key. Loop thread.
 */
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include <parley/provider.h>

#include "base/str.h"
#include "conf/config.h"
#include "llm/meter.h"

#define LLM_CANCELLED "cancelled" /* the outcome of a call that was not let end */

struct llm;

/* A call in its caller's hands. Begin with `slot` and zeros; between calls only `tried` may be touched. */
struct llm_call {
    size_t slot;
    unsigned key;  /* 1.. as configured; 0 = none could be had */
    uint8_t tried; /* keys this turn is not to take again: bit 0 = key 1; a start adds its own */
    bool slot_probe, key_probe;
    struct provider_call *running; /* NULL once it ended */
};

/* Opens a provider for each config entry that has what it needs; logs once for each that is off and why. */
int llm_open(struct llm **out, const struct config *conf, struct http *http, struct err *err);
void llm_close(struct llm *l); /* no call is running */
size_t llm_count(const struct llm *l);
const struct config_provider *llm_conf(const struct llm *l, size_t slot); /* without its keys */
bool llm_is_builtin(const struct llm *l, size_t slot);
bool llm_cites(const struct llm *l, size_t slot); /* provider_ops.cites */
struct meter *llm_meter(const struct llm *l, size_t slot);

/* Its breaker lets a call through, and that of one of its keys (llm/breaker.h). */
bool llm_usable(const struct llm *l, size_t slot, int64_t now_mono_ms);
/* 0 = usable; more: it will be then, because its keys do as they were told; -1 = off. */
int64_t llm_wait_ms(const struct llm *l, size_t slot, int64_t now_mono_ms);
/* `end` belongs to the key of `c` alone, and the provider has another that `c` has not tried. */
bool llm_rotates(const struct llm *l, const struct llm_call *c, enum llm_end end, int64_t now_mono_ms);
/* Smoothed time to a first text, a failure counted as 10 s; -1 = nobody asked it yet. */
int64_t llm_first_text_us(const struct llm *l, size_t slot);

/* Takes the next usable key. Whatever it answers, one llm_report or llm_cancel follows. */
int llm_start(struct llm *l, struct llm_call *c, const struct llm_request *req, const struct llm_sink *sink,
              int64_t now_mono_ms, struct err *err);
void llm_resume(struct llm *l, struct llm_call *c);
void llm_heard(struct llm *l, struct llm_call *c, int64_t first_text_us); /* at its first text */
/* It ended: feeds the breakers. */
void llm_report(struct llm *l, struct llm_call *c, const struct llm_result *r, int64_t now_mono_ms);
/* `waited_us`: how long it had said nothing when another was faster; -1 = that is not why. */
void llm_cancel(struct llm *l, struct llm_call *c, int64_t waited_us);

/* Appends why it or some of its keys are off; nothing when all is well. */
void llm_describe(const struct llm *l, size_t slot, int64_t now_mono_ms, struct buf *out);
/* The meters and the state of every key, as Prometheus text. */
void llm_metrics(const struct llm *l, int64_t now_mono_ms, struct buf *out);
const char *llm_end_name(enum llm_end e);
/* Rough size by a documented rule: bytes / 4 for Latin scripts, one per character for CJK. */
int64_t llm_tokens(const char *text);

#endif
