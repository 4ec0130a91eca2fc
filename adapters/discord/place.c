/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a message goes, as JSON of an outbox row.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/discord/inside.h"
#include "base/json.h"

char *dc_place_write(const struct place *p, struct arena *a)
{
    struct buf b = BUF_INIT(MESSAGE_ADDRESS_MAX);
    struct jsonw w;
    jw_begin(&w, &b);
    jw_obj(&w, NULL);
    jw_text(&w, "channel", p->channel);
    jw_text(&w, "reply_to", p->reply_to);
    jw_text(&w, "user", p->user);
    jw_text(&w, "lang", p->lang);
    if (p->thread_at[0])
        jw_text(&w, "thread_at", p->thread_at);
    if (p->token[0]) {
        jw_text(&w, "application", p->application);
        jw_text(&w, "token", p->token);
        jw_text(&w, "interaction", p->interaction);
        jw_int(&w, "until", p->until_ms);
        jw_bool(&w, "ephemeral", p->ephemeral);
    }
    jw_end_obj(&w);
    char *text = b.failed ? NULL : arena_strndup(a, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}

static void keep_id(char out[DC_ID_BYTES], const cJSON *o, const char *key)
{
    const char *id = json_text(o, key, "");
    snprintf(out, DC_ID_BYTES, "%s", dc_id_ok(id) ? id : "");
}

bool dc_place_read(struct place *out, const char *address)
{
    cJSON *o = NULL;
    if (json_parse(&o, address, strlen(address), NULL))
        return false;
    *out = (struct place){ .until_ms = (int64_t)json_number(o, "until", 0),
                           .ephemeral = json_bool(o, "ephemeral", false) };
    keep_id(out->channel, o, "channel");
    keep_id(out->reply_to, o, "reply_to");
    keep_id(out->user, o, "user");
    keep_id(out->thread_at, o, "thread_at");
    keep_id(out->application, o, "application");
    keep_id(out->interaction, o, "interaction");
    snprintf(out->token, sizeof out->token, "%.*s", DC_TOKEN_MAX - 1, json_text(o, "token", ""));
    snprintf(out->lang, sizeof out->lang, "%.5s", json_text(o, "lang", ""));
    cJSON_Delete(o);
    return out->channel[0] != '\0';
}
