/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer over SQLite's file system that writes the log in one piece. SQLite appends a commit page by page,
 * two system calls each, and flushes once at the end; nobody looks at the pages before the flush (other
 * connections go by an index that is written after it). So the pieces are gathered, and written with the
 * flush, or as soon as something else is asked of the file. An error of the write is then the flush's, which
 * SQLite treats the same: the commit failed. Only the log of the writer's connection comes through here, and
 * only because it has synchronous=FULL: without the flush nothing would be written in time.
 */
#include "store/sqlite_wal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* 31 pages with the head of each: os_unix.c of SQLite writes at most 131,071 bytes at once, and takes a piece
 * of exactly 131,072 for a full disk. */
#define GATHER_BYTES (31U * 4120U)

struct wal_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    sqlite3_int64 at;   /* where the first gathered byte goes */
    size_t len;
    unsigned char *bytes;
};
_Static_assert(sizeof(struct wal_file) % 8 == 0, "what stands behind it is aligned");

static struct wal_file *wal_of(sqlite3_file *f)
{
    return (struct wal_file *)f;
}

static int gather_write(struct wal_file *w)
{
    size_t len = w->len;
    w->len = 0;
    return len ? w->real->pMethods->xWrite(w->real, w->bytes, (int)len, w->at) : SQLITE_OK;
}

static int wal_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    struct wal_file *w = wal_of(f);
    size_t len = (size_t)n;
    if (w->len && (at != w->at + (sqlite3_int64)w->len || w->len + len > GATHER_BYTES)) {
        int rc = gather_write(w);
        if (rc)
            return rc;
    }
    if (len > GATHER_BYTES)
        return w->real->pMethods->xWrite(w->real, bytes, n, at);
    if (!w->len)
        w->at = at;
    memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
    return SQLITE_OK;
}

static int wal_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    struct wal_file *w = wal_of(f);
    int rc = gather_write(w);
    return rc ? rc : w->real->pMethods->xRead(w->real, out, n, at);
}

static int wal_sync(sqlite3_file *f, int flags)
{
    struct wal_file *w = wal_of(f);
    int rc = gather_write(w);
    return rc ? rc : w->real->pMethods->xSync(w->real, flags);
}

static int wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct wal_file *w = wal_of(f);
    int rc = gather_write(w);
    return rc ? rc : w->real->pMethods->xTruncate(w->real, size);
}

static int wal_size(sqlite3_file *f, sqlite3_int64 *size)
{
    struct wal_file *w = wal_of(f);
    int rc = gather_write(w);
    return rc ? rc : w->real->pMethods->xFileSize(w->real, size);
}

static int wal_close(sqlite3_file *f)
{
    struct wal_file *w = wal_of(f);
    int rc = gather_write(w), closed = w->real->pMethods->xClose(w->real);
    free(w->bytes);
    w->bytes = NULL;
    return rc ? rc : closed;
}

static int wal_lock(sqlite3_file *f, int level)
{
    return wal_of(f)->real->pMethods->xLock(wal_of(f)->real, level);
}

static int wal_unlock(sqlite3_file *f, int level)
{
    return wal_of(f)->real->pMethods->xUnlock(wal_of(f)->real, level);
}

static int wal_is_reserved(sqlite3_file *f, int *out)
{
    return wal_of(f)->real->pMethods->xCheckReservedLock(wal_of(f)->real, out);
}

static int wal_control(sqlite3_file *f, int op, void *arg)
{
    return wal_of(f)->real->pMethods->xFileControl(wal_of(f)->real, op, arg);
}

static int wal_sector(sqlite3_file *f)
{
    return wal_of(f)->real->pMethods->xSectorSize(wal_of(f)->real);
}

static int wal_traits(sqlite3_file *f)
{
    return wal_of(f)->real->pMethods->xDeviceCharacteristics(wal_of(f)->real);
}

static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_is_reserved,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_traits,
};

static sqlite3_vfs *below(sqlite3_vfs *v)
{
    return v->pAppData;
}

static int layer_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    if (!(flags & SQLITE_OPEN_WAL))
        return below(v)->xOpen(below(v), name, f, flags, out_flags);
    struct wal_file *w = wal_of(f);
    *w = (struct wal_file){ .real = (sqlite3_file *)(w + 1), .bytes = malloc(GATHER_BYTES) };
    int rc = w->bytes ? below(v)->xOpen(below(v), name, w->real, flags, out_flags) : SQLITE_NOMEM;
    if (rc)
        free(w->bytes);
    else
        w->base.pMethods = &wal_methods;
    return rc;
}

/* The entries copied from the file system below do not look at their first argument, but for xOpen. */
void sqlite_wal_register(void)
{
    static sqlite3_vfs layer;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    if (!real)
        return; /* opening says so */
    layer = *real;
    layer.zName = SQLITE_WAL_VFS;
    layer.pAppData = real;
    layer.szOsFile = (int)sizeof(struct wal_file) + real->szOsFile;
    layer.xOpen = layer_open;
    sqlite3_vfs_register(&layer, 0);
}
