/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames from outside to inside, and the events that say where we are: READY, guilds, threads. A guild may
 * have megabytes of members, emojis and channels, which nobody here asks for: they are stepped over.
 */
#include "adapters/discord/wire_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEQ_MAX (INT64_C(1) << 53)

enum op {
    OP_DISPATCH = 0,
    OP_HEARTBEAT = 1,
    OP_RECONNECT = 7,
    OP_INVALID_SESSION = 9,
    OP_HELLO = 10,
    OP_ACK = 11,
};

static const struct {
    const char *event;
    enum dc_kind kind;
} event_table[] = {
    { "READY", DC_READY },
    { "RESUMED", DC_RESUMED },
    { "MESSAGE_CREATE", DC_MESSAGE },
    { "INTERACTION_CREATE", DC_INTERACTION },
    { "GUILD_CREATE", DC_GUILD },
    { "GUILD_DELETE", DC_GUILD_GONE },
    { "THREAD_CREATE", DC_THREAD },
};

bool dc_id_ok(const char *id)
{
    size_t n = strspn(id, "0123456789");

    return n > 0 && n < DC_ID_BYTES && id[n] == '\0';
}

int64_t dc_id_ms(const char *id)
{
    return dc_id_ok(id) ? (int64_t)(strtoull(id, NULL, 10) >> 22) + DC_EPOCH_MS : 0;
}

int dc_shard_of(const char *guild_id, int shards)
{
    return shards > 1 && dc_id_ok(guild_id) ? (int)((strtoull(guild_id, NULL, 10) >> 22) % (unsigned)shards)
                                            : 0;
}

/* ---- the frame ---- */

static bool is_quoted(struct str s)
{
    return s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"';
}

static enum dc_kind kind_of_event(struct str event)
{
    for (size_t i = 0; i < ARRAY_LEN(event_table); i++)
        if (str_eqs(event, event_table[i].event))
            return event_table[i].kind;
    return DC_OTHER;
}

static enum dc_kind kind_of(int64_t op, struct str event)
{
    switch (op) {
    case OP_DISPATCH:
        return kind_of_event(event);
    case OP_HEARTBEAT:
        return DC_BEAT_ASKED;
    case OP_RECONNECT:
        return DC_RECONNECT;
    case OP_INVALID_SESSION:
        return DC_INVALID_SESSION;
    case OP_HELLO:
        return DC_HELLO;
    case OP_ACK:
        return DC_ACK;
    default:
        return DC_OTHER;
    }
}

int dc_frame_read(const char *json, size_t len, struct dc_frame *out, struct err *err)
{
    struct str key, value, op = { NULL, 0 };
    int64_t code = -1;
    struct span s;

    *out = (struct dc_frame){ .kind = DC_OTHER, .seq = -1, .event = STR(""), .data = STR("") };
    span_open(&s, (struct str){ json, len }, '{');
    while (span_next(&s, &key, &value)) {
        if (str_eqs(key, "op") && !op.at)
            op = value;
        else if (str_eqs(key, "s") && !str_int(value, 0, SEQ_MAX, &out->seq))
            out->seq = -1;
        else if (str_eqs(key, "t") && is_quoted(value))
            out->event = (struct str){ value.at + 1, value.len - 2 };
        else if (str_eqs(key, "d"))
            out->data = value;
    }
    if (!s.whole || !op.at || !str_int(op, 0, 255, &code))
        return err_set(err, X_E_INVALID, "not a whole object with an op");
    out->kind = kind_of(code, out->event);
    out->resumable = out->kind == DC_INVALID_SESSION && str_eqs(out->data, "true");
    if (out->kind == DC_HELLO &&
        !str_int(span_member(out->data, "heartbeat_interval"), 1, DC_INTERVAL_MAX, &out->interval_ms))
        return err_set(err, X_E_INVALID, "hello without a heartbeat_interval that can be kept");
    return 0;
}

/* ---- READY ---- */

/* A text that needs no escapes, and is no longer than it may be. */
static bool keep(char *out, size_t bytes, struct str quoted)
{
    if (!is_quoted(quoted) || quoted.len - 2 >= bytes || quoted.len == 2)
        return false;
    for (size_t i = 1; i + 1 < quoted.len; i++)
        if (quoted.at[i] <= ' ' || quoted.at[i] >= 0x7F || quoted.at[i] == '\\' || quoted.at[i] == '"')
            return false;
    memcpy(out, quoted.at + 1, quoted.len - 2);
    out[quoted.len - 2] = '\0';
    return true;
}

static bool keep_id(char out[DC_ID_BYTES], struct str object)
{
    return keep(out, DC_ID_BYTES, span_member(object, "id")) && dc_id_ok(out);
}

int dc_ready_read(struct str data, struct dc_ready *out, struct err *err)
{
    *out = (struct dc_ready){ 0 };
    if (!keep_id(out->me.user_id, span_member(data, "user")))
        return err_set(err, X_E_INVALID, "READY without the id of our user");
    if (!keep_id(out->me.application_id, span_member(data, "application")))
        return err_set(err, X_E_INVALID, "READY without the id of our application");
    if (!keep(out->session_id, sizeof out->session_id, span_member(data, "session_id")))
        return err_set(err, X_E_INVALID, "READY without a session_id");
    if (!keep(out->resume_url, sizeof out->resume_url, span_member(data, "resume_gateway_url")))
        return err_set(err, X_E_INVALID, "READY without a resume_gateway_url");
    return 0;
}

/* ---- guilds and threads ---- */

int dc_thread_read(struct str data, struct arena *a, struct dc_thread *out)
{
    cJSON *tree;
    int rc = wire_parse(&tree, data, NULL);

    *out = (struct dc_thread){ "", "", "", "" };
    if (rc)
        return rc;
    rc = wire_id(&out->id, tree, "id", a);
    if (!rc)
        rc = wire_id(&out->guild_id, tree, "guild_id", a);
    if (!rc)
        rc = wire_id(&out->parent_id, tree, "parent_id", a);
    if (!rc)
        rc = wire_id(&out->owner_id, tree, "owner_id", a);
    if (!rc && (!out->id[0] || !wire_is_thread(tree)))
        rc = X_E_INVALID;
    cJSON_Delete(tree);
    return rc;
}

static int read_threads(struct str list, struct arena *a, struct dc_guild *out)
{
    struct str key, item;
    size_t n = 0;
    struct span s;

    span_open(&s, list, '[');
    while (n < DC_THREADS_MAX && span_next(&s, &key, &item))
        n++;
    out->thread = arena_array(a, n, sizeof *out->thread);
    if (!out->thread)
        return -ENOMEM;
    span_open(&s, list, '[');
    while (n-- > 0 && span_next(&s, &key, &item)) {
        struct dc_thread *thread = &out->thread[out->threads];
        int rc = dc_thread_read(item, a, thread);

        if (rc < 0)
            return rc;
        if (rc == 0 && !thread->guild_id[0])
            thread->guild_id = out->id;
        out->threads += rc == 0;
    }
    return 0;
}

int dc_guild_read(struct str data, struct arena *a, struct dc_guild *out)
{
    char id[DC_ID_BYTES];

    *out = (struct dc_guild){ .id = "" };
    if (!keep_id(id, data))
        return X_E_INVALID;
    out->id = arena_strdup(a, id);
    out->unavailable = str_eqs(span_member(data, "unavailable"), "true");
    return out->id ? read_threads(span_member(data, "threads"), a, out) : -ENOMEM;
}
