/* SPDX-License-Identifier: Apache-2.0
 *
 * Where calls go. Discord keeps limits apart by the first channel, guild or webhook in a path. What is said
 * to one interaction goes in order: of its token a digest is enough to tell, and is no secret.
 */
#include "adapters/discord/wire_rest.h"

#include <string.h>

#include "base/hash.h"

#define PARAMETERS 3

enum major { NO_MAJOR, FIRST, SECOND, WEBHOOK };

static const struct {
    const char *method, *shape;
    enum major major;
    bool authorized, body;
} call_table[DC_CALLS] = {
    [DC_CALL_CALLBACK] = { "POST", "/interactions/{}/{}/callback", NO_MAJOR, false, true },
    [DC_CALL_CREATE_MESSAGE] = { "POST", "/channels/{}/messages", FIRST, true, true },
    [DC_CALL_EDIT_MESSAGE] = { "PATCH", "/channels/{}/messages/{}", FIRST, true, true },
    [DC_CALL_DELETE_MESSAGE] = { "DELETE", "/channels/{}/messages/{}", FIRST, true, false },
    [DC_CALL_GET_MESSAGE] = { "GET", "/channels/{}/messages/{}", FIRST, true, false },
    [DC_CALL_TYPING] = { "POST", "/channels/{}/typing", FIRST, true, false },
    [DC_CALL_GET_CHANNEL] = { "GET", "/channels/{}", FIRST, true, false },
    [DC_CALL_START_THREAD] = { "POST", "/channels/{}/messages/{}/threads", FIRST, true, true },
    [DC_CALL_CREATE_DM] = { "POST", "/users/@me/channels", NO_MAJOR, true, true },
    [DC_CALL_EDIT_ORIGINAL] = { "PATCH", "/webhooks/{}/{}/messages/@original", WEBHOOK, false, true },
    [DC_CALL_DELETE_ORIGINAL] = { "DELETE", "/webhooks/{}/{}/messages/@original", WEBHOOK, false, false },
    [DC_CALL_FOLLOW_UP] = { "POST", "/webhooks/{}/{}", WEBHOOK, false, true },
    [DC_CALL_EDIT_FOLLOW_UP] = { "PATCH", "/webhooks/{}/{}/messages/{}", WEBHOOK, false, true },
    [DC_CALL_PUT_COMMANDS] = { "PUT", "/applications/{}/commands", NO_MAJOR, true, true },
    [DC_CALL_PUT_GUILD_COMMANDS] = { "PUT", "/applications/{}/guilds/{}/commands", SECOND, true, true },
    [DC_CALL_GET_COMMANDS] = { "GET", "/applications/{}/commands", NO_MAJOR, true, false },
    [DC_CALL_GATEWAY_BOT] = { "GET", "/gateway/bot", NO_MAJOR, true, false },
    [DC_CALL_APPLICATION] = { "GET", "/applications/@me", NO_MAJOR, true, false },
};

static bool is_unreserved(char c) /* RFC 3986, section 2.3 */
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._~", c);
}

static void put_parameter(struct buf *path, const char *text)
{
    for (; *text; text++)
        if (is_unreserved(*text))
            buf_addc(path, *text);
        else
            buf_printf(path, "%%%02X", (unsigned char)*text);
}

/* A segment of dots alone would be resolved away by whoever handles the URL. */
static bool is_parameter(const char *text)
{
    return text && text[strspn(text, ".")] != '\0';
}

/* False: a parameter is missing. */
static bool put_path(struct buf *path, const char *shape, const char *const value[PARAMETERS])
{
    struct str rest = str_of(shape), part;
    size_t n = 0;

    while (str_cut(&rest, '/', &part)) {
        if (part.at != shape)
            buf_addc(path, '/');
        if (!str_eqs(part, "{}")) {
            buf_add(path, part.at, part.len);
            continue;
        }
        if (n == PARAMETERS || !is_parameter(value[n]))
            return false;
        put_parameter(path, value[n++]);
    }
    return true;
}

static void put_major(struct dc_route *out, enum major kind, const char *const value[PARAMETERS])
{
    char digest[SHA256_HEX];
    size_t len;

    switch (kind) {
    case FIRST:
    case SECOND:
        len = strnlen(value[kind == SECOND], sizeof out->major - 1);
        memcpy(out->major, value[kind == SECOND], len);
        break;
    case WEBHOOK:
        sha256_hex(digest, value[1], strlen(value[1]));
        len = strnlen(value[0], sizeof out->major - 1);
        memcpy(out->major, value[0], len);
        memcpy(out->lane, digest, sizeof out->lane - 1);
        return;
    case NO_MAJOR:
        break;
    }
    memcpy(out->lane, out->major, sizeof out->lane);
}

int dc_route(struct dc_route *out, enum dc_call call, const char *a, const char *b, const char *c)
{
    const char *const value[PARAMETERS] = { a, b, c };
    struct buf path = BUF_INIT(DC_PATH_BYTES - 1);
    int rc = 0;

    *out = (struct dc_route){ .call = call,
                              .method = call_table[call].method,
                              .shape = call_table[call].shape,
                              .authorized = call_table[call].authorized,
                              .body = call_table[call].body };
    if (!put_path(&path, out->shape, value))
        rc = X_E_INVALID;
    else if (path.failed)
        rc = X_E_LIMIT;
    if (!rc) {
        memcpy(out->path, buf_text(&path), path.len + 1);
        put_major(out, call_table[call].major, value);
    }
    buf_free(&path);
    return rc;
}
