/* SPDX-License-Identifier: Apache-2.0
 *
 * What the conf tests share: a scratch folder to stand in, files in it, loading with a given
 * environment, and a log that can be looked at.
 */
#ifndef TESTS_UNIT_CONF_SUPPORT_H
#define TESTS_UNIT_CONF_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "conf/snapshot.h"

struct place {
    char dir[64];
    int back; /* the folder the test came from */
};

/* cmocka setup: a new folder, and the process stands in it. */
X_UNUSED static int place_enter(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    (void)snprintf(p->dir, sizeof p->dir, "/tmp/parley-conf-XXXXXX");
    p->back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!mkdtemp(p->dir) || p->back < 0 || chdir(p->dir) != 0)
        return -1;
    *state = p;
    return 0;
}

/* Removes one level of files and the folders the tests make. */
X_UNUSED static int place_leave(void **state)
{
    static const char *const file[] = { "parley.json",           "key",
                                        "policies/pii.json",     "policies/tiers.json",
                                        "policies/routing.json", "policies/validator.json",
                                        "policies/screen.json",  "policies/prices.json",
                                        "policies/budgets.json", "policies/typo.json",
                                        "cred/telegram_token",   "cred/llm_openai_api_key" };
    struct place *p = *state;

    if (chdir(p->dir) != 0) /* a test that failed may stand elsewhere, where such files are real */
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(file); i++)
        (void)unlink(file[i]);
    (void)rmdir("policies");
    (void)rmdir("cred");
    if (fchdir(p->back) != 0 || rmdir(p->dir) != 0)
        return -1;
    close(p->back);
    free(p);
    return 0;
}

X_UNUSED static void file_put_bytes(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

X_UNUSED static void file_put(const char *path, const char *text)
{
    file_put_bytes(path, text, strlen(text));
}

/* parley.json with this text (NULL: no file), this environment, these settings. */
X_UNUSED static int load(struct config **out, const char *text, const char *const *env,
                         const char *const *set, struct err *err)
{
    struct config_source src = { .env = env, .set = set };

    *out = NULL;
    if (text) {
        file_put("parley.json", text);
        src.path = "parley.json";
    }
    for (; set && set[src.sets]; src.sets++)
        ;
    err->text[0] = '\0';
    return config_load(out, &src, err);
}

X_UNUSED static struct config *load_ok(const char *text, const char *const *env, const char *const *set)
{
    struct config *c;
    struct err err;
    int rc = load(&c, text, env, set, &err);

    if (rc)
        print_error("%s\n", err.text);
    assert_int_equal(rc, 0);
    return c;
}

X_UNUSED static void load_refused(const char *text, const char *const *env, const char *const *set,
                                  const char *why)
{
    struct config *c;
    struct err err;

    assert_int_equal(load(&c, text, env, set, &err), X_E_INVALID);
    assert_null(c);
    assert_string_equal(err.text, why);
}

X_UNUSED static void policies_refused(const char *file, const char *text, const char *why)
{
    struct policies *p = NULL;
    struct err err = { "" };

    (void)mkdir("policies", 0700);
    file_put(file, text);
    assert_int_equal(policies_load(&p, "policies", &err), X_E_INVALID);
    assert_null(p);
    assert_string_equal(err.text, why);
    assert_int_equal(unlink(file), 0);
}

/* Between builtin_open and builtin_close. */
X_UNUSED static struct {
    struct policies *policies;
    struct match_scratch *scratch;
} builtin;

/* cmocka group setup: the built-in policies, and room to match in. */
X_UNUSED static int builtin_open(void **state)
{
    (void)state;
    builtin.scratch = match_scratch_new();
    return policies_load(&builtin.policies, "", NULL);
}

X_UNUSED static int builtin_close(void **state)
{
    (void)state;
    match_scratch_free(builtin.scratch);
    policies_free(builtin.policies);
    return 0;
}

/* `run` over 32 KiB of each unit repeated, each within `most_us`. PARLEY_TEST_TIMES=1 prints what they take.
 */
X_UNUSED static void stays_cheap(const char *const *unit, size_t units, int64_t most_us,
                                 void (*run)(const char *unit, const char *text, size_t len))
{
    size_t len = 32768;
    char *text = malloc(len + 1);

    assert_non_null(text);
    for (size_t u = 0; u < units; u++) {
        size_t n = strlen(unit[u]);
        int64_t took_us;

        for (size_t i = 0; i < len; i++)
            text[i] = unit[u][i % n];
        text[len] = '\0';
        took_us = clock_mono_us();
        run(unit[u], text, len);
        took_us = clock_mono_us() - took_us;
        if (took_us > most_us)
            fail_msg("\"%s\"... took %lld us", unit[u], (long long)took_us);
        if (getenv("PARLEY_TEST_TIMES"))
            print_message("%-24s %lld us\n", unit[u], (long long)took_us);
    }
    free(text);
}

#define ENV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SET(...) ((const char *const[]){ __VA_ARGS__, NULL })

static char log_text[8192];

X_UNUSED static void log_keep(void *ctx, const char *line, size_t len)
{
    size_t used = strlen(log_text);

    (void)ctx;
    if (used + len < sizeof log_text) {
        memcpy(log_text + used, line, len);
        log_text[used + len] = '\0';
    }
}

#endif
