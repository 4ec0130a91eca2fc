/* SPDX-License-Identifier: Apache-2.0
 *
 * score: how hard is the question, 1 to 10, from its surface alone. A weighted sum of features whose weights
 * policies/routing.json holds (make fit-routing made them) becomes the share of the fitting set that is
 * easier; points for what is plainly asked of a chat come on top, since that set holds examination questions.
 * Where nothing can be read (no words, an unknown script) the middle is the safe guess, and said to be one.
 * needs_live is a signal of its own: no document or model holds today's price.
 */
#include "pipeline/score.h"

#include <string.h>
#include <time.h>

#include <parley/clock.h>

#include "base/utf.h"
#include "pipeline/features.h"
#include "pipeline/live.h"
#include "pipeline/stages.h"

#define LOWEST         1.0
#define HIGHEST        10.0
#define COUNTED_MOST   2 /* words of one kind that earn points */
#define HELLO_WORDS    5 /* a greeting with more words than this is also a question */
#define FOLLOW_WORDS   7
#define FRAGMENT_WORDS 3
#define LONG_WORDS     90
#define MANY_NUMBERS   4
#define MANY_LONG      12
#define CODE_MARKS     4
#define JOINED_BYTES   4096 /* of the remark before and the follow-up, read together */

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void reason(struct turn_complexity *out, bool holds, const char *code)
{
    if (holds && out->reasons < TURN_REASONS_MAX)
        out->reason[out->reasons++] = code;
}

static double weighted_sum(const struct routing *p, const struct features *f)
{
    double sum = 0;
    for (size_t i = 0; i < ROUTING_FEATURE_COUNT; i++)
        sum += p->weight[i] * f->at[i];
    return sum;
}

/* Where `sum` stands among the knots, 1 to 10. */
static double percentile(const struct routing *p, double sum)
{
    const double *knot = p->knot;
    const double step = (HIGHEST - LOWEST) / (ROUTING_KNOTS - 1);
    for (size_t i = 1; i < ROUTING_KNOTS; i++) {
        if (sum >= knot[i])
            continue;
        double gap = knot[i] - knot[i - 1], into = sum > knot[i - 1] ? (sum - knot[i - 1]) / gap : 0;
        return LOWEST + step * ((double)(i - 1) + into);
    }
    return HIGHEST;
}

/* Full points on an easy text, fewer the nearer its score is to the top already: what ranks higher stays
 * higher. */
static double points(const struct routing *p, const struct features *f, double score)
{
    double codes = (double)f->codes + (f->code_marks >= CODE_MARKS ? 1 : 0);
    double all = p->points.task * least(COUNTED_MOST, (double)f->tasks) +
                 p->points.work * (f->works ? 1 : 0) + p->points.code * least(COUNTED_MOST, codes);
    return all * (HIGHEST - score) / (HIGHEST - LOWEST);
}

static bool is_hello(const struct features *f)
{
    return f->hellos && f->words <= HELLO_WORDS && !f->tasks && !f->works && !f->question_marks;
}

/* Two or three words none of which means anything here say as little as none. */
static bool is_blank(const struct features *f)
{
    if (f->words == 0 || f->wide)
        return true;
    return f->words <= FRAGMENT_WORDS && !f->known && !f->numbers && !f->question_marks && !f->code_marks;
}

static void classify(struct turn_complexity *out, const struct routing *p)
{
    if (out->needs_live || out->score >= p->strong_from)
        out->klass = ROUTE_RESEARCH;
    else
        out->klass = out->score < p->cheap_below ? ROUTE_CHEAP : ROUTE_BALANCED;
}

static void explain(struct turn_complexity *out, const struct features *f)
{
    reason(out, out->needs_live, "live");
    reason(out, f->tasks > 0, "analysis");
    reason(out, f->works > 0, "work");
    reason(out, f->codes > 0 || f->code_marks >= CODE_MARKS, "code");
    reason(out, f->numbers >= MANY_NUMBERS, "numbers");
    reason(out, f->long_words >= MANY_LONG, "long_words");
    reason(out, f->words >= LONG_WORDS, "long");
    reason(out, out->reasons == 0, "short");
}

static void rate(struct turn_complexity *out, const struct routing *p, const struct features *f)
{
    out->needs_live = live_asked(p, f->live_at);
    if (is_hello(f)) {
        out->score = LOWEST;
        reason(out, true, "greeting");
    } else if (is_blank(f)) {
        out->score = (p->cheap_below + p->strong_from) / 2;
        reason(out, true, "no_signal");
        reason(out, out->needs_live, "live");
    } else {
        double base = percentile(p, weighted_sum(p, f));
        out->score = least(HIGHEST, base + points(p, f, base));
        out->score = out->score < LOWEST ? LOWEST : out->score;
        explain(out, f);
    }
}

static bool is_follow_up(const struct features *f)
{
    if (f->words == 0 || f->words > FOLLOW_WORDS || is_hello(f))
        return false;
    return f->follows || f->words <= FRAGMENT_WORDS;
}

/* "and why?" means what was asked before it: both are read as one text. */
static size_t join(char joined[JOINED_BYTES], const char *before, const char *text)
{
    size_t text_len = strlen(text), len = utf8_floor(before, strlen(before), JOINED_BYTES / 2);
    memcpy(joined, before, len);
    joined[len++] = ' '; /* not a new line: that is what pasted text has */
    text_len = utf8_floor(text, text_len, JOINED_BYTES - len);
    memcpy(joined + len, text, text_len);
    return len + text_len;
}

void score_text(struct turn_complexity *out, const struct routing *policy, const char *text,
                const char *before, int year)
{
    struct features f;
    char joined[JOINED_BYTES];
    *out = (struct turn_complexity){ .reasons = 0 };
    features_of(&f, text, strlen(text), year);
    if (before && is_follow_up(&f)) {
        features_of(&f, joined, join(joined, before, text), year);
        reason(out, true, "follow_up");
    }
    rate(out, policy, &f);
    classify(out, policy);
}

int score_year(int64_t wall_ms)
{
    time_t at = (time_t)(wall_ms / 1000);
    struct tm tm;
    return gmtime_r(&at, &tm) ? tm.tm_year + 1900 : 1970;
}

static const char *last_remark(const struct turn_memory *m)
{
    for (size_t i = m->len; i > 0; i--)
        if (m->remark[i - 1].from_user)
            return m->remark[i - 1].text;
    return NULL;
}

enum verdict stage_score(struct turn *t, struct worker *w X_UNUSED)
{
    score_text(&t->complexity, &t->snap->policies->routing, t->redaction.text, last_remark(&t->memory),
               score_year(clock_wall_ms()));
    return NEXT;
}
