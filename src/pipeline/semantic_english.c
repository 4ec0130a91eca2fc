/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_english: what no single row can say, because other words stand in between: possessives, compounds,
 * "how much does ... cost", "what does ... mean", "how does ... differ from".
 */
#include <string.h>

#include "pipeline/semantic_impl.h"

static bool bag_is(const struct reading *r, const char *only)
{
    return only ? r->bags == 1 && str_eqs(r->bag[0], only) : r->bags == 0;
}

static bool is_vowel(char c)
{
    return c != '\0' && strchr("aeiou", c) != NULL;
}

static size_t count_vowels(struct str w)
{
    size_t n = 0;
    for (size_t i = 0; i < w.len; i++)
        n += is_vowel(w.at[i]);
    return n;
}

/* One short vowel before one consonant: "plan", "set". */
static bool doubles(struct str w)
{
    return w.len > 2 && count_vowels(w) == 1 && is_vowel(w.at[w.len - 2]) && !strchr("wxy", w.at[w.len - 1]);
}

void semantic_gerund(struct reading *r, struct str *verb)
{
    struct str w = *verb;
    if (semantic_ends_in(w, "ing") && count_vowels((struct str){ w.at, w.len - 3 }))
        return; /* "staking", and not "bring" */
    if (r->low_len + w.len + 4 > sizeof r->low) {
        r->full = true;
        return;
    }
    char *out = r->low + r->low_len, last = w.at[w.len - 1];
    memcpy(out, w.at, w.len);
    if (semantic_ends_in(w, "ie")) {
        w.len -= 1;
        out[w.len - 1] = 'y';
    } else if (semantic_ends_in(w, "e") && !semantic_ends_in(w, "ee ye oe nge")) {
        w.len--;
    } else if (doubles(w)) {
        out[w.len++] = last;
    }
    memcpy(out + w.len, "ing", 3);
    *verb = (struct str){ out, w.len + 3 };
    r->low_len += w.len + 3;
}

static void drop_unit(struct reading *r, size_t at)
{
    memmove(&r->unit[at], &r->unit[at + 1], (r->units - at - 1) * sizeof r->unit[0]);
    r->units--;
}

/* A word that ends a run of nouns. */
static bool breaks(const struct unit *u)
{
    return u->form || u->opens ||
           semantic_listed(
               " in on at for to from by with without and or than of into as per not , about under over "
               "before after during between 's ",
               u->text);
}

/* unit[at..mid) and unit[mid..end) change places. */
static void swap_runs(struct reading *r, size_t at, size_t mid, size_t end)
{
    struct unit kept[UNITS_MAX];
    size_t head = mid - at, tail = end - mid;
    memcpy(kept, &r->unit[at], head * sizeof kept[0]);
    memmove(&r->unit[at], &r->unit[mid], tail * sizeof kept[0]);
    memcpy(&r->unit[at + tail], kept, head * sizeof kept[0]);
}

static size_t run_end(const struct reading *r, size_t at)
{
    size_t end = at;
    while (end < r->units && !breaks(&r->unit[end]))
        end++;
    return end;
}

/* Where the run that ends before `end` begins: a unit that opens belongs to it. */
static size_t run_begin(const struct reading *r, size_t end)
{
    size_t at = end;
    while (at > 0 && !r->unit[at - 1].form) {
        bool open = r->unit[at - 1].opens;
        if (!open && breaks(&r->unit[at - 1]))
            break;
        at--;
        if (open)
            break;
    }
    return at;
}

/* "ETH's price" is "price of ETH". */
static void turn_possessives(struct reading *r)
{
    for (size_t at = r->units; at-- > 1;) {
        size_t from = run_begin(r, at), end = run_end(r, at + 1);
        if (!semantic_unit_is(r, at, "'s") || from == at || end == at + 1)
            continue;
        while (semantic_unit_is(r, end, "of")) /* turned before: the last one comes first */
            end = run_end(r, end + 1);
        r->unit[at].text = STR("of");
        swap_runs(r, from, at, end);
        swap_runs(r, from, from + 1, from + end - at);
    }
}

/* "ETH price" is "price of ETH"; only of nouns that are what another thing has. */
static void turn_compounds(struct reading *r)
{
    for (size_t at = 1; at < r->units && r->units < UNITS_MAX; at++) {
        size_t from = run_begin(r, at + 1);
        from += from > 0 && str_eqs(r->unit[from - 1].text, "TO");
        if (!semantic_listed(" price cost fee value size population capital author ", r->unit[at].text) ||
            from >= at || run_end(r, from + 1) != at + 1 || r->unit[from].form ||
            semantic_unit_is(r, at + 1, "of"))
            continue;
        swap_runs(r, from, at, at + 1);
        memmove(&r->unit[from + 2], &r->unit[from + 1], (r->units - from - 1) * sizeof r->unit[0]);
        r->unit[from + 1] = (struct unit){ .text = STR("of") };
        r->units++;
        at++;
    }
}

static size_t find_last(const struct reading *r, const char *one, const char *other)
{
    for (size_t at = r->units; at-- > 2;)
        if (semantic_unit_is(r, at, one) || semantic_unit_is(r, at, other))
            return at;
    return 0;
}

/* "How much does it cost" asks for a price. */
static void turn_cost(struct reading *r)
{
    size_t at = find_last(r, "cost", "cost");
    if (!at || !bag_is(r, NULL) || !(semantic_unit_is(r, 0, "HOWMUCH") || semantic_unit_is(r, 0, "WHAT")))
        return;
    drop_unit(r, at);
    r->unit[0].text = STR("PRICE");
}

/* "What is the price of it" too. */
static void turn_price(struct reading *r)
{
    if (r->units < 4 || !semantic_unit_is(r, 0, "WHAT") || !bag_is(r, "+IS") ||
        !semantic_unit_is(r, 2, "of") || !(semantic_unit_is(r, 1, "price") || semantic_unit_is(r, 1, "cost")))
        return;
    drop_unit(r, 2);
    drop_unit(r, 1);
    r->unit[0].text = STR("PRICE");
    r->bags = 0;
}

/* "What does it mean" is "what is it". */
static void turn_meaning(struct reading *r)
{
    size_t last = r->units - 1;
    if (last < 2 || !semantic_unit_is(r, 0, "WHAT") || !bag_is(r, NULL) ||
        !(semantic_unit_is(r, last, "mean") || semantic_unit_is(r, last, "means")))
        return;
    drop_unit(r, last);
    semantic_mood(r, STR("+IS"));
}

/* "How does A differ from B", "how do A and B differ": what is the difference between them. */
static void turn_difference(struct reading *r)
{
    size_t at = find_last(r, "differ", "different");
    if (!at || !semantic_unit_is(r, 0, "HOW") || !(bag_is(r, NULL) || bag_is(r, "+IS")))
        return;
    if (semantic_unit_is(r, at + 1, "from") && at + 2 < r->units) {
        drop_unit(r, at);
        r->unit[at].text = STR("and");
    } else if (at + 1 == r->units) {
        drop_unit(r, at);
    } else {
        return;
    }
    r->unit[0].text = STR("DIFFERENCE");
    r->bags = 0;
}

/* "Explain staking" asks what it is; "explain the error" and "explain your answer" do not. */
static void turn_explain(struct reading *r)
{
    if (r->units < 2 || !semantic_unit_is(r, 0, "EXPLAIN") || r->unit[1].article == 't' ||
        semantic_listed(" my your his her its our their this that these those it me ", r->unit[1].text))
        return;
    r->unit[0].text = STR("WHAT");
    semantic_mood(r, STR("+IS"));
}

void semantic_english(struct reading *r)
{
    if (r->units == 0)
        return;
    turn_explain(r);
    turn_possessives(r);
    turn_cost(r);
    turn_compounds(r);
    turn_price(r);
    turn_meaning(r);
    turn_difference(r);
}
