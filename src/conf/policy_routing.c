/* SPDX-License-Identifier: Apache-2.0
 *
 * policies/routing.json. One field per feature, so that a weight that is misspelt is an unknown key, and one
 * that is left out keeps its built-in value.
 */
#include <string.h>

#include <parley/turn.h>

#include "base/str.h"
#include "conf/policy_impl.h"

#define ROUTING(member) .at = offsetof(struct policies, routing.member)
#define WEIGHT(name)    { #name, POLICY_NUMBER, .lo = -1e6, .hi = 1e6, ROUTING(weight[ROUTING_##name]) },
#define KNOT(name, n)                                                                                        \
    {                                                                                                        \
        name, POLICY_NUMBER, .lo = -1e9, .hi = 1e9, ROUTING(knot[n])                                         \
    }
#define POINTS(name)                                                                                         \
    {                                                                                                        \
#name, POLICY_NUMBER, .lo = -9, .hi = 9, ROUTING(points.name)                                        \
    }

static const struct policy_field weight_fields[] = { ROUTING_FEATURES(WEIGHT) };
static const struct policy_shape weight_shape = { weight_fields, ARRAY_LEN(weight_fields), 0, NULL };

static int check_knots(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    const struct policies *p = at;

    (void)obj;
    for (size_t i = 1; i < ROUTING_KNOTS; i++)
        if (p->routing.knot[i] < p->routing.knot[i - 1])
            return policy_refuse(r, path, false, "must rise from p0 to p100");
    return 0;
}

static const struct policy_field knot_fields[] = {
    KNOT("p0", 0),  KNOT("p10", 1), KNOT("p20", 2), KNOT("p30", 3), KNOT("p40", 4),   KNOT("p50", 5),
    KNOT("p60", 6), KNOT("p70", 7), KNOT("p80", 8), KNOT("p90", 9), KNOT("p100", 10),
};
static const struct policy_shape knot_shape = { knot_fields, ARRAY_LEN(knot_fields), 0, check_knots };

static const struct policy_field points_fields[] = { POINTS(task), POINTS(work), POINTS(code) };
static const struct policy_shape points_shape = { points_fields, ARRAY_LEN(points_fields), 0, NULL };

/* 1 << enum route_class, 0 = no such class. */
static unsigned class_bit(struct str word)
{
    for (unsigned i = 0; i < ROUTE_CLASSES; i++)
        if (str_eqs(word, route_class_name((enum route_class)i)))
            return 1U << i;
    return 0;
}

static int check_classes(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct routing *g = &((struct policies *)at)->routing;

    (void)obj;
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        struct str rest = str_of(g->tier_words[tier]), word;
        unsigned classes = 0;
        bool known = true;

        while (str_cut(&rest, ' ', &word)) {
            classes |= class_bit(word);
            known = known && class_bit(word);
        }
        if (!known || !classes)
            return policy_refuse(r, path, false,
                                 "each tier must have a list of one or more of cheap, balanced, research");
        g->tier_classes[tier] = classes;
    }
    return 0;
}

#define CLASSES(tier)                                                                                        \
    {                                                                                                        \
#tier, POLICY_WORDS, ROUTING(tier_words[TIER_##tier])                                                \
    }

static const struct policy_field class_fields[] = { CLASSES(FREE), CLASSES(PRO), CLASSES(ENTERPRISE) };
static const struct policy_shape class_shape = { class_fields, ARRAY_LEN(class_fields), 0, check_classes };

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
    { "cheap_below", POLICY_NUMBER, .lo = 1, .hi = 10, ROUTING(cheap_below) },
    { "strong_from", POLICY_NUMBER, .lo = 1, .hi = 10, ROUTING(strong_from) },
    { "tiers", POLICY_OBJECT, .of = &class_shape },
    { "points", POLICY_OBJECT, .of = &points_shape },
    { "percentiles", POLICY_OBJECT, .of = &knot_shape },
    { "weights", POLICY_OBJECT, .of = &weight_shape },
};
const struct policy_shape policy_routing = { routing_fields, ARRAY_LEN(routing_fields), 0, check_routing };
