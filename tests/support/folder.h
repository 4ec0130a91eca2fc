/* SPDX-License-Identifier: Apache-2.0
 *
 * A temporary folder for a test: made, filled with files, erased. Every failure fails the test.
 * Include after cmocka.h.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <parley/base.h>

struct folder {
    char at[64];
};

static inline void folder_make(struct folder *f)
{
    memcpy(f->at, "/tmp/parley-test-XXXXXX", sizeof "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->at));
}

static inline int folder_erase_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_DNR && chmod(path, 0700) < 0)
        return -1;
    return remove(path);
}

static inline void folder_erase(struct folder *f)
{
    assert_int_equal(nftw(f->at, folder_erase_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The path of `name` in the folder; valid until the fourth next call. */
static inline const char *folder_path(const struct folder *f, const char *name)
{
    static char path[4][5000];
    static unsigned turn;
    char *out = path[turn++ % 4];

    assert_true(snprintf(out, sizeof path[0], "%s/%s", f->at, name) < (int)sizeof path[0]);
    return out;
}

static inline void folder_put(const struct folder *f, const char *name, const void *bytes, size_t len)
{
    const char *path = folder_path(f, name);
    FILE *out;

    for (char *slash = strchr(path + strlen(f->at) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static inline void folder_text(const struct folder *f, const char *name, const char *text)
{
    folder_put(f, name, text, strlen(text));
}

static inline bool folder_has(const struct folder *f, const char *name)
{
    return access(folder_path(f, name), F_OK) == 0;
}

/* The file's bytes; the caller frees. */
static inline char *folder_get(const struct folder *f, const char *name, size_t *len)
{
    FILE *in = fopen(folder_path(f, name), "re");
    char *bytes;
    long size;

    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    size = ftell(in);
    rewind(in);
    bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, in), size);
    bytes[size] = '\0';
    assert_int_equal(fclose(in), 0);
    *len = (size_t)size;
    return bytes;
}

#endif
