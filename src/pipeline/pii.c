/* SPDX-License-Identifier: Apache-2.0
 *
 * Each rule (conf/policy.h) proposes its values. Proposals of all rules are collected first and overlaps
 * resolved once, so that the order of the rules does not matter.
 */
#include "pipeline/pii.h"

#include <stdlib.h>

static int propose(const struct pii_rule *r, struct match_scratch *s, const char *text, size_t len,
                   struct pii_hit *hit, size_t *hits)
{
    struct match_span m = { 0 };
    int rc;
    while ((rc = pii_rule_find(r, s, text, len, m.to, &m)) == 0) {
        if (*hits == PII_HITS_MAX)
            return X_E_LIMIT;
        hit[(*hits)++] = (struct pii_hit){ m.from, m.to, r };
    }
    return rc == X_E_NOT_FOUND ? 0 : rc;
}

static int stronger_first(const void *a, const void *b)
{
    const struct pii_hit *x = a, *y = b;
    if (x->rule->priority != y->rule->priority)
        return x->rule->priority > y->rule->priority ? -1 : 1;
    size_t lx = x->to - x->from, ly = y->to - y->from;
    if (lx != ly)
        return lx > ly ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

static int earlier_first(const void *a, const void *b)
{
    const struct pii_hit *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static size_t resolve(struct pii_hit *hit, size_t hits)
{
    size_t kept = 0;
    qsort(hit, hits, sizeof *hit, stronger_first);
    for (size_t i = 0; i < hits; i++) {
        bool free_of_others = true;
        for (size_t k = 0; k < kept && free_of_others; k++)
            free_of_others = hit[i].to <= hit[k].from || hit[i].from >= hit[k].to;
        if (free_of_others)
            hit[kept++] = hit[i];
    }
    qsort(hit, kept, sizeof *hit, earlier_first);
    return kept;
}

int pii_find(const struct policies *p, struct match_scratch *s, const char *text, size_t len,
             struct pii_hit hit[PII_HITS_MAX], size_t *hits)
{
    *hits = 0;
    if (len > p->pii.max_bytes)
        return X_E_LIMIT;
    for (size_t i = 0; i < p->pii.n; i++) {
        int rc = propose(&p->pii.rule[i], s, text, len, hit, hits);
        if (rc)
            return rc;
    }
    *hits = *hits ? resolve(hit, *hits) : 0;
    return 0;
}
