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

#define LIVE(name)       { #name, POLICY_NUMBER, .lo = -1e6, .hi = 1e6, ROUTING(live[ROUTING_LIVE_##name]) },
#define LIVE_FIRST(name) LIVE(first_##name)
#define LIVE_TOPIC(name) LIVE(name##_topic)
static const struct policy_field live_fields[] = { ROUTING_LIVE_FEATURES(LIVE, LIVE_FIRST, LIVE_TOPIC,
                                                                         LIVE) };
static const struct policy_shape live_shape = { live_fields, ARRAY_LEN(live_fields), 0, NULL };

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

bool routing_names(const struct routing *g, enum tier tier, const char *provider)
{
    struct str rest = str_of(g->tier_words[tier]), word;

    while (str_cut(&rest, ' ', &word))
        if (!class_bit(word) && str_eqs(word, provider))
            return true;
    return false;
}

const char *routing_pinned(const struct routing *g, const char *bot)
{
    for (size_t i = 0; i < g->pins; i++)
        if (!strcmp(g->pin[i].bot, bot))
            return g->pin[i].provider;
    return NULL;
}

int routing_check_names(const struct routing *g, bool (*known)(const void *ctx, struct str name),
                        const void *ctx, struct err *err)
{
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        struct str rest = str_of(g->tier_words[tier]), word;

        while (str_cut(&rest, ' ', &word))
            if (!class_bit(word) && !known(ctx, word))
                return err_set(err, X_E_INVALID,
                               "routing.json: tiers.%s: \"%.*s\" is neither cheap, balanced or research nor "
                               "a provider of parley.json",
                               tier_name((enum tier)tier), (int)word.len, word.at);
    }
    for (size_t i = 0; i < g->pins; i++)
        if (!known(ctx, str_of(g->pin[i].provider)))
            return err_set(err, X_E_INVALID, "routing.json: bots.%zu.provider: parley.json has no llm.%s", i,
                           g->pin[i].provider);
    return 0;
}

static int check_classes(struct policy_reader *r, const cJSON *obj, const char *path, void *at)
{
    struct routing *g = &((struct policies *)at)->routing;

    (void)obj;
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        struct str rest = str_of(g->tier_words[tier]), word;

        if (str_trim(rest).len == 0)
            return policy_refuse(r, path, false,
                                 "each tier must have a list of cheap, balanced, research and providers");
        g->tier_classes[tier] = 0;
        while (str_cut(&rest, ' ', &word))
            g->tier_classes[tier] |= class_bit(word);
        if (g->tier_classes[tier])
            g->tier_classes[tier] |= 1U << ROUTE_CLASSES; /* and providers for all classes */
    }
    return 0;
}

#define CLASSES(tier)                                                                                        \
    {                                                                                                        \
#tier, POLICY_WORDS, ROUTING(tier_words[TIER_##tier])                                                \
    }

static const struct policy_field class_fields[] = { CLASSES(FREE), CLASSES(PRO), CLASSES(ENTERPRISE) };
static const struct policy_shape class_shape = { class_fields, ARRAY_LEN(class_fields), 0, check_classes };

static const struct policy_field pin_fields[] = {
    { "bot", POLICY_TEXT, .at = offsetof(struct routing_pin, bot) },
    { "provider", POLICY_TEXT, .at = offsetof(struct routing_pin, provider) },
};
static const struct policy_shape pin_shape = { pin_fields, ARRAY_LEN(pin_fields), sizeof(struct routing_pin),
                                               NULL };

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
    { "bots", POLICY_LIST, ROUTING(pin), .count_at = offsetof(struct policies, routing.pins),
      .of = &pin_shape },
    { "points", POLICY_OBJECT, .of = &points_shape },
    { "percentiles", POLICY_OBJECT, .of = &knot_shape },
    { "weights", POLICY_OBJECT, .of = &weight_shape },
    { "live", POLICY_OBJECT, .of = &live_shape },
};
const struct policy_shape policy_routing = { routing_fields, ARRAY_LEN(routing_fields), 0, check_routing };
