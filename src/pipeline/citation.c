/* SPDX-License-Identifier: Apache-2.0
 *
 * Titles and snippets are the web's words: they pass the checks of the answer (control characters, personal
 * data, danger phrases) before they are shown. An address is shown as it came or not at all.
 *
 * Limits: CITATIONS_MAX numbers, TURN_PASSAGES_MAX sources shown, those the text uses first. A number that
 * turns out to be dead was already seen by whoever reads the stream; the recorded answer is without it.
 */
#include "pipeline/citation.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf.h"
#include "pipeline/output.h"
#include "pipeline/validate.h"

#define URL_BYTES     2048
#define TITLE_BYTES   200
#define SNIPPET_BYTES 240

void citations_begin(struct turn *t, bool own)
{
    t->citations.own = own;
    t->citations.len = 0;
    memset(t->citations.used, 0, sizeof t->citations.used);
}

/* http or https with a host, and nothing that could leave a line, an attribute or a Markdown link. */
static bool url_fit(const char *url)
{
    size_t scheme = !strncasecmp(url, "https://", 8) ? 8 : !strncasecmp(url, "http://", 7) ? 7 : 0;
    size_t len = strlen(url);
    if (!scheme || len > URL_BYTES || strchr("/?#", url[scheme]))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f || strchr("<>\"\\`{}|^", url[i]))
            return false;
    return true;
}

static const char *cut(struct arena *a, const char *text, size_t most)
{
    return arena_strndup(a, text, utf8_floor(text, strlen(text), most));
}

/* The place of number n: its own, or a new one. */
static struct citation *place_of(struct turn_citations *c, int n)
{
    for (size_t i = 0; i < c->len; i++)
        if (c->at[i].n == n)
            return &c->at[i];
    return c->len < CITATIONS_MAX ? &c->at[c->len++] : NULL;
}

int citation_note(struct turn *t, const struct llm_citation *from)
{
    struct turn_citations *c = &t->citations;
    if (from->n < 1 || from->n > CITATIONS_MAX || !url_fit(from->url))
        return 0;
    if (!c->at)
        c->at = arena_array(&t->arena, CITATIONS_MAX, sizeof *c->at);
    struct citation new = { .n = from->n,
                            .url = arena_strdup(&t->arena, from->url),
                            .title = cut(&t->arena, from->title, TITLE_BYTES),
                            .snippet = cut(&t->arena, from->snippet, SNIPPET_BYTES) };
    if (!c->at || !new.url || !new.title || !new.snippet)
        return -ENOMEM;
    struct citation *place = place_of(c, from->n);
    if (place)
        *place = new;
    return 0;
}

static const struct citation *citation_of(const struct turn *t, size_t n)
{
    for (size_t i = 0; i < t->citations.len; i++)
        if ((size_t)t->citations.at[i].n == n)
            return &t->citations.at[i];
    return NULL;
}

static bool listed(const struct turn *t, size_t n)
{
    for (size_t i = 0; i < t->answer.sources; i++)
        if ((size_t)t->answer.source[i].n == n)
            return true;
    return false;
}

static int source_add(struct turn *t, int n, const struct citation *c)
{
    struct source *s = &t->answer.source[t->answer.sources];
    if (t->answer.sources == TURN_PASSAGES_MAX)
        return 0;
    const char *title = *c->title ? c->title : c->url;
    *s = (struct source){ .n = n,
                          .source = c->url,
                          .title = validate_text(t, title, strlen(title)),
                          .excerpt = validate_text(t, c->snippet, strlen(c->snippet)) };
    t->answer.sources += s->title && s->excerpt;
    return s->title && s->excerpt ? 0 : -ENOMEM;
}

/* The provider sent no list: its numbers are those of the prompt. */
static int passages_listed(struct turn *t)
{
    int rc = 0;
    for (size_t n = 1; n <= t->passages.len && rc == 0; n++) {
        const struct passage *p = &t->passages.at[n - 1];
        if (!t->citations.used[n])
            continue;
        const char *excerpt = cut(&t->arena, p->text, SNIPPET_BYTES);
        if (!excerpt)
            return -ENOMEM;
        t->answer.source[t->answer.sources++] =
            (struct source){ (int)n, p->title, p->source, excerpt, p->score };
    }
    return rc;
}

/* By their numbers: those the text uses, or all when it uses none. */
static int own_listed(struct turn *t)
{
    bool any = false;
    int rc = 0;
    for (size_t n = 1; n <= CITATIONS_MAX; n++)
        any |= t->citations.used[n] && citation_of(t, n);
    for (size_t n = 1; n <= CITATIONS_MAX && rc == 0; n++) {
        const struct citation *c = t->citations.used[n] || !any ? citation_of(t, n) : NULL;
        if (c)
            rc = source_add(t, (int)n, c);
    }
    return rc;
}

static int settle_own(struct turn *t)
{
    int rc = t->citations.len ? own_listed(t) : passages_listed(t);
    for (size_t n = 1; n <= CITATIONS_MAX; n++)
        if (t->citations.used[n] && !listed(t, n))
            turn_warn(t, "dead_citation");
    if (rc == 0)
        output_drop_citations(t->output, listed);
    return rc;
}

int citations_settle(struct turn *t)
{
    int rc = 0;
    if (t->citations.own)
        return settle_own(t);
    for (size_t i = 0; i < t->citations.len && rc == 0; i++)
        rc = source_add(t, t->answer.cites + (int)i + 1, &t->citations.at[i]);
    return rc;
}
