/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads. Each is one statement, so each sees one state of the database, whatever the writer does
 * meanwhile. Results are copied into the caller's arena; the loops end at its `most`.
 */
#include "store/sqlite.h"

#include <errno.h>

/* A negative LIMIT would be none at all. */
static int64_t limit_of(size_t most)
{
    return most > INT32_MAX ? INT32_MAX : (int64_t)most;
}

static int no_room(struct err *err, size_t rows)
{
    return err_set(err, -ENOMEM, "%zu rows do not fit the arena", rows);
}

static void inbox_row(struct query *q, struct arena *a, struct store_inbox_row *row)
{
    row->id = query_get_int(q);
    const char **const text[] = { &row->turn_id,  &row->channel,  &row->bot,     &row->external_id,
                                  &row->user_key, &row->conv_key, &row->address, &row->payload };
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        *text[i] = query_get_text(q, a);
    row->state = (enum inbox_state)query_get_int(q);
    row->tries = (int)query_get_int(q);
    row->crashes = (int)query_get_int(q);
    row->next_at_ms = query_get_int(q);
    row->received_ms = query_get_int(q);
    row->quota.tier = (enum tier)query_get_int(q);
    row->quota.granted = query_get_int(q) != 0;
    row->quota.limit = query_get_int(q);
    row->quota.used = query_get_int(q);
    row->consent_given = query_get_text(q, a);
}

int sqlite_inbox_due(struct store_db *db, int64_t now_ms, int64_t after_id, size_t most, struct arena *a,
                     struct store_inbox_row **rows, size_t *n, struct err *err)
{
    *n = 0;
    *rows = arena_array(a, most + !most, sizeof **rows);
    if (!*rows)
        return no_room(err, most);
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_INBOX_DUE);
    query_int(&q, now_ms);
    query_int(&q, after_id);
    query_int(&q, limit_of(most));
    for (;;) {
        bool more;
        int rc = query_next(&q, &more, err);
        if (rc || !more)
            return rc;
        inbox_row(&q, a, &(*rows)[(*n)++]);
    }
}

static void outbox_row(struct query *q, struct arena *a, struct store_outbox_row *row)
{
    row->turn_id = query_get_text(q, a);
    row->part = (int)query_get_int(q);
    row->channel = query_get_text(q, a);
    row->bot = query_get_text(q, a);
    row->address = query_get_text(q, a);
    row->payload = query_get_text(q, a);
    row->answer_json = query_get_text(q, a);
    row->tries = (int)query_get_int(q);
    row->possible_duplicate = query_get_int(q) != 0;
    row->state = (enum outbox_state)query_get_int(q);
    row->next_at_ms = query_get_int(q);
}

int sqlite_outbox_due(struct store_db *db, int64_t now_ms, size_t most, struct arena *a,
                      struct store_outbox_row **rows, size_t *n, struct err *err)
{
    *n = 0;
    *rows = arena_array(a, most + !most, sizeof **rows);
    if (!*rows)
        return no_room(err, most);
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_OUTBOX_DUE);
    query_int(&q, now_ms);
    query_int(&q, limit_of(most));
    for (;;) {
        bool more;
        int rc = query_next(&q, &more, err);
        if (rc || !more)
            return rc;
        outbox_row(&q, a, &(*rows)[(*n)++]);
    }
}

/* The statement goes back in time, so the remarks are laid from the end of `at` towards its start. */
static void remark_before(struct store_remark *at, size_t *left, bool from_user, const char *text,
                          int64_t at_ms)
{
    if (*left && text && text[0])
        at[--*left] = (struct store_remark){ .from_user = from_user, .text = text, .at_ms = at_ms };
}

int sqlite_memory(struct store_db *db, const char *conv_key, int64_t since_ms, size_t most, struct arena *a,
                  struct store_remark **out, size_t *n, struct err *err)
{
    size_t left = most;
    struct store_remark *at = arena_array(a, most + !most, sizeof *at);
    *n = 0;
    if (!at)
        return no_room(err, most);
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_MEMORY);
    query_text(&q, conv_key);
    query_int(&q, since_ms);
    query_int(&q, limit_of(most));
    bool more = true;
    while (more && left) {
        int rc = query_next(&q, &more, err);
        if (rc)
            return rc;
        if (!more)
            break;
        const char *question = query_get_text(&q, a);
        const char *answer = query_get_text(&q, a);
        int64_t at_ms = query_get_int(&q);
        remark_before(at, &left, false, answer, at_ms);
        remark_before(at, &left, true, question, at_ms);
    }
    *out = at + left;
    *n = most - left;
    return query_check(&q, err);
}

int sqlite_pseudonyms(struct store_db *db, const char *conv_key, struct arena *a,
                      struct store_pseudonym **out, size_t *n, struct err *err)
{
    *n = 0;
    *out = NULL;
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_PSEUDONYMS);
    query_text(&q, conv_key);
    for (;;) {
        bool more;
        int rc = query_next(&q, &more, err);
        if (rc || !more)
            return rc;
        size_t all = (size_t)query_get_int(&q); /* the same in every row */
        if (!*out)
            *out = arena_array(a, all, sizeof **out);
        if (!*out)
            return no_room(err, all);
        struct store_pseudonym *p = &(*out)[(*n)++];
        p->placeholder = query_get_text(&q, a);
        p->sealed = query_get_blob(&q, a, &p->sealed_len);
    }
}

int sqlite_answer_of(struct store_db *db, const char *turn_id, struct arena *a, const char **json,
                     struct err *err)
{
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_ANSWER_OF);
    query_text(&q, turn_id);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    if (!row)
        return err_set(err, X_E_NOT_FOUND, "turn %s has no answer", turn_id);
    *json = query_get_text(&q, a);
    return query_check(&q, err);
}

int sqlite_counts(struct store_db *db, struct store_counts *out, struct err *err)
{
    *out = (struct store_counts){ 0 };
    struct query q X_CLEANUP(query_close) = query_open(db, SQL_COUNTS);
    bool row;
    int rc = query_next(&q, &row, err);
    if (rc)
        return rc;
    out->inbox[INBOX_RECEIVED] = query_get_int(&q);
    out->inbox[INBOX_CLAIMED] = query_get_int(&q);
    int64_t all = query_get_int(&q);
    out->inbox[INBOX_DONE] = query_get_int(&q);
    out->inbox[INBOX_DEAD] = query_get_int(&q);
    out->inbox[INBOX_ANSWERED] = all - out->inbox[INBOX_RECEIVED] - out->inbox[INBOX_CLAIMED] -
                                 out->inbox[INBOX_DONE] - out->inbox[INBOX_DEAD]; /* no index of its own */
    for (int state = OUTBOX_PENDING; state <= OUTBOX_DEAD; state++)
        out->outbox[state] = query_get_int(&q);
    out->turns = query_get_int(&q);
    out->usage = query_get_int(&q);
    out->attempts = query_get_int(&q);
    out->attempts_open = query_get_int(&q);
    return 0;
}
