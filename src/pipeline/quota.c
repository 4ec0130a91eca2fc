/* SPDX-License-Identifier: Apache-2.0
 *
 * quota: the reservation was made with the message (T1), so two messages cannot share the last one; here
 * its verdict becomes the person's answer.
 */
#include <errno.h>

#include <parley/clock.h>

#include "base/str.h"

#include "pipeline/stages.h"

#define NEARLY_PERCENT 80

/* First instant of the month after `wall_ms`, UTC, as "2026-12-01". */
static const char *next_month(struct turn *t, int64_t wall_ms)
{
    char month[8];
    int64_t step = 86400000;
    clock_month(month, wall_ms);
    char text[CLOCK_TEXT_BYTES];
    do {
        wall_ms += step;
        clock_text(text, wall_ms);
    } while (str_starts((struct str){ text, 7 }, month));
    return arena_printf(&t->arena, "%.7s-01", text);
}

/* Of the messages of a month exactly one is the first past the mark, so it is told once without being kept
 * anywhere. */
static bool nearly_used(const struct turn_quota *q)
{
    int64_t mark = (q->limit * NEARLY_PERCENT + 99) / 100;
    return q->limit > 1 && q->used == mark && mark < q->limit;
}

enum verdict stage_quota(struct turn *t, struct worker *w X_UNUSED)
{
    if (t->quota.granted) {
        if (nearly_used(&t->quota))
            turn_warn(t, "quota_nearly_used");
        t->pipeline->hooks->progress(t, "searching"); /* what the coming hop does */
        return NEXT;
    }
    const char *reset = next_month(t, clock_wall_ms());
    t->answer.details_json =
        arena_printf(&t->arena, "{\"tier\":\"%s\",\"limit\":%lld,\"used\":%lld,\"resets\":\"%s\"}",
                     tier_name(t->quota.tier), (long long)t->quota.limit, (long long)t->quota.used, reset);
    const char *text = arena_printf(
        &t->arena,
        "You have used all %lld messages of this month (%s tier). Your quota starts again on %s (UTC).",
        (long long)t->quota.limit, tier_name(t->quota.tier), reset);
    return text ? turn_notice(t, "quota_exceeded", text) : turn_fail(t, -ENOMEM, "quota");
}
