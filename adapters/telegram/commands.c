/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that need no turn. In groups a command that is none of ours is for another bot, and passed over.
 */
#include <stdio.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/telegram/inside.h"

#define LANGUAGE_MS         86400000 /* the buttons work a day */
#define FORGET_MS           600000
#define WORDS_MAX           8192
#define COMMANDS_PER_MINUTE 20 /* of one person */

static void say(struct item *it, const char *text, const char *buttons)
{
    const struct place where = post_place_of(it);
    post_tell(it->a, &where, text, buttons);
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
    struct arena words;
    size_t n = 0;
    for (; n < text_languages_len && n < ARRAY_LEN(button); n++)
        button[n] = (struct button){ .text = text_languages[n].name, .arg = text_languages[n].code };
    arena_init(&words, WORDS_MAX);
    say(it, text_in(it->lang, TEXT_LANGUAGE),
        buttons_make(it->a, it->u->from_id, "lang", "", LANGUAGE_MS, button, n, &words));
    arena_wipe(&words);
}

/* "-100:7#2" -> "-100:7#3": what was said before stays with the old name, and is asked for no more. */
static void on_reset(struct item *it)
{
    struct adapter *a = it->a;
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
    struct arena words;
    if (!is_alone(it))
        return;
    arena_init(&words, WORDS_MAX);
    say(it, text_in(it->lang, TEXT_FORGET_ASK),
        buttons_make(it->a, it->u->from_id, "forget", "", FORGET_MS, &yes, 1, &words));
    arena_wipe(&words);
}

static const struct {
    const char *name;
    void (*run)(struct item *it);
} commands[] = {
    { "start", on_start },     { "help", on_help },         { "ask", on_ask },
    { "privacy", on_privacy }, { "language", on_language }, { "reset", on_reset },
    { "usage", on_usage },     { "export", on_export },     { "forget", on_forget },
};

/* What costs nothing to ask for must not cost the chat its pace. */
static bool too_many(const struct item *it)
{
    char key[32];
    int64_t retry;
    snprintf(key, sizeof key, "command %lld", (long long)it->u->from_id);
    return limiter_take(it->a->tells, key, COMMANDS_PER_MINUTE, clock_mono_ms(), &retry) != 0;
}

void command_run(struct item *it)
{
    if (too_many(it))
        return;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, it->u->command) == 0) {
            commands[i].run(it);
            return;
        }
    if (it->u->chat == TG_PRIVATE)
        say(it, text_in(it->lang, TEXT_UNKNOWN), "");
}
