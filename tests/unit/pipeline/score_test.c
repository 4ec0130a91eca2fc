/* SPDX-License-Identifier: Apache-2.0
 *
 * Score, class and reasons: bounds, order of plainly easier and harder questions, follow-ups, policies, and
 * the floor under the hand-made lines of data/eval/routing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "pipeline/score.h"
#include "tests/support/stage_kit.h"

#define CHAT_RIGHT_MIN 0.90
#define LIVE_F1_MIN    0.90

static const char hard[] =
    "Design a strategy: compare 3 validators, derive the yield step by step, explain why f(x) = {a; b} "
    "holds, "
    "evaluate the trade-off for 32, 64 and 128 ETH. What if fees rise? What if they fall? And how would you "
    "implement the monitoring of unexpected infrastructure misconfigurations?";

static const struct turn_complexity *score(struct stage_kit *k, const char *text)
{
    stage_kit_say(k, text);
    assert_int_equal(stage_score(&k->turn, NULL), NEXT);
    assert_true(k->turn.complexity.score >= 1.0 && k->turn.complexity.score <= 10.0);
    assert_true(k->turn.complexity.reasons >= 1 && k->turn.complexity.reasons <= TURN_REASONS_MAX);
    return &k->turn.complexity;
}

static bool says(const struct turn_complexity *c, const char *code)
{
    for (size_t i = 0; i < c->reasons; i++)
        if (strcmp(c->reason[i], code) == 0)
            return true;
    return false;
}

static void score__without_a_signal_it_is_the_middle(void **state)
{
    static const char *const text[] = { "",
                                        " ",
                                        "?",
                                        "\xE3\x80\x82",
                                        "\xF0\x9F\xA4\x94",
                                        "qwrt zzk",
                                        "\xe9\xaa\x8c\xe8\xaf\x81\xe8\x80\x85\xe6\x98\xaf\xe8\xb0\x81" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        const struct turn_complexity *c = score(k, text[i]);
        assert_int_equal(c->klass, ROUTE_BALANCED);
        assert_true(says(c, "no_signal"));
    }
}

static void score__rises_with_what_is_asked(void **state)
{
    struct stage_kit *k = *state;
    double hi = score(k, "hi")->score, gas = score(k, "What is gas?")->score;
    double how = score(k, "Explain how gas differs from a tip")->score, most = score(k, hard)->score;
    assert_true(hi <= gas && gas < how && how < most);
    assert_true(hi == 1.0 && gas < 4.0 && most > 7.0);
}

static void score__is_capped_however_long_the_text(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(MESSAGE_TEXT_MAX);
    while (text.len < MESSAGE_TEXT_MAX - 64)
        buf_adds(&text, "Explain why 42 misconfigurations {x=1;} differ! ");
    const struct turn_complexity *c = score(k, buf_text(&text));
    assert_true(says(c, "long") && says(c, "numbers") && says(c, "code"));
    buf_free(&text);
}

static void score__live_data_means_research_however_easy(void **state)
{
    struct stage_kit *k = *state;
    const struct turn_complexity *c = score(k, "ETH price now");
    assert_true(c->needs_live && says(c, "live") && c->klass == ROUTE_RESEARCH);
    c = score(k, "What is gas?");
    assert_true(!c->needs_live && c->klass == ROUTE_CHEAP);
}

static void score__the_year_is_the_clock_s(void **state)
{
    struct stage_kit *k = *state; /* its clock stands in 2026 */
    assert_false(score(k, "tax rules of 2025")->needs_live);
    assert_true(score(k, "tax rules of 2026")->needs_live);
    assert_int_equal(score_year(0), 1970);
    assert_int_equal(score_year(STAGE_KIT_WALL_MS), 2026);
}

static void remember(struct stage_kit *k, bool from_user, const char *text)
{
    k->turn.memory.remark[k->turn.memory.len++] = (struct turn_remark){ from_user, text };
}

static void score__a_short_follow_up_inherits(void **state)
{
    struct stage_kit *k = *state;
    assert_false(says(score(k, "and why?"), "follow_up")); /* of nothing */
    remember(k, true, hard);
    remember(k, false, "hi");
    const struct turn_complexity *c = score(k, "and why?");
    assert_true(says(c, "follow_up") && c->klass == ROUTE_RESEARCH);
    remember(k, true, "What is the weather in Rome today?");
    c = score(k, "and in Milan?");
    assert_true(c->needs_live && says(c, "follow_up") && c->klass == ROUTE_RESEARCH);
    remember(k, true, "price of ETH?");
    assert_true(score(k, "and BTC?")->needs_live);
    remember(k, true, "What is gas on Ethereum?");
    assert_false(score(k, "and why?")->needs_live);
}

static void score__thanks_and_new_questions_do_not_inherit(void **state)
{
    struct stage_kit *k = *state;
    remember(k, true, hard);
    const struct turn_complexity *c = score(k, "Thanks!");
    assert_true(says(c, "greeting") && c->klass == ROUTE_CHEAP);
    c = score(k, "What is the capital of Australia called?");
    assert_true(!says(c, "follow_up") && c->klass == ROUTE_CHEAP);
}

static void score__a_huge_remark_before_is_cut_between_characters(void **state)
{
    struct stage_kit *k = *state;
    struct buf text = BUF_INIT(65536);
    while (text.len < 65000)
        buf_adds(&text, "\xE2\x82\xAC\xC3\xA9 ");
    remember(k, true, buf_text(&text));
    assert_true(says(score(k, "why?"), "follow_up"));
    buf_free(&text);
}

static void score__borders_are_the_policy_s(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_policy(k, "routing.json", "{\"cheap_below\": 1, \"strong_from\": 1}");
    stage_kit_turn(k);
    assert_int_equal(score(k, "hi")->klass, ROUTE_RESEARCH);
    stage_kit_policy(k, "routing.json", "{\"cheap_below\": 10, \"strong_from\": 10}");
    stage_kit_turn(k);
    assert_int_equal(score(k, "What is gas?")->klass, ROUTE_CHEAP);
}

static void score__flat_percentiles_divide_nothing(void **state X_UNUSED)
{
    const struct routing flat = { .cheap_below = 4, .strong_from = 7 }; /* every knot and weight 0 */
    struct turn_complexity c;
    score_text(&c, &flat, "What is gas?", NULL, 2026);
    assert_true(c.score == 10.0);
}

static void score__bytes_that_are_no_text_do_no_harm(void **state)
{
    struct stage_kit *k = *state;
    score(k, "\xff\xfe\xF0\x9F");
    score(k, "\xF0\x9F\x98\x80\xE2\x80\xAE");
}

static void score__hand_made_lines_stay_above_the_floor(void **state)
{
    struct stage_kit *k = *state;
    double n = 0, right = 0, due = 0, said = 0, both = 0;
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen("data/eval/routing/chat.jsonl", "re");
    assert_non_null(f);
    while (getline(&line, &room, f) > 0) {
        cJSON *o;
        assert_int_equal(json_parse(&o, line, strlen(line), NULL), 0);
        const struct turn_complexity *c = score(k, json_text(o, "prompt", ""));
        bool live = json_bool(o, "needs_live", false);
        right += strcmp(route_class_name(c->klass), json_text(o, "class", "")) == 0;
        n += 1;
        due += live;
        said += c->needs_live;
        both += live && c->needs_live;
        cJSON_Delete(o);
    }
    free(line);
    fclose(f);
    assert_true(n >= 60);
    assert_true(right / n >= CHAT_RIGHT_MIN);
    assert_true(2 * both / (due + said) >= LIVE_F1_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(score__without_a_signal_it_is_the_middle),
        STAGE_CASE(score__rises_with_what_is_asked),
        STAGE_CASE(score__is_capped_however_long_the_text),
        STAGE_CASE(score__live_data_means_research_however_easy),
        STAGE_CASE(score__the_year_is_the_clock_s),
        STAGE_CASE(score__a_short_follow_up_inherits),
        STAGE_CASE(score__thanks_and_new_questions_do_not_inherit),
        STAGE_CASE(score__a_huge_remark_before_is_cut_between_characters),
        STAGE_CASE(score__borders_are_the_policy_s),
        STAGE_CASE(score__flat_percentiles_divide_nothing),
        STAGE_CASE(score__bytes_that_are_no_text_do_no_harm),
        STAGE_CASE(score__hand_made_lines_stay_above_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
