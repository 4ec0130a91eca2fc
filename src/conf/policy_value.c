/* SPDX-License-Identifier: Apache-2.0
 *
 * Single values of a policy and its patterns. A pattern that does not compile is reported at the character of
 * the JSON text where PCRE2 stopped, escapes counted; the examples that stand next to a pattern are run at
 * load, so a rule that does not do what its author meant never goes live.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/utf.h"
#include "conf/policy_impl.h"

#define TEXT_BYTES_MAX 65536
#define MARK_OPEN      "\xc2\xab" /* « */
#define MARK_CLOSE     "\xc2\xbb" /* » */

static int value_memory(const struct policy_reader *r)
{
    return err_set(r->err, -ENOMEM, "%s: too large", r->doc->name);
}

static int value_number(struct policy_reader *r, const cJSON *item, const char *path,
                        const struct policy_field *f, double *out)
{
    bool whole = f->type == POLICY_INT || f->type == POLICY_INT64;
    double n = cJSON_IsNumber(item) ? item->valuedouble : NAN;

    if (!(n >= f->lo && n <= f->hi) || (whole && floor(n) != n))
        return policy_refuse(r, path, false, "must be a %s from %.10g to %.10g",
                             whole ? "whole number" : "number", f->lo, f->hi);
    *out = n;
    return 0;
}

/* An amount in billionths of a dollar. One that is not nothing must not become nothing. */
static int value_usd(struct policy_reader *r, const char *path, const struct policy_field *f, double n,
                     int64_t *out)
{
    double each = f->type == POLICY_NUSD ? 1e3 : f->type == POLICY_NUSD_1K ? 1e6 : 1e9;

    if (n < 0 && n != -1)
        return policy_refuse(r, path, false, "must be -1 (none) or an amount of at least 0");
    *out = n < 0 ? -1 : (int64_t)llround(n * each);
    if (n > 0 && *out == 0)
        return policy_refuse(r, path, false, "is less than can be counted (%.10g)", 1 / each);
    return 0;
}

static int value_numeric(struct policy_reader *r, const cJSON *item, const char *path,
                         const struct policy_field *f, void *at)
{
    double n = 0;
    int rc = value_number(r, item, path, f, &n);

    if (rc)
        return rc;
    if (f->type == POLICY_NUSD || f->type == POLICY_NUSD_1K || f->type == POLICY_USD)
        return value_usd(r, path, f, n, at);
    if (f->type == POLICY_NUMBER)
        *(double *)at = n;
    else if (f->type == POLICY_INT)
        *(int *)at = (int)n;
    else
        *(int64_t *)at = (int64_t)n;
    return 0;
}

static int value_text(struct policy_reader *r, const cJSON *item, const char *path,
                      const struct policy_field *f, const char **at)
{
    size_t most = f->hi > 0 ? (size_t)f->hi : TEXT_BYTES_MAX;

    if (!cJSON_IsString(item) || strlen(item->valuestring) > most ||
        strlen(item->valuestring) < (size_t)f->lo)
        return policy_refuse(r, path, false, "must be a string of %.0f to %zu bytes", f->lo, most);
    *at = arena_strdup(&r->im->arena, item->valuestring);
    return *at ? 0 : value_memory(r);
}

static int value_words(struct policy_reader *r, const cJSON *item, const char *path, const char **at)
{
    struct buf words = BUF_INIT(TEXT_BYTES_MAX);
    const cJSON *word;
    bool ok = cJSON_IsArray(item);

    cJSON_ArrayForEach(word, item)
    {
        ok = ok && cJSON_IsString(word) && word->valuestring[0] && !strchr(word->valuestring, ' ');
        if (!ok)
            break;
        if (words.len)
            buf_addc(&words, ' ');
        buf_adds(&words, word->valuestring);
    }
    *at = arena_strdup(&r->im->arena, buf_text(&words));
    ok = ok && !words.failed;
    buf_free(&words);
    if (!ok)
        return policy_refuse(r, path, false, "must be a list of words");
    return *at ? 0 : value_memory(r);
}

static int value_choice(struct policy_reader *r, const cJSON *item, const char *path,
                        const struct policy_field *f, void *at)
{
    struct str rest = str_of(f->choices), part;

    for (int i = 0; str_cut(&rest, '|', &part); i++) {
        if (!cJSON_IsString(item) || !str_eqs(part, item->valuestring))
            continue;
        memcpy(at, &i, sizeof i);
        return 0;
    }
    return policy_refuse(r, path, false, "must be one of %s", f->choices);
}

static int value_examples(struct policy_reader *r, const cJSON *item, const char *path)
{
    const cJSON *text;
    bool ok = cJSON_IsArray(item);

    cJSON_ArrayForEach(text, item) ok = ok && cJSON_IsString(text);
    return ok ? 0 : policy_refuse(r, path, false, "must be a list of strings");
}

int policy_value(struct policy_reader *r, const cJSON *item, const char *path, const struct policy_field *f,
                 void *at)
{
    switch (f->type) {
    case POLICY_TEXT:
        return value_text(r, item, path, f, at);
    case POLICY_WORDS:
        return value_words(r, item, path, at);
    case POLICY_BOOL:
        *(bool *)at = cJSON_IsTrue(item);
        return cJSON_IsBool(item) ? 0 : policy_refuse(r, path, false, "must be true or false");
    case POLICY_CHOICE:
        return value_choice(r, item, path, f, at);
    case POLICY_PATTERN:
        return policy_pattern(r, item, path, f->flags, at);
    case POLICY_EXAMPLES:
        return value_examples(r, item, path);
    case POLICY_INT:
    case POLICY_INT64:
    case POLICY_NUMBER:
    case POLICY_NUSD:
    case POLICY_NUSD_1K:
    case POLICY_USD:
    case POLICY_OBJECT:
    case POLICY_LIST:
        break;
    }
    return value_numeric(r, item, path, f, at);
}

/* The offset in the document at which byte `offset` of the decoded string at `path` is written. */
static bool pattern_place(const struct policy_doc *doc, const char *path, size_t offset, int *line,
                          int *column)
{
    size_t pos = 0, decoded = 0;
    char utf[4];
    int at_line = 1, at_column;

    if (json_locate(doc->text, doc->len, path, false, line, column) != 0)
        return false;
    for (; at_line < *line && pos < doc->len; pos++)
        at_line += doc->text[pos] == '\n';
    for (at_column = 1; at_column < *column && pos < doc->len; at_column++)
        utf8_next(doc->text, doc->len, &pos);
    for (pos++; decoded < offset && pos < doc->len && doc->text[pos] != '"';)
        decoded += utf8_put(utf, json_string_next(doc->text, doc->len, &pos));
    json_position(doc->text, doc->len, pos, line, column);
    return true;
}

/* `why` is matcher_compile's "offset N: reason". */
static int pattern_refuse(struct policy_reader *r, const char *path, const char *why)
{
    const char *reason = strstr(why, ": ");
    size_t offset = strncmp(why, "offset ", 7) == 0 ? strtoul(why + 7, NULL, 10) : 0;
    int line = 1, column = 1;

    if (!pattern_place(r->doc, path, offset, &line, &column))
        return policy_refuse(r, path, false, "%s", why);
    return err_set(r->err, X_E_INVALID, "%s:%d:%d: %s: %s", r->doc->name, line, column, path,
                   reason ? reason + 2 : why);
}

/* Each alternative alone, in its group, to say which one is broken. */
static int pattern_find_fault(struct policy_reader *r, const cJSON *list, const char *path, unsigned flags,
                              const char *why)
{
    char child[POLICY_PATH_BYTES];
    const cJSON *item;
    int i = 0;

    cJSON_ArrayForEach(item, list)
    {
        struct matcher *m;
        struct err alone = { "" };
        int rc = matcher_compile(&m, item->valuestring, flags, &alone);

        matcher_free(m);
        (void)snprintf(child, sizeof child, "%s.%d", path, i++);
        if (rc)
            return pattern_refuse(r, child, alone.text);
    }
    return policy_refuse(r, path, false, "the alternatives together: %s", why);
}

/* One string, or "(?:a)|(?:b)" from a list. False when it is neither. */
static bool pattern_join(const cJSON *item, struct buf *out)
{
    const cJSON *part;

    if (cJSON_IsString(item)) {
        buf_adds(out, item->valuestring);
        return out->len > 0 && !out->failed;
    }
    cJSON_ArrayForEach(part, item)
    {
        if (!cJSON_IsString(part) || !part->valuestring[0])
            return false;
        buf_printf(out, "%s(?:%s)", out->len ? "|" : "", part->valuestring);
    }
    return cJSON_IsArray(item) && out->len > 0 && !out->failed;
}

static int pattern_keep(struct policy_reader *r, struct matcher *m)
{
    struct policy_owned *o = arena_alloc(&r->im->arena, sizeof *o);

    if (!o) {
        matcher_free(m);
        return value_memory(r);
    }
    *o = (struct policy_owned){ m, r->im->owned };
    r->im->owned = o;
    return 0;
}

static int pattern_compile(struct policy_reader *r, const cJSON *item, const char *path, const char *text,
                           unsigned flags, struct matcher **out)
{
    struct err why = { "" };
    int rc = matcher_compile(out, text, flags, &why);

    if (rc == 0)
        return pattern_keep(r, *out);
    if (rc < 0)
        return err_set(r->err, rc, "%s", why.text);
    return cJSON_IsArray(item) ? pattern_find_fault(r, item, path, flags, why.text)
                               : pattern_refuse(r, path, why.text);
}

int policy_pattern(struct policy_reader *r, const cJSON *item, const char *path, unsigned flags,
                   struct matcher **out)
{
    struct buf text = BUF_INIT(POLICY_PATTERN_BYTES);
    struct match_span span;
    int rc;

    if (pattern_join(item, &text))
        rc = pattern_compile(r, item, path, buf_text(&text), flags, out);
    else
        rc = policy_refuse(r, path, false, "must be a pattern, or a list of patterns, of at most %d bytes",
                           POLICY_PATTERN_BYTES);
    buf_free(&text);
    if (!rc && matcher_find(*out, r->scratch, "", 0, 0, &span) == 0)
        rc = policy_refuse(r, path, false, "must not match the empty text");
    return rc;
}

/* Takes the marks out of `text`; [*from, *to) is what they enclosed. False when there is no pair. */
static bool marks_take(char *text, size_t *from, size_t *to)
{
    char *open = strstr(text, MARK_OPEN), *close;

    if (!open)
        return false;
    memmove(open, open + 2, strlen(open + 2) + 1);
    close = strstr(open, MARK_CLOSE);
    if (!close)
        return false;
    memmove(close, close + 2, strlen(close + 2) + 1);
    *from = (size_t)(open - text);
    *to = (size_t)(close - text);
    return true;
}

struct example {
    struct policy_reader *r;
    int (*find)(struct policy_reader *r, const void *rule, const char *text, size_t len,
                struct match_span *span);
    const void *rule;
    bool must;
};

static int example_run(const struct example *e, const char *given, const char *path)
{
    struct match_span span = { 0 };
    size_t from = 0, to = 0;
    char *text = arena_strdup(&e->r->im->arena, given);
    bool marked;
    int rc;

    if (!text)
        return value_memory(e->r);
    marked = e->must && marks_take(text, &from, &to);
    rc = e->find(e->r, e->rule, text, strlen(text), &span);
    if (rc < 0)
        return err_set(e->r->err, rc, "%s: out of memory", e->r->doc->name);
    if (rc != 0 && rc != X_E_NOT_FOUND)
        return policy_refuse(e->r, path, false, "the rule gives up on this example (%s)", status_name(rc));
    if ((rc == 0) != e->must)
        return policy_refuse(e->r, path, false, "the rule %s this example",
                             e->must ? "does not find" : "finds");
    if (marked && (span.from != from || span.to != to))
        return policy_refuse(e->r, path, false,
                             "the rule finds another part of this example: bytes %zu to %zu", span.from,
                             span.to);
    return 0;
}

static int examples_of(const struct example *e, const cJSON *list, const char *path, const char *key)
{
    char child[POLICY_PATH_BYTES];
    const cJSON *item;
    int i = 0;

    cJSON_ArrayForEach(item, list)
    {
        int rc;

        (void)snprintf(child, sizeof child, "%s.%s.%d", path, key, i++);
        rc = example_run(e, item->valuestring, child);
        if (rc)
            return rc;
    }
    return 0;
}

int policy_examples(struct policy_reader *r, const cJSON *obj, const char *path,
                    int (*find)(struct policy_reader *r, const void *rule, const char *text, size_t len,
                                struct match_span *span),
                    const void *rule)
{
    struct example e = { .r = r, .find = find, .rule = rule, .must = true };
    int rc = examples_of(&e, cJSON_GetObjectItemCaseSensitive(obj, "must"), path, "must");

    if (rc)
        return rc;
    e.must = false;
    return examples_of(&e, cJSON_GetObjectItemCaseSensitive(obj, "must_not"), path, "must_not");
}
