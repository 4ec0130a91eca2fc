/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager would receive, over a socket of its kind; and its absence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <parley/log.h>

#include "io/notify.h"

static int manager_open(const struct sockaddr_un *sa, socklen_t len)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)sa, len), 0);
    return fd;
}

static void expect_datagram(int fd, const char *text)
{
    char got[256];
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    assert_true(n >= 0);
    got[n] = '\0';
    assert_string_equal(got, text);
}

static void notify__is_silent_without_a_manager(void **state X_UNUSED)
{
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    setenv("NOTIFY_SOCKET", "", 1);
    notify_send("READY=1");
}

static void notify__sends_to_a_path(void **state X_UNUSED)
{
    char dir[] = "/tmp/parley-notify-XXXXXX";
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    assert_non_null(mkdtemp(dir));
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s/sock", dir);
    int fd = manager_open(&sa, sizeof sa);
    setenv("NOTIFY_SOCKET", sa.sun_path, 1);
    notify_send("READY=1\nSTATUS=up");
    expect_datagram(fd, "READY=1\nSTATUS=up");
    close(fd);
    unlink(sa.sun_path);
    rmdir(dir);
}

static void notify__sends_to_an_abstract_name(void **state X_UNUSED)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int n = snprintf(sa.sun_path + 1, sizeof sa.sun_path - 1, "parley-notify-%d", (int)getpid());
    int fd = manager_open(&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n));
    char name[64];
    snprintf(name, sizeof name, "@parley-notify-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    notify_send("STOPPING=1");
    expect_datagram(fd, "STOPPING=1");

    struct timespec now;
    char got[128];
    long long usec = 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify_reloading();
    ssize_t len = recv(fd, got, sizeof got - 1, 0);
    assert_true(len > 0);
    got[len] = '\0';
    assert_int_equal(sscanf(got, "RELOADING=1\nMONOTONIC_USEC=%lld", &usec), 1);
    assert_in_range(usec - (now.tv_sec * 1000000 + now.tv_nsec / 1000), 0, 10000000);
    close(fd);
}

static int lines;

static void count_line(void *ctx X_UNUSED, const char *line, size_t len)
{
    assert_non_null(memmem(line, len, "notify.failed", 13));
    lines++;
}

static void notify__complains_once(void **state X_UNUSED)
{
    static const char *const bad[] = { "/no/such/socket", "relative", "@", "vsock:2:1", "/" };
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    log_capture(count_line, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        setenv("NOTIFY_SOCKET", bad[i], 1);
        notify_send("READY=1");
    }
    setenv("NOTIFY_SOCKET", longest, 1);
    notify_send("READY=1");
    log_capture(NULL, NULL);
    assert_int_equal(lines, 1);
    unsetenv("NOTIFY_SOCKET");
}

static int64_t watchdog(const char *usec, const char *pid)
{
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (usec)
        setenv("WATCHDOG_USEC", usec, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    return notify_watchdog_ms();
}

static void notify__watchdog_is_half_and_ours(void **state X_UNUSED)
{
    char self[16], other[16];
    snprintf(self, sizeof self, "%d", (int)getpid());
    snprintf(other, sizeof other, "%d", (int)getppid());
    assert_int_equal(watchdog("30000000", NULL), 15000);
    assert_int_equal(watchdog("30000000", self), 15000);
    assert_int_equal(watchdog("30000000", other), 0);
    assert_int_equal(watchdog("30000000", "x"), 0);
    assert_int_equal(watchdog("100", NULL), 1);
    assert_int_equal(watchdog("0", NULL), 0);
    assert_int_equal(watchdog("-5", NULL), 0);
    assert_int_equal(watchdog("3s", NULL), 0);
    assert_int_equal(watchdog("", NULL), 0);
    assert_int_equal(watchdog(NULL, self), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notify__is_silent_without_a_manager), cmocka_unit_test(notify__sends_to_a_path),
        cmocka_unit_test(notify__sends_to_an_abstract_name),   cmocka_unit_test(notify__complains_once),
        cmocka_unit_test(notify__watchdog_is_half_and_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
