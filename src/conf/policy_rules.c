/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies that carry patterns: pii, validator, screen. Their shapes, and the checks that make a rule
 * prove itself at load: its examples, and for a toned-down wording that it is not itself a danger.
 */
#include <stdio.h>
#include <string.h>

#include "conf/policy_impl.h"

#define ID_BYTES_MAX 32

static int find_plain(struct policy_reader *r, const void *rule, const char *text, size_t len,
                      struct match_span *span)
{
    return matcher_find(rule, r->scratch, text, len, 0, span);
}

/* An id goes into logs and metrics, a type into placeholders: <EMAIL_1>. */
static int check_id(struct policy_reader *r, const char *path, const char *key, const char *id, bool upper)
{
    char at[POLICY_PATH_BYTES + 8];
    size_t n = strspn(id, upper ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ_" : "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (n > 0 && id[n] == '\0' && n <= ID_BYTES_MAX)
        return 0;
    (void)snprintf(at, sizeof at, "%s.%s", path, key);
    return policy_refuse(r, at, false, "must be at most %d of %s", ID_BYTES_MAX,
                         upper ? "A-Z and _" : "a-z, 0-9 and _");
}

/* ---- pii ---- */

static int find_pii(struct policy_reader *r, const void *rule, const char *text, size_t len,
                    struct match_span *span)
{
    return pii_rule_find(rule, r->scratch, text, len, 0, span);
}

static int check_pii_rule(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct pii_rule *rule = at;
    int rc = check_id(r, path, "type", rule->type, true);

    if (!rule->need)
        rule->need = "";
    return rc ? rc : policy_examples(r, obj, path, find_pii, rule);
}

static const struct policy_field pii_rule_fields[] = {
    { "type", POLICY_TEXT, .lo = 1, .at = offsetof(struct pii_rule, type) },
    { "pattern", POLICY_PATTERN, .at = offsetof(struct pii_rule, pattern) },
    { "check", POLICY_CHOICE, .optional = true, .choices = "none|luhn|ip|phone",
      .at = offsetof(struct pii_rule, check) },
    { "priority", POLICY_INT, .lo = 0, .hi = 1000, .at = offsetof(struct pii_rule, priority) },
    { "need", POLICY_TEXT, .optional = true, .hi = 64, .at = offsetof(struct pii_rule, need) },
    { .key = "must", .type = POLICY_EXAMPLES },
    { "must_not", POLICY_EXAMPLES, .optional = true },
};
static const struct policy_shape pii_rule_shape = { pii_rule_fields, ARRAY_LEN(pii_rule_fields),
                                                    sizeof(struct pii_rule), check_pii_rule };
_Static_assert(PII_NONE == 0 && PII_LUHN == 1 && PII_IP == 2 && PII_PHONE == 3,
               "choices follow enum pii_check");

static const struct policy_field pii_fields[] = {
    { "max_bytes", POLICY_INT64, .lo = 1024, .hi = 16 << 20, .at = offsetof(struct policies, pii.max_bytes) },
    { "rules", POLICY_LIST, .of = &pii_rule_shape, .at = offsetof(struct policies, pii.rule),
      .count_at = offsetof(struct policies, pii.n) },
};
_Static_assert(sizeof(size_t) == sizeof(int64_t), "pii.max_bytes is read as an int64");
const struct policy_shape policy_pii = { pii_fields, ARRAY_LEN(pii_fields), 0, NULL };

/* ---- validator ---- */

static int check_danger(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct danger_rule *rule = at;

    if (!cJSON_GetObjectItemCaseSensitive(obj, "unless_negated"))
        rule->unless_negated = true;
    return check_id(r, path, "id", rule->id, false);
}

static const struct policy_field danger_fields[] = {
    { "id", POLICY_TEXT, .lo = 1, .at = offsetof(struct danger_rule, id) },
    { "pattern", POLICY_PATTERN, .flags = MATCH_ICASE, .at = offsetof(struct danger_rule, pattern) },
    { "unless_negated", POLICY_BOOL, .optional = true, .at = offsetof(struct danger_rule, unless_negated) },
    { "replacement", POLICY_TEXT, .hi = 1024, .at = offsetof(struct danger_rule, replacement) },
    { .key = "must", .type = POLICY_EXAMPLES },
    { "must_not", POLICY_EXAMPLES, .optional = true },
};
static const struct policy_shape danger_shape = { danger_fields, ARRAY_LEN(danger_fields),
                                                  sizeof(struct danger_rule), check_danger };

static int check_disclaimer(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct disclaimer_rule *rule = at;
    int rc = check_id(r, path, "id", rule->id, false);

    return rc ? rc : policy_examples(r, obj, path, find_plain, rule->topic);
}

static const struct policy_field disclaimer_fields[] = {
    { "id", POLICY_TEXT, .lo = 1, .at = offsetof(struct disclaimer_rule, id) },
    { "topic", POLICY_PATTERN, .flags = MATCH_ICASE, .at = offsetof(struct disclaimer_rule, topic) },
    { "text", POLICY_TEXT, .lo = 1, .hi = 2048, .at = offsetof(struct disclaimer_rule, text) },
    { .key = "must", .type = POLICY_EXAMPLES },
    { "must_not", POLICY_EXAMPLES, .optional = true },
};
static const struct policy_shape disclaimer_shape = { disclaimer_fields, ARRAY_LEN(disclaimer_fields),
                                                      sizeof(struct disclaimer_rule), check_disclaimer };

static int find_danger(struct policy_reader *r, const void *rule, const char *text, size_t len,
                       struct match_span *span)
{
    return danger_rule_find(rule, r->scratch, text, len, 0, span);
}

static int check_replacement(struct policy_reader *r, const struct policies *p,
                             const struct danger_rule *rule, const char *path)
{
    char at[POLICY_PATH_BYTES];

    (void)snprintf(at, sizeof at, "%.64s.replacement", path);
    for (size_t i = 0; i < p->validator.dangers; i++) {
        struct match_span span;
        const struct danger_rule *other = &p->validator.danger[i];
        int rc = danger_rule_find(other, r->scratch, rule->replacement, strlen(rule->replacement), 0, &span);

        if (rc != X_E_NOT_FOUND)
            return policy_refuse(r, at, false, "is itself found by the rule %s", other->id);
    }
    return 0;
}

/* Rules share one negation, which may come from another document than they do. */
static void share_negation(struct policies *p)
{
    for (size_t i = 0; i < p->validator.dangers; i++) {
        struct danger_rule *rule = &p->validator.danger[i];

        rule->unless = rule->unless_negated ? p->validator.negation : NULL;
    }
}

static int check_validator(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct policies *p = at;
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(obj, "danger");
    char place[64];
    size_t i = 0;

    (void)path;
    share_negation(p);
    cJSON_ArrayForEach(item, list)
    {
        const struct danger_rule *rule = &p->validator.danger[i];
        int rc;

        (void)snprintf(place, sizeof place, "danger.%zu", i++);
        rc = policy_examples(r, item, place, find_danger, rule);
        if (!rc)
            rc = check_replacement(r, p, rule, place);
        if (rc)
            return rc;
    }
    return 0;
}

static const struct policy_field validator_fields[] = {
    { "danger", POLICY_LIST, .of = &danger_shape, .at = offsetof(struct policies, validator.danger),
      .count_at = offsetof(struct policies, validator.dangers) },
    { "negation", POLICY_PATTERN, .flags = MATCH_ICASE, .at = offsetof(struct policies, validator.negation) },
    { "disclaimers", POLICY_LIST, .of = &disclaimer_shape,
      .at = offsetof(struct policies, validator.disclaimer),
      .count_at = offsetof(struct policies, validator.disclaimers) },
    { "ungrounded_notice", POLICY_TEXT, .lo = 1, .hi = 2048,
      .at = offsetof(struct policies, validator.ungrounded_notice) },
    { "grounded_from", POLICY_INT, .lo = 0, .hi = 100,
      .at = offsetof(struct policies, validator.grounded_from) },
};
const struct policy_shape policy_validator = { validator_fields, ARRAY_LEN(validator_fields), 0,
                                               check_validator };

/* ---- screen ---- */

static int check_screen_rule(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct screen_rule *rule = at;
    int rc = check_id(r, path, "id", rule->id, false);

    return rc ? rc : policy_examples(r, obj, path, find_plain, rule->pattern);
}

static const struct policy_field screen_rule_fields[] = {
    { "id", POLICY_TEXT, .lo = 1, .at = offsetof(struct screen_rule, id) },
    { "pattern", POLICY_PATTERN, .flags = MATCH_ICASE, .at = offsetof(struct screen_rule, pattern) },
    { "weight", POLICY_NUMBER, .lo = 0, .hi = 1, .at = offsetof(struct screen_rule, weight) },
    { .key = "must", .type = POLICY_EXAMPLES },
    { "must_not", POLICY_EXAMPLES, .optional = true },
};
static const struct policy_shape screen_rule_shape = { screen_rule_fields, ARRAY_LEN(screen_rule_fields),
                                                       sizeof(struct screen_rule), check_screen_rule };

static const struct policy_field screen_fields[] = {
    { "flag_from", POLICY_NUMBER, .lo = 0, .hi = 1, .at = offsetof(struct policies, screen.flag_from) },
    { "block", POLICY_BOOL, .at = offsetof(struct policies, screen.block) },
    { "rules", POLICY_LIST, .of = &screen_rule_shape, .at = offsetof(struct policies, screen.rule),
      .count_at = offsetof(struct policies, screen.n) },
};
const struct policy_shape policy_screen = { screen_fields, ARRAY_LEN(screen_fields), 0, NULL };
