/* SPDX-License-Identifier: Apache-2.0
 *
 * semantic_cut: a question's words and marks, in lower case. Every mark that could tell is a piece of its own
 * ("-5", "C++", "50/50"); a number keeps its points; digits and letters part ("5km" is "5 km").
 */
#include <string.h>

#include "base/utf.h"
#include "pipeline/semantic_impl.h"

static void add_piece(struct reading *r, struct str text, bool quoted, bool capital)
{
    bool inside = r->pieces > 0;
    if (r->pieces == SEMANTIC_PIECES_MAX)
        r->full = true;
    else if (text.len)
        r->piece[r->pieces++] = (struct piece){ text, quoted, capital && inside };
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

/* 0 at either end of the text. */
static uint32_t peek(const char *text, size_t len, size_t pos)
{
    return pos < len ? utf8_next(text, len, &pos) : 0;
}

/* "don't" is "do not": the pieces around an apostrophe, `tail` behind it. */
static void add_behind_apostrophe(struct reading *r, struct str tail, bool quoted)
{
    static const struct {
        const char *tail, *whole;
    } shortened[] = { { "re", "are" }, { "ll", "will" }, { "ve", "have" },
                      { "m", "am" },   { "s", "'s" },    { "d", "'d" } };
    struct piece *head = r->pieces ? &r->piece[r->pieces - 1] : NULL;
    if (head && str_eqs(tail, "t") && head->text.len > 1 && head->text.at[head->text.len - 1] == 'n') {
        if (str_eqs(head->text, "won"))
            head->text = STR("will");
        else if (!str_eqs(head->text, "can"))
            head->text.len--;
        tail = STR("not");
    }
    for (size_t i = 0; i < ARRAY_LEN(shortened); i++)
        if (str_eqs(tail, shortened[i].tail))
            tail = str_of(shortened[i].whole);
    add_piece(r, tail, quoted, false);
}

/* A word: letters, or digits with the points and commas between them. */
static size_t take_word(struct reading *r, const char *text, size_t len, size_t pos, struct str *out)
{
    bool digits = is_digit(peek(text, len, pos));
    size_t from = r->low_len, next = pos;
    while (pos < len) {
        uint32_t cp = utf8_next(text, len, &next);
        bool joins = digits && (cp == '.' || cp == ',' || cp == ':') && is_digit(peek(text, len, next));
        if (!joins && (!utf_is_word(cp) || is_digit(cp) != digits))
            break;
        r->low_len += utf8_put(r->low + r->low_len, utf_lower(cp));
        pos = next;
    }
    *out = (struct str){ r->low + from, r->low_len - from };
    return pos;
}

static bool is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019;
}

static bool is_quote(uint32_t cp)
{
    return cp == '"' || cp == '`' || cp == 0xAB || cp == 0xBB || (cp >= 0x201C && cp <= 0x201E);
}

/* Around a hyphen: digits on both sides, or digits and a single letter ("7-x", "10-K"). */
static bool subtracts(uint32_t before, const char *text, size_t len, size_t next)
{
    size_t behind = next;
    uint32_t after = utf8_next(text, len, &behind);
    return is_digit(before) && (is_digit(after) || !utf_is_word(peek(text, len, behind)));
}

/* A mark that says nothing: the end of a sentence at the end of the text, what opens one in Spanish, a hyphen
 * or an apostrophe inside a word. */
static bool is_silent(uint32_t cp, uint32_t before, const char *text, size_t len, size_t next)
{
    uint32_t after = peek(text, len, next);
    if (cp == 0xBF || cp == 0xA1 || is_apostrophe(cp))
        return true;
    if (cp == '-' || cp == 0x2010 || cp == 0x2011)
        return utf_is_word(before) && utf_is_word(after) && !subtracts(before, text, len, next);
    while (next < len && strchr(".?! \n", text[next]))
        next++;
    return next == len && (cp == '.' || cp == '?' || cp == '!' || cp == 0x2026);
}

static void add_mark(struct reading *r, uint32_t cp)
{
    size_t from = r->low_len;
    r->low_len += utf8_put(r->low + from, cp);
    add_piece(r, (struct str){ r->low + from, r->low_len - from }, false, false);
}

/* "n-1" is not "n1", though "GPT-4" is "GPT4". */
static bool is_index(const struct reading *r, const char *text, size_t len, size_t next)
{
    return r->pieces && r->piece[r->pieces - 1].text.len == 1 && is_digit(peek(text, len, next));
}

void semantic_cut(struct reading *r, const char *text, size_t len)
{
    bool quoted = false, glued = false;
    uint32_t before = 0;
    for (size_t pos = 0, next = 0; pos < len && !r->full; pos = next) {
        uint32_t cp = utf8_next(text, len, &next);
        struct str word;
        if (utf_is_word(cp)) {
            next = take_word(r, text, len, pos, &word);
            if (glued)
                add_behind_apostrophe(r, word, quoted);
            else
                add_piece(r, word, quoted, utf_lower(cp) != cp);
        } else if (is_quote(cp)) {
            quoted = !quoted;
        } else if (!utf_is_space(cp) &&
                   (!is_silent(cp, before, text, len, next) || is_index(r, text, len, next))) {
            add_mark(r, cp);
        }
        glued = is_apostrophe(cp) && utf_is_word(before);
        before = cp;
    }
    while (r->pieces && str_eqs(r->piece[r->pieces - 1].text, ","))
        r->pieces--;
}
