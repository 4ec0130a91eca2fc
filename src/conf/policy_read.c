/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over a policy document along its shape: objects and lists, unknown and missing keys. Single values
 * are policy_value.c's business. Depth is that of the shapes, which are constants.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/policy_impl.h"

int policy_refuse(const struct policy_reader *r, const char *path, bool key, const char *fmt, ...)
{
    char why[sizeof r->err->text];
    int line = 1, column = 1;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    (void)json_locate(r->doc->text, r->doc->len, path, key, &line, &column);
    return err_set(r->err, X_E_INVALID, "%s:%d:%d: %s: %s", r->doc->name, line, column, path, why);
}

static const struct policy_field *field_of(const struct policy_shape *shape, const char *key)
{
    for (size_t i = 0; i < shape->fields; i++)
        if (strcmp(shape->field[i].key, key) == 0)
            return &shape->field[i];
    return NULL;
}

/* "rules" + "3" -> "rules.3"; when that does not fit, a message names the parent. */
static void path_join(char out[POLICY_PATH_BYTES], const char *path, const char *key)
{
    int n = snprintf(out, POLICY_PATH_BYTES, "%s%s%s", path, *path ? "." : "", key);

    if (n < 0 || n >= POLICY_PATH_BYTES)
        out[strnlen(path, POLICY_PATH_BYTES - 1)] = '\0';
}

static int refuse_unknown(struct policy_reader *r, const char *path, const struct policy_shape *shape)
{
    char known[200] = "";
    size_t n = 0;

    for (size_t i = 0; i < shape->fields && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "", shape->field[i].key);
    return policy_refuse(r, path, true, "unknown key; known here: %s", known);
}

static int read_list(struct policy_reader *r, const cJSON *item, const char *path,
                     const struct policy_field *f, void *at, size_t *count)
{
    const cJSON *element;
    char child[POLICY_PATH_BYTES], index[24];
    int n = cJSON_IsArray(item) ? cJSON_GetArraySize(item) : -1;
    char *array;
    size_t i = 0;

    if (n < 0 || n > POLICY_ITEMS_MAX)
        return policy_refuse(r, path, false, "must be a list of at most %d objects", POLICY_ITEMS_MAX);
    array = arena_array(&r->im->arena, (size_t)n, f->of->bytes);
    if (!array)
        return err_set(r->err, -ENOMEM, "%s: too large", r->doc->name);
    cJSON_ArrayForEach(element, item)
    {
        int rc;

        (void)snprintf(index, sizeof index, "%zu", i);
        path_join(child, path, index);
        rc = policy_read(r, element, child, f->of, array + i++ * f->of->bytes);
        if (rc)
            return rc;
    }
    memcpy(at, &array, sizeof array);
    *count = i;
    return 0;
}

static int read_field(struct policy_reader *r, const cJSON *item, const char *path,
                      const struct policy_field *f, void *base)
{
    void *at = (char *)base + f->at;

    if (f->type == POLICY_OBJECT)
        return policy_read(r, item, path, f->of, at);
    if (f->type == POLICY_LIST)
        return read_list(r, item, path, f, at, (size_t *)(void *)((char *)base + f->count_at));
    return policy_value(r, item, path, f, at);
}

/* A list element has no built-in value behind it: what is not optional must be there. */
static int require_fields(struct policy_reader *r, const cJSON *obj, const char *path,
                          const struct policy_shape *shape)
{
    for (size_t i = 0; shape->bytes && i < shape->fields; i++)
        if (!shape->field[i].optional && !cJSON_GetObjectItemCaseSensitive(obj, shape->field[i].key))
            return policy_refuse(r, path, false, "needs the key %s", shape->field[i].key);
    return 0;
}

int policy_read(struct policy_reader *r, const cJSON *obj, const char *path, const struct policy_shape *shape,
                void *at)
{
    char child[POLICY_PATH_BYTES];
    const cJSON *item;
    int rc = 0;

    if (!cJSON_IsObject(obj))
        return policy_refuse(r, path, false, "must be an object");
    cJSON_ArrayForEach(item, obj)
    {
        const struct policy_field *f = field_of(shape, item->string);

        path_join(child, path, item->string);
        if (!f)
            return refuse_unknown(r, child, shape);
        rc = read_field(r, item, child, f, at);
        if (rc)
            return rc;
    }
    rc = require_fields(r, obj, path, shape);
    if (!rc && shape->check)
        rc = shape->check(r, obj, path, at);
    return rc;
}
