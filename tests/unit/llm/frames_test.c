/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of JSON lines and of outermost objects: any split, hostile shapes, the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "llm/frames.h"

static struct buf seen;

static int note(void *ctx X_UNUSED, const char *text, size_t len)
{
    buf_add(&seen, text, len);
    buf_addc(&seen, '|');
    return len == 4 && !memcmp(text, "stop", 4) ? 7 : 0;
}

static int feed(enum framing framing, const char *text, size_t piece, size_t max)
{
    struct frames f;
    int rc = 0;
    size_t len = strlen(text);
    buf_free(&seen);
    buf_init(&seen, 1 << 20);
    frames_init(&f, framing, max, note, NULL);
    for (size_t at = 0; at < len && rc == 0; at += piece)
        rc = frames_feed(&f, text + at, len - at < piece ? len - at : piece);
    if (rc == 0)
        rc = frames_end(&f);
    frames_free(&f);
    return rc;
}

static void gives(enum framing framing, const char *text, const char *frames)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        assert_int_equal(feed(framing, text, piece, 100), 0);
        assert_string_equal(buf_text(&seen), frames);
    }
}

static void frames__lines(void **state X_UNUSED)
{
    gives(FRAMES_LINES, "{\"a\":1}\r\n\n  \n{\"b\n{}\nlast", "{\"a\":1}|{\"b|{}|last|");
}

static void frames__objects(void **state X_UNUSED)
{
    gives(FRAMES_OBJECTS, "[{\"a\":{\"b\":[{}]}}\n,\r\n{\"c\":\"}{\\\"}\\\\\"}]",
          "{\"a\":{\"b\":[{}]}}|{\"c\":\"}{\\\"}\\\\\"}|");
    gives(FRAMES_OBJECTS, "data: {\"x\":1}\n\n]]]}}} \"{\"y\":2}", "{\"x\":1}|{\"y\":2}|");
    gives(FRAMES_OBJECTS, "{\"half\":{}", "");
}

static void frames__a_stop_is_passed_on(void **state X_UNUSED)
{
    assert_int_equal(feed(FRAMES_LINES, "a\nstop\nb\n", 100, 100), 7);
    assert_string_equal(buf_text(&seen), "a|stop|");
}

static void frames__over_the_limit_for_good(void **state X_UNUSED)
{
    struct frames f;
    assert_int_equal(feed(FRAMES_LINES, "12345678\n", 3, 8), 0);
    assert_int_equal(feed(FRAMES_LINES, "123456789\n", 3, 8), X_E_LIMIT);
    assert_int_equal(feed(FRAMES_OBJECTS, "{\"a\":1}", 3, 7), 0);
    assert_int_equal(feed(FRAMES_OBJECTS, "{\"a\":12}", 3, 7), X_E_LIMIT);
    frames_init(&f, FRAMES_LINES, 2, note, NULL);
    assert_int_equal(frames_feed(&f, "abc", 3), X_E_LIMIT);
    assert_int_equal(frames_feed(&f, "\n", 1), X_E_LIMIT);
    assert_int_equal(frames_end(&f), 0);
    frames_free(&f);
}

static int teardown(void **state X_UNUSED)
{
    buf_free(&seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(frames__lines), cmocka_unit_test(frames__objects),
                                        cmocka_unit_test(frames__a_stop_is_passed_on),
                                        cmocka_unit_test(frames__over_the_limit_for_good) };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
