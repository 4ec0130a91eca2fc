/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody asks about themselves, and buttons and menus (chat/button.h says what one means). A custom_id
 * is "token:word"; the word says, before anything is looked up, whether the first answer is one that all see
 * ("agree"), one that only this person sees, or none ("up", "down": feedback changes the message it is
 * under).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>

#include "adapters/discord/inside.h"
#include "base/utf.h"
#include "chat/about.h"
#include "chat/button.h"

#define LANGUAGES_MAX 16

/* ---- about themselves ---- */

struct asked {
    struct event *event;
    enum person_what what;
};

/* One message: of an export the newest that fits. */
static void told(void *ctx, int rc, const char *json)
{
    struct asked *q = ctx;
    struct event *e = q->event;
    struct buf out = BUF_INIT(4U << 20);
    chat_about(&out, e->lang, q->what, rc, json);
    const char *text = buf_text(&out);
    size_t units = utf16_count(text, out.len);
    while (units > DC_CONTENT_MAX && *text) {
        size_t pos = 0;
        uint32_t cp = utf8_next(text, strlen(text), &pos);
        units -= cp >= 0x10000 ? 2 : 1;
        text += pos;
    }
    if (!e->a->closing)
        dc_interact_say(e, text, "");
    buf_free(&out);
    dc_event_let_go(e);
    free(q);
}

static struct message who(const struct event *e)
{
    return (struct message){ .channel = CHANNEL,
                             .bot = BOT,
                             .user = dc_event_user(e),
                             .conversation = e->conversation ? e->conversation : "" };
}

void dc_person_tell(struct event *e, enum person_what what)
{
    struct asked *q = calloc(1, sizeof *q);
    const struct message me = who(e);
    if (!q) {
        dc_interact_say(e, text_in(e->lang, TEXT_TROUBLE), "");
        return;
    }
    *q = (struct asked){ e, what };
    dc_event_hold(e);
    e->a->host->person(e->a->host, what, &me, told, q);
}

/* ---- making ---- */

static void keep(struct adapter *a, const char *token, const struct chat_button *means, int64_t for_ms)
{
    struct buf value = BUF_INIT(PAYLOAD_MAX);
    char key[KEY_MAX];
    chat_button_write(&value, means);
    dc_key(key, "button.%s", token);
    if (!value.failed)
        a->host->state_put(a->host, key, buf_text(&value), clock_wall_ms() + for_ms, NULL, NULL);
    buf_free(&value);
}

const char *dc_person_buttons(struct adapter *a, const char *user, const char *what, const char *note,
                              int64_t for_ms, const struct choice *choice, size_t n, struct arena *words)
{
    struct dc_button button[5];
    char token[CHAT_TOKEN + 1];
    struct buf out = BUF_INIT(8192);
    n = n < ARRAY_LEN(button) ? n : ARRAY_LEN(button);
    chat_token_new(token);
    for (size_t i = 0; i < n; i++)
        button[i] = (struct dc_button){ .label = choice[i].label,
                                        .custom_id = arena_printf(words, "%s:%s", token, choice[i].word),
                                        .style = choice[i].style };
    dc_buttons(&out, button, words->failed ? 0 : n);
    const char *text = out.failed ? NULL : arena_strndup(words, buf_text(&out), out.len);
    buf_free(&out);
    if (!text)
        return "";
    keep(a, token, &(struct chat_button){ user, what, note }, for_ms);
    return text;
}

const char *dc_person_languages(struct event *e)
{
    struct dc_choice choice[LANGUAGES_MAX];
    char token[CHAT_TOKEN + 1];
    struct buf out = BUF_INIT(16384);
    size_t n = 0;
    for (; n < text_languages_len && n < LANGUAGES_MAX; n++)
        choice[n] = (struct dc_choice){ text_languages[n].name, text_languages[n].code };
    chat_token_new(token);
    const char *id = arena_printf(&e->words, "%s:lang", token);
    if (id)
        dc_select(&out, id, choice, n, e->lang);
    const char *text = out.failed || !id ? NULL : arena_strndup(&e->words, buf_text(&out), out.len);
    buf_free(&out);
    if (!text)
        return "";
    keep(e->a, token, &(struct chat_button){ dc_event_user(e), "lang", "" }, CHAT_CHOOSE_MS);
    return text;
}

/* ---- pressing ---- */

static const char *word_of(const struct dc_interaction *i)
{
    char token[CHAT_TOKEN + 1];
    const char *word;
    return chat_press_read(i->custom_id, token, &word) ? word : "";
}

bool dc_person_press_is_quiet(const struct dc_interaction *i)
{
    const char *word = word_of(i);
    return strcmp(word, "up") == 0 || strcmp(word, "down") == 0;
}

bool dc_person_press_is_turn(const struct dc_interaction *i)
{
    const char *word = word_of(i);
    return strcmp(word, "agree") == 0 || strcmp(word, "private") == 0;
}

bool dc_person_press_is_private(const struct dc_interaction *i)
{
    return strcmp(word_of(i), "agree") != 0;
}

static void token_key(char out[KEY_MAX], const struct event *e)
{
    dc_key(out, "button.%.*s", CHAT_TOKEN, e->interaction->custom_id);
}

static void used_then(struct event *e)
{
    char key[KEY_MAX];
    token_key(key, e);
    e->used = arena_strdup(&e->words, key);
}

static void agreed(struct event *e, const char *note)
{
    const char *version, *text;
    char once[KEY_MAX];
    if (!chat_agree_read(note, &version, &text, &e->words)) {
        dc_interact_say(e, text_in(e->lang, TEXT_BUTTON_OLD), "");
        return;
    }
    snprintf(once, sizeof once, "agreed %.*s", CHAT_TOKEN, e->interaction->custom_id);
    used_then(e);
    dc_question_ask(e, text, version, once);
}

static void language_chosen(struct event *e)
{
    const struct dc_interaction *i = e->interaction;
    const struct text_language *l = i->values ? text_language_of(i->value[0]) : NULL;
    char key[KEY_MAX];
    if (!l) {
        dc_interact_say(e, text_in(e->lang, TEXT_BUTTON_OLD), "");
        return;
    }
    dc_key(key, "lang.%s", dc_event_user(e));
    e->a->host->state_put(e->a->host, key, l->code, 0, NULL, NULL);
    used_then(e);
    dc_interact_say(e, text_in(l->code, TEXT_LANGUAGE_SET), "");
}

static void rated(void *ctx, int rc, const char *value X_UNUSED)
{
    struct event *e = ctx;
    if (rc == 0) {
        used_then(e);
        dc_interact_buttons_away(e);
    }
    if (!e->a->closing)
        dc_interact_say(e,
                        text_in(e->lang, rc == 0  ? TEXT_RATED
                                         : rc > 0 ? TEXT_BUTTON_OLD
                                                  : TEXT_TROUBLE),
                        "");
    dc_event_let_go(e);
}

static void rate(struct event *e, const char *turn_id)
{
    const struct message me = who(e);
    dc_event_hold(e);
    e->a->host->feedback(e->a->host, turn_id, strcmp(word_of(e->interaction), "up") == 0, &me, rated, e);
}

static void mean(struct event *e, const struct chat_button *b)
{
    if (strcmp(b->what, "rate") == 0) {
        rate(e, b->note);
    } else if (strcmp(b->what, "agree") == 0) {
        agreed(e, b->note);
    } else if (strcmp(b->what, "lang") == 0) {
        language_chosen(e);
    } else {
        used_then(e);
        dc_person_tell(e, PERSON_FORGET);
    }
}

static void looked_at(void *ctx, int rc, const char *value)
{
    struct event *e = ctx;
    struct chat_button means;
    if (e->a->closing)
        dc_event_let_go(e);
    else {
        if (rc || !value || !chat_button_read(&means, value, &e->words))
            dc_interact_say(e, text_in(e->lang, TEXT_BUTTON_OLD), "");
        else if (strcmp(means.user, dc_event_user(e)) != 0)
            dc_interact_say(e, text_in(e->lang, TEXT_BUTTON_NOT_YOURS), "");
        else
            mean(e, &means);
        dc_event_let_go(e);
    }
}

void dc_person_pressed(struct event *e)
{
    char key[KEY_MAX];
    if (!word_of(e->interaction)[0]) {
        dc_interact_say(e, text_in(e->lang, TEXT_BUTTON_OLD), "");
        return;
    }
    token_key(key, e);
    dc_event_hold(e);
    e->a->host->state_get(e->a->host, key, looked_at, e);
}
