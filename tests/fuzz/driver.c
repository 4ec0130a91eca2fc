/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays files through a fuzz target with any compiler: link it in place of libFuzzer's
 * main. Arguments are files or directories (walked down); an unreadable one is an error,
 * so that a lost corpus does not pass as a green run. The bytes are handed over in a block
 * of exactly their length, for the sanitizers.
 */
#include <errno.h>
#include <ftw.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_DIRS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs;

static int replay(const char *path, size_t size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    size_t got = 0;
    int rc = -1;

    if (f && data) {
        got = fread(data, 1, size, f);
        rc = ferror(f) || got != size ? -1 : 0;
    }
    if (rc == 0) {
        (void)LLVMFuzzerTestOneInput(data, got);
        inputs++;
    } else {
        fprintf(stderr, "%s: %s\n", path, errno ? strerror(errno) : "changed while it was read");
    }
    free(data);
    if (f)
        (void)fclose(f);
    return rc;
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)walk;
    if (kind == FTW_F && S_ISREG(st->st_mode))
        return replay(path, (size_t)st->st_size);
    if (kind == FTW_D || kind == FTW_SL)
        return 0;
    fprintf(stderr, "%s: cannot be read\n", path);
    return -1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        errno = 0;
        if (nftw(argv[i], visit, OPEN_DIRS, FTW_PHYS) != 0) {
            fprintf(stderr, "%s: not replayed\n", argv[i]);
            return 1;
        }
    }
    printf("%zu inputs\n", inputs);
    return 0;
}
