/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in: json_scan decides whether a text is acceptable and where it is not, cJSON only
 * builds the tree of a text already known to be good. Places are line:column from 1,
 * columns in characters as editors count them, lines ended by LF.
 *
 * Limits: a block comment with characters above ASCII shifts the columns after it on its
 * own line, because a comment is blanked byte by byte.
 */
#include "base/json.h"

#include <errno.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/utf.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

void json_position(const char *text, size_t len, size_t offset, int *line, int *column)
{
    size_t start = 0, columns;
    int lines = 1;

    if (offset > len)
        offset = len;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            start = i + 1;
            lines++;
        }
    }
    columns = utf8_count(text + start, offset - start) + 1;
    *line = lines;
    *column = columns > INT32_MAX ? INT32_MAX : (int)columns;
}

static int placed(struct err *err, int rc, const char *text, size_t len, size_t fault)
{
    int line, column;

    if (!err)
        return rc;
    json_position(text, len, fault, &line, &column);
    return err_prefix(err, rc, "%d:%d", line, column);
}

int json_parse(cJSON **out, const char *text, size_t len, struct err *err)
{
    size_t fault;
    int rc;

    *out = NULL;
    if (len > JSON_BYTES_MAX)
        return err_set(err, X_E_LIMIT, "1:1: larger than %u bytes", JSON_BYTES_MAX);
    rc = json_scan(text, len, &fault, err);
    if (rc)
        return placed(err, rc, text, len, fault);
    *out = cJSON_ParseWithLength(text, len);
    return *out ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void blank(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (text[i] != '\n' && text[i] != '\r')
            text[i] = ' ';
    }
}

/* The end of a block comment that opens at `pos`; 0 when it is never closed. */
static size_t block_end(const char *text, size_t len, size_t pos)
{
    const char *end = memmem(text + pos + 2, len - pos - 2, "*/", 2);

    return end ? (size_t)(end - text) + 2 : 0;
}

void json_strip_comments(char *text, size_t len)
{
    size_t pos = 0, end;

    while (pos + 1 < len) {
        if (text[pos] == '"') {
            for (pos++; pos < len && text[pos] != '"' && text[pos] != '\n'; pos++)
                pos += text[pos] == '\\';
            pos++;
            continue;
        }
        end = pos + 1;
        if (text[pos] == '/' && text[pos + 1] == '/') {
            while (end < len && text[end] != '\n')
                end++;
            blank(text, pos, end);
        } else if (text[pos] == '/' && text[pos + 1] == '*') {
            end = block_end(text, len, pos);
            if (end == 0) /* left standing, so that the parser points at it */
                return;
            blank(text, pos, end);
        }
        pos = end;
    }
}

struct place {
    const char *text;
    size_t len, found;
    bool key;
};

static bool locate_in(struct place *p, size_t pos, const char *path);

/* Does the key inside text[at..end) begin `path`, as a whole step? Returns the rest of it, or NULL. */
static const char *path_step(const char *text, size_t at, size_t end, const char *path)
{
    size_t i = 0, n = strlen(path);

    while (at < end) {
        uint32_t cp = json_string_next(text, end, &at);

        if (i >= n || cp != utf8_next(path, n, &i))
            return NULL;
    }
    return path[i] == '\0' || path[i] == '.' ? path + i : NULL;
}

static bool locate_member(struct place *p, size_t pos, const char *path)
{
    pos = json_skip_space(p->text, p->len, pos + 1);
    while (pos < p->len && p->text[pos] == '"') {
        size_t key = pos, value;
        const char *rest;

        pos = json_skip_value(p->text, p->len, pos);
        rest = path_step(p->text, key + 1, pos - 1, path);
        pos = json_skip_space(p->text, p->len, pos);
        value = json_skip_space(p->text, p->len, pos + 1);
        if (rest && *rest == '\0') {
            p->found = p->key ? key : value;
            return true;
        }
        if (rest && locate_in(p, value, rest + 1))
            return true;
        pos = json_skip_space(p->text, p->len, json_skip_value(p->text, p->len, value));
        pos = json_skip_space(p->text, p->len, pos + 1);
    }
    return false;
}

static bool locate_element(struct place *p, size_t pos, const char *path)
{
    const char *end = strchrnul(path, '.');
    int64_t index;

    if (!str_int((struct str){ path, (size_t)(end - path) }, 0, INT32_MAX, &index))
        return false;
    pos = json_skip_space(p->text, p->len, pos + 1);
    while (pos < p->len && p->text[pos] != ']') {
        if (index-- == 0) {
            p->found = pos;
            return *end == '\0' || locate_in(p, pos, end + 1);
        }
        pos = json_skip_space(p->text, p->len, json_skip_value(p->text, p->len, pos));
        if (pos < p->len && p->text[pos] == ',')
            pos = json_skip_space(p->text, p->len, pos + 1);
    }
    return false;
}

static bool locate_in(struct place *p, size_t pos, const char *path)
{
    if (pos < p->len && p->text[pos] == '{')
        return locate_member(p, pos, path);
    return pos < p->len && p->text[pos] == '[' && locate_element(p, pos, path);
}

int json_locate(const char *text, size_t len, const char *path, bool key, int *line, int *column)
{
    struct place p = { .text = text, .len = len, .key = key };
    size_t fault;

    if (json_scan(text, len, &fault, NULL) || !locate_in(&p, json_skip_space(text, len, 0), path))
        return X_E_NOT_FOUND;
    json_position(text, len, p.found, line, column);
    return 0;
}

const char *json_text(const cJSON *obj, const char *key, const char *fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(obj, key);

    return cJSON_IsString(item) ? item->valuestring : fallback;
}

double json_number(const cJSON *obj, const char *key, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(obj, key);

    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

bool json_bool(const cJSON *obj, const char *key, bool fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(obj, key);

    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

int64_t json_int(const cJSON *obj, const char *key)
{
    double d = json_number(obj, key, 0);

    if (!(d >= -EXACT_MAX && d <= EXACT_MAX) || (double)(int64_t)d != d)
        return 0;
    return (int64_t)d;
}

const cJSON *json_object(const cJSON *obj, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(obj, key);

    return cJSON_IsObject(item) ? item : NULL;
}
