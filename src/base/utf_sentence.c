/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a sentence ends, without knowing the language. The validator passes text on by
 * the sentence, so a stream must never take back an end: every rule that needs to see
 * what follows answers UNKNOWN while it has not arrived, and the caller waits.
 * Two sentences taken for one cost a little delay; one cut in two could let a phrase
 * through in halves. So when in doubt the sentence goes on.
 *
 * Limits: abbreviations are those listed, of en de fr es it pt ru; a single letter is
 * always an initial ("Plan B. Then" is one sentence); "1. a 2. b" in one line is cut
 * after the "2.".
 */
#include "base/utf.h"

#include <string.h>

#define TOKEN_MAX 40 /* bytes before a full stop that can be an abbreviation */

/* Each list is searched for " token ", in lower case, without the closing full stop.
 * Of these a sentence never ends: */
static const char abbr_never[] =
    " mr mrs ms sr dr prof rev hon gen col capt cmdr sgt lt maj gov pres sen rep st mt ft vs approx dept"
    " ca cf viz resp incl excl figs nos pp eds hrsg hr fr frl dipl ing mag bzw ggf evtl inkl exkl zzgl"
    " abzgl sog av vgl mio mrd tsd geb gest str nr bspw urspr insb allg mind ugs zb dh mme mlle ste"
    " env éd chap tél boul bd ej ex sra srta dra ud uds vd vds pág págs aprox núm avda máx mín"
    " cía ee uu sig sigg dott dott.ssa avv pag pagg es p.es exmo exma см ср стр рис табл"
    " гл ул им напр проф акад доц св т.ч ст тел адр ";

/* It ends after one of these when what follows does not go on in lower case: */
static const char abbr_lower[] =
    " etc usw ecc inc ltd co corp llc bros jr al est blvd ave a.m p.m ph.d ltda cia s.a s.p.a s.r.l"
    " etc.pp т.д т.п др пр руб коп тыс млн млрд долл мин сек гг"
    " вв ";

/* ... and after these when no number follows: */
static const char abbr_digit[] =
    " no fig vol sec ch art p abs kap pos ziff tel min max sect eq jan feb mär mar apr jun jul aug sep"
    " sept okt oct nov dez dec janv févr avr juil déc ene abr ago dic giu lug ott fev mai out"
    " ок п ";

/* "am 3. Mai": an ordinal. Lower case elsewhere gives itself away. */
static const char ordinal_noun[] =
    " januar jänner februar märz april mai juni juli august september oktober november dezember"
    " quartal jahrhundert jahrhunderts halbjahr platz ";

enum finding { UNKNOWN, GOES_ON, ENDS };

/* The part of the text that can be judged: whole characters, from the first that is no space. */
struct view {
    const char *text;
    size_t from, len;
    bool at_end; /* nothing comes after len */
};

static enum finding run_out(const struct view *v)
{
    return v->at_end ? ENDS : UNKNOWN;
}

static bool one_of(const uint32_t *set, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++) {
        if (set[i] == cp)
            return true;
    }
    return false;
}

static bool is_ender(uint32_t cp)
{
    return cp == '.' || cp == '!' || cp == '?' || cp == 0x2026 || cp == 0x203C ||
           (cp >= 0x2047 && cp <= 0x2049);
}

/* Enders of scripts that put no space after them, or not always: ideographic and full-width
 * stops, danda, Arabic and Urdu, Armenian, Ethiopic, Burmese, Khmer. */
static bool is_wide_ender(uint32_t cp)
{
    static const uint32_t set[] = { 0x3002, 0xFF01, 0xFF1F, 0xFF0E, 0xFF61, 0x0964, 0x0965,
                                    0x061F, 0x06D4, 0x0589, 0x1362, 0x104B, 0x17D4 };

    return cp > 0x500 && one_of(set, ARRAY_LEN(set), cp);
}

static bool is_closer(uint32_t cp)
{
    static const uint32_t set[] = { '"',    '\'',   ')',    ']',    '}',    '*',    '_',    '`',    0xBB,
                                    0x2019, 0x201C, 0x201D, 0x203A, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011,
                                    0x3015, 0x3017, 0xFF02, 0xFF09, 0xFF3D, 0xFF5D, 0xFF63 };

    return one_of(set, ARRAY_LEN(set), cp);
}

static bool is_opener(uint32_t cp)
{
    static const uint32_t set[] = { '"',  '\'', '(',  '[',    '{',    '*',    '_',   '`',
                                    0xA1, 0xAB, 0xBF, 0x2018, 0x201C, 0x201E, 0x2039 };

    return one_of(set, ARRAY_LEN(set), cp);
}

static bool is_digit(uint32_t cp)
{
    return (cp >= '0' && cp <= '9') || (cp >= 0xFF10 && cp <= 0xFF19);
}

/* Small letters of the scripts that have capitals. */
static bool is_lower(uint32_t cp)
{
    bool cased = (cp >= 'a' && cp <= 'z') || (cp >= 0xDF && cp <= 0x24F && cp != 0xF7) ||
                 (cp >= 0x3AC && cp <= 0x3CE) || (cp >= 0x430 && cp <= 0x52F) ||
                 (cp >= 0x561 && cp <= 0x587) || (cp >= 0x1E00 && cp <= 0x1EFF);

    return cased && utf_lower(cp) == cp;
}

static bool is_cased(uint32_t cp)
{
    return is_lower(cp) || utf_lower(cp) != cp;
}

static uint32_t peek(const struct view *v, size_t pos)
{
    return utf8_next(v->text, v->len, &pos);
}

/* The character that ends at *pos; steps back over it, not beyond `from`. */
static uint32_t before(const struct view *v, size_t *pos)
{
    size_t start = *pos - 1, at;
    uint32_t cp;

    while (start > v->from && *pos - start < 4 && ((unsigned char)v->text[start] & 0xC0U) == 0x80U)
        start--;
    at = start;
    cp = utf8_next(v->text, *pos, &at);
    *pos = at == *pos ? start : *pos - 1;
    return cp;
}

static bool listed(const char *list, const char *token, size_t len)
{
    char key[TOKEN_MAX + 3];

    if (len == 0 || len > TOKEN_MAX)
        return false;
    key[0] = ' ';
    memcpy(key + 1, token, len);
    key[len + 1] = ' ';
    key[len + 2] = '\0';
    return strstr(list, key) != NULL;
}

/* Lower-cases text[from..to) into `out`; its length, or 0 when it does not fit. */
static size_t fold(const struct view *v, size_t from, size_t to, char out[TOKEN_MAX])
{
    size_t n = 0;

    while (from < to) {
        uint32_t cp = utf_lower(utf8_next(v->text, to, &from));

        if (cp == 0 || n + 4 > TOKEN_MAX)
            return 0;
        n += utf8_put(out + n, cp);
    }
    return n;
}

/* After blanks at `pos`: does a list mark, heading, quotation, table row or code fence begin? */
static enum finding ordered_mark(const struct view *v, size_t pos)
{
    size_t digits = 0;

    while (pos < v->len && digits < 4 && is_digit((unsigned char)v->text[pos])) {
        pos++;
        digits++;
    }
    if (pos < v->len && (digits > 3 || (v->text[pos] != '.' && v->text[pos] != ')')))
        return GOES_ON;
    if (pos + 1 >= v->len)
        return v->at_end ? GOES_ON : UNKNOWN;
    return utf_is_space((unsigned char)v->text[pos + 1]) ? ENDS : GOES_ON;
}

/* `most` times `mark`, then a space unless the mark speaks for itself. */
static enum finding repeated_mark(const struct view *v, size_t pos, size_t least, size_t most, bool spaced)
{
    char mark = v->text[pos];
    size_t n = 0;

    while (pos < v->len && n < most && v->text[pos] == mark) {
        pos++;
        n++;
    }
    if (pos >= v->len && (spaced || n < least))
        return v->at_end ? GOES_ON : UNKNOWN;
    if (n < least)
        return GOES_ON;
    return !spaced || v->text[pos] == ' ' || v->text[pos] == '\t' ? ENDS : GOES_ON;
}

static enum finding block_mark(const struct view *v, size_t pos)
{
    uint32_t cp = peek(v, pos);

    switch (cp) {
    case '-':
    case '+':
    case '*':
        return repeated_mark(v, pos, 1, 1, true);
    case '#':
        return repeated_mark(v, pos, 1, 6, true);
    case '`':
        return repeated_mark(v, pos, 3, 3, false);
    case '>':
    case '|':
    case 0x2022: /* bullets */
    case 0x2023:
    case 0x25AA:
    case 0x25CF:
    case 0x25E6:
        return ENDS;
    default:
        return is_digit(cp) && cp < 0x80 ? ordered_mark(v, pos) : GOES_ON;
    }
}

/* `pos` is just after a line feed: does the next line begin something new? */
static enum finding line_break(const struct view *v, size_t pos)
{
    while (pos < v->len && (v->text[pos] == ' ' || v->text[pos] == '\t' || v->text[pos] == '\r'))
        pos++;
    if (pos >= v->len)
        return v->at_end ? GOES_ON : UNKNOWN;
    return v->text[pos] == '\n' ? ENDS : block_mark(v, pos);
}

/* Past closing quotes, brackets, emphasis and citations "[12]". v->len when the text runs out inside. */
static size_t skip_closers(const struct view *v, size_t pos)
{
    while (pos < v->len) {
        size_t next = pos;
        uint32_t cp = utf8_next(v->text, v->len, &next);

        if (cp == '[') {
            size_t digits = next;

            while (next < v->len && is_digit((unsigned char)v->text[next]))
                next++;
            if (next >= v->len)
                return v->len;
            if (next == digits || v->text[next] != ']')
                return pos;
            next++;
        } else if (!is_closer(cp)) {
            return pos;
        }
        pos = next;
    }
    return pos;
}

/* Finds what stands after the white space at *pos: ENDS at a break of lines or of the text,
 * UNKNOWN, or GOES_ON with *pos at the next word. */
static enum finding find_next_word(const struct view *v, size_t *pos)
{
    size_t next = *pos;

    while (next < v->len) {
        uint32_t cp;

        *pos = next;
        cp = utf8_next(v->text, v->len, &next);
        if (cp == '\n') {
            enum finding line = line_break(v, next);

            if (line != GOES_ON)
                return line;
        } else if (!utf_is_space(cp) && !is_opener(cp)) {
            return GOES_ON;
        }
    }
    return run_out(v);
}

/* The next word after `pos` decides: GOES_ON when it is small, or a number if `digits`. */
static enum finding by_next_word(const struct view *v, size_t pos, bool digits)
{
    enum finding found = find_next_word(v, &pos);
    uint32_t cp;

    if (found != GOES_ON)
        return found;
    cp = peek(v, pos);
    if (is_digit(cp))
        return digits ? GOES_ON : ENDS;
    return is_lower(cp) || cp == '-' || cp == ',' || cp == ';' || cp == ':' || cp == 0x2013 || cp == 0x2014
               ? GOES_ON
               : ENDS;
}

static enum finding after_number(const struct view *v, size_t pos)
{
    enum finding next = by_next_word(v, pos, false);
    char word[TOKEN_MAX];
    size_t end;

    if (next != ENDS || find_next_word(v, &pos) != GOES_ON)
        return next;
    end = pos;
    while (end < v->len) {
        size_t after = end;

        if (!utf_is_word(utf8_next(v->text, v->len, &after)))
            break;
        end = after;
        if (end - pos > TOKEN_MAX)
            return ENDS;
    }
    if (end >= v->len && !v->at_end)
        return UNKNOWN;
    return listed(ordinal_noun, word, fold(v, pos, end, word)) ? GOES_ON : ENDS;
}

/* "e.g", "J", "z.B": single cased letters with full stops between them. */
static bool is_initials(const char *token, size_t len)
{
    size_t pos = 0;

    while (pos < len) {
        if (!is_cased(utf8_next(token, len, &pos)))
            return false;
        if (pos < len && token[pos++] != '.')
            return false;
    }
    return len > 0;
}

static bool is_number(const char *token, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit((unsigned char)token[i]))
            return false;
    }
    return len > 0 && len <= 2;
}

/* Nothing but marks before `pos` in this sentence, or a colon or comma: "Steps: 1. Open". */
static bool opens_item(const struct view *v, size_t pos)
{
    while (pos > v->from) {
        uint32_t cp = before(v, &pos);

        if (cp == ':' || cp == ';' || cp == ',')
            return true;
        if (utf_is_word(cp))
            return false;
    }
    return true;
}

/* A single full stop at `dot`, with white space from `pos`. */
static enum finding after_stop(const struct view *v, size_t dot, size_t pos)
{
    size_t start = dot, at = dot;
    char token[TOKEN_MAX];
    size_t len;

    while (at > v->from && dot - at <= TOKEN_MAX) {
        uint32_t cp = before(v, &at);

        if (cp != '.' && !utf_is_word(cp))
            break;
        start = at;
    }
    if (dot - start > TOKEN_MAX)
        return ENDS;
    len = fold(v, start, dot, token);
    if (is_number(token, len))
        return opens_item(v, start) ? GOES_ON : after_number(v, pos);
    if (listed(abbr_lower, token, len))
        return by_next_word(v, pos, false);
    if (listed(abbr_digit, token, len))
        return by_next_word(v, pos, true);
    return is_initials(token, len) || listed(abbr_never, token, len) ? GOES_ON : ENDS;
}

/* A run of enders, [from, to): is it "." or "..." or does it shout? */
struct ender {
    size_t from, to;
    bool wide, strong;
    size_t dots;
};

static struct ender read_ender(const struct view *v, size_t pos)
{
    struct ender e = { .from = pos, .to = pos };

    while (pos < v->len) {
        uint32_t cp = utf8_next(v->text, v->len, &pos);
        bool wide = is_wide_ender(cp);

        if (!wide && !is_ender(cp))
            break;
        e.wide |= wide;
        e.dots += cp == '.' ? 1 : cp == 0x2026 ? 3 : 0;
        e.strong |= cp != '.' && cp != 0x2026 && cp != 0xFF0E;
        e.to = pos;
    }
    return e;
}

/* No white space after the ender: only scripts without spaces end here. */
static enum finding without_space(const struct ender *e, uint32_t next)
{
    if (e->wide)
        return is_digit(next) && !e->strong ? GOES_ON : ENDS;
    return e->strong && utf_is_wide(next) ? ENDS : GOES_ON;
}

/* *end becomes the end of the sentence when it ENDS. */
static enum finding judge(const struct view *v, const struct ender *e, size_t *end)
{
    size_t pos = skip_closers(v, e->to);
    bool closed = pos > e->to;

    *end = pos;
    if (pos >= v->len)
        return run_out(v);
    if (!utf_is_space(peek(v, pos)))
        return without_space(e, peek(v, pos));
    if (e->wide)
        return ENDS;
    if (e->strong || e->dots > 1)
        return e->strong && !closed ? ENDS : by_next_word(v, pos, false);
    if (!closed)
        return after_stop(v, e->from, pos);
    return after_stop(v, e->from, pos) == GOES_ON ? GOES_ON : by_next_word(v, pos, false);
}

/* A heading is a line: "# ..." ends where the line does. */
static bool is_heading(const struct view *v)
{
    return v->from < v->len && v->text[v->from] == '#' && block_mark(v, v->from) == ENDS;
}

static size_t first_word(const char *text, size_t len, size_t from)
{
    while (from < len) {
        size_t next = from;

        if (!utf_is_space(utf8_next(text, len, &next)))
            break;
        from = next;
    }
    return from;
}

size_t utf_sentence_end(const char *text, size_t len, size_t from, bool at_end)
{
    struct view v = { text, from, at_end ? len : len - utf8_tail(text, len), at_end };
    size_t pos, last; /* `last` is behind the last character that is no space */
    bool heading;

    if (from >= v.len)
        return len;
    v.from = pos = last = first_word(text, v.len, from);
    heading = is_heading(&v);
    while (pos < v.len) {
        enum finding now = GOES_ON;
        size_t at = pos, end = last;
        uint32_t cp = utf8_next(text, v.len, &pos);

        if (cp == '\n') {
            now = heading ? ENDS : line_break(&v, pos);
        } else if (is_ender(cp) || is_wide_ender(cp)) {
            struct ender e = read_ender(&v, at);

            now = judge(&v, &e, &end);
            last = pos = e.to;
        } else if (!utf_is_space(cp)) {
            last = pos;
        }
        if (now == UNKNOWN)
            return len;
        if (now == ENDS)
            return end;
    }
    return len;
}
