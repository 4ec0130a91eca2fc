/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading the policies: for each kind the built-in text, then the operator's file over it where there is one.
 * All or nothing. The operator's folder may hold any of the files; another *.json in it is warned about,
 * since it is most likely a misspelt name that would otherwise be ignored in silence.
 */
#include "conf/policy.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/log.h>

#include "conf/file.h"
#include "conf/policy_impl.h"

#define KIND(name)                                                                                           \
    {                                                                                                        \
#name, policy_text_##name, policy_text_##name##_end, &policy_##name                                  \
    }

const struct policy_kind policy_kinds[] = {
    KIND(pii),    KIND(consent),   KIND(tiers),  KIND(routing), KIND(validator),
    KIND(screen), KIND(retention), KIND(prices), KIND(budgets),
};

struct policies_whole { /* one allocation */
    struct policies policies;
    struct policy_impl impl;
};

/* What one load is about. */
struct policy_load {
    struct policies *out;
    struct policy_impl *im;
    const char *dir;
    struct match_scratch *scratch;
    struct buf digests; /* one line per text read */
    struct err *err;
};

static int doc_parse(struct policy_load *l, struct policy_doc *doc, char *text, size_t len)
{
    struct err why = { "" };
    char hex[SHA256_HEX];
    int rc;

    sha256_hex(hex, text, len);
    buf_printf(&l->digests, "%s\n", hex);
    json_strip_comments(text, len);
    doc->text = text;
    doc->len = len;
    rc = json_parse(&doc->root, text, len, &why);
    return rc > 0 ? err_set(l->err, X_E_INVALID, "%s:%s", doc->name, why.text) : rc;
}

static int doc_builtin(struct policy_load *l, const struct policy_kind *k, struct policy_doc *doc)
{
    size_t len = (size_t)(k->text_end - k->text);
    char *text = arena_alloc(&l->im->arena, len + 1);

    doc->name = arena_printf(&l->im->arena, "built-in %s.json", k->name);
    if (!text || !doc->name)
        return err_set(l->err, -ENOMEM, "out of memory");
    memcpy(text, k->text, len);
    return doc_parse(l, doc, text, len);
}

/* doc->root stays NULL when the folder does not hold this policy. */
static int doc_operator(struct policy_load *l, const struct policy_kind *k, struct policy_doc *doc)
{
    size_t len;
    char *text;
    int rc;

    if (!l->dir[0])
        return 0;
    doc->name = arena_printf(&l->im->arena, "%s/%s.json", l->dir, k->name);
    if (!doc->name)
        return err_set(l->err, -ENOMEM, "out of memory");
    rc = file_read(&text, &len, NULL, doc->name, POLICY_FILE_BYTES, &l->im->arena, l->err);
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    return doc_parse(l, doc, text, len);
}

static int doc_read(struct policy_load *l, const struct policy_kind *k, const struct policy_doc *doc)
{
    struct policy_reader r = { .im = l->im, .doc = doc, .scratch = l->scratch, .err = l->err };

    return policy_read(&r, doc->root, "", k->shape, l->out);
}

/* An installation has the built-in files in its folder, mostly untouched: those are not compiled twice. */
static bool doc_same(const struct policy_doc *a, const struct policy_doc *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static int load_kind(struct policy_load *l, const struct policy_kind *k)
{
    struct policy_doc base = { 0 }, over = { 0 };
    int rc = doc_builtin(l, k, &base);

    if (!rc)
        rc = doc_operator(l, k, &over);
    if (!rc)
        rc = doc_read(l, k, &base);
    if (!rc && over.root && !doc_same(&base, &over))
        rc = doc_read(l, k, &over);
    cJSON_Delete(base.root);
    cJSON_Delete(over.root);
    return rc;
}

static bool is_policy_name(const char *file)
{
    size_t len = strlen(file);

    if (len < 5 || strcmp(file + len - 5, ".json") != 0 || file[0] == '.')
        return true;
    for (size_t i = 0; i < ARRAY_LEN(policy_kinds); i++)
        if (strlen(policy_kinds[i].name) == len - 5 && strncmp(policy_kinds[i].name, file, len - 5) == 0)
            return true;
    return false;
}

static int check_dir(const char *dir, struct err *err)
{
    DIR *d;
    const struct dirent *entry;

    if (!dir[0])
        return 0;
    d = opendir(dir);
    if (!d) {
        int code = errno == ENOENT ? X_E_NOT_FOUND : -errno;

        return err_set(err, code, "policies.dir: %s: %s", dir, strerror(errno));
    }
    while ((entry = readdir(d)) != NULL)
        if (!is_policy_name(entry->d_name))
            log_warn("policies.unknown_file", "file=\"%s/%s\"", dir, entry->d_name);
    closedir(d);
    return 0;
}

static int load_all(struct policy_load *l)
{
    int rc = check_dir(l->dir, l->err);

    l->scratch = match_scratch_new();
    if (!rc && !l->scratch)
        rc = err_set(l->err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < ARRAY_LEN(policy_kinds) && !rc; i++)
        rc = load_kind(l, &policy_kinds[i]);
    if (!rc)
        rc = policy_prompts_load(l->out, l->im, l->dir, &l->digests, l->err);
    sha256_hex(l->im->version, buf_text(&l->digests), l->digests.len);
    if (!rc && l->digests.failed)
        rc = err_set(l->err, -ENOMEM, "out of memory");
    buf_free(&l->digests);
    match_scratch_free(l->scratch);
    return rc;
}

int policies_load(struct policies **out, const char *dir, struct err *err)
{
    struct policies_whole *whole = calloc(1, sizeof *whole);
    struct err unasked = { "" };
    struct policy_load l = { .dir = dir, .err = err ? err : &unasked, .digests = BUF_INIT(4096) };
    int rc;

    if (!whole)
        return err_set(err, -ENOMEM, "out of memory");
    whole->policies.impl = &whole->impl;
    arena_init(&whole->impl.arena, POLICY_ARENA_BYTES);
    l.out = &whole->policies;
    l.im = &whole->impl;
    rc = load_all(&l);
    if (rc)
        policies_free(&whole->policies);
    else
        *out = &whole->policies;
    return rc;
}

void policies_free(struct policies *p)
{
    struct policy_impl *im;

    if (!p)
        return;
    im = p->impl;
    for (struct policy_owned *o = im->owned; o; o = o->next)
        matcher_free(o->pattern);
    arena_wipe(&im->arena);
    free(p); /* the first member of its policies_whole */
}

const char *policies_version(const struct policies *p)
{
    return ((const struct policy_impl *)p->impl)->version;
}
