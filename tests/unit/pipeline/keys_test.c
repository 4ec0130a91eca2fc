/* SPDX-License-Identifier: Apache-2.0
 *
 * The two key files from the first start to a race of two, and what a seal binds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>

#include "pipeline/keys.h"
#include "tests/support/folder.h"

#define RACERS 8

struct world {
    struct folder dir;
    struct keys keys;
    struct arena a;
    struct err err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    folder_make(&w->dir);
    arena_init(&w->a, 1U << 20);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_wipe(&w->a);
    folder_erase(&w->dir);
    free(w);
    return 0;
}

static size_t files_in(const struct folder *f)
{
    DIR *d = opendir(f->at);
    size_t n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void load(struct world *w, struct keys *out)
{
    if (keys_load(out, w->dir.at, &w->err))
        fail_msg("%s", w->err.text);
}

/* ---- the files ---- */

static void keys__are_made_at_first_and_then_the_same(void **state)
{
    struct world *w = *state;
    struct keys again;
    load(w, &w->keys);
    load(w, &again);
    assert_memory_equal(&w->keys, &again, sizeof again);
    assert_memory_not_equal(w->keys.identity, w->keys.seal, KEY_RAW_BYTES);
    assert_int_equal(files_in(&w->dir), 2); /* nothing is left lying aside */
}

static void keys__belong_to_their_owner_alone(void **state)
{
    static const char *const name[] = { "identity.key", "seal.key" };
    struct world *w = *state;
    mode_t before = umask(0);
    load(w, &w->keys);
    umask(before);
    for (size_t i = 0; i < ARRAY_LEN(name); i++) {
        struct stat st;
        assert_int_equal(stat(folder_path(&w->dir, name[i]), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_size, KEY_RAW_BYTES);
    }
}

static void keys__two_installations_have_different_ones(void **state)
{
    struct world *w = *state;
    struct folder other;
    struct keys second;
    folder_make(&other);
    load(w, &w->keys);
    assert_int_equal(keys_load(&second, other.at, &w->err), 0);
    assert_memory_not_equal(w->keys.identity, second.identity, KEY_RAW_BYTES);
    assert_memory_not_equal(w->keys.seal, second.seal, KEY_RAW_BYTES);
    folder_erase(&other);
}

static void assert_refused(struct world *w, const char *name)
{
    assert_int_equal(keys_load(&w->keys, w->dir.at, &w->err), X_E_INVALID);
    assert_non_null(strstr(w->err.text, folder_path(&w->dir, name))); /* which file */
    assert_non_null(strstr(w->err.text, "backup"));                   /* and what to do */
}

static void keys__of_another_size_are_refused_and_kept(void **state)
{
    static const size_t size[] = { 0, 31, 33, 4096 };
    static const uint8_t bytes[4096];
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(size); i++) {
        folder_put(&w->dir, "seal.key", bytes, size[i]);
        assert_refused(w, "seal.key");
        size_t len;
        char *kept = folder_get(&w->dir, "seal.key", &len);
        assert_int_equal(len, size[i]); /* a damaged key is never overwritten: it may be repaired */
        free(kept);
    }
}

static void keys__of_another_type_are_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(mkdir(folder_path(&w->dir, "identity.key"), 0700), 0);
    assert_refused(w, "identity.key");
    assert_int_equal(rmdir(folder_path(&w->dir, "identity.key")), 0);
    assert_int_equal(mkfifo(folder_path(&w->dir, "identity.key"), 0600),
                     0); /* nobody will ever write to it */
    assert_refused(w, "identity.key");
}

static void keys__behind_a_link_are_not_followed(void **state)
{
    static const uint8_t bytes[KEY_RAW_BYTES];
    struct world *w = *state;
    folder_put(&w->dir, "elsewhere", bytes, sizeof bytes);
    assert_int_equal(symlink("elsewhere", folder_path(&w->dir, "identity.key")), 0);
    assert_int_equal(keys_load(&w->keys, w->dir.at, &w->err), -ELOOP);
    assert_non_null(strstr(w->err.text, "identity.key"));
}

static void keys__need_a_directory(void **state)
{
    struct world *w = *state;
    assert_int_equal(keys_load(&w->keys, folder_path(&w->dir, "absent"), &w->err), -ENOENT);
    assert_non_null(strstr(w->err.text, "absent"));
    char path[8192];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(keys_load(&w->keys, path, &w->err), -ENAMETOOLONG);
}

/* In a child: its keys go to a pipe. The start is held back until all are there. */
static void race_one(const char *dir, int go, int out)
{
    struct keys k;
    struct err err;
    char c;
    if (read(go, &c, 1) != 0 || keys_load(&k, dir, &err) || write(out, &k, sizeof k) != (ssize_t)sizeof k)
        _exit(1);
    _exit(0);
}

static void keys__of_racing_first_starts_are_the_same(void **state)
{
    struct world *w = *state;
    struct keys first, next;
    int go[2], out[2];
    pid_t child[RACERS];
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(out), 0);
    for (size_t i = 0; i < RACERS; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            close(go[1]);
            race_one(w->dir.at, go[0], out[1]);
        }
    }
    close(go[0]);
    close(go[1]); /* end of file: off they go */
    for (size_t i = 0; i < RACERS; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
        assert_int_equal(read(out[0], i ? &next : &first, sizeof next), sizeof next);
        if (i)
            assert_memory_equal(&first, &next, sizeof next);
    }
    close(out[0]);
    close(out[1]);
    load(w, &w->keys);
    assert_memory_equal(&first, &w->keys, sizeof first);
    assert_int_equal(files_in(&w->dir), 2);
}

static void *load_in_thread(void *arg)
{
    struct world *w = arg;
    struct keys *k = calloc(1, sizeof *k);
    struct err err;
    if (k && keys_load(k, w->dir.at, &err) == 0)
        return k;
    free(k);
    return NULL;
}

static void keys__of_racing_threads_are_the_same(void **state)
{
    struct world *w = *state;
    pthread_t thread[RACERS];
    struct keys *k[RACERS];
    for (size_t i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, load_in_thread, w), 0);
    for (size_t i = 0; i < RACERS; i++) {
        void *got;
        pthread_join(thread[i], &got);
        k[i] = got;
        assert_non_null(k[i]);
        assert_memory_equal(k[0], k[i], sizeof *k[0]);
    }
    for (size_t i = 0; i < RACERS; i++)
        free(k[i]);
}

static void keys__wipe_leaves_nothing(void **state)
{
    static const struct keys zero;
    struct world *w = *state;
    load(w, &w->keys);
    keys_wipe(&w->keys);
    assert_memory_equal(&w->keys, &zero, sizeof zero);
}

/* ---- the seal ---- */

static uint8_t *seal(struct world *w, const char *context, const char *text, size_t *len)
{
    uint8_t *sealed = keys_seal(&w->keys, context, text, &w->a, len);
    assert_non_null(sealed);
    return sealed;
}

static void seal__opens_to_what_went_in(void **state)
{
    static const char *const text[] = { "", "a@example.org", "\xC3\xBC\xC3\x9F" };
    struct world *w = *state;
    load(w, &w->keys);
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        size_t len;
        uint8_t *sealed = seal(w, "c <EMAIL_1>", text[i], &len);
        char *opened = keys_open(&w->keys, "c <EMAIL_1>", sealed, len, &w->a);
        assert_non_null(opened);
        assert_string_equal(opened, text[i]);
        if (text[i][0])
            assert_null(memmem(sealed, len, text[i], strlen(text[i])));
    }
}

static void seal__is_never_the_same_twice(void **state)
{
    struct world *w = *state;
    size_t one_len, two_len;
    load(w, &w->keys);
    uint8_t *one = seal(w, "c", "a@example.org", &one_len);
    uint8_t *two = seal(w, "c", "a@example.org", &two_len);
    assert_int_equal(one_len, two_len);
    assert_memory_not_equal(one, two, one_len);
}

static void seal__does_not_open_elsewhere_or_with_another_key(void **state)
{
    struct world *w = *state;
    size_t len;
    load(w, &w->keys);
    uint8_t *sealed = seal(w, "conv <EMAIL_1>", "a@example.org", &len);
    assert_null(keys_open(&w->keys, "conv <EMAIL_2>", sealed, len, &w->a));
    assert_null(keys_open(&w->keys, "other <EMAIL_1>", sealed, len, &w->a));
    assert_null(keys_open(&w->keys, "", sealed, len, &w->a));
    w->keys.seal[0] ^= 1;
    assert_null(keys_open(&w->keys, "conv <EMAIL_1>", sealed, len, &w->a));
    w->keys.seal[0] ^= 1;
    w->keys.identity[0] ^= 1; /* the other key has no part in it */
    assert_non_null(keys_open(&w->keys, "conv <EMAIL_1>", sealed, len, &w->a));
}

static void seal__one_flipped_bit_anywhere_does_not_open(void **state)
{
    struct world *w = *state;
    size_t len;
    load(w, &w->keys);
    uint8_t *sealed = seal(w, "c", "a@example.org", &len);
    for (size_t bit = 0; bit < len * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_null(keys_open(&w->keys, "c", sealed, len, &w->a));
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1); /* its own block: a read behind it is seen */
        assert_non_null(exact);
        memcpy(exact, sealed, cut);
        assert_null(keys_open(&w->keys, "c", exact, cut, &w->a));
        free(exact);
    }
    assert_non_null(keys_open(&w->keys, "c", sealed, len, &w->a));
}

static void seal__without_memory_is_null(void **state)
{
    struct world *w = *state;
    size_t len;
    load(w, &w->keys);
    uint8_t *sealed = seal(w, "c", "a@example.org", &len);
    struct arena none;
    arena_init(&none, 0);
    assert_null(keys_open(&w->keys, "c", sealed, len, &none));
    assert_null(keys_seal(&w->keys, "c", "a@example.org", &none, &len));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keys__are_made_at_first_and_then_the_same),
        CASE(keys__belong_to_their_owner_alone),
        CASE(keys__two_installations_have_different_ones),
        CASE(keys__of_another_size_are_refused_and_kept),
        CASE(keys__of_another_type_are_refused),
        CASE(keys__behind_a_link_are_not_followed),
        CASE(keys__need_a_directory),
        CASE(keys__of_racing_first_starts_are_the_same),
        CASE(keys__of_racing_threads_are_the_same),
        CASE(keys__wipe_leaves_nothing),
        CASE(seal__opens_to_what_went_in),
        CASE(seal__is_never_the_same_twice),
        CASE(seal__does_not_open_elsewhere_or_with_another_key),
        CASE(seal__one_flipped_bit_anywhere_does_not_open),
        CASE(seal__without_memory_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
