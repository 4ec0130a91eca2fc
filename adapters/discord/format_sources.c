/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources as fields of one embed: "[1]" and below it the title as a link. All or none of them: a list whose
 * second half stood somewhere else would be two lists.
 */
#include "adapters/discord/format_impl.h"

#include <string.h>

#include "base/json.h"
#include "base/utf.h"

#define TITLE_MAX 200 /* units of a title; three fields stand side by side */
#define EMBED_MAX (64U << 10)

static size_t units(const char *text, size_t len)
{
    return utf16_count(text, len);
}

/* A title in one line. */
static void put_title(struct buf *out, const char *title)
{
    size_t len = strlen(title), end = rich_floor(title, len, TITLE_MAX);

    for (size_t pos = 0, here = 0; pos < end; here = pos) {
        uint32_t cp = utf8_next(title, end, &pos);
        bool bad = cp == 0xFFFD && pos - here == 1;

        if (cp < ' ' || cp == 0x7F)
            buf_addc(out, ' ');
        else if (bad)
            buf_adds(out, "\uFFFD");
        else
            buf_add(out, title + here, pos - here);
    }
    if (end < len)
        buf_adds(out, "\u2026");
}

static void put_value(struct buf *out, const struct rich_source *s)
{
    struct buf title = BUF_INIT(EMBED_MAX);
    bool linked = rich_url_ok(s->url);

    put_title(&title, s->title);
    if (rich_blank(buf_text(&title), title.len)) {
        buf_clear(&title);
        buf_adds(&title, linked ? s->url : "\u2014");
    }
    if (!linked || !format_link(out, buf_text(&title), title.len, s->url))
        format_plain(out, buf_text(&title), title.len, FORMAT_LINE);
    out->failed = out->failed || title.failed;
    buf_free(&title);
}

/* Adds what the field counts to *sum; false: it is over a limit. */
static bool put_field(struct jsonw *w, const struct rich_source *s, size_t *sum)
{
    struct buf name = BUF_INIT(EMBED_MAX), value = BUF_INIT(EMBED_MAX);
    size_t own;
    bool fits;

    buf_printf(&name, "[%d]", s->n);
    put_value(&value, s);
    own = units(buf_text(&value), value.len);
    *sum += units(buf_text(&name), name.len) + own;
    fits = own <= DC_FIELD_VALUE_MAX && *sum <= DC_EMBED_SUM_MAX;
    jw_obj(w, NULL);
    jw_text(w, "name", buf_text(&name));
    jw_text(w, "value", buf_text(&value));
    jw_bool(w, "inline", true);
    jw_end_obj(w);
    w->out->failed = w->out->failed || name.failed || value.failed;
    buf_free(&name);
    buf_free(&value);
    return fits;
}

static bool put_embed(struct buf *out, const char *heading, const struct rich_source *source, size_t n)
{
    size_t sum = units(heading, strlen(heading));
    bool fits = n <= DC_EMBED_FIELDS_MAX && sum <= DC_EMBED_TITLE_MAX;
    struct jsonw w;

    jw_begin(&w, out);
    jw_arr(&w, NULL);
    jw_obj(&w, NULL);
    jw_text(&w, "type", "rich");
    jw_text(&w, "title", heading);
    jw_arr(&w, "fields");
    for (size_t i = 0; i < n && fits; i++)
        fits = put_field(&w, &source[i], &sum);
    jw_end_arr(&w);
    jw_end_obj(&w);
    jw_end_arr(&w);
    return fits;
}

const char *format_sources(const char *heading, const struct rich_source *source, size_t n, struct arena *a)
{
    struct buf out = BUF_INIT(EMBED_MAX);
    bool fits = put_embed(&out, heading, source, n);
    const char *embed = out.failed ? NULL : arena_strndup(a, fits ? buf_text(&out) : "", fits ? out.len : 0);

    buf_free(&out);
    return embed;
}
