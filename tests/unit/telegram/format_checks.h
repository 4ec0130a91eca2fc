/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of every list of messages that tg_format makes, whatever the answer was, and what of an
 * answer must be read in them: a second, much smaller walk over md4c that keeps the characters that are not
 * white space. Rules of entities: Bot API, "Formatting options"; tdlib, MessageEntity.cpp.
 */
#ifndef FORMAT_CHECKS_H
#define FORMAT_CHECKS_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <md4c.h>

#include "adapters/telegram/format.h"
#include "base/utf.h"

#define CHECKS_BYTES (64U << 20)

/* ---- rules ---- */

static inline bool is_code(enum rich_style s)
{
    return s == RICH_CODE || s == RICH_PRE;
}

/* Two entities that share a character. */
static inline const char *overlap_fault(const struct tg_entity *a, const struct tg_entity *b)
{
    if (a->style == b->style)
        return "two of one style overlap";
    if (b->offset + b->length > a->offset + a->length)
        return "entities cross";
    if (a->style == RICH_QUOTE)
        return NULL;
    if (b->style == RICH_QUOTE)
        return "a quotation within something";
    return is_code(a->style) || is_code(b->style) ? "code overlaps" : NULL;
}

static inline const char *pairs_fault(const struct tg_text *t)
{
    for (size_t i = 0; i < t->entities; i++) {
        for (size_t j = i + 1; j < t->entities; j++) {
            const struct tg_entity *a = &t->entity[i], *b = &t->entity[j];
            const char *fault;

            if (b->offset < a->offset || (b->offset == a->offset && b->length > a->length))
                return "not sorted";
            fault = b->offset < a->offset + a->length ? overlap_fault(a, b) : NULL;
            if (fault)
                return fault;
        }
    }
    return NULL;
}

/* The character at a UTF-16 offset; 0 = inside a surrogate pair or behind the end. */
static inline uint32_t char_at_unit(const char *text, size_t want)
{
    size_t len = strlen(text), pos = 0, at = 0;

    while (pos < len) {
        uint32_t cp = utf8_next(text, len, &pos);

        if (at >= want)
            return at == want ? cp : 0;
        at += cp > 0xFFFF ? 2 : 1;
    }
    return 0;
}

static inline size_t unit_count(const char *text)
{
    size_t len = strlen(text), pos = 0, n = 0;

    while (pos < len)
        n += utf8_next(text, len, &pos) > 0xFFFF ? 2 : 1;
    return n;
}

static inline const char *entity_fault(const struct tg_text *t, const struct tg_entity *e)
{
    uint32_t first = char_at_unit(t->text, e->offset), last = 0;
    size_t end = e->offset + e->length;

    if (e->length == 0 || end > unit_count(t->text))
        return "an entity is empty or out of bounds";
    last = char_at_unit(t->text, end - 1);
    last = last ? last : char_at_unit(t->text, end - 2);
    if (first == 0 || last == 0 || (end < unit_count(t->text) && char_at_unit(t->text, end) == 0))
        return "an entity begins or ends inside a character";
    if (first == ' ' || first == '\n' ||
        (e->style != RICH_PRE && e->style != RICH_QUOTE && utf_is_space(first)) || utf_is_space(last))
        return "an entity begins or ends with white space";
    if (e->style == RICH_LINK && strncasecmp(e->extra, "http", 4) != 0)
        return "a link to nowhere";
    return NULL;
}

static inline const char *text_fault(const struct tg_text *t)
{
    size_t len = strlen(t->text), units = unit_count(t->text);

    if (len == 0 || !utf8_valid(t->text, len))
        return "empty or not UTF-8";
    if (units > TG_TEXT_MAX || t->entities > TG_ENTITIES_MAX)
        return "too much for one message";
    if (strchr(" \n", t->text[0]) || strchr(" \n", t->text[len - 1]))
        return "white space at an end";
    for (size_t i = 0; i < t->entities; i++) {
        const char *fault = entity_fault(t, &t->entity[i]);

        if (fault)
            return fault;
    }
    return pairs_fault(t);
}

static inline const char *format_fault(const struct tg_text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *fault = text_fault(&t[i]);

        if (fault)
            return fault;
    }
    return NULL;
}

/* ---- what is read ---- */

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

static inline void seen_of_messages(struct seen *s, const struct tg_text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(t[i].text), unit = 0;
        unsigned styles[TG_TEXT_MAX] = { 0 };

        for (size_t e = 0; e < t[i].entities; e++)
            for (size_t u = 0; u < t[i].entity[e].length; u++)
                styles[t[i].entity[e].offset + u] |= 1U << t[i].entity[e].style;
        for (size_t pos = 0; pos < len;) {
            uint32_t cp = utf8_next(t[i].text, len, &pos);

            see_char(s, cp, styles[unit]);
            unit += cp > 0xFFFF ? 2 : 1;
        }
    }
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
