/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer to a call means. Only Telegram's own object ({"ok":..}) decides about a chat or a token: a
 * page of a proxy or a firewall says 401, 403 and 404 too, and must silence nothing, so it is a fault that
 * passes. Descriptions are the only sign of many errors; they are matched by the parts that stayed the same
 * in the sources of tdlib/telegram-bot-api, without case.
 */
#include "adapters/telegram/wire_impl.h"

#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_MAX_S (24 * 3600)

static const struct {
    const char *part;
    enum tg_end end;
} bad_request[] = {
    { "message is not modified", TG_OK },
    { "message thread not found", TG_NO_THREAD },
    { "topic_deleted", TG_NO_THREAD },
    { "topic_id_invalid", TG_NO_THREAD },
    { "chat not found", TG_GONE },
    { "group chat was upgraded", TG_GONE }, /* without the new id */
    { "not enough rights to send", TG_GONE },
    { "have no rights to send", TG_GONE },
    { "need administrator rights", TG_GONE },
    { "chat_admin_required", TG_GONE },
    { "chat_write_forbidden", TG_GONE },
    { "chat_send_plain_forbidden", TG_GONE },
    { "topic_closed", TG_GONE },
    { "peer_id_invalid", TG_GONE },
    { "user_is_blocked", TG_GONE },
    { "entit", TG_BAD_ENTITIES }, /* can't parse entities, MessageEntity; ENTITY_.., ENTITIES_TOO_LONG */
    { "can't parse message text", TG_BAD_ENTITIES },
};

static enum tg_end bad_request_end(const char *description)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_request); i++)
        if (strcasestr(description, bad_request[i].part))
            return bad_request[i].end;
    return TG_BAD;
}

static enum tg_end end_of(int code, const char *description)
{
    switch (code) {
    case 400:
        return bad_request_end(description);
    case 401:
        return TG_UNAUTHORIZED;
    case 403:
        return TG_GONE;
    case 404: /* "Not Found" is the token, "Not Found: method not found" is the method */
        return strchr(description, ':') ? TG_BAD : TG_UNAUTHORIZED;
    case 409:
        return TG_CONFLICT;
    case 429:
        return TG_FLOOD;
    default:
        return code > 400 && code < 500 ? TG_BAD : TG_RETRY;
    }
}

/* Does a token, or anything that could be one, begin here: "123456:AA..", "/bot123456"; or an address. */
static bool is_secret(const char *at)
{
    size_t digits = strspn(at, "0123456789");
    return (digits && at[digits] == ':' && at[digits + 1] > ' ') || strncmp(at, "/bot", 4) == 0 ||
           strncmp(at, "://", 3) == 0;
}

/* Telegram's sentences are ASCII; what they repeat of a call stands in double quotes or behind '@'. */
static void keep_sentence(char *out, size_t max, const char *description)
{
    bool quoted = false;
    size_t n = 0;
    for (const char *p = description; n + 2 < max && *p >= ' ' && *p < 0x7F && *p != '@'; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (is_secret(p))
            break;
        out[n++] = *p;
    }
    if (quoted)
        out[n++] = '"';
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static int64_t retry_after(int64_t asked_s, int64_t header_s)
{
    int64_t s = asked_s > 0 ? asked_s : header_s > 0 ? header_s : 1;
    return (s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * 1000;
}

static void read_error(struct tg_reply *out, int status, int64_t header_s, const cJSON *tree)
{
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(tree, "parameters");
    const char *description = json_text(tree, "description", "");
    int64_t code = json_int(tree, "error_code"), moved = json_int(parameters, "migrate_to_chat_id");
    if (code < 100 || code > 999)
        code = status;
    keep_sentence(out->detail, sizeof out->detail, description);
    out->end = end_of((int)code, description);
    if (code == 400 && moved) {
        out->end = TG_MOVED;
        out->migrated_to = moved;
    }
    if (out->end == TG_FLOOD)
        out->retry_after_ms = retry_after(json_int(parameters, "retry_after"), header_s);
}

static bool is_telegrams(const cJSON *tree)
{
    return cJSON_IsBool(cJSON_GetObjectItemCaseSensitive(tree, "ok"));
}

void tg_reply_read(int status, int64_t retry_after_s, const char *json, size_t len, struct tg_reply *out)
{
    cJSON *tree = NULL;
    *out = (struct tg_reply){ .end = TG_RETRY, .status = status };
    if (status <= 0) {
        snprintf(out->detail, sizeof out->detail, "no answer");
        return;
    }
    if (json_parse(&tree, json, len, NULL) || !is_telegrams(tree)) {
        snprintf(out->detail, sizeof out->detail, "HTTP %d, and not Telegram's JSON", status);
        if (status == 429) {
            out->end = TG_FLOOD;
            out->retry_after_ms = retry_after(0, retry_after_s);
        }
    } else if (json_bool(tree, "ok", false)) {
        out->end = TG_OK;
        out->message_id = json_int(cJSON_GetObjectItemCaseSensitive(tree, "result"), "message_id");
    } else {
        read_error(out, status, retry_after_s, tree);
    }
    cJSON_Delete(tree);
}

/* A name that can be none is left out: the bot then hears no mentions, and all else. */
static void keep_name(struct tg_me *out, const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (!name[n] && n < sizeof out->username)
        memcpy(out->username, name, n + 1);
}

int tg_me_read(const char *json, size_t len, struct tg_me *out, struct err *err)
{
    const cJSON *me;
    cJSON *tree = NULL;
    int rc = json_parse(&tree, json, len, err);
    if (rc)
        return rc < 0 ? rc : X_E_INVALID;
    me = cJSON_GetObjectItemCaseSensitive(tree, "result");
    *out = (struct tg_me){ .id = json_int(me, "id"),
                           .reads_groups = json_bool(me, "can_read_all_group_messages", false),
                           .guest = json_bool(me, "supports_guest_queries", false) };
    keep_name(out, json_text(me, "username", ""));
    if (!json_bool(tree, "ok", false) || out->id <= 0 || !json_bool(me, "is_bot", true))
        rc = err_set(err, X_E_INVALID, "the answer to getMe names no bot");
    cJSON_Delete(tree);
    return rc;
}

int tg_hook_read(const char *json, size_t len, struct tg_hook *out, struct err *err)
{
    const cJSON *hook;
    cJSON *tree = NULL;
    int rc = json_parse(&tree, json, len, err);
    if (rc)
        return rc < 0 ? rc : X_E_INVALID;
    hook = cJSON_GetObjectItemCaseSensitive(tree, "result");
    *out = (struct tg_hook){ .pending = json_int(hook, "pending_update_count"),
                             .error_s = json_int(hook, "last_error_date") };
    if (!json_bool(tree, "ok", false) || !cJSON_IsObject(hook))
        rc = err_set(err, X_E_INVALID, "the answer to getWebhookInfo is none");
    snprintf(out->url, sizeof out->url, "%s", json_text(hook, "url", ""));
    keep_sentence(out->detail, sizeof out->detail, json_text(hook, "last_error_message", ""));
    cJSON_Delete(tree);
    return rc;
}
