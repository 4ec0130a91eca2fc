/* SPDX-License-Identifier: Apache-2.0
 *
 * One value into its place: the only code that writes through the table's offsets. Types, bounds and forms
 * are checked here once for all sources; sources differ only in how they spell a value and a place. No
 * message repeats the value: it may be a secret that slipped into the wrong key.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "conf/config_impl.h"

#define TEXT_BYTES_MAX 4096

/* Where the key or value stands; a path the file does not hold is looked for at its parents. */
static void where_position(const struct config_where *w, const char *path, bool key, int *line, int *column)
{
    char at[CONFIG_PATH_BYTES];
    char *dot;

    *line = *column = 1;
    (void)snprintf(at, sizeof at, "%s", path);
    while (json_locate(w->text, w->len, at, key, line, column) != 0) {
        dot = strrchr(at, '.');
        if (!dot)
            return;
        *dot = '\0';
        key = true;
    }
}

int config_refuse(const struct config_where *w, const char *path, bool key, struct err *err, const char *fmt,
                  ...)
{
    char why[sizeof err->text];
    int line, column;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    switch (w->from) {
    case FROM_FILE:
        where_position(w, path, key, &line, &column);
        return err_set(err, X_E_INVALID, "%s:%d:%d: %s: %s", w->name, line, column, path, why);
    case FROM_SET:
        return err_set(err, X_E_INVALID, "--set %s: %s", path, why);
    case FROM_ENV:
    case FROM_KNOWN_ENV:
    case FROM_CREDENTIAL:
        return err_set(err, X_E_INVALID, "%s: %s", w->name, why);
    case FROM_DEFAULT:
        break;
    }
    return err_set(err, X_E_INVALID, "%s: %s", path, why);
}

int config_refuse_key(const struct config_where *w, const char *path, struct err *err)
{
    char near[CONFIG_PATH_BYTES], env[CONFIG_PATH_BYTES];

    config_suggest(near, path);
    if (!near[0])
        return config_refuse(w, path, true, err, "unknown key");
    if (w->from != FROM_ENV)
        return config_refuse(w, path, true, err, "unknown key; did you mean %s?", near);
    config_env_name(env, near);
    return config_refuse(w, path, true, err, "unknown key; did you mean %s?", env);
}

/* Index of `text` in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *text)
{
    struct str rest = str_of(choices), part;

    for (int i = 0; str_cut(&rest, '|', &part); i++)
        if (str_eqs(part, text))
            return i;
    return -1;
}

static bool text_clean(const char *text, bool lines)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < ' ' && !(lines && strchr("\t\r\n", text[i]))) || text[i] == 0x7f)
            return false;
    return len < TEXT_BYTES_MAX;
}

/* What is wrong with a text or list item; NULL = nothing. */
static const char *text_wrong(const struct config_key *key, const char *text)
{
    if (!text_clean(text, key->lines))
        return "must be shorter than 4096 bytes and without control characters";
    return key->check ? key->check(text) : NULL;
}

static const char *text_keep(struct config_impl *im, const struct config_key *key, const char *text)
{
    return key->tidy ? key->tidy(&im->arena, text) : arena_strdup(&im->arena, text);
}

/* One value as its key sees it: what goes wrong is said with its place. */
struct store_job {
    struct config_impl *im;
    const struct config_found *found;
    const char *path;
    const struct config_where *where;
    void *at;
    size_t *count;
    struct err *err;
};

static int store_refuse(const struct store_job *j)
{
    char expect[160];

    config_expect(j->found->key, expect, sizeof expect);
    return config_refuse(j->where, j->path, false, j->err, "%s", expect);
}

static int store_list(const struct store_job *j, const struct config_value *v)
{
    const char **at = j->at;
    char item[CONFIG_PATH_BYTES + 24];

    for (size_t i = 0; i < v->n; i++) {
        const char *wrong = text_wrong(j->found->key, v->item[i]);

        (void)snprintf(item, sizeof item, "%s.%zu", j->path, i);
        if (wrong)
            return config_refuse(j->where, item, false, j->err, "%s", wrong);
        at[i] = text_keep(j->im, j->found->key, v->item[i]);
    }
    *j->count = v->n;
    return 0;
}

/* A secret is kept aside with its origin: the key and its "_file" form compete (config_secret.c). */
static int store_secret(const struct store_job *j, const char *text)
{
    struct config_secret *s = config_secret_of(j->im, j->at, j->path);

    if (!s)
        return err_set(j->err, -ENOMEM, "out of memory");
    if (j->found->file) {
        s->file = arena_strdup(&j->im->arena, text);
        s->file_where = *j->where;
    } else {
        s->value = arena_strdup(&j->im->arena, text);
        s->value_where = *j->where;
    }
    return 0;
}

static int store_text(const struct store_job *j, const char *text)
{
    const struct config_key *key = j->found->key;
    const char *wrong =
        j->found->file ? (text_clean(text, false) ? NULL : "must be a file name") : text_wrong(key, text);
    const char **at = j->at;

    if (key->choices && choice_index(key->choices, text) < 0)
        return store_refuse(j);
    if (wrong)
        return config_refuse(j->where, j->path, false, j->err, "%s", wrong);
    if (key->secret)
        return store_secret(j, text);
    *at = text_keep(j->im, key, text);
    return 0;
}

static int store_bool(const struct store_job *j, const char *text)
{
    bool *at = j->at;
    int i = choice_index("false|true", text);

    if (i < 0)
        return store_refuse(j);
    *at = i == 1;
    return 0;
}

static int store_choice(const struct store_job *j, const char *text)
{
    int i = choice_index(j->found->key->choices, text);

    if (i < 0)
        return store_refuse(j);
    memcpy(j->at, &i, sizeof i); /* an int or an enum */
    return 0;
}

static int store_int(const struct store_job *j, const char *text)
{
    int64_t value;
    int *at = j->at;

    if (!str_int(str_of(text), j->found->key->lo, j->found->key->hi, &value))
        return store_refuse(j);
    *at = (int)value;
    return 0;
}

static int store_run(const struct store_job *j, const struct config_value *v)
{
    enum config_type type = j->found->file ? KEY_TEXT : j->found->key->type;

    if (type == KEY_LIST)
        return store_list(j, v);
    if (v->n != 1)
        return store_refuse(j);
    switch (type) {
    case KEY_INT:
        return store_int(j, v->item[0]);
    case KEY_BOOL:
        return store_bool(j, v->item[0]);
    case KEY_CHOICE:
        return store_choice(j, v->item[0]);
    case KEY_TEXT:
    case KEY_LIST:
        break;
    }
    return store_text(j, v->item[0]);
}

/* The struct that a row's offset counts in. */
static int store_base(struct config_impl *im, const struct config_found *f, const struct config_where *w,
                      void **out, struct err *err)
{
    struct config_draft *d = NULL;
    struct config_telegram *b = NULL;
    int rc = 0;

    switch (f->key->base) {
    case IN_CONFIG:
        *out = im->config;
        break;
    case IN_IMPL:
        *out = im;
        break;
    case IN_PROVIDER:
        rc = config_draft_of(im, &d, f->name, w, err);
        *out = d;
        break;
    case IN_BOT:
        rc = config_bot_of(im, &b, f->name, w, err);
        *out = b;
        if (!rc && w->from != FROM_DEFAULT)
            config_bot_said(im, b, f->key);
        break;
    }
    return rc;
}

int config_store(struct config_impl *im, const struct config_found *f, const char *path,
                 const struct config_value *v, const struct config_where *w, struct err *err)
{
    struct store_job j = { .im = im, .found = f, .path = path, .where = w, .err = err };
    void *base = NULL;
    int rc = store_base(im, f, w, &base, err);

    if (rc)
        return rc;
    if (f->key->base == IN_IMPL)
        im->order_where = *w;
    j.at = (char *)base + f->key->at;
    j.count = (size_t *)(void *)((char *)base + f->key->count_at);
    rc = store_run(&j, v);
    if (!rc && im->arena.failed)
        rc = err_set(err, -ENOMEM, "%s: too large", path);
    return rc;
}

/* Cuts a list at its commas; every item is trimmed and in the arena. */
static int value_cut(struct config_impl *im, const char *text, struct config_value *v)
{
    struct str rest = str_of(text), part;

    v->n = 0;
    while (rest.len > 0 && str_cut(&rest, ',', &part)) {
        if (v->n == CONFIG_LIST_MAX)
            return X_E_LIMIT;
        part = str_trim(part);
        v->item[v->n++] = arena_strndup(&im->arena, part.at, part.len);
    }
    return im->arena.failed ? -ENOMEM : 0;
}

int config_store_text(struct config_impl *im, const char *path, const char *text,
                      const struct config_where *w, struct err *err)
{
    struct config_value v = { .item = { text }, .n = 1 };
    struct config_found f;
    char expect[160];
    int rc;

    if (config_find(&f, path) != 0)
        return config_refuse_key(w, path, err);
    if (f.key->type == KEY_LIST && !f.file) {
        rc = value_cut(im, text, &v);
        config_expect(f.key, expect, sizeof expect);
        if (rc == X_E_LIMIT)
            return config_refuse(w, path, false, err, "%s", expect);
        if (rc)
            return err_set(err, rc, "%s: too large", path);
    }
    return config_store(im, &f, path, &v, w, err);
}
