/* SPDX-License-Identifier: Apache-2.0
 *
 * limit: so many messages a minute for a user and for an address. Refused before anything is stored, so
 * a flood costs no disk.
 */
#include <parley/clock.h>

#include "pipeline/stages.h"

static enum verdict limited(struct turn *t, int64_t retry_ms, const char *whose)
{
    int64_t seconds = (retry_ms + 999) / 1000;
    t->answer.retry_after_ms = retry_ms;
    t->answer.details_json =
        arena_printf(&t->arena, "{\"limit\":\"%s\",\"retry_after_s\":%lld}", whose, (long long)seconds);
    char *text = arena_printf(&t->arena, "Too many messages in a short time. Please try again in %lld s.",
                              (long long)seconds);
    return turn_notice(t, "rate_limited", text ? text : "Too many messages in a short time.");
}

enum verdict stage_limit(struct turn *t, struct worker *w X_UNUSED)
{
    const struct config *c = t->snap->config;
    int64_t now = clock_mono_ms(), retry = 0;
    if (t->identity.ip_key[0] &&
        limiter_take(t->pipeline->by_ip, t->identity.ip_key, c->limits.ip_per_minute, now, &retry))
        return limited(t, retry, "ip");
    if (limiter_take(t->pipeline->by_user, t->identity.user_key, c->limits.user_per_minute, now, &retry))
        return limited(t, retry, "user");
    return NEXT;
}
