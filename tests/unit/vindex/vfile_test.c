/* SPDX-License-Identifier: Apache-2.0
 *
 * The envelope of vector files: what went in comes out, and nothing else does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/folder.h"
#include "vindex/vfile.h"

#define BODY_BYTES (3U * 1024 * 1024 / 2) /* more than a checksum block */

static int write_body(FILE *f, const void *ctx, struct err *err)
{
    (void)err;
    return fwrite(ctx, 1, BODY_BYTES, f) == BODY_BYTES ? 0 : -errno;
}

static int refuse_body(FILE *f, const void *ctx, struct err *err)
{
    (void)ctx;
    assert_true(fputs("half", f) >= 0);
    return err_set(err, -EIO, "the back end said no");
}

static char *body(void)
{
    char *b = malloc(BODY_BYTES);

    assert_non_null(b);
    for (size_t i = 0; i < BODY_BYTES; i++)
        b[i] = (char)(i * 31 >> 3);
    return b;
}

static void vfile__body_comes_back(void **state)
{
    char *in = body(), *out = malloc(BODY_BYTES);
    struct folder f;
    size_t count;
    FILE *file;

    (void)state;
    folder_make(&f);
    assert_int_equal(vfile_write(folder_path(&f, "v"), "testkind", 7, 42, write_body, in, NULL), 0);
    assert_int_equal(vfile_open(&file, folder_path(&f, "v"), "testkind", 7, &count, NULL), 0);
    assert_int_equal(count, 42);
    assert_int_equal(fread(out, 1, BODY_BYTES, file), BODY_BYTES);
    assert_int_equal(fgetc(file), EOF);
    assert_memory_equal(in, out, BODY_BYTES);
    assert_int_equal(fclose(file), 0);
    free(in);
    free(out);
    folder_erase(&f);
}

static void vfile__another_kind_is_refused(void **state)
{
    char *in = body();
    struct folder f;
    size_t count;
    FILE *file;

    (void)state;
    folder_make(&f);
    assert_int_equal(vfile_write(folder_path(&f, "v"), "testkind", 7, 42, write_body, in, NULL), 0);
    assert_int_equal(vfile_open(&file, folder_path(&f, "v"), "otherone", 7, &count, NULL), X_E_INVALID);
    free(in);
    folder_erase(&f);
}

static void vfile__damage_in_a_later_block_is_found(void **state)
{
    char *in = body(), *all;
    struct folder f;
    size_t count, len;
    FILE *file;

    (void)state;
    folder_make(&f);
    assert_int_equal(vfile_write(folder_path(&f, "v"), "testkind", 7, 42, write_body, in, NULL), 0);
    all = folder_get(&f, "v", &len);
    all[len - 1] = (char)(all[len - 1] ^ 1);
    folder_put(&f, "v", all, len);
    assert_int_equal(vfile_open(&file, folder_path(&f, "v"), "testkind", 7, &count, NULL), X_E_INVALID);
    free(all);
    free(in);
    folder_erase(&f);
}

static void vfile__failed_body_leaves_the_old_file(void **state)
{
    struct err err = { "" };
    struct folder f;
    size_t len;
    char *old;

    (void)state;
    folder_make(&f);
    folder_text(&f, "v", "old");
    assert_int_equal(vfile_write(folder_path(&f, "v"), "testkind", 7, 42, refuse_body, NULL, &err), -EIO);
    assert_non_null(strstr(err.text, "the back end said no"));
    assert_false(folder_has(&f, "v.tmp"));
    old = folder_get(&f, "v", &len);
    assert_string_equal(old, "old");
    free(old);
    folder_erase(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vfile__body_comes_back),
        cmocka_unit_test(vfile__another_kind_is_refused),
        cmocka_unit_test(vfile__damage_in_a_later_block_is_found),
        cmocka_unit_test(vfile__failed_body_leaves_the_old_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
