/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding personal data by the rules of policies/pii.json. Pure apart from the scratch.
 */
#ifndef PIPELINE_PII_H
#define PIPELINE_PII_H

#include "conf/policy.h"

#define PII_HITS_MAX 256

struct pii_hit {
    size_t from, to; /* bytes */
    const struct pii_rule *rule;
};

/* Sorted, not overlapping: where two rules claim the same bytes the higher priority wins, then the longer.
 * 0, or anything else = the text could not be checked and must not go on (fail closed): X_E_LIMIT (match
 * limit or more than PII_HITS_MAX), X_E_INVALID (not UTF-8). */
int pii_find(const struct policies *p, struct match_scratch *s, const char *text, size_t len,
             struct pii_hit hit[PII_HITS_MAX], size_t *hits);

#endif
