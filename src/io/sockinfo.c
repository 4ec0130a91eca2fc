/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP_INFO, checked for the field: an older kernel fills in less.
 */
#include <linux/tcp.h>

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "io/sockinfo.h"

uint64_t sockinfo_received(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
        return SOCKINFO_UNKNOWN;
    if (len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received))
        return SOCKINFO_UNKNOWN;
    return info.tcpi_bytes_received;
}
