/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to the SQLite back end. sqlite.c hides sqlite3.h; what the
 * others need of it is this page: cached statements, named so that an error says which one it
 * was, and a cursor that binds and reads in order and remembers the first thing that went wrong,
 * so that a caller builds freely and checks once.
 *
 *   struct query q X_CLEANUP(query_close) = query_open(db, SQL_CLAIM);
 *   query_int(&q, id);
 *   rc = query_next(&q, &row, err);
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <parley/store.h>

struct sqlite3;
struct sqlite3_stmt;

/* The texts are in sqlite_sql.c. */
enum sql_id {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_INGEST_FACTS,
    SQL_INGEST_INSERT,
    SQL_INGEST_EARLIER,
    SQL_CLAIM,
    SQL_FENCE,
    SQL_ANSWERED,
    SQL_RETURNED,
    SQL_CLAIMED_UNTIL,
    SQL_QUOTA_RESERVE,
    SQL_QUOTA_SETTLE,
    SQL_QUOTA_RELEASE,
    SQL_TURN_INSERT,
    SQL_TURN_NOTICE,
    SQL_USAGE_INSERT,
    SQL_PSEUDONYM_INSERT,
    SQL_OUTBOX_INSERT,
    SQL_OUTBOX_NOTICE,
    SQL_PART_SET,
    SQL_PARTS_SETTLED,
    SQL_ATTEMPT_BEGIN,
    SQL_ATTEMPT_OPEN,
    SQL_ATTEMPT_OPEN_ANY,
    SQL_ATTEMPT_OPEN_OF,
    SQL_ATTEMPT_END,
    SQL_SPENT,
    SQL_SPEND_ADD,
    SQL_RECOVER_OUTBOX,
    SQL_PRUNE_INBOX,
    SQL_PRUNE_ATTEMPTS,
    SQL_PRUNE_TURNS,
    SQL_PRUNE_PSEUDONYMS,
    SQL_PRUNE_SPEND,
    SQL_PRUNE_STATE,
    SQL_STATE_PUT,
    SQL_STATE_GET,
    SQL_STATE_DROP,
    SQL_FORGET_TURNS,
    SQL_FORGET_PSEUDONYMS,
    SQL_FEEDBACK,
    SQL_SET_TIER,
    SQL_CONSENT_INSERT,
    SQL_INBOX_DUE,
    SQL_OUTBOX_DUE,
    SQL_MEMORY,
    SQL_PSEUDONYMS,
    SQL_ANSWER_OF,
    SQL_COUNTS,
    SQL_COUNT
};

struct sql {
    const char *name, *text;
};
extern const struct sql sqlite_sql[SQL_COUNT];

#define CHARGES_MAX 64

/* What the transaction in hand adds to a row of `spend`. */
struct charge {
    char scope[STORE_SCOPE_BYTES], period[11];
    int64_t spent_nusd, reserved_nusd;
};

struct charges {
    struct charge at[CHARGES_MAX];
    size_t n;
};

struct store_db {
    struct sqlite3 *conn;
    struct sqlite3_stmt *stmt[SQL_COUNT]; /* prepared at first use */
    struct charges due;                   /* sqlite_charge.c; written by the commit */
};

struct query {
    struct store_db *db;
    struct sqlite3_stmt *stmt;
    enum sql_id id;
    int bound, column;
    int rc; /* SQLite's code; the first failure sticks */
};

/* Bound text and blobs are borrowed until close. */
struct query query_open(struct store_db *db, enum sql_id id);
void query_close(struct query *q);
void query_text(struct query *q, const char *text); /* NULL is stored as "" */
void query_text_or_null(struct query *q, const char *text);
void query_int(struct query *q, int64_t value);
void query_blob(struct query *q, const void *bytes, size_t len);

/* *row tells whether there is one; columns are then read in order. 0 or -errno. */
int query_next(struct query *q, bool *row, struct err *err);
int query_run(struct query *q, struct err *err); /* to the end, rows are ignored */
/* After the columns of a row were read: 0, or -errno of what failed since. */
int query_check(struct query *q, struct err *err);

/* NULL for NULL and out of memory: query_check knows. Copies are in the arena. */
const char *query_get_text(struct query *q, struct arena *a);
const void *query_get_blob(struct query *q, struct arena *a, size_t *len);
void query_get_into(struct query *q, char *out, size_t size); /* a NOT NULL text that must fit with its NUL */
int64_t query_get_int(struct query *q);

int64_t db_changes(const struct store_db *db); /* rows of the last write */
int64_t db_last_id(const struct store_db *db);
int db_script(struct store_db *db, const char *name, const char *script, struct err *err);
/* One integer, as of `PRAGMA user_version`. */
int db_pragma(struct store_db *db, const char *pragma, int64_t *value, struct err *err);

/* sqlite_schema.c: brings the file to this program's schema; X_E_INVALID when it is newer, or
 * when read_only and it is older. */
int schema_apply(struct store_db *db, bool read_only, struct err *err);

/* The ops: contracts in parley/store.h. */
int sqlite_ingest(struct store_db *db, const struct store_ingest *in, struct arena *a,
                  struct store_ingested *out, struct err *err);
int sqlite_claim(struct store_db *db, struct store_claim *c, struct err *err);
int sqlite_answer(struct store_db *db, const struct store_answer *in, struct err *err);
int sqlite_release(struct store_db *db, struct store_release *r, struct err *err);
int sqlite_attempt_begin(struct store_db *db, struct store_attempt *in, struct err *err);
int sqlite_attempt_end(struct store_db *db, const struct store_attempt *in, struct err *err);
int sqlite_part_set(struct store_db *db, struct store_part *in, struct err *err);
int sqlite_person(struct store_db *db, struct store_person *p, struct err *err);
int sqlite_feedback(struct store_db *db, const struct store_feedback *f, struct err *err);
int sqlite_state(struct store_db *db, struct store_state *s, struct err *err);
int sqlite_recover(struct store_db *db, int64_t now_ms, const char *notice_json, struct err *err);
int sqlite_reap(struct store_db *db, int64_t now_ms, const char *notice_json, int64_t *n, struct err *err);
int sqlite_prune(struct store_db *db, int64_t inbox_before_ms, int64_t turn_before_ms, int most,
                 struct err *err);
int sqlite_set_tier(struct store_db *db, const char *user_key, enum tier tier, int64_t now_ms,
                    struct err *err);
int sqlite_consent(struct store_db *db, const char *user_key, const char *version, bool grant,
                   const char *channel, int64_t now_ms, struct err *err);
int sqlite_inbox_due(struct store_db *db, int64_t now_ms, int64_t after_id, size_t most, struct arena *a,
                     struct store_inbox_row **rows, size_t *n, struct err *err);
int sqlite_outbox_due(struct store_db *db, int64_t now_ms, size_t most, struct arena *a,
                      struct store_outbox_row **rows, size_t *n, struct err *err);
int sqlite_memory(struct store_db *db, const char *conv_key, int64_t since_ms, size_t most, struct arena *a,
                  struct store_remark **out, size_t *n, struct err *err);
int sqlite_pseudonyms(struct store_db *db, const char *conv_key, struct arena *a,
                      struct store_pseudonym **out, size_t *n, struct err *err);
int sqlite_answer_of(struct store_db *db, const char *turn_id, struct arena *a, const char **json,
                     struct err *err);
int sqlite_spent(struct store_db *db, const char *scope, const char *period, struct store_spent *out,
                 struct err *err);
int sqlite_counts(struct store_db *db, struct store_counts *out, struct err *err);

/* Closes every open attempt, or those of one inbox row (0 = all), with its estimate as the cost.
 * sqlite_spend.c. */
int sqlite_attempts_close(struct store_db *db, int64_t inbox_id, const char *outcome, struct err *err);

/* sqlite_charge.c. Adds to a row of `spend`; negative amounts take away, down to 0. */
int charge_add(struct store_db *db, struct str scope, const char *period, int64_t spent_nusd,
               int64_t reserved_nusd, struct err *err);
/* Adds to *out, which holds the row, what this transaction has not written of it. */
void charges_due(struct store_db *db, const char *scope, const char *period, struct store_spent *out);
int charges_write(struct store_db *db, struct err *err); /* before COMMIT */
void charges_drop(struct store_db *db);                  /* after ROLLBACK */

/* A claimed row, as the writers that end its lease need it. */
struct held {
    int64_t id, tries, crashes;
    bool reserved;
    char month[8]; /* of the reservation, as clock_month() */
};
/* X_E_LOST when the lease is not ours; turn_id NULL = not compared. sqlite_inbox.c. */
int sqlite_fence(struct store_db *db, int64_t inbox_id, const char *lease, const char *turn_id,
                 struct held *out, struct err *err);
#endif
