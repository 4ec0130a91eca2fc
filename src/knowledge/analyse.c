/* SPDX-License-Identifier: Apache-2.0
 *
 * The grams inside words find other forms, compounds and typing errors that a stemmer of one language misses,
 * in any alphabet; the weights are those that ranked best on the development sets (facts/retrieval.md, W4).
 */
#include "knowledge/analyse.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf.h"
#include "embed/words.h"

#define GRAM            4
#define GRAM_WEIGHT     0.5F
#define FUNCTION_WEIGHT 0.35F
#define TITLE_TF        2.0F
#define HEADING_TF      1.0F
#define FEATURES_MAX    (1U << 20)
#define CODES_MAX       (1U << 20) /* bytes of one chunk's */
#define FIELD_CODES_MAX 255U
#define CODE_CHARS      6

enum kind { STEM = 's', GRAM_OF_WORD = 'g', WIDE = 'w' };

/* A word as its features. */
struct spelt {
    uint64_t stem; /* of a pair: its own key */
    uint64_t part[WORD_BYTES_MAX];
    size_t parts; /* grams, or characters of a pair */
    enum kind kind;
    uint16_t code;
};

static uint64_t key_of(enum kind kind, const char *at, size_t len)
{
    char bytes[1 + WORD_BYTES_MAX + 2];

    bytes[0] = (char)kind;
    memcpy(bytes + 1, at, len);
    return hash_fnv(bytes, len + 1);
}

static uint16_t code_of(uint64_t key)
{
    return (uint16_t)((key * 0x9e3779b97f4a7c15ULL) >> 48);
}

static void spell_pair(struct spelt *out, const struct word *w)
{
    size_t second = 0;

    (void)utf8_next(w->at, w->len, &second);
    out->kind = WIDE;
    out->stem = key_of(WIDE, w->at, w->len);
    out->code = code_of(out->stem);
    if (second == w->len)
        return;
    out->part[out->parts++] = key_of(WIDE, w->at, second);
    if (w->run_end)
        out->part[out->parts++] = key_of(WIDE, w->at + second, w->len - second);
}

static size_t prefix(const struct word *w, size_t chars)
{
    size_t pos = 0;

    while (chars-- > 0 && pos < w->len)
        (void)utf8_next(w->at, w->len, &pos);
    return pos;
}

/* Stems the word. */
static void spell(struct spelt *out, struct word *w)
{
    struct word_marked m;

    out->parts = 0;
    if (w->wide) {
        spell_pair(out, w);
        return;
    }
    out->kind = GRAM_OF_WORD;
    word_mark(w, &m);
    for (size_t i = 0; i + GRAM <= m.chars; i++)
        out->part[out->parts++] =
            key_of(GRAM_OF_WORD, m.at + m.start[i], (size_t)(m.start[i + GRAM] - m.start[i]));
    word_stem(w);
    out->stem = key_of(STEM, w->at, w->len);
    out->code = code_of(hash_fnv(w->at, prefix(w, CODE_CHARS)));
}

/* ---- chunks ---- */

static bool features_reserve(struct features *f, size_t more)
{
    size_t room = f->room ? f->room : 2048;
    struct lexical_feature *grown;

    if (more <= f->room - f->n)
        return true;
    while (room < f->n + more)
        room *= 2;
    grown = room <= FEATURES_MAX ? realloc(f->at, room * sizeof(*grown)) : NULL;
    if (!grown)
        return false;
    f->at = grown;
    f->room = room;
    return true;
}

static void add_word(struct features *f, const struct spelt *s, float tf)
{
    if (!features_reserve(f, s->parts + 1)) {
        f->failed = true;
        return;
    }
    f->at[f->n++] = (struct lexical_feature){ .key = s->stem, .tf = tf };
    for (size_t i = 0; i < s->parts; i++)
        f->at[f->n++] = (struct lexical_feature){ .key = s->part[i], .tf = tf };
    f->length += (double)tf * (double)(s->parts + 1);
}

/* The number of codes: of all words, or with `telling` of at most FIELD_CODES_MAX that are no function words.
 */
static uint32_t add_field(struct features *f, struct str text, float tf, bool telling)
{
    struct words all = { .text = text.at, .len = text.len };
    uint32_t codes = 0;
    struct spelt s;
    struct word w;

    while (words_next(&all, &w)) {
        bool coded = !telling || (codes < FIELD_CODES_MAX && !word_is_stop(&w));

        spell(&s, &w);
        add_word(f, &s, tf);
        if (coded)
            buf_add(&f->codes, &s.code, sizeof(s.code));
        codes += coded;
    }
    return codes;
}

void features_of_chunk(struct features *f, const char *title, const char *heading, struct str body)
{
    f->n = 0;
    f->length = 0;
    f->failed = false;
    f->codes.max = CODES_MAX;
    buf_clear(&f->codes);
    f->title_codes = add_field(f, str_of(title), TITLE_TF, true);
    f->heading_codes = add_field(f, str_of(heading), HEADING_TF, true);
    f->body_codes = add_field(f, body, 1, false);
    f->failed = f->failed || f->codes.failed;
}

void features_free(struct features *f)
{
    free(f->at);
    buf_free(&f->codes);
    *f = (struct features){ 0 };
}

/* ---- questions ---- */

/* Where the term stands; LEXICAL_TERMS_MAX when there is no room. */
static size_t add_term(struct question *q, struct lexical_term term)
{
    size_t i = 0;

    while (i < q->terms && q->term[i].key != term.key)
        i++;
    if (i == q->terms && q->terms < LEXICAL_TERMS_MAX)
        q->term[q->terms++] = term;
    else if (i < q->terms && q->term[i].weight < term.weight)
        q->term[i] = term;
    return i;
}

static void add_question_word(struct question *q, struct question_word word)
{
    for (size_t i = 0; i < q->words; i++)
        if (q->word[i].code == word.code)
            return;
    if (q->words < QUESTION_WORDS_MAX && word.term < LEXICAL_TERMS_MAX)
        q->word[q->words++] = word;
}

/* Grammar, mostly: particles and endings. */
static bool all_hiragana(const struct word *w)
{
    for (size_t pos = 0; pos < w->len;) {
        uint32_t cp = utf8_next(w->at, w->len, &pos);

        if (cp < 0x3041 || cp > 0x309F)
            return false;
    }
    return true;
}

static void add_spelt(struct question *q, const struct spelt *s, bool function)
{
    float weight = function ? FUNCTION_WEIGHT : 1;
    float part = s->kind == GRAM_OF_WORD ? weight * GRAM_WEIGHT : weight;
    size_t at = add_term(q, (struct lexical_term){ .key = s->stem, .weight = weight, .tells = !function });

    add_question_word(q,
                      (struct question_word){ .code = s->code, .function = function, .term = (uint16_t)at });
    for (size_t i = 0; i < s->parts; i++)
        (void)add_term(q, (struct lexical_term){ .key = s->part[i], .weight = part });
}

void analyse_question(struct question *out, const char *question)
{
    struct words all = { .text = question, .len = strlen(question) };
    bool tells = false;
    struct spelt s;
    struct word w;

    out->terms = out->words = 0;
    while (out->terms < LEXICAL_TERMS_MAX && words_next(&all, &w)) {
        bool function = word_is_stop(&w) || (w.wide && all_hiragana(&w));

        spell(&s, &w);
        add_spelt(out, &s, function);
        tells = tells || !function;
    }
    for (size_t i = 0; i < out->words && !tells; i++)
        out->term[out->word[i].term].tells = true;
}
