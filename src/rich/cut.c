/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a page into parts: at blocks, else behind sentences, else words, as late as it can but not in the
 * first quarter of a part. A block of code that fits into one part is not cut; one that does not is cut
 * between lines, if possible before one that is not indented. As a last resort a cut falls between two
 * characters that are drawn apart. Platforms take white space off both ends of a text, so no part and no span
 * has any there; only the indentation of the first line of code stays.
 */
#include "rich/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

#define CLUSTER_MAX 64 /* characters that are drawn as one and kept together */

/* One part: no cut below `least`, none above `limit`. */
struct window {
    size_t from, least, limit;
};

/* The end of at most `max` units from `from`. */
static size_t advance(const struct rich_cutter *c, size_t from, size_t max)
{
    return from + utf16_floor(c->text + from, c->len - from, max);
}

/* ---- white space ---- */

static size_t skip_space(const char *text, size_t from, size_t to)
{
    while (from < to) {
        size_t next = from;

        if (!utf_is_space(utf8_next(text, to, &next)))
            break;
        from = next;
    }
    return from;
}

static uint32_t char_at(const struct rich_cutter *c, size_t pos)
{
    return utf8_next(c->text, c->len, &pos);
}

static size_t char_before(const char *text, size_t pos)
{
    do
        pos--;
    while (pos > 0 && ((unsigned char)text[pos] & 0xC0U) == 0x80U);
    return pos;
}

static size_t drop_space(const char *text, size_t from, size_t to)
{
    while (to > from) {
        size_t at = char_before(text, to), next = at;

        if (!utf_is_space(utf8_next(text, to, &next)))
            break;
        to = at;
    }
    return to;
}

/* Past the empty lines code begins with; its indentation stays. */
static size_t skip_lines(const char *text, size_t from, size_t to)
{
    size_t word = skip_space(text, from, to);

    while (word > from && text[word - 1] != '\n')
        word--;
    return word;
}

/* ---- where to cut ---- */

/* The block of code that `pos` lies in; between blocks there is none. */
static const struct rich_span *code_at(const struct rich_cutter *c, size_t pos)
{
    size_t lo = 0, hi = c->codes;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->code[mid].from < pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 && pos < c->code[lo - 1].to ? &c->code[lo - 1] : NULL;
}

static size_t cut_block(const struct rich_cutter *c, const struct window *w)
{
    size_t lo = 0, hi = c->blocks;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->block[mid] <= w->limit)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 && c->block[lo - 1] >= w->least ? c->block[lo - 1] : 0;
}

static size_t cut_sentence(const struct rich_cutter *c, const struct window *w)
{
    size_t best = 0, pos = w->from;

    while (pos < w->limit) {
        const struct rich_span *code;

        pos = utf_sentence_end(c->text, w->limit, pos, false);
        code = code_at(c, pos);
        if (code)
            pos = code->to;
        else if (pos < w->limit && pos >= w->least)
            best = pos;
    }
    return best;
}

/* No code lies here: behind it a block begins, and that is a better place. */
static size_t cut_word(const struct rich_cutter *c, const struct window *w)
{
    size_t pos = w->limit;

    if (utf_is_space(char_at(c, pos)))
        return pos;
    while (pos > w->least) {
        size_t at = char_before(c->text, pos), next = at;

        if (utf_is_space(utf8_next(c->text, c->len, &next)))
            return at;
        pos = at;
    }
    return 0;
}

static bool is_flag_letter(uint32_t cp)
{
    return cp >= 0x1F1E6 && cp <= 0x1F1FF;
}

/* Flags are pairs of letters: between two of them is inside a flag when an odd number stands before. */
static bool inside_flag(const struct rich_cutter *c, size_t from, size_t pos)
{
    size_t before = 0;

    if (!is_flag_letter(char_at(c, pos)))
        return false;
    while (pos > from && is_flag_letter(char_at(c, char_before(c->text, pos)))) {
        pos = char_before(c->text, pos);
        before++;
    }
    return before % 2 == 1;
}

static size_t cut_char(const struct rich_cutter *c, const struct window *w)
{
    size_t pos = w->limit;

    for (size_t i = 0; i < CLUSTER_MAX && pos > w->least; i++) {
        size_t before = char_before(c->text, pos);

        if (!rich_joins(char_at(c, pos)) && char_at(c, before) != 0x200D && !inside_flag(c, w->from, pos))
            return pos;
        pos = before;
    }
    return w->limit;
}

size_t rich_floor(const char *text, size_t len, size_t max)
{
    const struct rich_cutter c = { .text = text, .len = len };
    const struct window w = { 0, 0, advance(&c, 0, max) };

    return w.limit == len ? len : cut_char(&c, &w);
}

/* Between two lines of a block of code that does not fit. */
static size_t cut_code(const struct rich_cutter *c, const struct window *w)
{
    size_t line = 0;

    for (size_t pos = w->limit; pos > w->least; pos--) {
        if (c->text[pos - 1] != '\n')
            continue;
        if (!strchr(" \t\n", c->text[pos]))
            return pos;
        if (line == 0)
            line = pos;
    }
    return line > 0 ? line : cut_char(c, w);
}

static size_t cut_text(const struct rich_cutter *c, const struct window *w)
{
    size_t at = cut_block(c, w);

    if (at == 0)
        at = cut_sentence(c, w);
    if (at == 0)
        at = cut_word(c, w);
    return at > 0 ? at : cut_char(c, w);
}

/* The end of the part that begins at `from`. */
static size_t cut(const struct rich_cutter *c, size_t from, size_t limit)
{
    size_t least = limit / 4;
    struct window w = { from, advance(c, from, least), advance(c, from, limit) };
    const struct rich_span *code;
    size_t at;

    if (w.limit == c->len)
        return c->len;
    code = code_at(c, w.limit);
    if (!code)
        return cut_text(c, &w);
    if (advance(c, code->from, limit) < code->to && code->from < advance(c, from, 3 * least)) {
        if (code->from > w.least)
            w.least = code->from;
        return cut_code(c, &w);
    }
    w.limit = code->from;
    at = w.least < w.limit ? cut_block(c, &w) : 0;
    return at > 0 ? at : w.limit;
}

/* ---- parts ---- */

/* Of spans over the same text a quotation is the outermost. */
static int rank(const struct rich_span *s)
{
    return s->style == RICH_QUOTE ? -1 : (int)s->style;
}

static int by_place(const void *left, const void *right)
{
    const struct rich_span *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to > b->to ? -1 : 1;
    return rank(a) - rank(b);
}

/* Where [from, to) begins without white space; the indentation of a first line of code stays. */
static size_t begin_of(const struct rich_cutter *c, size_t from, size_t to)
{
    size_t begin = skip_space(c->text, from, to);
    const struct rich_span *code = code_at(c, begin);

    return code ? skip_lines(c->text, code->from > from ? code->from : from, to) : begin;
}

/* What of a span is in the part, without white space at its ends. */
static bool clip(const struct rich_cutter *c, const struct rich_span *whole, size_t from, size_t to,
                 struct rich_span *out)
{
    *out = *whole;
    out->from = whole->from > from ? whole->from : from;
    out->to = whole->to < to ? whole->to : to;
    if (out->from >= out->to)
        return false;
    out->to = drop_space(c->text, out->from, out->to);
    out->from = begin_of(c, out->from, out->to);
    return out->from < out->to;
}

size_t rich_cut_spans(struct rich_cutter *c, size_t from, size_t to, struct rich_span *out, size_t max)
{
    size_t n = 0;

    for (; c->reached < c->spans && c->span[c->reached].from < from; c->reached++)
        c->last[c->span[c->reached].style] = &c->span[c->reached];
    for (size_t s = 0; s < RICH_STYLES; s++)
        if (c->last[s] && clip(c, c->last[s], from, to, &out[n]))
            n++;
    for (size_t i = c->reached; i < c->spans && c->span[i].from < to && n < max; i++)
        if (clip(c, &c->span[i], from, to, &out[n]))
            n++;
    qsort(out, n, sizeof *out, by_place);
    return n;
}

bool rich_cut_next(const struct rich_cutter *c, size_t limit, size_t *from, size_t *begin, size_t *end)
{
    while (*from < c->len) {
        *begin = begin_of(c, *from, c->len);
        *from = cut(c, *begin, limit < RICH_PART_MIN ? RICH_PART_MIN : limit);
        *end = drop_space(c->text, *begin, *from);
        if (!rich_blank(c->text + *begin, *end - *begin))
            return true;
    }
    return false;
}

int rich_cut_begin(struct rich_cutter *c, struct rich_page *p)
{
    struct rich_span *span = (struct rich_span *)(void *)p->spans.at;
    size_t spans = p->spans.len / sizeof *span;

    *c = (struct rich_cutter){ .text = buf_text(&p->text),
                               .len = p->text.len,
                               .span = span,
                               .spans = spans,
                               .block = (const size_t *)(const void *)p->blocks.at,
                               .blocks = p->blocks.len / sizeof(size_t),
                               .code_spans = BUF_INIT(p->spans.max) };
    if (spans > 0)
        qsort(span, spans, sizeof *span, by_place);
    for (size_t i = 0; i < spans; i++)
        if (span[i].style == RICH_PRE)
            buf_add(&c->code_spans, &span[i], sizeof span[i]);
    c->code = (const struct rich_span *)(const void *)c->code_spans.at;
    c->codes = c->code_spans.len / sizeof *c->code;
    return c->code_spans.failed ? -ENOMEM : 0;
}

void rich_cut_end(struct rich_cutter *c)
{
    buf_free(&c->code_spans);
}
