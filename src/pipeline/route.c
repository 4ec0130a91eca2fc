/* SPDX-License-Identifier: Apache-2.0
 *
 * route: which providers to try, in order. Those whose class the question wants come first, then the nearest
 * other classes, each in the order configured; left out are those whose breaker is open and those whose class
 * the person's tier may not use. The built-in extractive one always stands last, so there is always an
 * answer.
 */
#include "pipeline/route.h"

#include <stdlib.h>

#include <parley/clock.h>

#include "pipeline/stages.h"

static bool allowed(const struct routing *p, enum tier tier, int klass)
{
    return p->tier_classes[tier] >> klass & 1;
}

/* The allowed class nearest to the wanted one; the cheaper of two. */
static int nearest_allowed(const struct routing *p, enum tier tier, int wanted)
{
    for (int off = 0; off < ROUTE_CLASSES; off++) {
        if (wanted - off >= 0 && allowed(p, tier, wanted - off))
            return wanted - off;
        if (wanted + off < ROUTE_CLASSES && allowed(p, tier, wanted + off))
            return wanted + off;
    }
    return wanted;
}

int route_rank(const struct routing *p, enum tier tier, enum route_class wanted, enum provider_class klass)
{
    if (klass == PROVIDER_ANY)
        return 0;
    if (!allowed(p, tier, (int)klass))
        return -1;
    return abs(nearest_allowed(p, tier, (int)wanted) - (int)klass);
}

static void add_ranked(struct turn *t, int rank, int64_t now)
{
    const struct routing *p = &t->snap->policies->routing;
    for (size_t i = 0; i < llm_count(t->llm) && t->route.len < TURN_CANDIDATES_MAX - 1; i++) {
        if (llm_is_builtin(t->llm, i) || !llm_usable(t->llm, i, now))
            continue;
        if (route_rank(p, t->quota.tier, t->complexity.klass, llm_conf(t->llm, i)->klass) == rank)
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
