/* SPDX-License-Identifier: Apache-2.0
 *
 * What the runner may ask of a turn that waits for a model.
 */
#ifndef PIPELINE_GENERATE_H
#define PIPELINE_GENERATE_H

#include <parley/turn.h>

/* Loop thread, and only while the turn's current stage is generate (the runner checks). */
void generate_drained(struct turn *t); /* the slow reader has caught up */
void generate_cancel(struct turn *t);  /* FAIL with "draining", or DONE with "cancelled" when abandoned */

#endif
