/* SPDX-License-Identifier: Apache-2.0
 *
 * policies/prompts/<bot>.md: what a model is told before the passages. "default" serves every bot without a
 * file of its own; the built-in one serves where the folder has none. {{language}} is the only variable;
 * another name in braces is an error, because it would reach the model as it stands.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf.h"
#include "conf/file.h"
#include "conf/policy_impl.h"

static int variable_refused(const char *name, const char *text, size_t at, struct err *err)
{
    int line, column;
    json_position(text, strlen(text), at, &line, &column);
    return err_set(err, X_E_INVALID, "%s:%d:%d: only {{language}} can stand in braces", name, line, column);
}

static int prompt_check(const char *name, const char *text, size_t len, struct err *err)
{
    if (!utf8_valid(text, len) || strlen(text) != len)
        return err_set(err, X_E_INVALID, "%s: not UTF-8 text", name);
    if (!text[strspn(text, " \t\r\n")])
        return err_set(err, X_E_INVALID, "%s: empty", name);
    for (const char *at = text; (at = strstr(at, "{{")); at += 2)
        if (strncmp(at, PROMPT_LANGUAGE, strlen(PROMPT_LANGUAGE)) != 0)
            return variable_refused(name, text, (size_t)(at - text), err);
    return 0;
}

static int prompt_add(struct policies *p, struct policy_impl *im, const char *bot, const char *text,
                      struct buf *digests, struct err *err)
{
    char hex[SHA256_HEX];
    if (p->prompt.n == PROMPTS_MAX)
        return err_set(err, X_E_LIMIT, "policies/prompts: more than %d files", PROMPTS_MAX);
    const char *name = arena_strdup(&im->arena, bot);
    if (!name)
        return err_set(err, -ENOMEM, "out of memory");
    sha256_hex(hex, text, strlen(text));
    buf_printf(digests, "%s %s\n", bot, hex);
    p->prompt.at[p->prompt.n++] = (struct policy_prompt){ name, text };
    return 0;
}

/* "support.md" -> "support"; NULL for what is no prompt. */
static char *bot_of(struct policy_impl *im, const char *file)
{
    size_t len = strlen(file);
    if (file[0] == '.' || len < 4 || strcmp(file + len - 3, ".md") != 0)
        return NULL;
    return arena_strndup(&im->arena, file, len - 3);
}

static int prompt_read(struct policies *p, struct policy_impl *im, const char *dir, const char *file,
                       struct buf *digests, struct err *err)
{
    char *text;
    size_t len;
    const char *bot = bot_of(im, file);
    if (!bot)
        return 0;
    const char *path = arena_printf(&im->arena, "%s/%s", dir, file);
    if (!path)
        return err_set(err, -ENOMEM, "out of memory");
    int rc = file_read(&text, &len, NULL, path, PROMPT_FILE_BYTES, &im->arena, err);
    if (rc == 0)
        rc = prompt_check(path, text, len, err);
    if (rc)
        return rc;
    return prompt_add(p, im, bot, text, digests, err);
}

static int folder_read(struct policies *p, struct policy_impl *im, const char *dir, struct buf *digests,
                       struct err *err)
{
    struct dirent **entry = NULL;
    int n = scandir(dir, &entry, NULL, alphasort),
        rc = 0; /* sorted: the version must not depend on the disk */
    if (n < 0)
        return errno == ENOENT ? 0 : err_set(err, -errno, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = prompt_read(p, im, dir, entry[i]->d_name, digests, err);
        free(entry[i]);
    }
    free(entry);
    return rc;
}

int policy_prompts_load(struct policies *p, struct policy_impl *im, const char *dir, struct buf *digests,
                        struct err *err)
{
    const char *folder = dir[0] ? arena_printf(&im->arena, "%s/prompts", dir) : NULL;
    if (dir[0] && !folder)
        return err_set(err, -ENOMEM, "out of memory");
    int rc = folder ? folder_read(p, im, folder, digests, err) : 0;
    if (rc || policies_prompt(p, "default"))
        return rc;
    char *text =
        arena_strndup(&im->arena, policy_text_prompt, (size_t)(policy_text_prompt_end - policy_text_prompt));
    return text ? prompt_add(p, im, "default", text, digests, err) : err_set(err, -ENOMEM, "out of memory");
}

const char *policies_prompt(const struct policies *p, const char *bot)
{
    const char *text = NULL;
    for (size_t i = 0; i < p->prompt.n; i++) {
        if (strcmp(p->prompt.at[i].bot, bot) == 0)
            return p->prompt.at[i].text;
        if (strcmp(p->prompt.at[i].bot, "default") == 0)
            text = p->prompt.at[i].text;
    }
    return text;
}
