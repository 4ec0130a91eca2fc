/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocol of sd_notify(3) is one datagram; linking libsystemd for it would bring in
 * a dozen libraries. A send that cannot be taken waits a second at most, so that a stuck
 * manager does not hang the loop thread for longer. Loop thread only.
 */
#include "io/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <parley/log.h>
#include <parley/status.h>

#include "base/str.h"

/* The address length, 0 when `path` is no address sd_notify(3) allows. */
static socklen_t notify_address(struct sockaddr_un *sa, const char *path)
{
    size_t len = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof sa->sun_path)
        return 0;
    *sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(sa->sun_path, path, len);
    if (path[0] == '@')
        sa->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
}

static int notify_datagram(const char *path, const char *state)
{
    struct sockaddr_un sa;
    const struct timeval patience = { .tv_sec = 1 };
    socklen_t len = notify_address(&sa, path);
    if (!len)
        return -EINVAL;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sa, len);
    int r = n < 0 ? -errno : 0;
    close(fd);
    return r;
}

void notify_send(const char *state)
{
    static bool complained;
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || !*path)
        return;
    int r = notify_datagram(path, state);
    if (r && !complained) {
        complained = true;
        log_warn("notify.failed", "err=%s", status_name(r));
    }
}

void notify_reloading(void)
{
    /* The manager compares with its own CLOCK_MONOTONIC; a test's fake clock must not get here. */
    struct timespec now;
    char state[64];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_send(state);
}

int64_t notify_watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t us, whose;
    if (!usec || !str_int(str_of(usec), 1, INT64_MAX, &us))
        return 0;
    if (pid && (!str_int(str_of(pid), 1, INT32_MAX, &whose) || whose != getpid()))
        return 0;
    return us < 2000 ? 1 : us / 2000;
}
