/* SPDX-License-Identifier: Apache-2.0
 *
 * Markdown to a page, over md4c. Text, marks of lists and rules stay; what only marks up becomes a span. Line
 * breaks stay where the model wrote them. HTML is text: no platform would show any of it.
 *
 * Blocks owe line ends, items owe their mark, spans owe their beginning: all are paid by the first text that
 * comes, so that what is empty leaves nothing behind. Limits: marks of lists deeper than 32 are bullets, and
 * indentation ends at 8; with more than RICH_CELLS_MAX cells tables are shown as they were written.
 */
#include "rich/page_impl.h"

#include <errno.h>
#include <string.h>

#include <md4c.h>

#include "base/utf.h"

#define LISTS_MAX    32
#define INDENT_MAX   8
#define LANGUAGE_MAX 32

struct list {
    bool ordered;
    unsigned next;
};

struct open {
    unsigned depth; /* spans of one style within each other are one */
    bool owed;      /* its first text has not come */
    size_t from;
    const char *extra;
};

struct writer {
    struct rich_page *page;
    struct open open[RICH_STYLES];
    struct list list[LISTS_MAX];
    size_t lists;
    unsigned gap;   /* line ends owed before the next text */
    unsigned lines; /* line ends owed within a block of code */
    bool item;      /* a mark is owed: number, bullet, or box of a task */
    bool numbered;
    unsigned number;
    const char *box;
    bool headed;            /* a heading was last */
    unsigned links, link;   /* links we are in; the one that is shown, 0 = none */
    bool in_table, crowded; /* crowded: more cells than we take */
    struct rich_table table;
};

static void owe(struct writer *w, unsigned gap)
{
    if (w->gap < gap)
        w->gap = gap;
}

static void span_start(struct writer *w, enum rich_style style)
{
    struct open *o = &w->open[style];

    if (o->depth == 0 || !o->owed)
        return;
    o->owed = false;
    o->from = w->page->text.len;
}

static void span_stop(struct writer *w, enum rich_style style)
{
    struct open *o = &w->open[style];

    if (!o->owed)
        rich_span_add(w->page, style, o->from, o->extra);
    o->owed = true;
}

static void span_enter(struct writer *w, enum rich_style style, const char *extra)
{
    struct open *o = &w->open[style];

    if (o->depth++ > 0)
        return;
    o->owed = true;
    o->extra = extra;
}

static void span_leave(struct writer *w, enum rich_style style)
{
    if (--w->open[style].depth == 0)
        span_stop(w, style);
}

static void put_indent(struct writer *w, size_t levels)
{
    for (size_t i = 0; i < levels && i < INDENT_MAX; i++)
        buf_adds(&w->page->text, "  ");
}

static void put_mark(struct writer *w)
{
    struct buf *text = &w->page->text;

    put_indent(w, w->lists - 1);
    if (w->numbered)
        buf_printf(text, "%u. ", w->number);
    if (w->box)
        buf_adds(text, w->box);
    else if (!w->numbered)
        buf_adds(text, "\u2022 ");
    w->item = false;
}

/* Line ends, the beginning of a quotation, then the item's mark or the indentation below it. Right after a
 * heading is no good place for a cut. */
static void pay(struct writer *w)
{
    struct buf *text = &w->page->text;
    bool fresh = w->gap > 0 || text->len == 0;

    for (; w->gap > 0; w->gap--)
        if (text->len > 0)
            buf_addc(text, '\n');
    if (fresh && !w->headed)
        rich_block(w->page);
    w->headed = w->headed && !fresh;
    span_start(w, RICH_QUOTE);
    if (w->item)
        put_mark(w);
    else if (fresh && w->open[RICH_PRE].depth == 0)
        put_indent(w, w->lists);
}

/* For an item that begins with a block: its mark gets a line of its own. */
static void pay_mark(struct writer *w)
{
    struct buf *text = &w->page->text;

    if (!w->item)
        return;
    pay(w);
    if (!text->failed)
        text->at[--text->len] = '\0';
}

static void put(struct writer *w, const char *at, size_t len)
{
    bool pre = w->open[RICH_PRE].depth > 0, code = pre || w->open[RICH_CODE].depth > 0;

    if (len == 0)
        return;
    if (w->in_table) {
        rich_put(&w->table.text, at, len, false);
        return;
    }
    pay(w);
    for (unsigned s = 0; s < RICH_STYLES; s++)
        if (!code || s == RICH_CODE || s == RICH_PRE || s == RICH_HEAD)
            span_start(w, (enum rich_style)s);
    rich_put(&w->page->text, at, len, pre);
}

/* A break before the first text of a block breaks nothing. */
static void put_break(struct writer *w)
{
    if (w->in_table || w->gap > 0 || w->item)
        return;
    buf_addc(&w->page->text, '\n');
    put_indent(w, w->lists);
}

/* Line ends at both ends of a block of code are dropped: platforms would drop or move them. */
static void put_code(struct writer *w, const char *at, size_t len)
{
    if (w->open[RICH_PRE].depth > 0 && !w->in_table) {
        if (len == 1 && at[0] == '\n') {
            w->lines += w->open[RICH_PRE].owed ? 0 : 1;
            return;
        }
        for (; w->lines > 0; w->lines--)
            put(w, "\n", 1);
    }
    put(w, at, len);
}

/* ---- character references ---- */

static struct str resolved(struct str s, char bytes[4])
{
    uint32_t cp = rich_reference(s);

    return cp ? (struct str){ bytes, utf8_put(bytes, cp) } : s;
}

/* The value of an attribute, "" when it is longer than `max`. */
static const char *attribute(struct writer *w, const MD_ATTRIBUTE *attr, size_t max)
{
    struct buf value = BUF_INIT(max);
    const char *copy;
    char bytes[4];

    for (size_t i = 0; attr->size > 0 && attr->substr_offsets[i] < attr->size; i++) {
        struct str s = { attr->text + attr->substr_offsets[i],
                         attr->substr_offsets[i + 1] - attr->substr_offsets[i] };

        if (attr->substr_types[i] == MD_TEXT_ENTITY)
            s = resolved(s, bytes);
        buf_add(&value, s.at, s.len);
    }
    copy = arena_strdup(w->page->words, value.failed ? "" : buf_text(&value));
    buf_free(&value);
    return copy ? copy : "";
}

/* ---- callbacks ---- */

static const char *language(struct writer *w, const MD_ATTRIBUTE *attr)
{
    const char *name = attribute(w, attr, LANGUAGE_MAX);

    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+#-._")] ? ""
                                                                                                     : name;
}

/* Code stands on lines of its own, also below the mark of an item. */
static void enter_pre(struct writer *w, const char *lang)
{
    pay_mark(w);
    owe(w, 1);
    span_enter(w, RICH_PRE, lang);
    w->lines = 0;
}

static void enter_list(struct writer *w, bool ordered, unsigned first)
{
    pay_mark(w);
    if (w->lists < LISTS_MAX)
        w->list[w->lists] = (struct list){ ordered, first };
    w->lists++;
    owe(w, 1);
}

static void enter_item(struct writer *w, const MD_BLOCK_LI_DETAIL *li)
{
    struct list *list = w->lists <= LISTS_MAX ? &w->list[w->lists - 1] : NULL;

    owe(w, 1);
    w->item = true;
    w->numbered = list && list->ordered;
    w->number = w->numbered ? list->next++ : 0;
    w->box = !li->is_task ? NULL : li->task_mark == ' ' ? "\u2610 " : "\u2611 ";
}

static void enter_head(struct writer *w, unsigned level)
{
    static const char marks[] = "######";

    if (w->page->heads)
        span_enter(w, RICH_HEAD,
                   marks + sizeof marks - 1 - (level < sizeof marks ? level : sizeof marks - 1));
    else
        span_enter(w, RICH_BOLD, NULL);
}

/* md4c lets only a negative value end the whole parse; a positive one ends the block it is in. */
static int enter_cell(struct writer *w, const MD_BLOCK_TD_DETAIL *td)
{
    enum rich_align align = td->align == MD_ALIGN_RIGHT    ? RICH_RIGHT
                            : td->align == MD_ALIGN_CENTER ? RICH_CENTER
                                                           : RICH_LEFT;
    int rc = rich_table_cell(&w->table, align);

    w->crowded = rc == X_E_LIMIT;
    return rc ? -ENOMEM : 0;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct writer *w = ctx;
    int rc = 0;

    switch (type) {
    case MD_BLOCK_QUOTE:
        owe(w, 1);
        span_enter(w, RICH_QUOTE, NULL);
        break;
    case MD_BLOCK_UL:
        enter_list(w, false, 0);
        break;
    case MD_BLOCK_OL:
        enter_list(w, true, ((const MD_BLOCK_OL_DETAIL *)detail)->start);
        break;
    case MD_BLOCK_LI:
        enter_item(w, detail);
        break;
    case MD_BLOCK_HR:
        owe(w, 1);
        put(w, "\u2014\u2014\u2014", 9);
        owe(w, 2);
        break;
    case MD_BLOCK_H:
        owe(w, 1);
        enter_head(w, ((const MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
        enter_pre(w, language(w, &((const MD_BLOCK_CODE_DETAIL *)detail)->lang));
        break;
    case MD_BLOCK_TABLE:
        enter_pre(w, "");
        w->in_table = true;
        rich_table_begin(&w->table, ((const MD_BLOCK_TABLE_DETAIL *)detail)->col_count);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        rc = enter_cell(w, detail);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_P:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
        break;
    }
    return rich_failed(w->page) ? -ENOMEM : rc;
}

static void leave_table(struct writer *w)
{
    w->in_table = false;
    pay(w);
    span_start(w, RICH_PRE);
    rich_table_write(&w->table, &w->page->text);
    span_leave(w, RICH_PRE);
    owe(w, 2);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct writer *w = ctx;

    (void)detail;
    switch (type) {
    case MD_BLOCK_QUOTE:
        span_leave(w, RICH_QUOTE);
        owe(w, 2);
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        w->lists--;
        owe(w, w->lists > 0 ? 1 : 2);
        break;
    case MD_BLOCK_LI:
        w->item = false;
        owe(w, 1);
        break;
    case MD_BLOCK_H:
        span_leave(w, w->page->heads ? RICH_HEAD : RICH_BOLD);
        w->headed = true;
        owe(w, 1);
        break;
    case MD_BLOCK_CODE:
        span_leave(w, RICH_PRE);
        owe(w, 2);
        break;
    case MD_BLOCK_TABLE:
        leave_table(w);
        break;
    case MD_BLOCK_P:
        owe(w, 2);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        break;
    }
    return rich_failed(w->page) ? -ENOMEM : 0;
}

/* Code is part of nothing that is bold, italic or struck, and a link is a link, not code. */
static void enter_code(struct writer *w)
{
    if (w->open[RICH_LINK].depth > 0)
        return;
    for (enum rich_style s = RICH_BOLD; s <= RICH_STRIKE; s++)
        span_stop(w, s);
    span_enter(w, RICH_CODE, NULL);
}

static void leave_code(struct writer *w)
{
    if (w->open[RICH_CODE].depth > 0)
        span_leave(w, RICH_CODE);
}

static void enter_link(struct writer *w, const MD_SPAN_A_DETAIL *a)
{
    const char *url = attribute(w, &a->href, RICH_URL_MAX);

    w->links++;
    if (w->link > 0 || !rich_url_ok(url))
        return;
    w->link = w->links;
    span_enter(w, RICH_LINK, url);
}

static void leave_link(struct writer *w)
{
    if (w->link == w->links) {
        span_leave(w, RICH_LINK);
        w->link = 0;
    }
    w->links--;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    struct writer *w = ctx;

    if (w->in_table)
        return 0;
    if (type == MD_SPAN_STRONG)
        span_enter(w, RICH_BOLD, NULL);
    else if (type == MD_SPAN_EM)
        span_enter(w, RICH_ITALIC, NULL);
    else if (type == MD_SPAN_DEL)
        span_enter(w, RICH_STRIKE, NULL);
    else if (type == MD_SPAN_CODE)
        enter_code(w);
    else if (type == MD_SPAN_A)
        enter_link(w, detail);
    return rich_failed(w->page) ? -ENOMEM : 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    struct writer *w = ctx;

    (void)detail;
    if (w->in_table)
        return 0;
    if (type == MD_SPAN_STRONG)
        span_leave(w, RICH_BOLD);
    else if (type == MD_SPAN_EM)
        span_leave(w, RICH_ITALIC);
    else if (type == MD_SPAN_DEL)
        span_leave(w, RICH_STRIKE);
    else if (type == MD_SPAN_CODE)
        leave_code(w);
    else if (type == MD_SPAN_A)
        leave_link(w);
    return rich_failed(w->page) ? -ENOMEM : 0;
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *at, MD_SIZE len, void *ctx)
{
    struct writer *w = ctx;
    struct str s = { at, len };
    char bytes[4];

    switch (type) {
    case MD_TEXT_CODE:
        put_code(w, at, len);
        break;
    case MD_TEXT_ENTITY:
        s = resolved(s, bytes);
        put(w, s.at, s.len);
        break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        put_break(w);
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        put(w, at, len);
        break;
    case MD_TEXT_NULLCHAR:
        break;
    }
    return rich_failed(w->page) ? -ENOMEM : 0;
}

static int parse(struct rich_page *p, const char *markdown, size_t len, bool tables)
{
    const MD_PARSER parser = {
        .flags = MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML | (tables ? MD_FLAG_TABLES : 0U),
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = on_text,
    };
    struct writer w = { .page = p };
    int rc;

    for (unsigned s = 0; s < RICH_STYLES; s++)
        w.open[s].owed = true;
    rc = md_parse(markdown, (MD_SIZE)len, &parser, &w);
    rich_table_free(&w.table);
    if (w.crowded)
        return X_E_LIMIT;
    return rc ? -ENOMEM : 0;
}

int rich_markdown(struct rich_page *p, const char *markdown, size_t len)
{
    int rc = len > RICH_PAGE_MAX ? -ENOMEM : parse(p, markdown, len, true);

    if (rc != X_E_LIMIT)
        return rc;
    rich_clear(p);
    return parse(p, markdown, len, false);
}
