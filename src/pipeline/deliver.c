/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver: hand the recorded answer to the adapter it came from. Whatever happens to it there, the outbox
 * row stands until the adapter says how it went.
 */
#include "pipeline/stages.h"

enum verdict stage_deliver(struct turn *t, struct worker *w X_UNUSED)
{
    t->pipeline->hooks->deliver(t);
    return NEXT;
}
