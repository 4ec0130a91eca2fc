/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite back end: the whole store contract, and what is SQLite's own business (the file, its
 * schema, its query plans). The file is looked at from outside, through SQLite itself.
 */
#include <sqlite3.h>

#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/contract/store_contract.h"

static void file_of(char path[96], const struct store_kit *k)
{
    snprintf(path, 96, "%s/parley.db", k->dir);
}

/* Runs one statement on the file from outside; the first column of the first row. */
static int64_t outside(const struct store_kit *k, const char *sql, int expected_rc)
{
    char path[96];
    sqlite3 *db;
    sqlite3_stmt *st = NULL;
    file_of(path, k);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    assert_int_equal(rc, expected_rc);
    int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return value;
}

static void reopen(struct store_kit *k, int expected_rc)
{
    k->ops->close(k->db);
    k->db = NULL;
    assert_int_equal(k->ops->open(&k->db, k->dir, false, &k->err), expected_rc);
}

static void open__makes_a_private_file(void **state)
{
    static const char *const suffix[] = { "", "-wal", "-shm" };
    struct store_kit *k = *state;
    store_kit_ingest(k, "1");
    for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
        char path[128];
        struct stat st;
        snprintf(path, sizeof path, "%s/parley.db%s", k->dir, suffix[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void open__asks_for_durability(void **state)
{
    struct store_kit *k = *state;
    int64_t value;
    assert_int_equal(db_pragma(k->db, "PRAGMA synchronous", &value, &k->err), 0);
    assert_int_equal(value, 2);
    assert_int_equal(db_pragma(k->db, "PRAGMA foreign_keys", &value, &k->err), 0);
    assert_int_equal(value, 1);
    assert_int_equal(db_pragma(k->db, "PRAGMA secure_delete", &value, &k->err), 0);
    assert_int_equal(value, 1);
    assert_int_equal(outside(k, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", SQLITE_ROW), 1);
}

static void open__again_finds_everything(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    struct store_counts before = store_kit_counts(k);
    reopen(k, 0);
    struct store_counts after = store_kit_counts(k);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(outside(k, "PRAGMA user_version", SQLITE_ROW), 5);
}

static void open__refuses_a_newer_schema(void **state)
{
    struct store_kit *k = *state;
    struct store_db *reader;
    outside(k, "PRAGMA user_version = 1000", SQLITE_DONE);
    reopen(k, X_E_INVALID);
    assert_non_null(strstr(k->err.text, "schema 1000"));
    assert_non_null(strstr(k->err.text, "newer parley"));
    assert_int_equal(k->ops->open(&reader, k->dir, true, &k->err), X_E_INVALID);
    assert_int_equal(outside(k, "PRAGMA user_version", SQLITE_ROW), 1000);
}

static void open__of_an_unfinished_file_as_a_reader_says_so(void **state)
{
    struct store_kit *k = *state;
    struct store_db *reader;
    outside(k, "PRAGMA user_version = 0", SQLITE_DONE);
    assert_int_equal(k->ops->open(&reader, k->dir, true, &k->err), X_E_INVALID);
    assert_non_null(strstr(k->err.text, "older"));
}

static void open__a_failed_migration_leaves_no_trace(void **state)
{
    struct store_kit *k = *state;
    outside(k, "PRAGMA user_version = 0", SQLITE_DONE); /* the tables are there: CREATE must fail */
    reopen(k, -EPROTO);
    assert_non_null(strstr(k->err.text, "schema 1"));
    assert_int_equal(outside(k, "PRAGMA user_version", SQLITE_ROW), 0);
}

/* The file a daemon of schema 2 left, with an answer still on its way. */
static void make_schema_2(const struct store_kit *k)
{
    static const char *const file[] = { "src/store/schema/0001.sql", "src/store/schema/0002.sql" };
    char path[128], script[16384];
    static const char *const suffix[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
        snprintf(path, sizeof path, "%s/parley.db%s", k->dir, suffix[i]);
        unlink(path);
    }
    file_of(path, k);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(file); i++) {
        FILE *f = fopen(file[i], "r");
        assert_non_null(f);
        script[fread(script, 1, sizeof script - 1, f)] = '\0';
        fclose(f);
        assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO inbox VALUES (1, 't1', 'c', 'b', 'e', 'u', 'v', '', '', 'h', 3, NULL, 0,"
                     " 1, 1, 0, 0, '', '2026-11', 0, 0, -1, 5);"
                     "INSERT INTO outbox VALUES ('t1', 0, 3, '', 1, 0, 0, 'p0', '', 6),"
                     " ('t1', 1, 1, 'text', 1, 7, 0, '', 'late', 8);"
                     "PRAGMA user_version = 2",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

static void open__brings_an_older_file_up_with_all_it_holds(void **state)
{
    struct store_kit *k = *state;
    k->ops->close(k->db);
    k->db = NULL;
    make_schema_2(k);
    assert_int_equal(k->ops->open(&k->db, k->dir, false, &k->err), 0);
    assert_int_equal(outside(k, "PRAGMA user_version", SQLITE_ROW), 5);
    assert_int_equal(
        outside(k, "SELECT count(*) FROM outbox WHERE platform_id = 'p0' AND state = 3", SQLITE_ROW), 1);
    assert_int_equal(
        outside(k,
                "SELECT count(*) FROM outbox WHERE part = 1 AND payload = 'text' AND next_at_ms = 7"
                " AND error = 'late' AND changed_ms = 8 AND tries = 1",
                SQLITE_ROW),
        1);
    assert_int_equal(outside(k, "SELECT count(*) FROM pragma_foreign_key_list('outbox')", SQLITE_ROW), 1);
}

static void open__refuses_a_file_of_another_kind(void **state)
{
    static const char junk[4096] = "this is not a database, whatever its name says";
    struct store_kit *k = *state;
    char path[96];
    file_of(path, k);
    k->ops->close(k->db);
    k->db = NULL;
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    assert_int_equal(k->ops->open(&k->db, k->dir, false, &k->err), -EBADMSG);
    assert_non_null(strstr(k->err.text, "parley.db"));
}

static void open__of_a_missing_directory_names_it(void **state)
{
    struct store_kit *k = *state;
    struct store_db *db;
    assert_int_equal(k->ops->open(&db, "/nonexistent/parley", false, &k->err), -ENOENT);
    assert_non_null(strstr(k->err.text, "/nonexistent/parley"));
}

static void error__a_torn_page_is_told_with_the_statement(void **state)
{
    struct store_kit *k = *state;
    char path[96];
    file_of(path, k);
    for (int i = 0; i < 50; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        store_kit_turn(k, id, "q", "a", STORE_KIT_NOW);
    }
    k->ops->close(k->db); /* everything is in the file now */
    k->db = NULL;
    char noise[4096];
    memset(noise, 0xA5, sizeof noise);
    struct stat st;
    int fd = open(path, O_WRONLY);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 8192; at < st.st_size; at += 4096) /* the first pages hold the schema */
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
    close(fd);
    assert_int_equal(k->ops->open(&k->db, k->dir, false, &k->err), -EBADMSG);
}

static void error__a_broken_rule_names_the_statement_and_no_value(void **state)
{
    struct store_kit *k = *state;
    store_kit_ingest(k, "1");
    struct store_ingest in = store_kit_message(&k->a, "a secret word");
    struct store_ingested out;
    in.turn_id = "T1";
    assert_int_equal(TX(k, k->ops->ingest(k->db, &in, &k->a, &out, &k->err)), -EINVAL);
    assert_non_null(strstr(k->err.text, "ingest.insert"));
    assert_null(strstr(k->err.text, "secret"));
}

static void answer__leaves_no_raw_words_in_the_inbox(void **state)
{
    struct store_kit *k = *state;
    store_kit_turn(k, "1", "q", "a", STORE_KIT_NOW);
    assert_int_equal(outside(k, "SELECT count(*) FROM inbox WHERE payload <> ''", SQLITE_ROW), 0);
    assert_int_equal(outside(k, "SELECT count(*) FROM outbox WHERE payload <> ''", SQLITE_ROW), 0);
}

static void consent__rows_can_only_be_added(void **state)
{
    struct store_kit *k = *state;
    assert_int_equal(TX(k, k->ops->consent(k->db, "alice", "v1", true, "web", STORE_KIT_NOW, &k->err)), 0);
    outside(k, "UPDATE consent SET granted = 0", SQLITE_CONSTRAINT);
    outside(k, "DELETE FROM consent", SQLITE_CONSTRAINT);
    struct store_ingest in = store_kit_message(&k->a, "1");
    struct store_ingested out;
    in.consent_version = "v1"; /* a client that repeats itself adds no row */
    assert_int_equal(TX(k, k->ops->ingest(k->db, &in, &k->a, &out, &k->err)), 0);
    assert_int_equal(outside(k, "SELECT count(*) FROM consent", SQLITE_ROW), 1);
}

static void usage__adds_up_to_the_quota(void **state)
{
    struct store_kit *k = *state;
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        store_kit_turn(k, id, "q", "a", STORE_KIT_NOW);
    }
    assert_int_equal(outside(k, "SELECT sum(used) FROM quota", SQLITE_ROW), 10);
    assert_int_equal(outside(k, "SELECT sum(reserved) FROM quota", SQLITE_ROW), 0);
    assert_int_equal(
        outside(k, "SELECT count(*) FROM usage u JOIN quota q USING (user_key, month)", SQLITE_ROW), 10);
}

/* A statement that a busy turn runs must find its rows by index: a scan is fine in a test and not after a
 * year. */
static void sql__scans_no_table(void **state)
{
    struct store_kit *k = *state;
    char path[96], text[2048];
    sqlite3 *db;
    file_of(path, k);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int id = SQL_INGEST_FACTS; id < SQL_COUNTS; id++) {
        sqlite3_stmt *st;
        snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sqlite_sql[id].text);
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
        while (sqlite3_step(st) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(st, 3);
            bool partial = strstr(plan, "USING INDEX inbox_") || strstr(plan, "INDEX llm_attempt_open") ||
                           strstr(plan, "INDEX outbox_sending");
            if (strncmp(plan, "SCAN", 4) == 0 && !partial && !strstr(plan, "CONSTANT ROW") &&
                !strstr(plan, "(subquery"))
                fail_msg("%s: %s", sqlite_sql[id].name, plan);
        }
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_kit_setup, store_kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(open__makes_a_private_file),
        CASE(open__asks_for_durability),
        CASE(open__again_finds_everything),
        CASE(open__refuses_a_newer_schema),
        CASE(open__of_an_unfinished_file_as_a_reader_says_so),
        CASE(open__a_failed_migration_leaves_no_trace),
        CASE(open__brings_an_older_file_up_with_all_it_holds),
        CASE(open__refuses_a_file_of_another_kind),
        CASE(open__of_a_missing_directory_names_it),
        CASE(error__a_torn_page_is_told_with_the_statement),
        CASE(error__a_broken_rule_names_the_statement_and_no_value),
        CASE(answer__leaves_no_raw_words_in_the_inbox),
        CASE(consent__rows_can_only_be_added),
        CASE(usage__adds_up_to_the_quota),
        CASE(sql__scans_no_table),
    };
    int failed = store_contract_run(&store_sqlite);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
