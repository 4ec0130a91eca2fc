/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of our commands. One mistake in it and Discord refuses the whole list, in a deployment and not in
 * a test; so every limit is looked at here first and the sentence names the command (Discord, Application
 * Commands). Of localised texts the longest counts towards the sum.
 */
#include "adapters/discord/wire_rest.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/utf.h"

#define NAME_MAX_CHARS   32
#define WORDS_MAX_CHARS  100 /* of a description, the name of a choice and its value */
#define SUM_MAX_CHARS    8000
#define CHAT_MAX         100 /* commands of a type */
#define MENU_MAX         15
#define CHOICES_MAX      25
#define OPTIONS_MAX      25
#define PERMISSIONS_BITS (INT64_C(1) << 53) /* that a number of the body holds */

struct check {
    const char *command; /* for the sentence */
    size_t sum;
    struct err *err;
};

static size_t chars(const char *text)
{
    return utf16_count(text, strlen(text));
}

/* ---- is it allowed ---- */

static int wrong(struct check *c, int code, const char *what, const char *which)
{
    return err_set(c->err, code, "command \"%s\": %s \"%.40s\"", c->command, what, which);
}

/* Lower case letters and digits of any script, '-', '_' and '\''. */
static bool is_plain_name(const char *name)
{
    size_t len = strlen(name);

    for (size_t pos = 0; pos < len;) {
        uint32_t cp = utf8_next(name, len, &pos);

        if (cp == '-' || cp == '_' || cp == '\'')
            continue;
        if (!utf_is_word(cp) || utf_lower(cp) != cp)
            return false;
    }
    return true;
}

static int check_name(struct check *c, const char *name, bool plain, size_t max)
{
    if (!name[0])
        return wrong(c, X_E_INVALID, "a name is empty near", c->command);
    if (chars(name) > max)
        return wrong(c, X_E_LIMIT, "too long a name:", name);
    if (!utf8_valid(name, strlen(name)) || (plain && !is_plain_name(name)))
        return wrong(c, X_E_INVALID, "letters that a name may not have:", name);
    return 0;
}

static int check_description(struct check *c, const struct dc_label *l, const char *text, bool described)
{
    if (described != (text[0] != '\0'))
        return wrong(c, X_E_INVALID, described ? "no description of" : "no description belongs to", l->name);
    if (chars(text) > WORDS_MAX_CHARS)
        return wrong(c, X_E_LIMIT, "too long a description of", l->name);
    return 0;
}

enum label_kind { LABEL_CHAT, LABEL_MENU, LABEL_CHOICE };

static size_t longest(const struct dc_label *l, bool description)
{
    size_t most = chars(description ? l->description : l->name);

    for (size_t i = 0; i < l->locals; i++) {
        size_t n = chars(description ? l->local[i].description : l->local[i].name);

        most = n > most ? n : most;
    }
    return most;
}

static int check_label(struct check *c, const struct dc_label *l, enum label_kind kind)
{
    size_t max = kind == LABEL_CHOICE ? WORDS_MAX_CHARS : NAME_MAX_CHARS;
    int rc = check_name(c, l->name, kind == LABEL_CHAT, max);

    if (!rc)
        rc = check_description(c, l, l->description, kind == LABEL_CHAT);
    for (size_t i = 0; i < l->locals && !rc; i++) {
        const struct dc_local *local = &l->local[i];

        if (local->name[0])
            rc = check_name(c, local->name, kind == LABEL_CHAT, max);
        if (!rc && local->description[0])
            rc = check_description(c, l, local->description, kind == LABEL_CHAT);
    }
    c->sum += longest(l, false) + longest(l, true);
    return rc;
}

static int check_choices(struct check *c, const struct dc_option_def *o)
{
    int rc = 0;

    if (o->choices > CHOICES_MAX)
        return wrong(c, X_E_LIMIT, "too many choices of", o->label.name);
    if (o->choices && (o->autocomplete || o->type != DC_STRING))
        return wrong(c, X_E_INVALID, "no choices belong to", o->label.name);
    for (size_t i = 0; i < o->choices && !rc; i++) {
        rc = check_label(c, &o->choice[i].label, LABEL_CHOICE);
        if (!rc && chars(o->choice[i].value) > WORDS_MAX_CHARS)
            rc = wrong(c, X_E_LIMIT, "too long a choice of", o->label.name);
        c->sum += chars(o->choice[i].value);
    }
    return rc;
}

static bool is_path(enum dc_option_type type)
{
    return type == DC_SUB_COMMAND || type == DC_SUB_GROUP;
}

/* Options of a command (depth 0), of a sub-command or of a group. */
static int check_options(struct check *c, const struct dc_option_def *option, size_t n, int depth)
{
    bool optional = false;
    int rc = n > OPTIONS_MAX ? wrong(c, X_E_LIMIT, "too many options, the first is", option->label.name) : 0;

    for (size_t i = 0; i < n && !rc; i++) {
        const struct dc_option_def *o = &option[i];

        rc = check_label(c, &o->label, LABEL_CHAT);
        if (!rc && o->required && optional)
            rc = wrong(c, X_E_INVALID, "required, but behind one that is not:", o->label.name);
        if (!rc && !is_path(o->type) && o->options)
            rc = wrong(c, X_E_INVALID, "no options belong to", o->label.name);
        if (!rc && is_path(o->type) && depth > (o->type == DC_SUB_COMMAND))
            rc = wrong(c, X_E_INVALID, "too deep:", o->label.name);
        if (!rc)
            rc = check_choices(c, o);
        if (!rc)
            rc = check_options(c, o->option, o->options, depth + (o->type == DC_SUB_GROUP ? 1 : 2));
        optional = !o->required;
    }
    return rc;
}

static int check_command(const struct dc_command_def *d, struct err *err)
{
    struct check c = { .command = d->label.name, .err = err };
    bool chat = d->type == DC_CHAT_COMMAND;
    int rc = check_label(&c, &d->label, chat ? LABEL_CHAT : LABEL_MENU);

    if (!rc && !chat && d->options)
        rc = wrong(&c, X_E_INVALID, "a menu has no options:", d->label.name);
    if (!rc && d->permissions > PERMISSIONS_BITS)
        rc = wrong(&c, X_E_LIMIT, "permissions out of range of", d->label.name);
    if (!rc)
        rc = check_options(&c, d->option, d->options, 0);
    if (!rc && c.sum > SUM_MAX_CHARS)
        rc = wrong(&c, X_E_LIMIT, "more than 8000 characters in all of", d->label.name);
    return rc;
}

static int check_list(const struct dc_command_def *command, size_t n, struct err *err)
{
    size_t count[DC_MESSAGE_COMMAND + 1] = { 0 };

    for (size_t i = 0; i < n; i++) {
        int rc = check_command(&command[i], err);

        if (rc)
            return rc;
        for (size_t j = 0; j < i; j++)
            if (command[j].type == command[i].type && !strcmp(command[j].label.name, command[i].label.name))
                return err_set(err, X_E_INVALID, "command \"%s\" is there twice", command[i].label.name);
        if (++count[command[i].type] > (command[i].type == DC_CHAT_COMMAND ? CHAT_MAX : MENU_MAX))
            return err_set(err, X_E_LIMIT, "command \"%s\" is one too many", command[i].label.name);
    }
    return 0;
}

/* ---- as JSON ---- */

static void put_locals(struct jsonw *w, const char *key, const struct dc_label *l, bool description)
{
    size_t n = 0;

    for (size_t i = 0; i < l->locals; i++) {
        const char *text = description ? l->local[i].description : l->local[i].name;

        if (!text[0])
            continue;
        if (n++ == 0)
            jw_obj(w, key);
        jw_text(w, l->local[i].locale, text);
    }
    if (n > 0)
        jw_end_obj(w);
}

static void put_label(struct jsonw *w, const struct dc_label *l)
{
    jw_text(w, "name", l->name);
    put_locals(w, "name_localizations", l, false);
    if (l->description[0])
        jw_text(w, "description", l->description);
    put_locals(w, "description_localizations", l, true);
}

static void put_choices(struct jsonw *w, const struct dc_option_def *o)
{
    jw_arr(w, "choices");
    for (size_t i = 0; i < o->choices; i++) {
        jw_obj(w, NULL);
        put_label(w, &o->choice[i].label);
        jw_text(w, "value", o->choice[i].value);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void put_options(struct jsonw *w, const struct dc_option_def *option, size_t n)
{
    jw_arr(w, "options");
    for (size_t i = 0; i < n; i++) {
        const struct dc_option_def *o = &option[i];

        jw_obj(w, NULL);
        jw_int(w, "type", o->type);
        put_label(w, &o->label);
        if (o->required)
            jw_bool(w, "required", true);
        if (o->autocomplete)
            jw_bool(w, "autocomplete", true);
        if (o->length_max)
            jw_int(w, "max_length", o->length_max);
        if (o->choices)
            put_choices(w, o);
        if (o->options)
            put_options(w, o->option, o->options);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void put_bits(struct jsonw *w, const char *key, unsigned bits)
{
    jw_arr(w, key);
    for (int bit = 0; bit < 8; bit++)
        if (bits >> bit & 1)
            jw_int(w, NULL, bit);
    jw_end_arr(w);
}

/* Permissions: the reference says a string, the OpenAPI document a number; Discord takes both. */
static void put_command(struct jsonw *w, const struct dc_command_def *d, bool guild)
{
    jw_obj(w, NULL);
    jw_int(w, "type", d->type);
    put_label(w, &d->label);
    if (d->options)
        put_options(w, d->option, d->options);
    if (d->permissions >= 0)
        jw_int(w, "default_member_permissions", d->permissions);
    if (d->contexts && !guild)
        put_bits(w, "contexts", d->contexts);
    if (d->installs && !guild)
        put_bits(w, "integration_types", d->installs);
    jw_end_obj(w);
}

int dc_commands(struct buf *out, const struct dc_command_def *command, size_t n, bool guild, struct err *err)
{
    struct jsonw w;
    int rc = check_list(command, n, err);

    if (rc)
        return rc;
    jw_begin(&w, out);
    jw_arr(&w, NULL);
    for (size_t i = 0; i < n; i++)
        put_command(&w, &command[i], guild);
    jw_end_arr(&w);
    return out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}
