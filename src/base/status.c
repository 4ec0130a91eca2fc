/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentence that goes with an error code. Text is formatted aside and copied, so
 * an argument may point into the very `err` that is being written, and the cut at
 * 255 bytes never leaves half a UTF-8 character behind.
 */
#include <parley/status.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf.h"

/* A character starts at byte 255 at the latest and has 4 bytes: more is never looked at. */
#define DRAFT_BYTES (sizeof(struct err) + 4)

static void err_copy(struct err *err, const char *draft)
{
    size_t n = utf8_floor(draft, strlen(draft), sizeof err->text - 1);

    memcpy(err->text, draft, n);
    err->text[n] = '\0';
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
    char draft[DRAFT_BYTES];
    va_list ap;

    if (!err)
        return code;
    va_start(ap, fmt);
    if (vsnprintf(draft, sizeof draft, fmt, ap) < 0)
        draft[0] = '\0';
    va_end(ap);
    err_copy(err, draft);
    return code;
}

int err_prefix(struct err *err, int code, const char *fmt, ...)
{
    char draft[DRAFT_BYTES];
    size_t used;
    va_list ap;

    if (!err)
        return code;
    va_start(ap, fmt);
    if (vsnprintf(draft, sizeof draft, fmt, ap) < 0)
        draft[0] = '\0';
    va_end(ap);
    used = strlen(draft);
    if (err->text[0])
        (void)snprintf(draft + used, sizeof draft - used, ": %s", err->text);
    err_copy(err, draft);
    return code;
}

static const char *outcome_name(enum x_outcome outcome)
{
    switch (outcome) {
    case X_E_FULL:
        return "full";
    case X_E_BUSY:
        return "busy";
    case X_E_DUPLICATE:
        return "duplicate";
    case X_E_LOST:
        return "lost";
    case X_E_NOT_FOUND:
        return "not_found";
    case X_E_INVALID:
        return "invalid";
    case X_E_LIMIT:
        return "limit";
    case X_E_DENIED:
        return "denied";
    case X_E_CLOSED:
        return "closed";
    }
    return "unknown";
}

const char *status_name(int code)
{
    const char *name;

    if (code == 0)
        return "ok";
    if (code > 0)
        return outcome_name((enum x_outcome)code);
    name = code < -4095 ? NULL : strerrorname_np(-code);
    return name ? name : "unknown";
}
