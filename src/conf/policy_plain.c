/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies that are plain values: consent, tiers, routing, retention, prices.
 */
#include <string.h>

#include "conf/policy_impl.h"

#define DAYS_MAX 36500

static const struct policy_field consent_fields[] = {
    { "version", POLICY_TEXT, .lo = 1, .hi = 64, .at = offsetof(struct policies, consent.version) },
    { "text", POLICY_TEXT, .lo = 1, .hi = 8192, .at = offsetof(struct policies, consent.text) },
    { "notice", POLICY_TEXT, .lo = 1, .hi = 1024, .at = offsetof(struct policies, consent.notice) },
    { "eu_countries", POLICY_WORDS, .at = offsetof(struct policies, consent.eu_country) },
};
const struct policy_shape policy_consent = { consent_fields, ARRAY_LEN(consent_fields), 0, NULL };

#define MONTHLY(tier) .lo = -1, .hi = 1e12, .at = offsetof(struct policies, tiers.monthly[tier])

static const struct policy_field monthly_fields[] = {
    { "FREE", POLICY_INT64, MONTHLY(TIER_FREE) },
    { "PRO", POLICY_INT64, MONTHLY(TIER_PRO) },
    { "ENTERPRISE", POLICY_INT64, MONTHLY(TIER_ENTERPRISE) },
};
static const struct policy_shape monthly_shape = { monthly_fields, ARRAY_LEN(monthly_fields), 0, NULL };

static const struct policy_field tiers_fields[] = {
    { "messages_per_month", POLICY_OBJECT, .of = &monthly_shape },
};
const struct policy_shape policy_tiers = { tiers_fields, ARRAY_LEN(tiers_fields), 0, NULL };

static int check_routing(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    const struct policies *p = at;
    const char *key = cJSON_GetObjectItemCaseSensitive(obj, "cheap_below") ? "cheap_below" : "strong_from";

    (void)path;
    if (p->routing.cheap_below <= p->routing.strong_from)
        return 0;
    return policy_refuse(r, key, false, "cheap_below must not be above strong_from");
}

static const struct policy_field routing_fields[] = {
    { "cheap_below", POLICY_NUMBER, .lo = 1, .hi = 10, .at = offsetof(struct policies, routing.cheap_below) },
    { "strong_from", POLICY_NUMBER, .lo = 1, .hi = 10, .at = offsetof(struct policies, routing.strong_from) },
};
const struct policy_shape policy_routing = { routing_fields, ARRAY_LEN(routing_fields), 0, check_routing };

static const struct policy_field retention_fields[] = {
    { "inbox_days", POLICY_INT, .lo = 1, .hi = DAYS_MAX,
      .at = offsetof(struct policies, retention.inbox_days) },
    { "turn_days", POLICY_INT, .lo = 1, .hi = DAYS_MAX,
      .at = offsetof(struct policies, retention.turn_days) },
    { "memory_messages", POLICY_INT, .lo = 0, .hi = TURN_HISTORY_MAX,
      .at = offsetof(struct policies, retention.memory_messages) },
    { "memory_minutes", POLICY_INT, .lo = 0, .hi = 525600,
      .at = offsetof(struct policies, retention.memory_minutes) },
    { "memory_tokens", POLICY_INT, .lo = 0, .hi = 1000000,
      .at = offsetof(struct policies, retention.memory_tokens) },
};
const struct policy_shape policy_retention = { retention_fields, ARRAY_LEN(retention_fields), 0, NULL };

/* YYYY-MM-DD: the operator must see how old a price is. */
static int check_prices(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    const struct policies *p = at;
    const char *d = p->prices.dated;

    (void)obj;
    (void)path;
    for (size_t i = 0; i < 10; i++)
        if (i == 4 || i == 7 ? d[i] != '-' : d[i] < '0' || d[i] > '9')
            return policy_refuse(r, "dated", false, "must be a date such as 2026-10-01");
    return 0;
}

static const struct policy_field price_fields[] = {
    { "model", POLICY_TEXT, .lo = 1, .hi = 128, .at = offsetof(struct price, model) },
    { "in_usd_per_million", POLICY_NUSD, .lo = 0, .hi = 1e6, .at = offsetof(struct price, in_nusd) },
    { "out_usd_per_million", POLICY_NUSD, .lo = 0, .hi = 1e6, .at = offsetof(struct price, out_nusd) },
};
static const struct policy_shape price_shape = { price_fields, ARRAY_LEN(price_fields), sizeof(struct price),
                                                 NULL };

static const struct policy_field prices_fields[] = {
    { "dated", POLICY_TEXT, .lo = 10, .hi = 10, .at = offsetof(struct policies, prices.dated) },
    { "models", POLICY_LIST, .of = &price_shape, .at = offsetof(struct policies, prices.at),
      .count_at = offsetof(struct policies, prices.n) },
};
const struct policy_shape policy_prices = { prices_fields, ARRAY_LEN(prices_fields), 0, check_prices };
