/* SPDX-License-Identifier: Apache-2.0
 *
 * needs_live with the built-in weights: what it is made for, near misses, and the floor under the lines of
 * data/eval/routing/live.jsonl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "conf/policy.h"
#include "pipeline/features.h"
#include "pipeline/live.h"

#define YEAR        2026
#define LIVE_F1_MIN 0.90

static struct policies *policies;

static int load(void **state X_UNUSED)
{
    struct err err = { "" };
    return policies_load(&policies, "", &err);
}

static int unload(void **state X_UNUSED)
{
    policies_free(policies);
    return 0;
}

static bool is_live(const char *text)
{
    struct features f;
    features_of(&f, text, strlen(text), YEAR);
    return live_asked(&policies->routing, f.live_at);
}

static void live__a_changing_thing_and_its_present_state(void **state X_UNUSED)
{
    static const char *const live[] = {
        "What is the price of ETH?",
        "who won last night",
        "Was kostet Gold heute?",
        "\xc2\xbfQu\xc3\xa9 tiempo hace hoy?",
        "la meteo a Paris",
        "notizie su Milano",
        "cota\xc3\xa7\xc3\xa3o do euro",
        "курс доллара",
        "Bitcoin price now",
        "EU crypto rules in 2026",
        "is the train delayed",
        "who is the prime minister of Japan",
        "明天上海会下雨吗",
        "오늘 서울 날씨",
    };
    for (size_t i = 0; i < ARRAY_LEN(live); i++)
        if (!is_live(live[i]))
            fail_msg("not live: %s", live[i]);
}

static void live__one_of_the_two_is_not_enough(void **state X_UNUSED)
{
    static const char *const timeless[] = {
        "",
        "What is gas?",
        "I know nowhere",
        "How does a price oracle work?",
        "explain how weather forecasts work",
        "rules of 2025",
        "now explain it",
        "Write a poem about the rain tonight",
        "Translate: the train is delayed today",
        "为什么会下雨",
    };
    for (size_t i = 0; i < ARRAY_LEN(timeless); i++)
        if (is_live(timeless[i]))
            fail_msg("live: %s", timeless[i]);
}

static void live__weights_of_zero_ask_nothing(void **state X_UNUSED)
{
    static const struct routing flat = { .cheap_below = 4, .strong_from = 7 };
    double at[ROUTING_LIVE_COUNT];
    live_features(at, &(struct live_signs){ .any = UINT64_MAX, .first = UINT64_MAX, .this_year = true });
    assert_false(live_asked(&flat, at));
}

static void live__hand_made_lines_stay_above_the_floor(void **state X_UNUSED)
{
    double due = 0, said = 0, both = 0;
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen("data/eval/routing/live.jsonl", "re");
    assert_non_null(f);
    while (getline(&line, &room, f) > 0) {
        cJSON *o;
        assert_int_equal(json_parse(&o, line, strlen(line), NULL), 0);
        bool want = json_bool(o, "needs_live", false), got = is_live(json_text(o, "prompt", ""));
        due += want;
        said += got;
        both += want && got;
        cJSON_Delete(o);
    }
    free(line);
    fclose(f);
    assert_true(due >= 200);
    assert_true(2 * both / (due + said) >= LIVE_F1_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live__a_changing_thing_and_its_present_state),
        cmocka_unit_test(live__one_of_the_two_is_not_enough),
        cmocka_unit_test(live__weights_of_zero_ask_nothing),
        cmocka_unit_test(live__hand_made_lines_stay_above_the_floor),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
