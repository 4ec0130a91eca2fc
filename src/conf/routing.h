/* SPDX-License-Identifier: Apache-2.0
 *
 * What policies/routing.json holds: borders, the fitted model of the complexity score, the classes and
 * providers each tier may use, and the provider a bot is tied to. The features are named once, here: their
 * keys in the file, their places in the vector.
 */
#ifndef CONF_ROUTING_H
#define CONF_ROUTING_H

#include <parley/base.h>
#include <parley/status.h>
#include <parley/turn.h>

/* log_ = ln(1 + count); _share = per word, letter or character. */
#define ROUTING_FEATURES(X)                                                                                  \
    X(log_chars)                                                                                             \
    X(log_chars_squared)                                                                                     \
    X(log_words)                                                                                             \
    X(kilochars)                                                                                             \
    X(word_length)                                                                                           \
    X(log_long_words)                                                                                        \
    X(long_word_share)                                                                                       \
    X(log_very_long_words)                                                                                   \
    X(short_word_share)                                                                                      \
    X(log_numbers)                                                                                           \
    X(number_share)                                                                                          \
    X(log_big_numbers)                                                                                       \
    X(log_decimals)                                                                                          \
    X(log_math_marks)                                                                                        \
    X(log_blanks)                                                                                            \
    X(log_code_marks)                                                                                        \
    X(log_quotes)                                                                                            \
    X(symbol_share)                                                                                          \
    X(rare_letter_share)                                                                                     \
    X(type_token)                                                                                            \
    X(type_root_token)                                                                                       \
    X(log_sentences)                                                                                         \
    X(log_question_marks)                                                                                    \
    X(log_lines)                                                                                             \
    X(log_commas)                                                                                            \
    X(comma_share)                                                                                           \
    X(upper_share)                                                                                           \
    X(capital_share)                                                                                         \
    X(acronym_share)                                                                                         \
    X(digit_share)                                                                                           \
    X(question_word_share)                                                                                   \
    X(negation_share)                                                                                        \
    X(function_word_share)                                                                                   \
    X(condition_share)                                                                                       \
    X(comparison_share)                                                                                      \
    X(quantity_share)                                                                                        \
    X(person_share)                                                                                          \
    X(log_sentence_words)                                                                                    \
    X(log_longest_sentence)                                                                                  \
    X(log_first_line)                                                                                        \
    X(log_line_chars)                                                                                        \
    X(log_line_spread)                                                                                       \
    X(number_line_share)                                                                                     \
    X(first_line_asks)                                                                                       \
    X(log_bars)                                                                                              \
    X(log_slashes)                                                                                           \
    X(has_why)                                                                                               \
    X(has_how)                                                                                               \
    X(has_which)                                                                                             \
    X(has_how_many)

#define ROUTING_FEATURE_ENUM(name) ROUTING_##name,
enum routing_feature { ROUTING_FEATURES(ROUTING_FEATURE_ENUM) ROUTING_FEATURE_COUNT };

/* Of needs_live: signs of src/pipeline/lexicon.txt, anywhere, among the first words, and with a topic (a
 * thing that changes); then what else was seen. Each is 0 or 1 but topics (0 to 2) and log_words. */
#define ROUTING_LIVE_SIGNS(X)                                                                                \
    X(now)                                                                                                   \
    X(today)                                                                                                 \
    X(recent)                                                                                                \
    X(near)                                                                                                  \
    X(newest)                                                                                                \
    X(past)                                                                                                  \
    X(asset)                                                                                                 \
    X(market)                                                                                                \
    X(price)                                                                                                 \
    X(weather)                                                                                               \
    X(sport)                                                                                                 \
    X(travel)                                                                                                \
    X(service)                                                                                               \
    X(open)                                                                                                  \
    X(release)                                                                                               \
    X(office)                                                                                                \
    X(event)                                                                                                 \
    X(stat)                                                                                                  \
    X(clock)                                                                                                 \
    X(live)                                                                                                  \
    X(is)                                                                                                    \
    X(happens)                                                                                               \
    X(when)                                                                                                  \
    X(who)                                                                                                   \
    X(much)                                                                                                  \
    X(what)                                                                                                  \
    X(explain)                                                                                               \
    X(define)                                                                                                \
    X(make)                                                                                                  \
    X(suppose)                                                                                               \
    X(program)                                                                                               \
    X(person)
#define ROUTING_LIVE_FIRST_SIGNS(X)                                                                          \
    X(explain)                                                                                               \
    X(define)                                                                                                \
    X(make)
#define ROUTING_LIVE_TOPIC_SIGNS(X)                                                                          \
    X(now)                                                                                                   \
    X(today)                                                                                                 \
    X(recent)                                                                                                \
    X(near)                                                                                                  \
    X(newest)                                                                                                \
    X(past)                                                                                                  \
    X(when)                                                                                                  \
    X(much)                                                                                                  \
    X(what)                                                                                                  \
    X(explain)                                                                                               \
    X(define)                                                                                                \
    X(make)                                                                                                  \
    X(person)
#define ROUTING_LIVE_OTHERS(X)                                                                               \
    X(always)                                                                                                \
    X(opens_is)                                                                                              \
    X(opens_is_topic)                                                                                        \
    X(opens_happens)                                                                                         \
    X(opens_happens_topic)                                                                                   \
    X(asks_time)                                                                                             \
    X(past_year_topic)                                                                                       \
    X(who_office)                                                                                            \
    X(price_asset)                                                                                           \
    X(time_asset)                                                                                            \
    X(brief_asset)                                                                                           \
    X(price_market)                                                                                          \
    X(task_time)                                                                                             \
    X(plain_topic)                                                                                           \
    X(brief_topic)                                                                                           \
    X(brief_what)                                                                                            \
    X(topics)                                                                                                \
    X(this_year)                                                                                             \
    X(past_year)                                                                                             \
    X(pasted)                                                                                                \
    X(named)                                                                                                 \
    X(named_now)                                                                                             \
    X(going)                                                                                                 \
    X(long)                                                                                                  \
    X(many_numbers)                                                                                          \
    X(log_words)

/* Every feature of needs_live by the name its weight has in the file. */
#define ROUTING_LIVE_FEATURES(SIGN, FIRST, TOPIC, OTHER)                                                     \
    ROUTING_LIVE_SIGNS(SIGN)                                                                                 \
    ROUTING_LIVE_FIRST_SIGNS(FIRST) ROUTING_LIVE_TOPIC_SIGNS(TOPIC) ROUTING_LIVE_OTHERS(OTHER)

#define ROUTING_LIVE_ENUM(name)       ROUTING_LIVE_##name,
#define ROUTING_LIVE_ENUM_FIRST(name) ROUTING_LIVE_first_##name,
#define ROUTING_LIVE_ENUM_TOPIC(name) ROUTING_LIVE_##name##_topic,
enum routing_live {
    ROUTING_LIVE_FEATURES(ROUTING_LIVE_ENUM, ROUTING_LIVE_ENUM_FIRST, ROUTING_LIVE_ENUM_TOPIC,
                          ROUTING_LIVE_ENUM) ROUTING_LIVE_COUNT
};

#define ROUTING_KNOTS 11 /* the 0th, 10th ... 100th percentile */

struct routing_pin {
    const char *bot, *provider;
};

struct routing {
    double cheap_below, strong_from;
    double weight[ROUTING_FEATURE_COUNT];
    double knot[ROUTING_KNOTS];      /* not falling: what the weighted sum must reach for 1, 1.9, ... 10 */
    double live[ROUTING_LIVE_COUNT]; /* a sum above 0 needs live data */
    struct {
        double task, work, code; /* added to the score of what was fitted; the fitting set has no chat */
    } points;
    const char *tier_words[TIER_COUNT]; /* classes and providers, separated by blanks */
    unsigned tier_classes[TIER_COUNT];  /* 1 << enum route_class; 1 << ROUTE_CLASSES: any */
    struct routing_pin *pin;
    size_t pins;
};

/* Whether the tier's list names the provider itself. */
bool routing_names(const struct routing *r, enum tier tier, const char *provider);
/* The one provider of this bot, NULL = it is free to choose. */
const char *routing_pinned(const struct routing *r, const char *bot);
/* X_E_INVALID when a list or a pin names a provider that `known` does not know. */
int routing_check_names(const struct routing *r, bool (*known)(const void *ctx, struct str name),
                        const void *ctx, struct err *err);

#endif
