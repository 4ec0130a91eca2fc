/* SPDX-License-Identifier: Apache-2.0
 *
 * The error rule of the whole code base. A function that can fail returns int:
 *   0          done
 *   negative   -errno: something broke; forward it unchanged
 *   positive   X_E_*: an outcome the caller must handle, not a fault
 * `struct err` carries the sentence for the person who must act; it names the thing
 * and the place. A function that takes `struct err *` fills it whenever it returns
 * non-zero, and accepts NULL.
 */
#ifndef PARLEY_STATUS_H
#define PARLEY_STATUS_H

#include <parley/base.h>

enum x_outcome {
    X_E_FULL = 1,    /* a bounded thing is full: pause, and try again when told */
    X_E_BUSY,        /* somebody else holds it now */
    X_E_DUPLICATE,   /* seen before; the earlier one stands */
    X_E_LOST,        /* the lease or slot is no longer ours: discard the work */
    X_E_NOT_FOUND,   /* no such thing */
    X_E_INVALID,     /* the input is malformed */
    X_E_LIMIT,       /* a stated limit (size, depth, count) was exceeded */
    X_E_DENIED,      /* not allowed */
    X_E_CLOSED,      /* the peer or the owner has gone */
};

struct err {
    char text[256];
};

/* Writes the text (cut at 255 bytes, never inside a UTF-8 character) and returns `code`. */
int err_set(struct err *err, int code, const char *fmt, ...) X_PRINTF(3, 4);

/* Puts "prefix: " in front of what is there; returns `code`. */
int err_prefix(struct err *err, int code, const char *fmt, ...) X_PRINTF(3, 4);

/* A constant lower-case name of an errno or X_E_* value, for logs ("ENOSPC", "full"). */
const char *status_name(int code);

#endif
