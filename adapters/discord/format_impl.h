/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of format.h share.
 */
#ifndef DISCORD_FORMAT_IMPL_H
#define DISCORD_FORMAT_IMPL_H

#include "adapters/discord/format.h"

/* [from, to) of a page's text with its spans (of rich_cut_spans) in Discord's Markdown. `links` false: of
 * links the text alone. */
void format_markdown(struct buf *out, const char *text, size_t from, size_t to, const struct rich_span *span,
                     size_t spans, bool links);

enum format_where {
    FORMAT_TEXT,
    FORMAT_LINE,  /* text that begins a line, or an item */
    FORMAT_CODE,  /* between backticks, where a backslash would show */
    FORMAT_BLOCK, /* between fences */
};

/* Text that means nothing but itself. */
void format_plain(struct buf *out, const char *text, size_t len, enum format_where where);
/* "<url>", or "[label](<url>)" where the label can be one; false: the address is too long, nothing is put. */
bool format_link(struct buf *out, const char *label, size_t len, const char *url);

#define FORMAT_NO_WIDTH "\u200B"

/* The embed, or "" when the sources do not fit into one. NULL out of memory. */
const char *format_sources(const char *heading, const struct rich_source *source, size_t n, struct arena *a);

#endif
