/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema and its history: schema/NNNN.sql, embedded by the assembler (paths are from the root
 * of the repository, where make runs) and applied in order, each in one transaction with the new
 * number in PRAGMA user_version. A file written by a newer program is refused, not guessed at.
 */
#include "store/sqlite.h"

#include <inttypes.h>
#include <stdio.h>

#define EMBED(symbol, file)                                                                                  \
    __asm__(".pushsection .rodata\n.global " #symbol "\n.hidden " #symbol "\n" #symbol ":\n.incbin \"" file  \
            "\"\n.byte 0\n.popsection\n");                                                                   \
    extern const char symbol[]

EMBED(schema_0001, "src/store/schema/0001.sql");
EMBED(schema_0002, "src/store/schema/0002.sql");
EMBED(schema_0003, "src/store/schema/0003.sql");
EMBED(schema_0004, "src/store/schema/0004.sql");
EMBED(schema_0005, "src/store/schema/0005.sql");

static const char *const migration[] = { schema_0001, schema_0002, schema_0003, schema_0004, schema_0005 };
#define SCHEMA_VERSION ((int64_t)ARRAY_LEN(migration))

static int version_get(struct store_db *db, int64_t *version, struct err *err)
{
    return db_pragma(db, "PRAGMA user_version", version, err);
}

static int version_set(struct store_db *db, int64_t version, struct err *err)
{
    char text[48];
    snprintf(text, sizeof text, "PRAGMA user_version = %" PRId64, version);
    return db_script(db, "user_version", text, err);
}

/* The version is asked again inside the transaction: another process may have been faster. */
static int migrate(struct store_db *db, int64_t version, struct err *err)
{
    int64_t has = 0;
    int rc = store_sqlite.begin(db, err);
    if (rc == 0)
        rc = version_get(db, &has, err);
    if (rc == 0 && has < version)
        rc = db_script(db, "migration", migration[version - 1], err);
    if (rc == 0 && has < version)
        rc = version_set(db, version, err);
    if (rc == 0)
        rc = store_sqlite.commit(db, err);
    if (rc)
        store_sqlite.rollback(db);
    return rc ? err_prefix(err, rc, "schema %" PRId64, version) : 0;
}

int schema_apply(struct store_db *db, bool read_only, struct err *err)
{
    int64_t has = 0;
    int rc = version_get(db, &has, err);
    if (rc)
        return rc;
    if (has > SCHEMA_VERSION)
        return err_set(err, X_E_INVALID,
                       "written by a newer parley (schema %" PRId64 ", this program knows up to %" PRId64 ")",
                       has, SCHEMA_VERSION);
    if (read_only && has < SCHEMA_VERSION)
        return err_set(err, X_E_INVALID,
                       "schema %" PRId64 " is older than this program's %" PRId64
                       "; start the daemon once to bring it up",
                       has, SCHEMA_VERSION);
    while (rc == 0 && has < SCHEMA_VERSION)
        rc = migrate(db, ++has, err);
    return rc;
}
