/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage is one step of the pipeline; src/pipeline/stages.c is the table of them.
 * Neighbouring ON_WORKER stages share one hop to the pool.
 */
#ifndef PARLEY_STAGE_H
#define PARLEY_STAGE_H

#include <parley/turn.h>

struct worker;

enum verdict {
    NEXT, /* go on */
    WAIT, /* ON_LOOP only: the stage will call turn_resume() from the loop thread */
    DONE, /* the answer stands (a notice, a cache hit): go to the first FINAL stage */
    FAIL, /* turn->err says why; the turn is released for another attempt */
};

enum stage_place { ON_LOOP, ON_WORKER };

enum stage_phase {
    ADMIT,  /* before the message is stored: a DONE here is a refusal and leaves no trace */
    ANSWER, /* between ingest and answer */
    FINAL,  /* runs for every stored message, also after DONE */
};

struct stage {
    const char *name;
    enum stage_place where;
    enum stage_phase phase;
    enum verdict (*run)(struct turn *t, struct worker *w); /* w is NULL ON_LOOP */
};

/* Loop thread only. Continues a turn whose stage answered WAIT. */
void turn_resume(struct turn *t, enum verdict v);

#endif
