/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel knows about a TCP connection. By itself because linux/tcp.h, which has the byte
 * counts, cannot be included beside netinet/tcp.h, which libuv includes.
 */
#ifndef IO_SOCKINFO_H
#define IO_SOCKINFO_H

#include <stdint.h>

#define SOCKINFO_UNKNOWN UINT64_MAX

uint64_t sockinfo_received(int fd); /* bytes so far; SOCKINFO_UNKNOWN where the kernel does not say */

#endif
