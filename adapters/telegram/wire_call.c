/* SPDX-License-Identifier: Apache-2.0
 *
 * The bodies of method calls. What a call asks for is written out even where it is the default today:
 * allowed_updates sticks from call to call, and another program with this token may have set it. Previews of
 * links are off, since a preview of a source would hide the answer; an answer goes out also when the message
 * it replies to was deleted meanwhile.
 */
#include "adapters/telegram/wire_impl.h"

#include <string.h>

#include "base/utf.h"

#define CALLBACK_TEXT_MAX 200 /* characters (Bot API, answerCallbackQuery) */

/* What tg_update_read() makes something of. Edits are asked for to be counted. */
static const char allowed_updates[] =
    "[\"message\",\"edited_message\",\"callback_query\",\"my_chat_member\"]";
static const char allowed_with_guests[] =
    "[\"message\",\"edited_message\",\"callback_query\",\"my_chat_member\",\"guest_message\"]";

static const char no_preview[] = "{\"is_disabled\":true}";

static void begin(struct jsonw *w, struct buf *out)
{
    jw_begin(w, out);
    jw_obj(w, NULL);
}

static void begin_about(struct jsonw *w, struct buf *out, int64_t chat_id, int64_t message_id)
{
    begin(w, out);
    jw_int(w, "chat_id", chat_id);
    jw_int(w, "message_id", message_id);
}

static void id_unless_0(struct jsonw *w, const char *key, int64_t id)
{
    if (id)
        jw_int(w, key, id);
}

void tg_get_updates(struct buf *out, int64_t offset, int limit, int timeout_s, bool guest)
{
    struct jsonw w;
    begin(&w, out);
    id_unless_0(&w, "offset", offset);
    jw_int(&w, "limit", limit < 1 ? 1 : limit > TG_BATCH_MAX ? TG_BATCH_MAX : limit);
    jw_int(&w, "timeout", timeout_s < 0 ? 0 : timeout_s > TG_POLL_S ? TG_POLL_S : timeout_s);
    jw_raw(&w, "allowed_updates", guest ? allowed_with_guests : allowed_updates);
    jw_end_obj(&w);
}

/* A member of a payload as it is spelt there. */
static void copy_member(struct jsonw *w, const char *key, struct str value)
{
    jw_raw(w, key, "");
    buf_add(w->out, value.at, value.len);
}

static void reply_parameters(struct jsonw *w, int64_t message_id)
{
    jw_obj(w, "reply_parameters");
    jw_int(w, "message_id", message_id);
    jw_bool(w, "allow_sending_without_reply", true);
    jw_end_obj(w);
}

/* What is to be read of a message: text (under the name the call has for it) and entities. */
static void put_words(struct jsonw *w, const char *name, const char *payload, bool plain)
{
    struct str text = span_member(str_of(payload), "text"),
               entities = span_member(str_of(payload), "entities");
    if (!text.at) {
        w->out->failed = true;
        return;
    }
    copy_member(w, name, text);
    if (entities.at && !plain && !str_eqs(entities, "[]"))
        copy_member(w, "entities", entities);
    jw_raw(w, "link_preview_options", no_preview);
}

static void put_buttons(struct jsonw *w, const char *payload)
{
    struct str rows = span_member(str_of(payload), "buttons");
    if (!rows.at)
        return;
    jw_obj(w, "reply_markup");
    copy_member(w, "inline_keyboard", rows);
    jw_end_obj(w);
}

void tg_send_message(struct buf *out, int64_t chat_id, int64_t thread_id, int64_t reply_to,
                     const char *payload, bool plain)
{
    struct jsonw w;
    begin(&w, out);
    jw_int(&w, "chat_id", chat_id);
    id_unless_0(&w, "message_thread_id", thread_id);
    put_words(&w, "text", payload, plain);
    if (reply_to)
        reply_parameters(&w, reply_to);
    put_buttons(&w, payload);
    jw_end_obj(&w);
}

void tg_edit_message(struct buf *out, int64_t chat_id, int64_t message_id, const char *payload, bool plain)
{
    struct jsonw w;
    begin_about(&w, out, chat_id, message_id);
    put_words(&w, "text", payload, plain);
    put_buttons(&w, payload);
    jw_end_obj(&w);
}

void tg_edit_buttons(struct buf *out, int64_t chat_id, int64_t message_id)
{
    struct jsonw w;
    begin_about(&w, out, chat_id, message_id);
    jw_end_obj(&w);
}

void tg_send_draft(struct buf *out, int64_t chat_id, int64_t thread_id, int64_t draft_id, const char *payload)
{
    struct str text = span_member(str_of(payload), "text"),
               entities = span_member(str_of(payload), "entities");
    struct jsonw w;
    begin(&w, out);
    jw_int(&w, "chat_id", chat_id);
    id_unless_0(&w, "message_thread_id", thread_id);
    jw_int(&w, "draft_id", draft_id);
    if (text.at)
        copy_member(&w, "text", text);
    if (entities.at && !str_eqs(entities, "[]"))
        copy_member(&w, "entities", entities);
    jw_end_obj(&w);
}

/* The one result of the query; its title is shown nowhere. */
void tg_answer_guest(struct buf *out, const char *query_id, const char *payload, bool plain)
{
    struct jsonw w;
    begin(&w, out);
    jw_text(&w, "guest_query_id", query_id);
    jw_obj(&w, "result");
    jw_text(&w, "type", "article");
    jw_text(&w, "id", "1");
    jw_text(&w, "title", "Parley");
    jw_obj(&w, "input_message_content");
    put_words(&w, "message_text", payload, plain);
    jw_end_obj(&w);
    put_buttons(&w, payload);
    jw_end_obj(&w);
    jw_end_obj(&w);
}

void tg_delete_message(struct buf *out, int64_t chat_id, int64_t message_id)
{
    struct jsonw w;
    begin_about(&w, out, chat_id, message_id);
    jw_end_obj(&w);
}

void tg_chat_action(struct buf *out, int64_t chat_id, int64_t thread_id)
{
    struct jsonw w;
    begin(&w, out);
    jw_int(&w, "chat_id", chat_id);
    id_unless_0(&w, "message_thread_id", thread_id);
    jw_text(&w, "action", "typing");
    jw_end_obj(&w);
}

void tg_answer_callback(struct buf *out, const char *callback_id, const char *text)
{
    struct jsonw w;
    begin(&w, out);
    jw_text(&w, "callback_query_id", callback_id);
    if (text[0])
        jw_textn(&w, "text", text, utf16_floor(text, strlen(text), CALLBACK_TEXT_MAX));
    jw_end_obj(&w);
}

void tg_set_webhook(struct buf *out, const char *url, const char *secret, bool guest)
{
    struct jsonw w;
    begin(&w, out);
    jw_text(&w, "url", url);
    if (secret[0])
        jw_text(&w, "secret_token", secret);
    jw_int(&w, "max_connections", TG_HOOK_CALLS);
    jw_raw(&w, "allowed_updates", guest ? allowed_with_guests : allowed_updates);
    jw_end_obj(&w);
}

void tg_set_commands(struct buf *out, const struct tg_command *command, size_t n, const char *scope,
                     const char *language)
{
    struct jsonw w;
    begin(&w, out);
    jw_arr(&w, "commands");
    for (size_t i = 0; i < n; i++) {
        jw_obj(&w, NULL);
        jw_text(&w, "command", command[i].name);
        jw_text(&w, "description", command[i].description);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    jw_obj(&w, "scope");
    jw_text(&w, "type", scope);
    jw_end_obj(&w);
    if (language[0])
        jw_text(&w, "language_code", language);
    jw_end_obj(&w);
}
