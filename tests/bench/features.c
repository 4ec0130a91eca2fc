/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fit of the complexity score reads: for each line {"prompt": ...} on standard input, the features
 * as the daemon sees them, separated by blanks. `features --names` prints their names, `features --speed`
 * the microseconds per kilobyte that scoring the same lines takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "base/json.h"
#include "pipeline/features.h"
#include "pipeline/score.h"

#define YEAR   2024
#define ROUNDS 10

#define NAME(name) #name,
static const char *const names[] = { ROUTING_FEATURES(NAME) };

struct spent {
    int64_t us;
    size_t bytes;
};

static void print_names(void)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        puts(names[i]);
}

static void print_features(const char *prompt)
{
    struct features f;
    features_of(&f, prompt, strlen(prompt), YEAR);
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        printf("%.9g%c", f.at[i], i + 1 < ROUTING_FEATURE_COUNT ? ' ' : '\n');
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

static int each_line(bool speed)
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
        if (speed)
            time_score(&s, json_text(o, "prompt", ""));
        else
            print_features(json_text(o, "prompt", ""));
        cJSON_Delete(o);
    }
    free(line);
    if (speed && s.bytes)
        printf("%.2f us per kB\n", (double)s.us * 1024 / (double)s.bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--names") == 0) {
        print_names();
        return 0;
    }
    return each_line(argc > 1 && strcmp(argv[1], "--speed") == 0);
}
