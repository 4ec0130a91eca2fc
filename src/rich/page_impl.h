/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of page.h share: how a page is written.
 */
#ifndef RICH_PAGE_IMPL_H
#define RICH_PAGE_IMPL_H

#include "rich/page.h"

#define RICH_CELLS_MAX 4096 /* of all tables of an answer */

/* Line ends and tabs stay in code; elsewhere they and other control characters become spaces, bad
 * bytes U+FFFD. */
void rich_put(struct buf *text, const char *at, size_t len, bool code);
void rich_block(struct rich_page *p); /* a block begins at the end of the text */
/* Ends at the end of the text. */
void rich_span_add(struct rich_page *p, enum rich_style style, size_t from, const char *extra);
void rich_clear(struct rich_page *p);
bool rich_failed(const struct rich_page *p);

uint32_t rich_reference(struct str s); /* what "&...;" stands for; 0 = nothing, it is shown as written */

/* 0, -ENOMEM */
int rich_markdown(struct rich_page *p, const char *markdown, size_t len);

/* A table until its last cell is known: only then are the columns as wide as they will be. */
struct rich_table {
    struct buf text, cells;
    size_t columns, total; /* total: cells of the whole answer */
};

enum rich_align { RICH_LEFT, RICH_CENTER, RICH_RIGHT };

void rich_table_begin(struct rich_table *t, size_t columns);
int rich_table_cell(struct rich_table *t,
                    enum rich_align align); /* what is put now is its; X_E_LIMIT, -ENOMEM */
void rich_table_write(struct rich_table *t, struct buf *out);
void rich_table_free(struct rich_table *t);

#endif
