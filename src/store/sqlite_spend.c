/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger of provider calls and the money behind it. A call is begun when the most it may cost
 * still fits every limit, and that much is reserved in each of its scopes, for the day and the month
 * it begins in; closing it turns the reservation into what was spent. There is one writer, so the
 * look at the limits and the reservation cannot be separated by another call's. The scopes lie in
 * the attempt's row until it is closed: a crash or a lost lease settles them as its turn would have.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <string.h>

#include <parley/clock.h>

#include "base/str.h"

#define SCOPES_BYTES (STORE_SCOPES_MAX * STORE_SCOPE_BYTES)

struct periods {
    char day[11], month[8];
};

struct open_attempt { /* one row without an outcome */
    char turn_id[128];
    int64_t run, n, began_ms, estimate_nusd;
    char scopes[SCOPES_BYTES];
};

static struct periods periods_of(int64_t wall_ms)
{
    struct periods p = { "", "" };
    char text[CLOCK_TEXT_BYTES];
    clock_text(text, wall_ms);
    memcpy(p.day, text, sizeof p.day - 1);
    memcpy(p.month, text, sizeof p.month - 1);
    return p;
}

/* ---- what is spent ---- */

int sqlite_spent(struct store_db *db, const char *scope, const char *period, struct store_spent *out,
                 struct err *err)
{
    *out = (struct store_spent){ 0 };
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_SPENT);
    query_text(&q, scope);
    query_text(&q, period);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    if (row) {
        out->spent_nusd = query_get_int(&q);
        out->reserved_nusd = query_get_int(&q);
    }
    charges_due(db, scope, period, out);
    return 0;
}

/* Each line of `scopes`, for its day and its month. */
static int charge_all(struct store_db *db, const char *scopes, int64_t at_ms, int64_t spent_nusd,
                      int64_t reserved_nusd, struct err *err)
{
    const struct periods when = periods_of(at_ms);
    struct str rest = str_of(scopes), scope;
    int rc = 0;
    if (spent_nusd == 0 && reserved_nusd == 0)
        return 0;
    while (rc == 0 && str_cut(&rest, '\n', &scope)) {
        if (scope.len == 0)
            continue;
        rc = charge_add(db, scope, when.day, spent_nusd, reserved_nusd, err);
        if (rc == 0)
            rc = charge_add(db, scope, when.month, spent_nusd, reserved_nusd, err);
    }
    return rc;
}

/* ---- limits ---- */

/* A sum that runs over passes any limit. */
static bool passes(const struct store_spent *s, int64_t estimate_nusd, int64_t limit_nusd)
{
    int64_t all;
    if (limit_nusd < 0)
        return false;
    return __builtin_add_overflow(s->spent_nusd, s->reserved_nusd, &all) ||
           __builtin_add_overflow(all, estimate_nusd, &all) || all > limit_nusd;
}

static enum store_budget limit_met(const struct store_limit *l, const struct store_spent *s,
                                   int64_t estimate_nusd)
{
    if (estimate_nusd == 0)
        return BUDGET_WITHIN;
    if (estimate_nusd < 0)
        return l->hard_nusd >= 0                                 ? BUDGET_HARD
               : l->soft_nusd >= 0 && passes(s, 0, l->soft_nusd) ? BUDGET_SOFT
                                                                 : BUDGET_WITHIN;
    if (passes(s, estimate_nusd, l->hard_nusd))
        return BUDGET_HARD;
    return passes(s, estimate_nusd, l->soft_nusd) ? BUDGET_SOFT : BUDGET_WITHIN;
}

/* Notes the worse of what was met before and here. */
static int limit_look(struct store_db *db, struct store_attempt *in, size_t i, bool month, const char *period,
                      struct err *err)
{
    const struct store_limit *l = month ? &in->scope[i].month : &in->scope[i].day;
    struct store_spent spent;
    if (l->soft_nusd < 0 && l->hard_nusd < 0)
        return 0;
    int rc = sqlite_spent(db, in->scope[i].name, period, &spent, err);
    enum store_budget met = rc ? BUDGET_WITHIN : limit_met(l, &spent, in->estimate_nusd);
    if (met > in->budget) {
        in->budget = met;
        in->limited_scope = (int)i;
        in->limited_month = month;
    }
    return rc;
}

static int limits_look(struct store_db *db, struct store_attempt *in, struct err *err)
{
    const struct periods when = periods_of(in->now_ms);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < in->scopes; i++) {
        rc = limit_look(db, in, i, false, when.day, err);
        if (rc == 0)
            rc = limit_look(db, in, i, true, when.month, err);
    }
    if (rc == 0 && (in->budget == BUDGET_HARD || (in->budget == BUDGET_SOFT && !in->past_soft)))
        return err_set(err, X_E_LIMIT, "the %s budget of the %s does not allow this call",
                       in->budget == BUDGET_HARD ? "hard" : "soft", in->limited_month ? "month" : "day");
    return rc;
}

/* ---- begin ---- */

static bool scopes_join(char out[SCOPES_BYTES], const struct store_attempt *in)
{
    size_t n = 0;
    out[0] = '\0';
    if (in->scopes > STORE_SCOPES_MAX)
        return false;
    for (size_t i = 0; i < in->scopes; i++) {
        const char *name = in->scope[i].name;
        size_t len = strlen(name);
        if (len == 0 || len >= STORE_SCOPE_BYTES || strchr(name, '\n'))
            return false;
        if (n)
            out[n++] = '\n';
        memcpy(out + n, name, len + 1);
        n += len;
    }
    return true;
}

static struct query attempt_query(struct store_db *db, enum sql_id id, const char *turn_id, int64_t run,
                                  int64_t n)
{
    struct query q = query_open(db, id);
    query_text(&q, turn_id);
    query_int(&q, run);
    query_int(&q, n);
    return q;
}

static int attempt_insert(struct store_db *db, const struct store_attempt *in, const char *scopes,
                          int64_t estimate_nusd, struct err *err)
{
    struct query q X_CLEANUP(query_close) =
        attempt_query(db, SQL_ATTEMPT_BEGIN, in->turn_id, in->turn_attempt, in->n);
    query_text(&q, in->provider);
    query_text(&q, in->model);
    query_int(&q, in->now_ms);
    query_int(&q, estimate_nusd);
    query_text(&q, scopes);
    int rc = query_run(&q, err);
    if (rc == 0 && db_changes(db) == 0)
        return err_set(err, X_E_DUPLICATE, "attempt %d.%d was begun before", in->turn_attempt, in->n);
    return rc;
}

int sqlite_attempt_begin(struct store_db *db, struct store_attempt *in, struct err *err)
{
    char scopes[SCOPES_BYTES];
    int64_t estimate_nusd = in->estimate_nusd > 0 ? in->estimate_nusd : 0;
    in->budget = BUDGET_WITHIN;
    in->limited_scope = -1;
    in->limited_month = false;
    if (!scopes_join(scopes, in))
        return err_set(err, X_E_INVALID, "attempt: at most %d scopes of 1 to %d bytes", STORE_SCOPES_MAX,
                       STORE_SCOPE_BYTES - 1);
    int rc = limits_look(db, in, err);
    if (rc == 0)
        rc = attempt_insert(db, in, scopes, estimate_nusd, err);
    return rc ? rc : charge_all(db, scopes, in->now_ms, 0, estimate_nusd, err);
}

/* ---- end ---- */

static int open_read(struct query *q, struct open_attempt *out, bool *found, struct err *err)
{
    int rc = query_next(q, found, err);
    if (rc || !*found)
        return rc;
    query_get_into(q, out->turn_id, sizeof out->turn_id);
    out->run = query_get_int(q);
    out->n = query_get_int(q);
    out->began_ms = query_get_int(q);
    out->estimate_nusd = query_get_int(q);
    query_get_into(q, out->scopes, sizeof out->scopes);
    return query_check(q, err);
}

static int attempt_close(struct store_db *db, const struct open_attempt *open,
                         const struct store_attempt *how, struct err *err)
{
    struct query q X_CLEANUP(query_close) =
        attempt_query(db, SQL_ATTEMPT_END, open->turn_id, open->run, open->n);
    query_text(&q, how->outcome);
    query_int(&q, how->tokens_in);
    query_int(&q, how->tokens_out);
    query_int(&q, how->cost_nusd);
    query_int(&q, how->took_ms);
    int rc = query_run(&q, err);
    return rc ? rc
              : charge_all(db, open->scopes, open->began_ms, how->cost_nusd > 0 ? how->cost_nusd : 0,
                           -open->estimate_nusd, err);
}

static int open_find(struct store_db *db, const struct store_attempt *in, struct open_attempt *out,
                     bool *found, struct err *err)
{
    struct query q X_CLEANUP(query_close) =
        attempt_query(db, SQL_ATTEMPT_OPEN, in->turn_id, in->turn_attempt, in->n);
    return open_read(&q, out, found, err);
}

int sqlite_attempt_end(struct store_db *db, const struct store_attempt *in, struct err *err)
{
    struct open_attempt open;
    bool found;
    int rc = open_find(db, in, &open, &found, err);
    if (rc)
        return rc;
    if (!found)
        return err_set(err, X_E_NOT_FOUND, "attempt %d.%d is not open", in->turn_attempt, in->n);
    return attempt_close(db, &open, in, err);
}

static int open_next(struct store_db *db, int64_t inbox_id, struct open_attempt *out, bool *found,
                     struct err *err)
{
    struct query q X_CLEANUP(query_close) =
        query_open(db, inbox_id ? SQL_ATTEMPT_OPEN_OF : SQL_ATTEMPT_OPEN_ANY);
    if (inbox_id)
        query_int(&q, inbox_id);
    return open_read(&q, out, found, err);
}

int sqlite_attempts_close(struct store_db *db, int64_t inbox_id, const char *outcome, struct err *err)
{
    for (;;) {
        struct open_attempt open;
        bool found;
        int rc = open_next(db, inbox_id, &open, &found, err);
        if (rc || !found)
            return rc;
        const struct store_attempt how = { .outcome = outcome, .cost_nusd = open.estimate_nusd };
        rc = attempt_close(db, &open, &how, err);
        if (rc)
            return rc;
    }
}
