/* SPDX-License-Identifier: Apache-2.0
 *
 * T1 and what surrounds it: a message comes in once, its quota is reserved with it, a worker claims
 * it. Reads before writes are safe here because every batch is BEGIN IMMEDIATE and there is one
 * writer: nobody can change the row in between.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct facts { /* what the ingest decides by */
    enum tier tier;
    int64_t taken; /* used + reserved this month */
    const char *consent;
};

static int facts_read(struct store_db *db, const struct store_ingest *in, struct arena *a, struct facts *out,
                      struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_INGEST_FACTS);
    query_text(&q, in->user_key);
    query_text(&q, in->month);
    query_int(&q, in->default_tier);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    out->tier = (enum tier)query_get_int(&q);
    out->taken = query_get_int(&q);
    out->consent = query_get_text(&q, a);
    return query_check(&q, err);
}

static struct turn_quota quota_of(enum tier tier, int64_t limit, int64_t taken)
{
    bool granted = limit < 0 || taken < limit;
    return (struct turn_quota){ .tier = tier, .granted = granted, .limit = limit, .used = taken + granted };
}

/* 0, or X_E_DUPLICATE when the key is there already. */
static int row_insert(struct store_db *db, const struct store_ingest *in, const struct turn_quota *quota,
                      struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_INGEST_INSERT);
    const char *const text[] = { in->turn_id,  in->channel, in->bot,     in->external_id, in->user_key,
                                 in->conv_key, in->address, in->payload, in->body_hash,   in->month };
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        query_text(&q, text[i]);
    query_int(&q, in->now_ms);
    query_int(&q, quota->tier);
    query_int(&q, quota->limit);
    query_int(&q, quota->granted);
    query_text_or_null(&q, in->lease);
    query_int(&q, in->lease ? in->lease_until_ms : 0);
    int rc = query_run(&q, err);
    if (rc == 0 && db_changes(db) == 0)
        return err_set(err, X_E_DUPLICATE, "seen before");
    return rc;
}

static int row_earlier(struct store_db *db, const struct store_ingest *in, struct arena *a,
                       struct store_ingested *out, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_INGEST_EARLIER);
    query_text(&q, in->channel);
    query_text(&q, in->bot);
    query_text(&q, in->external_id);
    query_text(&q, in->body_hash);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    out->inbox_id = query_get_int(&q);
    out->turn_id = query_get_text(&q, a);
    out->state = (enum inbox_state)query_get_int(&q);
    out->same_body = query_get_int(&q) != 0;
    out->answer_json = query_get_text(&q, a);
    out->quota.tier = (enum tier)query_get_int(&q);
    out->quota.granted = query_get_int(&q) != 0;
    out->quota.limit = query_get_int(&q);
    out->quota.used = query_get_int(&q);
    out->consent_given = query_get_text(&q, a);
    return query_check(&q, err);
}

static int quota_reserve(struct store_db *db, const char *user_key, const char *month, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_QUOTA_RESERVE);
    query_text(&q, user_key);
    query_text(&q, month);
    return query_run(&q, err);
}

/* A client may repeat its acceptance with every message: it is recorded when it says something new. */
static int consent_note(struct store_db *db, const struct store_ingest *in, struct arena *a,
                        const char **given, struct err *err)
{
    if (!in->consent_version || !in->consent_version[0] || strcmp(in->consent_version, *given) == 0)
        return 0;
    *given = arena_strdup(a, in->consent_version);
    if (!*given)
        return err_set(err, -ENOMEM, "ingest: out of turn memory");
    return sqlite_consent(db, in->user_key, in->consent_version, true, in->channel, in->now_ms, err);
}

int sqlite_ingest(struct store_db *db, const struct store_ingest *in, struct arena *a,
                  struct store_ingested *out, struct err *err)
{
    struct facts facts;
    *out = (struct store_ingested){ .state = in->lease ? INBOX_CLAIMED : INBOX_RECEIVED };
    int rc = facts_read(db, in, a, &facts, err);
    if (rc)
        return rc;
    out->quota = quota_of(facts.tier, in->unmetered ? 0 : in->tier_limit[facts.tier], facts.taken);
    rc = row_insert(db, in, &out->quota, err);
    if (rc == X_E_DUPLICATE) {
        int failed = row_earlier(db, in, a, out, err);
        return failed ? failed : rc;
    }
    out->inbox_id = db_last_id(db);
    if (rc == 0 && out->quota.granted)
        rc = quota_reserve(db, in->user_key, in->month, err);
    out->consent_given = facts.consent;
    if (rc == 0)
        rc = consent_note(db, in, a, &out->consent_given, err);
    out->turn_id = arena_strdup(a, in->turn_id);
    return rc || out->turn_id ? rc : err_set(err, -ENOMEM, "ingest: out of turn memory");
}

int sqlite_claim(struct store_db *db, struct store_claim *c, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_CLAIM);
    query_int(&q, c->inbox_id);
    query_text(&q, c->lease);
    query_int(&q, c->lease_until_ms);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    if (!row)
        return err_set(err, X_E_LOST, "claim: inbox %" PRId64 " is not waiting", c->inbox_id);
    c->attempt = (int)query_get_int(&q);
    return query_run(&q, err);
}

int sqlite_fence(struct store_db *db, int64_t inbox_id, const char *lease, const char *turn_id,
                 struct held *out, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_FENCE);
    query_int(&q, inbox_id);
    query_text(&q, lease);
    query_text_or_null(&q, turn_id);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    if (!row)
        return err_set(err, X_E_LOST, "inbox %" PRId64 " is no longer held under this lease", inbox_id);
    out->id = inbox_id;
    out->tries = query_get_int(&q);
    out->crashes = query_get_int(&q);
    out->reserved = query_get_int(&q) != 0;
    query_get_into(&q, out->month, sizeof out->month);
    return query_check(&q, err);
}

int sqlite_set_tier(struct store_db *db, const char *user_key, enum tier tier, int64_t now_ms,
                    struct err *err)
{
    if ((unsigned)tier >= TIER_COUNT)
        return err_set(err, X_E_INVALID, "no such tier: %d", (int)tier);
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_SET_TIER);
    query_text(&q, user_key);
    query_int(&q, tier);
    query_int(&q, now_ms);
    return query_run(&q, err);
}

int sqlite_consent(struct store_db *db, const char *user_key, const char *version, bool grant,
                   const char *channel, int64_t now_ms, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_CONSENT_INSERT);
    query_text(&q, user_key);
    query_text(&q, version);
    query_int(&q, grant);
    query_text(&q, channel);
    query_int(&q, now_ms);
    return query_run(&q, err);
}
