/* SPDX-License-Identifier: Apache-2.0
 *
 * What adapters may choose: headings as such, the size of a part, the beginning of a text. What a page says
 * of Markdown, tables and cuts is looked at where it can be seen: in tests/unit/telegram and
 * tests/unit/discord.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf.h"
#include "rich/page.h"

#define WORDS_BYTES (1U << 20)

static const char *text_of(const struct rich_page *p)
{
    return buf_text(&p->text);
}

static const struct rich_span *span_at(const struct rich_page *p, size_t i)
{
    assert_true((i + 1) * sizeof(struct rich_span) <= p->spans.len);
    return &((const struct rich_span *)(const void *)p->spans.at)[i];
}

static void page__headings_are_bold_or_themselves(void **state X_UNUSED)
{
    static const char markdown[] = "# One\n###### Six `x`";
    struct rich_page p;
    struct arena words;

    arena_init(&words, WORDS_BYTES);
    rich_init(&p, &words, false);
    assert_int_equal(rich_answer(&p, markdown, "", NULL, 0), 0);
    assert_int_equal(span_at(&p, 0)->style, RICH_BOLD);
    rich_free(&p);
    rich_init(&p, &words, true);
    assert_int_equal(rich_answer(&p, markdown, "", NULL, 0), 0);
    assert_string_equal(text_of(&p), "One\nSix x");
    assert_int_equal(span_at(&p, 0)->style, RICH_HEAD);
    assert_string_equal(span_at(&p, 0)->extra, "#");
    assert_int_equal(span_at(&p, 2)->style, RICH_HEAD);
    assert_string_equal(span_at(&p, 2)->extra, "######");
    assert_true(span_at(&p, 2)->from == 4 && span_at(&p, 2)->to == 9);
    rich_free(&p);
    arena_wipe(&words);
}

static void page__sources_stand_below_their_heading(void **state X_UNUSED)
{
    static const struct rich_source source[] = { { 1, "Title", "https://x.example" }, { 7, "Other", "" } };
    struct rich_page p;
    struct arena words;

    arena_init(&words, WORDS_BYTES);
    rich_init(&p, &words, false);
    assert_int_equal(rich_answer(&p, "Yes.", "Quellen", source, 2), 0);
    assert_string_equal(text_of(&p), "Yes.\n\nQuellen\n[1] Title\n[7] Other");
    rich_free(&p);
    arena_wipe(&words);
}

/* Any limit ends, also one that is too small to be kept. */
static void cut__parts_of_any_size_are_the_whole_text(void **state X_UNUSED)
{
    static const size_t limit[] = { 0, 1, RICH_PART_MIN, 100, 4096 };

    for (size_t i = 0; i < ARRAY_LEN(limit); i++) {
        size_t from = 0, begin, end, seen = 0;
        struct rich_cutter c;
        struct rich_page p;
        struct arena words;

        arena_init(&words, WORDS_BYTES);
        rich_init(&p, &words, false);
        for (int n = 0; n < 500; n++)
            buf_adds(&p.text, n % 7 ? "\U0001F600" : "\U0001F469\u200D\U0001F467");
        assert_int_equal(rich_cut_begin(&c, &p), 0);
        while (rich_cut_next(&c, limit[i], &from, &begin, &end)) {
            assert_int_equal(begin, seen);
            assert_true(utf16_count(c.text + begin, end - begin) <=
                        (limit[i] < RICH_PART_MIN ? RICH_PART_MIN : limit[i]));
            seen = end;
        }
        assert_int_equal(seen, p.text.len);
        rich_cut_end(&c);
        rich_free(&p);
        arena_wipe(&words);
    }
}

static void floor__cuts_nothing_that_is_drawn_as_one(void **state X_UNUSED)
{
    static const char family[] = "ab\U0001F469\u200D\U0001F467",
                      flags[] = "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", mark[] = "ae\u0301b";

    assert_int_equal(rich_floor("", 0, 5), 0);
    assert_int_equal(rich_floor("abc", 3, 2), 2);
    assert_int_equal(rich_floor("abc", 3, 9), 3);
    for (size_t max = 2; max < 7; max++)
        assert_int_equal(rich_floor(family, sizeof family - 1, max), 2);
    assert_int_equal(rich_floor(family, sizeof family - 1, 7), sizeof family - 1);
    assert_int_equal(rich_floor(flags, sizeof flags - 1, 6), 8);
    assert_int_equal(rich_floor(mark, sizeof mark - 1, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page__headings_are_bold_or_themselves),
        cmocka_unit_test(page__sources_stand_below_their_heading),
        cmocka_unit_test(cut__parts_of_any_size_are_the_whole_text),
        cmocka_unit_test(floor__cuts_nothing_that_is_drawn_as_one),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
