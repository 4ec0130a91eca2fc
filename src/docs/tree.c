/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a folder of documents. Names come from whoever can write there, so every open goes
 * through openat2(RESOLVE_BENEATH): no link and no race leads outside the root. On kernels
 * without it (before 5.6, or filtered) links are not followed at all. What a path names is
 * looked at with O_PATH first; devices and pipes are never opened.
 */
#include "docs/docs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/table.h"
#include "base/utf.h"

#define PATH_BYTES_MAX 4096

struct seen { /* a file or folder already taken */
    struct table_link link;
    struct seen *next;
    char key[48];
};

struct walk {
    struct docs_tree *tree;
    size_t room;
    struct table table;
    struct seen *seen;
    docs_failed *failed;
    void *ctx;
};

static int beneath(int root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    do /* EAGAIN: somebody renamed above us meanwhile (openat2(2)) */
        fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    while (fd < 0 && errno == EAGAIN);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(root, path, flags | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : (int)fd;
}

static void leave_out(struct walk *w, const char *path, const char *why)
{
    char shown[PATH_BYTES_MAX];
    size_t n = strlen(path), pos = 0, at = 0;

    if (!w->failed)
        return;
    while (pos < n && at + 5 < sizeof(shown)) {
        uint32_t cp = utf8_next(path, n, &pos);

        at += utf8_put(shown + at, cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? '?' : cp);
    }
    shown[at] = '\0';
    w->failed(w->ctx, shown, why);
}

static const char *open_reason(int code)
{
    switch (-code) {
    case EXDEV:
        return "a link that leads outside the folder";
    case ELOOP:
        return "a link that leads nowhere";
    default:
        return strerror(-code);
    }
}

static bool is_document(const char *name)
{
    static const char *const ending[] = { ".md", ".markdown", ".txt" };
    size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        size_t len = strlen(ending[i]);

        if (n > len && strcasecmp(name + n - len, ending[i]) == 0)
            return true;
    }
    return false;
}

static bool name_is_clean(const char *name)
{
    size_t n = strlen(name);

    if (!utf8_valid(name, n))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return true;
}

/* 0 the first time, X_E_DUPLICATE later. */
static int take_once(struct walk *w, const struct stat *st)
{
    struct seen *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return -ENOMEM;
    (void)snprintf(s->key, sizeof(s->key), "%llx:%llx", (unsigned long long)st->st_dev,
                   (unsigned long long)st->st_ino);
    rc = table_put(&w->table, &s->link, s->key);
    if (rc) {
        free(s);
        return rc;
    }
    s->next = w->seen;
    w->seen = s;
    return 0;
}

static int add_file(struct walk *w, const char *path, const struct stat *st)
{
    struct docs_tree *t = w->tree;
    char *copy;

    if (t->files == w->room) {
        size_t room = w->room ? w->room * 2 : 64;
        struct docs_file *more = realloc(t->file, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        t->file = more;
        w->room = room;
    }
    copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    t->file[t->files++] = (struct docs_file){
        .path = copy,
        .size_bytes = st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    };
    return 0;
}

static int walk_folder(struct walk *w, const char *path, int depth);

static int walk_entry(struct walk *w, const char *path, int depth)
{
    struct stat st;
    int fd = beneath(w->tree->root, path, O_PATH), rc;

    if (fd < 0) {
        leave_out(w, path, open_reason(fd));
        return 0;
    }
    rc = fstat(fd, &st) < 0 ? -errno : 0;
    close(fd);
    if (rc) {
        leave_out(w, path, strerror(-rc));
        return 0;
    }
    if (!S_ISDIR(st.st_mode) && !(S_ISREG(st.st_mode) && is_document(path)))
        return 0;
    rc = take_once(w, &st);
    if (rc)
        return rc == X_E_DUPLICATE ? 0 : rc;
    if (S_ISDIR(st.st_mode))
        return walk_folder(w, path, depth + 1);
    if (st.st_size > (off_t)DOCS_FILE_MAX) {
        leave_out(w, path, "larger than 4 MiB");
        return 0;
    }
    return add_file(w, path, &st);
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_names(struct walk *w, const char *path, struct dirent **name, int names, int depth)
{
    char full[PATH_BYTES_MAX];
    int rc = 0;

    for (int i = 0; i < names && !rc; i++) {
        int n = snprintf(full, sizeof(full), "%s%s%s", path, *path ? "/" : "", name[i]->d_name);

        if (n < 0 || (size_t)n >= sizeof(full))
            leave_out(w, path, "a path longer than 4095 bytes");
        else if (!name_is_clean(name[i]->d_name))
            leave_out(w, full, "its name is not valid UTF-8 or holds control characters");
        else
            rc = walk_entry(w, full, depth);
    }
    return rc;
}

static int walk_folder(struct walk *w, const char *path, int depth)
{
    struct dirent **name = NULL;
    int fd, names, rc;

    if (depth > DOCS_DEPTH_MAX) {
        leave_out(w, path, "more than 32 folders deep");
        return 0;
    }
    fd = beneath(w->tree->root, *path ? path : ".", O_RDONLY | O_DIRECTORY);
    names = fd < 0 ? -1 : scandirat(fd, ".", &name, visible, by_bytes);
    rc = fd < 0 ? fd : -errno;
    if (fd >= 0)
        close(fd);
    if (names < 0) {
        if (!*path)
            return rc;
        leave_out(w, path, strerror(-rc));
        return 0;
    }
    rc = walk_names(w, path, name, names, depth);
    for (int i = 0; i < names; i++)
        free(name[i]);
    free(name);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    const struct docs_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

int docs_tree_open(struct docs_tree *out, const char *dir, docs_failed *failed, void *ctx, struct err *err)
{
    struct walk w = { .tree = out, .failed = failed, .ctx = ctx };
    int rc;

    *out = (struct docs_tree){ .root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
    if (out->root < 0)
        return err_set(err, -errno, "%s: %s", dir, strerror(errno));
    table_init(&w.table);
    rc = walk_folder(&w, "", 0);
    table_free(&w.table);
    while (w.seen) {
        struct seen *s = w.seen;

        w.seen = s->next;
        free(s);
    }
    if (rc) {
        docs_tree_close(out);
        return err_set(err, rc, "%s: %s", dir, strerror(-rc));
    }
    if (out->files)
        qsort(out->file, out->files, sizeof(*out->file), by_path);
    return 0;
}

void docs_tree_close(struct docs_tree *t)
{
    for (size_t i = 0; i < t->files; i++)
        free(t->file[i].path);
    free(t->file);
    if (t->root >= 0)
        close(t->root);
    *t = (struct docs_tree){ .root = -1 };
}

static int read_all(int fd, struct buf *out)
{
    char block[16384];
    ssize_t n;

    for (;;) {
        n = read(fd, block, sizeof(block));
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            buf_add(out, block, (size_t)n);
        if (out->failed)
            return out->len + (size_t)(n > 0 ? n : 0) > out->max ? X_E_LIMIT : -ENOMEM;
    }
}

/* Line of the first byte that is no text, 0 when all are. */
static size_t bad_line(const char *at, size_t len)
{
    size_t line = 1;

    if (!memchr(at, '\0', len) && utf8_valid(at, len))
        return 0;
    for (size_t pos = 0; pos < len;) {
        size_t from = pos;
        uint32_t cp = utf8_next(at, len, &pos);

        if (cp == 0 || (cp == 0xfffd && pos - from == 1))
            return line;
        line += cp == '\n';
    }
    return line;
}

int docs_read(const struct docs_tree *t, const char *path, struct buf *out, struct err *err)
{
    int fd = beneath(t->root, path, O_RDONLY | O_NONBLOCK), rc;
    struct stat st;
    size_t line;

    if (fd < 0)
        return err_set(err, fd, "%s", open_reason(fd));
    if (fstat(fd, &st) < 0)
        rc = err_set(err, -errno, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        rc = err_set(err, X_E_INVALID, "not a regular file");
    else
        rc = read_all(fd, out);
    close(fd);
    if (rc == X_E_LIMIT)
        return err_set(err, rc, "larger than 4 MiB");
    if (rc < 0)
        return err_set(err, rc, "%s", strerror(-rc));
    if (rc)
        return rc;
    line = bad_line(buf_text(out), out->len);
    if (line)
        return err_set(err, X_E_INVALID, "line %zu is not UTF-8 text", line);
    return 0;
}
