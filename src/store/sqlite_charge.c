/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of money within one transaction. Every call to a model moves the same few rows of `spend`, four of
 * them twice, and a group commit holds many calls: so the moves are added up here, and each row is written
 * once, by the commit. Whoever reads a sum before that gets the row and what is still due to it; whoever
 * rolls back drops both.
 */
#include "store/sqlite.h"

#include <string.h>

static int64_t sum(int64_t a, int64_t b)
{
    int64_t out;
    if (__builtin_add_overflow(a, b, &out))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return out;
}

static struct charge *find(struct charges *all, const char *scope, const char *period)
{
    for (size_t i = 0; i < all->n; i++)
        if (!strcmp(all->at[i].period, period) && !strcmp(all->at[i].scope, scope))
            return &all->at[i];
    return NULL;
}

static int row_write(struct store_db *db, const struct charge *c, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_SPEND_ADD);
    query_text(&q, c->scope);
    query_text(&q, c->period);
    query_int(&q, c->spent_nusd);
    query_int(&q, c->reserved_nusd);
    return query_run(&q, err);
}

int charges_write(struct store_db *db, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < db->due.n && rc == 0; i++)
        rc = row_write(db, &db->due.at[i], err);
    if (rc == 0)
        charges_drop(db);
    return rc;
}

void charges_drop(struct store_db *db)
{
    db->due.n = 0;
}

int charge_add(struct store_db *db, struct str scope, const char *period, int64_t spent_nusd,
               int64_t reserved_nusd, struct err *err)
{
    struct charge fresh = { .spent_nusd = 0 };
    memcpy(fresh.scope, scope.at, scope.len < sizeof fresh.scope ? scope.len : sizeof fresh.scope - 1);
    strncat(fresh.period, period, sizeof fresh.period - 1);
    struct charge *c = find(&db->due, fresh.scope, fresh.period);
    int rc = !c && db->due.n == CHARGES_MAX ? charges_write(db, err) : 0;
    if (rc)
        return rc;
    if (!c) {
        c = &db->due.at[db->due.n++];
        *c = fresh;
    }
    c->spent_nusd = sum(c->spent_nusd, spent_nusd);
    c->reserved_nusd = sum(c->reserved_nusd, reserved_nusd);
    return 0;
}

void charges_due(struct store_db *db, const char *scope, const char *period, struct store_spent *out)
{
    const struct charge *c = find(&db->due, scope, period);
    if (!c)
        return;
    out->spent_nusd = sum(out->spent_nusd, c->spent_nusd);
    out->reserved_nusd = sum(out->reserved_nusd, c->reserved_nusd);
}
