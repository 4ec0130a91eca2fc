/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client may send, and how an event looks on a stream and on a websocket. Members are checked one by
 * one, so that an error names the one that is wrong; members that nobody knows are no error, since a later
 * version may know them.
 */
#include "adapters/web/wire.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

/* A member that must be text when it is there. */
static int text_member(const cJSON *obj, const char *name, size_t max, const char **out, struct arena *a,
                       struct err *err)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(obj, name);
    *out = "";
    if (!v || cJSON_IsNull(v))
        return 0;
    if (!cJSON_IsString(v))
        return err_set(err, X_E_INVALID, "\"%s\" must be a string", name);
    if (strlen(v->valuestring) > max)
        return err_set(err, X_E_LIMIT, "\"%s\" is longer than %zu bytes", name, max);
    *out = arena_strdup(a, v->valuestring);
    return *out ? 0 : err_set(err, -ENOMEM, "out of memory");
}

bool wire_session_ok(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return n >= 1 && n <= 64 && id[n] == '\0';
}

bool wire_key_ok(const char *key)
{
    size_t n = 0;
    while (key[n] > ' ' && key[n] < 0x7F)
        n++;
    return n >= 1 && n <= WIRE_KEY_MAX && key[n] == '\0';
}

static int check(const struct wire_chat *c, struct err *err)
{
    if (!c->message[strspn(c->message, " \t\r\n")])
        return err_set(err, X_E_INVALID, "\"message\" is missing or empty");
    if (c->session_id[0] && !wire_session_ok(c->session_id))
        return err_set(err, X_E_INVALID, "\"session_id\" must be 1 to 64 letters, digits, '_' or '-'");
    if (c->key[0] && !wire_key_ok(c->key))
        return err_set(err, X_E_INVALID, "the idempotency key must be 1 to %d printable characters",
                       WIRE_KEY_MAX);
    return 0;
}

int wire_chat_parse(struct wire_chat *out, const char *bytes, size_t len, struct arena *a, struct err *err)
{
    cJSON *obj = NULL;
    int rc = json_parse(&obj, bytes, len, err);
    if (rc)
        return err_prefix(err, rc < 0 ? rc : X_E_INVALID, "the body is not valid JSON");
    if (!cJSON_IsObject(obj))
        rc = err_set(err, X_E_INVALID, "the body must be a JSON object");
    if (rc == 0)
        rc = text_member(obj, "message", MESSAGE_TEXT_MAX, &out->message, a, err);
    if (rc == 0)
        rc = text_member(obj, "session_id", 256, &out->session_id, a, err);
    if (rc == 0)
        rc = text_member(obj, "locale", 35, &out->locale, a, err); /* RFC 5646 section 4.4.1 */
    if (rc == 0)
        rc = text_member(obj, "consent", 64, &out->consent, a, err);
    if (rc == 0)
        rc = text_member(obj, "idempotency_key", 256, &out->key, a, err);
    if (rc == 0)
        rc = text_member(obj, "api_key", 4096, &out->api_key, a, err);
    if (rc == 0)
        rc = check(out, err);
    cJSON_Delete(obj);
    return rc;
}

void wire_sse(struct buf *out, const char *event, const char *id, const char *json)
{
    buf_printf(out, "event: %s\n", event);
    if (id[0])
        buf_printf(out, "id: %s\n", id);
    buf_adds(out, "data: ");
    buf_adds(out, json);
    buf_adds(out, "\n\n");
}

void wire_ws(struct buf *out, const char *event, const char *id, const char *json)
{
    struct jsonw w;
    jw_begin(&w, out);
    jw_obj(&w, NULL);
    jw_text(&w, "event", event);
    jw_text(&w, "id", id);
    jw_raw(&w, "data", json);
    jw_end_obj(&w);
}
