/* SPDX-License-Identifier: Apache-2.0
 *
 * A circuit breaker: whether something that failed may be asked again. Pure; the owner has the clock.
 *
 *   closed --5 failures in a row--> open --until--> one probe
 *   probe: an answer -> closed, failure -> open again, no verdict -> open and due
 *   killed from any state -> dead for good
 *
 * A wait that was asked for is kept beside that: it is no failure, and what comes after it is no probe.
 */
#ifndef LLM_BREAKER_H
#define LLM_BREAKER_H

#include <parley/base.h>

#define BREAKER_FAILURES   5
#define BREAKER_OPEN_MS    30000
#define BREAKER_LONGEST_MS 3600000 /* what a Retry-After may ask for: then a probe is cheap */

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING, BREAKER_DEAD };

struct breaker {
    enum breaker_state state;
    int failures;
    int64_t until_ms; /* OPEN: not before */
    int64_t cool_ms;  /* in any state: not before */
};

bool breaker_lets(const struct breaker *b, int64_t now_ms);    /* a call may begin; asking is free */
bool breaker_is_well(const struct breaker *b, int64_t now_ms); /* closed, and no wait was asked for */
/* A call begins. True: it is the probe, and its end must be told to one of those below. */
bool breaker_take(struct breaker *b);

/* `probe`: what breaker_take said of that call. True when there is something to log: it closed, it opened. */
bool breaker_answered(struct breaker *b);
/* Opens after BREAKER_FAILURES, or as a failed probe, for at least `wait_ms`; what was begun before it opened
 * does not prolong it. True only when it was closed. */
bool breaker_failed(struct breaker *b, bool probe, int64_t wait_ms, int64_t now_ms);
void breaker_spared(struct breaker *b, bool probe); /* the call ended for reasons of its own */
/* Told to wait: for exactly `ms`, at most BREAKER_LONGEST_MS, however many failures there were. */
bool breaker_cool(struct breaker *b, bool probe, int64_t ms, int64_t now_ms);
bool breaker_kill(struct breaker *b);

#endif
