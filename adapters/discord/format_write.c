/* SPDX-License-Identifier: Apache-2.0
 *
 * A part of a page in Discord's Markdown, run by run: a run is text of one line with the same styles. Marks
 * are closed at the end of a run and opened at the beginning of the next, bold outside of italic outside of
 * struck; no mark reaches over a line end, since quotations and headings begin anew on each line. White space
 * stays outside of marks, or Discord would not take them for marks.
 */
#include "adapters/discord/format_impl.h"

#include <string.h>

#include "base/utf.h"

#define HEADS_MAX 3 /* sizes of headings that Discord has */

struct writer {
    struct buf *out;
    const char *text;
    const struct rich_span *span, *last; /* those not begun, by their beginning */
    const struct rich_span *in[RICH_STYLES];
    size_t pos, end;
    bool line;   /* nothing but a mark stands on the line */
    bool titled; /* the line is a heading of Discord's */
    bool links;  /* not their text alone */
};

/* ---- runs ---- */

static void arrive(struct writer *w)
{
    for (size_t s = 0; s < RICH_STYLES; s++)
        if (w->in[s] && w->in[s]->to <= w->pos)
            w->in[s] = NULL;
    for (; w->span < w->last && w->span->from <= w->pos; w->span++)
        w->in[w->span->style] = w->span;
}

/* Where the styles change, a line ends or a line begins. */
static size_t run_end(const struct writer *w)
{
    const char *line = memchr(w->text + w->pos, '\n', w->end - w->pos);
    size_t to = line ? (size_t)(line - w->text) : w->end;

    for (size_t s = 0; s < RICH_STYLES; s++)
        if (w->in[s] && w->in[s]->to < to)
            to = w->in[s]->to;
    return w->span < w->last && w->span->from < to ? w->span->from : to;
}

static size_t spaces_at(const char *text, size_t from, size_t to)
{
    size_t n = from;

    while (n < to && text[n] == ' ')
        n++;
    return n - from;
}

static size_t spaces_before(const char *text, size_t from, size_t to)
{
    size_t n = to;

    while (n > from && text[n - 1] == ' ')
        n--;
    return to - n;
}

/* format_plain leaves no two backticks together, so two are enough around one. */
static void put_code(struct buf *out, const char *text, size_t len)
{
    const char *ticks = memchr(text, '`', len) ? "``" : "`";
    const char *pad = text[0] == '`' || text[len - 1] == '`' ? " " : "";

    buf_printf(out, "%s%s", ticks, pad);
    format_plain(out, text, len, FORMAT_CODE);
    buf_printf(out, "%s%s", pad, ticks);
}

/* A small heading, and one behind the mark of an item. */
static bool is_bold(const struct writer *w)
{
    return w->in[RICH_BOLD] || (w->in[RICH_HEAD] && !w->titled);
}

/* "**a***b*" would be read in another way than it was written. */
static void keep_apart(struct buf *out, char mark)
{
    if (out->len > 0 && out->at[out->len - 1] == mark)
        buf_adds(out, FORMAT_NO_WIDTH);
}

static void put_words(struct writer *w, const char *text, size_t len)
{
    const struct rich_span *link = w->in[RICH_LINK];
    const char *bold = is_bold(w) ? "**" : "", *italic = w->in[RICH_ITALIC] ? "*" : "",
               *strike = w->in[RICH_STRIKE] ? "~~" : "";

    if (w->in[RICH_CODE]) {
        keep_apart(w->out, '`');
        put_code(w->out, text, len);
        return;
    }
    if (bold[0] || italic[0] || strike[0])
        keep_apart(w->out, bold[0] || italic[0] ? '*' : '~');
    buf_printf(w->out, "%s%s%s", bold, italic, strike);
    if (!w->links || !link || !format_link(w->out, text, len, link->extra))
        format_plain(w->out, text, len, w->line ? FORMAT_LINE : FORMAT_TEXT);
    buf_printf(w->out, "%s%s%s", strike, italic, bold);
}

static void put_run(struct writer *w, size_t to)
{
    size_t before = spaces_at(w->text, w->pos, to), from = w->pos + before,
           behind = spaces_before(w->text, from, to);

    buf_add(w->out, w->text + w->pos, before);
    if (to - behind > from) {
        put_words(w, w->text + from, to - behind - from);
        w->line = false;
    }
    buf_add(w->out, w->text + to - behind, behind);
    w->pos = to;
}

/* ---- lines ---- */

static bool at_line(const struct writer *w, size_t begin)
{
    return w->pos == begin || w->text[w->pos - 1] == '\n';
}

/* The mark of an item, where the page has a bullet; what else begins with one looks the same either way. */
static void put_bullet(struct writer *w)
{
    static const char bullet[] = "\u2022 ";
    size_t indent = spaces_at(w->text, w->pos, w->end), mark = w->pos + indent;

    if (w->end - mark < sizeof bullet - 1 || memcmp(w->text + mark, bullet, sizeof bullet - 1) != 0)
        return;
    buf_add(w->out, w->text + w->pos, indent);
    buf_adds(w->out, "- ");
    w->pos = mark + sizeof bullet - 1;
}

static void begin_line(struct writer *w)
{
    const struct rich_span *head = w->in[RICH_HEAD];

    w->line = true;
    if (w->in[RICH_QUOTE])
        buf_adds(w->out, "> ");
    w->titled = head && strlen(head->extra) <= HEADS_MAX;
    if (w->titled)
        buf_printf(w->out, "%s ", head->extra);
    else
        put_bullet(w);
}

/* An empty line keeps a quotation together, unless a block of code parts it anyway. */
static void put_line_end(struct writer *w, size_t begin)
{
    bool code_next = w->span < w->last && w->span->style == RICH_PRE && w->span->from == w->pos + 1;
    bool code_last = w->out->len > 4 && memcmp(w->out->at + w->out->len - 4, "```\n", 4) == 0;

    if (at_line(w, begin) && w->in[RICH_QUOTE] && !code_next && !code_last)
        buf_adds(w->out, "> ");
    buf_addc(w->out, '\n');
    w->pos++;
}

/* On lines of its own, outside of a quotation. */
static void put_block(struct writer *w)
{
    const struct rich_span *pre = w->in[RICH_PRE];

    buf_printf(w->out, "```%s\n", pre->extra);
    format_plain(w->out, w->text + w->pos, pre->to - w->pos, FORMAT_BLOCK);
    buf_adds(w->out, "\n```");
    w->pos = pre->to + strspn(w->text + pre->to, " \t"); /* white space at its end is not of the span */
    w->pos = w->pos < w->end ? w->pos : w->end;
}

void format_markdown(struct buf *out, const char *text, size_t from, size_t to, const struct rich_span *span,
                     size_t spans, bool links)
{
    struct writer w = {
        .out = out, .text = text, .span = span, .last = span + spans, .pos = from, .end = to, .links = links
    };

    while (w.pos < w.end) {
        size_t before = w.pos;

        arrive(&w);
        if (w.in[RICH_PRE]) {
            put_block(&w);
        } else if (text[w.pos] == '\n') {
            put_line_end(&w, from);
        } else {
            if (at_line(&w, from))
                begin_line(&w);
            if (w.pos == before)
                put_run(&w, run_end(&w));
        }
    }
}
