/* SPDX-License-Identifier: Apache-2.0
 *
 * A page and what may be written on it, and the list of sources below an answer.
 */
#include "rich/page_impl.h"

#include <errno.h>
#include <string.h>

#include "base/utf.h"

#define SPANS_MAX ((size_t)1 << 18)

void rich_init(struct rich_page *p, struct arena *words, bool heads)
{
    *p = (struct rich_page){ .text = BUF_INIT(RICH_PAGE_MAX),
                             .spans = BUF_INIT(SPANS_MAX * sizeof(struct rich_span)),
                             .blocks = BUF_INIT(SPANS_MAX * sizeof(size_t)),
                             .words = words,
                             .heads = heads };
}

void rich_free(struct rich_page *p)
{
    buf_free(&p->text);
    buf_free(&p->spans);
    buf_free(&p->blocks);
}

void rich_clear(struct rich_page *p)
{
    buf_clear(&p->text);
    buf_clear(&p->spans);
    buf_clear(&p->blocks);
}

bool rich_failed(const struct rich_page *p)
{
    return p->text.failed || p->spans.failed || p->blocks.failed || p->words->failed;
}

void rich_block(struct rich_page *p)
{
    buf_add(&p->blocks, &p->text.len, sizeof p->text.len);
}

void rich_span_add(struct rich_page *p, enum rich_style style, size_t from, const char *extra)
{
    struct rich_span s = { style, from, p->text.len, extra ? extra : "" };

    if (s.to > s.from)
        buf_add(&p->spans, &s, sizeof s);
}

void rich_put(struct buf *text, const char *at, size_t len, bool code)
{
    size_t from = 0, here = 0;

    for (size_t pos = 0; pos < len; here = pos) {
        uint32_t cp = utf8_next(at, len, &pos);
        bool bad = cp == 0xFFFD && pos - here == 1;
        bool control = (cp < ' ' && !(code && (cp == '\n' || cp == '\t'))) || cp == 0x7F;

        if (!bad && !control)
            continue;
        buf_add(text, at + from, here - from);
        buf_adds(text, bad ? "\uFFFD" : " ");
        from = pos;
    }
    buf_add(text, at + from, len - from);
}

bool rich_url_ok(const char *url)
{
    struct str scheme = { url, strcspn(url, ":") };
    const char *host = url + scheme.len;
    size_t len = strlen(url);

    if ((!str_ieqs(scheme, "http") && !str_ieqs(scheme, "https")) || strncmp(host, "://", 3) != 0)
        return false;
    if (len > RICH_URL_MAX || !utf8_valid(url, len) || strchr("/?#:@", host[3]))
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return false;
    return true;
}

/* ---- whole answers ---- */

static void put_source(struct rich_page *p, const struct rich_source *s, bool first)
{
    bool linked = rich_url_ok(s->url);
    const char *title = s->title[0] || !linked ? s->title : s->url;
    size_t from;

    buf_addc(&p->text, '\n');
    if (!first)
        rich_block(p);
    buf_printf(&p->text, "[%d] ", s->n);
    from = p->text.len;
    rich_put(&p->text, title, strlen(title), false);
    if (linked)
        rich_span_add(p, RICH_LINK, from, arena_strdup(p->words, s->url));
}

static void put_sources(struct rich_page *p, const char *heading, const struct rich_source *source, size_t n)
{
    if (p->text.len > 0)
        buf_adds(&p->text, "\n\n");
    rich_block(p);
    buf_adds(&p->text, heading);
    rich_span_add(p, RICH_BOLD, p->text.len - strlen(heading), NULL);
    for (size_t i = 0; i < n; i++)
        put_source(p, &source[i], i == 0);
}

int rich_answer(struct rich_page *p, const char *markdown, const char *heading,
                const struct rich_source *source, size_t n)
{
    size_t len = strlen(markdown);
    int rc = rich_markdown(p, markdown, len);

    if (rc)
        return rc;
    if (rich_blank(buf_text(&p->text), p->text.len)) {
        rich_clear(p);
        rich_put(&p->text, markdown, len, true);
    }
    if (n > 0)
        put_sources(p, heading, source, n);
    return rich_failed(p) ? -ENOMEM : 0;
}
