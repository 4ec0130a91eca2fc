/* SPDX-License-Identifier: Apache-2.0
 *
 * Header and checksum of vector files. The checksum is FNV-1a over 1 MiB blocks, chained;
 * it finds truncation and damage, not forgery: the file sits in our own state directory.
 * The header is in the byte order of the machine, as FAISS's own format is; a file from
 * the other order fails the check and the index is built again from the rows.
 */
#include "vindex/vfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

#define VFILE_MAGIC   "PARLEYVX"
#define VFILE_VERSION 1U
#define VFILE_BLOCK   (1U << 20)

struct vfile_head {
    char magic[8];
    char kind[VFILE_KIND_BYTES];
    uint32_t version;
    uint32_t dim;
    uint64_t count;
    uint64_t body_bytes;
    uint64_t sum; /* over the header with this field 0, then the body */
    uint8_t zero[16];
};
_Static_assert(sizeof(struct vfile_head) == 64, "the header has no padding");

static void head_init(struct vfile_head *h, const char kind[VFILE_KIND_BYTES], size_t dim, size_t count)
{
    memset(h, 0, sizeof(*h));
    memcpy(h->magic, VFILE_MAGIC, sizeof(h->magic));
    memcpy(h->kind, kind, sizeof(h->kind));
    h->version = VFILE_VERSION;
    h->dim = (uint32_t)dim;
    h->count = count;
}

/* Reads the body from where `f` stands to its end. */
static int body_sum(FILE *f, const struct vfile_head *head, uint64_t *sum, uint64_t *bytes)
{
    struct vfile_head h = *head;
    unsigned char *block = malloc(VFILE_BLOCK);
    uint64_t link[2];
    size_t n;

    if (!block)
        return -ENOMEM;
    h.sum = 0;
    *sum = hash_fnv(&h, sizeof(h));
    *bytes = 0;
    while ((n = fread(block, 1, VFILE_BLOCK, f)) > 0) {
        link[0] = *sum;
        link[1] = hash_fnv(block, n);
        *sum = hash_fnv(link, sizeof(link));
        *bytes += n;
    }
    free(block);
    return ferror(f) ? -EIO : 0;
}

int vfile_sync_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd, rc = 0;

    if (!dir)
        return -ENOMEM;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0)
        return -errno;
    if (fsync(fd) < 0)
        rc = -errno;
    close(fd);
    return rc;
}

/* The header needs the sum, the sum needs the body's length in the header: write, read back, write. */
static int file_fill(FILE *f, struct vfile_head *h, int (*body)(FILE *, const void *, struct err *),
                     const void *ctx, struct err *err)
{
    long end;
    int rc;

    if (fwrite(h, sizeof(*h), 1, f) != 1)
        return -errno;
    rc = body(f, ctx, err);
    if (rc)
        return rc;
    if (fflush(f) != 0 || (end = ftell(f)) < 0)
        return -errno;
    h->body_bytes = (uint64_t)end - sizeof(*h);
    if (fseek(f, (long)sizeof(*h), SEEK_SET) != 0)
        return -errno;
    rc = body_sum(f, h, &h->sum, &(uint64_t){ 0 });
    if (rc)
        return rc;
    if (fseek(f, 0, SEEK_SET) != 0 || fwrite(h, sizeof(*h), 1, f) != 1 || fflush(f) != 0 ||
        fsync(fileno(f)) != 0)
        return -errno;
    return 0;
}

int vfile_write(const char *path, const char kind[VFILE_KIND_BYTES], size_t dim, size_t count,
                int (*body)(FILE *f, const void *ctx, struct err *err), const void *ctx, struct err *err)
{
    struct vfile_head head;
    struct err why = { "" };
    char *temp = NULL;
    FILE *f = NULL;
    int fd, rc;

    head_init(&head, kind, dim, count);
    if (asprintf(&temp, "%s.tmp", path) < 0)
        return err_set(err, -ENOMEM, "%s: out of memory", path);
    fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rc = fd < 0 ? -errno : 0;
    if (!rc && !(f = fdopen(fd, "w+"))) {
        rc = -errno;
        close(fd);
    }
    if (!rc)
        rc = file_fill(f, &head, body, ctx, &why);
    if (f && fclose(f) != 0 && !rc)
        rc = -errno;
    if (!rc && rename(temp, path) < 0)
        rc = -errno;
    if (!rc)
        rc = vfile_sync_dir(path);
    if (rc) {
        unlink(temp);
        err_set(err, rc, "%s: cannot be written: %s", path, why.text[0] ? why.text : strerror(-rc));
    }
    free(temp);
    return rc;
}

static int head_check(FILE *f, const char *path, const char kind[VFILE_KIND_BYTES], size_t dim,
                      struct vfile_head *h, struct err *err)
{
    uint64_t sum, bytes;
    int rc;

    if (fread(h, sizeof(*h), 1, f) != 1 || memcmp(h->magic, VFILE_MAGIC, sizeof(h->magic)) != 0)
        return err_set(err, X_E_INVALID, "%s: not a vector file", path);
    if (h->version != VFILE_VERSION || memcmp(h->kind, kind, sizeof(h->kind)) != 0)
        return err_set(err, X_E_INVALID, "%s: made by another version or back end", path);
    if (h->dim != dim)
        return err_set(err, X_E_INVALID, "%s: has %u dimensions, not %zu", path, h->dim, dim);
    rc = body_sum(f, h, &sum, &bytes);
    if (rc)
        return err_set(err, rc, "%s: cannot be read: %s", path, strerror(-rc));
    if (bytes != h->body_bytes || sum != h->sum)
        return err_set(err, X_E_INVALID, "%s: truncated or damaged", path);
    return fseek(f, (long)sizeof(*h), SEEK_SET) == 0 ? 0 : err_set(err, -errno, "%s: cannot seek", path);
}

int vfile_open(FILE **out, const char *path, const char kind[VFILE_KIND_BYTES], size_t dim, size_t *count,
               struct err *err)
{
    struct vfile_head head;
    struct stat st;
    FILE *f = fopen(path, "re");
    int rc;

    if (!f)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fileno(f), &st) == 0 && !S_ISREG(st.st_mode))
        rc = err_set(err, X_E_INVALID, "%s: not a regular file", path);
    else
        rc = head_check(f, path, kind, dim, &head, err);
    if (rc) {
        fclose(f);
        return rc;
    }
    *count = (size_t)head.count;
    *out = f;
    return 0;
}
