/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of calls about messages and interactions. What a model wrote may name anybody; no message that
 * leaves here pings: "parse":[] is said each time, since the default is to ping all. An edit says embeds and
 * components always: what is left out would stay as it was.
 */
#include "adapters/discord/wire_rest.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf.h"

#define FLAG_EPHEMERAL (1 << 6)

/* Discord, Interaction Callback Type */
enum callback {
    CALLBACK_PONG = 1,
    CALLBACK_MESSAGE = 4,
    CALLBACK_DEFER = 5,
    CALLBACK_DEFER_UPDATE = 6,
    CALLBACK_UPDATE = 7,
    CALLBACK_CHOICES = 8,
};

#define ROW_BUTTONS     5
#define ROW_IDS         (ROW_BUTTONS + 1)
#define CHOICE_NAME_MAX 100
#define THREAD_NAME_MAX 100

enum component { COMPONENT_ROW = 1, COMPONENT_BUTTON = 2, COMPONENT_SELECT = 3 };

static void text_cut(struct jsonw *w, const char *key, const char *text, size_t max)
{
    jw_textn(w, key, text, utf16_floor(text, strlen(text), max));
}

static void put_content(struct jsonw *w, const char *content)
{
    if (utf16_count(content, strlen(content)) > DC_CONTENT_MAX)
        w->out->failed = true;
    jw_text(w, "content", content);
}

static void put_nobody(struct jsonw *w)
{
    jw_obj(w, "allowed_mentions");
    jw_arr(w, "parse");
    jw_end_arr(w);
    jw_bool(w, "replied_user", false);
    jw_end_obj(w);
}

static void put_list(struct jsonw *w, const char *key, const char *json, bool always)
{
    if (json[0] || always)
        jw_raw(w, key, json[0] ? json : "[]");
}

/* The members that all bodies share. */
static void put_post(struct jsonw *w, const struct dc_post *p, bool whole)
{
    if (p->content[0] || whole)
        put_content(w, p->content);
    put_list(w, "embeds", p->embeds, whole);
    put_list(w, "components", p->components, whole);
    put_nobody(w);
}

static void put_flags(struct jsonw *w, bool ephemeral)
{
    if (ephemeral)
        jw_int(w, "flags", FLAG_EPHEMERAL);
}

static void begin(struct jsonw *w, struct buf *out)
{
    jw_begin(w, out);
    jw_obj(w, NULL);
}

void dc_nonce(char out[DC_NONCE_BYTES], const char *turn_id, int part)
{
    char text[128], digest[SHA256_HEX];
    int n = snprintf(text, sizeof text, "%d/%.100s", part, turn_id);

    sha256_hex(digest, text, n > 0 ? (size_t)n : 0);
    memcpy(out, digest, DC_NONCE_BYTES - 1);
    out[DC_NONCE_BYTES - 1] = '\0';
}

/* ---- messages ---- */

static void put_reference(struct jsonw *w, const char *message_id)
{
    jw_obj(w, "message_reference");
    jw_text(w, "message_id", message_id);
    jw_bool(w, "fail_if_not_exists", false);
    jw_end_obj(w);
}

void dc_create(struct buf *out, const struct dc_post *p)
{
    struct jsonw w;

    begin(&w, out);
    put_post(&w, p, false);
    if (p->reply_to[0])
        put_reference(&w, p->reply_to);
    if (p->nonce[0]) {
        if (strlen(p->nonce) >= DC_NONCE_BYTES)
            out->failed = true;
        jw_text(&w, "nonce", p->nonce);
        jw_bool(&w, "enforce_nonce", true);
    }
    jw_end_obj(&w);
}

void dc_edit(struct buf *out, const struct dc_post *p)
{
    struct jsonw w;

    begin(&w, out);
    put_post(&w, p, true);
    jw_end_obj(&w);
}

void dc_follow_up(struct buf *out, const struct dc_post *p)
{
    struct jsonw w;

    begin(&w, out);
    put_post(&w, p, false);
    put_flags(&w, p->ephemeral);
    jw_end_obj(&w);
}

void dc_start_thread(struct buf *out, const char *name)
{
    struct jsonw w;

    begin(&w, out);
    text_cut(&w, "name", name, THREAD_NAME_MAX);
    jw_end_obj(&w);
}

void dc_create_dm(struct buf *out, const char *user_id)
{
    struct jsonw w;

    begin(&w, out);
    jw_text(&w, "recipient_id", user_id);
    jw_end_obj(&w);
}

/* ---- first answers ---- */

static void begin_callback(struct jsonw *w, struct buf *out, enum callback type)
{
    begin(w, out);
    jw_int(w, "type", type);
}

static void callback_alone(struct buf *out, enum callback type)
{
    struct jsonw w;

    begin_callback(&w, out, type);
    jw_end_obj(&w);
}

void dc_pong(struct buf *out)
{
    callback_alone(out, CALLBACK_PONG);
}

void dc_defer(struct buf *out, bool ephemeral)
{
    struct jsonw w;

    begin_callback(&w, out, CALLBACK_DEFER);
    if (ephemeral) {
        jw_obj(&w, "data");
        put_flags(&w, true);
        jw_end_obj(&w);
    }
    jw_end_obj(&w);
}

void dc_defer_update(struct buf *out)
{
    callback_alone(out, CALLBACK_DEFER_UPDATE);
}

static void callback_post(struct buf *out, enum callback type, const struct dc_post *p)
{
    bool update = type == CALLBACK_UPDATE;
    struct jsonw w;

    begin_callback(&w, out, type);
    jw_obj(&w, "data");
    put_post(&w, p, update);
    put_flags(&w, p->ephemeral && !update);
    jw_end_obj(&w);
    jw_end_obj(&w);
}

void dc_answer(struct buf *out, const struct dc_post *p)
{
    callback_post(out, CALLBACK_MESSAGE, p);
}

void dc_update(struct buf *out, const struct dc_post *p)
{
    callback_post(out, CALLBACK_UPDATE, p);
}

void dc_choices(struct buf *out, const struct dc_choice *choice, size_t n)
{
    struct jsonw w;

    begin_callback(&w, out, CALLBACK_CHOICES);
    jw_obj(&w, "data");
    jw_arr(&w, "choices");
    for (size_t i = 0; i < n && i < DC_LIST_MAX; i++) {
        jw_obj(&w, NULL);
        text_cut(&w, "name", choice[i].name, CHOICE_NAME_MAX);
        jw_text(&w, "value", choice[i].value);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    jw_end_obj(&w);
    jw_end_obj(&w);
}

/* ---- components ---- */

/* Numbered from 1 within a message. */
static void begin_component(struct jsonw *w, enum component type, size_t id)
{
    jw_obj(w, NULL);
    jw_int(w, "type", type);
    jw_int(w, "id", (int64_t)id);
}

static void begin_row(struct jsonw *w, size_t id)
{
    begin_component(w, COMPONENT_ROW, id);
    jw_arr(w, "components");
}

static void end_row(struct jsonw *w)
{
    jw_end_arr(w);
    jw_end_obj(w);
}

static void put_custom_id(struct jsonw *w, const char *custom_id)
{
    if (!custom_id[0] || utf16_count(custom_id, strlen(custom_id)) > DC_CUSTOM_ID_CHARS)
        w->out->failed = true;
    jw_text(w, "custom_id", custom_id);
}

static void put_button(struct jsonw *w, const struct dc_button *b, size_t id)
{
    begin_component(w, COMPONENT_BUTTON, id);
    jw_int(w, "style", b->style);
    text_cut(w, "label", b->label, DC_BUTTON_LABEL_MAX);
    put_custom_id(w, b->custom_id);
    if (b->disabled)
        jw_bool(w, "disabled", true);
    jw_end_obj(w);
}

void dc_buttons(struct buf *out, const struct dc_button *button, size_t n)
{
    struct jsonw w;

    if (n > (size_t)ROW_BUTTONS * ROW_BUTTONS)
        out->failed = true;
    jw_begin(&w, out);
    jw_arr(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        if (i % ROW_BUTTONS == 0)
            begin_row(&w, ROW_IDS * (i / ROW_BUTTONS) + 1);
        put_button(&w, &button[i], ROW_IDS * (i / ROW_BUTTONS) + 2 + i % ROW_BUTTONS);
        if (i % ROW_BUTTONS == ROW_BUTTONS - 1 || i + 1 == n)
            end_row(&w);
    }
    jw_end_arr(&w);
}

void dc_select(struct buf *out, const char *custom_id, const struct dc_choice *choice, size_t n,
               const char *chosen)
{
    struct jsonw w;

    if (n < 1 || n > DC_LIST_MAX)
        out->failed = true;
    jw_begin(&w, out);
    jw_arr(&w, NULL);
    begin_row(&w, 1);
    begin_component(&w, COMPONENT_SELECT, 2);
    put_custom_id(&w, custom_id);
    jw_arr(&w, "options");
    for (size_t i = 0; i < n; i++) {
        jw_obj(&w, NULL);
        text_cut(&w, "label", choice[i].name, CHOICE_NAME_MAX);
        jw_text(&w, "value", choice[i].value);
        if (chosen[0] && strcmp(chosen, choice[i].value) == 0)
            jw_bool(&w, "default", true);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    jw_end_obj(&w);
    end_row(&w);
    jw_end_arr(&w);
}
