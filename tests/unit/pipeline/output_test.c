/* SPDX-License-Identifier: Apache-2.0
 *
 * The sink chain under every way a model may cut its text: the adapter hears the same bytes whatever the
 * chunks were, and never a byte of a sentence before that sentence has passed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "pipeline/output.h"
#include "tests/support/stage_kit.h"

#define LONG_TEXT (100U << 10)

static struct pseudonym map[] = {
    { "<EMAIL_1>", "anna@example.org", true },
    { "<PHONE_1>", "+49 151 23456789", true },
};

/* A fresh turn with two passages and the map, its output open. */
static struct output *begin(struct stage_kit *k)
{
    stage_kit_turn(k);
    stage_kit_passage(k, "a", "x");
    stage_kit_passage(k, "b", "y");
    k->turn.redaction.map = map;
    k->turn.redaction.map_len = ARRAY_LEN(map);
    assert_int_equal(output_open(&k->turn), 0);
    return k->turn.output;
}

static void write_all(struct output *o, const char *text, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece)
        assert_int_equal(output_write(o, text + at, len - at < piece ? len - at : piece), 0);
}

/* The whole of `text` in pieces; what the adapter heard is what is recorded. */
static const char *streamed(struct stage_kit *k, const char *text, size_t len, size_t piece)
{
    struct output *o = begin(k);
    write_all(o, text, len, piece);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(buf_text(&k->heard), output_text(o));
    return output_text(o);
}

static const char mixed[] =
    "Write to <EMAIL_1> or call <phone_1> first [1][2].\n\n# Steps\n1. Open it.\n2. Pay 1.5 ETH, e.g. for "
    "gas [1].\n\n"
    "```c\nint a[2] = { 1, 2 };\nif (a[1] < 3) return;\n```\n"
    "\xE8\xB4\xA8\xE6\x8A\xBC\xE9\x9C\x80\xE8\xA6\x81"
    "32 ETH\xE3\x80\x82\xE5\xA5\x96\xE5\x8A\xB1\xE4\xBC\x9A\xE5\x8F\x98\xEF\xBC\x81 "
    "Is <EMAIL_2> <EMAIL_1><PHONE_1> yours? \xF0\x9F\x98\x80 Dr. Who said \xE2\x80\x9Cno.\xE2\x80\x9D Done";

static void output__is_the_same_wherever_the_text_is_split(void **state)
{
    struct stage_kit *k = *state;
    size_t len = sizeof mixed - 1;
    char *whole = strdup(streamed(k, mixed, len, len));
    assert_non_null(strstr(whole, "Write to anna@example.org or call +49 151 23456789 first [1][2]."));
    assert_non_null(strstr(whole, "int a[2] = { 1, 2 };"));
    assert_non_null(strstr(whole, "Is <EMAIL_2> anna@example.org+49 151 23456789 yours?"));
    for (size_t at = 1; at < len; at++) {
        struct output *o = begin(k);
        assert_int_equal(output_write(o, mixed, at), 0);
        assert_int_equal(output_write(o, mixed + at, len - at), 0);
        assert_int_equal(output_finish(o), 0);
        assert_string_equal(output_text(o), whole);
        assert_string_equal(buf_text(&k->heard), whole);
    }
    for (size_t piece = 1; piece < 40; piece++)
        assert_string_equal(streamed(k, mixed, len, piece), whole);
    free(whole);
}

static void output__keeps_both_forms(void **state)
{
    struct stage_kit *k = *state;
    static const char text[] = "Hello <email_1>. Bye.";
    streamed(k, text, sizeof text - 1, 3);
    assert_string_equal(output_redacted(k->turn.output), text); /* what memory and cache get */
    assert_string_equal(output_text(k->turn.output), "Hello anna@example.org. Bye.");
}

static void output__nothing_leaves_before_its_sentence_is_whole(void **state)
{
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    assert_int_equal(output_write(o, "It is simple. This pool offers guaran", 37), 0);
    assert_string_equal(buf_text(&k->heard), "It is simple.");
    assert_int_equal(output_write(o, "teed returns", 12), 0);
    assert_string_equal(buf_text(&k->heard), "It is simple.");
    assert_int_equal(output_write(o, ". And", 5), 0);
    assert_string_equal(buf_text(&k->heard), "It is simple. This pool offers possible returns.");
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(buf_text(&k->heard), "It is simple. This pool offers possible returns. And");
}

static void output__each_sentence_goes_as_soon_as_it_stands(void **state)
{
    struct stage_kit *k = *state;
    static const char text[] = "One is here. Two is here. Three is here. Four";
    struct output *o = begin(k);
    write_all(o, text, sizeof text - 1, 1);
    assert_int_equal(k->sentences, 3);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(k->sentences, 4);
}

static void output__of_nothing_is_nothing(void **state)
{
    struct stage_kit *k = *state;
    assert_string_equal(streamed(k, "", 0, 1), "");
    assert_string_equal(output_redacted(k->turn.output), "");
    assert_int_equal(k->sentences, 0);
    assert_false(output_released(k->turn.output));
}

/* ---- sentences without end ---- */

/* `unit` over and over with `item` once at `at`; no ender anywhere. */
static char *endless(const char *unit, const char *item, size_t at, size_t len)
{
    struct buf b = BUF_INIT(LONG_TEXT + 4096);
    while (b.len + strlen(unit) <= at)
        buf_adds(&b, unit);
    buf_adds(&b, item);
    while (b.len + strlen(unit) <= len)
        buf_adds(&b, unit);
    return buf_steal(&b);
}

struct danger_item {
    const char *item, *never, *becomes;
};

static const struct danger_item items[] = {
    { ",bob@evil.example,", "bob@", "[EMAIL]" },
    { " bob.the.builder@mail.evil.example ", "builder@", "[EMAIL]" },
    { " guaranteed returns ", "guaranteed returns", "possible returns" },
    { ",risk-free,", "risk-free", "potentially risky" },
    { " Bitcoin always goes up ", "always goes up", NULL },
    { " telephone number: 99 577450 ", "577450", "[PHONE]" },
    { ",<EMAIL_1>,", "<EMAIL", "anna@example.org" },
};

/* Feeds it and looks at the adapter's text after every piece. */
static void never_heard(struct stage_kit *k, const struct danger_item *i, const char *text, size_t piece)
{
    struct output *o = begin(k);
    size_t len = strlen(text), seen = 0;
    for (size_t at = 0; at < len; at += piece) {
        assert_int_equal(output_write(o, text + at, len - at < piece ? len - at : piece), 0);
        size_t from = seen > 64 ? seen - 64 : 0;
        assert_null(strstr(buf_text(&k->heard) + from, i->never));
        seen = k->heard.len;
    }
    assert_int_equal(output_finish(o), 0);
    assert_null(strstr(output_text(o), i->never));
    if (i->becomes)
        assert_non_null(strstr(output_text(o), i->becomes));
    assert_string_equal(buf_text(&k->heard), output_text(o));
}

static void endless__no_cut_goes_through_anything_wherever_it_stands(void **state)
{
    static const char *const unit[] = { "word", "word ", "\xE5\xAD\x97" };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        for (size_t u = 0; u < ARRAY_LEN(unit); u++)
            for (size_t at = OUTPUT_HOLD - OUTPUT_TAIL - 80; at < OUTPUT_HOLD - OUTPUT_TAIL + 40; at += 3) {
                char *text = endless(unit[u], items[i].item, at, 2 * OUTPUT_HOLD);
                never_heard(k, &items[i], text, 64);
                free(text);
            }
}

static void endless__100_kb_in_any_pieces_let_nothing_through(void **state)
{
    static const size_t piece[] = { 7, 500, OUTPUT_HOLD, LONG_TEXT };
    struct stage_kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        for (size_t p = 0; p < ARRAY_LEN(piece); p++) {
            char *text =
                endless(p & 1 ? "word" : "some word, ", items[i].item, LONG_TEXT / 2 + 977 * i, LONG_TEXT);
            never_heard(k, &items[i], text, piece[p]);
            assert_true(k->sentences > (p == 3 ? 0 : 20)); /* it flowed all the same */
            free(text);
        }
}

static void endless__is_held_no_longer_than_it_must(void **state)
{
    struct stage_kit *k = *state;
    char *text = endless("word ", "", 0, 8 * OUTPUT_HOLD);
    struct output *o = begin(k);
    for (size_t at = 0; at < strlen(text); at += 16) {
        assert_int_equal(output_write(o, text + at, 16), 0);
        assert_true(at + 16 - k->heard.len <= OUTPUT_HOLD + 16);
    }
    free(text);
}

/* No place to cut at all: a "domain" of 100 KB. Nothing leaves before the end, and then masked. */
static void endless__one_value_is_held_to_its_end(void **state)
{
    struct stage_kit *k = *state;
    char *text = endless("sub.", "", 0, LONG_TEXT);
    memcpy(text, "bob@", 4);
    struct output *o = begin(k);
    write_all(o, text, strlen(text), 16);
    assert_string_equal(buf_text(&k->heard), "");
    assert_int_equal(output_write(o, "example and more. ", 18), 0);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(buf_text(&k->heard), "[EMAIL] and more. ");
    free(text);
}

static void endless__the_next_sentence_is_not_held_for_the_last_one(void **state)
{
    struct stage_kit *k = *state;
    char *value = endless("sub.", "", 0, 3 * OUTPUT_HOLD), *plain = endless("word ", "", 0, 3 * OUTPUT_HOLD);
    memcpy(value, "bob@", 4);
    struct output *o = begin(k);
    write_all(o, value, strlen(value), 64);
    assert_int_equal(output_write(o, "example ends. ", 14), 0);
    size_t before = k->sentences;
    write_all(o, plain, strlen(plain), 64);
    assert_true(k->sentences >= before + 2);
    free(value);
    free(plain);
}

/* ---- the adapter ---- */

static void restart__is_told_only_to_who_has_heard_something(void **state)
{
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    assert_int_equal(output_write(o, "Half a sent", 11), 0);
    output_restart(o);
    assert_int_equal(k->restarts, 0);
    assert_int_equal(output_write(o, "First is out. Second", 20), 0);
    assert_true(output_released(o));
    output_restart(o);
    assert_int_equal(k->restarts, 1);
    assert_false(output_released(o));
    output_restart(o);
    assert_int_equal(k->restarts, 1);
    assert_int_equal(output_write(o, "Another answer.", 15), 0);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(buf_text(&k->heard), "Another answer.");
    assert_string_equal(output_text(o), "Another answer.");
    assert_string_equal(output_redacted(o), "Another answer.");
}

static void full__is_passed_on_and_loses_nothing(void **state)
{
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    k->full = 2;
    assert_int_equal(output_write(o, "One is out. Two", 15), X_E_FULL);
    assert_int_equal(output_write(o, " is out. Three", 14), X_E_FULL);
    assert_int_equal(output_write(o, " is out. Four", 13), 0);
    k->full = 1;
    assert_int_equal(output_finish(o), 0); /* there is nothing more to hold back */
    assert_string_equal(buf_text(&k->heard), "One is out. Two is out. Three is out. Four");
}

static void strict__lets_nothing_out(void **state)
{
    struct stage_kit *k = *state;
    stage_kit_set(k, "answer.grounding=strict");
    struct output *o = begin(k);
    assert_int_equal(output_write(o, "One is out. Two is out. ", 24), 0);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(output_append(o, "A notice."), 0);
    assert_int_equal(k->sentences, 0);
    assert_false(output_released(o));
    assert_int_equal(output_replace(o, "Another text."), 0);
    assert_int_equal(k->sentences, 0);
    assert_string_equal(output_text(o), "Another text.");
    assert_string_equal(output_redacted(o), "Another text.");
}

static void append__is_a_paragraph_of_its_own(void **state)
{
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    assert_int_equal(output_append(o, "Only this."), 0);
    assert_string_equal(output_text(o), "Only this.");
    o = begin(k);
    assert_int_equal(output_write(o, "An answer.", 10), 0);
    assert_int_equal(output_finish(o), 0);
    k->full = 1;
    assert_int_equal(output_append(o, "A notice."), 0);
    assert_string_equal(output_text(o), "An answer.\n\nA notice.");
    assert_string_equal(output_redacted(o), "An answer.\n\nA notice.");
    assert_string_equal(buf_text(&k->heard), "An answer.\n\nA notice.");
}

/* ---- limits ---- */

static void limit__an_answer_just_under_it_fits_in_a_turns_memory(void **state)
{
    static const char *const unit[] = { "A sentence of some words. ", "word ", "word" };
    struct stage_kit *k = *state;
    char *text = malloc(OUTPUT_MAX + 64);
    assert_non_null(text);
    for (size_t u = 0; u < ARRAY_LEN(unit); u++) {
        size_t n = 0;
        for (; n + strlen(unit[u]) <= OUTPUT_MAX - 1; n += strlen(unit[u]))
            memcpy(text + n, unit[u], strlen(unit[u]));
        text[n] = '\0';
        assert_string_equal(streamed(k, text, n, 4096), text);
    }
    free(text);
}

static void limit__a_longer_answer_is_refused(void **state)
{
    static const char sentence[] = "A sentence of some words. ";
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    int rc = 0;
    for (size_t n = 0; rc == 0 && n < 2 * OUTPUT_MAX; n += sizeof sentence - 1)
        rc = output_write(o, sentence, sizeof sentence - 1);
    assert_int_equal(rc, X_E_LIMIT);
    assert_true(k->heard.len <= OUTPUT_MAX);
}

static void limit__counts_the_restored_text(void **state)
{
    struct stage_kit *k = *state;
    struct output *o = begin(k);
    char value[4097];
    memset(value, 'x', 4096);
    value[4096] = '\0';
    struct pseudonym large[] = { { "<EMAIL_1>", value, true } };
    k->turn.redaction.map = large;
    k->turn.redaction.map_len = 1;
    int rc = 0;
    for (int i = 0; rc == 0 && i < 64; i++)
        rc = output_write(o, "Is <EMAIL_1> yours? ", 20);
    assert_int_equal(rc, X_E_LIMIT);
}

static void limit__memory_that_ends_is_an_error_at_any_point(void **state)
{
    struct stage_kit *k = *state;
    static const char text[] = "One <EMAIL_1> is out. Two is out. Three is out.";
    bool opened = false, done = false;
    for (size_t cap = 512; !done; cap += 256) {
        begin(k);
        arena_wipe(&k->turn.arena);
        k->turn.arena.cap_bytes = cap;
        int rc = output_open(&k->turn);
        opened |= rc == 0;
        if (rc == 0)
            rc = output_write(k->turn.output, text, sizeof text - 1);
        if (rc == 0)
            rc = output_finish(k->turn.output);
        assert_true(rc == 0 || rc == -ENOMEM);
        done = rc == 0;
    }
    assert_true(opened);
    assert_string_equal(output_text(k->turn.output),
                        "One anna@example.org is out. Two is out. Three is out.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_CASE(output__is_the_same_wherever_the_text_is_split),
        STAGE_CASE(output__keeps_both_forms),
        STAGE_CASE(output__nothing_leaves_before_its_sentence_is_whole),
        STAGE_CASE(output__each_sentence_goes_as_soon_as_it_stands),
        STAGE_CASE(output__of_nothing_is_nothing),
        STAGE_CASE(endless__no_cut_goes_through_anything_wherever_it_stands),
        STAGE_CASE(endless__100_kb_in_any_pieces_let_nothing_through),
        STAGE_CASE(endless__is_held_no_longer_than_it_must),
        STAGE_CASE(endless__one_value_is_held_to_its_end),
        STAGE_CASE(endless__the_next_sentence_is_not_held_for_the_last_one),
        STAGE_CASE(restart__is_told_only_to_who_has_heard_something),
        STAGE_CASE(full__is_passed_on_and_loses_nothing),
        STAGE_CASE(strict__lets_nothing_out),
        STAGE_CASE(append__is_a_paragraph_of_its_own),
        STAGE_CASE(limit__an_answer_just_under_it_fits_in_a_turns_memory),
        STAGE_CASE(limit__a_longer_answer_is_refused),
        STAGE_CASE(limit__counts_the_restored_text),
        STAGE_CASE(limit__memory_that_ends_is_an_error_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
