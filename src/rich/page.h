/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer between Markdown and a platform: a page is the whole answer as plain UTF-8 with styled spans. An
 * untrusted answer and its sources are written on it, it is cut into parts, and an adapter says each part in
 * the platform's words. Offsets are bytes. Pure; any thread.
 * What holds of every page: the text is valid UTF-8 without NUL; spans of one style do not meet; code lies in
 * no bold, italic, struck or linked span; a block of code is a RICH_PRE with lines of its own.
 */
#ifndef RICH_PAGE_H
#define RICH_PAGE_H

#include <parley/arena.h>
#include <parley/status.h>

#include "base/str.h"

#define RICH_PAGE_MAX (4U << 20) /* bytes of text */
#define RICH_URL_MAX  2048
#define RICH_PART_MIN 64 /* units of the smallest part that may be asked for */

enum rich_style {
    RICH_BOLD,
    RICH_ITALIC,
    RICH_STRIKE,
    RICH_CODE,
    RICH_PRE,   /* extra: language, or "" */
    RICH_QUOTE, /* never nested */
    RICH_LINK,  /* extra: http(s) URL */
    RICH_HEAD,  /* extra: "#" to "######"; only where it was asked for */
};

#define RICH_STYLES (RICH_HEAD + 1)

struct rich_span {
    enum rich_style style;
    size_t from, to;
    const char *extra;
};

struct rich_source {
    int n;                   /* as in [n] */
    const char *title, *url; /* url "" or not http(s): the title alone */
};

struct rich_page {
    struct buf text;
    struct buf spans;  /* struct rich_span, in the order in which they ended */
    struct buf blocks; /* size_t: where a cut is good, ascending */
    struct arena *words;
    bool heads; /* headings are RICH_HEAD, else RICH_BOLD */
};

/* Strings of spans go into `words`. */
void rich_init(struct rich_page *p, struct arena *words, bool heads);
void rich_free(struct rich_page *p);
/* A whole answer with its sources as a numbered list below, under a heading. One that Markdown leaves nothing
 * of is taken as it was written. 0, -ENOMEM (also for text of more than RICH_PAGE_MAX). */
int rich_answer(struct rich_page *p, const char *markdown, const char *heading,
                const struct rich_source *source, size_t n);

/* A link that platforms take: http or https with a host, and nothing that does not belong into one. */
bool rich_url_ok(const char *url);
/* Belongs to the character before it: marks, joiners, variation selectors, skin tones, tags. */
bool rich_joins(uint32_t cp);
/* Bytes of the first `max` UTF-16 units, of what is drawn as one nothing cut off where that can be. */
size_t rich_floor(const char *text, size_t len, size_t max);
bool rich_blank(const char *text, size_t len); /* nothing to see: platforms take it for empty */

/* ---- parts ---- */

/* Borrows the page, whose spans it sorts. */
struct rich_cutter {
    const char *text;
    size_t len;
    const struct rich_span *span, *code; /* by beginning; code: the blocks of code again */
    size_t spans, codes;
    size_t reached;                            /* the first span that begins in the part or behind it */
    const struct rich_span *last[RICH_STYLES]; /* the last before it: no other can reach into the part */
    const size_t *block;
    size_t blocks;
    struct buf code_spans;
};

int rich_cut_begin(struct rich_cutter *c, struct rich_page *p); /* 0, -ENOMEM; then rich_cut_end too */
void rich_cut_end(struct rich_cutter *c);
/* The next part, [*begin, *end) without white space at its ends and of at most `limit` UTF-16 units
 * (RICH_PART_MIN or more), begins at or after *from; *from becomes where the next may begin. It ends before a
 * block, else behind a sentence, else a word, and never in its first quarter; a block of code that fits into
 * a part is not cut. False: no text is left. */
bool rich_cut_next(const struct rich_cutter *c, size_t limit, size_t *from, size_t *begin, size_t *end);
/* The spans of a part by their beginning, outer before inner, without white space at their ends; those past
 * `max` (at least RICH_STYLES) are left out. Parts are asked for in their order. */
size_t rich_cut_spans(struct rich_cutter *c, size_t from, size_t to, struct rich_span *out, size_t max);

#endif
