/* SPDX-License-Identifier: Apache-2.0
 *
 * reply: what an adapter answers by itself (a command, a button) goes through the same inbox and outbox as an
 * answer, so that it is neither lost nor said twice; but nothing of it concerns a model, consent or quota.
 */
#include "pipeline/stages.h"

enum verdict stage_reply(struct turn *t, struct worker *w X_UNUSED)
{
    return t->msg.reply && t->msg.reply[0] ? turn_notice(t, "reply", "") : NEXT;
}
