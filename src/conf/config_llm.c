/* SPDX-License-Identifier: Apache-2.0
 *
 * Providers. Each "llm.<name>" is a draft until all sources have spoken; then llm.order, or failing that the
 * file's order, says which of them become config->llm. The names below come with an address, a
 * model and the host's own wire format; any other name needs a base_url and is taken to speak
 * OpenAI's format. "extractive" is built in, has no settings and always stands last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/config_impl.h"

#define EXTRACTIVE "extractive"

static const struct known {
    const char *name, *format, *base_url, *model;
    const char *env; /* its key, or for ollama its address */
    enum provider_class klass;
} known_providers[] = {
    { "openai", "openai", "https://api.openai.com/v1", "gpt-4o-mini", "OPENAI_API_KEY", PROVIDER_BALANCED },
    { "gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini-2.5-flash-lite",
      "GEMINI_API_KEY", PROVIDER_CHEAP },
    { "perplexity", "perplexity", "https://api.perplexity.ai", "sonar", "PERPLEXITY_API_KEY",
      PROVIDER_RESEARCH },
    { "anthropic", "anthropic", "https://api.anthropic.com/v1", "claude-haiku-4-5", "ANTHROPIC_API_KEY",
      PROVIDER_BALANCED },
    { "ollama", "ollama", "http://127.0.0.1:11434", "llama3.2", "OLLAMA_HOST", PROVIDER_CHEAP },
};

static const struct known *known_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known_providers); i++)
        if (strcmp(known_providers[i].name, name) == 0)
            return &known_providers[i];
    return NULL;
}

bool config_provider_known(const void *config, struct str name)
{
    const struct config *c = config;

    for (size_t i = 0; i < c->llm.n; i++)
        if (str_eqs(name, c->llm.at[i].name))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(known_providers); i++)
        if (str_eqs(name, known_providers[i].name))
            return true;
    return false;
}

static int draft_path(char out[CONFIG_PATH_BYTES], const char *name, const char *key)
{
    return snprintf(out, CONFIG_PATH_BYTES, "llm.%s%s%s", name, *key ? "." : "", key);
}

struct config_draft *config_draft_find(struct config_impl *im, const char *name)
{
    for (size_t i = 0; i < im->drafts; i++)
        if (strcmp(im->draft[i].p.name, name) == 0)
            return &im->draft[i];
    return NULL;
}

/* Every "llm.*" row's default; then what is known about this name. */
static int draft_defaults(struct config_impl *im, struct config_draft *d, struct err *err)
{
    const struct known *k = known_of(d->p.name);
    const struct config_where w = { .from = FROM_DEFAULT };
    char path[CONFIG_PATH_BYTES];
    int rc = 0;

    for (size_t i = 0; i < config_keys_len && !rc; i++) {
        if (config_keys[i].base != IN_PROVIDER)
            continue;
        draft_path(path, d->p.name, strrchr(config_keys[i].path, '.') + 1);
        rc = config_store_text(im, path, config_keys[i].fallback, &w, err);
    }
    if (k) {
        d->p.format = k->format;
        d->p.base_url = k->base_url;
        d->p.model = k->model;
        d->p.klass = k->klass;
    }
    return rc;
}

static int draft_refuse_name(const char *name, const struct config_where *w, struct err *err)
{
    char path[CONFIG_PATH_BYTES];

    draft_path(path, name, "");
    if (strcmp(name, EXTRACTIVE) == 0)
        return config_refuse(w, path, true, err, "is built in and has no settings");
    return config_refuse(w, path, true, err,
                         "a provider's name is at most 31 of a-z, 0-9 and _, beginning with a letter");
}

/* The caller has seen to it that there is room. */
static int draft_new(struct config_impl *im, struct config_draft **out, const char *name,
                     const struct config_where *w, struct err *err)
{
    struct config_draft *d = &im->draft[im->drafts];

    *d = (struct config_draft){ .where = *w };
    d->p.name = arena_strdup(&im->arena, name);
    if (!d->p.name)
        return err_set(err, -ENOMEM, "out of memory");
    im->drafts++;
    *out = d;
    return draft_defaults(im, d, err);
}

int config_draft_of(struct config_impl *im, struct config_draft **out, const char *name,
                    const struct config_where *w, struct err *err)
{
    char path[CONFIG_PATH_BYTES];

    *out = config_draft_find(im, name);
    if (*out)
        return 0;
    if (!config_name_ok(name) || strcmp(name, EXTRACTIVE) == 0)
        return draft_refuse_name(name, w, err);
    draft_path(path, name, "");
    if (im->drafts == CONFIG_DRAFTS_MAX)
        return config_refuse(w, path, true, err, "too many providers; at most %d", CONFIG_DRAFTS_MAX);
    return draft_new(im, out, name, w, err);
}

/* OLLAMA_HOST as `ollama serve` takes it: host, host:port, :port, or a URL; 0.0.0.0 means here. */
static const char *ollama_url(struct config_impl *im, const char *host)
{
    bool scheme = strstr(host, "://") != NULL;
    const char *any = scheme ? strstr(host, "://") + 3 : host;
    const char *port;

    if (strncmp(any, "0.0.0.0", 7) == 0)
        return arena_printf(&im->arena, "http://127.0.0.1%s", any[7] ? any + 7 : ":11434");
    if (scheme)
        return tidy_slash(&im->arena, host);
    port = strrchr(host, ':');
    if (!port || (host[0] == '[' && strchr(port, ']')))
        return arena_printf(&im->arena, "http://%s:11434", host);
    return arena_printf(&im->arena, "http://%s%s", host[0] == ':' ? "127.0.0.1" : "", host);
}

static int known_ollama(struct config_impl *im, const struct known *k, const char *host, struct err *err)
{
    const struct config_where w = { .from = FROM_KNOWN_ENV, .name = k->env };
    struct config_draft *d = config_draft_find(im, k->name);
    const char *url;

    if (d && d->p.base_url != k->base_url)
        return 0; /* said otherwise */
    url = ollama_url(im, host);
    return url ? config_store_text(im, "llm.ollama.base_url", url, &w, err)
               : err_set(err, -ENOMEM, "out of memory");
}

/* A key in the environment or in a credential is enough to switch its provider on. */
static int known_key(struct config_impl *im, const struct known *k, struct err *err)
{
    struct config_where w = { .from = FROM_KNOWN_ENV, .name = k->env };
    struct config_draft *d;
    char path[CONFIG_PATH_BYTES];
    const char *text;
    int rc = 0;

    draft_path(path, k->name, "api_key");
    if (!config_getenv(im, k->env)) {
        rc = config_credential(im, &text, path, err);
        if (rc || !text)
            return rc;
        w.from = FROM_CREDENTIAL;
    }
    return config_draft_of(im, &d, k->name, &w, err);
}

int config_llm_known(struct config_impl *im, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(known_providers) && !rc; i++) {
        const struct known *k = &known_providers[i];
        const char *value = config_getenv(im, k->env);

        if (strcmp(k->name, "ollama") != 0)
            rc = known_key(im, k, err);
        else if (value)
            rc = known_ollama(im, k, value, err);
    }
    return rc;
}

/* The known name nearest to `name`, "" when none is near. */
static const char *known_near(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known_providers); i++)
        if (config_distance(known_providers[i].name, name) <= 2)
            return known_providers[i].name;
    return "";
}

static int draft_check(const struct config_draft *d, struct err *err)
{
    const char *near = known_near(d->p.name);
    char path[CONFIG_PATH_BYTES];

    draft_path(path, d->p.name, "base_url");
    if (!d->p.base_url[0])
        return config_refuse(&d->where, path, true, err, "must be set for a provider called %s%s%s%s",
                             d->p.name, *near ? "; did you mean " : "", near, *near ? "?" : "");
    if (!config_url_private(d->p.base_url) && !d->allow_http)
        return config_refuse(&d->where, path, false, err,
                             "is plain http to another machine; use https or set llm.%s.allow_http",
                             d->p.name);
    return 0;
}

static int draft_use(struct config_impl *im, const struct config_draft *d, struct err *err)
{
    if (im->used == CONFIG_PROVIDERS_MAX - 1)
        return config_refuse(&im->order_where, "llm.order", false, err, "must name at most %d providers",
                             CONFIG_PROVIDERS_MAX - 1);
    im->use[im->used++] = d;
    return draft_check(d, err);
}

static int order_one(struct config_impl *im, size_t i, struct err *err)
{
    const char *name = im->order[i];
    struct config_draft *d = config_draft_find(im, name);
    char path[CONFIG_PATH_BYTES];
    int rc;

    (void)snprintf(path, sizeof path, "llm.order.%zu", i);
    for (size_t k = 0; k < i; k++)
        if (strcmp(im->order[k], name) == 0)
            return config_refuse(&im->order_where, path, false, err, "names %.32s twice", name);
    if (strcmp(name, EXTRACTIVE) == 0)
        return 0;
    if (!d && !known_of(name))
        return config_refuse(&im->order_where, path, false, err, "there is no provider called %.32s", name);
    if (!d && (rc = config_draft_of(im, &d, name, &im->order_where, err)) != 0)
        return rc;
    return draft_use(im, d, err);
}

/* In the file, then well-known ones in the order of the table, then by name. */
static int draft_rank(const struct config_draft *d)
{
    const struct known *k = known_of(d->p.name);

    if (d->where.from == FROM_FILE)
        return -1;
    return k ? (int)(k - known_providers) : (int)ARRAY_LEN(known_providers);
}

static int draft_compare(const void *a, const void *b)
{
    const struct config_draft *const *x = a, *const *y = b;
    int rx = draft_rank(*x), ry = draft_rank(*y);

    if (rx != ry)
        return rx < ry ? -1 : 1;
    if (rx == -1) /* both in one array */
        return *x < *y ? -1 : 1;
    return strcmp((*x)->p.name, (*y)->p.name);
}

static int order_default(struct config_impl *im, struct err *err)
{
    const struct config_draft *d[CONFIG_DRAFTS_MAX];
    int rc = 0;

    for (size_t i = 0; i < im->drafts; i++)
        d[i] = &im->draft[i];
    qsort(d, im->drafts, sizeof d[0], draft_compare);
    for (size_t i = 0; i < im->drafts && !rc; i++)
        rc = draft_use(im, d[i], err);
    return rc;
}

int config_llm_choose(struct config_impl *im, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < im->orders && !rc; i++)
        rc = order_one(im, i, err);
    if (!rc && im->orders == 0)
        rc = order_default(im, err);
    return rc;
}

/* They were checked where they came from. */
static int draft_keys(struct config_impl *im, struct config_draft *d)
{
    struct str key[CONFIG_KEYS_MAX];

    (void)config_keys_cut(key, &d->p.keys, d->api_key);
    for (size_t i = 0; i < d->p.keys; i++)
        d->p.key[i] = arena_strndup(&im->arena, key[i].at, key[i].len);
    return im->arena.failed ? -ENOMEM : 0;
}

int config_llm_settle(struct config_impl *im, struct err *err)
{
    const struct config_where w = { .from = FROM_DEFAULT };
    struct config *c = im->config;
    struct config_draft *last;
    int rc = draft_new(im, &last, EXTRACTIVE, &w, err);

    for (size_t i = 0; i < im->drafts && rc == 0; i++)
        if (draft_keys(im, &im->draft[i]))
            rc = err_set(err, -ENOMEM, "out of memory");
    if (rc)
        return rc;
    last->p.format = last->p.model = EXTRACTIVE;
    for (size_t i = 0; i < im->used; i++)
        c->llm.at[c->llm.n++] = im->use[i]->p;
    c->llm.at[c->llm.n++] = last->p;
    return 0;
}
