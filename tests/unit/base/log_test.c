/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines in both forms, hostile values, the cut, many threads, and the one write(2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "base/utf.h"

#define LINE_MOST 4096
#define NOON      1763640000123 /* 2025-11-20T12:00:00.123Z */

static char seen[LINE_MOST + 1];
static size_t seen_len;
static int seen_lines;

static void keep(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    assert_true(len <= LINE_MOST);
    memcpy(seen, line, len);
    seen[len] = '\0';
    seen_len = len;
    seen_lines++;
}

static int begin(void **state)
{
    (void)state;
    clock_fake(NOON, 0);
    log_setup(LOG_INFO, LOG_TEXT);
    log_capture(keep, NULL);
    seen_lines = 0;
    seen[0] = '\0';
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_capture(NULL, NULL);
    log_setup(LOG_INFO, LOG_TEXT);
    clock_real();
    return 0;
}

static void text_is(const char *want)
{
    static const char head[] = "2025-11-20T12:00:00.123Z info  ev";

    assert_memory_equal(seen, head, sizeof head - 1);
    assert_string_equal(seen + sizeof head - 1, want);
}

static void log__text_form(void **state)
{
    (void)state;
    log_info("store.opened", "path=%s rows=%d", "/var/lib/parley", 3);
    assert_string_equal(seen, "2025-11-20T12:00:00.123Z info  store.opened path=/var/lib/parley rows=3\n");
    log_error("store.failed", "err=\"%s\"", "disk full");
    assert_string_equal(seen, "2025-11-20T12:00:00.123Z error store.failed err=\"disk full\"\n");
    log_warn("ev", "%s", "");
    assert_string_equal(seen, "2025-11-20T12:00:00.123Z warn  ev\n");
}

static void log__levels_below_the_least_are_silent(void **state)
{
    (void)state;
    log_debug("ev", "a=1");
    assert_int_equal(seen_lines, 0);
    log_setup(LOG_DEBUG, LOG_TEXT);
    log_debug("ev", "a=1");
    assert_int_equal(seen_lines, 1);
    log_setup(LOG_ERROR, LOG_TEXT);
    log_warn("ev", "a=1");
    assert_int_equal(seen_lines, 1);
    log_setup(LOG_OFF, LOG_TEXT);
    log_error("ev", "a=1");
    log_write(LOG_OFF, "ev", "a=1");
    assert_int_equal(seen_lines, 1);
}

static void log__json_form(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_JSON);
    log_info("store.opened", "path=%s rows=%d err=\"a b\"", "/x", 3);
    assert_string_equal(seen,
                        "{\"ts\":\"2025-11-20T12:00:00.123Z\",\"level\":\"info\",\"event\":\"store.opened\","
                        "\"path\":\"/x\",\"rows\":\"3\",\"err\":\"a b\"}\n");
    log_info("ev", "%s", "");
    assert_string_equal(seen, "{\"ts\":\"2025-11-20T12:00:00.123Z\",\"level\":\"info\",\"event\":\"ev\"}\n");
}

static void log__inner_quotes_belong_to_the_value(void **state)
{
    (void)state;
    log_info("ev", "err=\"%s\" at=%d", "unknown key \"tokn\" in \"telegram\"", 5);
    text_is(" err=\"unknown key \\\"tokn\\\" in \\\"telegram\\\"\" at=5\n");
    log_info("ev", "err=\"%s\"", "a=1 b=2");
    text_is(" err=\"a=1 b=2\"\n");
    log_info("ev", "err=\"%s\"", "ends with \"");
    text_is(" err=\"ends with \\\"\"\n");
}

static void log__bare_values_may_be_careless(void **state)
{
    (void)state;
    log_info("ev", "path=%s n=%d", "/a b/c", 1);
    text_is(" path=\"/a b/c\" n=1\n");
    log_info("ev", "%s", "just words k=v");
    text_is(" msg=\"just words\" k=v\n");
    log_info("ev", "%s", "a= b=\"\"  c=x  ");
    text_is(" a=\"\" b=\"\" c=x\n");
    log_info("ev", "url=%s", "http://h/?q=1&r=2");
    text_is(" url=http://h/?q=1&r=2\n");
    log_info("ev", "err=\"%s", "never closed");
    text_is(" err=\"never closed\"\n");
}

static void log__control_bytes_never_make_a_line(void **state)
{
    (void)state;
    log_info("ev", "err=\"%s\"", "x\n2025 error forged\r\t\x1b[31m\xc2\x9b\u2028");
    text_is(" err=\"x\\n2025 error forged\\r\\t\\u001b[31m\\u009b\\u2028\"\n");
    log_info("ev", "a=%c b=%s", '\0', "\xff\xc3");
    text_is(" a=\\u0000 b=\ufffd\ufffd\n");
}

static void log__forged_members_cannot_take_reserved_names(void **state)
{
    cJSON *json;

    (void)state;
    log_setup(LOG_INFO, LOG_JSON);
    log_info("ev", "err=\"%s\"", "x\" level=error event=forged ts=0 z=\"");
    json = cJSON_Parse(seen);
    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "event")->valuestring, "ev");
    assert_string_equal(cJSON_GetObjectItem(json, "event_")->valuestring, "forged");
    assert_string_equal(cJSON_GetObjectItem(json, "level")->valuestring, "info");
    assert_int_equal(cJSON_GetArraySize(json), 3 + 5);
    cJSON_Delete(json);
}

static void log__long_lines_are_cut_and_stay_well_formed(void **state)
{
    static const char *const unit[] = { "x", "\u20ac", "\x01", "\"", "\xff", " k=v", "\" k=\"" };
    char value[5000];

    (void)state;
    for (size_t u = 0; u < ARRAY_LEN(unit); u++) {
        size_t n = strlen(unit[u]);

        for (size_t i = 0; i < sizeof value - 1; i++)
            value[i] = unit[u][i % n];
        value[sizeof value - 1] = '\0';
        for (size_t shift = 0; shift < 40; shift++) {
            cJSON *json;

            log_setup(LOG_INFO, LOG_TEXT);
            log_info("ev", "p=%0*d err=\"%s\"", (int)shift, 0, value);
            assert_int_equal(seen[seen_len - 1], '\n');
            assert_int_equal(strcspn(seen, "\n"), seen_len - 1);
            assert_true(utf8_valid(seen, seen_len));
            log_setup(LOG_INFO, LOG_JSON);
            log_info("ev", "p=%0*d err=\"%s\"", (int)shift, 0, value);
            assert_int_equal(seen[seen_len - 1], '\n');
            json = cJSON_Parse(seen);
            assert_non_null(json);
            assert_non_null(cJSON_GetObjectItem(json, "err"));
            cJSON_Delete(json);
        }
    }
}

static void log__a_cut_value_says_so(void **state)
{
    char value[4000];

    (void)state;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    log_info("ev", "err=%s", value);
    assert_string_equal(seen + seen_len - 5, "x...\n");
    memset(value, '\x01', 2000);
    log_info("ev", "err=\"%s\"", value);
    assert_string_equal(seen + seen_len - 10, "\\u0001...\n");
}

/* Whatever bytes come: one line, valid UTF-8, valid JSON. */
static void log__random_bytes_give_valid_lines(void **state)
{
    static const char alphabet[] = "\"\"\" ==  abk=\\\n\t\x1b\xc3\xa9\xe2\x82\xac\xff.1";
    uint32_t lcg = 7;
    char text[200];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len;
        cJSON *json;

        lcg = lcg * 1664525 + 1013904223;
        len = (lcg >> 8) % (sizeof text - 1);
        for (size_t i = 0; i < len; i++) {
            lcg = lcg * 1664525 + 1013904223;
            text[i] = alphabet[(lcg >> 8) % (sizeof alphabet - 1)];
        }
        text[len] = '\0';
        log_setup(LOG_INFO, round % 2 ? LOG_JSON : LOG_TEXT);
        log_info("ev", "%s", text);
        assert_int_equal(strcspn(seen, "\n"), seen_len - 1);
        assert_true(utf8_valid(seen, seen_len));
        if (round % 2) {
            json = cJSON_Parse(seen);
            assert_non_null(json);
            cJSON_Delete(json);
        }
    }
}

static void log__errno_survives(void **state)
{
    (void)state;
    errno = ENOSPC;
    log_info("ev", "err=\"%s\"", "No space left on device");
    text_is(" err=\"No space left on device\"\n");
    assert_int_equal(errno, ENOSPC);
    log_capture(NULL, NULL);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    close(STDERR_FILENO);
    errno = ENOSPC;
    log_info("ev", "a=1"); /* the write fails with EBADF */
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
}

/* A datagram socket as stderr: each datagram is one write(2). */
static void log__each_line_is_one_write(void **state)
{
    int pair[2], saved = dup(STDERR_FILENO);
    char line[LINE_MOST + 1], big[5000];
    ssize_t n;

    (void)state;
    memset(big, 'b', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    log_capture(NULL, NULL);
    assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
    log_info("ev", "n=1");
    log_info("ev", "n=\"%s\"", big);
    for (int i = 0; i < 10000; i++) /* the socket fills up: lines are dropped, nobody waits */
        log_info("ev", "n=3");
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    n = read(pair[0], line, sizeof line);
    assert_int_equal(n, strlen("2025-11-20T12:00:00.123Z info  ev n=1\n"));
    n = read(pair[0], line, sizeof line);
    assert_true(n > 3000 && line[n - 1] == '\n');
    n = read(pair[0], line, sizeof line);
    assert_int_equal(n, strlen("2025-11-20T12:00:00.123Z info  ev n=3\n"));
    close(pair[0]);
    close(pair[1]);
    close(saved);
}

static int counted;

static void count(void *ctx, const char *line, size_t len)
{
    static const char want[] = "2025-11-20T12:00:00.123Z info  thread.line word=\"a b\" n=7\n";

    (void)ctx;
    if (len == sizeof want - 1 && memcmp(line, want, len) == 0)
        counted++;
}

static void *chatter(void *arg)
{
    for (int i = 0; i < 2000; i++)
        log_info("thread.line", "word=\"%s\" n=%d", "a b", 7);
    return arg;
}

static void log__threads_do_not_mix_lines(void **state)
{
    pthread_t thread[4];

    (void)state;
    counted = 0;
    log_capture(count, NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, chatter, NULL), 0);
    for (int i = 0; i < 100; i++)
        log_setup(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(counted, 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(log__text_form, begin, end),
        cmocka_unit_test_setup_teardown(log__levels_below_the_least_are_silent, begin, end),
        cmocka_unit_test_setup_teardown(log__json_form, begin, end),
        cmocka_unit_test_setup_teardown(log__inner_quotes_belong_to_the_value, begin, end),
        cmocka_unit_test_setup_teardown(log__bare_values_may_be_careless, begin, end),
        cmocka_unit_test_setup_teardown(log__control_bytes_never_make_a_line, begin, end),
        cmocka_unit_test_setup_teardown(log__forged_members_cannot_take_reserved_names, begin, end),
        cmocka_unit_test_setup_teardown(log__long_lines_are_cut_and_stay_well_formed, begin, end),
        cmocka_unit_test_setup_teardown(log__a_cut_value_says_so, begin, end),
        cmocka_unit_test_setup_teardown(log__random_bytes_give_valid_lines, begin, end),
        cmocka_unit_test_setup_teardown(log__errno_survives, begin, end),
        cmocka_unit_test_setup_teardown(log__each_line_is_one_write, begin, end),
        cmocka_unit_test_setup_teardown(log__threads_do_not_mix_lines, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
