/* SPDX-License-Identifier: Apache-2.0
 *
 * parley.json: walks the JSON tree along the key table. Comments are blanked in place, so that
 * positions in the text stay what the person sees in the editor.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "conf/config_impl.h"
#include "conf/file.h"

#define ITEM_BYTES 24

struct file_walk {
    struct config_impl *im;
    struct config_where where;
    struct err *err;
};

static int walk_wrong_type(struct file_walk *w, const struct config_found *f, const char *path)
{
    char expect[160];

    if (f->file)
        return config_refuse(&w->where, path, false, w->err, "must be a string");
    config_expect(f->key, expect, sizeof expect);
    return config_refuse(&w->where, path, false, w->err, "%s", expect);
}

static bool item_number(const cJSON *item, char out[ITEM_BYTES])
{
    double n = item->valuedouble;

    if (!cJSON_IsNumber(item) || !isfinite(n) || floor(n) != n || fabs(n) > 1e15)
        return false;
    (void)snprintf(out, ITEM_BYTES, "%.0f", n);
    return true;
}

static bool value_list(const cJSON *list, struct config_value *v)
{
    const cJSON *item;

    if (!cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || v->n == CONFIG_LIST_MAX)
            return false;
        v->item[v->n++] = item->valuestring;
    }
    return true;
}

/* Spells a JSON value as text; false when its JSON type is not the key's. */
static bool value_of(const struct config_found *f, const cJSON *item, char number[ITEM_BYTES],
                     struct config_value *v)
{
    enum config_type type = f->file ? KEY_TEXT : f->key->type;

    if (type == KEY_LIST)
        return value_list(item, v);
    v->n = 1;
    if (type == KEY_INT) {
        v->item[0] = number;
        return item_number(item, number);
    }
    if (type == KEY_BOOL) {
        v->item[0] = cJSON_IsTrue(item) ? "true" : "false";
        return cJSON_IsBool(item);
    }
    v->item[0] = item->valuestring;
    return cJSON_IsString(item);
}

static int walk_value(struct file_walk *w, const struct config_found *f, const char *path, const cJSON *item)
{
    struct config_value v = { .n = 0 };
    char number[ITEM_BYTES];

    if (!value_of(f, item, number, &v))
        return walk_wrong_type(w, f, path);
    return config_store(w->im, f, path, &v, &w->where, w->err);
}

static int walk_object(struct file_walk *w, const char *path, const cJSON *obj, int depth);

/* "llm": {"local": {}} configures a provider with nothing but defaults. */
static int walk_section(struct file_walk *w, const char *path, const cJSON *obj, int depth)
{
    struct config_draft *d;

    if (!cJSON_IsObject(obj))
        return config_refuse(&w->where, path, false, w->err, "must be an object");
    if (depth == 1) {
        int rc = config_draft_of(w->im, &d, obj->string, &w->where, w->err);

        if (rc)
            return rc;
    }
    return walk_object(w, path, obj, depth + 1);
}

/* "telegram": {"support": {...}} is a bot beside that of the section. */
static int walk_bot(struct file_walk *w, const char *path, const cJSON *obj, int depth)
{
    struct config_telegram *b;
    int rc = config_bot_of(w->im, &b, obj->string, &w->where, w->err);

    return rc ? rc : walk_object(w, path, obj, depth + 1);
}

static int walk_child(struct file_walk *w, const char *path, const cJSON *item, int depth)
{
    struct config_found f;

    if (strchr(item->string, '.'))
        return config_refuse(&w->where, path, true, w->err, "unknown key; write sections as nested objects");
    if (config_find(&f, path) == 0)
        return walk_value(w, &f, path, item);
    if (config_is_section(path))
        return walk_section(w, path, item, depth);
    if (depth == 1 && strncmp(path, "telegram.", 9) == 0 && cJSON_IsObject(item))
        return walk_bot(w, path, item, depth);
    return config_refuse_key(&w->where, path, w->err);
}

/* depth 0 is the file, 1 a section, 2 a provider or a bot: the table is no deeper, so nor is this. */
static int walk_object(struct file_walk *w, const char *path, const cJSON *obj, int depth)
{
    char child[CONFIG_PATH_BYTES];
    const cJSON *item;

    cJSON_ArrayForEach(item, obj)
    {
        int n = snprintf(child, sizeof child, "%s%s%s", path, path[0] ? "." : "", item->string);
        int rc;

        if (n < 0 || (size_t)n >= sizeof child)
            return config_refuse(&w->where, path, true, w->err, "holds a key that is too long");
        rc = walk_child(w, child, item, depth);
        if (rc)
            return rc;
    }
    return 0;
}

static int file_parse(struct config_impl *im, const char *path, char *text, size_t len, struct err *err)
{
    struct file_walk w = { .im = im, .err = err };
    cJSON *root = NULL;
    int rc;

    json_strip_comments(text, len);
    rc = json_parse(&root, text, len, err);
    if (rc)
        return err && rc > 0 ? err_set(err, X_E_INVALID, "%s:%s", path, err->text) : rc;
    w.where = (struct config_where){ FROM_FILE, arena_strdup(&im->arena, path), text, len };
    if (!w.where.name)
        rc = err_set(err, -ENOMEM, "out of memory");
    else if (!cJSON_IsObject(root))
        rc = err_set(err, X_E_INVALID, "%s:1:1: must be an object", path);
    else
        rc = walk_object(&w, "", root, 0);
    cJSON_Delete(root);
    return rc;
}

int config_file(struct config_impl *im, const char *path, struct err *err)
{
    size_t len;
    char *text;
    int rc = file_read(&text, &len, NULL, path, CONFIG_FILE_BYTES, &im->arena, err);

    return rc ? rc : file_parse(im, path, text, len, err);
}
