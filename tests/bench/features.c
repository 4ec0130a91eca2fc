/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fit of the complexity score reads: for each line {"prompt": ...} on standard input, the features
 * as the daemon sees them, separated by blanks: those of the score, with --live those of needs_live in the
 * year LIVE_YEAR. `--names` and `--live-names` print what they are called, `--speed` the microseconds per
 * kilobyte that scoring the same lines takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "base/json.h"
#include "pipeline/features.h"
#include "pipeline/lexicon.h"
#include "pipeline/score.h"

#define YEAR      2024
#define LIVE_YEAR 2026
#define ROUNDS    10

#define NAME(name)       #name,
#define NAME_FIRST(name) "first_" #name,
#define NAME_TOPIC(name) #name "_topic",
static const char *const names[] = { ROUTING_FEATURES(NAME) };
static const char *const live_names[] = { ROUTING_LIVE_FEATURES(NAME, NAME_FIRST, NAME_TOPIC, NAME) };

enum task { FEATURES, LIVE, SPEED };

struct spent {
    int64_t us;
    size_t bytes;
};

static int print_names(const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        puts(name[i]);
    return 0;
}

static void print_features(const double *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%.9g%c", at[i], i + 1 < n ? ' ' : '\n');
}

static void time_score(struct spent *s, const char *prompt)
{
    static const struct routing flat = { .cheap_below = 4, .strong_from = 7 };
    struct turn_complexity c;
    int64_t from = clock_mono_us();
    for (int i = 0; i < ROUNDS; i++)
        score_text(&c, &flat, prompt, NULL, YEAR);
    s->us += clock_mono_us() - from;
    s->bytes += ROUNDS * strlen(prompt);
}

static void take(enum task task, struct spent *s, const char *prompt)
{
    struct features f;
    if (task == SPEED) {
        time_score(s, prompt);
        return;
    }
    features_of(&f, prompt, strlen(prompt), task == LIVE ? LIVE_YEAR : YEAR);
    if (task == LIVE)
        print_features(f.live_at, ROUTING_LIVE_COUNT);
    else
        print_features(f.at, ROUTING_FEATURE_COUNT);
}

static int each_line(enum task task)
{
    struct spent s = { 0 };
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0) {
        struct err err;
        cJSON *o;
        if (json_parse(&o, line, (size_t)n, &err) != 0) {
            fprintf(stderr, "features: %s\n", err.text);
            return 65;
        }
        take(task, &s, json_text(o, "prompt", ""));
        cJSON_Delete(o);
    }
    free(line);
    if (s.bytes)
        printf("%.2f us per kB\n", (double)s.us * 1024 / (double)s.bytes);
    return 0;
}

int main(int argc, char **argv)
{
    const char *option = argc > 1 ? argv[1] : "";
    if (lexicon_mistake()) {
        fprintf(stderr, "features: src/pipeline/lexicon.txt:%zu\n", lexicon_mistake());
        return 65;
    }
    if (strcmp(option, "--names") == 0)
        return print_names(names, ARRAY_LEN(names));
    if (strcmp(option, "--live-names") == 0)
        return print_names(live_names, ARRAY_LEN(live_names));
    return each_line(strcmp(option, "--speed") == 0  ? SPEED
                     : strcmp(option, "--live") == 0 ? LIVE
                                                     : FEATURES);
}
