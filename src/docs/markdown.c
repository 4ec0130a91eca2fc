/* SPDX-License-Identifier: Apache-2.0
 *
 * Markdown to plain text over md4c, the only file that includes it. What a reader would see
 * stays: words, code, alternative text of images, marks and numbers of lists. What only marks
 * up goes: emphasis, link targets, rules, raw HTML, YAML front matter. Blocks are kept apart
 * by a blank line, items and table rows by a line end. md4c's own limits hold for nesting.
 */
#include "docs/docs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <md4c.h>

#include "base/utf.h"

#define LISTS_MAX 32 /* deeper lists lose their numbers */

struct markdown {
    struct document *doc;
    struct buf text, head;
    bool in_head;
    unsigned gap;        /* line ends owed before the next text */
    const char *between; /* owed within a line: between cells */
    size_t lists;
    unsigned number[LISTS_MAX]; /* of the next item */
    bool ordered[LISTS_MAX];
    bool item; /* an item's mark is owed */
    bool cell; /* a cell of this row has been written */
};

static void owe(struct markdown *m, unsigned gap)
{
    if (m->gap < gap)
        m->gap = gap;
}

static bool at_section_start(const struct markdown *m)
{
    return m->text.len == m->doc->section[m->doc->sections - 1].from;
}

/* "- " or the number of the innermost list's next item: sentence cutting knows both as a beginning. */
static void put_mark(struct markdown *m)
{
    size_t at = m->lists - 1;

    if (m->lists > 0 && m->lists <= LISTS_MAX && m->ordered[at])
        buf_printf(&m->text, "%u. ", m->number[at]++);
    else
        buf_adds(&m->text, "- ");
    m->item = false;
}

static void pay(struct markdown *m)
{
    if (!at_section_start(m))
        for (; m->gap > 0; m->gap--)
            buf_addc(&m->text, '\n');
    m->gap = 0;
    if (m->between)
        buf_adds(&m->text, m->between);
    m->between = NULL;
    if (m->item)
        put_mark(m);
}

/* Control characters other than the line end become spaces. */
static void put(struct markdown *m, const char *at, size_t len)
{
    struct buf *out = m->in_head ? &m->head : &m->text;

    if (len == 0)
        return;
    if (!m->in_head)
        pay(m);
    for (size_t from = 0, i = 0; i <= len; i++) {
        bool odd = i < len && (((unsigned char)at[i] < 0x20 && at[i] != '\n') || at[i] == 0x7f);

        if (i < len && !odd)
            continue;
        buf_add(out, at + from, i - from);
        if (odd)
            buf_addc(out, ' ');
        from = i + 1;
    }
}

/* "&#x20AC;" or "&amp;" with its ends. 0 = not one we know. */
static uint32_t entity(const char *at, size_t len)
{
    static const struct {
        const char *name;
        uint32_t cp;
    } known[] = {
        { "amp", '&' },      { "lt", '<' },       { "gt", '>' },        { "quot", '"' },
        { "apos", '\'' },    { "nbsp", ' ' },     { "copy", 0xa9 },     { "reg", 0xae },
        { "euro", 0x20ac },  { "pound", 0xa3 },   { "hellip", 0x2026 }, { "ndash", 0x2013 },
        { "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 },  { "ldquo", 0x201c },
        { "rdquo", 0x201d }, { "times", 0xd7 },   { "deg", 0xb0 },      { "middot", 0xb7 },
    };
    char name[16] = "";
    unsigned long cp;

    if (len < 4 || len - 2 >= sizeof(name))
        return 0;
    memcpy(name, at + 1, len - 2);
    if (name[0] == '#') {
        cp = tolower((unsigned char)name[1]) == 'x' ? strtoul(name + 2, NULL, 16)
                                                    : strtoul(name + 1, NULL, 10);
        return cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : (uint32_t)cp;
    }
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].cp;
    return 0;
}

static void put_entity(struct markdown *m, const char *at, size_t len)
{
    uint32_t cp = entity(at, len);
    char bytes[4];

    if (cp)
        put(m, bytes, utf8_put(bytes, cp));
    else
        put(m, at, len);
}

static void enter_list(struct markdown *m, bool ordered, unsigned start)
{
    if (m->lists < LISTS_MAX) {
        m->ordered[m->lists] = ordered;
        m->number[m->lists] = start;
    }
    m->lists++;
    owe(m, 1);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct markdown *m = ctx;

    switch (type) {
    case MD_BLOCK_H:
        m->in_head = true;
        buf_clear(&m->head);
        break;
    case MD_BLOCK_UL:
        enter_list(m, false, 0);
        break;
    case MD_BLOCK_OL:
        enter_list(m, true, ((const MD_BLOCK_OL_DETAIL *)detail)->start);
        break;
    case MD_BLOCK_LI:
        m->item = true;
        owe(m, 1);
        break;
    case MD_BLOCK_TR:
        m->cell = false;
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        m->between = m->cell ? " | " : NULL;
        m->cell = true;
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_QUOTE:
    case MD_BLOCK_HR:
    case MD_BLOCK_CODE:
    case MD_BLOCK_HTML:
    case MD_BLOCK_P:
    case MD_BLOCK_TABLE:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
        break;
    }
    return m->text.failed ? -ENOMEM : 0;
}

static int leave_head(struct markdown *m)
{
    m->in_head = false;
    m->gap = 0;
    m->between = NULL;
    m->item = false;
    if (m->head.failed)
        return -ENOMEM;
    return document_section(m->doc, &m->text, buf_text(&m->head), m->head.len);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct markdown *m = ctx;

    (void)detail;
    switch (type) {
    case MD_BLOCK_H:
        return leave_head(m);
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        m->lists--;
        owe(m, m->lists ? 1 : 2);
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_CODE:
    case MD_BLOCK_QUOTE:
    case MD_BLOCK_TABLE:
    case MD_BLOCK_HTML:
    case MD_BLOCK_HR:
        m->between = NULL;
        owe(m, 2);
        break;
    case MD_BLOCK_TR:
        m->between = NULL;
        owe(m, 1);
        break;
    case MD_BLOCK_LI:
        m->item = false;
        owe(m, 1);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        break;
    }
    return m->text.failed ? -ENOMEM : 0;
}

static int on_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    (void)type;
    (void)detail;
    (void)ctx;
    return 0;
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *at, MD_SIZE len, void *ctx)
{
    struct markdown *m = ctx;

    switch (type) {
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_LATEXMATH:
        put(m, at, len);
        break;
    case MD_TEXT_ENTITY:
        put_entity(m, at, len);
        break;
    case MD_TEXT_BR:
        put(m, "\n", 1);
        break;
    case MD_TEXT_SOFTBR:
        put(m, " ", 1);
        break;
    case MD_TEXT_NULLCHAR:
    case MD_TEXT_HTML:
        break;
    }
    return m->text.failed ? -ENOMEM : 0;
}

/* The bytes of "---\n ... \n---\n" at the very beginning, 0 when there is none. */
static size_t front_matter(const char *at, size_t len)
{
    struct str rest = { at, len }, line;

    if (!str_cut(&rest, '\n', &line) || !str_eqs(str_trim(line), "---"))
        return 0;
    while (str_cut(&rest, '\n', &line))
        if (str_eqs(str_trim(line), "---"))
            return rest.at ? (size_t)(rest.at - at) : len;
    return 0;
}

int markdown_parse(struct document *out, const char *bytes, size_t len, struct err *err)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = on_span,
        .leave_span = on_span,
        .text = on_text,
    };
    /* Numbers of list items are the only thing that can make the text longer than its source. */
    struct markdown m = { .doc = out,
                          .text = BUF_INIT(4UL * DOCS_FILE_MAX),
                          .head = BUF_INIT(DOCS_FILE_MAX) };
    size_t skip = front_matter(bytes, len);
    int rc = document_section(out, &m.text, "", 0);

    if (!rc && len > skip)
        rc = md_parse(bytes + skip, (MD_SIZE)(len - skip), &parser, &m);
    if (rc == -1)
        rc = -ENOMEM;
    buf_free(&m.head);
    out->len = m.text.len;
    out->text = buf_steal(&m.text);
    if (!rc && !out->text)
        rc = -ENOMEM;
    return rc ? err_set(err, rc, "%s", strerror(-rc)) : 0;
}
