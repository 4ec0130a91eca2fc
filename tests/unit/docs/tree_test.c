/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder walk against what people and attackers put into folders.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "docs/docs.h"
#include "tests/support/folder.h"

struct left_out {
    size_t n;
    char path[16][300];
    char why[16][100];
};

static void note(void *ctx, const char *path, const char *why)
{
    struct left_out *l = ctx;

    assert_true(l->n < ARRAY_LEN(l->path));
    (void)snprintf(l->path[l->n], sizeof l->path[0], "%s", path);
    (void)snprintf(l->why[l->n++], sizeof l->why[0], "%s", why);
}

static bool left_out(const struct left_out *l, const char *path, const char *why)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->path[i], path) == 0 && strstr(l->why[i], why))
            return true;
    return false;
}

static void open_folder(struct docs_tree *t, const struct folder *f, struct left_out *l)
{
    l->n = 0;
    assert_int_equal(docs_tree_open(t, f->at, note, l, NULL), 0);
}

static void expect_files(const struct docs_tree *t, const char *const *path, size_t n)
{
    assert_int_equal(t->files, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(t->file[i].path, path[i]);
}

static void tree__lists_documents_sorted_and_skips_the_rest(void **state)
{
    static const char *const want[] = { "B.TXT", "a.md", "sub/deep/x.markdown", "sub/z.txt" };
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "sub/z.txt", "z");
    folder_text(&f, "sub/deep/x.markdown", "x");
    folder_text(&f, "a.md", "a");
    folder_text(&f, "B.TXT", "bb");
    folder_text(&f, ".hidden.md", "no");
    folder_text(&f, ".git/config.md", "no");
    folder_text(&f, "picture.png", "no");
    folder_text(&f, "md", "no");
    folder_text(&f, "sub/.md", "no");
    open_folder(&t, &f, &l);
    expect_files(&t, want, ARRAY_LEN(want));
    assert_int_equal(t.file[0].size_bytes, 2);
    assert_true(t.file[0].mtime_ns > 0);
    assert_int_equal(l.n, 0);
    docs_tree_close(&t);
    folder_erase(&f);
}

static void tree__absent_folder_is_an_error(void **state)
{
    struct docs_tree t;
    struct err err = { "" };

    (void)state;
    assert_int_equal(docs_tree_open(&t, "/nonexistent/folder", NULL, NULL, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/folder"));
    assert_int_equal(docs_tree_open(&t, "/dev/null", NULL, NULL, &err), -ENOTDIR);
}

static void tree__links_are_followed_inside_and_refused_outside(void **state)
{
    struct left_out l;
    struct docs_tree t;
    struct folder f, other;

    (void)state;
    folder_make(&f);
    folder_make(&other);
    folder_text(&other, "secret.md", "not yours");
    folder_text(&f, ".data/a.md", "mounted as Kubernetes does");
    assert_int_equal(symlink(".data/a.md", folder_path(&f, "a.md")), 0);
    assert_int_equal(symlink(folder_path(&other, "secret.md"), folder_path(&f, "b.md")), 0);
    assert_int_equal(symlink("../../../../../../etc", folder_path(&f, "c")), 0);
    assert_int_equal(symlink("nowhere", folder_path(&f, "d.md")), 0);
    open_folder(&t, &f, &l);
    assert_int_equal(t.files, 1);
    assert_string_equal(t.file[0].path, "a.md");
    assert_true(left_out(&l, "b.md", "outside"));
    assert_true(left_out(&l, "c", "outside"));
    assert_true(left_out(&l, "d.md", ""));
    docs_tree_close(&t);
    folder_erase(&f);
    folder_erase(&other);
}

static void tree__link_loops_end_and_nothing_is_taken_twice(void **state)
{
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "a/x.md", "x");
    assert_int_equal(symlink("..", folder_path(&f, "a/up")), 0);
    assert_int_equal(symlink("a", folder_path(&f, "b")), 0);
    assert_int_equal(symlink("self", folder_path(&f, "self")), 0);
    assert_int_equal(link(folder_path(&f, "a/x.md"), folder_path(&f, "a/y.md")), 0);
    open_folder(&t, &f, &l);
    assert_int_equal(t.files, 1);
    assert_string_equal(t.file[0].path, "a/x.md");
    assert_true(left_out(&l, "self", "nowhere"));
    docs_tree_close(&t);
    folder_erase(&f);
}

static void tree__hostile_names_are_reported_printable(void **state)
{
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "new\nline.md", "x");
    folder_text(&f, "esc\x1b[2J.md", "x");
    folder_text(&f, "latin\xe9.md", "x");
    folder_text(&f, "it's \"quoted\"; DROP TABLE documents;--.md", "fine");
    folder_text(&f, "-rf.md", "fine");
    open_folder(&t, &f, &l);
    assert_int_equal(t.files, 2);
    assert_int_equal(l.n, 3);
    assert_true(left_out(&l, "new?line.md", "control"));
    assert_true(left_out(&l, "esc?[2J.md", "control"));
    assert_true(left_out(&l, "latin\xef\xbf\xbd.md", "UTF-8"));
    docs_tree_close(&t);
    folder_erase(&f);
}

static void tree__pipes_and_devices_are_not_opened(void **state)
{
    struct buf out = BUF_INIT(DOCS_FILE_MAX);
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(mkfifo(folder_path(&f, "pipe.md"), 0600), 0);
    open_folder(&t, &f, &l); /* would hang on open() */
    assert_int_equal(t.files, 0);
    assert_int_equal(docs_read(&t, "pipe.md", &out, NULL), X_E_INVALID);
    docs_tree_close(&t);
    buf_free(&out);
    folder_erase(&f);
}

static void tree__size_cap_holds_when_listing_and_when_reading(void **state)
{
    struct buf out = BUF_INIT(DOCS_FILE_MAX);
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "big.md", "");
    folder_text(&f, "grows.md", "small");
    assert_int_equal(truncate(folder_path(&f, "big.md"), DOCS_FILE_MAX + 1), 0);
    open_folder(&t, &f, &l);
    assert_int_equal(t.files, 1);
    assert_true(left_out(&l, "big.md", "4 MiB"));
    assert_int_equal(truncate(folder_path(&f, "grows.md"), DOCS_FILE_MAX + 1), 0);
    assert_int_equal(docs_read(&t, "grows.md", &out, NULL), X_E_LIMIT);
    docs_tree_close(&t);
    buf_free(&out);
    folder_erase(&f);
}

static void tree__read_names_the_line_that_is_no_text(void **state)
{
    struct buf out = BUF_INIT(DOCS_FILE_MAX);
    struct err err = { "" };
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "bad.md",
                "one\ntwo\nthr\xff"
                "ee\n");
    folder_put(&f, "nul.txt", "one\n\0two", 8);
    folder_text(&f, "good.md", "gr\xc3\xbc\xc3\x9f\n\xef\xbf\xbd is fine");
    open_folder(&t, &f, &l);
    assert_int_equal(docs_read(&t, "bad.md", &out, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "line 3"));
    buf_clear(&out);
    assert_int_equal(docs_read(&t, "nul.txt", &out, &err), X_E_INVALID);
    assert_non_null(strstr(err.text, "line 2"));
    buf_clear(&out);
    assert_int_equal(docs_read(&t, "good.md", &out, &err), 0);
    assert_int_equal(docs_read(&t, "gone.md", &out, &err), -ENOENT);
    assert_int_equal(docs_read(&t, "../../etc/passwd", &out, &err), -EXDEV);
    docs_tree_close(&t);
    buf_free(&out);
    folder_erase(&f);
}

static void tree__too_deep_folders_are_reported(void **state)
{
    char path[400] = "d";
    struct left_out l;
    struct docs_tree t;
    struct folder f;

    (void)state;
    folder_make(&f);
    for (int i = 0; i < DOCS_DEPTH_MAX; i++)
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/d");
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/x.md");
    folder_text(&f, path, "deep");
    folder_text(&f, "d/y.md", "not deep");
    open_folder(&t, &f, &l);
    assert_int_equal(t.files, 1);
    assert_int_equal(l.n, 1);
    assert_non_null(strstr(l.why[0], "deep"));
    docs_tree_close(&t);
    folder_erase(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree__lists_documents_sorted_and_skips_the_rest),
        cmocka_unit_test(tree__absent_folder_is_an_error),
        cmocka_unit_test(tree__links_are_followed_inside_and_refused_outside),
        cmocka_unit_test(tree__link_loops_end_and_nothing_is_taken_twice),
        cmocka_unit_test(tree__hostile_names_are_reported_printable),
        cmocka_unit_test(tree__pipes_and_devices_are_not_opened),
        cmocka_unit_test(tree__size_cap_holds_when_listing_and_when_reading),
        cmocka_unit_test(tree__read_names_the_line_that_is_no_text),
        cmocka_unit_test(tree__too_deep_folders_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
