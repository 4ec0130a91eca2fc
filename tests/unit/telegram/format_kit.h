/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the formatter: an answer, its messages, and a message as one readable line of text in which
 * entities stand as tags: "<b>bold</b> <a https://x.example>link</a>".
 */
#ifndef FORMAT_KIT_H
#define FORMAT_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/telegram/format_checks.h"

struct answer {
    struct arena words;
    struct tg_text *t;
    size_t n;
};

static inline void answer_with(struct answer *a, const char *markdown, const struct rich_source *s, size_t n)
{
    const char *fault;

    arena_init(&a->words, CHECKS_BYTES);
    assert_int_equal(tg_format(markdown, "Sources", s, n, &a->words, &a->t, &a->n), 0);
    fault = format_fault(a->t, a->n);
    if (fault)
        fail_msg("%s", fault);
}

static inline void answer_of(struct answer *a, const char *markdown)
{
    answer_with(a, markdown, NULL, 0);
}

static inline void answer_free(struct answer *a)
{
    arena_wipe(&a->words);
}

static inline void show_ends(struct buf *out, const struct tg_text *t, size_t at)
{
    static const char *const tag[] = { "b", "i", "s", "c", "pre", "q", "a" };

    for (size_t i = t->entities; i > 0; i--)
        if (t->entity[i - 1].offset + t->entity[i - 1].length == at)
            buf_printf(out, "</%s>", tag[t->entity[i - 1].style]);
    for (size_t i = 0; i < t->entities; i++)
        if (t->entity[i].offset == at)
            buf_printf(out, "<%s%s%s>", tag[t->entity[i].style], t->entity[i].extra[0] ? " " : "",
                       t->entity[i].extra);
}

static inline void show(struct buf *out, const struct tg_text *t)
{
    size_t len = strlen(t->text), pos = 0, from = 0, at = 0;

    while (pos < len) {
        show_ends(out, t, at);
        at += utf8_next(t->text, len, &pos) > 0xFFFF ? 2 : 1;
        buf_add(out, t->text + from, pos - from);
        from = pos;
    }
    show_ends(out, t, at);
}

static inline void expect_message(const struct answer *a, size_t i, const char *shown)
{
    struct buf out = BUF_INIT(CHECKS_BYTES);

    assert_true(i < a->n);
    show(&out, &a->t[i]);
    assert_string_equal(buf_text(&out), shown);
    buf_free(&out);
}

/* One message, shown like this. */
static inline void expect(const char *markdown, const char *shown)
{
    struct answer a;

    answer_of(&a, markdown);
    assert_int_equal(a.n, 1);
    expect_message(&a, 0, shown);
    answer_free(&a);
}

/* `times` times `what` between two texts; the caller frees. */
static inline char *repeated(const char *before, const char *what, size_t times, const char *after)
{
    struct buf out = BUF_INIT(CHECKS_BYTES);

    buf_adds(&out, before);
    for (size_t i = 0; i < times; i++)
        buf_adds(&out, what);
    buf_adds(&out, after);
    return buf_steal(&out);
}

static inline bool entities_left_out(const struct answer *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->t[i].entities == TG_ENTITIES_MAX)
            return true;
    return false;
}

/* Every message keeps the rules, nothing to be read is lost and, when asked for, everything has its styles.
 * How many messages there are. */
static inline size_t expect_seen(const char *markdown, bool styled)
{
    struct seen want = SEEN_INIT, got = SEEN_INIT;
    struct answer a;

    answer_of(&a, markdown);
    seen_of_markdown(&want, markdown);
    seen_of_messages(&got, a.t, a.n);
    if (want.text.len == 0)
        see(&want, markdown, strlen(markdown), 0);
    assert_string_equal(buf_text(&got.text), buf_text(&want.text));
    if (styled && !entities_left_out(&a) && want.styles.len > 0)
        assert_memory_equal(got.styles.at, want.styles.at, want.styles.len);
    seen_free(&want);
    seen_free(&got);
    answer_free(&a);
    return a.n;
}

static inline size_t expect_whole(const char *markdown)
{
    return expect_seen(markdown, false);
}

#endif
