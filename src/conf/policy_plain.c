/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies that are plain values: consent, tiers, routing, retention. Money is
 * policy_money.c.
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
