/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands: a table of what Discord is told, and what each does. They are registered when their hash is
 * not the one in `state`, and never taken away at a stop: that would cost creations, of which there are 200 a
 * day, and people their menus. Names and descriptions come in each language that we speak.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/discord/inside.h"
#include "base/hash.h"
#include "base/json.h"
#include "chat/button.h"

#define BODY_MAX      (256U << 10)
#define LANGUAGES_MAX 16
#define CONTEXT       "Ask about this"

/* How Discord spells a language of ours. */
static const char *locale_name(const char *code)
{
    static const char *const name[][2] = { { "en", "en-US" }, { "es", "es-ES" }, { "pt", "pt-BR" } };
    for (size_t i = 0; i < ARRAY_LEN(name); i++)
        if (strcmp(name[i][0], code) == 0)
            return name[i][1];
    return code;
}

/* ---- what they do ---- */

static void on_help(struct event *e)
{
    dc_interact_say(e, text_in(e->lang, TEXT_HELP), "");
}

static void on_privacy(struct event *e)
{
    dc_interact_say(e, e->a->snap->policies->consent.notice, "");
}

static void on_language(struct event *e)
{
    const struct dc_option *to = dc_option_of(e->interaction, "to");
    const struct text_language *l = to ? text_language_of(to->text) : NULL;
    char key[KEY_MAX];
    if (!l) {
        dc_interact_say(e, text_in(e->lang, TEXT_LANGUAGE), dc_person_languages(e));
        return;
    }
    dc_key(key, "lang.%s", dc_event_user(e));
    e->a->host->state_put(e->a->host, key, l->code, 0, NULL, NULL);
    dc_interact_say(e, text_in(l->code, TEXT_LANGUAGE_SET), "");
}

/* "500#2" -> "500#3": what was said before stays with the old name, and is asked for no more. */
static void on_reset(struct event *e)
{
    struct adapter *a = e->a;
    char key[KEY_MAX], name[KEY_MAX];
    const char *mark = e->conversation ? strchr(e->conversation, '#') : NULL;
    int64_t n = 0;
    if (mark)
        str_int(str_of(mark + 1), 0, INT64_MAX - 1, &n);
    snprintf(name, sizeof name, "%.*s#%lld", (int)strcspn(e->conversation, "#"), e->conversation,
             (long long)n + 1);
    dc_event_conversation_key(key, e);
    a->host->state_put(a->host, key, name, 0, NULL, NULL);
    dc_interact_say(e, text_in(e->lang, TEXT_RESET), "");
}

static void on_usage(struct event *e)
{
    dc_person_tell(e, PERSON_USAGE);
}

/* A server's conversation is not one person's to take or to end. */
static bool is_alone(struct event *e)
{
    if (e->interaction->guild_id[0])
        dc_interact_say(e, text_in(e->lang, TEXT_UNKNOWN), "");
    return !e->interaction->guild_id[0];
}

static void on_export(struct event *e)
{
    if (is_alone(e))
        dc_person_tell(e, PERSON_EXPORT);
}

static void on_forget(struct event *e)
{
    const struct choice yes = { text_in(e->lang, TEXT_FORGET_YES), "forget", DC_DANGER };
    if (is_alone(e))
        dc_interact_say(
            e, text_in(e->lang, TEXT_FORGET_ASK),
            dc_person_buttons(e->a, dc_event_user(e), "forget", "", CHAT_FORGET_MS, &yes, 1, &e->words));
}

static void say_status(struct event *e, struct buf *text)
{
    struct buf json = BUF_INIT(BODY_MAX);
    const cJSON *c;
    cJSON *o = NULL;
    e->a->host->health(e->a->host, &json);
    if (json.failed || json_parse(&o, buf_text(&json), json.len, NULL))
        o = NULL;
    buf_printf(text, "parley %s: %s", json_text(o, "version", ""), json_text(o, "status", ""));
    cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(o, "components"))
    {
        buf_printf(text, "\n%s: %s", json_text(c, "name", ""), json_text(c, "status", ""));
        if (json_text(c, "detail", "")[0])
            buf_printf(text, " (%.100s)", json_text(c, "detail", ""));
    }
    cJSON_Delete(o);
    buf_free(&json);
}

static void say_policy(struct event *e, struct buf *text)
{
    const struct lists *l = &e->a->lists;
    struct snapshot *s = e->a->host->snapshot(e->a->host);
    buf_printf(
        text, "policies %s\nconsent %s\nservers %zu, channels %zu, roles %zu, denied %zu, direct messages %s",
        policies_version(s->policies), s->policies->consent.version, l->guilds, l->channels, l->roles,
        l->denies, l->direct_messages ? "yes" : "no");
    snapshot_unref(s);
}

/* Discord shows it to those who may manage the server; whoever may is looked at here too. */
static void on_parley(struct event *e)
{
    struct buf text = BUF_INIT(DC_CONTENT_MAX);
    if (!(e->interaction->permissions & (DC_PERMISSION_ADMINISTRATOR | DC_PERMISSION_MANAGE_GUILD))) {
        dc_interact_say(e, text_in(e->lang, TEXT_DENIED), "");
        return;
    }
    if (strcmp(e->interaction->sub, "policy") == 0)
        say_policy(e, &text);
    else
        say_status(e, &text);
    dc_interact_say(e, text.failed ? text_in(e->lang, TEXT_TROUBLE) : buf_text(&text), "");
    buf_free(&text);
}

static const struct command {
    const char *name;
    void (*run)(struct event *e);
} commands[] = {
    { "help", on_help },   { "privacy", on_privacy }, { "language", on_language }, { "reset", on_reset },
    { "usage", on_usage }, { "export", on_export },   { "forget", on_forget },     { "parley", on_parley },
};

bool dc_command_is_ask(const struct dc_interaction *i)
{
    return i->command_type == DC_MESSAGE_COMMAND || strcmp(i->command, "ask") == 0;
}

static bool str_ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

bool dc_command_is_private(const struct dc_interaction *i)
{
    const struct dc_option *private = dc_option_of(i, "private");
    if (i->type == DC_COMPONENT)
        return str_ends(i->custom_id, ":private");
    return i->type == DC_COMMAND && private && private->yes;
}

bool dc_command_run(struct event *e)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, e->interaction->command) == 0) {
            commands[i].run(e);
            return true;
        }
    return false;
}

/* Languages whose name or code begins with what was typed. */
void dc_command_choices(struct event *e, struct buf *out)
{
    struct dc_choice choice[LANGUAGES_MAX];
    const struct dc_option *typed = dc_option_of(e->interaction, "to");
    const char *text = typed ? typed->text : "";
    size_t n = 0;
    for (size_t i = 0; i < text_languages_len && n < LANGUAGES_MAX; i++) {
        const struct text_language *l = &text_languages[i];
        if (strncasecmp(l->name, text, strlen(text)) == 0 || strncasecmp(l->code, text, strlen(text)) == 0)
            choice[n++] = (struct dc_choice){ l->name, l->code };
    }
    dc_choices(out, choice, n);
}

/* ---- what Discord is told ---- */

struct naming { /* of one command, in each language but the first */
    const char *name;
    enum text text;
    const char *local[6]; /* de es fr it pt ru */
};

static const struct naming namings[] = {
    { "ask", TEXT_MENU_ASK, { "fragen", "preguntar", "demander", "chiedi", "perguntar", "спросить" } },
    { "help", TEXT_MENU_HELP, { "hilfe", "ayuda", "aide", "aiuto", "ajuda", "помощь" } },
    { "language", TEXT_MENU_LANGUAGE, { "sprache", "idioma", "langue", "lingua", "idioma", "язык" } },
    { "privacy",
      TEXT_MENU_PRIVACY,
      { "datenschutz", "privacidad", "confidentialité", "privacy", "privacidade", "приватность" } },
    { "reset", TEXT_MENU_RESET, { "neu", "reiniciar", "recommencer", "ricomincia", "reiniciar", "заново" } },
    { "usage", TEXT_MENU_USAGE, { "verbrauch", "uso", "utilisation", "utilizzo", "uso", "расход" } },
    { "export", TEXT_MENU_EXPORT, { "export", "exportar", "exporter", "esporta", "exportar", "экспорт" } },
    { "forget", TEXT_MENU_FORGET, { "vergessen", "olvidar", "oublier", "dimentica", "esquecer", "забыть" } },
};

static struct dc_label label_of(const struct naming *n, struct dc_local local[6])
{
    for (size_t i = 0; i < 6 && i + 1 < text_languages_len; i++)
        local[i] = (struct dc_local){ .locale = locale_name(text_languages[i + 1].code),
                                      .name = n->local[i],
                                      .description = text_languages[i + 1].text[n->text] };
    return (struct dc_label){ .name = n->name,
                              .description = text_in("en", n->text),
                              .local = local,
                              .locals = text_languages_len > 7 ? 6 : text_languages_len - 1 };
}

static const struct dc_option_def ask_options[] = {
    { .label = { .name = "question", .description = "What you want to know" },
      .type = DC_STRING,
      .required = true },
    { .label = { .name = "private", .description = "Only you see the answer" }, .type = DC_BOOLEAN },
};
static const struct dc_option_def language_options[] = {
    { .label = { .name = "to", .description = "The language I answer in" },
      .type = DC_STRING,
      .autocomplete = true },
};
static const struct dc_option_def parley_options[] = {
    { .label = { .name = "status", .description = "How the bot is" }, .type = DC_SUB_COMMAND },
    { .label = { .name = "policy", .description = "Which rules it keeps to" }, .type = DC_SUB_COMMAND },
};

static int table_write(struct adapter *a, struct buf *out, struct err *err)
{
    const unsigned everywhere =
        DC_IN(DC_CONTEXT_GUILD) | DC_IN(DC_CONTEXT_BOT_DM) | DC_IN(DC_CONTEXT_PRIVATE);
    struct dc_command_def def[ARRAY_LEN(namings) + 2];
    struct dc_local local[ARRAY_LEN(namings)][6];
    size_t n = 0;
    for (; n < ARRAY_LEN(namings); n++) {
        bool ask = n == 0, language = strcmp(namings[n].name, "language") == 0;
        def[n] = (struct dc_command_def){ .label = label_of(&namings[n], local[n]),
                                          .type = DC_CHAT_COMMAND,
                                          .permissions = DC_EVERYBODY,
                                          .contexts = everywhere,
                                          .installs = DC_INSTALL_GUILD | DC_INSTALL_USER,
                                          .option = ask        ? ask_options
                                                    : language ? language_options
                                                               : NULL,
                                          .options = ask        ? 2
                                                     : language ? 1
                                                                : 0 };
    }
    def[n++] = (struct dc_command_def){ .label = { .name = "parley", .description = "About this bot" },
                                        .type = DC_CHAT_COMMAND,
                                        .permissions = DC_PERMISSION_MANAGE_GUILD,
                                        .contexts = DC_IN(DC_CONTEXT_GUILD),
                                        .installs = DC_INSTALL_GUILD,
                                        .option = parley_options,
                                        .options = ARRAY_LEN(parley_options) };
    def[n++] = (struct dc_command_def){ .label = { .name = CONTEXT, .description = "" },
                                        .type = DC_MESSAGE_COMMAND,
                                        .permissions = DC_EVERYBODY,
                                        .contexts = everywhere,
                                        .installs = DC_INSTALL_GUILD | DC_INSTALL_USER };
    return dc_commands(out, def, n, a->dev_guild[0] != '\0', err);
}

static void on_put(void *ctx, const struct dc_reply *reply, bool maybe X_UNUSED)
{
    struct adapter *a = ctx;
    char key[KEY_MAX];
    if (reply->end == DC_OK && !a->closing) {
        dc_key(key, "commands%s", a->dev_guild);
        a->host->state_put(a->host, key, a->commands_hash, 0, NULL, NULL);
        log_info("discord.commands_set", "guild=%s", a->dev_guild[0] ? a->dev_guild : "all");
    } else if (!a->closing) {
        a->commands_sent = false;
        log_warn("discord.commands_not_set", "detail=\"%s\"", reply->detail);
    }
    dc_release(a);
}

static void put(struct adapter *a, const char *body)
{
    bool guild = a->dev_guild[0] != '\0';
    const struct dc_request q = { .call = guild ? DC_CALL_PUT_GUILD_COMMANDS : DC_CALL_PUT_COMMANDS,
                                  .a = a->me.application_id,
                                  .b = guild ? a->dev_guild : NULL,
                                  .body = body,
                                  .repeatable = true,
                                  .done = on_put,
                                  .ctx = a };
    dc_hold(a);
    if (dc_rest_send(a->rest, &q))
        dc_release(a);
}

static void on_hash(void *ctx, int rc, const char *value)
{
    struct adapter *a = ctx;
    struct buf body = BUF_INIT(BODY_MAX);
    struct err err = { "" };
    if (rc == 0 && !a->closing && (!value || strcmp(value, a->commands_hash) != 0)) {
        if (table_write(a, &body, &err) == 0 && !body.failed)
            put(a, buf_text(&body));
    }
    buf_free(&body);
    dc_release(a);
}

void dc_command_sync(struct adapter *a)
{
    struct buf body = BUF_INIT(BODY_MAX);
    struct err err = { "" };
    char key[KEY_MAX];
    if (a->commands_sent || !a->me.application_id[0])
        return;
    if (table_write(a, &body, &err) || body.failed) {
        log_error("discord.commands_bad", "err=\"%s\"", err.text);
    } else {
        a->commands_sent = true;
        sha256_hex(a->commands_hash, buf_text(&body), body.len);
        dc_key(key, "commands%s", a->dev_guild);
        dc_hold(a);
        a->host->state_get(a->host, key, on_hash, a);
    }
    buf_free(&body);
}
