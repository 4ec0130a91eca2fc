/* SPDX-License-Identifier: Apache-2.0
 *
 * One event, one line on stderr: "event" is a constant dotted name, the rest is
 * k=v pairs. Never a user's words, never a token, never a raw platform id.
 * Text form:  2026-11-20T10:00:00.123Z info  store.opened path=... rows=3
 * JSON form:  {"ts":"...","level":"info","event":"store.opened","path":"...","rows":"3"}
 * A value with spaces must be given in double quotes by the caller ("err=\"%s\""); inner
 * quotes and control bytes are escaped by the logger. Any thread.
 */
#ifndef PARLEY_LOG_H
#define PARLEY_LOG_H

#include <parley/base.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };
enum log_format { LOG_TEXT, LOG_JSON };

void log_setup(enum log_level least, enum log_format format);

/* Test hook: lines go to `write` instead of stderr; NULL puts stderr back. */
void log_capture(void (*write)(void *ctx, const char *line, size_t len), void *ctx);

void log_write(enum log_level level, const char *event, const char *fmt, ...) X_PRINTF(3, 4);

#define log_debug(event, ...) log_write(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) log_write(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) log_write(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_write(LOG_ERROR, event, __VA_ARGS__)

#endif
