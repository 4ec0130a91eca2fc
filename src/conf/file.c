/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading small files whole: parley.json, policies and secrets. The size is capped while
 * reading, not by fstat, because `--config <(...)` and /dev/stdin have no size. The bytes pass
 * through one buffer that is wiped and land in the caller's arena, which is wiped at its end:
 * a secret does not stay behind in freed memory.
 */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_fail(const char *path, int error, struct err *err)
{
    int code = error == ENOENT || error == ENOTDIR ? X_E_NOT_FOUND : -error;

    return err_set(err, code, "%s: %s", path, strerror(error));
}

static int file_open(int *fd, unsigned *mode, const char *path, struct err *err)
{
    struct stat st;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return file_fail(path, errno, err);
    if (mode)
        *mode = fstat(*fd, &st) == 0 ? (unsigned)st.st_mode : 0;
    return 0;
}

/* Reads until the end or until `cap` bytes are there. 0 or -errno. */
static int fd_fill(int fd, char *text, size_t cap, size_t *len)
{
    *len = 0;
    while (*len < cap) {
        ssize_t n = read(fd, text + *len, cap - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    return 0;
}

static int file_copy(char **out, const char *text, size_t len, struct arena *a, struct err *err)
{
    *out = arena_alloc(a, len + 1); /* zeroed: terminates */
    if (!*out)
        return err_set(err, -ENOMEM, "out of memory");
    memcpy(*out, text, len);
    return 0;
}

int file_read(char **out, size_t *len, unsigned *mode, const char *path, size_t max_bytes, struct arena *a,
              struct err *err)
{
    char *text;
    int fd, rc = file_open(&fd, mode, path, err);

    if (rc)
        return rc;
    text = malloc(max_bytes + 1);
    rc = text ? fd_fill(fd, text, max_bytes + 1, len) : -ENOMEM;
    close(fd);
    if (rc)
        file_fail(path, -rc, err);
    else if (*len > max_bytes)
        rc = err_set(err, X_E_LIMIT, "%s: larger than %zu bytes", path, max_bytes);
    else
        rc = file_copy(out, text, *len, a, err);
    if (text)
        explicit_bzero(text, *len);
    free(text);
    return rc;
}

bool file_secret_ok(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return *text != '\0';
}

int file_secret(char **out, unsigned *mode, const char *path, struct arena *a, struct err *err)
{
    size_t len;
    int rc = file_read(out, &len, mode, path, FILE_SECRET_BYTES_MAX, a, err);

    if (rc)
        return rc;
    while (len > 0 && ((*out)[len - 1] == '\n' || (*out)[len - 1] == '\r'))
        (*out)[--len] = '\0';
    if (len == 0)
        return err_set(err, X_E_INVALID, "%s: is empty", path);
    if (strlen(*out) != len)
        return err_set(err, X_E_INVALID, "%s: holds a zero byte", path);
    return 0;
}
