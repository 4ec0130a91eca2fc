/* SPDX-License-Identifier: Apache-2.0
 *
 * live: a question is live when it is about a thing that changes and asks how it stands now. Either alone is
 * not enough ("what is a stock", "translate: see you today"), and a frame can take both back ("explain how
 * weather forms", "write a poem about tonight"). So the signs go in alone and in pairs, and make fit-routing
 * weighs them on the lines of data/eval/routing.
 */
#include "pipeline/live.h"

#include <math.h>

#include "pipeline/lexicon.h"

#define BRIEF_WORDS  4
#define LONG_WORDS   25
#define MANY_NUMBERS 3

#define TOPICS                                                                                               \
    (LEXICON_BIT(market) | LEXICON_BIT(price) | LEXICON_BIT(weather) | LEXICON_BIT(sport) |                  \
     LEXICON_BIT(travel) | LEXICON_BIT(service) | LEXICON_BIT(open) | LEXICON_BIT(release) |                 \
     LEXICON_BIT(office) | LEXICON_BIT(event) | LEXICON_BIT(stat) | LEXICON_BIT(clock) | LEXICON_BIT(live))
#define TIMES                                                                                                \
    (LEXICON_BIT(now) | LEXICON_BIT(today) | LEXICON_BIT(recent) | LEXICON_BIT(near) | LEXICON_BIT(newest))
#define ASKS  (LEXICON_BIT(when) | LEXICON_BIT(who) | LEXICON_BIT(much) | LEXICON_BIT(what) | LEXICON_BIT(is))
#define TASKS (LEXICON_BIT(explain) | LEXICON_BIT(define) | LEXICON_BIT(make) | LEXICON_BIT(program))

static void set_signs(double *at, const struct live_signs *s)
{
#define ANY(name)   at[ROUTING_LIVE_##name] = s->any & LEXICON_BIT(name) ? 1 : 0;
#define FIRST(name) at[ROUTING_LIVE_first_##name] = s->first & LEXICON_BIT(name) ? 1 : 0;
    ROUTING_LIVE_SIGNS(ANY)
    ROUTING_LIVE_FIRST_SIGNS(FIRST)
#undef ANY
#undef FIRST
}

static void set_pairs(double *at, const struct live_signs *s)
{
    bool topic = s->any & TOPICS, asset = s->any & LEXICON_BIT(asset);
#define WITH_TOPIC(name) at[ROUTING_LIVE_##name##_topic] = topic && s->any & LEXICON_BIT(name) ? 1 : 0;
    ROUTING_LIVE_TOPIC_SIGNS(WITH_TOPIC)
#undef WITH_TOPIC
    at[ROUTING_LIVE_opens_is] = s->opening & LEXICON_BIT(is) ? 1 : 0;
    at[ROUTING_LIVE_opens_is_topic] = topic && s->opening & LEXICON_BIT(is) ? 1 : 0;
    at[ROUTING_LIVE_opens_happens] = s->opening & LEXICON_BIT(happens) ? 1 : 0;
    at[ROUTING_LIVE_opens_happens_topic] = topic && s->opening & LEXICON_BIT(happens) ? 1 : 0;
    at[ROUTING_LIVE_asks_time] =
        (s->any & ASKS) && (s->any & TIMES || s->this_year) && !(s->any & TASKS) ? 1 : 0;
    at[ROUTING_LIVE_past_year_topic] = topic && s->past_year ? 1 : 0;
    at[ROUTING_LIVE_who_office] = (s->any & LEXICON_BIT(who)) && (s->any & LEXICON_BIT(office)) ? 1 : 0;
    at[ROUTING_LIVE_price_asset] = asset && s->any & LEXICON_BIT(price) ? 1 : 0;
    at[ROUTING_LIVE_time_asset] = asset && s->any & TIMES && !(s->any & TASKS) ? 1 : 0;
    at[ROUTING_LIVE_brief_asset] = asset && s->words <= BRIEF_WORDS ? 1 : 0;
    at[ROUTING_LIVE_price_market] = (s->any & LEXICON_BIT(price)) && (s->any & LEXICON_BIT(market)) ? 1 : 0;
    at[ROUTING_LIVE_task_time] = (s->any & TASKS) && (s->any & TIMES) ? 1 : 0;
    at[ROUTING_LIVE_plain_topic] = topic && !(s->any & (TASKS | LEXICON_BIT(past))) ? 1 : 0;
    at[ROUTING_LIVE_brief_topic] = topic && s->words <= BRIEF_WORDS ? 1 : 0;
    at[ROUTING_LIVE_brief_what] =
        (s->opening & LEXICON_BIT(what)) && s->words < BRIEF_WORDS && !(s->any & TIMES);
    at[ROUTING_LIVE_topics] = fmin(2, fmax(0, __builtin_popcountll(s->any & TOPICS) - 1));
}

void live_features(double at[ROUTING_LIVE_COUNT], const struct live_signs *s)
{
    set_signs(at, s);
    set_pairs(at, s);
    at[ROUTING_LIVE_always] = 1;
    at[ROUTING_LIVE_this_year] = s->this_year ? 1 : 0;
    at[ROUTING_LIVE_past_year] = s->past_year ? 1 : 0;
    at[ROUTING_LIVE_pasted] = s->pasted ? 1 : 0;
    at[ROUTING_LIVE_named] = s->named ? 1 : 0;
    at[ROUTING_LIVE_named_now] = s->named && !(s->any & (TASKS | LEXICON_BIT(past))) ? 1 : 0;
    at[ROUTING_LIVE_going] = s->going && s->any & LEXICON_BIT(is) && !(s->any & TASKS) ? 1 : 0;
    at[ROUTING_LIVE_long] = s->words >= LONG_WORDS ? 1 : 0;
    at[ROUTING_LIVE_many_numbers] = s->numbers >= MANY_NUMBERS ? 1 : 0;
    at[ROUTING_LIVE_log_words] = log1p((double)s->words);
}

bool live_asked(const struct routing *policy, const double at[ROUTING_LIVE_COUNT])
{
    double sum = 0;
    for (size_t i = 0; i < ROUTING_LIVE_COUNT; i++)
        sum += policy->live[i] * at[i];
    return sum > 0;
}
