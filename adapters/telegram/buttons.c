/* SPDX-License-Identifier: Apache-2.0
 *
 * Inline buttons. What one means stays here, in the store, under a random token; the button carries the token
 * and one word. A token works once, for the person it was made for, and not for ever. Each press is answered,
 * or the person's app would show a clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <parley/clock.h>
#include <parley/log.h>

#include "adapters/telegram/inside.h"
#include "base/json.h"
#include "base/rand.h"

#define TOKEN_BYTES 16
#define TOKEN_TEXT  (2 * TOKEN_BYTES)
#define VALUE_MAX   (128U << 10)
#define ROWS_MAX    4096

static void token_new(char out[TOKEN_TEXT + 1])
{
    uint8_t raw[TOKEN_BYTES];
    rand_bytes(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static void keep(struct adapter *a, const char *token, int64_t user, const char *what, const char *note,
                 int64_t for_ms)
{
    struct buf value = BUF_INIT(VALUE_MAX);
    struct jsonw w;
    char key[KEY_MAX];
    jw_begin(&w, &value);
    jw_obj(&w, NULL);
    jw_int(&w, "user", user);
    jw_text(&w, "what", what);
    jw_text(&w, "note", note);
    jw_end_obj(&w);
    telegram_key(key, a, "button.%s", token);
    if (!value.failed)
        a->host->state_put(a->host, key, buf_text(&value), clock_wall_ms() + for_ms, NULL, NULL);
    buf_free(&value);
}

const char *buttons_make(struct adapter *a, int64_t user, const char *what, const char *note, int64_t for_ms,
                         const struct button *button, size_t n, struct arena *words)
{
    struct buf rows = BUF_INIT(ROWS_MAX);
    struct jsonw w;
    char token[TOKEN_TEXT + 1], data[TG_CALLBACK_BYTES + 1];
    token_new(token);
    jw_begin(&w, &rows);
    jw_arr(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        snprintf(data, sizeof data, "%s:%s", token, button[i].arg);
        jw_arr(&w, NULL);
        jw_obj(&w, NULL);
        jw_text(&w, "text", button[i].text);
        jw_text(&w, "callback_data", data);
        jw_end_obj(&w);
        jw_end_arr(&w);
    }
    jw_end_arr(&w);
    char *out = rows.failed ? NULL : arena_strndup(words, buf_text(&rows), rows.len);
    buf_free(&rows);
    if (!out)
        return "";
    keep(a, token, user, what, note, for_ms);
    return out;
}

/* ---- a press ---- */

static void answer(struct item *it, enum text what)
{
    struct adapter *a = it->a;
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
    return it->u->data + TOKEN_TEXT + 1;
}

static void language_chosen(struct item *it)
{
    struct adapter *a = it->a;
    const struct text_language *l = text_language_of(arg_of(it));
    char key[KEY_MAX];
    if (!l) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    telegram_key(key, a, "lang.%lld", (long long)it->u->from_id);
    a->host->state_put(a->host, key, l->code, 0, NULL, NULL);
    batch_tell(a, it->u, NULL, l->code);
    over(it, TEXT_LANGUAGE_SET);
}

static void forget_confirmed(struct item *it)
{
    person_tell(it, PERSON_FORGET);
    over(it, TEXT_FORGET_YES);
}

static void agreed(struct item *it, const char *note)
{
    struct arena *words = &it->a->batch.words;
    const char *end = strchr(note, '\n');
    char *version = end ? arena_strndup(words, note, (size_t)(end - note)) : NULL;
    char *text = end ? arena_strdup(words, end + 1) : NULL;
    if (!text || !version) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    answer(it, TEXT_THANKS);
    question_agreed(it, text, version);
}

/* The token is ours alone now: of two presses one gets here with a value. */
static void taken(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    struct adapter *a = it->a;
    cJSON *o = NULL;
    if (rc || !value || json_parse(&o, value, strlen(value), NULL))
        over(it, TEXT_BUTTON_OLD);
    else if (strcmp(json_text(o, "what", ""), "lang") == 0)
        language_chosen(it);
    else if (strcmp(json_text(o, "what", ""), "forget") == 0)
        forget_confirmed(it);
    else
        agreed(it, json_text(o, "note", ""));
    cJSON_Delete(o);
    telegram_release(a);
}

static void looked_at(void *ctx, int rc, const char *value)
{
    struct item *it = ctx;
    struct adapter *a = it->a;
    char key[KEY_MAX];
    cJSON *o = NULL;
    if (rc || !value || json_parse(&o, value, strlen(value), NULL))
        over(it, TEXT_BUTTON_OLD);
    else if ((int64_t)json_number(o, "user", 0) != it->u->from_id)
        over(it, TEXT_BUTTON_NOT_YOURS);
    else {
        telegram_key(key, a, "button.%.*s", TOKEN_TEXT, it->u->data);
        telegram_hold(a);
        a->host->state_take(a->host, key, taken, it);
    }
    cJSON_Delete(o);
    telegram_release(a);
}

static bool shaped(const char *data)
{
    return strspn(data, "0123456789abcdef") == TOKEN_TEXT && data[TOKEN_TEXT] == ':';
}

void button_pressed(struct item *it)
{
    struct adapter *a = it->a;
    char key[KEY_MAX];
    if (!shaped(it->u->data) || !it->u->chat_id) {
        over(it, TEXT_BUTTON_OLD);
        return;
    }
    telegram_key(key, a, "button.%.*s", TOKEN_TEXT, it->u->data);
    telegram_hold(a);
    a->host->state_get(a->host, key, looked_at, it);
}
