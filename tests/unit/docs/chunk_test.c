/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunks: never too long, nothing lost, whole sentences, overlap, headings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf.h"
#include "docs/docs.h"

#define CUTS_MAX 20000

struct cuts {
    const struct document *doc;
    size_t n;
    size_t from[CUTS_MAX], to[CUTS_MAX];
    char heading[64];
};

static struct cuts cuts;

static int note(void *ctx, const char *heading, struct str text)
{
    struct cuts *c = ctx;

    assert_true(c->n < CUTS_MAX);
    assert_true(text.len > 0);
    assert_true(utf8_valid(text.at, text.len));
    assert_true(utf8_count(text.at, text.len) <= CHUNK_CHARS);
    c->from[c->n] = (size_t)(text.at - c->doc->text);
    c->to[c->n++] = (size_t)(text.at - c->doc->text) + text.len;
    (void)snprintf(c->heading, sizeof c->heading, "%s", heading);
    return 0;
}

/* Cuts and checks what holds for every document: order, progress, no word lost. */
static void cut(struct document *d, const char *path, const char *text, size_t len)
{
    size_t covered = 0;

    assert_int_equal(document_parse(d, path, text, len, NULL), 0);
    cuts.n = 0;
    cuts.doc = d;
    assert_int_equal(chunks_cut(d, note, &cuts), 0);
    for (size_t i = 0; i < cuts.n; i++) {
        assert_true(i == 0 || cuts.from[i] > cuts.from[i - 1]);
        assert_true(i == 0 || cuts.to[i] > cuts.to[i - 1]);
        for (size_t at = covered; at < cuts.from[i]; at++)
            assert_non_null(strchr(" \n\t", d->text[at]));
        covered = cuts.to[i];
    }
    for (size_t at = covered; at < d->len; at++)
        assert_non_null(strchr(" \n\t", d->text[at]));
}

static void chunk__short_document_is_one_chunk(void **state)
{
    struct document d;

    (void)state;
    cut(&d, "x.txt", "  One sentence. \n", 17);
    assert_int_equal(cuts.n, 1);
    assert_int_equal(cuts.to[0] - cuts.from[0], 13);
    document_free(&d);
    cut(&d, "x.txt", " \n\n", 3);
    assert_int_equal(cuts.n, 0);
    document_free(&d);
}

static void cut_sentences(struct document *d)
{
    char text[5000] = "";

    for (int i = 0; i < 60; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                       "Sentence number %d says a thing or two. ", i);
    cut(d, "x.txt", text, strlen(text));
}

static void chunk__ends_and_begins_with_sentences(void **state)
{
    struct document d;

    (void)state;
    cut_sentences(&d);
    assert_true(cuts.n > 4);
    for (size_t i = 0; i < cuts.n; i++) {
        assert_memory_equal(d.text + cuts.from[i], "Sentence ", 9);
        assert_int_equal(d.text[cuts.to[i] - 1], '.');
        assert_true(cuts.to[i] - cuts.from[i] > 350 || i + 1 == cuts.n);
    }
    document_free(&d);
}

static void chunk__overlaps_by_at_least_fifty_characters(void **state)
{
    struct document d;

    (void)state;
    cut_sentences(&d);
    for (size_t i = 1; i < cuts.n; i++) {
        assert_true(cuts.to[i - 1] - cuts.from[i] >= CHUNK_OVERLAP - 1); /* the space at the end is trimmed */
        assert_true(cuts.to[i - 1] - cuts.from[i] <= CHUNK_OVERLAP_MAX);
    }
    document_free(&d);
}

static void chunk__never_spans_a_heading(void **state)
{
    const char text[] = "# T\n\nIntro.\n\n## One\n\nFirst.\n\n## Two\n\nSecond.";
    struct document d;

    (void)state;
    cut(&d, "x.md", text, strlen(text));
    assert_int_equal(cuts.n, 3);
    assert_string_equal(cuts.heading, "Two");
    assert_memory_equal(d.text + cuts.from[1], "First.", 6);
    document_free(&d);
}

static void chunk__text_without_sentences_is_cut_between_words(void **state)
{
    char text[4000];
    struct document d;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 8 == 7 ? ' ' : 'w';
    cut(&d, "x.txt", text, sizeof text);
    assert_true(cuts.n >= 8);
    for (size_t i = 0; i + 1 < cuts.n; i++)
        assert_int_equal((cuts.to[i] - cuts.from[i] + 1) % 8, 0);
    document_free(&d);
}

static void chunk__text_without_spaces_is_cut_between_characters(void **state)
{
    char text[9000];
    struct document d;

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xe6\xbc\xa2", 3);
    cut(&d, "x.txt", text, sizeof text);
    assert_true(cuts.n >= 6);
    assert_int_equal(cuts.to[0] - cuts.from[0], 3 * CHUNK_CHARS);
    document_free(&d);
}

static int stop(void *ctx, const char *heading, struct str text)
{
    (void)heading;
    (void)text;
    return ++*(int *)ctx == 2 ? X_E_FULL : 0;
}

static void chunk__each_may_stop(void **state)
{
    const char text[] = "# T\n\nA.\n\n## B\n\nC.\n\n## D\n\nE.";
    struct document d;
    int calls = 0;

    (void)state;
    assert_int_equal(document_parse(&d, "x.md", text, strlen(text), NULL), 0);
    assert_int_equal(chunks_cut(&d, stop, &calls), X_E_FULL);
    assert_int_equal(calls, 2);
    document_free(&d);
}

/* 4 MiB in which no sentence and no word ends: linear, or this test does not end. */
static void chunk__largest_file_without_any_end_is_linear(void **state)
{
    size_t len = DOCS_FILE_MAX;
    char *text = malloc(len);
    struct document d;
    clock_t began;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', len);
    began = clock();
    cut(&d, "x.txt", text, len);
    assert_true(cuts.n > len / CHUNK_CHARS);
    assert_true(clock() - began < 20 * CLOCKS_PER_SEC);
    document_free(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunk__short_document_is_one_chunk),
        cmocka_unit_test(chunk__ends_and_begins_with_sentences),
        cmocka_unit_test(chunk__overlaps_by_at_least_fifty_characters),
        cmocka_unit_test(chunk__never_spans_a_heading),
        cmocka_unit_test(chunk__text_without_sentences_is_cut_between_words),
        cmocka_unit_test(chunk__text_without_spaces_is_cut_between_characters),
        cmocka_unit_test(chunk__each_may_stop),
        cmocka_unit_test(chunk__largest_file_without_any_end_is_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
