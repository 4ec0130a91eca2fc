/* SPDX-License-Identifier: Apache-2.0
 *
 * The effective configuration as JSON that parley.json would take (secrets as "***"), and the key
 * table as text for a person. Both walk the table, so no key can be forgotten.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "conf/config_impl.h"

static const char *key_name(const struct config_key *k)
{
    const char *dot = strrchr(k->path, '.');

    return dot ? dot + 1 : k->path;
}

static struct str key_section(const struct config_key *k)
{
    const char *dot = strchr(k->path, '.');

    return (struct str){ k->path, dot ? (size_t)(dot - k->path) : 0 };
}

static void print_list(struct jsonw *w, const char *name, const void *at, const void *count_at)
{
    const char *const *item = at;
    const size_t *n = count_at;

    jw_arr(w, name);
    for (size_t i = 0; i < *n; i++)
        jw_text(w, NULL, item[i]);
    jw_end_arr(w);
}

static void print_choice(struct jsonw *w, const struct config_key *k, const void *at)
{
    struct str rest = str_of(k->choices), part = STR("");
    int index;

    memcpy(&index, at, sizeof index);
    for (int i = 0; i <= index; i++)
        str_cut(&rest, '|', &part);
    jw_textn(w, key_name(k), part.at, part.len);
}

/* The key, masked, and the file it was asked to be read from. */
static void print_secret(struct jsonw *w, const struct config_impl *im, const struct config_key *k,
                         const char *const *at)
{
    char name[CONFIG_PATH_BYTES];

    jw_text(w, key_name(k), **at ? "***" : "");
    (void)snprintf(name, sizeof name, "%s_file", key_name(k));
    for (size_t i = 0; i < im->secrets; i++)
        if (im->secret[i].at == at)
            jw_text(w, name, im->secret[i].file);
}

static void print_key(struct jsonw *w, const struct config_impl *im, const struct config_key *k,
                      const void *base)
{
    const void *at = (const char *)base + k->at;

    switch (k->type) {
    case KEY_INT:
        jw_int(w, key_name(k), *(const int *)at);
        break;
    case KEY_BOOL:
        jw_bool(w, key_name(k), *(const bool *)at);
        break;
    case KEY_CHOICE:
        print_choice(w, k, at);
        break;
    case KEY_LIST:
        print_list(w, key_name(k), at, (const char *)base + k->count_at);
        break;
    case KEY_TEXT:
        if (k->secret)
            print_secret(w, im, k, at);
        else
            jw_text(w, key_name(k), *(const char *const *)at);
        break;
    }
}

/* llm.order as it came out, the built-in provider included, then each provider. */
static void print_llm(struct jsonw *w, const struct config_impl *im)
{
    const struct config *c = im->config;

    jw_arr(w, "order");
    for (size_t i = 0; i < c->llm.n; i++)
        jw_text(w, NULL, c->llm.at[i].name);
    jw_end_arr(w);
    for (size_t i = 0; i < im->used; i++) {
        jw_obj(w, im->use[i]->p.name);
        for (size_t k = 0; k < config_keys_len; k++)
            if (config_keys[k].base == IN_PROVIDER)
                print_key(w, im, &config_keys[k], im->use[i]);
        jw_end_obj(w);
    }
}

/* The section's own keys one by one as everybody's; behind the last of them the named bots. */
static void print_bot(struct jsonw *w, const struct config_impl *im, const struct config_key *k)
{
    const struct config *c = im->config;
    bool last = k + 1 == config_keys + config_keys_len || k[1].base != IN_BOT;

    print_key(w, im, k, &c->telegram.at[0]);
    for (size_t i = 1; i < c->telegram.n && last; i++) {
        jw_obj(w, c->telegram.at[i].name);
        for (size_t n = 0; n < config_keys_len; n++)
            if (config_keys[n].base == IN_BOT)
                print_key(w, im, &config_keys[n], &c->telegram.at[i]);
        jw_end_obj(w);
    }
}

void config_print(const struct config *c, struct buf *out)
{
    const struct config_impl *im = c->impl;
    struct str open = STR("");
    struct jsonw w;

    jw_begin(&w, out);
    jw_obj(&w, NULL);
    for (size_t i = 0; i < config_keys_len; i++) {
        const struct config_key *k = &config_keys[i];
        struct str section = key_section(k);
        char name[CONFIG_PATH_BYTES];

        if (!str_eq(open, section)) {
            if (open.len)
                jw_end_obj(&w);
            (void)snprintf(name, sizeof name, "%.*s", (int)section.len, section.at);
            if (section.len)
                jw_obj(&w, name);
            open = section;
        }
        if (k->base == IN_IMPL)
            print_llm(&w, im);
        else if (k->base == IN_CONFIG)
            print_key(&w, im, k, c);
        else if (k->base == IN_BOT)
            print_bot(&w, im, k);
    }
    if (open.len)
        jw_end_obj(&w);
    jw_end_obj(&w);
}

static void help_type(const struct config_key *k, struct buf *out)
{
    if (k->choices) {
        buf_printf(out, "%s", k->choices);
        return;
    }
    switch (k->type) {
    case KEY_INT:
        buf_printf(out, "%d..%d", k->lo, k->hi);
        break;
    case KEY_BOOL:
        buf_adds(out, "true|false");
        break;
    case KEY_LIST:
        buf_adds(out, "list of text");
        break;
    case KEY_TEXT:
    case KEY_CHOICE:
        buf_adds(out, k->secret ? "secret" : "text");
        break;
    }
}

void config_help(struct buf *out)
{
    char env[CONFIG_PATH_BYTES];

    for (size_t i = 0; i < config_keys_len; i++) {
        const struct config_key *k = &config_keys[i];

        config_env_name(env, k->path);
        buf_printf(out, "%s%s\n    ", k->path, k->secret ? ", ..._file" : "");
        help_type(k, out);
        buf_printf(out, ", default \"%s\", %s\n    %s\n", k->fallback, env, k->help);
    }
    buf_adds(out,
             "A star stands for a provider's name, in a variable in capitals. Times are in milliseconds.\n"
             "telegram.KEY of one more bot is telegram.NAME.KEY.\n"
             "A list is written a,b in a variable or in --set.\n");
}
