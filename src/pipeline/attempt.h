/* SPDX-License-Identifier: Apache-2.0
 *
 * One provider asked once: its intent row on disk, the call, the end of the row. Which provider, and what
 * follows, is the owner's business (generate.c). Loop thread; lives in the turn's arena.
 *
 *   IDLE -begin-> INTENT -its row is on disk, and it is still wanted-> CALLING -end-> OVER -close-> IDLE
 *                 INTENT -refused, or not wanted any more-> IDLE       CALLING -cancel-> IDLE
 *   The built-in provider costs nothing and has no row: begin leads to CALLING at once.
 */
#ifndef PIPELINE_ATTEMPT_H
#define PIPELINE_ATTEMPT_H

#include <parley/provider.h>
#include <parley/store.h>

#include "llm/llm.h"

enum attempt_state { ATTEMPT_IDLE, ATTEMPT_INTENT, ATTEMPT_CALLING, ATTEMPT_OVER };

struct attempt;

/* What all attempts of one turn share. */
struct attempt_owner {
    struct turn *turn;
    int64_t deadline_us; /* of all of them; monotonic */
    int rows;            /* ledger rows so far */
    int calls;           /* running; two at the same time are waited for once (turn.upstream_us) */
    int64_t calls_since_us;
    /* Its intent is on disk: is it still wanted? */
    bool (*wanted)(struct attempt *a);
    /* It is about to say its first word or cite its first source. */
    void (*first)(struct attempt *a);
    /* It has left INTENT, or is OVER; never from inside a function of this header. */
    void (*moved)(struct attempt *a);
};

struct attempt {
    struct attempt_owner *owner;
    enum attempt_state state;
    struct llm_call call;   /* call.tried stays from one begin to the next, unless the owner clears it */
    struct llm_request req; /* the shared one with this provider's limits; borrowed by the call */
    int row;                /* number of its ledger row; 0 = it has none */
    int rc;           /* why INTENT led to IDLE: X_E_LIMIT = a budget, negative = the store, 0 = not wanted */
    bool hedge;       /* begun beside another one: a budget that forbids it is nobody's loss */
    bool starting;    /* inside llm_start: an end is only noted */
    bool spoke;       /* owner->first was called */
    int write_rc;     /* of the sinks: X_E_LIMIT = too long an answer, -ENOMEM */
    int64_t began_us; /* the call */
    int64_t first_us; /* from there to its first text; -1 = none yet */
    struct llm_result result; /* OVER; after its close with what was booked for it */
};

/* From IDLE, with call.slot, req and hedge set: INTENT, or for the built-in one CALLING or OVER. -ENOMEM. */
int attempt_begin(struct attempt *a);
/* From OVER: tells breaker, ledger, meters and the turn (route.tried). An endless answer counts as cut. */
void attempt_close(struct attempt *a);
/* From CALLING: the call ends unheard; what it cost until now is estimated and booked. `lost`: another one
 * was faster. */
void attempt_cancel(struct attempt *a, bool lost);
void attempt_resume(struct attempt *a); /* the slow reader has caught up; CALLING or not */

#endif
