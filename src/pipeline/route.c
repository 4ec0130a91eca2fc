/* SPDX-License-Identifier: Apache-2.0
 *
 * route: which providers to try, in order. Those whose class the question wants come first, then the nearest
 * other classes, each sorted as llm.balance says; left out are those whose breaker is open and those that the
 * person's tier may not use; behind all others stand those whose keys were told to wait a moment. A bot that
 * is tied to one provider asks no other. The built-in extractive one always stands last, so there is always
 * an answer.
 */
#include "pipeline/route.h"

#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "base/rand.h"
#include "pipeline/balance.h"
#include "pipeline/retry.h"
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

static bool fits(const struct turn *t, size_t slot, bool waiting, int64_t now)
{
    int64_t wait_ms = llm_wait_ms(t->llm, slot, now);
    return waiting ? wait_ms > 0 && wait_ms <= RETRY_AFTER_MAX_MS : wait_ms == 0;
}

static void add_ranked(struct turn *t, int rank, bool waiting, int64_t now)
{
    const struct routing *p = &t->snap->policies->routing;
    struct balance_candidate c[CONFIG_PROVIDERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < llm_count(t->llm); i++) {
        const struct config_provider *conf = llm_conf(t->llm, i);
        if (llm_is_builtin(t->llm, i) || !fits(t, i, waiting, now) ||
            route_rank(p, t->msg.bot, t->quota.tier, t->complexity.klass, conf) != rank)
            continue;
        c[n++] = (struct balance_candidate){ (int)i, conf->weight, llm_first_text_us(t->llm, i) };
    }
    balance_sort(c, n, t->snap->config->llm.balance, rand_below);
    for (size_t i = 0; i < n && t->route.len < TURN_CANDIDATES_MAX - 1; i++)
        t->route.slot[t->route.len++] = c[i].slot;
}

enum verdict stage_route(struct turn *t, struct worker *w X_UNUSED)
{
    int64_t now = clock_mono_ms();
    for (int rank = 0; rank < ROUTE_RANKS; rank++)
        add_ranked(t, rank, false, now);
    for (int rank = 0; rank < ROUTE_RANKS; rank++)
        add_ranked(t, rank, true, now);
    for (size_t i = 0; i < llm_count(t->llm); i++)
        if (llm_is_builtin(t->llm, i) && t->route.len < TURN_CANDIDATES_MAX)
            t->route.slot[t->route.len++] = (int)i;
    return NEXT;
}
