/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames to Discord. They are small; only a presence with a long text, or a token that is none, could come
 * near the limit, and then the frame must not go out: Discord would close the connection.
 */
#include "adapters/discord/wire_impl.h"

#include <string.h>

#include "base/utf.h"

#define STATUS_TEXT_MAX 128 /* characters that a custom status shows */
#define ACTIVITY_CUSTOM 4   /* Discord, Activity Types */

enum op { OP_HEARTBEAT = 1, OP_IDENTIFY = 2, OP_PRESENCE = 3, OP_RESUME = 6 };

static void begin(struct jsonw *w, struct buf *out, enum op op)
{
    jw_begin(w, out);
    jw_obj(w, NULL);
    jw_int(w, "op", op);
}

static void end(struct jsonw *w, size_t before)
{
    jw_end_obj(w);
    if (w->out->len - before > DC_FRAME_MAX)
        w->out->failed = true;
}

static void put_presence(struct jsonw *w, const char *key, const struct dc_presence *p)
{
    static const char *const name[] = {
        [DC_ONLINE] = "online", [DC_IDLE] = "idle", [DC_DND] = "dnd", [DC_INVISIBLE] = "invisible"
    };

    jw_obj(w, key);
    jw_text(w, "since", NULL);
    jw_arr(w, "activities");
    if (p->text[0]) {
        jw_obj(w, NULL);
        jw_text(w, "name", "Custom Status"); /* wanted, but not shown */
        jw_int(w, "type", ACTIVITY_CUSTOM);
        jw_textn(w, "state", p->text, utf16_floor(p->text, strlen(p->text), STATUS_TEXT_MAX));
        jw_end_obj(w);
    }
    jw_end_arr(w);
    jw_text(w, "status", name[p->status]);
    jw_bool(w, "afk", false);
    jw_end_obj(w);
}

static void put_properties(struct jsonw *w)
{
    jw_obj(w, "properties");
    jw_text(w, "os", "linux");
    jw_text(w, "browser", "parley");
    jw_text(w, "device", "parley");
    jw_end_obj(w);
}

void dc_identify(struct buf *out, const struct dc_identify *i)
{
    size_t before = out->len;
    struct jsonw w;

    begin(&w, out, OP_IDENTIFY);
    jw_obj(&w, "d");
    jw_text(&w, "token", i->token);
    jw_int(&w, "intents", i->intents);
    put_properties(&w);
    if (i->shards > 1) {
        jw_arr(&w, "shard");
        jw_int(&w, NULL, i->shard);
        jw_int(&w, NULL, i->shards);
        jw_end_arr(&w);
    }
    put_presence(&w, "presence", &i->presence);
    jw_end_obj(&w);
    end(&w, before);
}

void dc_resume(struct buf *out, const char *token, const char *session_id, int64_t seq)
{
    size_t before = out->len;
    struct jsonw w;

    begin(&w, out, OP_RESUME);
    jw_obj(&w, "d");
    jw_text(&w, "token", token);
    jw_text(&w, "session_id", session_id);
    jw_int(&w, "seq", seq);
    jw_end_obj(&w);
    end(&w, before);
}

void dc_heartbeat(struct buf *out, int64_t seq)
{
    size_t before = out->len;
    struct jsonw w;

    begin(&w, out, OP_HEARTBEAT);
    if (seq < 0)
        jw_text(&w, "d", NULL);
    else
        jw_int(&w, "d", seq);
    end(&w, before);
}

void dc_presence(struct buf *out, const struct dc_presence *p)
{
    size_t before = out->len;
    struct jsonw w;

    begin(&w, out, OP_PRESENCE);
    put_presence(&w, "d", p);
    end(&w, before);
}

void dc_gateway_url(struct buf *out, const char *base, bool compressed)
{
    const char *host = strstr(base, "://");
    const char *path = strchr(host ? host + 3 : base, '/');

    buf_adds(out, base);
    buf_adds(out, path ? "?v=10&encoding=json" : "/?v=10&encoding=json");
    if (compressed)
        buf_adds(out, "&compress=zlib-stream");
}
