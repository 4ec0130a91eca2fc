/* SPDX-License-Identifier: Apache-2.0
 *
 * Inline buttons; what one means is in chat/button.h. Each press is answered, or the person's app would show
 * a clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/json.h"
#include "chat/button.h"

#define VALUE_MAX (128U << 10)
#define ROWS_MAX  4096

static void keep(struct account *a, const char *token, const struct chat_button *means, int64_t for_ms)
{
    struct buf value = BUF_INIT(VALUE_MAX);
    char key[KEY_MAX];
    chat_button_write(&value, means);
    account_key(key, a, "button.%s", token);
    if (!value.failed)
        a->host->state_put(a->host, key, buf_text(&value), clock_wall_ms() + for_ms, NULL, NULL);
    buf_free(&value);
}

const char *buttons_make(struct account *a, int64_t user, const char *what, const char *note, int64_t for_ms,
                         const struct button *button, size_t n, bool in_a_row, struct arena *words)
{
    struct buf rows = BUF_INIT(ROWS_MAX);
    struct jsonw w;
    char token[CHAT_TOKEN + 1], data[TG_CALLBACK_BYTES + 1], owner[24];
    chat_token_new(token);
    jw_begin(&w, &rows);
    jw_arr(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        snprintf(data, sizeof data, "%s:%s", token, button[i].arg);
        if (i == 0 || !in_a_row)
            jw_arr(&w, NULL);
        jw_obj(&w, NULL);
        jw_text(&w, "text", button[i].text);
        jw_text(&w, "callback_data", data);
        jw_end_obj(&w);
        if (i + 1 == n || !in_a_row)
            jw_end_arr(&w);
    }
    jw_end_arr(&w);
    char *out = rows.failed ? NULL : arena_strndup(words, buf_text(&rows), rows.len);
    buf_free(&rows);
    if (!out)
        return "";
    snprintf(owner, sizeof owner, "%lld", (long long)user);
    keep(a, token, &(struct chat_button){ owner, what, note }, for_ms);
    return out;
}

/* ---- a press ---- */

static void answer(struct item *it, enum text what)
{
    struct account *a = it->a;
    struct buf body = BUF_INIT(4096);
    tg_answer_callback(&body, it->u->callback_id, text_in(it->lang, what));
    const struct tg_call call = { .method = "answerCallbackQuery", .body = buf_text(&body) };
    int rc = body.failed || a->closing ? X_E_CLOSED : tg_send(a->sender, &call);
    buf_free(&body);
    if (rc)
        log_warn("telegram.press_unanswered", "bot=%s rc=%s", a->bot, status_name(rc));
}

static void over(struct item *it, enum text what)
{
    answer(it, what);
    batch_done(it);
}

static const char *arg_of(const struct item *it)
{
    return it->u->data + CHAT_TOKEN + 1;
}

static void token_key(char out[KEY_MAX], const struct item *it)
{
    account_key(out, it->a, "button.%.*s", CHAT_TOKEN, it->u->data);
}

/* What it meant has been done: a process that dies before this does it again when it hears the press again.
 */
static void used_up(struct item *it)
{
    char key[KEY_MAX];
    token_key(key, it);
    it->a->host->state_put(it->a->host, key, NULL, 0, NULL, NULL);
}

/* The same when what it asks for is stored. */
static void used_then(struct item *it)
{
    char key[KEY_MAX];
    token_key(key, it);
    it->used = arena_strdup(&it->b->words, key);
}

static void language_chosen(struct item *it)
{
    struct account *a = it->a;
    const struct text_language *l = text_language_of(arg_of(it));
    char key[KEY_MAX];
    if (!l) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    account_key(key, a, "lang.%lld", (long long)it->u->from_id);
    a->host->state_put(a->host, key, l->code, 0, NULL, NULL);
    batch_tell(a, it->u, NULL, l->code);
    used_up(it);
    over(it, TEXT_LANGUAGE_SET);
}

static void forget_confirmed(struct item *it)
{
    answer(it, TEXT_FORGET_YES);
    used_then(it);
    person_tell(it, PERSON_FORGET);
}

/* The question goes in with the token as its key: however often it is pressed, it is asked once. */
static void agreed(struct item *it, const char *note)
{
    struct arena *words = &it->b->words;
    const char *version, *text;
    char *token = arena_strndup(words, it->u->data, CHAT_TOKEN);
    if (!token || !chat_agree_read(note, &version, &text, words)) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    answer(it, TEXT_THANKS);
    used_then(it);
    question_agreed(it, text, version, token);
}

/* ---- feedback ---- */

static void buttons_away(const struct item *it)
{
    struct buf body = BUF_INIT(512);
    tg_edit_buttons(&body, it->u->chat_id, it->u->message_id);
    const struct tg_call call = { .method = "editMessageReplyMarkup",
                                  .body = buf_text(&body),
                                  .chat_id = it->u->chat_id };
    if (!body.failed && !it->a->closing)
        (void)tg_send(it->a->sender, &call); /* full: they stay, and are told to be old */
    buf_free(&body);
}

static void rated(void *ctx, int rc, const char *value X_UNUSED)
{
    struct item *it = ctx;
    struct account *a = it->a;
    if (rc == 0) {
        used_up(it);
        buttons_away(it);
    }
    over(it, rc == 0 ? TEXT_RATED : rc > 0 ? TEXT_BUTTON_OLD : TEXT_TROUBLE);
    account_release(a);
}

static void rate(struct item *it, const char *turn_id)
{
    struct account *a = it->a;
    char user[24];
    snprintf(user, sizeof user, "%lld", (long long)it->u->from_id);
    const struct message who = {
        .channel = CHANNEL, .bot = a->bot, .user = user, .conversation = it->conversation
    };
    account_hold(a);
    a->host->feedback(a->host, turn_id, strcmp(arg_of(it), "up") == 0, &who, rated, it);
}

/* ---- what it means ---- */

static void mean(struct item *it, const char *what, const char *note)
{
    if (strcmp(what, "lang") == 0)
        language_chosen(it);
    else if (strcmp(what, "forget") == 0)
        forget_confirmed(it);
    else if (strcmp(what, "rate") == 0)
        rate(it, note);
    else
        agreed(it, note);
}

static void looked_at(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    struct account *a = it->a;
    struct chat_button means;
    char user[24];
    snprintf(user, sizeof user, "%lld", (long long)it->u->from_id);
    if (rc || !value || !chat_button_read(&means, value, &it->b->words))
        over(it, TEXT_BUTTON_OLD);
    else if (strcmp(means.user, user) != 0)
        over(it, TEXT_BUTTON_NOT_YOURS);
    else
        mean(it, means.what, means.note);
    account_release(a);
}

void button_pressed(struct item *it)
{
    struct account *a = it->a;
    char key[KEY_MAX], token[CHAT_TOKEN + 1];
    const char *word;
    if (!chat_press_read(it->u->data, token, &word) || !it->u->chat_id) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    token_key(key, it);
    account_hold(a);
    a->host->state_get(a->host, key, looked_at, it);
}

void button_denied(struct item *it)
{
    answer(it, TEXT_DENIED);
}
