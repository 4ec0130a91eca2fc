/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that need no turn. In groups a command that is none of ours is for another bot, and passed over.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/telegram/inside.h"
#include "base/json.h"
#include "chat/button.h"

static void say(struct item *it, const char *text, const char *buttons)
{
    question_reply(it, text, buttons);
}

static void on_start(struct item *it)
{
    say(it, text_in(it->lang, TEXT_START), "");
}

static void on_help(struct item *it)
{
    say(it, text_in(it->lang, TEXT_HELP), "");
}

static void on_ask(struct item *it)
{
    say(it, text_in(it->lang, TEXT_EMPTY), "");
}

static void on_privacy(struct item *it)
{
    struct snapshot *s = it->a->host->snapshot(it->a->host);
    say(it, s->policies->consent.notice, "");
    snapshot_unref(s);
}

static void on_language(struct item *it)
{
    struct button button[16];
    size_t n = 0;
    for (; n < text_languages_len && n < ARRAY_LEN(button); n++)
        button[n] = (struct button){ .text = text_languages[n].name, .arg = text_languages[n].code };
    say(it, text_in(it->lang, TEXT_LANGUAGE),
        buttons_make(it->a, it->u->from_id, "lang", "", CHAT_CHOOSE_MS, button, n, false, &it->b->words));
}

/* "-100:7#2" -> "-100:7#3": what was said before stays with the old name, and is asked for no more. */
static void on_reset(struct item *it)
{
    struct account *a = it->a;
    const struct tg_update *u = it->u;
    char key[KEY_MAX], name[KEY_MAX];
    const char *mark = strchr(it->conversation, '#');
    int64_t n = 0;
    if (mark)
        str_int(str_of(mark + 1), 0, INT64_MAX - 1, &n);
    snprintf(name, sizeof name, "%.*s#%lld", (int)strcspn(it->conversation, "#"), it->conversation,
             (long long)n + 1);
    batch_conversation_key(key, a, u->chat_id, u->thread_id);
    a->host->state_put(a->host, key, name, 0, NULL, NULL);
    batch_tell(a, u, name, NULL);
    say(it, text_in(it->lang, TEXT_RESET), "");
}

static void on_usage(struct item *it)
{
    person_tell(it, PERSON_USAGE);
}

/* A group's conversation is not one person's to take or to end. */
static bool is_alone(struct item *it)
{
    if (it->u->chat != TG_PRIVATE)
        say(it, text_in(it->lang, TEXT_UNKNOWN), "");
    return it->u->chat == TG_PRIVATE;
}

static void on_export(struct item *it)
{
    if (is_alone(it))
        person_tell(it, PERSON_EXPORT);
}

static void on_forget(struct item *it)
{
    const struct button yes = { .text = text_in(it->lang, TEXT_FORGET_YES), .arg = "yes" };
    if (is_alone(it))
        say(it, text_in(it->lang, TEXT_FORGET_ASK),
            buttons_make(it->a, it->u->from_id, "forget", "", CHAT_FORGET_MS, &yes, 1, false, &it->b->words));
}

/* For the operator, in the operator's words: what /api/health says. */
static void on_status(struct item *it)
{
    struct buf json = BUF_INIT(1U << 18), text = BUF_INIT(1U << 16);
    const cJSON *c;
    cJSON *o = NULL;
    it->a->host->health(it->a->host, &json);
    if (json.failed || json_parse(&o, buf_text(&json), json.len, NULL))
        buf_adds(&text, text_in(it->lang, TEXT_TROUBLE));
    buf_printf(&text, "parley %s: %s", json_text(o, "version", ""), json_text(o, "status", ""));
    cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(o, "components"))
    {
        buf_printf(&text, "\n%s: %s", json_text(c, "name", ""), json_text(c, "status", ""));
        if (json_text(c, "detail", "")[0])
            buf_printf(&text, " (%s)", json_text(c, "detail", ""));
    }
    say(it, buf_text(&text), "");
    cJSON_Delete(o);
    buf_free(&json);
    buf_free(&text);
}

static const struct command {
    const char *name;
    void (*run)(struct item *it);
    bool of_admins; /* and with the bot alone: others are told that there is no such command */
} commands[] = {
    { "start", on_start, false },        { "help", on_help, false },         { "ask", on_ask, false },
    { "privacy", on_privacy, false },    { "language", on_language, false }, { "reset", on_reset, false },
    { "usage", on_usage, false },        { "export", on_export, false },     { "forget", on_forget, false },
    { "approve", access_approve, true }, { "revoke", access_revoke, true },  { "status", on_status, true },
};

static bool may(const struct item *it, const struct command *c)
{
    return !c->of_admins || (it->u->chat == TG_PRIVATE && admit_is_admin(it->u, &it->a->lists));
}

void command_run(struct item *it)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, it->u->command) == 0 && may(it, &commands[i])) {
            commands[i].run(it);
            return;
        }
    if (it->u->chat == TG_PRIVATE)
        say(it, text_in(it->lang, TEXT_UNKNOWN), "");
    else
        batch_done(it);
}
