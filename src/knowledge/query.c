/* SPDX-License-Identifier: Apache-2.0
 *
 * Question to full-text query. Words from scripts without spaces are left to the vectors: FTS5's
 * tokenizer takes a whole run of them as one word, which a question seldom repeats.
 */
#include "knowledge/query.h"

#include <string.h>

#include "embed/words.h"

struct terms {
    struct word at[QUERY_TERMS_MAX];
    size_t n;
};

static bool add_term(struct terms *t, const struct word *w)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->at[i].at, w->at) == 0)
            return true;
    if (t->n == QUERY_TERMS_MAX)
        return false;
    t->at[t->n++] = *w;
    return true;
}

static void collect(struct terms *t, const char *question, bool with_stop_words)
{
    struct words all = { .text = question, .len = strlen(question) };
    struct word w;

    while (words_next(&all, &w))
        if (!w.wide && (with_stop_words || !word_is_stop(&w)) && !add_term(t, &w))
            return;
}

size_t query_fts(struct buf *out, const char *question)
{
    struct terms t = { .n = 0 };

    collect(&t, question, false);
    if (t.n == 0)
        collect(&t, question, true);
    for (size_t i = 0; i < t.n; i++)
        buf_printf(out, "%s\"%s\"", i ? " OR " : "", t.at[i].at);
    return t.n;
}
