/* SPDX-License-Identifier: Apache-2.0
 *
 * screen: does the message try to steer the model instead of asking it? Rules with weights from
 * policies/screen.json; the score is 1 - product(1 - weight). Flagged text is refused or, by default,
 * only marked: the prompt then quotes it as data. A rule that hits the match limit counts as matched.
 */
#include "pipeline/stages.h"

enum verdict stage_screen(struct turn *t, struct worker *w)
{
    const struct worker_kit *kit = w->state;
    const struct policies *p = t->snap->policies;
    size_t len = t->msg.text ? __builtin_strlen(t->msg.text) : 0;
    double clean = 1.0;
    for (size_t i = 0; i < p->screen.n; i++) {
        struct match_span span;
        int rc = matcher_find(p->screen.rule[i].pattern, kit->scratch, t->msg.text, len, 0, &span);
        if (rc != X_E_NOT_FOUND)
            clean *= 1.0 - p->screen.rule[i].weight;
    }
    t->screen.score = 1.0 - clean;
    t->screen.flagged = t->screen.score >= p->screen.flag_from;
    if (!t->screen.flagged)
        return NEXT;
    turn_warn(t, "injection_suspected");
    if (!p->screen.block)
        return NEXT;
    return turn_notice(t, "blocked",
                       "I can't follow instructions that try to change how I work. "
                       "Please ask your question directly.");
}
