/* SPDX-License-Identifier: Apache-2.0
 *
 * What of an answer must be read wherever it is shown: a second, much smaller walk over md4c than that of
 * src/rich, which keeps the characters that are not white space and the styles they have. Tests of adapters
 * read their own messages back and compare.
 */
#ifndef SEEN_H
#define SEEN_H

#include <stdlib.h>
#include <string.h>

#include <md4c.h>

#include "base/str.h"
#include "base/utf.h"
#include "rich/page.h"

#define CHECKS_BYTES (64U << 20)

/* Characters, and for each of them the styles it has: a bit 1 << enum rich_style. */
struct seen {
    struct buf text, styles;
};

#define SEEN_INIT ((struct seen){ BUF_INIT(CHECKS_BYTES), BUF_INIT(CHECKS_BYTES) })

static inline void seen_free(struct seen *s)
{
    buf_free(&s->text);
    buf_free(&s->styles);
}

/* Without white space, control characters, what has no width of its own, and the rules of tables. */
static inline void see_char(struct seen *s, uint32_t cp, unsigned styles)
{
    char bytes[4];

    if (utf_is_space(cp) || cp < ' ' || cp == 0x7F || cp == 0x2500 || (cp >= 0x200B && cp <= 0x200F) ||
        (cp >= 0x2028 && cp <= 0x202E))
        return;
    buf_add(&s->text, bytes, utf8_put(bytes, cp));
    buf_addc(&s->styles, (char)styles);
}

static inline void see(struct seen *s, const char *text, size_t len, unsigned styles)
{
    for (size_t pos = 0; pos < len;)
        see_char(s, utf8_next(text, len, &pos), styles);
}

struct reader {
    struct seen *out;
    unsigned quotes, depth[RICH_LINK + 1]; /* spans; a link counts when it is one of https */
    bool code, pre, head;
    unsigned next[32], lists, cells; /* next: 0 = not ordered, else number + 1 */
    bool marked;                     /* the item's mark has been read */
    char mark[32];
};

static inline unsigned quoted(const struct reader *r)
{
    return r->quotes > 0 ? 1U << RICH_QUOTE : 0;
}

static inline unsigned styles_now(const struct reader *r)
{
    unsigned styles = 0;

    if (r->pre)
        return 1U << RICH_PRE | quoted(r);
    if (r->code && r->depth[RICH_LINK] == 0)
        return 1U << RICH_CODE | quoted(r);
    for (unsigned i = 0; i <= RICH_LINK; i++)
        styles |= r->depth[i] > 0 ? 1U << i : 0;
    return styles | (r->head ? 1U << RICH_BOLD : 0) | quoted(r);
}

static inline void read_mark(struct reader *r)
{
    if (!r->marked)
        see(r->out, r->mark, strlen(r->mark), quoted(r));
    r->marked = true;
}

static inline void read_item(struct reader *r, const MD_BLOCK_LI_DETAIL *li)
{
    unsigned *next = r->lists <= 32 && r->next[r->lists - 1] > 0 ? &r->next[r->lists - 1] : NULL;
    struct buf mark = BUF_INIT(sizeof r->mark - 1);

    if (next)
        buf_printf(&mark, "%u.", (*next)++ - 1);
    if (li->is_task)
        buf_adds(&mark, li->task_mark == ' ' ? "\u2610" : "\u2611");
    else if (!next)
        buf_adds(&mark, "\u2022");
    memcpy(r->mark, mark.at, mark.len + 1);
    r->marked = false;
    buf_free(&mark);
}

static inline int read_enter(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct reader *r = ctx;

    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) {
        read_mark(r);
        if (r->lists < 32)
            r->next[r->lists] = type == MD_BLOCK_OL ? ((MD_BLOCK_OL_DETAIL *)detail)->start + 1 : 0;
        r->lists++;
    } else if (type == MD_BLOCK_LI) {
        read_item(r, detail);
    } else if (type == MD_BLOCK_CODE || type == MD_BLOCK_TABLE) {
        read_mark(r);
        r->pre = true;
    } else if (type == MD_BLOCK_HR) {
        read_mark(r);
        see(r->out, "\u2014\u2014\u2014", 9, quoted(r));
    } else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        return ++r->cells > 4096 ? -1 : 0;
    }
    r->quotes += type == MD_BLOCK_QUOTE;
    r->head = type == MD_BLOCK_H;
    return 0;
}

static inline int read_leave(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct reader *r = ctx;

    (void)detail;
    r->lists -= type == MD_BLOCK_UL || type == MD_BLOCK_OL;
    r->marked = r->marked || type == MD_BLOCK_LI;
    r->quotes -= type == MD_BLOCK_QUOTE;
    r->pre = r->pre && type != MD_BLOCK_CODE && type != MD_BLOCK_TABLE;
    r->head = r->head && type != MD_BLOCK_H;
    return 0;
}

static inline void read_link(struct reader *r, const MD_SPAN_A_DETAIL *a, int step)
{
    if (a->href.size > 8 && memcmp(a->href.text, "https://", 8) == 0)
        r->depth[RICH_LINK] += (unsigned)step;
}

static inline void read_span(struct reader *r, MD_SPANTYPE type, const void *detail, int step)
{
    if (type == MD_SPAN_STRONG)
        r->depth[RICH_BOLD] += (unsigned)step;
    else if (type == MD_SPAN_EM)
        r->depth[RICH_ITALIC] += (unsigned)step;
    else if (type == MD_SPAN_DEL)
        r->depth[RICH_STRIKE] += (unsigned)step;
    else if (type == MD_SPAN_CODE)
        r->code = step > 0;
    else if (type == MD_SPAN_A)
        read_link(r, detail, step);
}

static inline int enter_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    read_span(ctx, type, detail, 1);
    return 0;
}

static inline int leave_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    read_span(ctx, type, detail, -1);
    return 0;
}

static inline int read_text(MD_TEXTTYPE type, const MD_CHAR *at, MD_SIZE len, void *ctx)
{
    static const char *const known[][2] = { { "&amp;", "&" },
                                            { "&lt;", "<" },
                                            { "&#x1F600;", "\U0001F600" } };
    struct reader *r = ctx;

    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR || len == 0)
        return 0;
    read_mark(r);
    for (size_t i = 0; type == MD_TEXT_ENTITY && i < ARRAY_LEN(known); i++) {
        if (strlen(known[i][0]) == len && memcmp(known[i][0], at, len) == 0) {
            at = known[i][1];
            len = (MD_SIZE)strlen(at);
            break;
        }
    }
    see(r->out, at, len, styles_now(r));
    return 0;
}

/* What a reader of the answer must find, in this order. Of the named characters it knows three. */
static inline void seen_of_markdown(struct seen *out, const char *markdown)
{
    MD_PARSER parser = {
        .flags = MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML | MD_FLAG_TABLES,
        .enter_block = read_enter,
        .leave_block = read_leave,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = read_text,
    };
    struct reader r = { .out = out, .marked = true };
    MD_SIZE len = (MD_SIZE)strlen(markdown);

    if (md_parse(markdown, len, &parser, &r) == 0)
        return;
    buf_clear(&out->text);
    buf_clear(&out->styles);
    parser.flags &= ~(unsigned)MD_FLAG_TABLES;
    r = (struct reader){ .out = out, .marked = true };
    (void)md_parse(markdown, len, &parser, &r);
}

#endif
