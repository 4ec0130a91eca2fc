/* SPDX-License-Identifier: Apache-2.0
 *
 * validate: the checks of the whole answer. Confidence is the share of the answer's content words that the
 * retrieved passages hold; under the policy's bar the answer carries a notice, or with strict grounding is
 * replaced. Sources shown are those the answer cites. A disclaimer is said once, at the end.
 */
#include "pipeline/validate.h"

#include <errno.h>
#include <string.h>

#include "base/utf.h"
#include "pipeline/citation.h"
#include "pipeline/output.h"
#include "pipeline/stages.h"

#define SEEN_SLOTS    4096 /* a bitmap of word hashes, by their 12 highest bits */
#define STEM_CHARS    5    /* words are compared by their first letters: a light stemmer for many languages */
#define EXCERPT_BYTES 240
#define HASH_FACTOR   0x9E3779B97F4A7C15U /* the golden ratio: the highest bits of a product are mixed best */

struct seen {
    uint64_t bit[SEEN_SLOTS / 64];
};

/* Over a citation ("[12]": a number, but no word of the answer) or one character. */
static void step_over(const char *text, size_t len, size_t *pos)
{
    size_t number, span = text[*pos] == '[' ? validate_citation(text, len, *pos, &number) : 0;
    if (span)
        *pos += span;
    else
        utf8_next(text, len, pos);
}

/* Hash of the next content word at *pos (>= 4 letters, or holding a digit); 0 at the end. */
static uint64_t next_word(const char *text, size_t len, size_t *pos)
{
    while (*pos < len) {
        size_t chars = 0, at = *pos;
        uint64_t hash = 0;
        bool digit = false, wide = false;
        uint32_t cp;
        while (!wide && at < len && utf_is_word(cp = utf8_next(text, len, &at))) {
            wide = utf_is_wide(cp);
            digit |= cp >= '0' && cp <= '9';
            if (chars++ < STEM_CHARS)
                hash = (hash ^ utf_lower(cp)) * HASH_FACTOR;
            *pos = at;
        }
        if (chars == 0)
            step_over(text, len, pos);
        else if (chars >= 4 || digit || wide)
            return hash | 1;
    }
    return 0;
}

static void see(struct seen *s, const char *text)
{
    size_t pos = 0, len = strlen(text);
    for (uint64_t h; (h = next_word(text, len, &pos));)
        s->bit[h >> 58] |= 1ULL << (h >> 52 & 63);
}

int validate_confidence(const struct turn_passages *p, const char *answer)
{
    struct seen seen = { 0 };
    size_t words = 0, covered = 0, pos = 0, len = strlen(answer);
    for (size_t i = 0; i < p->len; i++) {
        see(&seen, p->at[i].text);
        see(&seen, p->at[i].title);
    }
    for (uint64_t h; (h = next_word(answer, len, &pos));) {
        words++;
        covered += seen.bit[h >> 58] >> (h >> 52 & 63) & 1;
    }
    return words ? (int)(100 * covered / words) : 0;
}

/* The beginning of a passage, cut between words. */
static char *excerpt_of(struct turn *t, const char *text)
{
    size_t len = strlen(text), cut = utf8_floor(text, len, EXCERPT_BYTES);
    size_t word = cut;
    while (cut < len && word > EXCERPT_BYTES / 2 && text[word] != ' ' && text[word] != '\n')
        word--;
    return arena_strndup(&t->arena, text, word > EXCERPT_BYTES / 2 ? word : cut);
}

static int source_add(struct turn *t, int n, size_t passage)
{
    const struct passage *p = &t->passages.at[passage];
    char *excerpt = excerpt_of(t, p->text);
    if (!excerpt)
        return -ENOMEM;
    t->answer.source[t->answer.sources++] = (struct source){ n, p->title, p->source, excerpt, p->score };
    return 0;
}

/* In the order of their numbers. */
static int sources_cited(struct turn *t)
{
    int rc = 0;
    for (int n = 1; n <= t->answer.cites && rc == 0; n++)
        for (size_t i = 0; i < t->passages.len && rc == 0; i++)
            if (t->answer.cite[i] == n)
                rc = source_add(t, n, i);
    return rc;
}

static int sources_all(struct turn *t)
{
    int rc = 0;
    for (size_t i = 0; i < t->passages.len && rc == 0; i++)
        rc = source_add(t, (int)i + 1, i);
    return rc;
}

/* The text of the first disclaimer whose topic the question or the answer touches, or NULL. */
static const char *disclaimer_for(const struct turn *t)
{
    const struct policies *p = t->snap->policies;
    const char *side[] = { t->redaction.text, output_redacted(t->output) };
    for (size_t i = 0; i < p->validator.disclaimers; i++)
        for (size_t k = 0; k < ARRAY_LEN(side); k++) {
            struct match_span m;
            if (matcher_find(p->validator.disclaimer[i].topic, t->pipeline->scratch, side[k], strlen(side[k]),
                             0, &m) == 0)
                return p->validator.disclaimer[i].text;
        }
    return NULL;
}

static int footer(struct turn *t, bool grounded)
{
    const struct config *c = t->snap->config;
    const char *notice = t->snap->policies->validator.ungrounded_notice;
    int rc = 0;
    if (!grounded && c->answer.grounding == GROUNDING_STRICT) {
        rc = output_replace(t->output, notice);
        t->answer.sources = 0; /* the notice cites nothing */
    } else if (!grounded && c->answer.footer) {
        rc = output_append(t->output, notice);
    }
    const char *disclaimer = c->answer.footer ? disclaimer_for(t) : NULL;
    if (rc == 0 && disclaimer && !strstr(output_redacted(t->output), disclaimer))
        rc = output_append(t->output, disclaimer);
    return rc;
}

enum verdict stage_validate(struct turn *t, struct worker *w X_UNUSED)
{
    int rc = output_finish(t->output);
    if (rc)
        return turn_fail(t, rc, "validate");
    bool extractive = strcmp(t->answer.provider, "extractive") == 0;
    t->validation.confidence = validate_confidence(&t->passages, output_redacted(t->output));
    bool grounded = t->validation.confidence >= t->snap->policies->validator.grounded_from;
    rc = sources_cited(t);
    if (rc == 0)
        rc = citations_settle(t);
    bool cited = t->answer.sources > 0;
    if (!cited && extractive) { /* it says itself that the documents do not hold the answer */
        t->validation.confidence = 0;
        grounded = true;
        turn_warn(t, "not_in_documents");
    } else if (!grounded && t->citations.own && t->citations.len && cited &&
               t->snap->config->answer.grounding != GROUNDING_STRICT) {
        grounded = true; /* not by our documents, and it shows by what */
        turn_warn(t, "provider_sources");
    } else if (!grounded) {
        turn_warn(t, "ungrounded");
    } else if (!cited && rc == 0) {
        turn_warn(t, "no_citations");
        rc = sources_all(t);
    }
    if (rc == 0)
        rc = footer(t, grounded);
    if (rc)
        return turn_fail(t, rc, "validate");
    t->answer.redacted = output_redacted(t->output);
    t->answer.text = output_text(t->output);
    return NEXT;
}
