/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a message goes, as the outbox keeps it.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/telegram/inside.h"
#include "base/json.h"

char *place_write(const struct place *p, struct arena *a)
{
    struct buf b = BUF_INIT(MESSAGE_ADDRESS_MAX);
    struct jsonw w;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_int(&w, "chat", p->chat);
    jw_int(&w, "thread", p->thread);
    jw_int(&w, "reply_to", p->reply_to);
    jw_int(&w, "user", p->user);
    jw_bool(&w, "group", p->group);
    jw_text(&w, "lang", p->lang);
    if (p->guest[0])
        jw_text(&w, "guest", p->guest);
    jw_end_obj(&w);
    char *text = b.failed ? NULL : arena_strndup(a, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}

bool place_read(struct place *out, const char *address)
{
    cJSON *o = NULL;
    if (json_parse(&o, address, strlen(address), NULL))
        return false;
    *out = (struct place){ .chat = (int64_t)json_number(o, "chat", 0),
                           .thread = (int64_t)json_number(o, "thread", 0),
                           .reply_to = (int64_t)json_number(o, "reply_to", 0),
                           .user = (int64_t)json_number(o, "user", 0),
                           .group = json_bool(o, "group", false) };
    snprintf(out->lang, sizeof out->lang, "%.5s", json_text(o, "lang", ""));
    snprintf(out->guest, sizeof out->guest, "%.127s", json_text(o, "guest", ""));
    cJSON_Delete(o);
    return out->chat != 0;
}

struct place place_of(const struct item *it)
{
    const struct tg_update *u = it->u;
    struct place p = {
        .chat = u->chat_id, .thread = u->thread_id, .user = u->from_id, .group = u->chat != TG_PRIVATE
    };
    p.reply_to = p.group && u->kind == TG_MESSAGE ? u->message_id : 0;
    memcpy(p.lang, it->lang, sizeof p.lang);
    snprintf(p.guest, sizeof p.guest, "%s", u->guest);
    return p;
}
