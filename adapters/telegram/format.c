/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a page as messages with entities, and messages as JSON. Telegram takes spaces and line ends off
 * both ends of a text and off the beginning of an entity (tdlib, MessageEntity.cpp). The indentation of the
 * first line of code would go with them: it is sent as no-break spaces.
 */
#include "adapters/telegram/format.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/utf.h"

#define NO_BREAK  "\u00A0"
#define TEXTS_MAX (RICH_PAGE_MAX / (TG_TEXT_MAX / 4) + 2) /* no part but the last is less than a quarter */

/* The text, with the indentation that code begins with as no-break spaces: as many units, other bytes. */
static char *message_text(const struct rich_cutter *c, size_t from, size_t to, const struct rich_span *s,
                          size_t n, struct arena *a)
{
    struct buf out = BUF_INIT(RICH_PAGE_MAX);
    char *text = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t pos = s[i].from;

        if (s[i].style != RICH_PRE)
            continue;
        buf_add(&out, c->text + from, pos - from);
        for (; c->text[pos] == ' '; pos++)
            buf_adds(&out, NO_BREAK);
        from = pos;
    }
    buf_add(&out, c->text + from, to - from);
    if (!out.failed)
        text = arena_strndup(a, out.at, out.len);
    buf_free(&out);
    return text;
}

static int message(struct rich_cutter *c, size_t from, size_t to, struct arena *a, struct tg_text *out)
{
    struct rich_span s[TG_ENTITIES_MAX];
    size_t n = rich_cut_spans(c, from, to, s, TG_ENTITIES_MAX), pos = from, offset = 0;

    out->text = message_text(c, from, to, s, n, a);
    out->entity = arena_array(a, n, sizeof *out->entity);
    out->entities = n;
    if (!out->text || !out->entity)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        offset += utf16_count(c->text + pos, s[i].from - pos);
        pos = s[i].from;
        out->entity[i] =
            (struct tg_entity){ s[i].style, offset, utf16_count(c->text + pos, s[i].to - pos), s[i].extra };
    }
    return 0;
}

static int cut_all(struct rich_cutter *c, struct arena *a, struct buf *texts)
{
    size_t from = 0, begin, end;

    while (rich_cut_next(c, TG_TEXT_MAX, &from, &begin, &end)) {
        struct tg_text t;
        int rc = message(c, begin, end, a, &t);

        if (rc)
            return rc;
        buf_add(texts, &t, sizeof t);
    }
    return texts->failed ? -ENOMEM : 0;
}

static int cut_page(struct rich_page *p, struct arena *a, struct tg_text **out, size_t *n)
{
    struct buf texts = BUF_INIT(TEXTS_MAX * sizeof(struct tg_text));
    struct rich_cutter c;
    int rc = rich_cut_begin(&c, p);

    if (!rc)
        rc = cut_all(&c, a, &texts);
    *n = rc ? 0 : texts.len / sizeof **out;
    *out = rc ? NULL : arena_array(a, *n, sizeof **out);
    if (!rc && !*out)
        rc = -ENOMEM;
    if (!rc && *n > 0)
        memcpy(*out, texts.at, texts.len);
    rich_cut_end(&c);
    buf_free(&texts);
    return rc;
}

int tg_format(const char *markdown, const char *heading, const struct rich_source *source, size_t sources,
              struct arena *a, struct tg_text **out, size_t *n)
{
    struct rich_page p;
    int rc;

    *out = NULL;
    *n = 0;
    rich_init(&p, a, false);
    rc = rich_answer(&p, markdown, heading, source, sources);
    if (!rc)
        rc = cut_page(&p, a, out, n);
    rich_free(&p);
    return rc;
}

/* ---- JSON ---- */

static void put_entity(struct jsonw *w, const struct tg_entity *e)
{
    static const struct {
        const char *type, *extra;
    } name[] = {
        [RICH_BOLD] = { "bold", NULL },
        [RICH_ITALIC] = { "italic", NULL },
        [RICH_STRIKE] = { "strikethrough", NULL },
        [RICH_CODE] = { "code", NULL },
        [RICH_PRE] = { "pre", "language" },
        [RICH_QUOTE] = { "blockquote", NULL },
        [RICH_LINK] = { "text_link", "url" },
        [RICH_HEAD] = { "bold", NULL }, /* none was asked for */
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
