/* SPDX-License-Identifier: Apache-2.0
 *
 * What outlives the process: the session, and the budget of identifies. Both are small JSON objects in rows
 * of the store; one that cannot be read costs an identify and no more.
 */
#include "adapters/discord/gateway_state.h"

#include <string.h>

#include "base/json.h"

#define DAY_MS INT64_C(86400000)

/* ---- the session ---- */

void dc_session_write(struct buf *out, const struct dc_session *s)
{
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "id", s->id);
    jw_text(&w, "url", s->url);
    jw_int(&w, "seq", s->seq);
    jw_int(&w, "heard", s->heard_wall_ms);
    jw_end_obj(&w);
}

static bool keep(char *out, size_t bytes, const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len >= bytes)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

int dc_session_read(const char *text, struct dc_session *out)
{
    cJSON *tree = NULL;
    bool ok = json_parse(&tree, text, strlen(text), NULL) == 0;

    *out = (struct dc_session){ .seq = json_int(tree, "seq"), .heard_wall_ms = json_int(tree, "heard") };
    ok = ok && cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(tree, "seq")) && out->seq >= 0 &&
         keep(out->id, sizeof out->id, json_text(tree, "id", "")) &&
         keep(out->url, sizeof out->url, json_text(tree, "url", ""));
    cJSON_Delete(tree);
    if (ok)
        return 0;
    *out = (struct dc_session){ .seq = -1 };
    return X_E_INVALID;
}

/* ---- identifies ---- */

void dc_budget_init(struct dc_budget *b)
{
    *b = (struct dc_budget){ .total = DC_IDENTIFIES, .remaining = DC_IDENTIFIES };
}

void dc_budget_write(struct buf *out, const struct dc_budget *b)
{
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_int(&w, "total", b->total);
    jw_int(&w, "remaining", b->remaining);
    jw_int(&w, "reset", b->reset_wall_ms);
    jw_int(&w, "last", b->last_wall_ms);
    jw_end_obj(&w);
}

static bool is_count(int64_t n, int64_t lo)
{
    return n >= lo && n <= INT32_MAX;
}

int dc_budget_read(const char *text, struct dc_budget *out)
{
    cJSON *tree = NULL;
    bool ok = json_parse(&tree, text, strlen(text), NULL) == 0;
    int64_t total = json_int(tree, "total"), remaining = json_int(tree, "remaining");

    dc_budget_init(out);
    ok = ok && is_count(total, 1) && is_count(remaining, INT32_MIN);
    if (ok)
        *out = (struct dc_budget){ .total = (int)total,
                                   .remaining = (int)remaining,
                                   .reset_wall_ms = json_int(tree, "reset"),
                                   .last_wall_ms = json_int(tree, "last") };
    cJSON_Delete(tree);
    return ok ? 0 : X_E_INVALID;
}

void dc_budget_learn(struct dc_budget *b, const struct dc_gateway_bot *said, int64_t wall_ms)
{
    if (said->total < 1)
        return;
    b->total = said->total;
    b->remaining = said->remaining;
    b->reset_wall_ms = wall_ms + said->reset_after_ms;
}

/* A new day. The clock may have jumped back: a last that is yet to come was none. */
static void turn_over(struct dc_budget *b, int64_t wall_ms)
{
    if (wall_ms >= b->reset_wall_ms || b->reset_wall_ms - wall_ms > DAY_MS) {
        b->remaining = b->total;
        b->reset_wall_ms = wall_ms + DAY_MS;
    }
    if (b->last_wall_ms > wall_ms)
        b->last_wall_ms = 0;
}

int64_t dc_budget_due(struct dc_budget *b, int64_t wall_ms)
{
    int reserve = b->total / 10 < DC_IDENTIFY_RESERVE ? b->total / 10 : DC_IDENTIFY_RESERVE, left;
    int64_t step = DC_IDENTIFY_STEP_MS;

    turn_over(b, wall_ms);
    left = b->remaining - reserve;
    if (left <= 0)
        return b->reset_wall_ms;
    if (b->remaining < b->total / 2 && (b->reset_wall_ms - wall_ms) / left > step)
        step = (b->reset_wall_ms - wall_ms) / left;
    return b->last_wall_ms ? b->last_wall_ms + step : wall_ms;
}
