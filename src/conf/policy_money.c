/* SPDX-License-Identifier: Apache-2.0
 *
 * What models cost and what may be spent: prices.json, budgets.json. A price that is mistyped by a factor is
 * money, so the bounds are narrow and what contradicts itself (cached input dearer than input, one model
 * twice, a soft limit over the hard one) fails the load.
 */
#include <stdio.h>
#include <string.h>

#include "conf/policy_impl.h"

/* US dollars: a price per million tokens or per thousand requests, a budget. */
#define PRICE_MAX  1000
#define BUDGET_MAX 1e8

static int check_dated(struct policy_reader *r, const char *d)
{
    for (size_t i = 0; i < 10; i++)
        if (i == 4 || i == 7 ? d[i] != '-' : d[i] < '0' || d[i] > '9')
            return policy_refuse(r, "dated", false, "must be a date such as 2026-10-01");
    return 0;
}

/* The operator must see how old a price is, and which of two is meant. */
static int check_prices(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    const struct policies *p = at;
    char place[POLICY_PATH_BYTES];

    (void)obj;
    (void)path;
    for (size_t i = 0; i < p->prices.n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->prices.at[i].model, p->prices.at[j].model) == 0) {
                (void)snprintf(place, sizeof place, "models.%zu.model", i);
                return policy_refuse(r, place, false, "has a price already (models.%zu)", j);
            }
    return check_dated(r, p->prices.dated);
}

static int check_price(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct price *p = at;
    char place[POLICY_PATH_BYTES + 32];

    if (!cJSON_GetObjectItemCaseSensitive(obj, "cached_in_usd_per_million"))
        p->cached_nusd = p->in_nusd;
    if (p->cached_nusd <= p->in_nusd)
        return 0;
    (void)snprintf(place, sizeof place, "%s.cached_in_usd_per_million", path);
    return policy_refuse(r, place, false, "must not be above in_usd_per_million");
}

#define PRICE(member) .lo = 0, .hi = PRICE_MAX, .at = offsetof(struct price, member)

static const struct policy_field price_fields[] = {
    { "model", POLICY_TEXT, .lo = 1, .hi = 128, .at = offsetof(struct price, model) },
    { "in_usd_per_million", POLICY_NUSD, PRICE(in_nusd) },
    { "out_usd_per_million", POLICY_NUSD, PRICE(out_nusd) },
    { "cached_in_usd_per_million", POLICY_NUSD, .optional = true, PRICE(cached_nusd) },
    { "usd_per_thousand_requests", POLICY_NUSD_1K, .optional = true, PRICE(request_nusd) },
    { "usd_per_thousand_searches", POLICY_NUSD_1K, .optional = true, PRICE(search_nusd) },
};
static const struct policy_shape price_shape = { price_fields, ARRAY_LEN(price_fields), sizeof(struct price),
                                                 check_price };

static const struct policy_field prices_fields[] = {
    { "dated", POLICY_TEXT, .lo = 10, .hi = 10, .at = offsetof(struct policies, prices.dated) },
    { "models", POLICY_LIST, .of = &price_shape, .at = offsetof(struct policies, prices.at),
      .count_at = offsetof(struct policies, prices.n) },
};
const struct policy_shape policy_prices = { prices_fields, ARRAY_LEN(prices_fields), 0, check_prices };

/* ---- budgets ---- */

static int check_limit(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    const struct budget_limit *l = at;
    const char *key = cJSON_GetObjectItemCaseSensitive(obj, "soft_usd") ? "soft_usd" : "hard_usd";
    char place[POLICY_PATH_BYTES + 16];

    if (l->hard_nusd < 0 || l->soft_nusd <= l->hard_nusd)
        return 0;
    (void)snprintf(place, sizeof place, "%s.%s", path, key);
    return policy_refuse(r, place, false, "soft_usd must not be above hard_usd");
}

static const struct policy_field limit_fields[] = {
    { "soft_usd", POLICY_USD, .lo = -1, .hi = BUDGET_MAX, .at = offsetof(struct budget_limit, soft_nusd) },
    { "hard_usd", POLICY_USD, .lo = -1, .hi = BUDGET_MAX, .at = offsetof(struct budget_limit, hard_nusd) },
};
static const struct policy_shape limit_shape = { limit_fields, ARRAY_LEN(limit_fields), 0, check_limit };

static const struct policy_field budget_fields[] = {
    { "day", POLICY_OBJECT, .of = &limit_shape, .at = offsetof(struct budget, day) },
    { "month", POLICY_OBJECT, .of = &limit_shape, .at = offsetof(struct budget, month) },
};
static const struct policy_shape budget_shape = { budget_fields, ARRAY_LEN(budget_fields), 0, NULL };

#define TIER_BUDGET(which)                                                                                   \
    POLICY_OBJECT, .of = &budget_shape, .at = offsetof(struct policies, budgets.tier[which])

static const struct policy_field tier_fields[] = {
    { "FREE", TIER_BUDGET(TIER_FREE) },
    { "PRO", TIER_BUDGET(TIER_PRO) },
    { "ENTERPRISE", TIER_BUDGET(TIER_ENTERPRISE) },
};
static const struct policy_shape tiers_shape = { tier_fields, ARRAY_LEN(tier_fields), 0, NULL };

static const struct policy_field budgets_fields[] = {
    { "bot", POLICY_OBJECT, .of = &budget_shape, .at = offsetof(struct policies, budgets.bot) },
    { "tiers", POLICY_OBJECT, .of = &tiers_shape },
    { "user", POLICY_OBJECT, .of = &budget_shape, .at = offsetof(struct policies, budgets.user) },
};
const struct policy_shape policy_budgets = { budgets_fields, ARRAY_LEN(budgets_fields), 0, NULL };
