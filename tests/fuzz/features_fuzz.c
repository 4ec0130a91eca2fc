/* SPDX-License-Identifier: Apache-2.0
 *
 * The score on hostile bytes: finite features, a score in bounds, a class that agrees with it, reasons; and
 * the same for a text read as the follow-up of itself.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/features.h"
#include "pipeline/score.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_features(const char *text, size_t len)
{
    struct features f;

    features_of(&f, text, len, 2026);
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        must(isfinite(f.at[i]) && f.at[i] >= 0, "features are finite");
    must(f.words <= len && f.numbers <= f.words && f.known <= f.words, "words are in the text");
}

static void check_score(const char *text, const char *before)
{
    static const struct routing policy = { .cheap_below = 4,
                                           .strong_from = 7,
                                           .weight = { [ROUTING_log_chars] = 1 },
                                           .live = { [ROUTING_LIVE_now] = 1, [ROUTING_LIVE_topics] = 1 },
                                           .knot = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
                                           .points = { 1.5, 2.5, -9 } };
    struct turn_complexity c;

    score_text(&c, &policy, text, before, 2026);
    must(c.score >= 1 && c.score <= 10, "the score is in bounds");
    must(c.reasons > 0 && c.reasons <= TURN_REASONS_MAX, "there is a reason");
    must(!c.needs_live || c.klass == ROUTE_RESEARCH, "live is research");
    must(c.needs_live || (c.klass == ROUTE_RESEARCH) == (c.score >= 7), "the class is the score's");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    check_features((const char *)data, size);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_score(text, NULL);
    check_score(text, text);
    free(text);
    return 0;
}
