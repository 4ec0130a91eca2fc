/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite's file system with a log that is written commit by commit instead of page by page. For connections
 * with synchronous=FULL only.
 */
#ifndef STORE_SQLITE_WAL_H
#define STORE_SQLITE_WAL_H

#define SQLITE_WAL_VFS "parley-wal"

/* Once in a process, before the first open that names it. */
void sqlite_wal_register(void);

#endif
