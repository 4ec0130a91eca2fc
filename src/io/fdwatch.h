/* SPDX-License-Identifier: Apache-2.0
 *
 * File descriptors that another library owns (curl), watched on the loop. Loop thread only.
 * A descriptor that is reused again and again may rest: it stays registered for reading, so
 * that watching it anew costs no system call, and what arrives meanwhile stays unreported.
 */
#ifndef IO_FDWATCH_H
#define IO_FDWATCH_H

#include "io/loop.h"

struct fdwatch_slot;

struct fdwatch {
    struct loop *loop;
    struct fdwatch_slot **slot; /* by descriptor */
    size_t slots;
    size_t handles; /* not yet closed; the memory may go when it is 0 */
    /* `events` of UV_READABLE | UV_WRITABLE, or `broken`: the kernel reports an error. */
    void (*ready)(struct fdwatch *w, int fd, int events, bool broken);
    void (*closed)(struct fdwatch *w); /* a handle has; `handles` counts the rest */
};

void fdwatch_init(struct fdwatch *w, struct loop *l, void (*ready)(struct fdwatch *, int, int, bool),
                  void (*closed)(struct fdwatch *));
/* `lasting`: the owner promises fdwatch_drop right before close(fd), so it may rest. 0 or -errno. */
int fdwatch_add(struct fdwatch *w, int fd, bool lasting);
int fdwatch_set(struct fdwatch *w, int fd, int events); /* adds it, not lasting, when new */
void fdwatch_rest(struct fdwatch *w, int fd);           /* drops it when not lasting */
void fdwatch_drop(struct fdwatch *w, int fd);           /* before close(fd); no-op when unknown */
void fdwatch_drop_all(struct fdwatch *w);
void fdwatch_free(struct fdwatch *w); /* when `handles` is 0 */

#endif
