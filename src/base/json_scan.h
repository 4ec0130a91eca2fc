/* SPDX-License-Identifier: Apache-2.0
 *
 * The strict reader in front of cJSON: RFC 8259 to the letter, bounded, with the offset of
 * the first fault. cJSON alone takes duplicate keys, 1e400, lone surrogates and NUL, and
 * says nothing about where it stopped. Pure; any thread.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <parley/status.h>

#define JSON_NUMBER_MAX 63 /* bytes of one number: what cJSON 1.7.15 reads */

/* 0; X_E_INVALID, X_E_LIMIT or -ENOMEM with *fault = the offset and `err` = what, without the place. */
int json_scan(const char *text, size_t len, size_t *fault, struct err *err);

/* For texts that json_scan has passed; on others they stay inside `len` and answer anything. */
size_t json_skip_space(const char *text, size_t len, size_t pos);
size_t json_skip_value(const char *text, size_t len, size_t pos); /* past the value that begins at `pos` */
/* The next code point of a string's inside, escapes decoded; advances. */
uint32_t json_string_next(const char *text, size_t len, size_t *pos);

#endif
