/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the formatter: an answer and its parts.
 */
#ifndef DISCORD_FORMAT_KIT_H
#define DISCORD_FORMAT_KIT_H

#include "tests/unit/discord/wire_kit.h"

#include "tests/unit/discord/format_checks.h"

struct answer {
    struct arena words;
    struct dc_part *p;
    size_t n;
};

static inline void answer_with(struct answer *a, const char *markdown, const struct rich_source *s, size_t n,
                               bool embeds)
{
    const char *fault;

    arena_init(&a->words, CHECKS_BYTES);
    assert_int_equal(dc_format(markdown, "Sources", s, n, embeds, &a->words, &a->p, &a->n), 0);
    fault = dc_parts_fault(a->p, a->n);
    for (size_t i = 0; fault && i < a->n; i++)
        print_message("--- %zu\n%s\n", i, a->p[i].content);
    if (fault)
        fail_msg("%s", fault);
}

static inline void answer_free(struct answer *a)
{
    arena_wipe(&a->words);
}

/* One message, written like this. */
static inline void expect(const char *markdown, const char *content)
{
    struct answer a;

    answer_with(&a, markdown, NULL, 0, true);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.p[0].content, content);
    assert_string_equal(a.p[0].embeds, "");
    answer_free(&a);
}

/* Says where they part: answers are long. */
static inline void expect_same(const char *got, const char *want)
{
    size_t at = 0, from;

    while (got[at] && got[at] == want[at])
        at++;
    from = at > 60 ? at - 60 : 0;
    if (got[at] != want[at])
        fail_msg("read: ..%.100s..\nnot:  ..%.100s..", got + from, want + from);
}

/* Every part keeps the rules and nothing to be read is lost, added or moved. How many parts there are. */
static inline size_t expect_seen(const char *markdown)
{
    struct seen want = SEEN_INIT, got = SEEN_INIT;
    struct answer a;

    answer_with(&a, markdown, NULL, 0, true);
    seen_of_markdown(&want, markdown);
    seen_of_parts(&got, a.p, a.n);
    if (want.text.len == 0)
        see(&want, markdown, strlen(markdown), 0);
    expect_same(buf_text(&got.text), buf_text(&want.text));
    seen_free(&want);
    seen_free(&got);
    answer_free(&a);
    return a.n;
}

#endif
