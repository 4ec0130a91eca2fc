/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in (cJSON behind limits: depth <= 64, size <= 1 MiB unless said, no NUL, valid
 * UTF-8, duplicate keys refused) and JSON out (a small writer). Ids travel as strings:
 * cJSON numbers are doubles. Pure; any thread.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>

#include <parley/arena.h>
#include <parley/status.h>

#include "base/str.h"

#define JSON_DEPTH_MAX 64
#define JSON_BYTES_MAX (1U << 20)

/* 0, X_E_INVALID or X_E_LIMIT with "line:column: what" in err, or -ENOMEM. Caller cJSON_Deletes *out. */
int json_parse(cJSON **out, const char *text, size_t len, struct err *err);
/* Blanks // and block comments in place (strings respected), so that positions stay right. */
void json_strip_comments(char *text, size_t len);
/* Where the value (or, with `key` true, the key) at a dotted path ("telegram.token", "rules.3.pattern")
 * stands in the text: 1-based. 0 or X_E_NOT_FOUND. */
int json_locate(const char *text, size_t len, const char *path, bool key, int *line, int *column);
void json_position(const char *text, size_t len, size_t offset, int *line, int *column);

/* Typed reads; the default when absent or of another type. */
const char *json_text(const cJSON *obj, const char *key, const char *fallback);
double json_number(const cJSON *obj, const char *key, double fallback);
bool json_bool(const cJSON *obj, const char *key, bool fallback);
int64_t json_int(const cJSON *obj, const char *key);         /* one that a double holds exactly; else 0 */
const cJSON *json_object(const cJSON *obj, const char *key); /* NULL when it is none */

/* Writer: commas and nesting are its business. */
struct jsonw {
    struct buf *out;
    bool comma;
};
void jw_begin(struct jsonw *w, struct buf *out);
void jw_obj(struct jsonw *w, const char *key); /* key NULL inside arrays and at the top */
void jw_arr(struct jsonw *w, const char *key);
void jw_end_obj(struct jsonw *w);
void jw_end_arr(struct jsonw *w);
void jw_text(struct jsonw *w, const char *key, const char *value); /* NULL value gives null */
void jw_textn(struct jsonw *w, const char *key, const char *value, size_t len);
void jw_int(struct jsonw *w, const char *key, int64_t value);
/* At most `decimals` (0..17), zeros at the end left out; NaN and infinity give null. */
void jw_num(struct jsonw *w, const char *key, double value, int decimals);
void jw_bool(struct jsonw *w, const char *key, bool value);
void jw_raw(struct jsonw *w, const char *key, const char *json); /* trusted JSON text */

#endif
