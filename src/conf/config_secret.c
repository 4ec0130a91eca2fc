/* SPDX-License-Identifier: Apache-2.0
 *
 * Where secrets come from. The key and its "_file" form are two spellings of one thing: whichever was said at
 * the higher level wins, both at the same level is an error. When neither holds anything, the well-known
 * variable is asked, and last the systemd credential named like the key with "_" for "."
 * (LoadCredential=telegram_token:...). An empty value counts as not said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <parley/log.h>

#include "conf/config_impl.h"
#include "conf/file.h"

#define MODE_OTHERS 077U

static const struct {
    const char *path, *env;
} known_env[] = {
    { "telegram.token", "TELEGRAM_BOT_TOKEN" },         { "discord.token", "DISCORD_BOT_TOKEN" },
    { "llm.openai.api_key", "OPENAI_API_KEY" },         { "llm.gemini.api_key", "GEMINI_API_KEY" },
    { "llm.perplexity.api_key", "PERPLEXITY_API_KEY" }, { "llm.anthropic.api_key", "ANTHROPIC_API_KEY" },
};

struct config_secret *config_secret_of(struct config_impl *im, const char **at, const char *path)
{
    char plain[CONFIG_PATH_BYTES];
    struct config_secret *s;
    size_t len = strlen(path);

    for (size_t i = 0; i < im->secrets; i++)
        if (im->secret[i].at == at)
            return &im->secret[i];
    if (im->secrets == CONFIG_SECRETS_MAX || len >= sizeof plain)
        return NULL;
    memcpy(plain, path, len + 1);
    if (len > 5 && strcmp(plain + len - 5, "_file") == 0)
        plain[len - 5] = '\0';
    s = &im->secret[im->secrets];
    *s = (struct config_secret){ .at = at, .file = "", .value = "" };
    s->path = arena_strdup(&im->arena, plain);
    if (!s->path)
        return NULL;
    *at = "";
    im->secrets++;
    return s;
}

/* What a secret from outside the configuration must be; NULL = it is. */
static const char *secret_wrong(const char *path, const char *text)
{
    struct config_found f;

    return config_find(&f, path) == 0 && f.key->check ? f.key->check(text) : NULL;
}

static int secret_read(struct config_impl *im, const struct config_secret *s, struct err *err)
{
    char path[CONFIG_PATH_BYTES];
    struct err why = { "" };
    unsigned mode;
    char *text;
    int rc = file_secret(&text, &mode, s->file, &im->arena, &why);
    const char *wrong = rc ? NULL : secret_wrong(s->path, text);

    if (wrong)
        rc = err_set(&why, X_E_INVALID, "%s: %s", s->file, wrong);
    if (rc) {
        (void)snprintf(path, sizeof path, "%s_file", s->path);
        config_refuse(&s->file_where, path, false, err, "%s", why.text);
        return rc < 0 ? rc : X_E_INVALID;
    }
    if (mode & MODE_OTHERS)
        log_warn("config.secret_readable", "key=%s mode=%04o hint=\"chmod 600\"", s->path, mode & 07777U);
    *s->at = text;
    return 0;
}

int config_credential(struct config_impl *im, const char **out, const char *path, struct err *err)
{
    const char *dir = config_getenv(im, "CREDENTIALS_DIRECTORY"), *wrong;
    char *name, *text;
    int rc;

    *out = NULL;
    if (!dir)
        return 0;
    name = arena_printf(&im->arena, "%s/%s", dir, path);
    if (!name)
        return err_set(err, -ENOMEM, "out of memory");
    for (char *p = name + strlen(dir); *p; p++)
        if (*p == '.')
            *p = '_';
    rc = file_secret(&text, NULL, name, &im->arena, err);
    if (rc)
        return rc == X_E_NOT_FOUND ? 0 : rc;
    wrong = secret_wrong(path, text);
    if (wrong)
        return err_set(err, X_E_INVALID, "%s: %s", name, wrong);
    *out = text;
    return 0;
}

/* A secret that no configuration source holds. */
static int secret_outside(struct config_impl *im, const struct config_secret *s, struct err *err)
{
    const char *text, *wrong;
    int rc;

    for (size_t i = 0; i < ARRAY_LEN(known_env); i++) {
        if (strcmp(known_env[i].path, s->path) != 0 || !(text = config_getenv(im, known_env[i].env)))
            continue;
        wrong = secret_wrong(s->path, text);
        if (wrong)
            return err_set(err, X_E_INVALID, "%s: %s", known_env[i].env, wrong);
        *s->at = arena_strdup(&im->arena, text);
        return *s->at ? 0 : err_set(err, -ENOMEM, "out of memory");
    }
    rc = config_credential(im, &text, s->path, err);
    if (!rc && text)
        *s->at = text;
    return rc;
}

static int secret_resolve(struct config_impl *im, const struct config_secret *s, struct err *err)
{
    bool file = s->file[0], value = s->value[0];

    if (file && value && s->file_where.from == s->value_where.from)
        return config_refuse(&s->value_where, s->path, true, err, "is given twice: here and by %s_file",
                             s->path);
    if (file && (!value || s->file_where.from > s->value_where.from) &&
        s->file_where.from >= s->value_where.from)
        return secret_read(im, s, err);
    if (!value)
        return secret_outside(im, s, err);
    *s->at = s->value;
    return 0;
}

int config_secrets_resolve(struct config_impl *im, struct err *err)
{
    for (size_t i = 0; i < im->secrets; i++) {
        int rc = secret_resolve(im, &im->secret[i], err);

        if (rc)
            return rc;
    }
    return 0;
}
