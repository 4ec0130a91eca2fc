/* SPDX-License-Identifier: Apache-2.0
 *
 * route: which providers to try, in order. Those whose class the question wants come first, then the nearest
 * other classes, each in the order configured; left out are those whose breaker is open and those that the
 * person's tier may not use. A bot that is tied to one provider asks no other. The built-in extractive one
 * always stands last, so there is always an answer.
 */
#include "pipeline/route.h"

#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "pipeline/stages.h"

int route_rank(const struct routing *p, const char *bot, enum tier tier, enum route_class wanted,
               const struct config_provider *c)
{
    const char *pinned = routing_pinned(p, bot);
    if (pinned)
        return strcmp(pinned, c->name) == 0 ? 0 : -1;
    if (!routing_names(p, tier, c->name) && !(p->tier_classes[tier] >> (int)c->klass & 1))
        return -1;
    return c->klass == PROVIDER_ANY ? 0 : abs((int)wanted - (int)c->klass);
}

static void add_ranked(struct turn *t, int rank, int64_t now)
{
    const struct routing *p = &t->snap->policies->routing;
    for (size_t i = 0; i < llm_count(t->llm) && t->route.len < TURN_CANDIDATES_MAX - 1; i++) {
        if (llm_is_builtin(t->llm, i) || !llm_usable(t->llm, i, now))
            continue;
        if (route_rank(p, t->msg.bot, t->quota.tier, t->complexity.klass, llm_conf(t->llm, i)) == rank)
            t->route.slot[t->route.len++] = (int)i;
    }
}

enum verdict stage_route(struct turn *t, struct worker *w X_UNUSED)
{
    int64_t now = clock_mono_ms();
    for (int rank = 0; rank < ROUTE_RANKS; rank++)
        add_ranked(t, rank, now);
    for (size_t i = 0; i < llm_count(t->llm); i++)
        if (llm_is_builtin(t->llm, i) && t->route.len < TURN_CANDIDATES_MAX)
            t->route.slot[t->route.len++] = (int)i;
    return NEXT;
}
