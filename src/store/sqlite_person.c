/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person may ask of us about themselves: how much is used, what is kept, and to forget it. What is
 * forgotten is the conversation and the pseudonyms in it; bills and counts stay, they hold keyed hashes and
 * no words. A consent is ended with a withdrawal, since it is evidence and may not be deleted.
 */
#include "store/sqlite.h"

static int person_usage(struct store_db *db, struct store_person *p, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_INGEST_FACTS);
    query_text(&q, p->user_key);
    query_text(&q, p->month);
    query_int(&q, p->tier);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    p->tier = (enum tier)query_get_int(&q);
    p->used = query_get_int(&q);
    p->consent = query_get_text(&q, p->arena);
    return query_check(&q, err);
}

static int drop_of(struct store_db *db, enum sql_id id, const char *conv_key, int64_t *rows, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, id);
    query_text(&q, conv_key);
    int rc = query_run(&q, err);
    *rows = rc ? 0 : db_changes(db);
    return rc;
}

static int person_forget(struct store_db *db, struct store_person *p, struct err *err)
{
    int64_t names;
    int rc = person_usage(db, p, err);
    if (rc == 0)
        rc = drop_of(db, SQL_FORGET_TURNS, p->conv_key, &p->forgotten, err);
    if (rc == 0)
        rc = drop_of(db, SQL_FORGET_PSEUDONYMS, p->conv_key, &names, err);
    if (rc == 0 && p->consent[0])
        rc = sqlite_consent(db, p->user_key, p->consent, false, p->channel, p->now_ms, err);
    return rc;
}

int sqlite_feedback(struct store_db *db, const struct store_feedback *f, struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_FEEDBACK);
    query_text(&q, f->turn_id);
    query_text(&q, f->user_key);
    query_int(&q, f->helpful);
    query_int(&q, f->now_ms);
    int rc = query_run(&q, err);
    return rc || db_changes(db) ? rc : err_set(err, X_E_NOT_FOUND, "no such answer");
}

int sqlite_person(struct store_db *db, struct store_person *p, struct err *err)
{
    switch (p->what) {
    case PERSON_USAGE:
        return person_usage(db, p, err);
    case PERSON_EXPORT:
        return sqlite_memory(db, p->conv_key, 0, STORE_EXPORT_MAX, p->arena, &p->remark, &p->remarks, err);
    case PERSON_FORGET:
        return person_forget(db, p, err);
    }
    return err_set(err, X_E_INVALID, "no such request: %d", (int)p->what);
}
