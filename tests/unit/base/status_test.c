/* SPDX-License-Identifier: Apache-2.0
 *
 * Error texts: formatting, the cut at 255 bytes, prefixes, names of codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <parley/status.h>

#include "base/utf.h"

static void err__set_formats_and_returns_the_code(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(err_set(&err, -ENOENT, "%s: line %d", "a.json", 7), -ENOENT);
    assert_string_equal(err.text, "a.json: line 7");
    assert_int_equal(err_set(&err, X_E_LIMIT, "too deep"), X_E_LIMIT);
    assert_string_equal(err.text, "too deep");
}

static void err__null_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, -EIO, "lost %d", 1), -EIO);
    assert_int_equal(err_prefix(NULL, X_E_FULL, "lost %d", 1), X_E_FULL);
}

static void err__long_text_is_cut_at_255_bytes(void **state)
{
    struct err err;
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, -1, "%s", text);
    assert_int_equal(strlen(err.text), 255);
    text[255] = '\0';
    err_set(&err, -1, "%s", text);
    assert_string_equal(err.text, text);
}

static void err__cut_never_splits_a_character(void **state)
{
    static const char *const character[] = { "\u00e9", "\u20ac", "\U0001f600" };
    struct err err;

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(character); c++) {
        for (int lead = 240; lead <= 256; lead++) {
            size_t each = strlen(character[c]), len, want;

            err_set(&err, -1, "%0*d%s%s%s%s%s%s%s%s", lead, 0, character[c], character[c], character[c],
                    character[c], character[c], character[c], character[c], character[c]);
            len = strlen(err.text);
            want = lead >= 255 ? 255 : (size_t)lead + (255 - (size_t)lead) / each * each;
            if (want > (size_t)lead + 8 * each)
                want = (size_t)lead + 8 * each;
            assert_true(utf8_valid(err.text, len));
            assert_int_equal(len, want);
        }
    }
}

static void err__text_may_be_its_own_argument(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, -1, "inner");
    err_set(&err, -1, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
}

static void err__prefix_goes_in_front(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, -EIO, "read failed");
    assert_int_equal(err_prefix(&err, -EIO, "%s:%d", "parley.json", 12), -EIO);
    assert_string_equal(err.text, "parley.json:12: read failed");
    err.text[0] = '\0';
    err_prefix(&err, -EIO, "store");
    assert_string_equal(err.text, "store");
}

static void err__prefix_cuts_the_tail_only(void **state)
{
    struct err err;
    char text[300];

    (void)state;
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, -1, "%s", text);
    err_prefix(&err, -1, "where");
    assert_int_equal(strlen(err.text), 255);
    assert_memory_equal(err.text, "where: yyy", 10);
    err_prefix(&err, -1, "%s", text);
    assert_int_equal(strlen(err.text), 255);
    assert_memory_equal(err.text, text, 255);
}

static void status__names_every_code(void **state)
{
    (void)state;
    assert_string_equal(status_name(0), "ok");
    assert_string_equal(status_name(-ENOSPC), "ENOSPC");
    assert_string_equal(status_name(-EINTR), "EINTR");
    assert_string_equal(status_name(X_E_FULL), "full");
    assert_string_equal(status_name(X_E_NOT_FOUND), "not_found");
    for (int code = X_E_FULL; code <= X_E_CLOSED; code++) {
        assert_string_not_equal(status_name(code), "unknown");
        for (int other = X_E_FULL; other < code; other++)
            assert_string_not_equal(status_name(code), status_name(other));
    }
}

static void status__unknown_codes_have_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(status_name(X_E_CLOSED + 1), "unknown");
    assert_string_equal(status_name(-4000), "unknown");
    assert_string_equal(status_name(INT32_MAX), "unknown");
    assert_string_equal(status_name(INT32_MIN), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err__set_formats_and_returns_the_code),
        cmocka_unit_test(err__null_is_accepted),
        cmocka_unit_test(err__long_text_is_cut_at_255_bytes),
        cmocka_unit_test(err__cut_never_splits_a_character),
        cmocka_unit_test(err__text_may_be_its_own_argument),
        cmocka_unit_test(err__prefix_goes_in_front),
        cmocka_unit_test(err__prefix_cuts_the_tail_only),
        cmocka_unit_test(status__names_every_code),
        cmocka_unit_test(status__unknown_codes_have_a_name_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
