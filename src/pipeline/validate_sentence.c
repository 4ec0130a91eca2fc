/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of one sentence, in order: strip control bytes, tone danger phrases down, mask personal data
 * that is neither this conversation's nor in the passages, number the citations and drop those of passages
 * that do not exist.
 */
#include <string.h>

#include "base/str.h"
#include "base/utf.h"
#include "pipeline/pii.h"
#include "pipeline/pipeline.h"
#include "pipeline/validate.h"

#define SENTENCE_MAX (256U << 10)
#define CUT_MARGIN   64  /* what a rule looks at beside its match: a keyword before, "goes up" after */
#define CUT_SPANS    512 /* matches in one held text; more = hold it */
#define WITHHELD     " [...] "

/* C0, C1 and DEL except tab and newline, and invalid bytes: nothing that steers a terminal or a page. */
static void strip(struct buf *out, const char *text, size_t len)
{
    size_t pos = 0;
    while (pos < len) {
        size_t at = pos;
        uint32_t cp = utf8_next(text, len, &pos);
        bool control = (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7F && cp < 0xA0);
        if (cp == 0xFFFD && pos - at == 1)
            buf_adds(out, "\xEF\xBF\xBD");
        else if (!control)
            buf_add(out, text + at, pos - at);
    }
}

/* Replaces every match of one rule. 0 or why it could not be checked. */
static int tone_down(struct turn *t, const struct danger_rule *r, struct buf *text)
{
    struct match_scratch *s = t->pipeline->scratch;
    struct buf out = BUF_INIT(SENTENCE_MAX);
    size_t at = 0;
    int rc;
    struct match_span m;
    while ((rc = danger_rule_find(r, s, buf_text(text), text->len, at, &m)) == 0 && m.to > m.from) {
        buf_add(&out, text->at + at, m.from - at);
        buf_adds(&out, r->replacement);
        at = m.to;
        turn_warn(t, "danger_phrase");
        t->validation.is_safe = false;
    }
    if (at) {
        buf_add(&out, text->at + at, text->len - at);
        buf_clear(text);
        buf_add(text, buf_text(&out), out.len);
    }
    if (out.failed)
        text->failed = true;
    buf_free(&out);
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

static bool in_passages(const struct turn *t, const char *value, size_t len)
{
    for (size_t i = 0; i < t->passages.len; i++)
        if (memmem(t->passages.at[i].text, strlen(t->passages.at[i].text), value, len))
            return true;
    return false;
}

static int mask_foreign(struct turn *t, struct buf *text)
{
    struct pii_hit hit[PII_HITS_MAX];
    size_t hits = 0, at = 0;
    int rc = pii_find(t->snap->policies, t->pipeline->scratch, buf_text(text), text->len, hit, &hits);
    if (rc || hits == 0)
        return rc;
    struct buf out = BUF_INIT(SENTENCE_MAX);
    for (size_t i = 0; i < hits; i++) {
        if (in_passages(t, text->at + hit[i].from, hit[i].to - hit[i].from))
            continue;
        buf_add(&out, text->at + at, hit[i].from - at);
        buf_printf(&out, "[%s]", hit[i].rule->type);
        at = hit[i].to;
        turn_warn(t, "foreign_personal_data");
    }
    buf_add(&out, text->at + at, text->len - at);
    buf_clear(text);
    buf_add(text, buf_text(&out), out.len);
    text->failed |= out.failed;
    buf_free(&out);
    return 0;
}

size_t validate_citation(const char *text, size_t len, size_t at, size_t *n)
{
    size_t i = at + 1;
    *n = 0;
    while (i < len && i < at + 4 && text[i] >= '0' && text[i] <= '9')
        *n = *n * 10 + (size_t)(text[i++] - '0');
    return i > at + 1 && i < len && text[i] == ']' ? i + 1 - at : 0;
}

/* The number to show for [n], 0 = it names nothing. Passages are numbered as the person meets them: the first
 * one cited is [1]. A provider's own sources keep its numbers; most come after the text, so whether there
 * are any is seen at the end (citation.h). */
static int cite(struct turn *t, size_t n)
{
    if (t->citations.own) {
        if (n == 0 || n > CITATIONS_MAX)
            return 0;
        t->citations.used[n] = true;
        return (int)n;
    }
    if (n == 0 || n > t->passages.len)
        return 0;
    int *number = &t->answer.cite[n - 1];
    if (!*number)
        *number = ++t->answer.cites;
    return *number;
}

/* The model cites passages by their place in the prompt; what names nothing is dropped. */
static void number_citations(struct turn *t, struct buf *text)
{
    struct buf out = BUF_INIT(SENTENCE_MAX);
    for (size_t i = 0; i < text->len;) {
        size_t n = 0, span = text->at[i] == '[' ? validate_citation(text->at, text->len, i, &n) : 0;
        bool after_word = i > 0 && (text->at[i - 1] == '_' || text->at[i - 1] == ')');
        if (!span || after_word) {
            buf_addc(&out, text->at[i++]);
            continue;
        }
        i += span;
        int shown = cite(t, n);
        if (shown) {
            buf_printf(&out, "[%d]", shown);
            continue;
        }
        turn_warn(t, "dead_citation");
        while (out.len && out.at[out.len - 1] == ' ')
            out.len--;
    }
    buf_clear(text);
    buf_add(text, buf_text(&out), out.len);
    text->failed |= out.failed;
    buf_free(&out);
}

static const char *checked(struct turn *t, const char *text, size_t len, bool answer)
{
    const struct policies *p = t->snap->policies;
    struct buf s = BUF_INIT(SENTENCE_MAX);
    int rc = 0;
    strip(&s, text, len);
    for (size_t i = 0; i < p->validator.dangers && rc == 0; i++)
        rc = tone_down(t, &p->validator.danger[i], &s);
    if (rc == 0)
        rc = mask_foreign(t, &s);
    if (rc == 0 && answer)
        number_citations(t, &s);
    const char *clean;
    if (rc || s.failed) {
        turn_warn(t, "sentence_withheld");
        t->validation.is_safe = false;
        clean = arena_strdup(&t->arena, WITHHELD);
    } else {
        clean = arena_strndup(&t->arena, buf_text(&s), s.len);
    }
    buf_free(&s);
    return clean;
}

const char *validate_sentence(struct turn *t, const char *text, size_t len)
{
    return checked(t, text, len, true);
}

const char *validate_text(struct turn *t, const char *text, size_t len)
{
    return checked(t, text, len, false);
}

struct span {
    size_t from, to;
};

/* What no cut may go through. False = could not be told. */
static bool spans_of(struct turn *t, const char *text, size_t len, struct span span[CUT_SPANS], size_t *n)
{
    const struct policies *p = t->snap->policies;
    struct match_scratch *s = t->pipeline->scratch;
    struct pii_hit hit[PII_HITS_MAX];
    size_t hits = 0;
    for (size_t i = 0; i < p->validator.dangers; i++) {
        struct match_span m = { 0 };
        int rc;
        while ((rc = danger_rule_find(&p->validator.danger[i], s, text, len, m.to, &m)) == 0 &&
               m.to > m.from) {
            if (*n == CUT_SPANS)
                return false;
            span[(*n)++] = (struct span){ m.from, m.to };
        }
        if (rc != X_E_NOT_FOUND)
            return false;
    }
    if (pii_find(p, s, text, len, hit, &hits) || *n + hits > CUT_SPANS)
        return false;
    for (size_t i = 0; i < hits; i++)
        span[(*n)++] = (struct span){ hit[i].from, hit[i].to };
    return true;
}

/* Before a placeholder or citation that the cut would halve. */
static size_t before_open_mark(const char *text, size_t cut)
{
    size_t least = cut > CUT_MARGIN ? cut - CUT_MARGIN : 0;
    for (size_t i = cut; i > least; i--) {
        if (text[i - 1] == '>' || text[i - 1] == ']')
            return cut;
        if (text[i - 1] == '<' || text[i - 1] == '[')
            return i - 1;
    }
    return cut;
}

size_t validate_safe_cut(struct turn *t, const char *text, size_t len, size_t cut)
{
    struct span span[CUT_SPANS];
    size_t n = 0, before;
    if (!spans_of(t, text, len, span, &n))
        return 0;
    do { /* a step back from one match may land in another */
        before = cut;
        for (size_t i = 0; i < n; i++)
            if (span[i].from < cut + CUT_MARGIN && span[i].to + CUT_MARGIN > cut)
                cut = span[i].from > CUT_MARGIN ? utf8_floor(text, len, span[i].from - CUT_MARGIN) : 0;
        cut = before_open_mark(text, cut);
    } while (cut && cut != before);
    return cut;
}
