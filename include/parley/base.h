/* SPDX-License-Identifier: Apache-2.0
 *
 * What every file of Parley may use without asking: attributes, borrowed strings,
 * array length. No state, no allocation, no I/O.
 */
#ifndef PARLEY_BASE_H
#define PARLEY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define X_UNUSED __attribute__((unused))
#define X_CLEANUP(fn) __attribute__((cleanup(fn)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that holds `member` at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Borrowed bytes: not NUL-terminated, valid as long as their owner says. */
struct str {
    const char *at;
    size_t len;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

#endif
