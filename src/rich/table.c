/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables as lines of a fixed-width font: cells padded to their column, two spaces between them, a rule under
 * the head. Width is what a terminal gives a character, so East Asian text and emoji take two. A column is
 * padded to 40 at most, to less in a wide table: one long cell must not make every row as long.
 */
#include "rich/page_impl.h"

#include <errno.h>

#include "base/utf.h"

#define COLUMN_MAX ((size_t)40)
#define ROW_MAX    120
#define GAP        2

struct cell {
    size_t from;
    enum rich_align align;
};

static size_t char_width(uint32_t cp)
{
    static const struct {
        uint32_t from, to;
    } twice[] = { { 0x1100, 0x115F }, { 0x2E80, 0xA4CF },   { 0xAC00, 0xD7A3 },
                  { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },
                  { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD } };

    if (cp < 0x300)
        return 1;
    if (rich_joins(cp) || (cp >= 0x200B && cp <= 0x200F) || cp == 0xFEFF)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(twice); i++)
        if (cp >= twice[i].from && cp <= twice[i].to)
            return 2;
    return 1;
}

static size_t text_width(struct str s)
{
    size_t width = 0;

    for (size_t pos = 0; pos < s.len;)
        width += char_width(utf8_next(s.at, s.len, &pos));
    return width;
}

static const struct cell *cells(const struct rich_table *t)
{
    return (const struct cell *)(const void *)t->cells.at;
}

static size_t cell_count(const struct rich_table *t)
{
    return t->cells.len / sizeof(struct cell);
}

static struct str cell_text(const struct rich_table *t, size_t i)
{
    size_t from = cells(t)[i].from, to = i + 1 < cell_count(t) ? cells(t)[i + 1].from : t->text.len;

    return str_trim((struct str){ buf_text(&t->text) + from, to - from });
}

void rich_table_begin(struct rich_table *t, size_t columns)
{
    rich_table_free(t);
    t->text = BUF_INIT(RICH_PAGE_MAX);
    t->cells = BUF_INIT(RICH_CELLS_MAX * sizeof(struct cell));
    t->columns = columns;
}

int rich_table_cell(struct rich_table *t, enum rich_align align)
{
    struct cell c = { t->text.len, align };

    if (++t->total > RICH_CELLS_MAX)
        return X_E_LIMIT;
    buf_add(&t->cells, &c, sizeof c);
    return t->cells.failed ? -ENOMEM : 0;
}

static size_t column_width(const struct rich_table *t, size_t column)
{
    size_t widest = 0;

    for (size_t i = column; i < cell_count(t); i += t->columns) {
        size_t width = text_width(cell_text(t, i));

        if (width > widest)
            widest = width;
    }
    return widest;
}

/* Widths of all columns, each at most what lets a row of padded cells stay within ROW_MAX. */
static void fit_columns(const struct rich_table *t, size_t *width)
{
    size_t most = COLUMN_MAX, row;

    for (size_t c = 0; c < t->columns; c++)
        width[c] = column_width(t, c);
    do {
        row = 0;
        for (size_t c = 0; c < t->columns; c++) {
            width[c] = width[c] < most ? width[c] : most;
            row += width[c] + GAP;
        }
        most /= 2;
    } while (row > ROW_MAX && most > 0);
}

static void repeat(struct buf *out, const char *what, size_t times)
{
    for (; times > 0; times--)
        buf_adds(out, what);
}

/* Spaces at the end of a line would only be sent. */
static void write_cell(const struct rich_table *t, struct buf *out, size_t i, size_t width, size_t *owed)
{
    struct str text = cell_text(t, i);
    size_t own = text_width(text), pad = own < width ? width - own : 0;
    enum rich_align align = cells(t)[i].align;
    size_t before = align == RICH_RIGHT ? pad : align == RICH_CENTER ? pad / 2 : 0;

    if (text.len > 0) {
        repeat(out, " ", *owed + before);
        buf_add(out, text.at, text.len);
        *owed = pad - before + GAP;
    } else {
        *owed += pad + GAP;
    }
}

static void write_rule(const struct rich_table *t, struct buf *out, const size_t *width)
{
    buf_addc(out, '\n');
    for (size_t c = 0; c < t->columns; c++) {
        repeat(out, "\u2500", width[c]);
        if (c + 1 < t->columns)
            repeat(out, " ", GAP);
    }
}

void rich_table_write(struct rich_table *t, struct buf *out)
{
    size_t width[RICH_CELLS_MAX], owed = 0;

    if (t->text.failed || t->cells.failed)
        out->failed = true;
    if (out->failed || t->columns == 0 || t->columns > RICH_CELLS_MAX)
        return;
    fit_columns(t, width);
    for (size_t i = 0; i < cell_count(t); i++) {
        if (i > 0 && i % t->columns == 0) {
            if (i == t->columns)
                write_rule(t, out, width);
            buf_addc(out, '\n');
            owed = 0;
        }
        write_cell(t, out, i, width[i % t->columns], &owed);
    }
}

void rich_table_free(struct rich_table *t)
{
    buf_free(&t->text);
    buf_free(&t->cells);
}
