/* SPDX-License-Identifier: Apache-2.0
 *
 * Bot and provider are charged always, so that `parley providers` can tell what was spent; a tier and a user
 * only where a limit is set for them: without one nobody asks, and a row for each user and day would be kept
 * for nothing. A soft limit leaves the cheapest paid candidate, a hard one those that cost nothing.
 */
#include "pipeline/budget.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "pipeline/cost.h"
#include "pipeline/pipeline.h"

static const char *const tier_scope[TIER_COUNT] = {
    [TIER_FREE] = "tier:FREE",
    [TIER_PRO] = "tier:PRO",
    [TIER_ENTERPRISE] = "tier:ENTERPRISE",
};

static const struct budget no_budget = { { -1, -1 }, { -1, -1 } };

void budget_provider_scope(char out[STORE_SCOPE_BYTES], const char *provider)
{
    (void)snprintf(out, STORE_SCOPE_BYTES, STORE_PROVIDER_PREFIX "%.*s",
                   (int)(STORE_SCOPE_BYTES - sizeof STORE_PROVIDER_PREFIX), provider);
}

static struct store_limit limit_of(const struct budget_limit *l)
{
    return (struct store_limit){ l->soft_nusd, l->hard_nusd };
}

static bool is_set(const struct budget *b)
{
    return b->day.soft_nusd >= 0 || b->day.hard_nusd >= 0 || b->month.soft_nusd >= 0 ||
           b->month.hard_nusd >= 0;
}

static void scope_add(struct store_attempt *a, struct store_scope *scope, const char *name,
                      const struct budget *b)
{
    scope[a->scopes++] = (struct store_scope){ name, limit_of(&b->day), limit_of(&b->month) };
}

static int scopes_fill(struct turn *t, struct store_attempt *a)
{
    const struct policies *p = t->snap->policies;
    const struct budget *tier = &p->budgets.tier[t->quota.tier], *user = &p->budgets.user;
    struct store_scope *scope = arena_array(&t->arena, STORE_SCOPES_MAX, sizeof *scope);
    char *provider = arena_alloc(&t->arena, STORE_SCOPE_BYTES);
    char *who = is_set(user) ? arena_printf(&t->arena, "user:%s", t->identity.user_key) : NULL;
    if (!scope || !provider || (is_set(user) && !who))
        return -ENOMEM;
    budget_provider_scope(provider, a->provider);
    a->scope = scope;
    a->scopes = 0;
    scope_add(a, scope, STORE_SCOPE_BOT, &p->budgets.bot);
    scope_add(a, scope, provider, &no_budget);
    if (is_set(tier))
        scope_add(a, scope, tier_scope[t->quota.tier], tier);
    if (who)
        scope_add(a, scope, who, user);
    return 0;
}

/* An unpriced one is dearer than any priced one: nobody knows. */
static bool is_cheaper(int64_t estimate, int64_t than)
{
    return estimate != COST_UNKNOWN && (than == COST_UNKNOWN || estimate < than);
}

static bool is_cheapest(const struct turn *t, size_t slot, int64_t prompt_tokens)
{
    int64_t now = clock_mono_ms();
    int64_t best = 0;
    bool found = false;
    size_t cheapest = slot;
    for (size_t i = 0; i < t->route.len; i++) {
        size_t s = (size_t)t->route.slot[i];
        int64_t estimate = cost_estimate(t->snap->policies, llm_conf(t->llm, s), prompt_tokens);
        if (estimate == 0 || llm_is_builtin(t->llm, s) || !llm_usable(t->llm, s, now))
            continue;
        if (found && !is_cheaper(estimate, best))
            continue;
        found = true;
        best = estimate;
        cheapest = s;
    }
    return cheapest == slot;
}

int budget_charge(struct turn *t, struct store_attempt *a, size_t slot, int64_t prompt_tokens)
{
    a->estimate_nusd = cost_estimate(t->snap->policies, llm_conf(t->llm, slot), prompt_tokens);
    a->past_soft = is_cheapest(t, slot, prompt_tokens);
    return scopes_fill(t, a);
}

/* True the first time. */
static bool note(struct budget_said *said, const char *text)
{
    for (size_t i = 0; i < BUDGET_SAID_MAX; i++)
        if (strcmp(said->text[i], text) == 0)
            return false;
    (void)snprintf(said->text[said->next++ % BUDGET_SAID_MAX], sizeof said->text[0], "%s", text);
    return true;
}

void budget_heed(struct turn *t, const struct store_attempt *a)
{
    char period[CLOCK_TEXT_BYTES], text[32];
    bool hard = a->budget == BUDGET_HARD;
    if (a->budget == BUDGET_WITHIN || a->limited_scope < 0)
        return;
    turn_warn(t, hard ? "budget_hard" : "budget_soft");
    const char *scope = a->scope[a->limited_scope].name;
    int kind = (int)strcspn(scope, ":"); /* not the rest: it may be a user */
    clock_text(period, a->now_ms);
    (void)snprintf(text, sizeof text, "%s %.*s %.*s", hard ? "hard" : "soft", kind, scope,
                   a->limited_month ? 7 : 10, period);
    if (note(&t->pipeline->budget_said, text))
        log_warn(hard ? "budget.hard" : "budget.soft",
                 "scope=%.*s period=%.*s provider=%s estimate_nusd=%lld", kind, scope,
                 a->limited_month ? 7 : 10, period, a->provider, (long long)a->estimate_nusd);
}
