/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a page as messages. How long a part becomes is known when it is written: one that is too long is
 * cut again, shorter by as much as it was over, until it fits.
 */
#include "adapters/discord/format_impl.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/json_span.h"
#include "base/utf.h"

#define SPANS_MAX   1024 /* of one part; what comes after them is plain */
#define WRITTEN_MAX (64U << 10)
#define PARTS_MAX   (RICH_PAGE_MAX / (RICH_PART_MIN / 4) + 2)

struct maker {
    struct rich_cutter cut;
    struct arena *words;
    struct buf written, parts;
};

static void write_part(struct maker *m, size_t begin, size_t end, bool links)
{
    struct rich_span span[SPANS_MAX];
    size_t spans = rich_cut_spans(&m->cut, begin, end, span, SPANS_MAX);

    buf_clear(&m->written);
    format_markdown(&m->written, m->cut.text, begin, end, span, spans, links);
}

static size_t written_units(const struct maker *m)
{
    return utf16_count(buf_text(&m->written), m->written.len);
}

/* Proportionally less, and less in any case. */
static size_t shorter(size_t limit, size_t units)
{
    size_t next = limit * DC_CONTENT_MAX / units;

    next = next > 8 ? next - 8 : 0;
    return next > RICH_PART_MIN ? next : RICH_PART_MIN;
}

/* False: no text is left. Links that stand so close that not even the smallest part holds them are only text.
 */
static bool next_part(struct maker *m, size_t *from)
{
    size_t limit = DC_CONTENT_MAX, at, begin, end, units;

    for (;;) {
        at = *from;
        if (!rich_cut_next(&m->cut, limit, &at, &begin, &end))
            return false;
        write_part(m, begin, end, true);
        units = written_units(m);
        if (units <= DC_CONTENT_MAX && !m->written.failed)
            break;
        if (limit == RICH_PART_MIN) {
            write_part(m, begin, end, false);
            break;
        }
        limit = shorter(limit, units);
    }
    *from = at;
    return true;
}

static int write_parts(struct maker *m)
{
    size_t from = 0;

    while (next_part(m, &from)) {
        struct dc_part p = { arena_strndup(m->words, buf_text(&m->written), m->written.len), "" };

        if (!p.content || m->written.failed)
            return -ENOMEM;
        buf_add(&m->parts, &p, sizeof p);
    }
    return m->parts.failed ? -ENOMEM : 0;
}

/* The embed belongs to the last part; an answer without text is the embed alone. */
static int take_parts(struct maker *m, const char *embeds, struct dc_part **out, size_t *n)
{
    size_t parts = m->parts.len / sizeof **out;

    *n = parts == 0 && embeds[0] ? 1 : parts;
    *out = arena_array(m->words, *n, sizeof **out);
    if (!*out)
        return -ENOMEM;
    (*out)[0] = (struct dc_part){ "", "" };
    if (parts > 0)
        memcpy(*out, m->parts.at, m->parts.len);
    if (embeds[0])
        (*out)[*n - 1].embeds = embeds;
    return 0;
}

static int make(struct rich_page *p, const char *embeds, struct arena *a, struct dc_part **out, size_t *n)
{
    struct maker m = { .words = a,
                       .written = BUF_INIT(WRITTEN_MAX),
                       .parts = BUF_INIT(PARTS_MAX * sizeof(struct dc_part)) };
    int rc = rich_cut_begin(&m.cut, p);

    if (!rc)
        rc = write_parts(&m);
    if (!rc && (m.parts.len > 0 || embeds[0]))
        rc = take_parts(&m, embeds, out, n);
    rich_cut_end(&m.cut);
    buf_free(&m.written);
    buf_free(&m.parts);
    return rc;
}

int dc_format(const char *markdown, const char *heading, const struct rich_source *source, size_t sources,
              bool embeds, struct arena *a, struct dc_part **out, size_t *n)
{
    const char *embed = embeds && sources ? format_sources(heading, source, sources, a) : "";
    struct rich_page p;
    int rc;

    *out = NULL;
    *n = 0;
    if (!embed)
        return -ENOMEM;
    rich_init(&p, a, true);
    rc = rich_answer(&p, markdown, heading, source, embed[0] ? 0 : sources);
    if (!rc)
        rc = make(&p, embed, a, out, n);
    rich_free(&p);
    if (rc) {
        *out = NULL;
        *n = 0;
    }
    return rc;
}

/* ---- the payload ---- */

void dc_part_json(struct buf *out, const struct dc_part *p)
{
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "content", p->content);
    if (p->embeds[0])
        jw_raw(&w, "embeds", p->embeds);
    jw_end_obj(&w);
}

int dc_part_read(const char *json, struct arena *a, struct dc_part *out)
{
    struct str embeds = span_member(str_of(json), "embeds");
    cJSON *tree = NULL;
    int rc = json_parse(&tree, json, strlen(json), NULL);

    *out = (struct dc_part){ "", "" };
    if (rc)
        return rc < 0 ? rc : X_E_INVALID;
    out->content = arena_strdup(a, json_text(tree, "content", ""));
    out->embeds = arena_strndup(a, embeds.at ? embeds.at : "", embeds.len);
    rc = !out->content || !out->embeds ? -ENOMEM : out->content[0] || out->embeds[0] ? 0 : X_E_INVALID;
    cJSON_Delete(tree);
    return rc;
}
