/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the formatter: a page is the whole answer as plain UTF-8 with styled spans, before it is cut into
 * messages. Markdown and sources write it, the cutter reads it. Offsets are bytes here and become UTF-16 when
 * a message is made. What holds of every page: the text is valid UTF-8 without NUL; spans of one style do not
 * meet; code lies in no bold, italic, struck or linked span; a block of code is a TG_PRE with lines of its
 * own.
 */
#ifndef TELEGRAM_FORMAT_IMPL_H
#define TELEGRAM_FORMAT_IMPL_H

#include "adapters/telegram/format.h"

#define TG_PAGE_MAX  (4U << 20) /* bytes of text */
#define TG_CELLS_MAX 4096       /* of all tables of an answer */
#define TG_URL_MAX   2048
#define TG_STYLES    (TG_TEXT_LINK + 1)

struct tg_span {
    enum tg_style style;
    size_t from, to;
    const char *extra;
};

struct tg_page {
    struct buf text;
    struct buf spans;  /* struct tg_span, in the order in which they ended */
    struct buf blocks; /* size_t: where a cut is good, ascending */
    struct arena *words;
};

/* Line ends and tabs stay in code; elsewhere they and other control characters become spaces, bad
 * bytes U+FFFD. */
void tg_page_put(struct buf *text, const char *at, size_t len, bool code);
void tg_page_block(struct tg_page *p); /* a block begins at the end of the text */
void tg_page_span(struct tg_page *p, enum tg_style style, size_t from, const char *extra); /* ends there */
void tg_page_clear(struct tg_page *p);
bool tg_page_failed(const struct tg_page *p);
/* A link that Telegram takes: http or https with a host, and nothing that does not belong into one. */
bool tg_url_ok(const char *url);

/* Belongs to the character before it: marks, joiners, variation selectors, skin tones, tags. */
bool tg_joins(uint32_t cp);
bool tg_blank(const char *text, size_t len); /* nothing to see: Telegram takes it for empty */
uint32_t tg_reference(struct str s); /* what "&...;" stands for; 0 = nothing, it is shown as written */

/* 0, -ENOMEM */
int tg_page_markdown(struct tg_page *p, const char *markdown, size_t len);
int tg_page_cut(struct tg_page *p, struct arena *a, struct tg_text **out, size_t *n);

/* A table until its last cell is known: only then are the columns as wide as they will be. */
struct tg_table {
    struct buf text, cells;
    size_t columns, total; /* total: cells of the whole answer */
};

enum tg_align { TG_LEFT, TG_CENTER, TG_RIGHT };

void tg_table_begin(struct tg_table *t, size_t columns);
int tg_table_cell(struct tg_table *t, enum tg_align align); /* what is put now is its; X_E_LIMIT, -ENOMEM */
void tg_table_write(struct tg_table *t, struct buf *out);
void tg_table_free(struct tg_table *t);

#endif
