/* SPDX-License-Identifier: Apache-2.0
 *
 * sd_notify(3) by hand: one datagram to $NOTIFY_SOCKET (path or @abstract). A no-op without it.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <parley/base.h>

void notify_send(const char *state); /* "READY=1\nSTATUS=..." ; errors are logged once */
void notify_reloading(void);         /* RELOADING=1 with MONOTONIC_USEC */
int64_t notify_watchdog_ms(void);    /* half of WATCHDOG_USEC when it is for this pid, else 0 */

#endif
