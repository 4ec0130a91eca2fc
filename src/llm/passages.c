/* SPDX-License-Identifier: Apache-2.0
 *
 * From passages to sentences. A chunk of a document is not prose: it begins and ends in
 * mid-sentence, has headings and list marks, and asks the question itself (FAQ). Each of
 * these is recognised here so that the choice can be made by numbers alone.
 *
 * Term weights come from the passages at hand: a word that is in all of them says little
 * about which sentence answers. They stay within a factor of two, because with five
 * passages a frequency is a rough guess.
 */
#include "llm/passages.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "base/utf.h"
#include "llm/terms.h"

#define WEAK 0.3
#define NAME 1.7 /* an answer about something else of that name is no answer */

static const char *const leaning_words[] = {
    "it",     "this",   "these", "that",    "those",  "they",      "such",      "he",      "she",
    "er",     "sie",    "dies",  "diese",   "dieser", "dieses",    "dabei",     "dadurch", "esto",
    "este",   "esta",   "eso",   "ello",    "il",     "elle",      "cela",      "cette",   "ces",
    "questo", "questa", "isso",  "isto",    "essa",   "это",       "он",        "она",     "оно",
    "они",    "ця",     "це",    "however", "also",   "otherwise", "therefore",
};

/* ---- the question ---- */

static void ask(struct asked *q, const char *question)
{
    struct term_scan scan;
    struct term t;
    bool first = true;
    terms_begin(&scan, question, strlen(question));
    while (q->n < ASKED_MAX && terms_next(&scan, &t)) {
        bool known = term_is_stop(&t), named = t.capital && !first;
        first = false;
        for (size_t i = 0; i < q->n && !known; i++)
            known = q->hash[i] == t.hash;
        if (known)
            continue;
        q->weak |= term_is_weak(&t) ? 1ULL << q->n : 0;
        q->name |= named ? 1ULL << q->n : 0;
        q->hash[q->n++] = t.hash;
    }
}

static uint64_t hit(const struct asked *q, uint64_t hash)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->hash[i] == hash)
            return 1ULL << i;
    return 0;
}

static uint64_t hits_in(const struct asked *q, struct str text)
{
    struct term_scan scan;
    struct term t;
    uint64_t hits = 0;
    terms_begin(&scan, text.at, text.len);
    while (terms_next(&scan, &t))
        hits |= hit(q, t.hash);
    return hits;
}

/* ---- cutting ---- */

static bool is_mark(struct str line)
{
    size_t digits = 0;
    while (digits < line.len && digits < 3 && line.at[digits] >= '0' && line.at[digits] <= '9')
        digits++;
    if (digits && line.len > digits + 1 && (line.at[digits] == '.' || line.at[digits] == ')'))
        return line.at[digits + 1] == ' ';
    return line.len > 1 && ((strchr("-*+>#|", line.at[0]) && strchr(" #>-|", line.at[1])) ||
                            str_starts(line, "\xE2\x80\xA2"));
}

/* A sentence also ends where a list item or heading begins, and a heading with its line. */
static size_t cut_at_lines(struct str text, size_t from, size_t end)
{
    bool heading = text.at[from] == '#';
    for (size_t i = from; i + 1 < end; i++) {
        if (text.at[i] != '\n')
            continue;
        size_t next = i + 1;
        while (next < end && (text.at[next] == ' ' || text.at[next] == '\t'))
            next++;
        if (heading || is_mark((struct str){ text.at + next, text.len - next }))
            return i + 1;
    }
    return end;
}

static struct str without_mark(struct str line)
{
    while (is_mark(line)) {
        const char *gap = memchr(line.at, ' ', line.len);
        size_t skip = gap ? (size_t)(gap - line.at) : line.len;
        line = str_trim((struct str){ line.at + skip, line.len - skip });
    }
    return line;
}

static bool ends_with_any(struct str s, const char *const *tail, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t m = strlen(tail[i]);
        if (s.len >= m && !memcmp(s.at + s.len - m, tail[i], m))
            return true;
    }
    return false;
}

static bool begins_low(struct str s)
{
    size_t pos = 0;
    uint32_t cp = utf8_next(s.at, s.len, &pos);
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xDF && cp <= 0xFF) || (cp >= 0x430 && cp <= 0x45F) ||
           cp == ',' || cp == ')' || cp == ';';
}

static void look_at_edges(struct sentence *s, bool last)
{
    static const char *const closed[] = { ".",
                                          "!",
                                          "?",
                                          ":",
                                          "\xE2\x80\xA6",
                                          ".)",
                                          ".\"",
                                          ".\xE2\x80\x9D",
                                          "\xE3\x80\x82",
                                          "\xEF\xBC\x81",
                                          "\xEF\xBC\x9F" };
    static const char *const asks[] = { "?", "?*", "?**", "\xEF\xBC\x9F" };
    bool ends = ends_with_any(s->text, closed, ARRAY_LEN(closed));
    s->question = ends_with_any(s->text, asks, ARRAY_LEN(asks));
    s->whole = ends && !begins_low(s->text);
    s->torn = last && !ends && !s->new_line;
}

/* ---- marking ---- */

static bool is_leaning(const struct term *t)
{
    for (size_t i = 0; i < ARRAY_LEN(leaning_words); i++)
        if (!strcmp(t->word, leaning_words[i]))
            return true;
    return false;
}

static void mark(struct sentence *s, const struct asked *q)
{
    struct term_scan scan;
    struct term t;
    terms_begin(&scan, s->text.at, s->text.len);
    bool begun = false;
    while (terms_next(&scan, &t)) {
        uint64_t bit = hit(q, t.hash);
        if (!s->words++)
            s->leaning = is_leaning(&t);
        if (!begun && !term_is_stop(&t)) {
            s->subject = bit && !(bit & q->weak);
            begun = true;
        }
        s->hits |= bit;
        s->sig[t.hash >> 6 & 3] |= 1ULL << (t.hash & 63);
    }
}

static void add(struct passage_set *set, size_t passage, size_t order, struct str raw, bool last)
{
    struct sentence *s = &set->at[set->n];
    struct str line = str_trim(raw);
    *s = (struct sentence){ .passage = passage, .order = order };
    s->heading = line.len > 0 && line.at[0] == '#';
    s->new_line = memchr(raw.at, '\n', (size_t)(line.at - raw.at)) != NULL;
    s->text = without_mark(line);
    s->chars = utf8_count(s->text.at, s->text.len);
    if (!s->chars || s->chars > SENTENCE_CHARS_MAX)
        return;
    look_at_edges(s, last);
    mark(s, &set->asked);
    set->n += s->words > 0;
}

/* What stands above a sentence speaks for it: the title, the heading, a question just asked. */
static void lend(struct passage_set *set, size_t first, uint64_t title)
{
    uint64_t heading = 0;
    for (size_t i = first; i < set->n; i++) {
        struct sentence *s = &set->at[i];
        const struct sentence *before = i > first ? s - 1 : NULL;
        if (s->heading)
            heading = s->hits;
        s->near = title | heading | (before && before->question ? before->hits : 0);
    }
}

static void cut(struct passage_set *set, size_t passage, const struct passage *p)
{
    size_t all = strlen(p->text), first = set->n, order = 0;
    struct str text = { p->text, utf8_floor(p->text, all, PASSAGE_BYTES_READ) };
    uint64_t title = hits_in(&set->asked, str_of(p->title));
    for (size_t from = 0, end; from < text.len && set->n < SENTENCES_MAX; from = end) {
        end = cut_at_lines(text, from, utf_sentence_end(text.at, text.len, from, true));
        if (end <= from)
            break;
        size_t lead = from > 0 && text.at[from - 1] == '\n'; /* so that the sentence sees its line break */
        add(set, passage, order++, (struct str){ text.at + from - lead, end - from + lead }, end == text.len);
    }
    lend(set, first, title);
    set->covers[passage] = title;
    for (size_t i = first; i < set->n; i++)
        set->covers[passage] |= set->at[i].hits;
}

/* ---- weighing ---- */

static void weigh(struct passage_set *set)
{
    struct asked *q = &set->asked;
    double most = log(1 + ((double)set->n + 0.5) / 0.5);
    for (size_t t = 0; t < q->n; t++) {
        double df = 0, n = (double)set->n;
        for (size_t i = 0; i < set->n; i++)
            df += (double)(set->at[i].hits >> t & 1);
        q->weight[t] = 0.5 + 0.5 * log(1 + (n - df + 0.5) / (df + 0.5)) / most;
        if (q->weak >> t & 1)
            q->weight[t] *= WEAK;
        q->total += q->weight[t];
        q->total_named += q->weight[t] * (q->name >> t & 1 ? NAME : 1);
    }
}

void passages_read(struct passage_set *set, const char *question, const struct turn_passages *passages)
{
    memset(set, 0, sizeof *set);
    ask(&set->asked, question);
    set->passages = passages->len < TURN_PASSAGES_MAX ? passages->len : TURN_PASSAGES_MAX;
    for (size_t i = 0; i < set->passages; i++)
        cut(set, i, &passages->at[i]);
    weigh(set);
}

double passages_share(const struct passage_set *set, uint64_t hits)
{
    double sum = 0;
    for (size_t t = 0; t < set->asked.n; t++)
        if (hits >> t & 1)
            sum += set->asked.weight[t];
    return set->asked.total > 0 ? sum / set->asked.total : 0;
}

double passages_cover(const struct passage_set *set, uint64_t hits)
{
    const struct asked *q = &set->asked;
    double sum = 0;
    for (size_t t = 0; t < q->n; t++)
        if (hits >> t & 1)
            sum += q->weight[t] * (q->name >> t & 1 ? NAME : 1);
    return q->total_named > 0 ? sum / q->total_named : 0;
}

double passages_overlap(const struct sentence *a, const struct sentence *b)
{
    int both = 0, na = 0, nb = 0;
    for (size_t i = 0; i < ARRAY_LEN(a->sig); i++) {
        both += __builtin_popcountll(a->sig[i] & b->sig[i]);
        na += __builtin_popcountll(a->sig[i]);
        nb += __builtin_popcountll(b->sig[i]);
    }
    return na && nb ? (double)both / (na < nb ? na : nb) : 0;
}
