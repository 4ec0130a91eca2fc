/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic: text -> pieces (words, marks) -> units (what is left after the rows of the language) -> meaning.
 * A closed list of what may differ is safe where a similarity is not: to any embedder "turn X on" and "turn X
 * off" are near. So the tables decide, and the threshold is a bound on top. What no row covers (another
 * order, a word nobody listed, a language without rows) is another question: a miss costs one call to a
 * model, a false hit a wrong answer.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline/semantic_impl.h"

/* ---- the language ---- */

bool semantic_listed(const char *list, struct str word)
{
    for (const char *p = list; word.len && (p = memmem(p, strlen(p), word.at, word.len)); p++)
        if (p > list && p[-1] == ' ' && p[word.len] == ' ')
            return true;
    return false;
}

/* How many pieces are this word. */
static size_t count_pieces(const struct reading *r, struct str word)
{
    size_t n = 0;
    if (word.len && r->begins[(unsigned char)word.at[0]])
        for (size_t i = 0; i < r->pieces; i++)
            n += str_eq(r->piece[i].text, word);
    return n;
}

static size_t count_marks(const struct reading *r, const char *marks)
{
    struct str rest = str_of(marks), one;
    size_t n = 0;
    while (str_cut(&rest, ' ', &one))
        n += count_pieces(r, one);
    return n;
}

/* The one with the most frequent words; of several the one the person speaks, else none. One word of many is
 * no sign: "to" is Polish too. */
static const struct semantic_language *language_of(const struct reading *r, const char *spoken)
{
    const struct semantic_language *best = NULL;
    size_t most = 0;
    bool tie = false;
    for (size_t i = 0; i < SEMANTIC_LANGUAGES; i++) {
        const struct semantic_language *l = semantic_language[i];
        size_t n = count_marks(r, l->marks);
        if (n > most || (n == most && n > 0 && strcmp(l->code, spoken) == 0)) {
            tie = false;
            best = l;
        } else if (n == most && n > 0) {
            tie |= strcmp(best->code, spoken) != 0;
        }
        most = n > most ? n : most;
    }
    return tie || (most < 2 && 3 * most < r->pieces) ? NULL : best;
}

/* ---- pieces to units ---- */

bool semantic_ends_in(struct str word, const char *ends)
{
    struct str rest = str_of(ends), end;
    while (str_cut(&rest, ' ', &end))
        if (end.len && word.len > end.len && memcmp(word.at + word.len - end.len, end.at, end.len) == 0)
            return true;
    return false;
}

/* Words whose -s is no plural, or whose plural means something else. */
static const char not_plural[] =
    " news goods customs means arms shorts glasses jeans savings terms contents clothes "
    "damages series species works economics physics politics statistics ethics kurs "
    "cours fils sens temps corps esposas gafas lens mars mathematics manners spirits "
    "windows ";

/* "fees" is "fee". A short word and what is no plural stay. */
static void cut_plural(struct reading *r, struct unit *u)
{
    struct str *w = &u->text;
    if (w->len < 4 || !semantic_ends_in(*w, "s") || semantic_ends_in(*w, "ss us is") ||
        semantic_listed(not_plural, *w) || (r->lang->english && semantic_ends_in(*w, "as os")))
        return;
    u->plural = true;
    w->len -= r->lang->english && semantic_ends_in(*w, "xes ches shes sses") ? 2 : 1;
    if (r->lang->english && w->len > 4 && semantic_ends_in(*w, "ie")) {
        w->len -= 1;
        r->low[(size_t)(w->at - r->low) + w->len - 1] = 'y';
    }
}

static void add_unit(struct reading *r, struct str text, bool form)
{
    if (r->units == UNITS_MAX) {
        r->full = true;
        return;
    }
    r->unit[r->units++] =
        (struct unit){ .text = text, .article = r->article, .opens = r->opens || r->article, .form = form };
    r->article = 0;
    r->opens = r->asked = false;
}

void semantic_mood(struct reading *r, struct str text)
{
    if (r->bags == BAG_MAX)
        r->full = true;
    else
        r->bag[r->bags++] = text;
    r->opens = true;
}

static void add_row(struct reading *r, const struct semantic_row *row)
{
    struct str rest = str_of(row->to), one;
    r->opens = true;
    while (str_cut(&rest, ' ', &one)) {
        if (one.len == 0)
            continue;
        if (one.at[0] == '@')
            r->article = one.at[1];
        else if (one.at[0] == '+')
            semantic_mood(r, one);
        else
            add_unit(r, one, one.at[0] >= 'A' && one.at[0] <= 'Z');
    }
    if (row->where == ASKED)
        r->asked = true;
}

bool semantic_unit_is(const struct reading *r, size_t at, const char *text)
{
    return at < r->units && str_eqs(r->unit[at].text, text);
}

static bool is_preposition(struct str word)
{
    return semantic_listed(" in on at for to from by with without and or than of , ", word);
}

static bool in_task(const struct reading *r)
{
    return semantic_unit_is(r, 0, "TO");
}

/* Where the next piece is that is no comma. */
static size_t past_commas(const struct reading *r, size_t at)
{
    while (at < r->pieces && str_eqs(r->piece[at].text, ","))
        at++;
    return at;
}

/* How many pieces from `at` on are the phrase; 0 = they are not. Before anything is asked a comma may stand
 * inside: "tell me, please". */
static size_t phrase_at(const struct reading *r, struct str phrase, size_t at)
{
    struct str one;
    size_t end = at;
    while (str_cut(&phrase, ' ', &one)) {
        if (r->units == 0 && end > at)
            end = past_commas(r, end);
        if (end == r->pieces || r->piece[end].quoted || !str_eq(one, r->piece[end].text))
            return 0;
        end++;
    }
    return end - at;
}

/* What looks like an article or an auxiliary and is none: "plan A", "Will", "vitamin a for". */
static bool is_name(const struct reading *r, const struct semantic_row *row, size_t at)
{
    if (row->to[0] != '@' && row->to[0] != '+')
        return false;
    return r->piece[at].capital ||
           (row->to[0] == '@' && (at + 1 == r->pieces || is_preposition(r->piece[at + 1].text)));
}

/* After "how do I" and "can I". */
static bool takes_verb(const struct reading *r)
{
    return r->units == 1 && r->unit[0].form && !r->article &&
           (in_task(r) || (r->bags == 1 && str_eqs(r->bag[0], "+CAN")));
}

/* Whether the row may stand at pieces [at..at + n). */
static bool row_fits(const struct reading *r, const struct semantic_row *row, size_t at, size_t n)
{
    bool first = r->units == 0 && r->bags == 0;
    size_t next = past_commas(r, at + n);
    if (n == 1 && is_name(r, row, at))
        return false;
    switch (row->where) {
    case ANY:
        return true;
    case START:
        return first && !r->asked;
    case AFTER:
        return r->asked;
    case ASKED:
        return first && next < r->pieces && semantic_listed(r->lang->asks, r->piece[next].text);
    case END:
        return next == r->pieces;
    case FORM:
        return r->units && r->unit[r->units - 1].form;
    case VERB:
        return takes_verb(r);
    case TASK:
        return in_task(r);
    }
    return false;
}

/* The phrases whose first word the text holds: few of the language's. */
static void choose_phrases(struct reading *r)
{
    for (size_t i = 0; i < r->lang->rows; i++) {
        struct str rest = str_of(r->lang->row[i].words), phrase;
        while (str_cut(&rest, '|', &phrase)) {
            struct str tail = phrase, first;
            if (!r->begins[(unsigned char)phrase.at[0]] || !str_cut(&tail, ' ', &first) ||
                !count_pieces(r, first))
                continue;
            if (r->phrases == PHRASES_MAX) {
                r->full = true;
                return;
            }
            r->phrase[r->phrases++] = (struct phrase){ phrase, &r->lang->row[i] };
        }
    }
}

/* The row with the longest phrase that fits; of equal ones the one that wants more. */
static const struct semantic_row *row_at(const struct reading *r, size_t at, size_t *taken)
{
    const struct semantic_row *best = NULL;
    *taken = 0;
    for (size_t i = 0; i < r->phrases; i++) {
        const struct semantic_row *row = r->phrase[i].row;
        size_t n = phrase_at(r, r->phrase[i].words, at);
        if (n && (n > *taken || (n == *taken && row->where > best->where)) && row_fits(r, row, at, n)) {
            best = row;
            *taken = n;
        }
    }
    return best;
}

/* A bare "how" before an infinitive, in a language whose infinitives can be told. */
static bool is_task_word(const struct reading *r, size_t at)
{
    return r->lang && r->units == 0 && at + 1 < r->pieces &&
           semantic_listed(r->lang->task_words, r->piece[at].text) &&
           semantic_ends_in(r->piece[at + 1].text, r->lang->task_ends);
}

static void add_word(struct reading *r, size_t at)
{
    const struct piece *p = &r->piece[at];
    bool verb = r->units == 1 && in_task(r) && !r->article;
    add_unit(r, p->text, false);
    if (r->full || !r->lang || p->quoted)
        return;
    if (verb && r->lang->english)
        semantic_gerund(r, &r->unit[r->units - 1].text);
    else if (r->lang->plural_s && !p->capital)
        cut_plural(r, &r->unit[r->units - 1]);
}

static bool is_stop(struct str word)
{
    return semantic_listed(" , . ! ? ", word);
}

/* Behind what was taken off, with nothing asked yet. */
static bool is_idle(const struct reading *r, size_t at)
{
    return is_stop(r->piece[at].text) && (r->asked || (r->units == 0 && r->opens));
}

static void read_units(struct reading *r)
{
    for (size_t at = 0, n = 1; at < r->pieces && !r->full; at += n) {
        const struct semantic_row *row = row_at(r, at, &n);
        if (n <= 1 && is_task_word(r, at))
            add_unit(r, STR("TO"), true);
        else if (row)
            add_row(r, row);
        else if (!is_idle(r, at))
            add_word(r, at);
        n = row ? n : 1;
    }
    while (r->units && is_stop(r->unit[r->units - 1].text)) /* before "thanks" */
        r->units--;
}

/* ---- units to meaning ---- */

static void put(struct semantic *out, struct str text, char behind)
{
    if (out->len + text.len + 2 > sizeof out->meaning)
        return; /* cannot be: every piece is shorter than what it came from, and a row is short */
    memcpy(out->meaning + out->len, text.at, text.len);
    out->len += text.len;
    out->meaning[out->len++] = behind;
    out->meaning[out->len] = '\0';
}

/* "What is Apple" is not "what is an apple": in the definition of one word the article is part of it. */
static void put_article(const struct reading *r, struct semantic *out)
{
    if (!r->lang || !r->lang->articles_tell || r->units != 2 || !semantic_unit_is(r, 0, "WHAT") ||
        r->bags != 1 || !str_eqs(r->bag[0], "+IS"))
        return;
    const struct unit *u = &r->unit[1];
    if (u->article == 't')
        put(out, STR("THE"), ' ');
    else if (u->article == 'a' || u->plural)
        put(out, STR("A"), ' ');
}

bool semantic_read(struct semantic *out, const char *text, const char *language)
{
    struct reading r;
    size_t len = strlen(text);
    out->len = 0;
    out->meaning[0] = '\0';
    if (len > SEMANTIC_TEXT_MAX)
        return false;
    memset(&r, 0, sizeof r);
    semantic_cut(&r, text, len);
    for (size_t i = 0; i < r.pieces; i++)
        r.begins[(unsigned char)r.piece[i].text.at[0]] = true;
    r.lang = language_of(&r, language);
    if (r.lang)
        choose_phrases(&r);
    read_units(&r);
    if (r.lang && r.lang->english)
        semantic_english(&r);
    if (r.full || r.units == 0 || (r.units == 1 && r.unit[0].form))
        return false;
    put(out, str_of(r.lang ? r.lang->code : "-"), ':');
    for (size_t i = 0; i < r.units; i++)
        put(out, r.unit[i].text, ' ');
    for (size_t i = 0; i < r.bags; i++)
        put(out, r.bag[i], ' ');
    put_article(&r, out);
    return true;
}

int semantic_nearness(const char *a, const char *b)
{
    const struct embedder_ops *ops = &embedder_hash;
    const struct str both[] = { str_of(a), str_of(b) };
    struct embedder *e;
    if (ops->open(&e, NULL))
        return 0;
    size_t dim = ops->dim(e);
    float *v = malloc(2 * dim * sizeof *v);
    double sum = 0;
    if (v && ops->embed(e, both, 2, v, NULL) == 0)
        for (size_t i = 0; i < dim; i++)
            sum += (double)v[i] * (double)v[dim + i];
    free(v);
    ops->close(e);
    return sum > 0 ? (int)(100 * sum + 0.5) : 0;
}
