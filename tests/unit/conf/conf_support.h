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
    static const char *const file[] = { "parley.json",
                                        "key",
                                        "policies/pii.json",
                                        "policies/tiers.json",
                                        "policies/routing.json",
                                        "policies/validator.json",
                                        "policies/screen.json",
                                        "policies/prices.json",
                                        "policies/typo.json",
                                        "cred/telegram_token",
                                        "cred/llm_openai_api_key" };
    struct place *p = *state;

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
