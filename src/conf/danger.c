/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding a danger phrase that is meant. "No pool offers guaranteed returns" must stay as it is, so the words
 * before a phrase are looked at, but only once the phrase is there: a negation inside every pattern would be
 * tried at every word of every answer (five times the cost without JIT, which the service runs without).
 * The look goes back over one clause and at most NEGATION_BYTES.
 */
#include <string.h>

#include "conf/policy.h"

#define NEGATION_BYTES 96 /* seven words or so */

/* Where the look begins: after the last end of a clause, at the start of a word. */
static size_t clause_start(const char *text, size_t to)
{
    size_t from = to > NEGATION_BYTES ? to - NEGATION_BYTES : 0;

    if (from > 0)
        while (from < to && text[from] != ' ')
            from++;
    for (size_t i = from; i < to; i++)
        if (text[i] == '\n' || (i + 1 < to && strchr(".!?;:", text[i]) && text[i + 1] == ' '))
            from = i + 1;
    return from;
}

static bool is_denied(const struct danger_rule *r, struct match_scratch *s, const char *text, size_t to)
{
    size_t from = clause_start(text, to);
    struct match_span span;

    return r->unless && matcher_find(r->unless, s, text + from, to - from, 0, &span) == 0;
}

int danger_rule_find(const struct danger_rule *r, struct match_scratch *s, const char *text, size_t len,
                     size_t from, struct match_span *span)
{
    for (;;) {
        int rc = matcher_find(r->pattern, s, text, len, from, span);

        if (rc)
            return rc;
        if (span->to == span->from) /* nothing to replace, and it would not advance */
            return X_E_LIMIT;
        if (!is_denied(r, s, text, span->from))
            return 0;
        from = span->to;
    }
}
