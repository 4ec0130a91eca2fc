/* SPDX-License-Identifier: Apache-2.0
 *
 * score: how hard is the question, 1 to 10, from its surface alone: length, sentences, numbers, code marks,
 * words that ask for reasoning. needs_live is a signal of its own: no document or model holds today's price.
 */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf.h"
#include "pipeline/stages.h"

static const char *const reasoning_word[] = {
    "why",      "how",    "compare", "explain",   "difference", "analyse",    "analyze",  "design",
    "prove",    "derive", "versus",  "trade-off", "tradeoff",   "strategy",   "evaluate", "optimise",
    "optimize", "step",   "steps",   "implement", "warum",      "vergleiche", "pourquoi", "comparar",
};
static const char *const live_word[] = {
    "today",   "now",  "currently", "latest", "current", "price", "prices",  "weather", "news",
    "tonight", "live", "yesterday", "heute",  "aktuell", "preis", "aujourd", "hoy",     "precio",
};

static bool listed(struct str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieqs(word, list[i]))
            return true;
    return false;
}

struct features {
    size_t words, long_words, reasoning, live, numbers, code, sentences;
};

static void count_word(struct features *f, struct str word)
{
    f->words++;
    f->long_words += word.len > 8;
    f->reasoning += listed(word, reasoning_word, ARRAY_LEN(reasoning_word));
    f->live += listed(word, live_word, ARRAY_LEN(live_word));
    f->numbers += word.at[0] >= '0' && word.at[0] <= '9';
}

static struct features features_of(const char *text)
{
    struct features f = { 0 };
    size_t len = strlen(text), pos = 0, from = 0;
    bool in_word = false;
    while (pos < len) {
        size_t at = pos;
        uint32_t cp = utf8_next(text, len, &pos);
        bool word = utf_is_word(cp);
        if (word && !in_word)
            from = at;
        if (!word && in_word)
            count_word(&f, (struct str){ text + from, at - from });
        in_word = word;
        f.code += cp == '{' || cp == '}' || cp == ';' || cp == '`' || cp == '=';
        f.sentences += cp == '.' || cp == '?' || cp == '!' || cp == 0x3002 || cp == 0xFF1F;
    }
    if (in_word)
        count_word(&f, (struct str){ text + from, len - from });
    return f;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

enum verdict stage_score(struct turn *t, struct worker *w X_UNUSED)
{
    struct features f = features_of(t->redaction.text);
    double s = 1.0;
    s += least(3.0, (double)f.words / 20.0);
    s += least(1.5, (double)f.long_words / 6.0);
    s += least(2.0, (double)f.reasoning * 0.8);
    s += least(1.0, (double)f.numbers * 0.25);
    s += least(1.5, (double)f.code * 0.3);
    s += least(1.0, (double)(f.sentences > 1 ? f.sentences - 1 : 0) * 0.4);
    t->complexity.score = least(10.0, s);
    t->complexity.needs_live = f.live > 0;
    return NEXT;
}
