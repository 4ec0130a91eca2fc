/* SPDX-License-Identifier: Apache-2.0
 *
 * The page that becomes messages, the list of sources below it, and messages as JSON. An answer that Markdown
 * leaves nothing of, such as a lone definition of a link, is sent as it was written.
 */
#include "adapters/telegram/format_impl.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/utf.h"

#define SPANS_MAX ((size_t)1 << 18)

static void page_init(struct tg_page *p, struct arena *words)
{
    *p = (struct tg_page){ .text = BUF_INIT(TG_PAGE_MAX),
                           .spans = BUF_INIT(SPANS_MAX * sizeof(struct tg_span)),
                           .blocks = BUF_INIT(SPANS_MAX * sizeof(size_t)),
                           .words = words };
}

static void page_free(struct tg_page *p)
{
    buf_free(&p->text);
    buf_free(&p->spans);
    buf_free(&p->blocks);
}

void tg_page_clear(struct tg_page *p)
{
    buf_clear(&p->text);
    buf_clear(&p->spans);
    buf_clear(&p->blocks);
}

bool tg_page_failed(const struct tg_page *p)
{
    return p->text.failed || p->spans.failed || p->blocks.failed || p->words->failed;
}

void tg_page_block(struct tg_page *p)
{
    buf_add(&p->blocks, &p->text.len, sizeof p->text.len);
}

void tg_page_span(struct tg_page *p, enum tg_style style, size_t from, const char *extra)
{
    struct tg_span s = { style, from, p->text.len, extra ? extra : "" };

    if (s.to > s.from)
        buf_add(&p->spans, &s, sizeof s);
}

void tg_page_put(struct buf *text, const char *at, size_t len, bool code)
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

bool tg_url_ok(const char *url)
{
    struct str scheme = { url, strcspn(url, ":") };
    const char *host = url + scheme.len;
    size_t len = strlen(url);

    if ((!str_ieqs(scheme, "http") && !str_ieqs(scheme, "https")) || strncmp(host, "://", 3) != 0)
        return false;
    if (len > TG_URL_MAX || !utf8_valid(url, len) || strchr("/?#:@", host[3]))
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return false;
    return true;
}

/* ---- sources ---- */

static void put_source(struct tg_page *p, const struct tg_source *s, bool first)
{
    bool linked = tg_url_ok(s->url);
    const char *title = s->title[0] || !linked ? s->title : s->url;
    size_t from;

    buf_addc(&p->text, '\n');
    if (!first)
        tg_page_block(p);
    buf_printf(&p->text, "[%d] ", s->n);
    from = p->text.len;
    tg_page_put(&p->text, title, strlen(title), false);
    if (linked)
        tg_page_span(p, TG_TEXT_LINK, from, arena_strdup(p->words, s->url));
}

static void put_sources(struct tg_page *p, const char *heading, const struct tg_source *source, size_t n)
{
    if (p->text.len > 0)
        buf_adds(&p->text, "\n\n");
    tg_page_block(p);
    buf_adds(&p->text, heading);
    tg_page_span(p, TG_BOLD, p->text.len - strlen(heading), NULL);
    for (size_t i = 0; i < n; i++)
        put_source(p, &source[i], i == 0);
}

int tg_format(const char *markdown, const char *heading, const struct tg_source *source, size_t sources,
              struct arena *a, struct tg_text **out, size_t *n)
{
    size_t len = strlen(markdown);
    struct tg_page p;
    int rc;

    *out = NULL;
    *n = 0;
    page_init(&p, a);
    rc = tg_page_markdown(&p, markdown, len);
    if (!rc && tg_blank(buf_text(&p.text), p.text.len)) {
        tg_page_clear(&p);
        tg_page_put(&p.text, markdown, len, true);
    }
    if (!rc && sources > 0)
        put_sources(&p, heading, source, sources);
    if (!rc && tg_page_failed(&p))
        rc = -ENOMEM;
    if (!rc)
        rc = tg_page_cut(&p, a, out, n);
    page_free(&p);
    return rc;
}

/* ---- JSON ---- */

static void put_entity(struct jsonw *w, const struct tg_entity *e)
{
    static const struct {
        const char *type, *extra;
    } name[] = {
        [TG_BOLD] = { "bold", NULL },
        [TG_ITALIC] = { "italic", NULL },
        [TG_STRIKE] = { "strikethrough", NULL },
        [TG_CODE] = { "code", NULL },
        [TG_PRE] = { "pre", "language" },
        [TG_QUOTE] = { "blockquote", NULL },
        [TG_TEXT_LINK] = { "text_link", "url" },
    };

    jw_obj(w, NULL);
    jw_text(w, "type", name[e->style].type);
    jw_int(w, "offset", (int64_t)e->offset);
    jw_int(w, "length", (int64_t)e->length);
    if (name[e->style].extra && e->extra && e->extra[0])
        jw_text(w, name[e->style].extra, e->extra);
    jw_end_obj(w);
}

void tg_text_json(struct buf *out, const struct tg_text *t, const char *buttons)
{
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "text", t->text);
    jw_arr(&w, "entities");
    for (size_t i = 0; i < t->entities; i++)
        put_entity(&w, &t->entity[i]);
    jw_end_arr(&w);
    if (buttons[0])
        jw_raw(&w, "buttons", buttons);
    jw_end_obj(&w);
}
