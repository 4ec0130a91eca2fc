/* SPDX-License-Identifier: Apache-2.0
 *
 * Every test runs twice: with JIT (where there is one) and with the interpreter alone. The
 * first one asks the kernel to refuse executable memory, as the systemd unit does: it must
 * be first, because PCRE2 keeps executable pages it has once been given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/match.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static int with_jit(void **state)
{
    *state = match_scratch_new();
    match_jit_enable(true);
    return *state ? 0 : -1;
}

static int without_jit(void **state)
{
    *state = match_scratch_new();
    match_jit_enable(false);
    return *state ? 0 : -1;
}

static int done(void **state)
{
    match_scratch_free(*state);
    match_jit_enable(true);
    return 0;
}

static struct matcher *compiled(const char *pattern, unsigned flags)
{
    struct matcher *m;
    struct err err = { "" };

    if (matcher_compile(&m, pattern, flags, &err) != 0)
        fail_msg("%s: %s", pattern, err.text);
    return m;
}

static int find(void **state, const char *pattern, unsigned flags, const char *text, struct match_span *span)
{
    struct matcher *m = compiled(pattern, flags);
    int rc = matcher_find(m, *state, text, strlen(text), 0, span);

    matcher_free(m);
    return rc;
}

static void match__span_and_groups(void **state)
{
    struct match_span s;

    assert_int_equal(find(state, "(\\w+)@(x)?(\\w+)", 0, "to: ann@host!", &s), 0);
    assert_true(s.from == 4 && s.to == 12);
    assert_true(s.group_from[0] == 4 && s.group_to[0] == 7);
    assert_true(s.group_from[1] == SIZE_MAX && s.group_to[1] == SIZE_MAX);
    assert_true(s.group_from[2] == 8 && s.group_to[2] == 12);
    for (size_t i = 3; i < MATCH_GROUPS_MAX; i++)
        assert_true(s.group_from[i] == SIZE_MAX);
    assert_int_equal(find(state, "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", 0, "abcdefghij", &s), 0);
    assert_true(s.to == 10 && s.group_from[7] == 7 && s.group_to[7] == 8); /* groups over 8 are dropped */
    assert_int_equal(find(state, "z", 0, "abc", &s), X_E_NOT_FOUND);
    assert_int_equal(find(state, "", 0, "", &s), 0);
    assert_true(s.from == 0 && s.to == 0);
}

static void match__flags_and_unicode(void **state)
{
    struct match_span s;

    assert_int_equal(find(state, "ÄPFEL", MATCH_ICASE, "drei äpfel", &s), 0);
    assert_int_equal(find(state, "ÄPFEL", 0, "drei äpfel", &s), X_E_NOT_FOUND);
    assert_int_equal(find(state, "a.c(", MATCH_LITERAL, "xa.c(", &s), 0);
    assert_int_equal(find(state, "a.c", MATCH_LITERAL, "abc", &s), X_E_NOT_FOUND);
    assert_int_equal(find(state, "ПРИВЕТ.", MATCH_LITERAL | MATCH_ICASE, "привет.", &s), 0);
    assert_int_equal(find(state, "^\\w+$", 0, "привет", &s), 0); /* UCP: words are Unicode's */
    assert_int_equal(find(state, "^.$", 0, "😀", &s), 0);
}

static void match__bad_patterns_name_the_offset(void **state)
{
    static const struct {
        const char *pattern, *where;
    } bad[] = {
        { "ab(c", "offset 4: " },
        { "ab[", "offset 3: " },
        { "a\\Cb", "offset 3: " },
        { "\xFF", "offset " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = { "" };
        struct matcher *m = NULL;

        assert_int_equal(matcher_compile(&m, bad[i].pattern, 0, &err), X_E_INVALID);
        assert_null(m);
        assert_memory_equal(err.text, bad[i].where, strlen(bad[i].where));
        assert_true(strlen(err.text) > strlen(bad[i].where)); /* PCRE2 words the rest */
        assert_int_equal(matcher_compile(&m, bad[i].pattern, 0, NULL), X_E_INVALID);
    }
    matcher_free(NULL);
    match_scratch_free(NULL);
}

static void match__hostile_patterns_stop_at_the_limit(void **state)
{
    static const char *const hostile[] = { "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "^(\\w+\\s?)*$" };
    char text[64] = ""; /* JIT code reads aligned blocks of 16: none of it uninitialised, for valgrind */
    struct match_span s;
    int limited = 0;

    memset(text, 'a', 40);
    memcpy(text + 40, "!", 2);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        int rc = find(state, hostile[i], 0, text, &s);

        assert_true(rc == X_E_LIMIT || rc == X_E_NOT_FOUND);
        limited += rc == X_E_LIMIT;
    }
    assert_true(limited >= 3);
    assert_int_equal(find(state, "a!", 0, text, &s), 0); /* the scratch serves on */
}

static void match__deep_recursion_is_a_limit(void **state)
{
    static char text[60001];
    struct match_span s;

    memset(text, '(', 30000);
    memset(text + 30000, ')', 30000);
    assert_int_equal(find(state, "^(\\((?1)*\\))$", 0, text, &s), X_E_LIMIT);
}

static void match__plain_patterns_take_a_full_message(void **state)
{
    static char text[32769];
    struct match_span s;

    memset(text, 'x', 32768);
    memcpy(text + 32000, " me@example.org ", 16);
    assert_int_equal(find(state, "\\b[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{2,63})+\\b", 0, text, &s), 0);
    assert_true(s.from == 32001 && s.to == 32015);
    assert_int_equal(find(state, "^(?s).*?me@", 0, text, &s), 0);
}

static void match__scan_visits_every_match(void **state)
{
    static const char text[] = "1 é 22 é 333";
    struct matcher *m = compiled("\\d+", 0);
    struct match_span s = { .to = 0 };
    size_t sizes = 0;

    while (matcher_find(m, *state, text, sizeof text - 1, s.to, &s) == 0)
        sizes = sizes * 10 + (s.to - s.from);
    assert_int_equal(sizes, 123);
    assert_int_equal(matcher_find(m, *state, text, sizeof text - 1, sizeof text - 1, &s), X_E_NOT_FOUND);
    assert_int_equal(matcher_find(m, *state, text, sizeof text - 1, sizeof text, &s), X_E_NOT_FOUND);
    assert_int_equal(matcher_find(m, *state, NULL, 0, 0, &s), X_E_NOT_FOUND);
    matcher_free(m);
}

static void match__text_that_is_not_utf8_is_refused(void **state)
{
    struct matcher *m = compiled("a", 0);
    struct match_span s;

    assert_int_equal(matcher_find(m, *state, "a\xFF", 2, 0, &s), X_E_INVALID);
    assert_int_equal(matcher_find(m, *state, "a\xED\xA0\x80", 4, 0, &s), X_E_INVALID);
    assert_int_equal(matcher_find(m, *state, "a\xE2\x82", 3, 0, &s), X_E_INVALID);
    assert_int_equal(matcher_find(m, *state, "é a", 4, 1, &s), X_E_INVALID); /* inside the é */
    matcher_free(m);
}

static void match__only_a_running_scan_is_trusted(void **state)
{
    char text[] = "a a a \xC3\xA9";
    size_t len = sizeof text - 1;
    struct matcher *m = compiled("a", 0), *other = compiled("a", 0);
    struct match_span s;

    assert_int_equal(matcher_find(m, *state, text, len, 0, &s), 0);
    assert_int_equal(matcher_find(m, *state, text, len, 7, &s), X_E_INVALID); /* inside the é, scan or not */
    text[6] = (char)0xFF;
    assert_int_equal(matcher_find(other, *state, text, len, 1, &s), X_E_INVALID);
    assert_int_equal(matcher_find(m, *state, text, len, 1, &s), X_E_INVALID); /* the scan ended above */
    assert_int_equal(matcher_find(m, *state, text, len, 0, &s), X_E_INVALID);
    matcher_free(other);
    matcher_free(m);
}

static void *hammer(void *arg)
{
    struct match_scratch *s = match_scratch_new();
    struct match_span span;

    for (int i = 0; i < 2000; i++) {
        if (matcher_find(arg, s, "xx ann@host yy", 14, 0, &span) != 0 || span.from != 3 || span.to != 11)
            abort();
    }
    match_scratch_free(s);
    return NULL;
}

static void match__one_matcher_serves_many_threads(void **state)
{
    struct matcher *m = compiled("(\\w+)@(\\w+)", 0);
    pthread_t t[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hammer, m), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    matcher_free(m);
}

static void match__switch_forces_the_interpreter(void **state)
{
    (void)state;
    match_jit_enable(false);
    assert_false(match_jit_available());
    match_jit_enable(true);
}

/* In a child, which keeps the restriction: 0 done, 77 the kernel has no such call. */
static int under_mdwe(void)
{
    struct match_scratch *s;
    struct match_span span;
    struct matcher *m;

    if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
        return 77;
    if (match_jit_available())
        return 1;
    s = match_scratch_new();
    if (!s || matcher_compile(&m, "b+", 0, NULL) != 0)
        return 2;
    if (matcher_find(m, s, "abbc", 4, 0, &span) != 0 || span.from != 1 || span.to != 3)
        return 3;
    matcher_free(m);
    match_scratch_free(s);
    return 0;
}

static void match__works_where_executable_memory_is_denied(void **state)
{
    const char *preload = getenv("LD_PRELOAD");
    int status;
    pid_t child;

    (void)state;
    if (preload && strstr(preload, "vgpreload")) /* valgrind translates code: it cannot live so itself */
        skip();
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(under_mdwe());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define BOTH(test)                                                                                           \
    { #test " jit", test, with_jit, done, NULL },                                                            \
    {                                                                                                        \
#test " interpreter", test, without_jit, done, NULL                                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match__works_where_executable_memory_is_denied),
        BOTH(match__span_and_groups),
        BOTH(match__flags_and_unicode),
        BOTH(match__bad_patterns_name_the_offset),
        BOTH(match__hostile_patterns_stop_at_the_limit),
        BOTH(match__deep_recursion_is_a_limit),
        BOTH(match__plain_patterns_take_a_full_message),
        BOTH(match__scan_visits_every_match),
        BOTH(match__text_that_is_not_utf8_is_refused),
        BOTH(match__only_a_running_scan_is_trusted),
        BOTH(match__one_matcher_serves_many_threads),
        cmocka_unit_test(match__switch_forces_the_interpreter),
    };

    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
